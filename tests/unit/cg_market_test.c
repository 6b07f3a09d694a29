/*
 * cg_market_test.c: files of Matrix Market's, what is read from them and what is refused, on which
 * line; plain, packed, and in blocks of one byte.
 */
#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "market.h"
#include "support/packed.h"
#include "support/source_bytes.h"

#define REAL "%%MatrixMarket matrix coordinate real general\n"
#define SYMMETRIC "%%MatrixMarket matrix coordinate real symmetric\n"
#define PATTERN "%%MatrixMarket matrix coordinate pattern symmetric\n"
#define COLUMN "%%MatrixMarket matrix array real general\n"

/* --- matrices --- */

static int parse(struct cg_entries *out, const void *content, size_t bytes,
                 struct example_error *error) {
  struct example_source source;
  source_open_bytes(&source, content, bytes);
  const int status = cg_market_read_matrix(out, &source, error);
  example_source_close(&source);
  return status;
}

/* The text has just these entries, in whatever form it is in the file. */
static void expect(const char *text, const struct cg_entries *expected) {
  for (enum packing packing = PLAIN; packing < PACKINGS; packing++) {
    size_t bytes;
    unsigned char *const content = packed(text, strlen(text), packing, &bytes);
    struct cg_entries read;
    struct example_error error = {0, ""};
    cr_assert_eq(parse(&read, content, bytes, &error), 0, "%zu: %s", error.line, error.text);
    cr_assert_eq(read.row_count, expected->row_count);
    cr_assert_eq(read.count, expected->count, "%zu entries in '%s'", read.count, text);
    cr_assert_eq(read.is_symmetric, expected->is_symmetric);
    cr_assert_eq(read.is_pattern, expected->is_pattern);
    for (size_t i = 0; i < read.count; i++) {
      cr_assert_eq(read.list[i].row, expected->list[i].row);
      cr_assert_eq(read.list[i].column, expected->list[i].column);
      cr_assert_eq(read.list[i].value, expected->list[i].value, "%.17g in '%s'", read.list[i].value,
                   text);
    }
    cg_entries_deinit(&read);
    free(content);
  }
}

static struct cg_entry some_entries[] = {{0, 0, 2.5}, {1, 0, -1}, {1, 1, 1e-3}};
static const struct cg_entries some = {.list = some_entries, .count = 3, .row_count = 2};

Test(cg_market, read_words_and_blanks_make_no_difference) {
  expect(REAL "2 2 3\n1 1 2.5\n2 1 -1\n2 2 1e-3\n", &some);
  expect("%%matrixmarket\tMATRIX Coordinate  REAL general \n 2\t2 3 \n\t1 1  2.50 \n2 1 -1.\n2 2 "
         "+.001",
         &some);
}

Test(cg_market, read_comments_and_empty_lines_are_skipped) {
  expect(REAL "% a comment \xff\x01\n%\n\n2 2 3\n% 1 2 3\n1 1 2.5\n \t\n2 1 -1\n2 2 1e-3\n\n%\n",
         &some);
}

Test(cg_market, read_carriage_returns_end_lines) {
  expect("%%MatrixMarket matrix coordinate real general\r\n%\r\n2 2 3\r\n1 1 2.5\r\n2 1 -1\r\n"
         "2 2 1e-3\r\n",
         &some);
  expect("%%MatrixMarket matrix coordinate real general\r%\r2 2 3\r1 1 2.5\r\r2 1 -1\r2 2 1e-3\r",
         &some);
}

Test(cg_market, read_comments_of_any_length_are_skipped) {
  static char text[300000];
  size_t length = (size_t)snprintf(text, sizeof text, "%s%%", REAL);
  memset(text + length, 'x', 200000);
  length += 200000;
  (void)snprintf(text + length, sizeof text - length, "\n2 2 3\n1 1 2.5\n2 1 -1\n2 2 1e-3\n");
  struct cg_entries read;
  struct example_error error = {0, ""};
  cr_assert_eq(parse(&read, text, strlen(text), &error), 0, "%zu: %s", error.line, error.text);
  cr_assert_eq(read.count, 3);
  cg_entries_deinit(&read);
}

Test(cg_market, read_exponents_of_fortran_are_read) {
  expect(REAL "2 2 3\n1 1 25d-1\n2 1 -1D+00\n2 2 0.1D-2\n", &some);
}

