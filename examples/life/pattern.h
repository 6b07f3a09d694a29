/*
 * pattern.h: a pattern as a file describes it: a rule, a box, and runs of live cells in it.
 *
 * Runs and not a picture: what a file costs in memory then depends on how long the file is, and not
 * on how large a box it claims to fill.
 */
#ifndef LIFE_PATTERN_H
#define LIFE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "rule.h"

#define LIFE_NOTES_MAX 3

/* Live cells side by side; positions count from the box's top left cell. */
struct life_run {
  uint32_t row, column, length;
};

struct life_pattern {
  struct life_rule rule;
  size_t header_line;    /* of the file, for messages about what the header says */
  size_t width, height;  /* the box, which all cells are in; as the header says, or larger */
  bool placed;           /* the file says where the box is: `left` and `top` */
  int64_t left, top;     /* in Golly's coordinates, which have their origin in the grid's middle */
  uint64_t generation;   /* of the pattern; 0 where the file does not say */
  struct life_run *runs; /* by row, then by column; they do not touch */
  size_t run_count, run_capacity;
  char *comments; /* the lines #N, #O and #C, each with its newline; NULL: none */
  size_t comments_bytes;
  struct example_error notes[LIFE_NOTES_MAX]; /* what was read otherwise than it is written */
  size_t note_count;
};

/* An empty pattern with the rule B3/S23. */
void life_pattern_init(struct life_pattern *pattern);

void life_pattern_deinit(struct life_pattern *pattern);

/* Adds live cells behind those that are there already. False: out of memory. */
bool life_pattern_add(struct life_pattern *pattern, struct life_run run);

/* Adds a comment line, without its newline. False: out of memory. */
bool life_pattern_comment(struct life_pattern *pattern, const char *line);

#endif
