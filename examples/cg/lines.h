/*
 * lines.h: the lines of a text file, one by one.
 */
#ifndef CG_LINES_H
#define CG_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"
#include "common/source.h"

/* The longest line of a Matrix Market file, by its definition. */
#define CG_LINE_BYTES 1024

struct cg_lines {
  struct example_source *source;
  struct example_block block;   /* what is left of it */
  bool returned;                /* the last line ended with a carriage return */
  size_t number;                /* of the line, from 1 on */
  size_t length;                /* bytes of it; of what is longer, CG_LINE_BYTES */
  bool is_longer;               /* the rest of it is left out */
  char text[CG_LINE_BYTES + 1]; /* with a 0 behind it; there may be others in it */
};

/* The source stays the caller's. */
void cg_lines_init(struct cg_lines *out, struct example_source *source);

/* The next line: it ends with a newline, a carriage return, or both, or with the file. 1; 0: there
 * is none; or -1 and why: it cannot be read. */
int cg_lines_next(struct cg_lines *lines, struct example_error *error);

#endif
