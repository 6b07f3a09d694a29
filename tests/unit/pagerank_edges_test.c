/*
 * pagerank_edges_test.c: lists of edges, what is read from them and what is refused, on which line; plain,
 * packed, and in blocks of one byte.
 */
#include "pagerank_world.h"

/* --- reading --- */

/* The text has just these edges, in whatever form it is in the file. */
static void expect(const char *text, const struct pagerank_edge *edges, size_t count) {
  for (enum packing packing = PLAIN; packing < PACKINGS; packing++) {
    size_t bytes;
    unsigned char *const content = packed(text, strlen(text), packing, &bytes);
    struct pagerank_edges read;
    struct example_error error = {0, ""};
    cr_assert_eq(edges_parse(&read, content, bytes, &error), 0, "%zu: %s", error.line, error.text);
    cr_assert_eq(read.count, count, "%zu edges, not %zu, in '%s'", read.count, count, text);
    cr_assert_arr_eq(read.list, edges, count * sizeof *edges);
    pagerank_edges_deinit(&read);
    free(content);
  }
}

Test(pagerank_edges, read_tabs_and_blanks_make_no_difference) {
  static const struct pagerank_edge edges[] = {{0, 11342}, {7, 0}, {3, 4}, {5, 6}};
  expect("0\t11342\n7 0\n \t 3 \t\t 4 \t \n5  6", edges, 4);
}

Test(pagerank_edges, read_comments_and_empty_lines_are_skipped) {
  static const struct pagerank_edge edges[] = {{1, 2}, {3, 4}};
  expect("# Nodes: 4 Edges: 2\n#\n\n1\t2\n \t# 9 9 \x01\xff\n   \n3\t4\n# the end", edges, 2);
}

Test(pagerank_edges, read_carriage_returns_are_tolerated) {
  static const struct pagerank_edge edges[] = {{1, 2}, {3, 4}, {5, 6}};
  expect("# dos\r\n\r\n1\t2\r\n3\t4 \r\n5\t6\r", edges, 3);
}

Test(pagerank_edges, read_numbers_of_64_bits_are_kept) {
  static const struct pagerank_edge edges[] = {
      {UINT64_MAX, UINT64_MAX - 1}, {9, UINT64_MAX}, {1844674407370955161u, 1844674407370955162u}};
  expect("18446744073709551615 18446744073709551614\n"
         "0000000000000000000000000000009 018446744073709551615\n"
         "1844674407370955161 1844674407370955162\n",
         edges, 3);
}

Test(pagerank_edges, read_parallel_edges_and_loops_are_kept) {
  static const struct pagerank_edge edges[] = {{1, 1}, {1, 2}, {1, 2}, {1, 1}};
  expect("1 1\n1 2\n1 2\n1 1\n", edges, 4);
}

Test(pagerank_edges, read_beyond_one_block_finds_every_edge) {
  const size_t count = 300000, line_bytes = 16;
  char *const text = malloc(count * line_bytes + 1);
  for (size_t i = 0; i < count; i++)
    snprintf(text + i * line_bytes, line_bytes + 1, "%7zu %7zu\n", i, count - i);
  for (enum packing packing = PLAIN; packing <= GZIP; packing++) {
    size_t bytes;
    unsigned char *const content = packed(text, count * line_bytes, packing, &bytes);
    struct pagerank_edges read;
    struct example_error error = {0, ""};
    cr_assert_eq(edges_parse(&read, content, bytes, &error), 0, "%zu: %s", error.line, error.text);
    cr_assert_eq(read.count, count);
    for (size_t i = 0; i < count; i++)
      cr_assert(read.list[i].from == i && read.list[i].to == count - i, "edge %zu", i);
    pagerank_edges_deinit(&read);
    free(content);
  }
  free(text);
}

/* --- refusing --- */

static void refuse_content(const void *content, size_t bytes, size_t line, const char *why) {
  struct pagerank_edges read;
  struct example_error error = {0, ""};
  cr_assert_eq(edges_parse(&read, content, bytes, &error), -1, "accepted; not about '%s'", why);
  cr_assert_eq(error.line, line, "line %zu, not %zu: %s", error.line, line, error.text);
  cr_assert_str_eq(error.text, why);
  cr_assert_null(read.list);
}

/* The text is refused on this line in these words, in whatever form it is in the file. It is to end with what is
 * wrong: a reader that gets it byte by byte can quote no more of the line. */
static void refuse(const char *text, size_t line, const char *why) {
  for (enum packing packing = PLAIN; packing < PACKINGS; packing++) {
    size_t bytes;
    unsigned char *const content = packed(text, strlen(text), packing, &bytes);
    refuse_content(content, bytes, line, why);
    free(content);
  }
}

Test(pagerank_edges, read_letters_are_refused) {
  static const char expected[] = "is not part of an edge; two vertex numbers are expected";
  char why[200];
  snprintf(why, sizeof why, "'x' %s: \"1 2x\"", expected);
  refuse("3 4\n1 2x", 2, why);
  snprintf(why, sizeof why, "'F' %s: \"F\"", expected);
  refuse("F", 1, why);
  snprintf(why, sizeof why, "'.' %s: \"1.\"", expected);
  refuse("# comment\r\n\r\n1.", 3, why);
  snprintf(why, sizeof why, "'+' %s: \"1 +\"", expected);
  refuse("1 +", 1, why);
  snprintf(why, sizeof why, "'-' %s: \"1-\"", expected);
  refuse("1-", 1, why);
  snprintf(why, sizeof why, "'#' %s: \"1 #\"", expected);
  refuse("1 #", 1, why);
}

