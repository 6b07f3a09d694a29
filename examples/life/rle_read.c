/*
 * The reader takes one character at a time and never looks back, so that it works on pipes and
 * needs no memory for the text. Two rules make its messages exact:
 *
 * - `line` is the line of the character last read. A newline counts only when something follows
 *   it: what is missing at the end of a file is missing on its last line, not behind it. Every line
 *   end is one newline here, whatever the file has for it.
 * - a number stops growing as soon as it is larger than anything that is allowed. Nothing here can
 *   overflow, however many digits a file has.
 */
#include "rle.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

#define LINE_BYTES 4096                        /* of a header or comment line */
#define COMMENTS_BYTES_MAX ((size_t)1 << 20)   /* a file with more is no pattern */
#define POSITION_MAX ((int64_t)1 << 40)        /* cells from the origin */
#define NUMBER_MAX ((size_t)LIFE_SIDE_MAX + 1) /* stands for "too large" */

struct reader {
  struct example_source *source;
  struct example_block block; /* what has not been read of the source's last block */
  bool failed;                /* the source has, and *error says why */
  bool returned;              /* the byte last read was a carriage return */
  struct life_pattern *pattern;
  struct example_error *error;
  size_t line;
  bool newline;       /* the character last read was one */
  bool rule_known;    /* from a "#r" line */
  bool headless;      /* there is no header */
  bool counts_used;   /* a count or '$' has been seen: the body is no plain text */
  size_t row, column; /* of the next cell */
  size_t width;       /* up to the rightmost live cell */
  size_t count;       /* of the run that is being read; 0: no digit yet */
  bool counting;      /* its digits have begun */
  bool counted;       /* and ended */
};

/* The next byte; EOF at the end, and after a failure. */
static int read_byte(struct reader *in) {
  if (in->block.count == 0 && !in->failed)
    in->failed = example_source_next(in->source, &in->block, in->error) != 0;
  if (in->failed || in->block.count == 0)
    return EOF;
  in->block.count--;
  return *in->block.bytes++;
}

static int read_character(struct reader *in) {
  int c = read_byte(in);
  if (c == '\n' && in->returned)
    c = read_byte(in);
  in->returned = c == '\r';
  if (c == EOF)
    return EOF;
  if (in->newline)
    in->line++;
  in->newline = c == '\n' || c == '\r';
  return in->newline ? '\n' : c;
}

__attribute__((format(printf, 3, 4))) static void note(struct reader *in, size_t line,
                                                       const char *format, ...) {
  struct example_error *const out = &in->pattern->notes[in->pattern->note_count++];
  va_list arguments;
  va_start(arguments, format);
  out->line = line;
  vsnprintf(out->text, sizeof out->text, format, arguments);
  va_end(arguments);
}

static int out_of_memory(const struct reader *in) {
  return example_fail(in->error, in->line, "out of memory");
}

/* The end of the file where none should be; or the file could not be read on. */
static int unexpected_end(const struct reader *in, const char *missing) {
  return in->failed ? -1 : example_fail(in->error, in->line, "%s", missing);
}

/* Quotes a character that has no business in a pattern. */
static int refuse_character(const struct reader *in, int c) {
  if (c < 0x20 || c >= 0x7f)
    return example_fail(in->error, in->line,
                        "byte 0x%02x is not part of a pattern; the file is damaged or no RLE file",
                        (unsigned)c);
  if (c >= 'A' && c <= 'X')
    return example_fail(in->error, in->line,
                        "'%c' is a third or later state; only two-state patterns are supported", c);
  return example_fail(in->error, in->line,
                      "'%c' is not part of a pattern; b, o, $, ! and counts are", c);
}

/* Reads to the end of a line that began with `first`, without line end and trailing blanks. What is
 * too long of a comment is dropped. */
