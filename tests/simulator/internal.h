/*
 * internal.h: what the parts of the simulator share.
 *
 * All state is in one struct, outside the program's data, so that data can be put back as it was
 * before each execution. The parts, from bottom to top:
 *
 *   heap.c       memory for the library, and what is known of each word of it (the shadow)
 *   model.c      atomic operations as C11 allows them, and races
 *   fibres.c     threads, who goes on, time
 *   system.c     the system's calls, files and locks that the library uses
 *   loop.c       libuv's
 *   compiled.c   what the compiler calls at each access
 *   trace.c      what happened, in the words of the sources
 *   orders.c     which memory orders are used where; and weaker ones, to see what happens
 *   explore.c    all schedules of a world, or random ones; replay and minimising
 *   promises.c   what the library promises, watched
 */
#ifndef SIMULATOR_INTERNAL_H
#define SIMULATOR_INTERNAL_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simulator.h"

#define SIM_THREADS 80u
#define SIM_STACK_BYTES ((size_t)1 << 18)
#define SIM_HEAP_BYTES ((size_t)1 << 28)
#define SIM_HISTORY 8u /* stores of a location that are remembered */
#define SIM_LOCATIONS 60000u
#define SIM_BLOCKS 60000u
#define SIM_DESCRIPTORS 64u
#define SIM_LOCKS 256u
#define SIM_NEVER UINT64_MAX

/* --- clocks: how far of each thread's past something knows --- */

struct sim_clock {
  uint32_t at[SIM_THREADS];
};

/* --- what is known of memory --- */

/* An access that may race with a later one. */
struct sim_cell {
  uint32_t at; /* 0: none */
  uint8_t thread, mask;
  bool write, atomic;
};

/* Of eight bytes. */
struct sim_word {
  uint32_t generation;  /* anything else than the execution's: nothing is known */
  uint32_t location[2]; /* of an atomic in the lower, and upper half; 0: none */
  struct sim_cell cells[4];
};

struct sim_store {
  uint64_t value;
  bool seq_cst;
  struct sim_clock release; /* what an acquire that reads it gets to know */
  struct sim_clock seen;    /* since when each thread knows of it; 0: it does not */
};

struct sim_location {
  uintptr_t address;
  uint8_t size;
  bool plain; /* written as plain memory since: its content is all that there is */
  uint32_t first, count;
  struct sim_store history[SIM_HISTORY]; /* a ring; the newest is at first + count - 1 */
};

struct sim_block {
  uintptr_t address;
  size_t bytes;
  uint32_t at, freed_at;
  uint8_t thread, freed_by;
  bool freed, mapped;
};

/* --- threads --- */

enum sim_state { SIM_UNUSED, SIM_READY, SIM_WAITING, SIM_DONE };
enum sim_reason { SIM_ON_TIME, SIM_ON_LOCK, SIM_ON_FUTEX, SIM_ON_THREAD, SIM_ON_DESCRIPTOR };

struct sim_fibre {
  enum sim_state state;
  enum sim_reason reason;
  const void *on;
  uint64_t until_ns;
  bool woken;   /* by what it waited for, not by time */
  bool yielded; /* until somebody else has gone on */
  bool begun;
  uint64_t stalled_until; /* a step */
  uint64_t sleep_count;
  struct sim_clock clock;
  jmp_buf context;
  void (*run)(void *);
  void *argument;
  unsigned char tls[1024];
  char name[24];
};

struct sim_lock {
  const void *address;
  int owner; /* -1: nobody */
  struct sim_clock clock;
};

struct sim_descriptor {
  bool open;
  uint64_t count;
};

/* --- choices --- */

enum sim_kind { SIM_CHOOSE_THREAD, SIM_CHOOSE_VALUE, SIM_CHOOSE_FAILURE, SIM_CHOOSE_WORLD };

struct sim_choice {
  uint8_t kind;
  uint16_t count, chosen;
};

struct sim_choices {
  struct sim_choice *list;
  size_t count, room;
};

/* How a seed lets threads go on. */
enum sim_style { SIM_STYLE_SWITCH, SIM_STYLE_STALL };

struct sim_strategy {
  const struct sim_choices *prefix; /* to be repeated; then 0, or by the seed */
  bool random;
  uint64_t state;
  enum sim_style style;
  unsigned switch_one_in, stale_one_in, fail_one_in;
  bool may_fail;
};

/* --- the trace --- */

struct sim_event {
  uint64_t step;
  const void *site;
  uintptr_t address;
  uint64_t value;
  uint8_t thread;
  const char *what;
  uint16_t option, options;
};

/* --- all of it --- */

