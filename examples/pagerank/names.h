/*
 * names.h: names that are numbered in the order in which they turn up.
 */
#ifndef PAGERANK_NAMES_H
#define PAGERANK_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vertices.h"

/* All zeros is a table without names. */
struct pagerank_names {
  size_t count;
  char *text; /* one name behind the other, each with its null byte */
  size_t text_bytes, text_capacity;
  size_t *places; /* [count]: where in `text` a name begins */
  size_t places_capacity;
  size_t *slots; /* [slot_count], a power of two or 0: a name's number + 1; 0: free */
  size_t slot_count;
};

/* The number of the name that is the first `bytes` of `name`; a new one where it has not been seen.
 * False: out of memory. */
bool pagerank_names_number(struct pagerank_names *names, const char *name, size_t bytes,
                           size_t *number);

/* Makes vertices of the names, in the order of their bytes, and tells in (*vertex_of)[count], which
 * is to be freed, which vertex each number has become. The names are moved: what is left in *names
 * is empty. False: out of memory, and nothing has changed. */
bool pagerank_names_sort(struct pagerank_names *names, struct pagerank_vertices *out,
                         size_t **vertex_of);

void pagerank_names_deinit(struct pagerank_names *names);

#endif
