/*
 * output.h: a file that is replaced as a whole, or not at all (internal).
 *
 * It is written under another name in the same folder and then renamed, so that nobody ever finds
 * half a file, and a full disk costs nothing that was there before. What is no ordinary file (a
 * pipe, /dev/stdout) is written to as it is.
 */
#ifndef SYNCHED_PLATFORM_OUTPUT_H
#define SYNCHED_PLATFORM_OUTPUT_H

#include <stdio.h>

struct synched__output {
  const char *path; /* the caller's; it stays until the end */
  FILE *file;
  char *name; /* the other name; NULL: the file is written to as it is */
};

/* Opens a file to write. SYNCHED_ENOMEM, or the system's reason; nothing is open then. */
int synched__output_open(struct synched__output *output, const char *path);

/* Closes it. status: 0 to keep what was written; else that is thrown away, and the status
 * returned. The system's reason where it could not be kept. */
int synched__output_close(struct synched__output *output, int status);

#endif
