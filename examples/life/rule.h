/*
 * rule.h: which cells are born, which survive, and in what kind of space.
 */
#ifndef LIFE_RULE_H
#define LIFE_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

#define LIFE_SIDE_MAX ((size_t)1 << 20) /* cells: no pattern and no grid is wider or higher */
#define LIFE_RULE_TEXT_BYTES 64         /* enough for life_rule_format */

/* The cells of a grid fill 2 GiB at most, or 256 MiB where addresses have 32 bits. A run has two
 * grids. */
#if SIZE_MAX > UINT32_MAX
#define LIFE_CELLS_MAX ((size_t)1 << 34)
#else
#define LIFE_CELLS_MAX ((size_t)1 << 31)
#endif

/* The space that a file asks for, with the suffix that Golly puts behind a rule. */
enum life_space {
  LIFE_SPACE_UNBOUNDED = 0, /* no suffix */
  LIFE_SPACE_PLANE,         /* ":P30,20": nothing lives outside */
  LIFE_SPACE_TORUS          /* ":T30,20": opposite edges are joined */
};

/* A totalistic two-state rule on the eight neighbours. */
struct life_rule {
  uint16_t birth;    /* bit n: a dead cell with n live neighbours comes alive */
  uint16_t survival; /* bit n: a live cell with n live neighbours stays alive */
  enum life_space space;
  size_t width; /* of the space, in cells; 0: unbounded in this direction */
  size_t height;
};

/* Reads "B3/S23", "b36s23", the old "23/3" (survival first) or a name such as "HighLife", in
 * capitals or small letters, and a suffix. *out is set only on success; on failure -1 and why,
 * with `line` as the line. */
int life_rule_parse(struct life_rule *out, const char *text, size_t line,
                    struct example_error *error);

/* Writes the canonical text, "B3/S23:T30,20". */
void life_rule_format(const struct life_rule *rule, char text[static LIFE_RULE_TEXT_BYTES]);

/* Whether empty space comes alive by itself. */
static inline bool life_rule_has_b0(const struct life_rule *rule) {
  return (rule->birth & 1u) != 0;
}

#endif
