/*
 * A file is a line that says what it is; comments; a line of sizes; and a line for each entry. This
 * reader lets comments and empty lines stand anywhere behind the first line.
 *
 * Nothing in a file is believed before it has been seen: memory is taken as entries are read, not
 * for as many as the sizes promise. A matrix of hardly any entries is refused: its rows would take
 * far more memory than the file.
 */
#include "market.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/output.h"
#include "lines.h"

#define ROWS_MAX UINT32_MAX
#define ROWS_PER_ENTRY_MAX ((uint64_t)16) /* of a pattern, which says nothing of its diagonal */
#define QUOTED_BYTES 48
#define WORDS_MAX 6 /* of a line that is looked at; it should have fewer */
#define NUMBER_BYTES 64

enum format { COORDINATE, ARRAY };
enum field { REAL, INTEGER, PATTERN };

struct reader {
  struct cg_lines lines;
  struct example_error *error;
  enum format format;
  enum field field;
  bool is_symmetric;
  uint64_t row_count, column_count;
  uint64_t entry_count; /* as promised */
};

/* A part of the line, without blanks. */
struct word {
  const char *text;
  size_t length;
};

struct words {
  size_t count;
  struct word list[WORDS_MAX];
};

/* --- lines and words --- */

static int refuse(const struct reader *in, const char *why) {
  const struct cg_lines *const lines = &in->lines;
  char quoted[QUOTED_BYTES + 1] = "";
  size_t length = lines->length < QUOTED_BYTES ? lines->length : QUOTED_BYTES;
  for (size_t i = 0; i < length; i++)
    quoted[i] = (char)(lines->text[i] == '\t' ? ' ' : lines->text[i]);
  while (length > 0 && quoted[length - 1] == ' ')
    length--;
  return example_fail(in->error, lines->number, "%s: \"%.*s%s\"", why, (int)length, quoted,
                      lines->length > QUOTED_BYTES ? "..." : "");
}

/* A line without bytes that no such file has, and not too long. */
static int check_bytes(const struct reader *in) {
  const struct cg_lines *const lines = &in->lines;
  if (lines->is_longer)
    return example_fail(in->error, lines->number, "a line longer than %d bytes", CG_LINE_BYTES);
  for (size_t i = 0; i < lines->length; i++) {
    const unsigned char byte = (unsigned char)lines->text[i];
    if ((byte < 0x20 && byte != '\t') || byte >= 0x7f)
      return example_fail(in->error, lines->number,
                          "byte 0x%02x is not part of an entry; this is no Matrix Market file",
                          (unsigned)byte);
  }
  return 0;
}

static void split(struct words *out, const char *text) {
  out->count = 0;
  for (;;) {
    text += strspn(text, " \t");
    if (*text == '\0' || out->count == WORDS_MAX)
      return;
    const size_t length = strcspn(text, " \t");
    out->list[out->count++] = (struct word){text, length};
    text += length;
  }
}

/* The words of the next line that is neither empty nor a comment. 1; 0: there is none; or -1. */
static int next_words(struct reader *in, struct words *out) {
  for (;;) {
    const int status = cg_lines_next(&in->lines, in->error);
    if (status <= 0)
      return status;
    if (in->lines.text[0] == '%')
      continue;
    if (check_bytes(in) != 0)
      return -1;
    split(out, in->lines.text);
    if (out->count > 0)
      return 1;
  }
}

static bool is_word(struct word word, const char *text) {
  return word.length == strlen(text) && strncasecmp(word.text, text, word.length) == 0;
}

/* Digits, which are no more than `most`. */
static bool read_count(uint64_t *out, struct word word, uint64_t most) {
  uint64_t value = 0;
  for (size_t i = 0; i < word.length; i++) {
    if (word.text[i] < '0' || word.text[i] > '9')
      return false;
    const uint64_t digit = (uint64_t)(word.text[i] - '0');
    if (value > (most - digit) / 10)
      return false;
    value = value * 10 + digit;
  }
  *out = value;
  return true;
}

/* A number as C or Fortran writes it; of an integer, no more than a sign and digits. */
static bool read_number(double *out, struct word word, enum field field) {
  static const char integer[] = "0123456789+-", real[] = "0123456789+-.eE";
  char text[NUMBER_BYTES];
  char *end;
  if (word.length >= sizeof text)
    return false;
  memcpy(text, word.text, word.length);
  text[word.length] = '\0';
  for (size_t i = 0; i < word.length; i++)
    if (text[i] == 'd' || text[i] == 'D')
      text[i] = 'e';
  if (strspn(text, field == INTEGER ? integer : real) != word.length)
    return false;
  *out = strtod(text, &end);
  return end == text + word.length && isfinite(*out);
}

