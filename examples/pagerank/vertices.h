/*
 * vertices.h: what a graph's vertices are called outside. Inside they are indices from 0 on, in the
 * order of their numbers, or of their names.
 */
#ifndef PAGERANK_VERTICES_H
#define PAGERANK_VERTICES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/error.h"
#include "edges.h"

/* A round finds what an edge brings by an index of 32 bits, among two numbers for each vertex and
 * one for each of a few hundred segments. */
#define PAGERANK_VERTICES_MAX ((size_t)2147482000)

struct pagerank_vertices {
  size_t count;
  uint64_t *numbers;  /* [count], ascending; NULL: they have names */
  const char **names; /* [count], ascending by their bytes; NULL: they have numbers */
  char *text;         /* where the names are */
};

/* Collects the vertex numbers of a list of edges, one at least, and replaces them in it by indices.
 * Afterwards the list is sorted by `to`, and where that is the same, by `from`: what was the order
 * of the edges makes no difference to anything that follows. 0 and *out, to be ended with
 * pagerank_vertices_deinit; or -1 and why, and *out is empty. */
int pagerank_vertices_number(struct pagerank_vertices *out, struct pagerank_edges *edges,
                             struct example_error *error);

/* Prints a vertex's number or name. */
void pagerank_vertices_print(const struct pagerank_vertices *vertices, size_t vertex, FILE *file);

void pagerank_vertices_deinit(struct pagerank_vertices *vertices);

#endif
