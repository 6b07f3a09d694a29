/*
 * output.h: a file of ranks, which appears complete or not at all.
 *
 * It is written under another name beside the wanted one, and renamed at the end. What is no
 * regular file (/dev/stdout, a pipe) cannot be replaced like that and is written directly.
 */
#ifndef PAGERANK_OUTPUT_H
#define PAGERANK_OUTPUT_H

#include "common/error.h"
#include "vertices.h"

/* Whether the file can probably be written: to be told before a long run, not after it. Creates
 * nothing; where it is standard output, claims that. 0; or -1 and why. */
int pagerank_output_check(const char *path, struct example_error *error);

/* Writes a line for each vertex: its number or name, a tab, and its rank with as many digits as it
 * takes to read back the same bits. 0; or -1 and why: then what was there before is unchanged. */
int pagerank_output_write(const char *path, const struct pagerank_vertices *vertices,
                          const double *ranks, struct example_error *error);

#endif
