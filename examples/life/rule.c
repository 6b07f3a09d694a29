/*
 * A rule is read in two steps: the suffix behind ':' is cut off and read by itself, and what is
 * left is looked up as a name and then read as birth and survival digits. Whatever is valid in
 * Golly but cannot be done here (more states, other neighbourhoods, other surfaces, rules that have
 * nothing but a name) is refused by its own sentence, because "syntax error" would send people
 * looking for a typing mistake that is not there.
 */
#include "rule.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define NAME_BYTES 128  /* Golly's longest are some 40 */
#define COUNTS_BYTES 32 /* of "B012345678/S012345678" and what may be around it */
#define QUOTED_BYTES 40

/* The names that Golly has for rules of this kind: in its list of named rules
 * (gui-wx/wxprefs.cpp and gui-ios/Golly/RuleViewController.m) and in its help
 * (Help/Algorithms/QuickLife.html), version 5.0. Three others are usual elsewhere: 2x2, Maze,
 * and Day & Night without an "and". */
static const struct {
  const char *name; /* lower case, without spaces */
  const char *rule;
} rule_names[] = {
    {"life", "B3/S23"},
    {"conway'slife", "B3/S23"},
    {"highlife", "B36/S23"},
    {"daynight", "B3678/S34678"},
    {"day&night", "B3678/S34678"},
    {"dayandnight", "B3678/S34678"},
    {"seeds", "B2/S"},
    {"replicator", "B1357/S1357"},
    {"diamoeba", "B35678/S5678"},
    {"2x2", "B36/S125"},
    {"morley", "B368/S245"},
    {"maze", "B3/S12345"},
    {"lifewithoutdeath", "B3/S012345678"},
    {"3-4life", "B34/S34"},
    {"34life", "B34/S34"},
    {"antilife", "B0123478/S01234678"},
    {"fredkin", "B1357/S02468"},
    {"longlife", "B345/S5"},
    {"persianrug", "B234/S"},
    {"serviettes", "B234/S"},
    {"plowworld", "B378/S012345678"},
};

struct scanner {
  const char *text; /* the whole rule, for messages */
  const char *at;
  size_t line;
  struct example_error *error;
};

static int refuse_character(const struct scanner *in) {
  const char c = *in->at;
  if (c == '\0')
    return example_fail(in->error, in->line,
                        "rule '%.40s' ends too early; B3/S23 would be complete", in->text);
  if (c == '9')
    return example_fail(in->error, in->line,
                        "rule '%.40s' counts 9 neighbours, and a cell has only eight", in->text);
  if (c == '/')
    return example_fail(in->error, in->line,
                        "rule '%.40s' has more than two parts; cells with more than two states are "
                        "not supported",
                        in->text);
  if (strchr("vVhHlL", c))
    return example_fail(in->error, in->line,
                        "rule '%.40s' asks for another neighbourhood ('%c'); only the eight "
                        "neighbours are supported",
                        in->text, c);
  if (in->at > in->text && isdigit((unsigned char)in->at[-1]) && strchr("-aceijknqrtwyz", c))
    return example_fail(in->error, in->line,
                        "rule '%.40s' tells apart how the neighbours lie ('%c'); only their number "
                        "can matter here",
                        in->text, c);
  return example_fail(in->error, in->line,
                      "rule '%.40s' cannot be read at '%c'; it should look like B3/S23", in->text,
                      c);
}

/* Digits 0 to 8, in any order, as a set of bits; none is allowed ("B2/S"). */
static uint16_t scan_counts(struct scanner *in) {
  unsigned counts = 0;
  for (; *in->at >= '0' && *in->at <= '8'; in->at++)
    counts |= 1u << (*in->at - '0');
  return (uint16_t)counts;
}

static bool accept_letter(struct scanner *in, char lower) {
  if (tolower((unsigned char)*in->at) != lower)
    return false;
  in->at++;
  return true;
}

