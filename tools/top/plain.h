/*
 * plain.h: the jobs without a terminal.
 */
#ifndef TOP_PLAIN_H
#define TOP_PLAIN_H

#include <stdbool.h>

#include "stream.h"

/* Prints what the jobs did between the first two frames; 0; 1: error says why not. */
int top_plain_once(struct top_stream *stream, char *error, size_t room);

/* Prints the lines as they come: all, or those of one frame. */
int top_plain_json(struct top_stream *stream, bool once, char *error, size_t room);

#endif
