/*
 * local_ranks.h: a transport between threads of one process, each of which is a rank.
 */
#ifndef SYNCHED_TESTS_LOCAL_RANKS_H
#define SYNCHED_TESTS_LOCAL_RANKS_H

#include <synched/cluster.h>

#define LOCAL_RANKS_MOST 9u

struct local_ranks;

/* Makes what `count` ranks share; NULL: no memory. Messages take up to `looks_most` looks at them
 * to arrive, by chance. */
struct local_ranks *local_ranks_new(unsigned count, unsigned looks_most);
void local_ranks_end(struct local_ranks *ranks);

/* The transport of one of them. */
struct synched_transport local_ranks_transport(struct local_ranks *ranks, unsigned rank);

/* From now on, so many messages still set out, of all ranks together; the rest is lost. */
void local_ranks_cut(struct local_ranks *ranks, unsigned messages_left);

/* The next call of `make` on this rank that is the `after`-th from now on fails. */
void local_ranks_refuse(struct local_ranks *ranks, unsigned rank, unsigned after);

/* A rank's work: called on its own thread, all at the same time; returns when all have. false: a
 * thread could not be had. */
typedef void (*local_rank_fn)(struct local_ranks *ranks, unsigned rank, void *user);
bool local_ranks_run(struct local_ranks *ranks, local_rank_fn fn, void *user);

#endif
