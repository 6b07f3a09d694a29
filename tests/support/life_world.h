/*
 * life_world.h: the parts of the example `life` put together without the engine: a pattern, its
 * grid, and generations computed band by band in this thread.
 */
#ifndef SYNCHED_TESTS_LIFE_WORLD_H
#define SYNCHED_TESTS_LIFE_WORLD_H

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grid.h"
#include "kernel.h"
#include "pattern.h"
#include "rle.h"
#include "support/source_bytes.h"

struct world {
  struct life_pattern pattern;
  struct life_grid grid;
  struct life_kernel kernel;
  uint64_t *cells[2];
  size_t *counts[2];
  int now; /* which of the two */
  bool at_edge;
};

/* Reads an RLE file that is given as text. */
static inline int rle_parse(struct life_pattern *out, const char *text, size_t bytes,
                            struct example_error *error) {
  struct example_source source;
  source_open_bytes(&source, text, bytes);
  const int status = life_rle_read(out, &source, error);
  example_source_close(&source);
  return status;
}

static inline struct life_view world_view(const struct world *world) {
  return (struct life_view){&world->grid, world->cells[world->now], world->counts[world->now]};
}

/* Takes the pattern over. */
static inline void world_open(struct world *world, const struct life_pattern *pattern,
                              uint64_t generations, size_t bands) {
  struct example_error error;
  *world = (struct world){.pattern = *pattern};
  cr_assert_eq(life_grid_fit(&world->grid, pattern, generations, &error), 0, "%s", error.text);
  life_grid_divide(&world->grid, bands, 1);
  cr_assert(life_kernel_init(&world->kernel, &pattern->rule, &world->grid));
  for (int i = 0; i < 2; i++) {
    world->cells[i] = malloc(world->grid.height * world->grid.row_words * sizeof(uint64_t));
    world->counts[i] = calloc(world->grid.band_count, sizeof(size_t));
    cr_assert(world->cells[i] && world->counts[i]);
  }
  for (size_t band = 0; band < world->grid.band_count; band++) {
    uint64_t *const out =
        world->cells[0] + life_grid_band_row(&world->grid, band) * world->grid.row_words;
    if (life_grid_draw(&world->grid, &world->pattern, band, out))
      world->counts[0][band] = life_grid_band_words(&world->grid, band);
  }
}

static inline void world_open_text(struct world *world, const char *text, uint64_t generations,
                                   size_t bands) {
  struct life_pattern pattern;
  struct example_error error;
  cr_assert_eq(rle_parse(&pattern, text, strlen(text), &error), 0, "%zu: %s", error.line,
               error.text);
  world_open(world, &pattern, generations, bands);
}

static inline void world_close(struct world *world) {
  for (int i = 0; i < 2; i++) {
    free(world->cells[i]);
    free(world->counts[i]);
  }
  life_kernel_deinit(&world->kernel);
  life_pattern_deinit(&world->pattern);
}

/* What a band's words held before must not matter, so there is rubbish in them. */
static inline void world_step(struct world *world) {
  const struct life_view previous = world_view(world);
  const int next = 1 - world->now;
  for (size_t band = 0; band < world->grid.band_count; band++) {
    const size_t words = life_grid_band_words(&world->grid, band);
    uint64_t *const out =
        world->cells[next] + life_grid_band_row(&world->grid, band) * world->grid.row_words;
    memset(out, 0xa5, words * sizeof *out);
    const struct life_step step = life_kernel_step(&world->kernel, &previous, band, out);
    world->counts[next][band] = step.alive ? words : 0;
    world->at_edge |= step.at_edge;
  }
  world->now = next;
}

static inline void world_run(struct world *world, unsigned generations) {
  for (unsigned i = 0; i < generations; i++)
    world_step(world);
}

static inline uint64_t world_population(const struct world *world) {
  const struct life_view view = world_view(world);
  return life_view_population(&view);
}

static inline bool world_alive(const struct world *world, size_t x, size_t y) {
  const struct life_view view = world_view(world);
  const uint64_t *const row = life_view_row(&view, y);
  return row && (row[x / 64] >> (x % 64) & 1);
}

/* The file that would be written now, to be freed. */
static inline char *world_write(const struct world *world, uint64_t generation) {
  const struct life_view view = world_view(world);
  char *text = NULL;
  size_t bytes = 0;
  FILE *const out = open_memstream(&text, &bytes);
  cr_assert_not_null(out);
  cr_assert_eq(life_rle_write(out, &world->pattern, &view, generation), 0);
  fclose(out);
  cr_assert_not_null(text);
  return text;
}

#endif
