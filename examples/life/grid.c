/*
 * Where Golly's coordinates meet ours: a bounded grid of width w begins at -(w / 2), and a pattern
 * of width p that is not placed begins at -(p / 2), which puts it in the middle.
 */
#include "grid.h"

#include <string.h>

/* A band takes some microseconds: enough to make the call's own cost small, and few enough rows
 * that most of a sparsely populated plane lies in bands that are skipped. */
#define BAND_WORDS ((size_t)2048)
#define BAND_WORDS_MIN ((size_t)256)
#define BANDS_PER_WORKER ((size_t)4) /* so that a slow worker's rest can be stolen */

/* One direction of the fit; x and y are alike. */
struct side {
  const char *name;
  size_t extent;         /* of the pattern's box */
  size_t bound;          /* of the space; 0: none */
  int64_t placed_at;     /* where the box begins, in Golly's coordinates */
  size_t length, offset; /* results: of the grid, and of the box in it */
  int64_t origin;
};

static void fit_open(struct side *side, uint64_t generations) {
  size_t margin = LIFE_OPEN_MARGIN;
  if (side->extent + 2 * margin < LIFE_OPEN_SIDE)
    margin = (LIFE_OPEN_SIDE - side->extent) / 2;
  /* One more than the pattern can cross: then it cannot even be at the edge at the end. */
  if (generations < margin)
    margin = (size_t)generations + 1;
  side->length = side->extent + 2 * margin;
  side->offset = margin;
  side->origin = side->placed_at - (int64_t)margin;
}

static int fit_bounded(struct side *side, size_t line, struct example_error *error) {
  side->length = side->bound;
  side->origin = -(int64_t)(side->bound / 2);
  if (side->extent > side->bound)
    return example_fail(error, line, "the pattern is %zu cells %s, and its grid only %zu",
                        side->extent, side->name, side->bound);
  const int64_t offset = side->placed_at - side->origin;
  if (offset < 0 || offset > (int64_t)(side->bound - side->extent))
    return example_fail(error, line,
                        "Pos puts a part of the pattern outside its grid, %zu cells %s",
                        side->bound, side->name);
  side->offset = (size_t)offset;
  return 0;
}

static int fit_side(struct side *side, const struct life_pattern *pattern, uint64_t generations,
                    struct example_error *error) {
  if (!pattern->placed)
    side->placed_at = -(int64_t)(side->extent / 2);
  if (side->bound > 0)
    return fit_bounded(side, pattern->header_line, error);
  if (life_rule_has_b0(&pattern->rule))
    return example_fail(error, pattern->header_line,
                        "a rule with B0 fills an unbounded plane at once; give it a grid, such as "
                        ":T200,200");
  fit_open(side, generations);
  return 0;
}

int life_grid_fit(struct life_grid *out, const struct life_pattern *pattern, uint64_t generations,
                  struct example_error *error) {
  const struct life_rule *const rule = &pattern->rule;
  struct side x = {"wide", pattern->width, rule->width, pattern->left, 0, 0, 0};
  struct side y = {"high", pattern->height, rule->height, pattern->top, 0, 0, 0};
  if (fit_side(&x, pattern, generations, error) != 0 ||
      fit_side(&y, pattern, generations, error) != 0)
    return -1;
  /* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): each side has a cell or more */
  if (x.length > LIFE_SIDE_MAX || y.length > LIFE_SIDE_MAX || x.length > LIFE_CELLS_MAX / y.length)
    return example_fail(error, pattern->header_line,
                        "%zu x %zu cells would be needed, more than the %zu that are supported",
                        x.length, y.length, LIFE_CELLS_MAX);
  *out = (struct life_grid){
      .width = x.length,
      .height = y.length,
      .row_words = (x.length + 63) / 64,
      .torus = rule->space == LIFE_SPACE_TORUS,
      .open_x = x.bound == 0,
      .open_y = y.bound == 0,
      .left = x.origin,
      .top = y.origin,
      .column = x.offset,
      .row = y.offset,
      .band_count = 1,
  };
  return 0;
}

static size_t smaller(size_t a, size_t b) {
  return a < b ? a : b;
}

