/*
 * simulator.h: for worlds, small programs that use the library in the simulator.
 *
 * A world is an ordinary program of the library's: it is compiled against the public headers and
 * runs on the thread "main". Whatever it and the library read and write is watched.
 */
#ifndef SIMULATOR_SIMULATOR_H
#define SIMULATOR_SIMULATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_world {
  const char *name;
  const char *about;
  void (*run)(void);
  /* how many deviations from the default schedule are explored by default; 0: seeds only */
  unsigned bound;
  /* a thread that pauses may go on again before others pause, too: more executions */
  bool restless;
  /* the system may refuse what it is asked for, with seeds */
  bool may_fail;
};

/* Ends the execution: something is wrong. */
_Noreturn void sim_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
#define SIM_CHECK(condition)                                                                       \
  ((condition) ? (void)0 : sim_fail("%s:%d: not so: %s", __FILE__, __LINE__, #condition))

/* Between these two all threads go on in the default order; for what a world only needs, and does
 * not look at. */
void sim_quietly(void);
void sim_aloud(void);

/* 0 .. count - 1, by the seed; 0 where all schedules are explored. */
unsigned sim_any(unsigned count);

/* Time passes for the calling thread: it computes. */
void sim_spend(uint64_t ns);
uint64_t sim_time_ns(void);
/* The calling thread waits until a descriptor of the library's is readable. */
void sim_await(int descriptor);

/* A number that all threads know at once, and that orders nothing among them: for what a world must
 * not do before. */
void sim_tell(void);
unsigned sim_told(void);

/* All others that could go on now are held up, as by a system that has something else to do: until
 * they are let go, or nobody else can go on. */
void sim_hold_others(void);
void sim_let_go(void);

/* A thread of the world's own. */
unsigned sim_thread_start(void (*run)(void *), void *argument);
void sim_thread_join(unsigned thread);

/* The process forks, with the library's handlers: the function runs in the child, on the calling
 * thread, which is the only one there. The parent goes on when the child has ended well. */
void sim_fork(void (*child)(void *), void *argument);

extern const struct sim_world *const sim_worlds[];

#endif
