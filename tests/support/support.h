/*
 * support.h: pools, memories and jobs made with one line, and what can be told of them.
 *
 * Everything here is for the thread that runs the test's body: it asserts.
 */
#ifndef SYNCHED_TESTS_SUPPORT_H
#define SYNCHED_TESTS_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <synched/synched.h>

#include "platform/fault.h"

/* Whether this build is run by an emulator, whose own memory and time are then measured with the
 * program's. */
bool is_emulated(void);

/* The rows of a test, where there are too many for a machine that simulates or checks every
 * access. */
unsigned at_most(unsigned count, unsigned slow_count);

/* CPUs that this process may really use. */
unsigned usable_cpus(void);

/* So many workers may spin without end: a quota of 1.5 CPUs is not enough for two. */
unsigned spinning_most(void);

/* How many threads the test has made; a thread that has been joined may take a moment to disappear,
 * for which this waits. The test's process has some of its own, which threads_begin counts. */
void threads_begin(void);
void threads_expect(unsigned count);

/* How many files this process has open. Criterion opens some of its own at its own time, so what is
 * suspected of a leak must be done often enough for a leak to stand out. */
unsigned file_count(void);

/* With all other options at their defaults. */
struct synched_pool *pool_new(unsigned worker_count);
struct synched_pool *pool_with(const struct synched_pool_options *options);
void pool_end(struct synched_pool *pool);
struct synched_pool_info pool_info_of(const struct synched_pool *pool);
struct synched_pool_worker_info pool_worker_info_of(const struct synched_pool *pool,
                                                    unsigned worker);

struct synched_memory *memory_with(const struct synched_memory_options *options);
void memory_end(struct synched_memory *memory);

/* The number of the current round, and a sum over all that the current snapshot says. */
uint64_t memory_round(struct synched_memory *memory);
uint64_t memory_sum(struct synched_memory *memory);
uint64_t snapshot_sum(const struct synched_snapshot *snapshot);

/* Waits until the memory's job has no buffer to write to; false if that does not come about. */
bool memory_awaits_buffer(struct synched_memory *memory);

/* A job and all that it needs. */
struct engine {
  struct synched_pool *pool;
  struct synched_memory *memory;
  struct synched_job *job;
};

struct engine engine_new(struct synched_pool *pool, const struct synched_memory_options *memory,
                         const struct synched_job_options *job);

/* Ends the job and the memory; the pool, too, if the engine owns it. */
void engine_end(struct engine *engine);
void engine_end_with_pool(struct engine *engine);

/* Of a job that has ended. */
struct synched_report_summary summary_of(const struct synched_job *job);

/* Something that asks the system for things, and how refusals show in it. */
struct refusing {
  enum synched__fault fault;
  int expected;                  /* the status after a refusal, */
  int also;                      /* or another one, where requests differ; 0: none */
  int (*attempt)(void *context); /* its status; it leaves nothing after a failure */
  void (*undo)(void *context);   /* after a success, when nothing is refused any more */
  void *context;
};

/* Refuses the first request, then only the second, and so on until there is none left to refuse;
 * each refusal must show as it should, with a sentence. Returns how many requests there were. */
unsigned refuse_in_turn(const struct refusing *refusing);

/* Takes back what is left of an armed countdown; true if it had not hit. */
bool disarm(enum synched__fault fault, unsigned countdown);

/* Ends a child of the test as _exit does: without what the test's own process does at its end. */
_Noreturn void end_child(int status);

/* A compute call that does nothing. */
int compute_nothing(struct synched_task *task, void *user);

#endif
