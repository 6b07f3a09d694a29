/*
 * apt.h: `apt-cache dumpavail`, the packages that this machine knows of.
 */
#ifndef PAGERANK_APT_H
#define PAGERANK_APT_H

#include <stdio.h>
#include <sys/types.h>

#include "common/error.h"

#define PAGERANK_APT_COMMAND "apt-cache dumpavail"

struct pagerank_apt {
  FILE *file; /* what it prints */
  pid_t process;
};

/* Starts it. 0, to be ended with pagerank_apt_close; or -1 and why. */
int pagerank_apt_open(struct pagerank_apt *out, struct example_error *error);

/* Waits for its end. Output that was not read is lost, which may make it fail. 0; or -1 and why. */
int pagerank_apt_close(struct pagerank_apt *apt, struct example_error *error);

#endif