/* --- what the file is --- */

static int read_field(struct reader *in, struct word word) {
  if (is_word(word, "real") || is_word(word, "double"))
    in->field = REAL;
  else if (is_word(word, "integer"))
    in->field = INTEGER;
  else if (is_word(word, "pattern"))
    in->field = PATTERN;
  else if (is_word(word, "complex"))
    return refuse(in, "complex numbers, which this program does not compute with");
  else
    return refuse(in, "no kind of numbers: real, integer or pattern is expected");
  return 0;
}

static int read_symmetry(struct reader *in, struct word word) {
  if (is_word(word, "general") || is_word(word, "symmetric"))
    in->is_symmetric = is_word(word, "symmetric");
  else if (is_word(word, "skew-symmetric"))
    return refuse(in, "a skew-symmetric matrix, which cannot be positive definite");
  else if (is_word(word, "hermitian"))
    return refuse(in, "a Hermitian matrix, which has complex numbers");
  else
    return refuse(in, "no kind of symmetry: general or symmetric is expected");
  return 0;
}

static int read_banner(struct reader *in) {
  struct words words;
  const int status = cg_lines_next(&in->lines, in->error);
  if (status < 0)
    return -1;
  if (status == 0)
    return example_fail(in->error, 0, "there is no matrix: the file is empty");
  if (check_bytes(in) != 0)
    return -1;
  split(&words, in->lines.text);
  if (words.count == 0 || !is_word(words.list[0], "%%MatrixMarket"))
    return refuse(in, "this is no Matrix Market file, which begins with %%MatrixMarket");
  if (words.count != 5)
    return refuse(in, "%%MatrixMarket and four words are expected, such as \"matrix coordinate "
                      "real symmetric\"");
  if (!is_word(words.list[1], "matrix"))
    return refuse(in, "this is no matrix");
  if (!is_word(words.list[2], "coordinate") && !is_word(words.list[2], "array"))
    return refuse(in, "no format of a matrix: coordinate or array is expected");
  in->format = is_word(words.list[2], "array") ? ARRAY : COORDINATE;
  if (read_field(in, words.list[3]) != 0)
    return -1;
  if (in->format == ARRAY && in->field == PATTERN)
    return refuse(in, "an array of a pattern, which has no numbers");
  return read_symmetry(in, words.list[4]);
}

static int read_sizes(struct reader *in) {
  const bool is_array = in->format == ARRAY;
  const size_t expected = is_array ? 2 : 3;
  struct words words;
  const int status = next_words(in, &words);
  if (status < 0)
    return -1;
  if (status == 0)
    return example_fail(in->error, in->lines.number, "the file ends before the line of sizes");
  if (words.count != expected || !read_count(&in->row_count, words.list[0], UINT64_MAX) ||
      !read_count(&in->column_count, words.list[1], UINT64_MAX) ||
      (!is_array && !read_count(&in->entry_count, words.list[2], UINT64_MAX)))
    return refuse(in, is_array ? "two sizes are expected: rows and columns"
                               : "three sizes are expected: rows, columns and entries");
  if (is_array && in->column_count != 0 && in->row_count > UINT64_MAX / in->column_count)
    return refuse(in, "more numbers than any file has");
  if (is_array)
    in->entry_count = in->row_count * in->column_count;
  return 0;
}

static int begin(struct reader *in, struct example_source *source, struct example_error *error) {
  *in = (struct reader){.error = error};
  cg_lines_init(&in->lines, source);
  if (read_banner(in) != 0)
    return -1;
  return read_sizes(in);
}

/* --- entries --- */

/* The words of an entry, of which `seen` have been read. */
static int next_entry(struct reader *in, uint64_t seen, struct words *words) {
  const int status = next_words(in, words);
  if (status == 0)
    example_fail(in->error, in->lines.number,
                 "the file ends after %" PRIu64 " of %" PRIu64 " entries", seen, in->entry_count);
  return status > 0 ? 0 : -1;
}

/* A place as it is written, from 1 on. */
struct place {
  uint64_t row, column;
};

static int read_entry(const struct reader *in, const struct words *words, struct place *place,
                      double *value) {
  const bool has_value = in->field != PATTERN;
  *value = 0;
  if (words->count != (has_value ? 3 : 2))
    return refuse(in, has_value ? "three words are expected: row, column and number"
                                : "two words are expected: row and column");
  if (!read_count(&place->row, words->list[0], UINT64_MAX) ||
      !read_count(&place->column, words->list[1], UINT64_MAX))
    return refuse(in, "row and column are expected to be counts");
  if (place->row < 1 || place->row > in->row_count || place->column < 1 ||
      place->column > in->column_count)
    return refuse(in, "there is no such place in the matrix");
  if (has_value && !read_number(value, words->list[2], in->field))
    return refuse(in, in->field == INTEGER ? "the third word is no integer"
                                           : "the third word is no number, or not a finite one");
  return 0;
}

