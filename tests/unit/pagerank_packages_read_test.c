/*
 * pagerank_packages_read_test.c: packages and who depends on them, from records as apt has them.
 */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "packages_read.h"

struct packages {
  struct pagerank_edges edges;
  struct pagerank_vertices vertices;
};

static int parse(struct packages *out, const char *text, struct example_error *error) {
  FILE *const file = *text ? fmemopen((char *)(uintptr_t)text, strlen(text), "r") : tmpfile();
  cr_assert_not_null(file);
  const int status = pagerank_packages_read(&out->edges, &out->vertices, file, error);
  fclose(file);
  return status;
}

/* The graph as text: all names, and behind each of them who depends on it. */
static void expect(const char *text, const char *wanted) {
  struct packages packages;
  struct example_error error = {0, ""};
  char found[500] = "";
  cr_assert_eq(parse(&packages, text, &error), 0, "%zu: %s", error.line, error.text);
  size_t edge = 0;
  for (size_t v = 0; v < packages.vertices.count; v++) {
    strcat(strcat(found, packages.vertices.names[v]), "(");
    for (; edge < packages.edges.count && packages.edges.list[edge].to == v; edge++)
      strcat(strcat(found, " "), packages.vertices.names[packages.edges.list[edge].from]);
    strcat(found, " )");
  }
  cr_assert_eq(edge, packages.edges.count);
  cr_assert_str_eq(found, wanted);
  pagerank_edges_deinit(&packages.edges);
  pagerank_vertices_deinit(&packages.vertices);
}

Test(pagerank_packages_read, read_depends_and_pre_depends_are_edges) {
  expect("Package: b\nVersion: 1\nDepends: a, c\nPre-Depends: d\nSuggests: x\n\n"
         "Package: a\nDepends: c\n",
         "a( b )b( )c( a b )d( b )");
}

Test(pagerank_packages_read, read_alternatives_are_edges_too) {
  expect("Package: p\nDepends: a | b|c , d\n", "a( p )b( p )c( p )d( p )p( )");
}

Test(pagerank_packages_read, read_conditions_are_left_out) {
  expect("Package: p\nDepends: a:any (>= 1:2.0~rc-1), b (<< 3) [amd64 !i386] <!nocheck>, "
         "c[x]|d:native\n",
         "a( p )b( p )c( p )d( p )p( )");
}

Test(pagerank_packages_read, read_repeated_dependency_is_one_edge) {
  expect(
      "Package: p\nDepends: a (>= 1), a (<< 2), a\nPre-Depends: a\n\nPackage: p\nDepends: a, b\n",
      "a( p )b( p )p( )");
}

Test(pagerank_packages_read, read_package_without_dependencies_is_a_vertex) {
  expect("Package: z\n\n\nPackage: libstdc++6\n\nPackage: 0ad\n", "0ad( )libstdc++6( )z( )");
}

Test(pagerank_packages_read, read_fields_may_go_on_and_be_in_small_letters) {
  expect("package:p\ndepends: a,\n b,\n\tc\nDescription: text\n Depends: x\n y\nPRE-DEPENDS: d\n",
         "a( p )b( p )c( p )d( p )p( )");
}

Test(pagerank_packages_read, read_carriage_returns_are_tolerated) {
  expect("Package: p\r\nDepends: a\r\n\r\nPackage: q\r\nDepends: a\r\n", "a( p q )p( )q( )");
}

static void refuse(const char *text, size_t line, const char *why) {
  struct packages packages;
  struct example_error error = {0, ""};
  cr_assert_eq(parse(&packages, text, &error), -1, "accepted: %s", text);
  cr_assert_eq(error.line, line, "line %zu, not %zu: %s", error.line, line, error.text);
  cr_assert_str_eq(error.text, why);
  cr_assert_null(packages.edges.list);
  cr_assert_null(packages.vertices.names);
}

Test(pagerank_packages_read, read_what_is_no_record_is_refused) {
  refuse("", 0, "there are no packages");
  refuse("\n\n", 0, "there are no packages");
  refuse("Package: a\nbread and butter\n", 2,
         "this is no field of a package's record: \"bread and butter\"");
  refuse("Package: a b\n", 1, "this is no package's name: \"a b\"");
  refuse("Package:\n", 1, "this is no package's name: \"\"");
  refuse("Package: a\n\nDepends: b\n", 3,
         "a dependency before the record says whose it is: \" b\"");
  refuse("Package: a\nDepends: b, $c\n", 2, "this is no package's name: \"$c\"");
  refuse("Package: a\nDepends: b c\n", 2, "this dependency cannot be read: \"b c\"");
  refuse("Package: a\nDepends: b (>= 1\n", 2, "this dependency cannot be read: \"b (>= 1\"");
}

Test(pagerank_packages_read, number_many_names_each_has_its_own) {
  struct pagerank_names names = {0};
  char name[16];
  for (int pass = 0; pass < 2; pass++)
    for (size_t i = 0; i < 20000; i++) {
      size_t number;
      const int bytes = snprintf(name, sizeof name, "%zx", i * 37);
      cr_assert(pagerank_names_number(&names, name, (size_t)bytes, &number));
      cr_assert_eq(number, i);
    }
  cr_assert_eq(names.count, 20000);
  struct pagerank_vertices vertices;
  size_t *vertex_of;
  cr_assert(pagerank_names_sort(&names, &vertices, &vertex_of));
  for (size_t i = 0; i < 20000; i++) {
    snprintf(name, sizeof name, "%zx", i * 37);
    cr_assert_str_eq(vertices.names[vertex_of[i]], name);
    cr_assert(i == 0 || strcmp(vertices.names[i - 1], vertices.names[i]) < 0);
  }
  free(vertex_of);
  pagerank_vertices_deinit(&vertices);
}

/* Many of them meet a longer one on their way to a free slot. */
Test(pagerank_packages_read, number_beginnings_of_names_are_names_of_their_own) {
  struct pagerank_names names = {0};
  char name[1000];
  memset(name, 'a', sizeof name);
  for (size_t bytes = sizeof name; bytes > 0; bytes--) {
    size_t number;
    cr_assert(pagerank_names_number(&names, name, bytes, &number));
    cr_assert_eq(number, sizeof name - bytes, "%zu bytes", bytes);
  }
  pagerank_names_deinit(&names);
}