/* "B3/S23", "B3S23", "B3_S23", "S23/B3" or "23/3". */
static int scan_counts_pair(struct scanner *in, struct life_rule *rule) {
  const bool birth_first = accept_letter(in, 'b');
  const bool lettered = birth_first || accept_letter(in, 's');
  const uint16_t first = scan_counts(in);
  const bool slash = accept_letter(in, '/') || accept_letter(in, '_'); /* both are Golly's */
  if (lettered ? !accept_letter(in, birth_first ? 's' : 'b') : !slash)
    return refuse_character(in);
  const uint16_t second = scan_counts(in);
  if (*in->at != '\0')
    return refuse_character(in);
  rule->birth = birth_first ? first : second;
  rule->survival = birth_first ? second : first;
  return 0;
}

/* One side of the grid. Anything that would overflow is caught by the limit long before. */
static int scan_side(struct scanner *in, size_t *out) {
  if (!isdigit((unsigned char)*in->at))
    return example_fail(in->error, in->line, "the grid '%.40s' needs sizes in cells, as in :T30,20",
                        in->text);
  size_t side = 0;
  for (; isdigit((unsigned char)*in->at); in->at++) {
    side = side * 10 + (size_t)(*in->at - '0');
    if (side > LIFE_SIDE_MAX)
      return example_fail(in->error, in->line,
                          "the grid '%.40s' is too large; at most %zu cells a side are supported",
                          in->text, LIFE_SIDE_MAX);
  }
  *out = side;
  return 0;
}

static int check_sides(const struct scanner *in, struct life_rule *rule) {
  const bool open = rule->width == 0 || rule->height == 0;
  if (rule->space == LIFE_SPACE_TORUS && open)
    return example_fail(in->error, in->line,
                        "the grid '%.40s' is endless (0), and an endless torus is not supported",
                        in->text);
  if (!open && rule->width > LIFE_CELLS_MAX / rule->height)
    return example_fail(in->error, in->line,
                        "the grid '%.40s' is too large; at most %zu cells in all are supported",
                        in->text, LIFE_CELLS_MAX);
  if (rule->width == 0 && rule->height == 0)
    rule->space = LIFE_SPACE_UNBOUNDED;
  return 0;
}

/* "T30,20", "P30,20", or "T30" for a square; an endless side is 0. */
static int scan_suffix(struct scanner *in, struct life_rule *rule) {
  if (accept_letter(in, 't'))
    rule->space = LIFE_SPACE_TORUS;
  else if (accept_letter(in, 'p'))
    rule->space = LIFE_SPACE_PLANE;
  else
    return example_fail(
        in->error, in->line,
        "the grid '%.40s' is none of :T (torus) and :P (plane), which are supported", in->text);
  if (scan_side(in, &rule->width) != 0)
    return -1;
  rule->height = rule->width;
  if (accept_letter(in, ',') && scan_side(in, &rule->height) != 0)
    return -1;
  if (*in->at == '+' || *in->at == '-' || *in->at == '*')
    return example_fail(in->error, in->line,
                        "the grid '%.40s' has a shift or twist, which is not supported", in->text);
  if (*in->at != '\0')
    return example_fail(in->error, in->line,
                        "the grid '%.40s' cannot be read at '%c'; it should look like :T30,20",
                        in->text, *in->at);
  return check_sides(in, rule);
}

/* The part before the suffix, without blanks: "Day & Night" and "Day&Night" are one name. False
 * where it is longer than any name or rule. */
static bool squeeze(char out[static NAME_BYTES], const char *text, size_t length) {
  size_t used = 0;
  for (size_t i = 0; i < length; i++) {
    if (isspace((unsigned char)text[i]))
      continue;
    if (used == NAME_BYTES - 1)
      return false;
    out[used++] = text[i];
  }
  out[used] = '\0';
  return true;
}

static const char *rule_of_name(const char *name) {
  for (size_t i = 0; i < sizeof rule_names / sizeof *rule_names; i++)
    if (strcasecmp(name, rule_names[i].name) == 0)
      return rule_names[i].rule;
  return NULL;
}

static bool ends_with(const char *text, const char *end) {
  const size_t bytes = strlen(text), end_bytes = strlen(end);
  return bytes >= end_bytes && strcasecmp(text + bytes - end_bytes, end) == 0;
}

/* Whether the text, without blanks, is a name, and not a notation of counts with something wrong
 * in it. */
