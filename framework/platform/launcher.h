/*
 * launcher.h: what has started this process as one of several ranks, and how many CPUs that has
 * left it (internal).
 *
 * Launchers of MPI bind each rank to a core, by default where there are few. A pool of several
 * workers then takes turns on it, and a pool of the default size has one worker.
 */
#ifndef SYNCHED_PLATFORM_LAUNCHER_H
#define SYNCHED_PLATFORM_LAUNCHER_H

#include <stdbool.h>
#include <stddef.h>

enum synched__launcher_kind {
  /* this process was started by itself, or by a launcher that is not known */
  SYNCHED__LAUNCHER_NONE,
  SYNCHED__LAUNCHER_OPEN_MPI,
  /* MPICH's and Intel MPI's */
  SYNCHED__LAUNCHER_HYDRA,
  SYNCHED__LAUNCHER_SLURM
};

struct synched__launcher {
  enum synched__launcher_kind kind;
  /* ranks on this machine; 0: it is not known */
  unsigned local_ranks;
  /* CPUs that the launcher itself may use, or the process that it has started this one with */
  unsigned launcher_cpus;
  /* CPUs that the calling thread may use */
  unsigned own_cpus;
};

/* What is known of it: from the environment, as it was when this was first called, and from the
 * system. Any thread. */
void synched__launcher_find(struct synched__launcher *out);

#define SYNCHED__BINDING_BYTES 200u

/* Says what is wrong where the launcher left fewer CPUs than a pool of so many workers wants, or
 * CPUs to nobody; with the option that mends it. Returns which part of its compute time the rank
 * would save, 0 .. 1, with CPUs for all of that. "" and 0: nothing is wrong. */
double synched__launcher_judge(char text[SYNCHED__BINDING_BYTES],
                               const struct synched__launcher *launcher, unsigned worker_count);

#endif