static int read_line(struct reader *in, int first, char text[static LINE_BYTES]) {
  size_t length = 0;
  for (int c = first; c != EOF && c != '\n'; c = read_character(in)) {
    if ((c < 0x20 && c != '\t') || c == 0x7f)
      return refuse_character(in, c);
    if (length < LINE_BYTES - 1)
      text[length++] = (char)c;
    else if (first != '#')
      return example_fail(in->error, in->line, "the header is longer than %d characters",
                          LINE_BYTES - 1);
  }
  while (length > 0 && isspace((unsigned char)text[length - 1]))
    length--;
  text[length] = '\0';
  return in->failed ? -1 : 0;
}

static const char *skip_blanks(const char *at) {
  while (*at == ' ' || *at == '\t')
    at++;
  return at;
}

/* "Pos=-12,7" behind its '='. */
static int parse_position(const struct reader *in, const char **at) {
  int64_t values[2];
  for (int i = 0; i < 2; i++) {
    const char *digit = skip_blanks(*at);
    const bool negative = *digit == '-';
    digit += *digit == '-' || *digit == '+';
    if (!isdigit((unsigned char)*digit))
      return example_fail(in->error, in->line, "Pos needs two numbers, as in Pos=-12,7");
    values[i] = 0;
    for (; isdigit((unsigned char)*digit); digit++) {
      values[i] = values[i] * 10 + (*digit - '0');
      if (values[i] > POSITION_MAX)
        return example_fail(in->error, in->line, "Pos is too far from the origin");
    }
    if (negative)
      values[i] = -values[i];
    *at = skip_blanks(digit);
    if (i == 0 && *(*at)++ != ',')
      return example_fail(in->error, in->line, "Pos needs two numbers, as in Pos=-12,7");
  }
  in->pattern->placed = true;
  in->pattern->left = values[0];
  in->pattern->top = values[1];
  return 0;
}

/* "Gen=5206" behind its '='. */
static int parse_generation(const struct reader *in, const char **at) {
  uint64_t value = 0;
  const char *digit = skip_blanks(*at);
  if (!isdigit((unsigned char)*digit))
    return example_fail(in->error, in->line, "Gen needs a number, as in Gen=5206");
  for (; isdigit((unsigned char)*digit); digit++) {
    const unsigned next = (unsigned)(*digit - '0');
    if (value > (UINT64_MAX - next) / 10)
      return example_fail(in->error, in->line, "Gen is larger than 64 bits can hold");
    value = value * 10 + next;
  }
  *at = digit;
  in->pattern->generation = value;
  return 0;
}

/* Steps over "KEY=" if that is what comes next, in any case and with blanks around the '='. */
static bool accept_key(const char **at, const char *key) {
  const size_t length = strlen(key);
  if (strncasecmp(*at, key, length) != 0)
    return false;
  const char *const sign = skip_blanks(*at + length);
  if (*sign != '=')
    return false;
  *at = sign + 1;
  return true;
}

/* "#CXRLE Pos=-12,7 Gen=5206": both optional, in any order; other words are skipped. */
static int parse_extension(struct reader *in, const char *text) {
  for (const char *at = skip_blanks(text); *at; at = skip_blanks(at)) {
    int status = 0;
    if (accept_key(&at, "Pos"))
      status = parse_position(in, &at);
    else if (accept_key(&at, "Gen"))
      status = parse_generation(in, &at);
    else
      at += strcspn(at, " \t");
    if (status != 0)
      return status;
  }
  return 0;
}

/* A line that begins with '#'. Names, authors and comments are kept; old position hints (#P, #R)
 * and whatever else there may be are accepted and dropped. */
static int read_comment(struct reader *in) {
  char text[LINE_BYTES] = "";
  if (read_line(in, '#', text) != 0)
    return -1;
  if (strncasecmp(text, "#CXRLE", 6) == 0)
    return parse_extension(in, text + 6);
  if (strncmp(text, "#Life 1.0", 9) == 0)
    return example_fail(in->error, in->line, "this is a file in the format %.9s; only RLE is read",
                        text + 1);
  if (strncmp(text, "#r", 2) == 0) {
    in->rule_known = true;
    return life_rule_parse(&in->pattern->rule, skip_blanks(text + 2), in->line, in->error);
  }
  if (text[1] == '\0' || !strchr("NOCc", text[1]))
    return 0;
  if (in->pattern->comments_bytes + strlen(text) > COMMENTS_BYTES_MAX)
    return example_fail(in->error, in->line, "there are more than %zu bytes of comments",
                        COMMENTS_BYTES_MAX);
  return life_pattern_comment(in->pattern, text) ? 0 : out_of_memory(in);
}

