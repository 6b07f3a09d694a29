/*
 * output.h: a file that is replaced as a whole, or not at all (internal).
 *
 * It is written under another name in the same folder and then renamed, so that nobody ever finds
 * half a file, and a full disk costs nothing that was there before. Where the path is a link, that
 * stays, and the file that it leads to is replaced. What is no ordinary file (a pipe) is written to
 * as it is, and so is what is open in this process already: /dev/stdout, /dev/stderr, /dev/fd/N.
 */
#ifndef SYNCHED_PLATFORM_OUTPUT_H
#define SYNCHED_PLATFORM_OUTPUT_H

#include <stdio.h>

struct synched__output {
  /* the caller's; it stays until the end */
  const char *path;
  FILE *file;
  /* the other name; NULL: the file is written to as it is */
  char *name;
  /* what it is renamed to, if links lead there from the path; else NULL */
  char *target;
};

/* Opens a file to write. SYNCHED_ENOMEM, or the system's reason; nothing is open then. A pipe that
 * nobody reads is such a reason: it is not waited for. */
int synched__output_open(struct synched__output *output, const char *path);

/* Closes it. status: 0 to keep what was written; else that is thrown away, and the status
 * returned. The system's reason where it could not be kept. */
int synched__output_close(struct synched__output *output, int status);

#endif
