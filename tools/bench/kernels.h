/*
 * kernels.h: the kernels as every contestant sees them: rows of a state, some bytes each, computed
 * from the last one.
 */
#ifndef SYNCHED_BENCH_KERNELS_H
#define SYNCHED_BENCH_KERNELS_H

#include <stdbool.h>
#include <string.h>

#include "kernel_math.h"
#include "peer.h"

struct kernel {
  const char *name;
  size_t row_count, row_bytes;
  void (*init)(void *state, size_t first, size_t end);
  /* Rows first .. end - 1 of a step; `now` is where row 0 would be. */
  void (*step)(const void *old, void *now, size_t first, size_t end);
};

static inline void kernel_step_bodies(const void *old, void *now, size_t first, size_t end) {
  const struct bodies *from = old;
  struct bodies *to = now;
  for (size_t b = first; b < end; b++) {
    struct acceleration by;
    kernel_accelerate(from, b, &by);
    kernel_move(&from[b], &by, &to[b]);
  }
}

static inline void kernel_step_heat(const void *old, void *now, size_t first, size_t end) {
  kernel_heat(old, now, first, end);
}

static inline void kernel_step_life(const void *old, void *now, size_t first, size_t end) {
  kernel_life(old, now, first, end);
}

static inline void kernel_init_bodies(void *state, size_t first, size_t end) {
  kernel_bodies_init(state, first, end);
}

static inline void kernel_init_heat(void *state, size_t first, size_t end) {
  kernel_heat_init(state, first, end);
}

static inline void kernel_init_life(void *state, size_t first, size_t end) {
  kernel_life_init(state, first, end);
}

/* By name; NULL: there is none. */
static inline const struct kernel *kernel_find(const char *name) {
  static const struct kernel kernels[] = {
      {"nbody128", BLOCKS, sizeof(struct bodies), kernel_init_bodies, kernel_step_bodies},
      {"heat1024", HEAT_SIDE, HEAT_SIDE * sizeof(double), kernel_init_heat, kernel_step_heat},
      {"life2048", LIFE_SIDE, LIFE_WORDS * sizeof(uint64_t), kernel_init_life, kernel_step_life},
  };
  for (size_t k = 0; k < sizeof kernels / sizeof *kernels; k++)
    if (strcmp(kernels[k].name, name) == 0)
      return &kernels[k];
  return NULL;
}

/* A run of one of them by a contestant: `steps` steps, of which those after warm_up are timed. */
struct kernel_run {
  const struct kernel *kernel;
  unsigned workers;
  uint64_t warm_up, steps;
  double ns;         /* of the timed steps */
  uint64_t checksum; /* of the last state */
};

/* peers/omp_kernels.c: 0, or -1. */
typedef int (*omp_kernel_fn)(struct kernel_run *run);
int omp_kernel(struct kernel_run *run);

#endif