void life_grid_divide(struct life_grid *grid, size_t wanted, unsigned worker_count) {
  if (wanted == 0) {
    const size_t words = grid->row_words * grid->height;
    wanted = words / BAND_WORDS;
    if (wanted < BANDS_PER_WORKER * worker_count)
      wanted = smaller(BANDS_PER_WORKER * worker_count, words / BAND_WORDS_MIN);
  }
  grid->band_count = smaller(wanted > 0 ? wanted : 1, grid->height);
}

size_t life_grid_band_row(const struct life_grid *grid, size_t band) {
  return band * (grid->height / grid->band_count) + smaller(band, grid->height % grid->band_count);
}

size_t life_grid_band_words(const struct life_grid *grid, size_t band) {
  return (life_grid_band_row(grid, band + 1) - life_grid_band_row(grid, band)) * grid->row_words;
}

/* The reverse of life_grid_band_row. */
static size_t band_of_row(const struct life_grid *grid, size_t row) {
  const size_t rows = grid->height / grid->band_count;
  const size_t longer = grid->height % grid->band_count;
  if (row < longer * (rows + 1))
    return row / (rows + 1);
  return longer + (row - longer * (rows + 1)) / rows;
}

/* The index of the pattern's first run in this row or behind it. */
static size_t first_run(const struct life_pattern *pattern, size_t row) {
  size_t low = 0, high = pattern->run_count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (pattern->runs[middle].row < row)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* Sets the run's cells in a row of the grid. */
static void draw_run(const struct life_grid *grid, const struct life_run *run, uint64_t *row) {
  size_t column = grid->column + run->column;
  for (size_t left = run->length; left > 0;) {
    const size_t bit = column % 64;
    const size_t here = smaller(left, 64 - bit);
    /* cppcheck-suppress shiftTooManyBits ; `here` is 1 or more, as long as anything is left */
    row[column / 64] |= UINT64_MAX >> (64 - here) << bit;
    column += here;
    left -= here;
  }
}

bool life_grid_draw(const struct life_grid *grid, const struct life_pattern *pattern, size_t band,
                    uint64_t *out) {
  const size_t begin = life_grid_band_row(grid, band);
  const size_t end = life_grid_band_row(grid, band + 1);
  if (end <= grid->row)
    return false;
  size_t index = first_run(pattern, begin > grid->row ? begin - grid->row : 0);
  if (index == pattern->run_count || grid->row + pattern->runs[index].row >= end)
    return false;
  memset(out, 0, (end - begin) * grid->row_words * sizeof *out);
  for (; index < pattern->run_count && grid->row + pattern->runs[index].row < end; index++) {
    const struct life_run *const run = &pattern->runs[index];
    draw_run(grid, run, out + (grid->row + run->row - begin) * grid->row_words);
  }
  return true;
}

const uint64_t *life_view_row(const struct life_view *view, size_t row) {
  if (view->counts[band_of_row(view->grid, row)] == 0)
    return NULL;
  return view->cells + row * view->grid->row_words;
}

uint64_t life_view_population(const struct life_view *view) {
  uint64_t population = 0;
  for (size_t band = 0; band < view->grid->band_count; band++) {
    const size_t row = life_grid_band_row(view->grid, band);
    const uint64_t *const words = view->cells + row * view->grid->row_words;
    for (size_t i = 0; i < view->counts[band]; i++)
      population += (uint64_t)__builtin_popcountll(words[i]);
  }
  return population;
}

/* The first and the last live cell of a row; false where there is none. */
static bool row_bounds(const uint64_t *row, size_t words, size_t *first, size_t *last) {
  size_t low = 0, high = words;
  while (low < high && row[low] == 0)
    low++;
  if (low == high)
    return false;
  while (row[high - 1] == 0)
    high--;
  *first = low * 64 + (size_t)__builtin_ctzll(row[low]);
  *last = high * 64 - 1 - (size_t)__builtin_clzll(row[high - 1]);
  return true;
}

struct life_box life_view_bounds(const struct life_view *view) {
  size_t left = SIZE_MAX, right = 0, top = SIZE_MAX, bottom = 0;
  for (size_t y = 0; y < view->grid->height; y++) {
    const uint64_t *const row = life_view_row(view, y);
    size_t first, last;
    if (!row || !row_bounds(row, view->grid->row_words, &first, &last))
      continue;
    left = smaller(left, first);
    right = right > last ? right : last;
    top = smaller(top, y);
    bottom = y;
  }
  if (top == SIZE_MAX)
    return (struct life_box){0};
  return (struct life_box){left, top, right - left + 1, bottom - top + 1};
}