/* "x = 36" of the header; *at is behind it afterwards. */
static int parse_extent(const struct reader *in, const char *name, const char **at, size_t *out) {
  const char *text = skip_blanks(*at);
  if (!accept_key(&text, name))
    return example_fail(in->error, in->line,
                        "the header 'x = WIDTH, y = HEIGHT, rule = RULE' is expected here");
  text = skip_blanks(text);
  if (!isdigit((unsigned char)*text))
    return example_fail(in->error, in->line, "the header's %s needs a number of cells", name);
  size_t value = 0;
  for (; isdigit((unsigned char)*text); text++)
    if (value < NUMBER_MAX)
      value = value * 10 + (size_t)(*text - '0');
  if (value > LIFE_SIDE_MAX)
    return example_fail(in->error, in->line,
                        "the header's %s is too large; at most %zu cells a side are supported",
                        name, LIFE_SIDE_MAX);
  *out = value;
  *at = skip_blanks(text);
  return 0;
}

static int parse_header(struct reader *in, const char *text) {
  struct life_pattern *const pattern = in->pattern;
  pattern->header_line = in->line;
  if (parse_extent(in, "x", &text, &pattern->width) != 0)
    return -1;
  if (*text != ',')
    return example_fail(in->error, in->line, "a comma is expected in the header behind x");
  text++;
  if (parse_extent(in, "y", &text, &pattern->height) != 0)
    return -1;
  if (*text == '\0')
    return 0;
  if (*text != ',')
    return example_fail(in->error, in->line, "a comma is expected in the header behind y");
  text = skip_blanks(text + 1);
  if (*text == '\0' && in->rule_known)
    return 0;
  if (!accept_key(&text, "rule"))
    return example_fail(in->error, in->line, "'rule = ' is expected in the header behind y");
  return life_rule_parse(&pattern->rule, skip_blanks(text), in->line, in->error);
}

static bool begins_body(int c) {
  return isdigit(c) || (c != '\0' && strchr("bo.A$", c));
}

/* Everything up to the header line, and that. *next is the first character of the body, where it
 * has been read: that is, where there is no header; else 0. */
static int read_header(struct reader *in, int *next) {
  char text[LINE_BYTES] = "";
  int c = read_character(in);
  *next = 0;
  if (c == EOF)
    return unexpected_end(in, "the file is empty");
  for (; c != EOF; c = read_character(in)) {
    if (c == '#') {
      if (read_comment(in) != 0)
        return -1;
      continue;
    }
    if (isspace(c))
      continue;
    if (begins_body(c)) {
      in->headless = true;
      in->pattern->header_line = in->line;
      *next = c;
      return 0;
    }
    if (read_line(in, c, text) != 0)
      return -1;
    return parse_header(in, text);
  }
  return unexpected_end(in, "the file ends before its header 'x = .., y = ..'");
}

static int accept_digit(struct reader *in, int c) {
  if (in->counted)
    return example_fail(in->error, in->line, "a count is interrupted by a blank");
  if (in->count < NUMBER_MAX)
    in->count = in->count * 10 + (size_t)(c - '0');
  in->counting = true;
  return 0;
}

static size_t limited(size_t count) {
  return count < NUMBER_MAX ? count : NUMBER_MAX;
}

/* Cells of one row, in the header's box or not. */
static int accept_cells(struct reader *in, size_t count, bool alive) {
  const struct life_run run = {(uint32_t)in->row, (uint32_t)in->column, (uint32_t)count};
  in->column = limited(in->column + count);
  if (!alive)
    return 0;
  if (in->row >= LIFE_SIDE_MAX || in->column > LIFE_SIDE_MAX)
    return example_fail(
        in->error, in->line,
        "the pattern is too %s; at most %zu cells a side are supported, and a count "
        "may be wrong",
        in->row >= LIFE_SIDE_MAX ? "high" : "wide", LIFE_SIDE_MAX);
  if (in->width < in->column)
    in->width = in->column;
  return life_pattern_add(in->pattern, run) ? 0 : out_of_memory(in);
}

