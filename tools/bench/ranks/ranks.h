/*
 * ranks.h: one plate whose rows are dealt to the ranks of MPI_COMM_WORLD, computed in two ways.
 */
#ifndef SYNCHED_BENCH_RANKS_H
#define SYNCHED_BENCH_RANKS_H

#include <stddef.h>
#include <stdint.h>

#include "heat/kernel.h"

struct ranks_run {
  struct heat_plate plate;
  unsigned workers;
  uint64_t warm_up, timed;
  /* for Synched: rounds_per_barrier, and the rows of a segment; 0: as it thinks best, and 1/16 of a
   * rank's rows */
  unsigned rounds_per_barrier;
  size_t segment_rows;
  /* what comes of it: of the timed rounds, on this rank; of its rows, for any number of ranks */
  double seconds;
  uint64_t checksum;
  /* what it sent in the timed rounds; of the peer: elements only */
  uint64_t sent_bytes, sent_messages;
};

/* A number for these rows, which are where `cells` is: those of all rows add up to that of the
 * plate. */
uint64_t ranks_checksum(const struct heat_plate *plate, struct heat_rows rows, const double *cells);

/* As users of MPI write it: in each round MPI_Sendrecv of the rows at both borders, then all rows
 * by OpenMP. 0; else -1. */
int ranks_plain(struct ranks_run *run);

/* As a job of a cluster. */
int ranks_synched(struct ranks_run *run);

#endif
