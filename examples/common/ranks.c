#include "common/ranks.h"

#include <stdio.h>

#include <synched/job.h>
#include <synched/status.h>

int example_ranks_report(const struct example_ranks *ranks, struct synched_job *job,
                         struct synched_report **out) {
  return ranks->cluster ? synched_cluster_report(job, out, 0) : synched_job_report(job, out);
}

#ifdef EXAMPLE_HAS_MPI

#include <synched/mpi.h>

static int fail(const char *program, const char *text) {
  fprintf(stderr, "%s: --mpi: %s\n", program, text);
  return -1;
}

int example_ranks_begin(struct example_ranks *out, bool wanted, const char *program) {
  struct synched_cluster_info info = {.struct_size = sizeof info};
  int provided;
  *out = (struct example_ranks){0};
  if (!wanted)
    return 0;
  if (MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &provided) != MPI_SUCCESS)
    return fail(program, "MPI cannot be initialised");
  if (synched_cluster_create(&out->cluster, MPI_COMM_WORLD, NULL) != 0) {
    (void)fail(program, synched_error_message());
    MPI_Finalize();
    return -1;
  }
  (void)synched_cluster_info(out->cluster, &info);
  out->rank = info.rank;
  out->count = info.rank_count;
  return 0;
}

void example_ranks_end(struct example_ranks *ranks) {
  if (!ranks->cluster)
    return;
  synched_cluster_destroy(ranks->cluster);
  MPI_Finalize();
  *ranks = (struct example_ranks){0};
}

unsigned example_ranks_same(const struct example_ranks *ranks, unsigned number) {
  if (ranks->cluster)
    MPI_Bcast(&number, 1, MPI_UNSIGNED, 0, MPI_COMM_WORLD);
  return number;
}

uint64_t example_ranks_least(const struct example_ranks *ranks, uint64_t number) {
  /* Of 0 there is no less: so it becomes the most. */
  uint64_t least = number - 1;
  if (ranks->cluster)
    MPI_Allreduce(MPI_IN_PLACE, &least, 1, MPI_UINT64_T, MPI_MIN, MPI_COMM_WORLD);
  return least + 1;
}

bool example_ranks_any(const struct example_ranks *ranks, bool is_so) {
  int any = is_so;
  if (ranks->cluster)
    MPI_Allreduce(MPI_IN_PLACE, &any, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
  return any != 0;
}

#else

int example_ranks_begin(struct example_ranks *out, bool wanted, const char *program) {
  *out = (struct example_ranks){0};
  if (!wanted)
    return 0;
  fprintf(stderr, "%s: --mpi: this program was built without MPI\n", program);
  return -1;
}

void example_ranks_end(struct example_ranks *ranks) {
  (void)ranks;
}

unsigned example_ranks_same(const struct example_ranks *ranks, unsigned number) {
  (void)ranks;
  return number;
}

uint64_t example_ranks_least(const struct example_ranks *ranks, uint64_t number) {
  (void)ranks;
  return number;
}

bool example_ranks_any(const struct example_ranks *ranks, bool is_so) {
  (void)ranks;
  return is_so;
}

#endif
