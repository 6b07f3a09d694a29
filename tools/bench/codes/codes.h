/*
 * codes.h: simulations and solvers as a whole, written by a user of each contestant.
 *
 * A code is CODE.c or CODE.cpp, with the serial loop and what it is with Synched, and
 * ../peers/omp_CODE.c, its twin with OpenMP, which is in a module of its own. Their arithmetic is
 * that of an example, and is compiled once for all of them. To add a code: both files and its
 * kernel in ../CMakeLists.txt, CODE_FUNCTIONS here, and a line in the table of ../codes.c.
 */
#ifndef SYNCHED_BENCH_CODES_H
#define SYNCHED_BENCH_CODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "../kernel_math.h"
#include "../peer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One run of a code. */
struct code_run {
  size_t size; /* as the code takes it */
  unsigned workers;
  uint64_t warm_up, steps; /* all of them, and those of them that come first and are not timed */
  double start_ns, ns;     /* of the timed steps */
  uint64_t checksum; /* of the result, where it is the same bits whoever computes it; else 0, */
  double value;      /* and a number of it that is the same but for rounding */
};

/* Runs it. 0; or -1: it failed, and has said why on stderr, unless it was for lack of memory; or a
 * status of Synched's. */
typedef int (*code_fn)(struct code_run *run);

#define CODE_FUNCTIONS(name)                                                                       \
  int name##_serial(struct code_run *run);                                                         \
  int name##_synched(struct code_run *run);                                                        \
  int name##_omp(struct code_run *run);

CODE_FUNCTIONS(maxwell)
CODE_FUNCTIONS(cg)
CODE_FUNCTIONS(lattice)
CODE_FUNCTIONS(particles)
/* maxwell with two buffers for each field, and a loop that takes a snapshot whenever it can */
int maxwell_buffered_synched(struct code_run *run);
/* maxwell in place, with MAXWELL_BLOCKED steps between two barriers */
int maxwell_blocked_synched(struct code_run *run);
#define MAXWELL_BLOCKED 8u
/* the same with two buffers for each field, and snapshots */
int maxwell_buffered_blocked_synched(struct code_run *run);
/* lattice with LATTICE_BLOCKED steps between two barriers */
int lattice_blocked_synched(struct code_run *run);
#define LATTICE_BLOCKED 5u

/* To be called once a step is complete, by one thread. */
static inline void code_step_done(struct code_run *run, uint64_t step) {
  if (step == run->warm_up)
    run->start_ns = bench_now_ns();
  if (step == run->steps)
    run->ns = bench_now_ns() - run->start_ns;
}

#define CODE_HUGE_PAGE ((size_t)2097152)

/* Memory as Synched makes it, in huge pages where it is large; to be freed. NULL: there is none. */
static inline void *code_allocate(size_t bytes) {
  const size_t alignment = bytes >= CODE_HUGE_PAGE ? CODE_HUGE_PAGE : 4096;
  void *block = aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (block != NULL && bytes >= CODE_HUGE_PAGE)
    (void)madvise(block, bytes, MADV_HUGEPAGE);
  return block;
}

#ifdef __cplusplus
}
#endif

#endif
