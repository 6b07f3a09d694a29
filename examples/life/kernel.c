/*
 * Sixty-four cells at a time, one in each bit of a word. For each of the eight neighbours there is
 * a word with that neighbour in the cell's own bit; adding the eight with the logic of a binary
 * adder gives the count of neighbours in four words, `ones` to `eights`, without a branch or a
 * table.
 *
 * Between the words at the two ends of a row there is nothing but loads, shifts and logic, in a
 * loop that compilers turn into vector instructions. Only the end words know about width and
 * torus: what would be shifted in from outside is worked out for them one by one.
 */
#include "kernel.h"

#include <stdlib.h>

#if defined(__x86_64__) && defined(__GNUC__)
#define LIFE_HAVE_AVX2 1
#else
#define LIFE_HAVE_AVX2 0
#endif

/* Inlined everywhere, so that the callers below compile it for their own instruction set. */
#define LIFE_INLINE static inline __attribute__((always_inline))

/* The cells of one row around 64 cells: to their left, at their place, to their right. */
struct trio {
  uint64_t west, centre, east;
};

/* A sum of three bits, and of two. */
struct sum {
  uint64_t ones, twos;
};

struct count {
  uint64_t ones, twos, fours, eights;
};

LIFE_INLINE struct sum add3(uint64_t a, uint64_t b, uint64_t c) {
  const uint64_t half = a ^ b;
  return (struct sum){half ^ c, (a & b) | (half & c)};
}

LIFE_INLINE struct sum add2(uint64_t a, uint64_t b) {
  return (struct sum){a ^ b, a & b};
}

LIFE_INLINE struct count count_neighbours(struct trio above, struct trio here, struct trio below) {
  const struct sum top = add3(above.west, above.centre, above.east);
  const struct sum sides = add2(here.west, here.east);
  const struct sum bottom = add3(below.west, below.centre, below.east);
  const struct sum ones = add3(top.ones, sides.ones, bottom.ones);
  const struct sum twos = add3(top.twos, sides.twos, bottom.twos);
  const struct sum more = add2(twos.ones, ones.twos);
  const struct sum fours = add2(twos.twos, more.twos);
  return (struct count){ones.ones, more.ones, fours.ones, fours.twos};
}

/* B3/S23: two or three, and if two then alive. The eights are no concern, `twos` is not set with
 * them. */
LIFE_INLINE uint64_t next_conway(struct count n, uint64_t alive) {
  return n.twos & ~n.fours & (n.ones | alive);
}

LIFE_INLINE uint64_t choose(uint64_t by, uint64_t if_clear, uint64_t if_set) {
  return if_clear ^ ((if_clear ^ if_set) & by);
}

/* What becomes of a cell with so many neighbours. */
LIFE_INLINE uint64_t fate(const struct life_masks *masks, int count, uint64_t alive) {
  return masks->birth[count] ^ (masks->change[count] & alive);
}

/* Any rule: a tree of choices, by the bits of the count, between the nine fates. */
LIFE_INLINE uint64_t next_general(const struct life_masks *masks, struct count n, uint64_t alive) {
  const uint64_t n01 = choose(n.ones, fate(masks, 0, alive), fate(masks, 1, alive));
  const uint64_t n23 = choose(n.ones, fate(masks, 2, alive), fate(masks, 3, alive));
  const uint64_t n45 = choose(n.ones, fate(masks, 4, alive), fate(masks, 5, alive));
  const uint64_t n67 = choose(n.ones, fate(masks, 6, alive), fate(masks, 7, alive));
  const uint64_t n03 = choose(n.twos, n01, n23);
  const uint64_t n47 = choose(n.twos, n45, n67);
  return choose(n.eights, choose(n.fours, n03, n47), fate(masks, 8, alive));
}

LIFE_INLINE struct trio trio_inside(const uint64_t *row, size_t i) {
  return (struct trio){row[i] << 1 | row[i - 1] >> 63, row[i], row[i] >> 1 | row[i + 1] << 63};
}

