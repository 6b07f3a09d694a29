/*
 * A segment is a range of vertices, and holds these numbers:
 *
 *   the sum of the ranks of its dangling vertices | their ranks | their shares, rank / out-degree
 *
 * The first spares every call a walk over all dangling vertices: it adds up one number per segment.
 * The shares spare every edge a division, and one of two reads from a random place; where an edge's
 * share lies is known from the start and kept in place of the source's index. The share of a
 * dangling vertex is read by nobody.
 *
 * All sums are taken in the order of segments, vertices and edges, and the segments are cut by the
 * graph alone: so the result does not depend, not even in its last bit, on who computes what and
 * when.
 *
 * A round is bound by those reads from random places, one for each edge, and by the numbers of the
 * vertices themselves, which go by in order. One cost unit for each is near enough: what remains
 * uneven is stolen.
 */
#include "kernel.h"

#include <math.h>
#include <stdlib.h>

/* So many that the sum over the segments in every call is little beside the call's own work, and
 * that there are enough of them to share on any machine. */
#define SEGMENT_COST_MIN ((size_t)8192)

static size_t cost_before(const struct pagerank_graph *graph, size_t vertex) {
  return graph->in_edges[vertex] + vertex;
}

size_t pagerank_kernel_segments(const struct pagerank_graph *graph) {
  const size_t count = cost_before(graph, graph->vertex_count) / SEGMENT_COST_MIN;
  return count < 1 ? 1 : count > PAGERANK_SEGMENTS_MAX ? PAGERANK_SEGMENTS_MAX : count;
}

/* A segment ends with the vertex that reaches its share of the cost. A vertex that reaches the
 * shares of several segments leaves fewer of them. */
static void cut(struct pagerank_kernel *kernel, size_t segments_max) {
  const struct pagerank_graph *const graph = kernel->graph;
  const size_t cost = cost_before(graph, graph->vertex_count);
  size_t vertex = 0, count = 0;
  for (size_t s = 1; s <= segments_max; s++) {
    /* cost * s / segments_max, which could overflow */
    const size_t end = cost / segments_max * s + cost % segments_max * s / segments_max;
    if (cost_before(graph, vertex) >= end)
      continue;
    kernel->first_vertex[count] = vertex;
    kernel->offsets[count] = count + 2 * vertex;
    count++;
    while (cost_before(graph, vertex) < end)
      vertex++;
  }
  kernel->first_vertex[count] = vertex;
  kernel->offsets[count] = count + 2 * vertex;
  kernel->segment_count = count;
}

static size_t vertices_of(const struct pagerank_kernel *kernel, size_t segment) {
  return kernel->first_vertex[segment + 1] - kernel->first_vertex[segment];
}

/* places[v]: where the share of v lies. */
static void find_shares(struct pagerank_kernel *kernel, uint32_t *places) {
  const struct pagerank_graph *const graph = kernel->graph;
  for (size_t s = 0; s < kernel->segment_count; s++) {
    const size_t first = kernel->first_vertex[s], count = vertices_of(kernel, s);
    for (size_t i = 0; i < count; i++)
      places[first + i] = (uint32_t)(kernel->offsets[s] + 1 + count + i);
  }
  for (size_t edge = 0; edge < graph->edge_count; edge++)
    kernel->shares[edge] = places[graph->sources[edge]];
}

bool pagerank_kernel_init(struct pagerank_kernel *out, const struct pagerank_graph *graph,
                          size_t segments_max) {
  *out = (struct pagerank_kernel){
      .graph = graph,
      .first_vertex = calloc(segments_max + 1, sizeof *out->first_vertex),
      .offsets = calloc(segments_max + 1, sizeof *out->offsets),
      .shares = calloc(graph->edge_count, sizeof *out->shares),
  };
  uint32_t *const places = calloc(graph->vertex_count, sizeof *places);
  const bool complete = places && out->first_vertex && out->offsets && out->shares;
  if (complete) {
    cut(out, segments_max);
    find_shares(out, places);
  } else {
    pagerank_kernel_deinit(out);
  }
  free(places);
  return complete;
}

size_t pagerank_kernel_capacity(const struct pagerank_kernel *kernel, size_t segment) {
  return kernel->offsets[segment + 1] - kernel->offsets[segment];
}

/* What follows from a segment's ranks: its shares, and the sum in front of them. */
static void complete(const struct pagerank_kernel *kernel, size_t segment, double *out) {
  const double *const degrees = kernel->graph->out_degrees + kernel->first_vertex[segment];
  const size_t count = vertices_of(kernel, segment);
  const double *const ranks = out + 1;
  double *const shares = out + 1 + count;
  double dangling = 0;
  for (size_t i = 0; i < count; i++) {
    if (degrees[i] == 0)
      dangling += ranks[i];
    shares[i] = degrees[i] == 0 ? 0 : ranks[i] / degrees[i];
  }
  out[0] = dangling;
}

void pagerank_kernel_start(const struct pagerank_kernel *kernel, size_t segment, double *out) {
  const size_t count = vertices_of(kernel, segment);
  for (size_t i = 0; i < count; i++)
    out[1 + i] = 1.0 / (double)kernel->graph->vertex_count;
  complete(kernel, segment, out);
}

/* The rank that every vertex has, whatever leads to it. */
static double rank_of_all(const struct pagerank_kernel *kernel, const double *previous) {
  double dangling = 0;
  for (size_t s = 0; s < kernel->segment_count; s++)
    dangling += previous[kernel->offsets[s]];
  return (1 - PAGERANK_DAMPING + PAGERANK_DAMPING * dangling) / (double)kernel->graph->vertex_count;
}

double pagerank_kernel_step(const struct pagerank_kernel *kernel, const double *previous,
                            size_t segment, double *out) {
  const size_t *const edges = kernel->graph->in_edges + kernel->first_vertex[segment];
  const double *const ranks_before = previous + kernel->offsets[segment] + 1;
  const double least = rank_of_all(kernel, previous);
  const size_t count = vertices_of(kernel, segment);
  double change = 0;
  for (size_t i = 0; i < count; i++) {
    double brought = 0;
    for (size_t edge = edges[i]; edge < edges[i + 1]; edge++)
      brought += previous[kernel->shares[edge]];
    const double rank = least + PAGERANK_DAMPING * brought;
    change += fabs(rank - ranks_before[i]);
    out[1 + i] = rank;
  }
  complete(kernel, segment, out);
  return change;
}

void pagerank_kernel_ranks(const struct pagerank_kernel *kernel, const double *numbers,
                           double *ranks) {
  for (size_t s = 0; s < kernel->segment_count; s++) {
    const size_t first = kernel->first_vertex[s], count = vertices_of(kernel, s);
    for (size_t i = 0; i < count; i++)
      ranks[first + i] = numbers[kernel->offsets[s] + 1 + i];
  }
}

/* No step moves more than all of the rank, there and back; and a step is at most 0.85 of the one
 * before, but for rounding, for which there are some rounds more. */
uint64_t pagerank_kernel_rounds(double tolerance) {
  uint64_t rounds = 8;
  double change = 2 * PAGERANK_DAMPING;
  for (; change > tolerance && rounds < PAGERANK_ROUNDS_MAX; change *= PAGERANK_DAMPING)
    rounds++;
  return rounds;
}

void pagerank_kernel_deinit(struct pagerank_kernel *kernel) {
  free(kernel->first_vertex);
  free(kernel->offsets);
  free(kernel->shares);
  *kernel = (struct pagerank_kernel){0};
}
