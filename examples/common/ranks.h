/*
 * ranks.h: --mpi of the examples: the same program on several ranks. The first one prints and
 * writes what a program by itself would.
 */
#ifndef EXAMPLE_RANKS_H
#define EXAMPLE_RANKS_H

#include <stdbool.h>
#include <stdint.h>

#include <synched/cluster.h>
#include <synched/report.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The option; `field` of `type` is a bool. */
#define EXAMPLE_MPI_OPTION(type, field)                                                            \
  {                                                                                                \
    .name = "mpi", EXAMPLE_MEMBER(type, field),                                                    \
    .help = "compute on all ranks that mpirun has started: mpirun -n 2 ... --mpi"                  \
  }

/* All zeros: this process is all there is. */
struct example_ranks {
  /* for a job's options */
  struct synched_cluster *cluster;
  /* of this process */
  unsigned rank;
  unsigned count;
};

/* Makes all ranks one cluster, if that is wanted. 0, to be ended with example_ranks_end; or -1,
 * with a line on stderr. */
int example_ranks_begin(struct example_ranks *out, bool wanted, const char *program);
void example_ranks_end(struct example_ranks *ranks);

/* Whether this process prints and writes. */
static inline bool example_ranks_tells(const struct example_ranks *ranks) {
  return ranks->rank == 0;
}

/* The number of the first rank, on all ranks: for what is to be the same on each. */
unsigned example_ranks_same(const struct example_ranks *ranks, unsigned number);

/* The least number that is not 0, of all ranks; 0: all are. */
uint64_t example_ranks_least(const struct example_ranks *ranks, uint64_t number);

/* Whether it is so on any rank. */
bool example_ranks_any(const struct example_ranks *ranks, bool is_so);

/* When the job has ended, on all ranks: the report of all of them, on the first one; NULL on the
 * others. A status of synched. */
int example_ranks_report(const struct example_ranks *ranks, struct synched_job *job,
                         struct synched_report **out);

#ifdef __cplusplus
}
#endif

#endif