static bool is_name(const char *text) {
  /* Golly makes names of notations: B3/S23History has more states. */
  if (ends_with(text, "History") || ends_with(text, "Super") || ends_with(text, "Investigator"))
    return true;
  if (isdigit((unsigned char)*text)) /* "23/3", but also "2D-Ising" */
    return !strpbrk(text, "/_") && isalpha((unsigned char)text[strspn(text, "0123456789-")]);
  if (!strchr("bBsS", *text))
    return isalpha((unsigned char)*text);
  const char *const behind = text + 1 + (text[1] != '\0' && strchr("bBsS", text[1]) != NULL);
  return *behind != '\0' && !isdigit((unsigned char)*behind) && !strchr("/_", *behind);
}

/* Rules that say by themselves what they are, in ways that nothing here can compute. */
static const char *other_kind(const char *text) {
  if (tolower((unsigned char)text[0]) == 'w' && text[1] != '\0' &&
      text[1 + strspn(text + 1, "0123456789")] == '\0')
    return "is one of Wolfram's, for one row of cells";
  if (toupper((unsigned char)text[0]) == 'R' && isdigit((unsigned char)text[1]) &&
      strchr(text, ','))
    return "has neighbours farther away (Larger than Life)";
  if (strncasecmp(text, "MAP", 3) == 0 && strlen(text) >= 9)
    return "is a table of neighbourhoods (MAP)";
  return NULL;
}

/* What is not "B3/S23" or the like: sets *out to what it is another word for, or fails. `shown`
 * is how the file has it, up to the suffix. */
static int translate(const char **out, const char *name, const char *shown,
                     const struct scanner *in) {
  *out = rule_of_name(name);
  if (*out)
    return 0;
  *out = name;
  const char *const kind = other_kind(name);
  if (kind)
    return example_fail(in->error, in->line, "rule '%s' %s, which is not supported", shown, kind);
  if (is_name(name))
    return example_fail(in->error, in->line, "%s is a named rule, which is not supported", shown);
  if (strlen(name) >= COUNTS_BYTES)
    return example_fail(in->error, in->line, "rule '%s' is too long to be one", shown);
  return 0;
}

/* The first bytes of a text that goes on, without blanks behind them. */
static void shorten(char out[static QUOTED_BYTES + 1], const char *text, size_t length) {
  size_t used = length < QUOTED_BYTES ? length : QUOTED_BYTES;
  while (used > 0 && isspace((unsigned char)text[used - 1]))
    used--;
  memcpy(out, text, used);
  out[used] = '\0';
}

int life_rule_parse(struct life_rule *out, const char *text, size_t line,
                    struct example_error *error) {
  struct life_rule rule = {0};
  const char *const colon = strchr(text, ':');
  const size_t length = colon ? (size_t)(colon - text) : strlen(text);
  char name[NAME_BYTES], shown[QUOTED_BYTES + 1];
  shorten(shown, text, length);
  if (!squeeze(name, text, length))
    return example_fail(error, line, "rule '%s' is too long to be one", shown);
  if (ends_with(name, ","))
    name[strlen(name) - 1] = '\0'; /* as Golly does */
  if (*name == '\0')
    return example_fail(error, line, "the rule is empty; B3/S23 would be Conway's Life");

  struct scanner counts = {NULL, NULL, line, error};
  if (translate(&counts.text, name, shown, &counts) != 0)
    return -1;
  counts.at = counts.text;
  if (scan_counts_pair(&counts, &rule) != 0)
    return -1;
  if (colon) {
    struct scanner suffix = {colon, colon + 1, line, error};
    if (scan_suffix(&suffix, &rule) != 0)
      return -1;
  }
  *out = rule;
  return 0;
}

static char *put_counts(char *at, char letter, uint16_t counts) {
  *at++ = letter;
  for (int count = 0; count <= 8; count++)
    if (counts >> count & 1)
      *at++ = (char)('0' + count);
  return at;
}

void life_rule_format(const struct life_rule *rule, char text[static LIFE_RULE_TEXT_BYTES]) {
  char *at = put_counts(text, 'B', rule->birth);
  *at++ = '/';
  at = put_counts(at, 'S', rule->survival);
  *at = '\0';
  if (rule->space != LIFE_SPACE_UNBOUNDED)
    snprintf(at, LIFE_RULE_TEXT_BYTES - (size_t)(at - text), ":%c%zu,%zu",
             rule->space == LIFE_SPACE_TORUS ? 'T' : 'P', rule->width, rule->height);
}
