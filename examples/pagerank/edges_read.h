/*
 * edges_read.h: edge lists as SNAP has them.
 *
 *   # Directed graph: example
 *   # FromNodeId	ToNodeId
 *   0	11342
 *   0	824020
 *
 * An edge is a line of two vertex numbers, from and to, with any number of blanks and tabs
 * before, between and behind them. Lines that begin with # or, as KONECT has them, with % are
 * comments; empty lines are skipped. Lines end with a newline, a carriage return, or both. Any
 * number that fits in 64 bits without a sign is a vertex. An edge that is written several times
 * is so many edges.
 */
#ifndef PAGERANK_EDGES_READ_H
#define PAGERANK_EDGES_READ_H

#include "common/error.h"
#include "common/source.h"
#include "edges.h"

/* Reads all edges. 0 and *out, which has at least one edge and is to be ended with
 * pagerank_edges_deinit; or -1 and why, and *out is empty. *note tells what was left out, zero
 * bytes at the end, that is; its text is empty where nothing was. */
int pagerank_edges_read(struct pagerank_edges *out, struct example_source *source,
                        struct example_error *note, struct example_error *error);

#endif
