/*
 * read.h: a report from its JSON.
 */
#ifndef SYNCHED_TOOLS_REPORT_READ_H
#define SYNCHED_TOOLS_REPORT_READ_H

#include <stddef.h>
#include <stdio.h>

#include "report/model.h"

/* What was wrong, in a line for people; any bytes of the file in it are made harmless. */
struct report_problem {
  char text[256];
};

/* A file beyond this is not read, nor one that would need more than so much memory. */
#define REPORT_FILE_MOST_BYTES ((size_t)1 << 30)
#define REPORT_MEMORY_MOST_BYTES ((size_t)3 << 30)

/* Reads a report that synched__json_print wrote, and checks it: what it returns is one that a job
 * could have had, as far as indices and sizes go, so that every form can be made of it. It ends
 * with synched_report_destroy. -1: it is none; *out is NULL, and the problem says why. */
int report_read(struct synched_report **out, FILE *file, struct report_problem *problem);

#endif