LIFE_INLINE uint64_t words_inside(const struct life_masks *masks, const struct life_row *row,
                                  size_t last, bool conway) {
  const uint64_t *const restrict above = row->above;
  const uint64_t *const restrict here = row->here;
  const uint64_t *const restrict below = row->below;
  uint64_t *const restrict out = row->out;
  const struct life_masks fixed = *masks; /* cannot change under the loop's own writes */
  uint64_t any = 0;
  for (size_t i = 1; i < last; i++) {
    const struct count n =
        count_neighbours(trio_inside(above, i), trio_inside(here, i), trio_inside(below, i));
    const uint64_t next = conway ? next_conway(n, here[i]) : next_general(&fixed, n, here[i]);
    out[i] = next;
    any |= next;
  }
  return any;
}

static uint64_t words_conway(const struct life_masks *masks, const struct life_row *row,
                             size_t last) {
  return words_inside(masks, row, last, true);
}

static uint64_t words_general(const struct life_masks *masks, const struct life_row *row,
                              size_t last) {
  return words_inside(masks, row, last, false);
}

#if LIFE_HAVE_AVX2
/* The same two for CPUs that have it. Chosen by hand and not by target_clones, which needs the
 * loader's help (ifunc); sanitizers do not go together with that, and not every compiler has it. */
__attribute__((target("avx2"))) static uint64_t
words_conway_avx2(const struct life_masks *masks, const struct life_row *row, size_t last) {
  return words_inside(masks, row, last, true);
}

__attribute__((target("avx2"))) static uint64_t
words_general_avx2(const struct life_masks *masks, const struct life_row *row, size_t last) {
  return words_inside(masks, row, last, false);
}
#endif

life_words_fn life_kernel_words(const struct life_rule *rule, bool any_cpu) {
  const bool conway = rule->birth == 1u << 3 && rule->survival == (1u << 2 | 1u << 3);
#if LIFE_HAVE_AVX2
  if (!any_cpu && __builtin_cpu_supports("avx2"))
    return conway ? words_conway_avx2 : words_general_avx2;
#endif
  (void)any_cpu;
  return conway ? words_conway : words_general;
}

bool life_kernel_init(struct life_kernel *kernel, const struct life_rule *rule,
                      const struct life_grid *grid) {
  const unsigned last_bit = (unsigned)((grid->width - 1) % 64);
  *kernel = (struct life_kernel){
      .grid = grid,
      .words = life_kernel_words(rule, false),
      .still = !life_rule_has_b0(rule),
      .last_mask = UINT64_MAX >> (63 - last_bit),
      .last_bit = last_bit,
      .blank = calloc(grid->row_words, sizeof *kernel->blank),
  };
  for (unsigned count = 0; count <= 8; count++) {
    const uint64_t survival = rule->survival >> count & 1 ? UINT64_MAX : 0;
    kernel->masks.birth[count] = rule->birth >> count & 1 ? UINT64_MAX : 0;
    kernel->masks.change[count] = kernel->masks.birth[count] ^ survival;
  }
  return kernel->blank != NULL;
}

void life_kernel_deinit(struct life_kernel *kernel) {
  free(kernel->blank);
  kernel->blank = NULL;
}

/* As trio_inside, for the first and the last word of a row, which may be the same. On a torus the
 * other end of the row is the neighbour, and that is not at a word's end unless 64 divides the
 * width. */
static struct trio trio_at_end(const struct life_kernel *kernel, const uint64_t *row, size_t i) {
  const size_t last = kernel->grid->row_words - 1;
  uint64_t west = 0, east = 0;
  if (i > 0)
    west = row[i - 1] >> 63;
  else if (kernel->grid->torus)
    west = row[last] >> kernel->last_bit & 1;
  if (i < last)
    east = row[i + 1] << 63;
  else if (kernel->grid->torus)
    east = (row[0] & 1) << kernel->last_bit;
  return (struct trio){row[i] << 1 | west, row[i], row[i] >> 1 | east};
}

