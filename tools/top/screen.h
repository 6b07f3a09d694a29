/*
 * screen.h: the jobs on a terminal, until its user has seen enough.
 */
#ifndef TOP_SCREEN_H
#define TOP_SCREEN_H

#include "stream.h"

/* Returns the program's exit code; what was wrong is in `error`, or "". */
int top_screen_run(struct top_stream *stream, char *error, size_t room);

#endif