/* Nothing may follow. */
static int end(struct reader *in) {
  struct words words;
  const int status = next_words(in, &words);
  if (status > 0)
    return refuse(in, "more entries than the sizes say");
  return status;
}

/* What can be said of a matrix by its sizes. */
static int check_matrix(const struct reader *in) {
  const bool is_pattern = in->field == PATTERN;
  if (in->format == ARRAY)
    return refuse(in, "an array, in which zeros are written, too; coordinates are expected");
  if (in->row_count != in->column_count)
    return refuse(in, "the matrix is not square");
  if (in->row_count == 0)
    return refuse(in, "the matrix has no rows");
  if (in->row_count > ROWS_MAX)
    return refuse(in, "too many rows; at most 4294967295");
  if (in->entry_count > SIZE_MAX / sizeof(struct cg_entry))
    return refuse(in, "more entries than any file has");
  if (!is_pattern && in->row_count > in->entry_count)
    return refuse(in, "some row has no entry, so the matrix is not positive definite");
  if (is_pattern && in->row_count / ROWS_PER_ENTRY_MAX > in->entry_count)
    return refuse(in, "hardly any row has an entry");
  return 0;
}

static int read_entries(struct reader *in, struct cg_entries *out) {
  for (uint64_t seen = 0; seen < in->entry_count; seen++) {
    struct words words;
    struct place place;
    double value;
    if (next_entry(in, seen, &words) != 0 || read_entry(in, &words, &place, &value) != 0)
      return -1;
    if (in->is_symmetric && place.column > place.row)
      return refuse(in, "above the diagonal of a symmetric matrix, of which only the part below is "
                        "written");
    const struct cg_entry entry = {(uint32_t)(place.row - 1), (uint32_t)(place.column - 1), value};
    if (!cg_entries_add(out, entry))
      return example_fail(in->error, in->lines.number, "out of memory after %" PRIu64 " entries",
                          seen);
  }
  return end(in);
}

int cg_market_read_matrix(struct cg_entries *out, struct example_source *source,
                          struct example_error *error) {
  struct reader reader;
  *out = (struct cg_entries){0};
  if (begin(&reader, source, error) != 0 || check_matrix(&reader) != 0)
    return -1;
  out->row_count = (size_t)reader.row_count;
  out->is_symmetric = reader.is_symmetric;
  out->is_pattern = reader.field == PATTERN;
  const int status = read_entries(&reader, out);
  if (status != 0)
    cg_entries_deinit(out);
  return status;
}

/* --- vectors --- */

static int check_vector(const struct reader *in, size_t count) {
  if (in->field == PATTERN)
    return refuse(in, "a pattern, which has no numbers");
  if (in->is_symmetric)
    return refuse(in, "a symmetric matrix, and no column of numbers");
  if (in->row_count != count || in->column_count != 1)
    return refuse(in, "the sizes of this column are not those of the matrix");
  return 0;
}

int cg_market_read_vector(double *out, size_t count, struct example_source *source,
                          struct example_error *error) {
  struct reader reader;
  if (begin(&reader, source, error) != 0 || check_vector(&reader, count) != 0)
    return -1;
  for (size_t i = 0; i < count; i++)
    out[i] = 0;
  for (uint64_t seen = 0; seen < reader.entry_count; seen++) {
    struct words words;
    struct place place = {seen + 1, 1};
    double value = 0;
    if (next_entry(&reader, seen, &words) != 0)
      return -1;
    if (reader.format == COORDINATE && read_entry(&reader, &words, &place, &value) != 0)
      return -1;
    if (reader.format == ARRAY &&
        (words.count != 1 || !read_number(&value, words.list[0], reader.field)))
      return refuse(&reader, "one number is expected, and a finite one");
    out[place.row - 1] += value;
  }
  return end(&reader);
}

static int refuse_output(struct example_error *error) {
  return example_fail(error, 0, "cannot be written: %s", strerror(errno));
}

int cg_market_write_vector(const char *path, const double *numbers, size_t count,
                           struct example_error *error) {
  struct example_output out;
  if (example_output_open(&out, path) != 0)
    return refuse_output(error);
  fprintf(out.file, "%%%%MatrixMarket matrix array real general\n%zu 1\n", count);
  for (size_t i = 0; i < count && !ferror(out.file); i++)
    fprintf(out.file, "%.17g\n", numbers[i]);
  return example_output_commit(&out) == 0 ? 0 : refuse_output(error);
}