Test(cg_market, read_kinds_are_told_apart) {
  struct cg_entry entries[] = {{0, 0, 4}, {1, 0, -7}, {1, 1, 9007199254740992.0}};
  const struct cg_entries symmetric = {
      .list = entries, .count = 3, .row_count = 2, .is_symmetric = true};
  expect("%%MatrixMarket matrix coordinate integer symmetric\n2 2 3\n1 1 +4\n2 1 -7\n"
         "2 2 9007199254740992\n",
         &symmetric);
  struct cg_entry places[] = {{0, 0, 0}, {2, 0, 0}};
  const struct cg_entries pattern = {
      .list = places, .count = 2, .row_count = 3, .is_symmetric = true, .is_pattern = true};
  expect(PATTERN "3 3 2\n1 1\n3 1\n", &pattern);
}

/* No memory is taken for rows before their entries have been seen. */
Test(cg_market, read_sizes_are_not_believed) {
  struct cg_entries read;
  struct example_error error = {0, ""};
  static const char text[] = PATTERN "2147483647 2147483647 134217728\n2147483647 1\n";
  cr_assert_eq(parse(&read, text, strlen(text), &error), -1);
  cr_assert_str_eq(error.text, "the file ends after 1 of 134217728 entries");
}

/* --- matrices that are refused --- */

static void refuse_content(const void *content, size_t bytes, size_t line, const char *why) {
  struct cg_entries read;
  struct example_error error = {0, ""};
  cr_assert_eq(parse(&read, content, bytes, &error), -1, "accepted; not about '%s'", why);
  cr_assert_str_eq(error.text, why);
  cr_assert_eq(error.line, line, "line %zu, not %zu: %s", error.line, line, error.text);
  cr_assert_null(read.list);
  cr_assert_eq(read.count, 0);
}

/* The text is refused on this line in these words, in whatever form it is in the file. */
static void refuse(const char *text, size_t line, const char *why) {
  for (enum packing packing = PLAIN; packing < PACKINGS; packing++) {
    size_t bytes;
    unsigned char *const content = packed(text, strlen(text), packing, &bytes);
    refuse_content(content, bytes, line, why);
    free(content);
  }
}

Test(cg_market, read_other_files_are_refused_as_that) {
  struct cg_entries read;
  struct example_error error = {0, ""};
  cr_assert_eq(parse(&read, "", 0, &error), -1);
  cr_assert_str_eq(error.text, "there is no matrix: the file is empty");
  refuse("1 2\n", 1, "this is no Matrix Market file, which begins with %%MatrixMarket: \"1 2\"");
  refuse("\n", 1, "this is no Matrix Market file, which begins with %%MatrixMarket: \"\"");
  refuse("% %MatrixMarket matrix", 1,
         "this is no Matrix Market file, which begins with %%MatrixMarket: \"% %MatrixMarket "
         "matrix\"");
  refuse("\x7f"
         "ELF",
         1, "byte 0x7f is not part of an entry; this is no Matrix Market file");
}

Test(cg_market, read_kinds_that_cannot_be_solved_are_refused) {
  refuse("%%MatrixMarket vector coordinate real general", 1,
         "this is no matrix: \"%%MatrixMarket vector coordinate real general\"");
  refuse("%%MatrixMarket matrix dense real general", 1,
         "no format of a matrix: coordinate or array is expected: \"%%MatrixMarket matrix dense "
         "real general\"");
  refuse("%%MatrixMarket matrix coordinate quaternion x", 1,
         "no kind of numbers: real, integer or pattern is expected: \"%%MatrixMarket matrix "
         "coordinate quaternion x\"");
  refuse("%%MatrixMarket matrix coordinate complex x", 1,
         "complex numbers, which this program does not compute with: \"%%MatrixMarket matrix "
         "coordinate complex x\"");
  refuse("%%MatrixMarket matrix coordinate real x", 1,
         "no kind of symmetry: general or symmetric is expected: \"%%MatrixMarket matrix "
         "coordinate real x\"");
  refuse("%%MatrixMarket matrix coordinate real skew-symmetric", 1,
         "a skew-symmetric matrix, which cannot be positive definite: \"%%MatrixMarket matrix "
         "coordinate real skew-symme...\"");
  refuse("%%MatrixMarket matrix coordinate real hermitian", 1,
         "a Hermitian matrix, which has complex numbers: \"%%MatrixMarket matrix coordinate real "
         "hermitian\"");
  refuse("%%MatrixMarket matrix array pattern general", 1,
         "an array of a pattern, which has no numbers: \"%%MatrixMarket matrix array pattern "
         "general\"");
  refuse("%%MatrixMarket matrix coordinate real", 1,
         "%%MatrixMarket and four words are expected, such as \"matrix coordinate real "
         "symmetric\": \"%%MatrixMarket matrix coordinate real\"");
  refuse(COLUMN "2 2\n", 2,
         "an array, in which zeros are written, too; coordinates are expected: \"2 2\"");
}

