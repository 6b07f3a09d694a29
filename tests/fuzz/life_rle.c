/*
 * life_rle.c: the example life reads patterns. What it has read keeps to its box, is the same
 * however the file was cut into blocks, and is the same cells again after it was written.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz_source.h"
#include "grid.h"
#include "rle.h"

#define WORDS_MOST ((size_t)1 << 13) /* of a grid that is drawn */

struct world {
  struct life_grid grid;
  uint64_t *cells;
  size_t count; /* of its one band */
};

static void check_runs(const struct life_pattern *pattern) {
  for (size_t i = 0; i < pattern->run_count; i++) {
    const struct life_run *run = &pattern->runs[i];
    FUZZ_CHECK(run->length > 0 && run->row < pattern->height && run->column < pattern->width &&
                   run->length <= pattern->width - run->column,
               "run %zu is not in the box", i);
    if (i > 0 && run->row == run[-1].row)
      FUZZ_CHECK(run->column > run[-1].column + run[-1].length, "run %zu touches the last one", i);
    FUZZ_CHECK(i == 0 || run->row >= run[-1].row, "run %zu is out of order", i);
  }
}

static void check_pattern(const struct life_pattern *pattern) {
  FUZZ_CHECK(pattern->width <= LIFE_SIDE_MAX && pattern->height <= LIFE_SIDE_MAX, "too large");
  FUZZ_CHECK(pattern->note_count <= LIFE_NOTES_MAX, "%zu notes", pattern->note_count);
  for (size_t i = 0; i < pattern->note_count; i++)
    fuzz_check_raw_line(pattern->notes[i].text);
  FUZZ_CHECK(pattern->comments == NULL || strlen(pattern->comments) == pattern->comments_bytes,
             "a comment ends in its middle");
  check_runs(pattern);
}

static void check_same(const struct life_pattern *a, const struct life_pattern *b) {
  FUZZ_CHECK(a->width == b->width && a->height == b->height && a->placed == b->placed &&
                 a->left == b->left && a->top == b->top && a->generation == b->generation &&
                 a->run_count == b->run_count && a->note_count == b->note_count &&
                 a->comments_bytes == b->comments_bytes &&
                 memcmp(&a->rule, &b->rule, sizeof a->rule) == 0,
             "it is another pattern when it is cut");
  if (a->run_count > 0)
    FUZZ_CHECK(memcmp(a->runs, b->runs, a->run_count * sizeof *a->runs) == 0, "other runs");
}

/* A grid of the pattern. False: it is too large to be drawn here, or at all. */
static bool open_world(struct world *world, const struct life_pattern *pattern) {
  struct example_error error;
  if (life_grid_fit(&world->grid, pattern, 0, &error) != 0) {
    fuzz_check_raw_line(error.text);
    return false;
  }
  if (world->grid.row_words * world->grid.height > WORDS_MOST)
    return false;
  life_grid_divide(&world->grid, 1, 1);
  world->cells = calloc(world->grid.row_words * world->grid.height, sizeof *world->cells);
  FUZZ_CHECK(world->cells != NULL, "no memory");
  const bool is_alive = life_grid_draw(&world->grid, pattern, 0, world->cells);
  world->count = is_alive ? life_grid_band_words(&world->grid, 0) : 0;
  return true;
}

static struct life_view view_of(const struct world *world) {
  return (struct life_view){&world->grid, world->cells, &world->count};
}

static bool is_alive(const struct life_view *view, size_t column, size_t row) {
  const uint64_t *words = life_view_row(view, row);
  return words != NULL && (words[column / 64] >> column % 64 & 1) != 0;
}

static void check_cells(const struct world *a, const struct world *b) {
  const struct life_view left = view_of(a), right = view_of(b);
  const struct life_box from = life_view_bounds(&left), to = life_view_bounds(&right);
  FUZZ_CHECK(from.width == to.width && from.height == to.height &&
                 life_view_population(&left) == life_view_population(&right),
             "other cells are read than were written");
  if (from.width == 0)
    return;
  FUZZ_CHECK((int64_t)from.column + a->grid.left == (int64_t)to.column + b->grid.left &&
                 (int64_t)from.row + a->grid.top == (int64_t)to.row + b->grid.top,
             "the cells are elsewhere than they were written");
  for (size_t y = 0; y < from.height; y++)
    for (size_t x = 0; x < from.width; x++)
      FUZZ_CHECK(is_alive(&left, from.column + x, from.row + y) ==
                     is_alive(&right, to.column + x, to.row + y),
                 "cell %zu,%zu is another one", x, y);
}

/* Written, and read again. */
static void check_written(const struct world *world, const struct life_pattern *pattern) {
  char *text = NULL;
  size_t bytes = 0;
  FILE *file = open_memstream(&text, &bytes);
  const struct life_view view = view_of(world);
  struct life_pattern read;
  struct example_source source;
  struct example_error error;
  struct world again;
  FUZZ_CHECK(file != NULL && life_rle_write(file, pattern, &view, pattern->generation) == 0,
             "it cannot be written");
  (void)fclose(file);
  fuzz_source_open(&source, (const uint8_t *)text, bytes);
  FUZZ_CHECK(life_rle_read(&read, &source, &error) == 0, "what it writes it refuses: %s",
             error.text);
  example_source_close(&source);
  FUZZ_CHECK(read.note_count == 0, "it notes of what it wrote: %s", read.notes[0].text);
  FUZZ_CHECK(memcmp(&read.rule, &pattern->rule, sizeof read.rule) == 0, "it is another rule");
  FUZZ_CHECK(open_world(&again, &read), "what it writes is too large");
  check_cells(world, &again);
  free(again.cells);
  life_pattern_deinit(&read);
  free(text);
}

static void check_cut(const uint8_t *data, size_t size, int status, const struct example_error *why,
                      const struct life_pattern *pattern) {
  struct life_pattern cut;
  struct example_source source;
  struct example_error error = {0, ""};
  fuzz_source_open_cut(&source, data, size, 1 + data[size - 1] % 7);
  fuzz_source_check_same(status, why, life_rle_read(&cut, &source, &error), &error);
  example_source_close(&source);
  if (status != 0)
    return;
  check_same(pattern, &cut);
  life_pattern_deinit(&cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct life_pattern pattern;
  struct example_source source;
  struct example_error error = {0, ""};
  struct world world;
  fuzz_source_open(&source, data, size);
  const int status = life_rle_read(&pattern, &source, &error);
  example_source_close(&source);
  if (fuzz_source_can_cut(data, size))
    check_cut(data, size, status, &error, &pattern);
  if (status != 0) {
    fuzz_check_raw_line(error.text);
    return 0;
  }
  check_pattern(&pattern);
  if (open_world(&world, &pattern)) {
    check_written(&world, &pattern);
    free(world.cells);
  }
  life_pattern_deinit(&pattern);
  return 0;
}
