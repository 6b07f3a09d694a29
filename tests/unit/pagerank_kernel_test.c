/*
 * pagerank_kernel_test.c: ranks computed segment by segment, compared with a plain power iteration
 * over the list of edges and with ranks that are known.
 */
#include "support/pagerank_world.h"

#include <float.h>
#include <math.h>

#include "kernel.h"

#define TOLERANCE 1e-13

/* The formula of kernel.h, edge by edge. To be freed. */
static double *plain_ranks(const struct world *world) {
  const size_t n = world->vertices.count;
  double *ranks = malloc(n * sizeof *ranks), *next = malloc(n * sizeof *next);
  size_t *const degrees = calloc(n, sizeof *degrees);
  for (size_t v = 0; v < n; v++)
    ranks[v] = 1.0 / (double)n;
  for (size_t e = 0; e < world->edges.count; e++)
    degrees[world->edges.list[e].from]++;
  for (double change = 1; change >= TOLERANCE;) {
    double dangling = 0;
    for (size_t v = 0; v < n; v++)
      dangling += degrees[v] == 0 ? ranks[v] : 0;
    for (size_t v = 0; v < n; v++)
      next[v] = (0.15 + 0.85 * dangling) / (double)n;
    for (size_t e = 0; e < world->edges.count; e++) {
      const struct pagerank_edge edge = world->edges.list[e];
      next[edge.to] += 0.85 * ranks[edge.from] / (double)degrees[edge.from];
    }
    change = 0;
    for (size_t v = 0; v < n; v++)
      change += fabs(next[v] - ranks[v]);
    double *const old = ranks;
    ranks = next;
    next = old;
  }
  free(next);
  free(degrees);
  return ranks;
}

/* All numbers of a memory, from the start or from `previous`. To be freed. */
static double *next_numbers(const struct pagerank_kernel *kernel, const double *previous,
                            double *change) {
  const size_t count = kernel->offsets[kernel->segment_count];
  double *const out = malloc(count * sizeof *out);
  memset(out, 0xff, count * sizeof *out); /* what was there must not matter, so it is no number */
  *change = 0;
  for (size_t s = kernel->segment_count; s-- > 0;) /* in another order than the obvious one */
    if (previous)
      *change += pagerank_kernel_step(kernel, previous, s, out + kernel->offsets[s]);
    else
      pagerank_kernel_start(kernel, s, out + kernel->offsets[s]);
  return out;
}

/* To be freed. */
static double *segment_ranks(const struct world *world, size_t segments) {
  struct pagerank_kernel kernel;
  cr_assert(pagerank_kernel_init(&kernel, &world->graph, segments));
  double change;
  double *now = next_numbers(&kernel, NULL, &change);
  uint64_t rounds = 0;
  do {
    double *const next = next_numbers(&kernel, now, &change);
    free(now);
    now = next;
    cr_assert_lt(rounds++, pagerank_kernel_rounds(TOLERANCE), "the change is still %g", change);
  } while (change >= TOLERANCE);
  double *const ranks = malloc(world->vertices.count * sizeof *ranks);
  pagerank_kernel_ranks(&kernel, now, ranks);
  free(now);
  pagerank_kernel_deinit(&kernel);
  return ranks;
}

static void expect_plain_ranks(const struct world *world) {
  double *const wanted = plain_ranks(world);
  for (size_t segments = 1; segments <= 40; segments += 3) {
    double *const ranks = segment_ranks(world, segments);
    double sum = 0;
    for (size_t v = 0; v < world->vertices.count; v++) {
      cr_assert_float_eq(ranks[v], wanted[v], 1e-12, "%zu segments, vertex %zu: %.17g, not %.17g",
                         segments, v, ranks[v], wanted[v]);
      sum += ranks[v];
    }
    cr_assert_float_eq(sum, 1, 1e-12, "the sum is %.17g", sum);
    free(ranks);
  }
  free(wanted);
}

/* The ranks of the graph, in the order of its numbers, are these. */
static void expect_ranks(const char *text, const double *wanted, size_t count) {
  struct world world;
  world_open_text(&world, text);
  cr_assert_eq(world.vertices.count, count);
  double *const ranks = segment_ranks(&world, 3);
  for (size_t v = 0; v < count; v++)
    cr_assert_float_eq(ranks[v], wanted[v], 1e-12, "vertex %zu: %.17g, not %.17g", v, ranks[v],
                       wanted[v]);
  free(ranks);
  expect_plain_ranks(&world);
  world_close(&world);
}

Test(pagerank_kernel, step_cycle_gives_all_the_same) {
  expect_ranks("1 2\n2 3\n3 1\n", (const double[]){1.0 / 3, 1.0 / 3, 1.0 / 3}, 3);
}

Test(pagerank_kernel, step_loop_alone_keeps_all) {
  expect_ranks("7 7\n", (const double[]){1}, 1);
}