Test(cg_market, read_sizes_that_cannot_be_are_refused) {
  static const char three[] = "three sizes are expected: rows, columns and entries";
  static const char *const lines[] = {"2 2", "2 2 3 4", "2 2 x", "2 -2 3", "2 2 3.0"};
  char why[200], text[200];
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    (void)snprintf(text, sizeof text, "%s%%\n%s", REAL, lines[i]);
    (void)snprintf(why, sizeof why, "%s: \"%s\"", three, lines[i]);
    refuse(text, 3, why);
  }
  refuse(REAL "% no sizes\n\n", 3, "the file ends before the line of sizes");
  refuse(REAL "2 3 6", 2, "the matrix is not square: \"2 3 6\"");
  refuse(REAL "0 0 0", 2, "the matrix has no rows: \"0 0 0\"");
  refuse(REAL "3 3 2", 2,
         "some row has no entry, so the matrix is not positive definite: \"3 3 2\"");
  refuse(REAL "4294967296 4294967296 4294967296", 2,
         "too many rows; at most 4294967295: \"4294967296 4294967296 4294967296\"");
  refuse(REAL "2 2 18446744073709551615", 2,
         "more entries than any file has: \"2 2 18446744073709551615\"");
  refuse(REAL "2 2 18446744073709551616", 2,
         "three sizes are expected: rows, columns and entries: \"2 2 18446744073709551616\"");
  refuse(PATTERN "1000 1000 20", 2, "hardly any row has an entry: \"1000 1000 20\"");
}

Test(cg_market, read_entries_that_cannot_be_are_refused) {
  refuse(REAL "2 2 3\n1 1", 3, "three words are expected: row, column and number: \"1 1\"");
  refuse(REAL "2 2 3\n1 1 2 3", 3, "three words are expected: row, column and number: \"1 1 2 3\"");
  refuse(PATTERN "2 2 3\n1 1 2", 3, "two words are expected: row and column: \"1 1 2\"");
  refuse(REAL "2 2 3\n%\n1.0 1 2", 4, "row and column are expected to be counts: \"1.0 1 2\"");
  refuse(REAL "2 2 3\n1 -1 2", 3, "row and column are expected to be counts: \"1 -1 2\"");
  refuse(REAL "2 2 3\n0 1 2", 3, "there is no such place in the matrix: \"0 1 2\"");
  refuse(REAL "2 2 3\n1 3 2", 3, "there is no such place in the matrix: \"1 3 2\"");
  refuse(SYMMETRIC "2 2 3\n1 2 2", 3,
         "above the diagonal of a symmetric matrix, of which only the part below is written: \"1 2 "
         "2\"");
  refuse(REAL "2 2 3\n1 1 2\n", 3, "the file ends after 1 of 3 entries");
  refuse(REAL "1 1 1\n1 1 2\n%\n1 1 3", 5, "more entries than the sizes say: \"1 1 3\"");
}

Test(cg_market, read_what_is_no_number_is_refused) {
  static const char *const reals[] = {"x",   "1x",    ".",     "1e",  "0x10", "nan",
                                      "inf", "1e99d", "1e999", "1,5", "--1",  "+-1"};
  static const char *const integers[] = {"1.0", "1e3", "x", "+", "0x1"};
  char why[200], text[200];
  for (size_t i = 0; i < sizeof reals / sizeof *reals; i++) {
    (void)snprintf(text, sizeof text, "%s1 1 1\n1 1 %s", REAL, reals[i]);
    (void)snprintf(why, sizeof why, "the third word is no number, or not a finite one: \"1 1 %s\"",
                   reals[i]);
    refuse(text, 3, why);
  }
  for (size_t i = 0; i < sizeof integers / sizeof *integers; i++) {
    (void)snprintf(text, sizeof text,
                   "%%%%MatrixMarket matrix coordinate integer general\n1 1 1\n1 1 %s",
                   integers[i]);
    (void)snprintf(why, sizeof why, "the third word is no integer: \"1 1 %s\"", integers[i]);
    refuse(text, 3, why);
  }
}

