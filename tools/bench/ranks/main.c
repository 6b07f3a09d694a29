/*
 * main.c: bench-ranks plain|synched COLUMNS ROWS ROUNDS WORKERS [ROUNDS_PER_BARRIER [SEGMENT_ROWS]]
 *
 * Under mpirun. The first rank prints how long a round took, in us, the plate's checksum, and how
 * many bytes and messages the rank that sends most sent in a round.
 */
#include <inttypes.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ranks.h"

uint64_t ranks_checksum(const struct heat_plate *plate, struct heat_rows rows,
                        const double *cells) {
  uint64_t sum = 0;
  for (size_t i = rows.first * plate->columns; i < rows.end * plate->columns; i++, cells++) {
    uint64_t bits;
    memcpy(&bits, cells, sizeof bits);
    sum += (bits ^ i) * UINT64_C(0x9e3779b97f4a7c15);
  }
  return sum;
}

static uint64_t number(int argc, char **argv, int index) {
  return index < argc ? strtoull(argv[index], NULL, 10) : 0;
}

static int tell(const struct ranks_run *run) {
  double seconds = 0;
  uint64_t checksum = 0;
  uint64_t most[2] = {0, 0};
  const uint64_t sent[2] = {run->sent_bytes, run->sent_messages};
  int rank;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Reduce(&run->seconds, &seconds, 1, MPI_DOUBLE, MPI_MAX, 0, MPI_COMM_WORLD);
  MPI_Reduce(&run->checksum, &checksum, 1, MPI_UINT64_T, MPI_SUM, 0, MPI_COMM_WORLD);
  MPI_Reduce(sent, most, 2, MPI_UINT64_T, MPI_MAX, 0, MPI_COMM_WORLD);
  if (rank != 0)
    return 0;
  return printf("%.3f %016" PRIx64 " %.2f %.3f\n", 1e6 * seconds / (double)run->timed, checksum,
                (double)most[0] / (double)run->timed, (double)most[1] / (double)run->timed) < 0;
}

int main(int argc, char **argv) {
  int provided;
  struct ranks_run run = {.plate = {number(argc, argv, 2), number(argc, argv, 3)},
                          .timed = number(argc, argv, 4),
                          .workers = (unsigned)number(argc, argv, 5),
                          .rounds_per_barrier = (unsigned)number(argc, argv, 6),
                          .segment_rows = number(argc, argv, 7)};
  run.warm_up = run.timed / 4 + 1;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_SERIALIZED, &provided);
  int status = -1;
  if (argc > 5 && run.plate.columns >= HEAT_SIDE_MIN && run.plate.rows >= HEAT_SIDE_MIN &&
      run.timed > 0 && run.workers > 0)
    status = strcmp(argv[1], "plain") == 0     ? ranks_plain(&run)
             : strcmp(argv[1], "synched") == 0 ? ranks_synched(&run)
                                               : -1;
  if (status == 0)
    status = tell(&run);
  else
    (void)fputs("usage: bench-ranks plain|synched COLUMNS ROWS ROUNDS WORKERS "
                "[ROUNDS_PER_BARRIER [SEGMENT_ROWS]]\n",
                stderr);
  MPI_Finalize();
  return status == 0 ? 0 : 1;
}
