/*
 * omp_stencil.c: stencils as OpenMP's users write them, in one parallel region, with rows that are
 * first touched by who computes them.
 *
 * Plainly: a loop over the rows with a static schedule, and a barrier, for each round. And with
 * tiles of several rounds, by hand: each thread has a range of rows, and computes a trapezoid of
 * it, which loses a row in each round on either side where another thread's range is. It goes over
 * the range as a wave, all rounds behind each other, so that rows stay in its cache. After a
 * barrier what is left between two ranges, a trapezoid that is upside down, is computed by the one
 * behind it.
 */
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../codes/codes.h"
#include "../stencil/stencil.h"

#define TILE_ROUNDS 8u

struct grid {
  struct stencil stencil;
  /* what was; what is */
  char *cells[2];
};

static void *allocate(const struct stencil_run *run, size_t bytes) {
  return run->small_pages ? aligned_alloc(4096, (bytes + 4095) / 4096 * 4096)
                          : code_allocate(bytes);
}

static int open(struct grid *grid, const struct stencil_run *run) {
  if (stencil_open(&grid->stencil, run->kind, run->side) != 0)
    return -1;
  const size_t bytes = grid->stencil.row_count * grid->stencil.row_bytes;
  for (int b = 0; b < 2; b++)
    grid->cells[b] = allocate(run, bytes);
  return grid->cells[0] != NULL && grid->cells[1] != NULL ? 0 : -1;
}

static int end(struct grid *grid, struct stencil_run *run, int status) {
  const struct stencil *stencil = &grid->stencil;
  if (status == 0)
    run->checksum = kernel_checksum(grid->cells[(run->warm_up + run->timed) & 1],
                                    stencil->row_count * stencil->row_bytes);
  free(grid->cells[0]);
  free(grid->cells[1]);
  stencil_close(&grid->stencil);
  return status;
}

static void start_rows(struct grid *grid, size_t first, size_t last) {
  const size_t bytes = grid->stencil.row_bytes;
  stencil_start(&grid->stencil, first, last, grid->cells[0] + first * bytes);
  memset(grid->cells[1] + first * bytes, 0, (last - first) * bytes);
}

/* A row's round: from the content after `done` rounds to that after one more. */
static void step_row(struct grid *grid, uint64_t done, size_t row) {
  stencil_step(&grid->stencil, grid->cells[done & 1], row, row + 1,
               grid->cells[~done & 1] + row * grid->stencil.row_bytes);
}

int stencil_omp(struct stencil_run *run) {
  struct grid grid = {.cells = {NULL, NULL}};
  if (open(&grid, run) != 0)
    return end(&grid, run, -1);
  double start_ns = 0;
#pragma omp parallel num_threads((int)run->workers)
  {
#pragma omp for schedule(static)
    for (size_t i = 0; i < grid.stencil.row_count; i++)
      start_rows(&grid, i, i + 1);
    for (uint64_t done = 0; done < run->warm_up + run->timed; done++) {
      if (done == run->warm_up && omp_get_thread_num() == 0)
        start_ns = bench_now_ns();
#pragma omp for schedule(static)
      for (size_t i = 0; i < grid.stencil.row_count; i++)
        step_row(&grid, done, i);
    }
  }
  run->ns = bench_now_ns() - start_ns;
  return end(&grid, run, 0);
}

/* A thread's part of a tile: rows first .. end - 1. */
struct range {
  size_t first, end;
  /* another thread's is before it; after it */
  bool shrinks_below, shrinks_above;
};

static struct range range_of(const struct stencil *stencil, unsigned thread, unsigned count) {
  return (struct range){bench_first_of(stencil->row_count, thread, count),
                        bench_first_of(stencil->row_count, thread + 1, count),
                        thread > 0 || stencil->wraps, thread + 1 < count || stencil->wraps};
}

/* All rounds of the trapezoid, as a wave: each round is a row behind the one before. */
static void trapezoid(struct grid *grid, uint64_t done, unsigned rounds, struct range range) {
  for (size_t front = range.first; front < range.end + rounds - 1; front++)
    for (unsigned t = 0; t < rounds; t++) {
      const size_t first = range.first + (range.shrinks_below ? t : 0);
      const size_t last = range.end - (range.shrinks_above ? t : 0);
      if (front >= first + t && front < last + t)
        step_row(grid, done + t, front - t);
    }
}

/* What the trapezoids on both sides of a border have left. */
static void gap(struct grid *grid, uint64_t done, unsigned rounds, size_t border) {
  const size_t count = grid->stencil.row_count;
  for (unsigned t = 1; t < rounds; t++)
    for (size_t i = border + count - t; i < border + count + t; i++)
      step_row(grid, done + t, i % count);
}

int stencil_omp_tiles(struct stencil_run *run) {
  struct grid grid = {.cells = {NULL, NULL}};
  if (open(&grid, run) != 0)
    return end(&grid, run, -1);
  const size_t least = grid.stencil.row_count / run->workers / 2;
  const unsigned depth = least >= TILE_ROUNDS ? TILE_ROUNDS : least > 0 ? (unsigned)least : 1;
  double start_ns = 0;
#pragma omp parallel num_threads((int)run->workers)
  {
    const unsigned thread = (unsigned)omp_get_thread_num();
    const struct range range = range_of(&grid.stencil, thread, run->workers);
    start_rows(&grid, range.first, range.end);
#pragma omp barrier
    unsigned rounds;
    for (uint64_t done = 0; done < run->warm_up + run->timed; done += rounds) {
      const uint64_t stop = done < run->warm_up ? run->warm_up : run->warm_up + run->timed;
      rounds = stop - done < depth ? (unsigned)(stop - done) : depth;
      if (done == run->warm_up && thread == 0)
        start_ns = bench_now_ns();
      trapezoid(&grid, done, rounds, range);
#pragma omp barrier
      if (range.shrinks_below)
        gap(&grid, done, rounds, range.first);
#pragma omp barrier
    }
  }
  run->ns = bench_now_ns() - start_ns;
  return end(&grid, run, 0);
}
