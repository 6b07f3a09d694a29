/*
 * entries.h: a matrix as a list of its entries, in the order in which they were read.
 */
#ifndef CG_ENTRIES_H
#define CG_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cg_entry {
  uint32_t row, column; /* from 0 on */
  double value;         /* of a pattern: nothing */
};

/* All zeros is an empty list. */
struct cg_entries {
  struct cg_entry *list;
  size_t count, capacity;
  size_t row_count;  /* and columns */
  bool is_symmetric; /* an entry below the diagonal stands for that above it, too */
  bool is_pattern;   /* there are no values */
};

/* Appends one. False when there is no memory for it. */
bool cg_entries_add(struct cg_entries *entries, struct cg_entry entry);

/* Sorts them by row, then by column; those of one place keep their order. In proportion to the
 * entries and rows; false when there is no memory for as many again. */
bool cg_entries_sort(struct cg_entries *entries);

void cg_entries_deinit(struct cg_entries *entries);

#endif