/* A character of the body that is neither digit nor blank nor '!'. */
static int accept_tag(struct reader *in, int c) {
  if (in->counting && in->count == 0)
    return example_fail(in->error, in->line, "a run of 0 cells; a count is wrong");
  const size_t count = in->counting ? in->count : 1;
  in->counts_used |= in->counting || c == '$';
  in->count = 0;
  in->counting = in->counted = false;
  if (c == '$') {
    in->row = limited(in->row + count);
    in->column = 0;
    return 0;
  }
  if (c == 'b' || c == '.')
    return accept_cells(in, count, false);
  if (c == 'o' || c == 'A')
    return accept_cells(in, count, true);
  return refuse_character(in, c);
}

/* The file ends without '!', which Golly allows for; but a pattern that has been cut off ends
 * so, too. */
static int accept_end(struct reader *in) {
  if (in->failed || in->counting)
    return unexpected_end(in, "the file ends with a count: it has been cut short");
  if (in->row == 0 && in->column == 0)
    return unexpected_end(in, "the file ends without a pattern: it has been cut short");
  if (in->headless && !in->counts_used)
    return unexpected_end(in, "there is neither a header nor a count, '$' or '!': this is no RLE");
  note(in, in->line, "the file ends without '!'; it may have been cut short");
  return 0;
}

/* From `first` on, if that is not 0. */
static int read_body(struct reader *in, int first) {
  bool line_start = first == 0;
  for (int c = first != 0 ? first : read_character(in); c != EOF; c = read_character(in)) {
    int status = 0;
    if (c == '!' && in->counting)
      return example_fail(in->error, in->line, "a count without anything to repeat before the '!'");
    if (c == '!')
      return 0;
    if (c == '#' && line_start)
      status = read_comment(in);
    else if (isdigit(c))
      status = accept_digit(in, c);
    else if (isspace(c))
      in->counted = in->counting;
    else
      status = accept_tag(in, c);
    if (status != 0)
      return status;
    line_start = in->newline;
  }
  return accept_end(in);
}

/* Makes the box as large as the live cells need it. */
static void grow_box(struct reader *in) {
  struct life_pattern *const pattern = in->pattern;
  const size_t runs = pattern->run_count;
  const size_t width = in->width, height = runs > 0 ? pattern->runs[runs - 1].row + 1u : 0;
  if (!in->headless && (width > pattern->width || height > pattern->height))
    note(in, pattern->header_line,
         "the header says %zu x %zu cells, and the live ones take %zu x %zu", pattern->width,
         pattern->height, width, height);
  if (pattern->width < width)
    pattern->width = width;
  if (pattern->height < height)
    pattern->height = height;
}

static void note_missing_header(struct reader *in) {
  char rule[LIFE_RULE_TEXT_BYTES];
  life_rule_format(&in->pattern->rule, rule);
  note(in, in->pattern->header_line,
       "there is no header 'x = .., y = ..'; the rule is taken to be %s", rule);
}

/* Packed data is whole only if it is so to its end. */
static int finish_packed(struct reader *in) {
  if (!in->source->gzip)
    return 0; /* a pipe may stay open behind the '!' */
  do {
    if (example_source_next(in->source, &in->block, in->error) != 0)
      return -1;
  } while (in->block.count > 0);
  return 0;
}

static int read_all(struct reader *in) {
  int next;
  if (read_header(in, &next) != 0)
    return -1;
  if (read_body(in, next) != 0 || finish_packed(in) != 0)
    return -1;
  if (in->headless)
    note_missing_header(in);
  grow_box(in);
  return 0;
}

int life_rle_read(struct life_pattern *out, struct example_source *source,
                  struct example_error *error) {
  struct reader reader = {.source = source, .pattern = out, .error = error, .line = 1};
  life_pattern_init(out);
  if (read_all(&reader) == 0)
    return 0;
  life_pattern_deinit(out);
  return -1;
}