/* b is what everybody gets: rank[1] = b, rank[2] = b + 0.85 b, and both together are 1. */
Test(pagerank_kernel, step_dangling_vertex_is_spread_over_all) {
  expect_ranks("1 2\n", (const double[]){1 / 2.85, 1.85 / 2.85}, 2);
  expect_ranks("18446744073709551614 18446744073709551615\n",
               (const double[]){1 / 2.85, 1.85 / 2.85}, 2);
}

/* rank[1] = b, rank[2] = b + 0.85 * 2/3 b, rank[3] = b + 0.85 * 1/3 b: 3.85 b in all. */
Test(pagerank_kernel, step_parallel_edges_count_as_often_as_written) {
  expect_ranks("1 2\n1 3\n1 2\n",
               (const double[]){1 / 3.85, (1 + 1.7 / 3) / 3.85, (1 + 0.85 / 3) / 3.85}, 3);
}

/* rank[1] = b + 0.85 * 1/2 rank[1], rank[2] = b + 0.85 * 1/2 rank[1]: the same for both. */
Test(pagerank_kernel, step_loop_counts_among_the_edges) {
  expect_ranks("1 1\n1 2\n", (const double[]){0.5, 0.5}, 2);
}

/* Nobody points at 3: it has 0.15 / 4; and what 3 has goes to 0 alone. */
Test(pagerank_kernel, step_vertex_without_edges_to_it_has_the_least) {
  struct world world;
  world_open_text(&world, "0 1\n1 2\n2 0\n3 0\n");
  double *const ranks = segment_ranks(&world, 2);
  cr_assert_float_eq(ranks[3], 0.15 / 4, 1e-14);
  cr_assert_float_eq(ranks[1], 0.15 / 4 + 0.85 * ranks[0], 1e-12);
  free(ranks);
  expect_plain_ranks(&world);
  world_close(&world);
}

/* Few vertices have most of the edges; there are loops, parallel edges and dangling vertices. */
static void open_uneven(struct world *world, size_t vertices, size_t edges) {
  struct pagerank_edges list = {0};
  uint64_t state = 0x9e3779b97f4a7c15u;
  for (size_t i = 0; i < edges; i++) {
    const uint64_t from = next_random(&state) % vertices;
    const uint64_t to = next_random(&state) % (1 + next_random(&state) % vertices);
    cr_assert(pagerank_edges_add(&list, from * 0xfffffffffffu, to * 0xfffffffffffu));
  }
  world_open(world, &list);
}

Test(pagerank_kernel, step_uneven_graph_is_as_a_plain_iteration) {
  struct world world;
  open_uneven(&world, 300, 1000);
  cr_assert_gt(world.graph.dangling_count, 0);
  expect_plain_ranks(&world);
  world_close(&world);
  open_uneven(&world, 2000, 1500);
  expect_plain_ranks(&world);
  world_close(&world);
}

static size_t cost_of(const struct pagerank_graph *graph, size_t first, size_t end) {
  return graph->in_edges[end] - graph->in_edges[first] + end - first;
}

Test(pagerank_kernel, init_cuts_evenly_by_edges) {
  struct world world;
  open_uneven(&world, 1000, 20000);
  size_t heaviest = 0;
  for (size_t v = 0; v < world.graph.vertex_count; v++)
    if (cost_of(&world.graph, v, v + 1) > heaviest)
      heaviest = cost_of(&world.graph, v, v + 1);
  for (size_t segments = 1; segments <= PAGERANK_SEGMENTS_MAX; segments++) {
    struct pagerank_kernel kernel;
    cr_assert(pagerank_kernel_init(&kernel, &world.graph, segments));
    cr_assert_leq(kernel.segment_count, segments);
    cr_assert_eq(kernel.first_vertex[0], 0);
    cr_assert_eq(kernel.first_vertex[kernel.segment_count], world.graph.vertex_count);
    const size_t share = cost_of(&world.graph, 0, world.graph.vertex_count) / segments;
    for (size_t s = 0; s < kernel.segment_count; s++) {
      const size_t first = kernel.first_vertex[s], end = kernel.first_vertex[s + 1];
      cr_assert_lt(first, end, "segment %zu of %zu has no vertices", s, segments);
      cr_assert_leq(cost_of(&world.graph, first, end), share + 1 + heaviest);
      cr_assert_eq(pagerank_kernel_capacity(&kernel, s), 1 + 2 * (end - first));
    }
    pagerank_kernel_deinit(&kernel);
  }
  world_close(&world);
}

Test(pagerank_kernel, rounds_end_for_every_tolerance) {
  cr_assert_eq(pagerank_kernel_rounds(DBL_TRUE_MIN), PAGERANK_ROUNDS_MAX);
  cr_assert_geq(pagerank_kernel_rounds(DBL_MAX), 1);
  cr_assert_gt(pagerank_kernel_rounds(1e-10), pagerank_kernel_rounds(1e-3));
}
