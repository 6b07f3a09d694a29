/*
 * pagerank_edges_test.c: lists of edges, what is read from them and what is refused, on which line;
 * plain, packed, and in blocks of one byte.
 */
#include "support/pagerank_world.h"

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
  expect("% asym unweighted\n% 2 4\n1 2 \n #\r\n%\r% 9 9\r3 4\r%%", edges, 2);
}

Test(pagerank_edges, read_mark_of_utf8_is_left_out) {
  static const struct pagerank_edge edges[] = {{0, 1}, {1, 0}};
  expect("\xef\xbb\xbf"
         "0\t1\n1\t0\n",
         edges, 2);
  expect("\xef\xbb\xbf# comment\n0\t1\n1\t0\n", edges, 2);
}

Test(pagerank_edges, read_carriage_returns_end_lines) {
  static const struct pagerank_edge edges[] = {{1, 2}, {3, 4}, {5, 6}};
  expect("# dos\r\n\r\n1\t2\r\n3\t4 \r\n5\t6\r", edges, 3);
  expect("# alone\r\r1\t2\r3\t4 \r# 7 8\r5\t6", edges, 3);
  expect("1 2\r\n3 4\r 5 6\n", edges, 3);
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

/* The text is refused on this line in these words, in whatever form it is in the file. It is to end
 * with what is wrong: a reader that gets it byte by byte can quote no more of the line. */
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
  snprintf(why, sizeof why, "'x' %s: \"2x\"", expected);
  refuse("1 2\r\r\n3 4\r2x", 4, why);
}

Test(pagerank_edges, read_comments_behind_edges_are_refused_as_that) {
  static const char why[] = "a comment behind an edge; a comment is a line of its own";
  char quoting[100];
  snprintf(quoting, sizeof quoting, "%s: \"1 2  #\"", why);
  refuse("3 4\n1 2 \t#", 2, quoting);
  snprintf(quoting, sizeof quoting, "%s: \"1 2%%\"", why);
  refuse("3 4\n1 2%", 2, quoting);
}

Test(pagerank_edges, read_matrix_market_is_refused_as_that) {
  static const char why[] =
      "a Matrix Market file, with a line of sizes; only lists of edges can be read: "
      "\"%%MatrixMarket matrix array\"";
  refuse("%%MatrixMarket matrix array", 1, why);
  refuse("%%MatrixMarket matrix array\r\n", 1, why);
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
  refuse("1 2\r3", 2, "only one number; an edge is two vertex numbers, from and to: \"3\"");
}

Test(pagerank_edges, read_other_bytes_are_refused) {
  refuse_content("1 2\n3\0004\n", 8, 2,
                 "byte 0x00 is not part of an edge; this is no list of edges");
  refuse("1 2\n\xef\xbb\xbf", 2, "byte 0xef is not part of an edge; this is no list of edges");
  refuse_content("1 2\0", 4, 1, "byte 0x00 is not part of an edge; this is no list of edges");
  refuse_content("#\n\0", 3, 2, "byte 0x00 is not part of an edge; this is no list of edges");
}

Test(pagerank_edges, read_utf16_is_refused_as_that) {
  refuse_content("\xff\xfe"
                 "1\0 \0002\0\n",
                 10, 0, "is text in UTF-16; it can be read as UTF-8 or ASCII");
  refuse_content("\xfe\xff\0001\0 \0002\0\n", 10, 0,
                 "is text in UTF-16; it can be read as UTF-8 or ASCII");
}

/* The zero bytes at the end of a text, in whatever form it is in the file. */
Test(pagerank_edges, read_zero_bytes_at_the_end_are_noted) {
  static const char text[] = "1 2\n3 4\n\0\0\0\0";
  for (enum packing packing = PLAIN; packing < PACKINGS; packing++) {
    size_t bytes;
    unsigned char *const content = packed(text, sizeof text - 1, packing, &bytes);
    struct pagerank_edges read;
    struct example_error note, error = {0, ""};
    cr_assert_eq(edges_parse_noting(&read, content, bytes, &note, &error), 0, "%s", error.text);
    cr_assert_eq(read.count, 2);
    cr_assert_eq(note.line, 3);
    cr_assert_str_eq(note.text, "4 zero bytes at the end are taken for padding");
    pagerank_edges_deinit(&read);
    free(content);
  }
}

Test(pagerank_edges, read_zero_bytes_elsewhere_are_refused) {
  refuse_content("1 2\n\0\0003", 7, 2, "something follows 2 zero bytes");
  refuse_content("1 2\n\0 ", 6, 2, "something follows 1 zero bytes");
  refuse_content("1 2\n\0\n", 6, 2, "something follows 1 zero bytes");
}

Test(pagerank_edges, read_long_lines_are_quoted_in_part) {
  refuse("00000000000000000000000000000000000000000000000000000000000 x", 1,
         "'x' is not part of an edge; two vertex numbers are expected: "
         "\"000000000000000000000000000000000000000000000000...\"");
}

Test(pagerank_edges, read_no_edges_is_refused) {
  refuse_content("", 0, 0, "there are no edges: the file is empty");
  refuse("\n", 0, "there are no edges: nothing but comments and empty lines");
  refuse("\xef\xbb\xbf\n", 0, "there are no edges: nothing but comments and empty lines");
  refuse_content("\xef\xbb\xbf", 3, 0, "there are no edges: the file is empty");
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

Test(pagerank_edges, read_gzip_padded_with_zero_bytes_is_whole) {
  static const struct pagerank_edge edges[] = {{1, 2}};
  static const size_t paddings[] = {1, 2, 3, 512, 300000};
  for (size_t i = 0; i < sizeof paddings / sizeof *paddings; i++) {
    size_t bytes;
    struct pagerank_edges read;
    struct example_error error = {0, ""};
    unsigned char *content = packed("1 2\n", 4, GZIP, &bytes);
    content = realloc(content, bytes + paddings[i]);
    memset(content + bytes, 0, paddings[i]);
    cr_assert_eq(edges_parse(&read, content, bytes + paddings[i], &error), 0, "%s", error.text);
    cr_assert_eq(read.count, 1);
    cr_assert_arr_eq(read.list, edges, sizeof edges);
    pagerank_edges_deinit(&read);
    free(content);
  }
}

Test(pagerank_edges, read_gzip_followed_by_something_else_is_refused) {
  static const char follows[] =
      "something that is neither gzip data nor zero bytes follows the gzip data";
  size_t bytes;
  unsigned char *const content = packed("1 2\n", 4, GZIP, &bytes);
  memcpy(content + bytes, "3 4\n", 4);
  for (size_t more = 1; more <= 4; more++)
    refuse_content(content, bytes + more, 0, follows);
  memcpy(content + bytes, "\x1f\x8c", 2); /* almost gzip */
  refuse_content(content, bytes + 2, 0, follows);
  memcpy(content + bytes, "\0\0\x1f\x8b", 4);
  refuse_content(content, bytes + 4, 0, "something follows the zero bytes behind the gzip data");
  content[bytes] = 0x1f;
  refuse_content(content, bytes + 1, 0,
                 "the gzip data ends too early: the file has been cut short");
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
