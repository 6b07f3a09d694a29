/*
 * cluster.h: the ranks of a job, and the messages between them (internal).
 *
 * A cluster knows its ranks, which segments each of them computes, and how to carry messages. What
 * a job sends is its link's (link.h). `trouble` is set once, by whoever finds that messages do not
 * arrive: from then on all waits end at once.
 */
#ifndef SYNCHED_CLUSTER_CLUSTER_H
#define SYNCHED_CLUSTER_CLUSTER_H

#include "cluster/agreement.h"
#include "platform/atomic.h"
#include "platform/thread.h"

#include <synched/cluster.h>

struct synched_cluster {
  struct synched_transport transport;
  /* [rank_count + 1]: what the ranks before each one weigh, all of them at the end; NULL: each is
   * as heavy */
  double *weights;
  uint64_t timeout_ns;
  /* for creations */
  struct synched__agreement own;
  struct synched__wire wire;

  struct synched__mutex mutex;
  /* under the mutex */
  unsigned job_count;
  unsigned next_tag;
};

/* Tags of a cluster's own: its agreement's, and of what is gathered. Those of jobs follow. */
#define SYNCHED__TAG_OWN 0u
#define SYNCHED__TAG_GATHER 1u
#define SYNCHED__TAG_JOBS 2u

/* Brings `bytes` of each rank, at `own`, to the rank `root`, where they lie one behind the other at
 * `all`. Waits. A status with a sentence. */
int synched__cluster_bring(struct synched_cluster *cluster, void *own, void *all, size_t bytes,
                           unsigned root);

/* A job begins to use the cluster, and needs so many tags: the first one. Every rank's jobs get
 * theirs in the same order. */
unsigned synched__cluster_enter(struct synched_cluster *cluster, unsigned tag_count);
void synched__cluster_leave(struct synched_cluster *cluster);

#endif
