/*
 * header.h: whether a WAV file is as long as it says.
 */
#ifndef MIXER_HEADER_H
#define MIXER_HEADER_H

#include "error.h"

/* libsndfile plays what is left of a file that has been cut off, and says nothing. Here such a file is refused: 0,
 * or -1 and how much is missing. 0 also for what is no WAV file at all, which libsndfile notices, and for one
 * whose writer did not know the length when it wrote the header. */
int mixer_header_check(const char *path, struct mixer_error *error);

#endif
