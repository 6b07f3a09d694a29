/*
 * bands.h: a grid as the memory of a job: each band is a segment, each word an element, and a count
 * of 0 says that no cell of the band is alive.
 */
#ifndef LIFE_BANDS_H
#define LIFE_BANDS_H

#include <synched/synched.h>

#include "grid.h"
#include "kernel.h"

/* 0, or a status. Calls write all that they count, so the memory refills nothing. */
int life_bands_create(struct synched_memory **out, const struct life_grid *grid,
                      unsigned lease_count);

/* A round's cells, for as long as the snapshot is there. */
struct life_view life_bands_view(const struct life_grid *grid,
                                 const struct synched_snapshot *snapshot);

/* Computes the next generation of one band, in a compute call. */
struct life_step life_bands_step(const struct life_grid *grid, const struct life_kernel *kernel,
                                 struct synched_task *task);

/* Whether such a call, which is at its end, has written what was there before. */
bool life_bands_is_same(const struct synched_task *task);

/* What such a call reads: the nearest rows of the bands beside its own, on a torus of those at the
 * other end, too. */
static inline struct synched_reads life_bands_reads(const struct life_grid *grid) {
  return (struct synched_reads){.reach = SYNCHED_REACH_NEAR,
                                .radius = 1,
                                .wraps = grid->torus,
                                .first = grid->row_words,
                                .last = grid->row_words};
}

/* Draws a band, as life_grid_draw or something like it does: false where no cell is alive, and then
 * *out may be untouched. */
typedef bool (*life_bands_draw_fn)(const void *user, size_t band, uint64_t *out);

/* Draws all of a memory that no job is running on. 0, or a status. */
int life_bands_load(struct synched_memory *memory, const struct life_grid *grid,
                    life_bands_draw_fn draw, const void *user);

#endif
