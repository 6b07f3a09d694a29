/*
 * kernel.h: one generation of one band.
 */
#ifndef LIFE_KERNEL_H
#define LIFE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "grid.h"
#include "rule.h"

/* What next generation's cells depend on, once for every count of neighbours: all bits set or
 * none. */
struct life_masks {
  uint64_t birth[9];
  uint64_t change[9]; /* birth ^ survival */
};

struct life_row {
  const uint64_t *above, *here, *below; /* the previous generation */
  uint64_t *out;
};

/* Computes the words of a row behind the first one and before the one with index `last`, and
 * returns them or-ed together. */
typedef uint64_t (*life_words_fn)(const struct life_masks *masks, const struct life_row *row,
                                  size_t last);

/* The function for a rule: the fastest that this CPU can run, or one that every CPU can. */
life_words_fn life_kernel_words(const struct life_rule *rule, bool any_cpu);

/* A rule made ready for a grid. Read-only after life_kernel_init: any number of threads may step
 * at once. */
struct life_kernel {
  const struct life_grid *grid;
  struct life_masks masks;
  life_words_fn words;
  bool still;         /* empty space stays empty: no B0 */
  uint64_t last_mask; /* the bits of a row's last word that are cells */
  unsigned last_bit;  /* the highest of them */
  uint64_t *blank;    /* a row of dead cells */
};

struct life_step {
  bool alive;   /* some cell of the band is; if not, `out` may not have been written */
  bool at_edge; /* one of them is at an edge that the file did not ask for */
};

/* The grid stays the caller's and must outlive the kernel. False: out of memory. */
bool life_kernel_init(struct life_kernel *kernel, const struct life_rule *rule,
                      const struct life_grid *grid);

void life_kernel_deinit(struct life_kernel *kernel);

/* Computes one band of the next generation into `out`, the band's own words. */
struct life_step life_kernel_step(const struct life_kernel *kernel,
                                  const struct life_view *previous, size_t band, uint64_t *out);

#endif
