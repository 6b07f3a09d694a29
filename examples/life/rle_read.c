/*
 * The reader takes one character at a time and never looks back, so that it works on pipes and
 * needs no memory for the text. Two rules make its messages exact:
 *
 * - `line` is the line of the character last read. A newline counts only when something follows
 *   it: what is missing at the end of a file is missing on its last line, not behind it.
 * - a number stops growing as soon as it is larger than anything that is allowed. Nothing here can
 *   overflow, however many digits a file has.
 */
#include "rle.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#define LINE_BYTES 4096                        /* of a header or comment line */
#define COMMENTS_BYTES_MAX ((size_t)1 << 20)   /* a file with more is no pattern */
#define POSITION_MAX ((int64_t)1 << 40)        /* cells from the origin */
#define NUMBER_MAX ((size_t)LIFE_SIDE_MAX + 1) /* stands for "too large" */

struct reader {
  FILE *in;
  struct life_pattern *pattern;
  struct example_error *error;
  size_t line;
  bool newline;       /* the character last read was one */
  bool rule_known;    /* from a "#r" line */
  size_t row, column; /* of the next cell */
  size_t count;       /* of the run that is being read; 0: no digit yet */
  bool counting;      /* its digits have begun */
  bool counted;       /* and ended */
};

static int read_character(struct reader *in) {
  const int c = getc(in->in);
  if (c != EOF && in->newline)
    in->line++;
  if (c != EOF)
    in->newline = c == '\n';
  return c;
}

static int out_of_memory(const struct reader *in) {
  return example_fail(in->error, in->line, "out of memory");
}

/* The end of the file where none should be; or the file could not be read on. */
static int unexpected_end(const struct reader *in, const char *missing) {
  if (ferror(in->in))
    return example_fail(in->error, 0, "cannot be read: %s", strerror(errno));
  return example_fail(in->error, in->line, "%s", missing);
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
    if ((c < 0x20 && c != '\t' && c != '\r') || c == 0x7f)
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
  return 0;
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

/* Everything up to the header line, and that. */
static int read_header(struct reader *in) {
  char text[LINE_BYTES] = "";
  int c = read_character(in);
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

/* Cells of one row. They must be inside the header's box, dead ones too: if they are not, either
 * a count or the header is wrong, and there is no knowing which. */
static int accept_cells(struct reader *in, size_t count, bool alive) {
  struct life_pattern *const pattern = in->pattern;
  if (in->row >= pattern->height)
    return example_fail(in->error, in->line,
                        "a cell in row %zu, but the header says y = %zu; a row count is wrong",
                        in->row + 1, pattern->height);
  if (count > pattern->width - in->column)
    return example_fail(in->error, in->line,
                        "row %zu is wider than the header's x = %zu; a run count is wrong",
                        in->row + 1, pattern->width);
  const struct life_run run = {(uint32_t)in->row, (uint32_t)in->column, (uint32_t)count};
  in->column += count;
  return !alive || life_pattern_add(pattern, run) ? 0 : out_of_memory(in);
}

/* The row behind the last one may be reached, as many programs write a last $. No cell may be in
 * it. */
static int accept_row_end(struct reader *in, size_t count) {
  if (count > in->pattern->height - in->row)
    return example_fail(in->error, in->line,
                        "more rows than the header's y = %zu; a row count is wrong",
                        in->pattern->height);
  in->row += count;
  in->column = 0;
  return 0;
}

/* A character of the body that is neither digit nor blank nor '!'. */
static int accept_tag(struct reader *in, int c) {
  if (in->counting && in->count == 0)
    return example_fail(in->error, in->line, "a run of 0 cells; a count is wrong");
  const size_t count = in->counting ? in->count : 1;
  in->count = 0;
  in->counting = in->counted = false;
  if (c == '$')
    return accept_row_end(in, count);
  if (c == 'b' || c == '.')
    return accept_cells(in, count, false);
  if (c == 'o' || c == 'A')
    return accept_cells(in, count, true);
  return refuse_character(in, c);
}

static int read_body(struct reader *in) {
  bool line_start = true;
  for (int c; (c = read_character(in)) != EOF; line_start = in->newline) {
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
  }
  return unexpected_end(in, "the file ends without '!': it has been cut short");
}

int life_rle_read(struct life_pattern *out, FILE *in, struct example_error *error) {
  struct reader reader = {.in = in, .pattern = out, .error = error, .line = 1};
  life_pattern_init(out);
  errno = 0;
  if (read_header(&reader) != 0 || read_body(&reader) != 0) {
    life_pattern_deinit(out);
    return -1;
  }
  return 0;
}