Test(cg_market, read_long_lines_and_other_bytes_are_refused) {
  static char text[3000] = REAL "1 1 1\n1 1 ";
  const size_t length = strlen(text);
  memset(text + length, ' ', 1024 - 4);
  text[length + 1024 - 5] = '7';
  struct cg_entries read;
  struct example_error error = {0, ""};
  cr_assert_eq(parse(&read, text, strlen(text), &error), 0, "%s", error.text);
  cr_assert_eq(read.list[0].value, 7);
  cg_entries_deinit(&read);
  memset(text + length, ' ', 1024);
  refuse(text, 3, "a line longer than 1024 bytes");
  refuse_content(REAL "1 1 1\n1 1 2\0", strlen(REAL) + 13, 3,
                 "byte 0x00 is not part of an entry; this is no Matrix Market file");
  refuse(REAL "1 1 1\n1 1 \xc2\xbd", 3,
         "byte 0xc2 is not part of an entry; this is no Matrix Market file");
}

/* --- vectors --- */

static int parse_vector(double *out, size_t count, const char *text, struct example_error *error) {
  struct example_source source;
  source_open_bytes(&source, text, strlen(text));
  const int status = cg_market_read_vector(out, count, &source, error);
  example_source_close(&source);
  return status;
}

static void refuse_vector(const char *text, size_t line, const char *why) {
  double numbers[3];
  struct example_error error = {0, ""};
  cr_assert_eq(parse_vector(numbers, 3, text, &error), -1, "accepted; not about '%s'", why);
  cr_assert_str_eq(error.text, why);
  cr_assert_eq(error.line, line);
}

Test(cg_market, vector_is_an_array_or_coordinates) {
  double numbers[3] = {7, 7, 7};
  struct example_error error = {0, ""};
  cr_assert_eq(parse_vector(numbers, 3, COLUMN "%\n3 1\n1\n-2.5\n\n3e5", &error), 0, "%s",
               error.text);
  cr_assert(numbers[0] == 1 && numbers[1] == -2.5 && numbers[2] == 3e5);
  cr_assert_eq(parse_vector(numbers, 3, REAL "3 1 1\n2 1 5", &error), 0, "%s", error.text);
  cr_assert(numbers[0] == 0 && numbers[1] == 5 && numbers[2] == 0);
}

Test(cg_market, vector_that_is_none_is_refused) {
  refuse_vector(COLUMN "2 1\n1\n2", 2,
                "the sizes of this column are not those of the matrix: \"2 1\"");
  refuse_vector(COLUMN "3 2\n", 2, "the sizes of this column are not those of the matrix: \"3 2\"");
  refuse_vector(COLUMN "3\n", 2, "two sizes are expected: rows and columns: \"3\"");
  refuse_vector(COLUMN "4294967296 4294967296\n", 2,
                "more numbers than any file has: \"4294967296 4294967296\"");
  refuse_vector(COLUMN "3 1\n1 2\n", 3, "one number is expected, and a finite one: \"1 2\"");
  refuse_vector(COLUMN "3 1\n1\nx\n", 4, "one number is expected, and a finite one: \"x\"");
  refuse_vector(COLUMN "3 1\n1\n", 3, "the file ends after 1 of 3 entries");
  refuse_vector(COLUMN "3 1\n1\n2\n3\n4", 6, "more entries than the sizes say: \"4\"");
  refuse_vector(REAL "3 1 1\n1 2 5", 3, "there is no such place in the matrix: \"1 2 5\"");
  refuse_vector(SYMMETRIC "3 1 1\n", 2, "a symmetric matrix, and no column of numbers: \"3 1 1\"");
  refuse_vector(PATTERN "3 1 1\n", 2, "a pattern, which has no numbers: \"3 1 1\"");
}

Test(cg_market, vector_that_is_written_is_read_again) {
  const double numbers[] = {1.0 / 3, -0x1p-1074, 1.7976931348623157e308};
  double read[3];
  char path[] = "/tmp/cg_market.XXXXXX";
  struct example_error error = {0, ""};
  struct example_source source;
  const int file = mkstemp(path);
  cr_assert_geq(file, 0);
  close(file);
  cr_assert_eq(cg_market_write_vector(path, numbers, 3, &error), 0, "%s", error.text);
  cr_assert_eq(example_source_open(&source, path, &error), 0, "%s", error.text);
  cr_assert_eq(cg_market_read_vector(read, 3, &source, &error), 0, "%s", error.text);
  example_source_close(&source);
  unlink(path);
  for (size_t i = 0; i < 3; i++)
    cr_assert_eq(read[i], numbers[i]);
}
