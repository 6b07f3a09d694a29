/*
 * kernel_math.h: the arithmetic of the kernels, the same for every contestant.
 *
 * Compiled once, and linked into the benchmark and into the OpenMP modules, so that all of them run
 * the same instructions. Each function computes a range of a step: it reads the old state and
 * writes its part of the new one.
 */
#ifndef SYNCHED_BENCH_KERNEL_MATH_H
#define SYNCHED_BENCH_KERNEL_MATH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BODIES 128u
#define HEAT_SIDE 1024u
#define LIFE_SIDE 2048u
#define LIFE_WORDS (LIFE_SIDE / 64u) /* of a row */

#define BLOCK_BODIES 16u
#define BLOCKS (BODIES / BLOCK_BODIES)

/* A group of bodies. Each figure is an array, so that vectors are loaded without gathering. */
struct bodies {
  double x[BLOCK_BODIES], y[BLOCK_BODIES], z[BLOCK_BODIES];
  double vx[BLOCK_BODIES], vy[BLOCK_BODIES], vz[BLOCK_BODIES];
};

struct acceleration {
  double x[BLOCK_BODIES], y[BLOCK_BODIES], z[BLOCK_BODIES];
};

/* The accelerations of one block's bodies by all bodies. */
void kernel_accelerate(const struct bodies *all, size_t block, struct acceleration *out);

/* One time step of a block; `now` may be `old`. */
void kernel_move(const struct bodies *old, const struct acceleration *by, struct bodies *now);

void kernel_bodies_init(struct bodies *all, size_t first, size_t end);

/* Rows first .. end - 1 of the plate; its border stays. */
void kernel_heat(const double *old, double *now, size_t first, size_t end);
void kernel_heat_init(double *plate, size_t first, size_t end);

/* Rows first .. end - 1 of a torus, 64 cells to a word. */
void kernel_life(const uint64_t *old, uint64_t *now, size_t first, size_t end);
void kernel_life_init(uint64_t *torus, size_t first, size_t end);

/* A number that tells different contents apart. */
uint64_t kernel_checksum(const void *data, size_t bytes);

#ifdef __cplusplus
}
#endif

#endif
