/*
 * mpi_stencil.c: the heat of a plate as users of MPI and OpenMP write it.
 *
 * A rank has its rows, and a copy of the row on either side of them that belongs to a neighbour. In
 * each round it swaps its first and last row for those of its neighbours (MPI_Sendrecv), and then
 * all rows are computed by OpenMP's threads, dealt evenly.
 */
#include <mpi.h>
#include <stdbool.h>
#include <stdlib.h>

#include "../ranks/ranks.h"

struct part {
  /* its own rows, of the whole plate */
  struct heat_rows own;
  /* the same of what is here, where the copies come first and last; and the plate that these are */
  struct heat_rows here;
  struct heat_plate plate;
  int rank, above, below;
  /* what was; what is */
  double *cells[2];
};

static double *row_of(const struct part *part, unsigned which, size_t row) {
  return part->cells[which] + row * part->plate.columns;
}

static int open(struct part *part, const struct heat_plate *plate) {
  int rank, count;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &count);
  const size_t copies_above = rank > 0, copies_below = rank + 1 < count;
  part->own = (struct heat_rows){plate->rows * (size_t)rank / (size_t)count,
                                 plate->rows * (size_t)(rank + 1) / (size_t)count};
  const size_t rows = part->own.end - part->own.first;
  part->here = (struct heat_rows){copies_above, copies_above + rows};
  part->plate = (struct heat_plate){plate->columns, rows + copies_above + copies_below};
  part->rank = rank;
  part->above = copies_above ? rank - 1 : MPI_PROC_NULL;
  part->below = copies_below ? rank + 1 : MPI_PROC_NULL;
  for (int b = 0; b < 2; b++)
    part->cells[b] = calloc(part->plate.rows * plate->columns, sizeof(double));
  return part->cells[0] != NULL && part->cells[1] != NULL ? 0 : -1;
}

/* A row goes to a neighbour, and one of its comes back. */
static void swap(const struct part *part, unsigned which, int with) {
  const size_t first = part->here.first, last = part->here.end - 1;
  const bool is_above = with == part->above;
  if (with == MPI_PROC_NULL)
    return;
  MPI_Sendrecv(row_of(part, which, is_above ? first : last), (int)part->plate.columns, MPI_DOUBLE,
               with, 0, row_of(part, which, is_above ? first - 1 : last + 1),
               (int)part->plate.columns, MPI_DOUBLE, with, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

/* Pairs of ranks swap at the same time, then the other pairs: nobody waits for a chain of others,
 * and of two ranks each waits once. */
static void exchange(const struct part *part, unsigned which) {
  const bool is_odd = part->rank % 2 != 0;
  swap(part, which, is_odd ? part->above : part->below);
  swap(part, which, is_odd ? part->below : part->above);
}

static void step(const struct part *part, unsigned which, unsigned workers) {
#pragma omp parallel for schedule(static) num_threads((int)workers)
  for (size_t i = part->here.first; i < part->here.end; i++)
    heat_step(&part->plate, part->cells[which], (struct heat_rows){i, i + 1},
              row_of(part, 1 - which, i));
}

static void start(const struct part *part, const struct heat_plate *plate, unsigned workers) {
#pragma omp parallel for schedule(static) num_threads((int)workers)
  for (size_t i = part->here.first; i < part->here.end; i++) {
    const size_t row = part->own.first + (i - part->here.first);
    heat_start(plate, (struct heat_rows){row, row + 1}, row_of(part, 0, i));
  }
}

int ranks_plain(struct ranks_run *run) {
  struct part part;
  double begun = 0;
  int status = open(&part, &run->plate);
  if (status == 0)
    start(&part, &run->plate, run->workers);
  for (uint64_t round = 0; status == 0 && round < run->warm_up + run->timed; round++) {
    if (round == run->warm_up) {
      MPI_Barrier(MPI_COMM_WORLD);
      begun = MPI_Wtime();
    }
    exchange(&part, round & 1);
    step(&part, round & 1, run->workers);
  }
  MPI_Barrier(MPI_COMM_WORLD);
  run->seconds = MPI_Wtime() - begun;
  if (status == 0)
    run->checksum = ranks_checksum(&run->plate, part.own,
                                   row_of(&part, (run->warm_up + run->timed) & 1, part.here.first));
  run->sent_messages =
      run->timed * ((part.above != MPI_PROC_NULL) + (unsigned)(part.below != MPI_PROC_NULL));
  run->sent_bytes = run->sent_messages * run->plate.columns * sizeof(double);
  free(part.cells[0]);
  free(part.cells[1]);
  return status;
}
