/*
 * launcher.c: see launcher.h.
 *
 * A rank cannot ask whether it was bound. But whoever started it has the mask that it had, too: the
 * launcher's process on this machine, which is its parent. Behind a shell, which was bound with it,
 * Open MPI still says so in the environment.
 */
#include "platform/launcher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "platform/cpus.h"

/* Variables that a launcher gives its ranks: one that tells it, and one with how many there are
 * here. */
static const struct {
  enum synched__launcher_kind kind;
  const char *sign, *local_ranks;
} launchers[] = {
    {SYNCHED__LAUNCHER_OPEN_MPI, "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE"},
    {SYNCHED__LAUNCHER_HYDRA, "PMI_RANK", "MPI_LOCALNRANKS"},
    {SYNCHED__LAUNCHER_SLURM, "SLURM_PROCID", "SLURM_NTASKS_PER_NODE"},
};

#define BOUND_SIGN "OMPI_MCA_orte_bound_at_launch"

static struct {
  enum synched__launcher_kind kind;
  unsigned local_ranks;
  bool is_bound;
} told;

static void read_environment(void) {
  for (size_t i = 0; i < sizeof launchers / sizeof *launchers; i++) {
    if (secure_getenv(launchers[i].sign) == NULL)
      continue;
    const char *count = secure_getenv(launchers[i].local_ranks);
    const unsigned long ranks = count == NULL ? 0 : strtoul(count, NULL, 10);
    told.kind = launchers[i].kind;
    told.local_ranks = ranks < SYNCHED__CPUS_MAX ? (unsigned)ranks : 0;
    break;
  }
  const char *bound = secure_getenv(BOUND_SIGN);
  told.is_bound = bound != NULL && strcmp(bound, "1") == 0;
}

/* CPUs that a thread may use; 0: the system does not tell. */
static unsigned count_cpus(uint64_t thread_id) {
  struct synched__cpus cpus;
  if (synched__cpus_allowed(&cpus, thread_id) != 0)
    return 0;
  const unsigned count = (unsigned)cpus.count;
  synched__cpus_free(&cpus);
  return count;
}

void synched__launcher_find(struct synched__launcher *out) {
  static uv_once_t once = UV_ONCE_INIT;
  uv_once(&once, read_environment);
  *out = (struct synched__launcher){.kind = told.kind, .local_ranks = told.local_ranks};
  if (told.kind == SYNCHED__LAUNCHER_NONE)
    return;
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  out->own_cpus = count_cpus(0);
  out->launcher_cpus = count_cpus((uint64_t)getppid());
  if (told.is_bound && online > (long)out->launcher_cpus)
    out->launcher_cpus = (unsigned)online;
}

/* How to start it instead, with so many CPUs for a rank. */
static void put_remedy(char *text, size_t bytes, enum synched__launcher_kind kind, unsigned cpus) {
  if (kind == SYNCHED__LAUNCHER_OPEN_MPI)
    (void)snprintf(text, bytes, "mpirun --bind-to none, or --map-by slot:PE=%u", cpus);
  else if (kind == SYNCHED__LAUNCHER_HYDRA)
    (void)snprintf(text, bytes, "mpiexec -bind-to none, or -bind-to core:%u", cpus);
  else
    (void)snprintf(text, bytes, "srun --cpu-bind=none, or --cpus-per-task=%u", cpus);
}

double synched__launcher_judge(char text[SYNCHED__BINDING_BYTES],
                               const struct synched__launcher *launcher, unsigned worker_count) {
  const unsigned own = launcher->own_cpus;
  const unsigned all = launcher->launcher_cpus;
  const unsigned ranks = launcher->local_ranks == 0 ? 1 : launcher->local_ranks;
  const unsigned share = all / ranks;
  char remedy[64];
  text[0] = '\0';
  if (launcher->kind == SYNCHED__LAUNCHER_NONE || own == 0 || all <= own)
    return 0;
  if (worker_count > own) {
    put_remedy(remedy, sizeof remedy, launcher->kind, worker_count);
    (void)snprintf(text, SYNCHED__BINDING_BYTES,
                   "the launcher has bound this rank to %u of %u CPUs, and its pool has %u "
                   "workers: start it with %s",
                   own, all, worker_count, remedy);
    const unsigned wanted = worker_count < all ? worker_count : all;
    return 1.0 - (double)own / wanted;
  }
  if (share <= own || launcher->local_ranks == 0)
    return 0;
  put_remedy(remedy, sizeof remedy, launcher->kind, share);
  (void)snprintf(text, SYNCHED__BINDING_BYTES,
                 "the launcher has bound this rank, one of %u here, to %u of %u CPUs, and leaves "
                 "others idle: start it with %s",
                 ranks, own, all, remedy);
  return 1.0 - (double)own / share;
}