struct simulator {
  bool running; /* an execution: the library's accesses are simulated */
  jmp_buf explorer;
  uint32_t generation;
  uint64_t step, step_most, now_ns;
  uint64_t pause_ns;
  unsigned current, thread_count;
  struct sim_fibre fibres[SIM_THREADS];
  struct sim_choices made;
  struct sim_strategy strategy;
  const struct sim_world *world;

  /* the shadow */
  unsigned char *memory; /* stacks, then the heap */
  size_t heap_used;
  struct sim_word *words;
  uint8_t *shared; /* per word: several threads have been there, in some execution */
  bool shared_grew;
  bool all_shared; /* every word counts as shared: so a schedule means the same in each process */
  /* a schedule is made one of that kind: the choices that it does not have are passed over */
  bool adapting, passes_over;
  size_t adapted_count;
  uint8_t *first_thread; /* per word: the first thread that was there */
  uint32_t *touched;     /* per word: the generation of first_thread */
  uintptr_t data_begin, data_end;
  unsigned char *data_image, *tls_image;
  unsigned char *tls;
  size_t tls_bytes;
  struct sim_block blocks[SIM_BLOCKS];
  uint32_t block_count;
  struct sim_location *locations;
  uint32_t location_count;

  struct sim_lock locks[SIM_LOCKS];
  unsigned lock_count;
  struct sim_descriptor descriptors[SIM_DESCRIPTORS];
  unsigned descriptor_most;
  struct {
    void (*before)(void), (*parent)(void), (*child)(void);
  } fork_handlers;
  bool quiet; /* they do not, for now */
  unsigned told;

  char failure[512];
  bool failed;
  const void *failure_site;

  bool tracing;
  struct sim_event *events;
  size_t event_count, event_room;

  /* what the library's workers have done in this execution */
  uint64_t worker_allocations, worker_locks;
  struct sim_orders *orders; /* NULL: as they are in the sources */
  void *promises[16];        /* watches; kept from one execution to the next */
  unsigned promise_count;
};

extern struct simulator *sim;

static inline struct sim_fibre *sim_self(void) {
  return &sim->fibres[sim->current];
}

/* heap.c */
void sim_heap_set_up(void);
void sim_heap_reset(void);
/* NULL: an address of which nothing is known, as the C library's own. */
struct sim_word *sim_word_at(uintptr_t address);
void sim_heap_check_end(void);
void *sim_heap_take(size_t bytes, size_t alignment, bool mapped);
void sim_heap_give(void *address, const void *site);
bool sim_heap_describe(uintptr_t address, unsigned *block, size_t *offset);
/* The current thread comes to a word. false: nobody else has been there yet, in this execution or
 * another one, so nothing of it needs to be known. */
bool sim_heap_is_shared(uintptr_t address);

/* model.c */
void sim_plain(uintptr_t address, size_t bytes, bool write, const void *site);
uint64_t sim_load(uintptr_t address, unsigned size, int order, const void *site);
void sim_store(uintptr_t address, unsigned size, uint64_t value, int order, const void *site);
enum sim_change { SIM_EXCHANGE, SIM_ADD, SIM_SUB, SIM_AND, SIM_OR, SIM_XOR };
uint64_t sim_change(uintptr_t address, unsigned size, enum sim_change change, uint64_t operand,
                    int order, const void *site);
bool sim_compare_exchange(uintptr_t address, unsigned size, uint64_t *expected, uint64_t desired,
                          int order, int failure_order, const void *site);
/* What the system reads: the newest. */
uint64_t sim_newest(uintptr_t address, unsigned size);
void sim_clock_join(struct sim_clock *into, const struct sim_clock *from);
static inline uint32_t sim_tick(void) {
  return ++sim_self()->clock.at[sim->current];
}

/* fibres.c */
void sim_fibres_set_up(void);
unsigned sim_fibre_create(void (*run)(void *), void *argument);
/* Whether the current thread is one of the library's workers. */
bool sim_is_worker(void);
/* A point at which another thread may go on instead. */
void sim_point(void);
/* One that others do not notice. */
void sim_step(void);
void sim_pause(void);
/* Waits until somebody wakes it, true, or it is until_ns. */
bool sim_wait(enum sim_reason reason, const void *on, uint64_t until_ns);
/* At most `most` that wait for `on`; how many. */
unsigned sim_wake(enum sim_reason reason, const void *on, unsigned most);
void sim_fibres_run(void);

/* system.c */
bool sim_refuses(const char *what); /* a choice: the system refuses this call */
void sim_lock_take(const void *lock);
void sim_lock_give(const void *lock);

/* explore.c */
unsigned sim_choose(enum sim_kind kind, unsigned count);
uint64_t sim_random(void);

/* trace.c */
void sim_note(const char *what, uintptr_t address, uint64_t value, unsigned option,
              unsigned options, const void *site);
void sim_trace_print(void);
_Noreturn void sim_fail_at(const void *site, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
