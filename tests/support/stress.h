/*
 * stress.h: what the stress programs have in common: arguments, random numbers, patience,
 * failing.
 *
 * A program runs case after case until its time is over. Each case has a seed of its own, the
 * program's plus the number of the case, and a failure prints it: started with that seed, the
 * program begins with the very case that failed. What the threads of a case do to each other
 * differs from run to run all the same.
 *
 * Exit codes: 0, all was well; 1, something was wrong; 2, nothing happened for ten minutes.
 */
#ifndef SYNCHED_TESTS_STRESS_H
#define SYNCHED_TESTS_STRESS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdnoreturn.h>

#define STRESS_PRINTF(text, first) __attribute__((__format__(__printf__, text, first)))

/* A generator; one per thread that draws. */
struct stress_random {
  uint64_t state;
};

/* Reads --seed N, --seconds S, --patience S and --workers N; from now on, if nothing happens for so
 * long as patience says, the program ends. */
void stress_begin(const char *program, int argc, char **argv);

/* How many workers the pools are to have, 64 at most; 0: it is not said, and drawn. */
unsigned stress_workers(void);

/* Begins the next case: seeds its generator, and has the library's scheduling points on in about
 * half of the cases. false: the time is over. The first case is always run. */
bool stress_next_case(struct stress_random *random);

/* Prints the program's one line, with the number of cases and the seconds, and gives its exit
 * code. */
int stress_end(const char *format, ...) STRESS_PRINTF(1, 2);

/* What the case is, and where it is now: for the messages of failures and of hangs. Any
 * thread. */
void stress_case_is(const char *format, ...) STRESS_PRINTF(1, 2);
void stress_is_at(const char *place);

/* Something has happened: patience begins anew. Any thread. */
void stress_step(void);

/* Prints the seed, the case and what was wrong, and ends the program. Any thread. */
noreturn void stress_fail(const char *format, ...) STRESS_PRINTF(1, 2);

#define STRESS_CHECK(condition, ...)                                                               \
  do {                                                                                             \
    if (!(condition))                                                                              \
      stress_fail(__VA_ARGS__);                                                                    \
  } while (0)

uint64_t stress_draw(struct stress_random *random);

/* 0 .. limit - 1; limit is not 0. */
uint64_t stress_below(struct stress_random *random, uint64_t limit);

/* first .. last. */
uint64_t stress_between(struct stress_random *random, uint64_t first, uint64_t last);

/* true once in `one_in` times. */
bool stress_chance(struct stress_random *random, uint64_t one_in);

/* A generator for another thread. */
struct stress_random stress_split(struct stress_random *random);

/* A number made of two; no generator is needed. */
uint64_t stress_mix(uint64_t a, uint64_t b);

/* Keeps the CPU busy; a unit is some nanoseconds. */
void stress_work(uint64_t units);

/* Does nothing, works, gives up the CPU or sleeps: at random, up to about a fifth of a
 * millisecond. */
void stress_dawdle(struct stress_random *random);

void stress_sleep_us(uint64_t us);

/* Around everything that opens or closes files where several threads do that: pools, jobs, event
 * loops. libuv closes its descriptors in a way that thread sanitizers do not see, so a descriptor's
 * next use, by another thread, looks like a race to them. In their builds only one thread at a time
 * gets past this; in others it does nothing. */
void stress_files_begin(void);
void stress_files_end(void);

/* Starts a thread, or fails. */
void stress_thread_start(pthread_t *thread, void *(*run)(void *), void *argument);
void stress_thread_join(pthread_t thread);

#endif
