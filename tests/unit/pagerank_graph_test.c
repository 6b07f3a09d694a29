/*
 * pagerank_graph_test.c: vertices and their numbers, the graph by its ends, and the highest ranks.
 */
#include "support/pagerank_world.h"

#include "top.h"

static void expect_numbers(const char *text, const uint64_t *numbers, size_t count) {
  struct world world;
  world_open_text(&world, text);
  cr_assert_eq(world.vertices.count, count, "%zu vertices", world.vertices.count);
  cr_assert_arr_eq(world.vertices.numbers, numbers, count * sizeof *numbers);
  world_close(&world);
}

Test(pagerank_graph, number_sparse_vertices_become_dense_in_order) {
  static const uint64_t numbers[] = {0, 5, 1000000007, UINT64_MAX - 1, UINT64_MAX};
  expect_numbers("18446744073709551615 5\n0 18446744073709551614\n5 5\n1000000007 0\n", numbers, 5);
  static const uint64_t far[] = {UINT64_MAX - 2, UINT64_MAX};
  expect_numbers("18446744073709551615 18446744073709551613", far, 2);
}

Test(pagerank_graph, number_targets_and_sources_apart_are_merged) {
  static const uint64_t numbers[] = {1, 2, 3, 4, 5, 6};
  expect_numbers("1 2\n3 4\n5 6", numbers, 6);
  expect_numbers("6 5\n4 3\n2 1", numbers, 6);
  expect_numbers("1 4\n2 5\n3 6", numbers, 6);
  expect_numbers("4 1\n5 2\n6 3", numbers, 6);
}

Test(pagerank_graph, number_one_vertex_with_a_loop) {
  static const uint64_t number = UINT64_MAX;
  expect_numbers("18446744073709551615 18446744073709551615", &number, 1);
}

Test(pagerank_graph, build_has_the_ends_of_every_edge) {
  struct world world;
  world_open_text(&world, "40 10\n10 20\n40 10\n20 20\n30 10\n40 50\n");
  static const size_t in_edges[] = {0, 3, 5, 5, 5, 6}; /* 10, 20, 30, 40, 50 */
  static const uint32_t sources[] = {2, 3, 3, 0, 1, 3};
  static const double out_degrees[] = {1, 1, 1, 3, 0};
  cr_assert_eq(world.graph.vertex_count, 5);
  cr_assert_eq(world.graph.edge_count, 6);
  cr_assert_arr_eq(world.graph.in_edges, in_edges, sizeof in_edges);
  cr_assert_arr_eq(world.graph.sources, sources, sizeof sources);
  cr_assert_arr_eq(world.graph.out_degrees, out_degrees, sizeof out_degrees);
  cr_assert_eq(world.graph.dangling_count, 1);
  world_close(&world);
}

/* So that a vertex's place among the sources is not its place among all. */
Test(pagerank_graph, build_knows_sources_behind_vertices_that_are_none) {
  struct world world;
  world_open_text(&world, "30 10\n30 20\n50 30\n50 40\n");
  static const uint32_t sources[] = {2, 2, 4, 4};
  static const double out_degrees[] = {0, 0, 2, 0, 2};
  cr_assert_arr_eq(world.graph.sources, sources, sizeof sources);
  cr_assert_arr_eq(world.graph.out_degrees, out_degrees, sizeof out_degrees);
  cr_assert_eq(world.graph.dangling_count, 3);
  world_close(&world);
}

Test(pagerank_graph, build_does_not_depend_on_the_order_of_the_edges) {
  struct world a, b;
  world_open_text(&a, "3 1\n2 1\n9 3\n9 3\n1 9\n");
  world_open_text(&b, "9 3\n1 9\n2 1\n9 3\n3 1\n");
  cr_assert_eq(a.graph.edge_count, b.graph.edge_count);
  cr_assert_arr_eq(a.graph.sources, b.graph.sources, 5 * sizeof(uint32_t));
  cr_assert_arr_eq(a.graph.in_edges, b.graph.in_edges, 5 * sizeof(size_t));
  world_close(&a);
  world_close(&b);
}

/* The same by asking, for each place, which of the remaining ones is the best. */
static size_t plain_top(size_t *best, size_t most, const double *ranks, size_t count) {
  size_t found = 0;
  bool *const taken = calloc(count, sizeof *taken);
  for (; found < most && found < count; found++) {
    size_t at = SIZE_MAX;
    for (size_t v = 0; v < count; v++)
      if (!taken[v] && (at == SIZE_MAX || ranks[v] > ranks[at]))
        at = v;
    taken[at] = true;
    best[found] = at;
  }
  free(taken);
  return found;
}

Test(pagerank_graph, top_is_the_highest_in_order_and_ties_by_index) {
  uint64_t state = 1234567;
  double ranks[40];
  for (size_t count = 0; count <= 40; count++) {
    for (size_t v = 0; v < count; v++)
      ranks[v] = (double)(next_random(&state) % 12);
    for (size_t most = 0; most <= 45; most++) {
      size_t best[45], wanted[45];
      const size_t found = pagerank_top(best, most, ranks, count);
      cr_assert_eq(found, plain_top(wanted, most, ranks, count));
      cr_assert_arr_eq(best, wanted, found * sizeof *best, "%zu of %zu", most, count);
    }
  }
}