static uint64_t word_at_end(const struct life_kernel *kernel, const struct life_row *row,
                            size_t i) {
  const struct count n =
      count_neighbours(trio_at_end(kernel, row->above, i), trio_at_end(kernel, row->here, i),
                       trio_at_end(kernel, row->below, i));
  return next_general(&kernel->masks, n, row->here[i]);
}

static uint64_t step_row(const struct life_kernel *kernel, const struct life_row *row) {
  const size_t last = kernel->grid->row_words - 1;
  uint64_t any = 0;
  if (last > 0) {
    row->out[0] = word_at_end(kernel, row, 0);
    any = row->out[0] | kernel->words(&kernel->masks, row, last);
  }
  row->out[last] = word_at_end(kernel, row, last) & kernel->last_mask;
  return any | row->out[last];
}

/* A row of the grid as a source: dead cells are written down for no band that has only those. */
static const uint64_t *source_row(const struct life_kernel *kernel, const struct life_view *view,
                                  size_t y) {
  const uint64_t *const words = life_view_row(view, y);
  return words ? words : kernel->blank;
}

static const uint64_t *source_above(const struct life_kernel *kernel, const struct life_view *view,
                                    size_t y) {
  if (y > 0)
    return source_row(kernel, view, y - 1);
  return kernel->grid->torus ? source_row(kernel, view, kernel->grid->height - 1) : kernel->blank;
}

static const uint64_t *source_below(const struct life_kernel *kernel, const struct life_view *view,
                                    size_t y) {
  if (y < kernel->grid->height - 1)
    return source_row(kernel, view, y + 1);
  return kernel->grid->torus ? source_row(kernel, view, 0) : kernel->blank;
}

/* Nothing can be born in a dead band whose neighbours are dead: most of a plane is skipped like
 * this. A band has at least one row, so the rows above and below it are in the bands next to it. */
static bool is_quiet(const struct life_kernel *kernel, const size_t *counts, size_t band) {
  const size_t last = kernel->grid->band_count - 1;
  const bool torus = kernel->grid->torus;
  const size_t above = band > 0 ? counts[band - 1] : torus ? counts[last] : 0;
  const size_t below = band < last ? counts[band + 1] : torus ? counts[0] : 0;
  return kernel->still && (above | counts[band] | below) == 0;
}

static bool row_at_edge(const struct life_kernel *kernel, size_t y, const uint64_t *row,
                        uint64_t any) {
  const struct life_grid *const grid = kernel->grid;
  if (grid->open_y && (y == 0 || y == grid->height - 1) && any)
    return true;
  return grid->open_x && ((row[0] & 1) | (row[grid->row_words - 1] >> kernel->last_bit & 1));
}

struct life_step life_kernel_step(const struct life_kernel *kernel,
                                  const struct life_view *previous, size_t band, uint64_t *out) {
  const size_t begin = life_grid_band_row(kernel->grid, band);
  const size_t end = life_grid_band_row(kernel->grid, band + 1);
  /* From row to row inside the band: nothing to look up. A dead band stays on its one blank row. */
  const size_t stride = previous->counts[band] > 0 ? kernel->grid->row_words : 0;
  struct life_step step = {false, false};
  if (is_quiet(kernel, previous->counts, band))
    return step;

  struct life_row row = {.above = source_above(kernel, previous, begin),
                         .here = source_row(kernel, previous, begin),
                         .out = out};
  for (size_t y = begin; y < end; y++) {
    row.below = y + 1 < end ? row.here + stride : source_below(kernel, previous, y);
    const uint64_t any = step_row(kernel, &row);
    step.alive |= any != 0;
    step.at_edge |= row_at_edge(kernel, y, row.out, any);
    row.above = row.here;
    row.here = row.below;
    row.out += kernel->grid->row_words;
  }
  return step;
}