Test(pagerank_edges, read_negative_numbers_are_refused) {
  refuse("0 1\n-", 2, "a negative number; vertex numbers begin at 0: \"-\"");
  refuse("0 1\n2\t-", 2, "a negative number; vertex numbers begin at 0: \"2 -\"");
}

Test(pagerank_edges, read_numbers_beyond_64_bits_are_refused) {
  refuse("1 18446744073709551616", 1,
         "a vertex number that does not fit in 64 bits: \"1 18446744073709551616\"");
  refuse("18446744073709551620", 1,
         "a vertex number that does not fit in 64 bits: \"18446744073709551620\"");
  refuse("\n99999999999999999999", 2,
         "a vertex number that does not fit in 64 bits: \"99999999999999999999\"");
}

Test(pagerank_edges, read_other_columns_than_two_are_refused) {
  refuse("1 2\n3\n", 2, "only one number; an edge is two vertex numbers, from and to: \"3\"");
  refuse("3 ", 1, "only one number; an edge is two vertex numbers, from and to: \"3\"");
  refuse("3\r\n", 1, "only one number; an edge is two vertex numbers, from and to: \"3\"");
  refuse("1 2 3", 1,
         "a third column; an edge is two vertex numbers, from and to, and no more: \"1 2 3\"");
  refuse("1 2 \t#", 1,
         "a third column; an edge is two vertex numbers, from and to, and no more: \"1 2  #\"");
}

Test(pagerank_edges, read_carriage_return_within_a_line_is_refused) {
  refuse("1 2\r3", 1, "a carriage return in the middle of a line: \"1 2 3\"");
  refuse("1 2\r\r", 1, "a carriage return in the middle of a line: \"1 2\"");
}

Test(pagerank_edges, read_other_bytes_are_refused) {
  refuse_content("1 2\n3\0004\n", 8, 2,
                 "byte 0x00 is not part of an edge; this is no list of edges");
  refuse("\xef\xbb\xbf", 1, "byte 0xef is not part of an edge; this is no list of edges");
}

Test(pagerank_edges, read_long_lines_are_quoted_in_part) {
  refuse("00000000000000000000000000000000000000000000000000000000000 x", 1,
         "'x' is not part of an edge; two vertex numbers are expected: "
         "\"000000000000000000000000000000000000000000000000...\"");
}

Test(pagerank_edges, read_no_edges_is_refused) {
  refuse_content("", 0, 0, "there are no edges: the file is empty");
  refuse("\n", 0, "there are no edges: nothing but comments and empty lines");
  refuse("# 1 2\n\r\n", 0, "there are no edges: nothing but comments and empty lines");
}

Test(pagerank_edges, read_gzip_cut_anywhere_is_refused) {
  static const char text[] = "1 2\n3 4\n";
  size_t bytes;
  for (enum packing packing = GZIP; packing < PACKINGS; packing++) {
    unsigned char *const content = packed(text, sizeof text - 1, packing, &bytes);
    const size_t part = packing == GZIP ? bytes : bytes / (sizeof text - 1);
    for (size_t cut = bytes - part + 2; cut < bytes; cut++)
      refuse_content(content, cut, 0, "the gzip data ends too early: the file has been cut short");
    free(content);
  }
}

Test(pagerank_edges, read_gzip_damaged_anywhere_is_refused) {
  static const char text[] = "1 2\n3 4\n";
  size_t bytes;
  unsigned char *const content = packed(text, sizeof text - 1, GZIP, &bytes);
  content[bytes - 8] ^= 1; /* of the check sum */
  refuse_content(content, bytes, 0, "the gzip data is damaged: incorrect data check");
  content[bytes - 8] ^= 1;
  content[bytes - 4] ^= 1;
  refuse_content(content, bytes, 0, "the gzip data is damaged: incorrect length check");
  content[bytes - 4] ^= 1;
  content[10] = 0xff;
  refuse_content(content, bytes, 0, "the gzip data is damaged: invalid block type");
  free(content);
}

Test(pagerank_edges, read_gzip_followed_by_something_else_is_refused) {
  size_t bytes;
  unsigned char *const content = packed("1 2\n", 4, GZIP, &bytes);
  memcpy(content + bytes, "3 4\n", 4);
  refuse_content(content, bytes + 4, 0, "the gzip data is damaged: incorrect header check");
  free(content);
}

/* --- sorting --- */

Test(pagerank_edges, sort_keeps_the_order_of_equal_ones) {
  static const uint64_t masks[] = {7, 0xfff, UINT64_MAX, 0xff00000000000000u};
  for (size_t m = 0; m < sizeof masks / sizeof *masks; m++) {
    struct pagerank_edges edges = {0};
    uint64_t state = 88172645463325252u;
    for (size_t i = 0; i < 5000; i++)
      cr_assert(pagerank_edges_add(&edges, next_random(&state) & masks[m], i));
    cr_assert(pagerank_edges_sort(&edges, PAGERANK_FROM));
    cr_assert_eq(edges.count, 5000);
    for (size_t i = 1; i < edges.count; i++) {
      const struct pagerank_edge a = edges.list[i - 1], b = edges.list[i];
      cr_assert(a.from < b.from || (a.from == b.from && a.to < b.to), "edge %zu", i);
    }
    pagerank_edges_deinit(&edges);
  }
}
