/*
 * pagerank_world.h: the parts of the example `pagerank` put together without the engine: edges read
 * from a file that is given as text, and a graph of them.
 */
#ifndef SYNCHED_TESTS_PAGERANK_WORLD_H
#define SYNCHED_TESTS_PAGERANK_WORLD_H

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edges_read.h"
#include "graph.h"
#include "support/packed.h"
#include "support/source_bytes.h"
#include "vertices.h"

/* Reads a file that has these bytes. */
static inline int edges_parse_noting(struct pagerank_edges *out, const void *content, size_t count,
                                     struct example_error *note, struct example_error *error) {
  struct example_source source;
  source_open_bytes(&source, content, count);
  const int status = pagerank_edges_read(out, &source, note, error);
  example_source_close(&source);
  return status;
}

/* The same, and nothing of it is left out. */
static inline int edges_parse(struct pagerank_edges *out, const void *content, size_t count,
                              struct example_error *error) {
  struct example_error note;
  const int status = edges_parse_noting(out, content, count, &note, error);
  cr_assert_str_eq(note.text, "");
  return status;
}

struct world {
  struct pagerank_edges edges; /* by vertices */
  struct pagerank_vertices vertices;
  struct pagerank_graph graph;
};

/* Takes the edges over. */
static inline void world_open(struct world *world, const struct pagerank_edges *edges) {
  struct example_error error = {0, ""};
  *world = (struct world){.edges = *edges};
  cr_assert_eq(pagerank_vertices_number(&world->vertices, &world->edges, &error), 0, "%s",
               error.text);
  cr_assert_eq(pagerank_graph_build(&world->graph, &world->edges, world->vertices.count, &error), 0,
               "%s", error.text);
}

static inline void world_open_text(struct world *world, const char *text) {
  struct pagerank_edges edges;
  struct example_error error = {0, ""};
  cr_assert_eq(edges_parse(&edges, text, strlen(text), &error), 0, "%zu: %s", error.line,
               error.text);
  world_open(world, &edges);
}

static inline void world_close(struct world *world) {
  pagerank_graph_deinit(&world->graph);
  pagerank_vertices_deinit(&world->vertices);
  pagerank_edges_deinit(&world->edges);
}

/* Numbers that are the same in every run (Marsaglia 2003). */
static inline uint64_t next_random(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

#endif
