/*
 * ranks.c: a rank of tests/mpi/ranks.sh: computes jobs together with the others, and by itself, and
 * compares the two.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <synched/mpi.h>

#include "support/ranked.h"

#define PATIENCE_NS UINT64_C(60000000000)

static struct synched_cluster *cluster;
static int rank, rank_count;
static int failures;

static void complain(const char *name, const char *what) {
  fprintf(stderr, "rank %d of %d: %s: %s\n", rank, rank_count, name, what);
  failures++;
}

static void check(bool holds, const char *name, const char *what) {
  if (!holds)
    complain(name, what);
}

/* In place each rank has its own part only. */
static uint64_t whole_digest(const struct ranked_case *what, uint64_t digest) {
  uint64_t sum = digest;
  if (what->shape == RANKED_IN_PLACE)
    MPI_Allreduce(&digest, &sum, 1, MPI_UINT64_T, MPI_SUM, MPI_COMM_WORLD);
  return sum;
}

static void expect_same(const struct ranked_case *what, const char *name) {
  struct ranked_result one, ours;
  struct ranked_case serial = *what;
  serial.worker_count = 1;
  serial.period_ns = 0;
  ranked_run(&serial, NULL, &one);
  ranked_run(what, cluster, &ours);
  const uint64_t digest = whole_digest(what, ours.digest);
  check(one.setup_status == 0, name, one.message);
  check(ours.setup_status == 0, name, ours.message);
  check(ours.status == one.status, name, ours.message);
  check(ours.round == one.round, name, "another last round");
  check(ours.folds == one.folds, name, "other folds");
  check(ours.on_round_count == one.on_round_count, name, "on_round was called another time");
  const bool is_known = what->shape != RANKED_IN_PLACE || one.status == 0;
  if (is_known && (rank == 0 || what->shape == RANKED_IN_PLACE))
    check(digest == one.digest, name, "other content");
}

static void same(void) {
  for (unsigned shape = RANKED_PLAIN; shape <= RANKED_IN_PLACE; shape++)
    for (unsigned reads = RANKED_NEAR; reads <= RANKED_ALL; reads++)
      for (unsigned workers = 1; workers <= 3; workers++) {
        char name[64];
        const struct ranked_case what = {.shape = (enum ranked_shape)shape,
                                         .reads = (enum ranked_reads)reads,
                                         .segment_count = 23,
                                         .worker_count = workers,
                                         .round_count = 5,
                                         .balance = workers % 2 == 0 ? SYNCHED_BALANCE_STATIC
                                                                     : SYNCHED_BALANCE_STEAL,
                                         .loads = reads % 2 == 0,
                                         .has_on_round = true};
        (void)snprintf(name, sizeof name, "shape %u, reads %u, %u workers", shape, reads, workers);
        expect_same(&what, name);
      }
}

static void random_cases(uint64_t first, uint64_t count) {
  for (uint64_t seed = first; seed < first + count; seed++) {
    char name[64];
    const struct ranked_case what = ranked_random(seed);
    (void)snprintf(name, sizeof name, "seed %" PRIu64, seed);
    expect_same(&what, name);
  }
}

/* Segments move to other ranks between advances. */
static void learn(void) {
  for (unsigned shape = RANKED_PLAIN; shape <= RANKED_IN_PLACE; shape++) {
    char name[64];
    const struct ranked_case what = {.shape = (enum ranked_shape)shape,
                                     .reads = shape == RANKED_STAGES ? RANKED_LIST : RANKED_NEAR,
                                     .segment_count = 60,
                                     .worker_count = 1 + shape,
                                     .round_count = 8,
                                     .advanced_by = 2,
                                     .learns = true,
                                     .has_on_round = true};
    (void)snprintf(name, sizeof name, "learning, shape %u", shape);
    expect_same(&what, name);
  }
}

/* Every rank pauses, steps and lets go on. */
static void steer(void) {
  for (unsigned c = 0; c < 6; c++) {
    char name[64];
    const struct ranked_case what = {.shape = c % 2 == 0 ? RANKED_PLAIN : RANKED_STAGES,
                                     .reads = RANKED_NEAR,
                                     .segment_count = 20,
                                     .worker_count = 1 + c % 3,
                                     .round_count = 20,
                                     .rounds_per_barrier = 1,
                                     .has_on_round = true,
                                     .event = RANKED_STEERED,
                                     .event_round = c,
                                     .starts_paused = c < 3,
                                     .period_ns = c == 5 ? 1000000 : 0};
    (void)snprintf(name, sizeof name, "steered %u", c);
    expect_same(&what, name);
  }
}

/* A stencil sends a row, and its segment's count, to each neighbour: not a band. */
static void bytes(void) {
  const struct ranked_case what = {.shape = RANKED_PLAIN,
                                   .reads = RANKED_NARROW,
                                   .segment_count = 20,
                                   .worker_count = 1,
                                   .round_count = 10};
  struct ranked_result ours;
  struct synched_cluster_info before = {.struct_size = sizeof before};
  (void)synched_cluster_info(cluster, &before);
  ranked_run(&what, cluster, &ours);
  const uint64_t neighbours = (rank > 0 ? 1u : 0u) + (rank + 1 < rank_count ? 1u : 0u);
  const uint64_t rounds = what.round_count + 1; /* and init */
  check(ours.info.sent_messages - before.sent_messages == rounds * neighbours, "bytes",
        "another number of messages");
  check(ours.info.sent_bytes - before.sent_bytes ==
            rounds * neighbours * (sizeof(size_t) + sizeof(uint64_t)),
        "bytes", "another number of bytes");
}

static int count_round(struct synched_task *task, void *user) {
  (void)user;
  *(uint64_t *)task->out = task->round;
  return 0;
}

/* Tries a job of `options`, with as many segments as are asked for; returns its status. */
static int try_job(struct synched_job_options options, size_t segment_count) {
  struct synched_pool *pool = NULL;
  struct synched_memory *memory = NULL;
  struct synched_job *job = NULL;
  (void)synched_pool_create(&pool, SYNCHED_POOL_OPTIONS(.worker_count = 1));
  (void)synched_memory_create(&memory, SYNCHED_MEMORY_OPTIONS(.segment_count = segment_count,
                                                              .segment_capacity = 1,
                                                              .element_size = sizeof(uint64_t)));
  options.cluster = cluster;
  const int status = synched_job_create(&job, pool, memory, &options);
  (void)synched_job_destroy(job);
  (void)synched_memory_destroy(memory);
  (void)synched_pool_destroy(pool);
  return status;
}

/* What the ranks do not do alike. */
static void wrong(void) {
  struct synched_job_options options = synched_job_options_default();
  options.compute = count_round;
  check(try_job(options, rank == 0 ? 8 : 9) == SYNCHED_EINVAL &&
            strstr(synched_error_message(), "differ in their memories") != NULL,
        "other memories", synched_error_message());
  options.round_count = (uint64_t)rank + 1;
  check(try_job(options, 8) == SYNCHED_EINVAL &&
            strstr(synched_error_message(), "differ in their options") != NULL,
        "other options", synched_error_message());
  options.round_count = 1;
  options.compute = rank == 0 ? NULL : count_round;
  check(try_job(options, 8) == SYNCHED_EINVAL, "no compute on one rank", synched_error_message());
  check(rank == 0 || strstr(synched_error_message(), "rank 0 could not create its job") != NULL,
        "no compute on one rank", synched_error_message());
  options.compute = count_round;
  check(try_job(options, 8) == 0, "all alike", synched_error_message());
}

/* --- how much memory a rank has --- */

#define ROWS 64u
#define ROW_BYTES ((size_t)512 << 10)

/* Of this process, in bytes; 0: it is not known. */
static size_t resident(void) {
  size_t pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (file == NULL || fscanf(file, "%*u %zu", &pages) != 1)
    pages = 0;
  if (file != NULL)
    (void)fclose(file);
  return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static int fill_row(struct synched_task *task, void *user) {
  (void)user;
  memset(task->out, (int)(task->round + task->segment), ROW_BYTES);
  return 0;
}

/* A job over rows, of which this rank has its part: computes and saves, or goes on. Returns by how
 * much the process has grown. */
static size_t grow(const char *folder, bool resumes) {
  struct synched_pool *pool = NULL;
  struct synched_memory *memory = NULL;
  struct synched_job *job = NULL;
  struct synched_checkpoint *checkpoint = NULL;
  struct synched_checkpoint_resumed resumed = {.struct_size = sizeof resumed};
  const struct synched_checkpoint_options *how = SYNCHED_CHECKPOINT_OPTIONS(.folder = folder);
  const size_t before = resident();
  const struct synched_reads near = {.reach = SYNCHED_REACH_NEAR, .radius = 1};
  int status = synched_pool_create(&pool, SYNCHED_POOL_OPTIONS(.worker_count = 1));
  if (status == 0)
    status = synched_memory_create(
        &memory, SYNCHED_MEMORY_OPTIONS(.segment_count = ROWS, .segment_capacity = ROW_BYTES,
                                        .element_size = 1, .lease_count = 1));
  if (status == 0)
    status = synched_job_create(&job, pool, memory,
                                SYNCHED_JOB_OPTIONS(.compute = fill_row, .reads = near,
                                                    .rounds_per_barrier = 1, .cluster = cluster));
  if (status == 0 && resumes)
    status = synched_checkpoint_resume(job, how, &resumed);
  if (status == 0 && !resumes)
    status = synched_job_advance(job, 6);
  if (status == 0)
    status = synched_checkpoint_create(&checkpoint, job, how);
  if (status == 0)
    status = synched_checkpoint_save(checkpoint);
  const size_t after = resident();
  check(status == 0, "memory", synched_error_message());
  check(!resumes || resumed.round == 6, "memory", "another round is resumed");
  (void)synched_checkpoint_destroy(checkpoint);
  (void)synched_job_destroy(job);
  (void)synched_memory_destroy(memory);
  (void)synched_pool_destroy(pool);
  return after > before ? after - before : 0;
}

/* On four ranks: a rank's part, with what it reads, is far below half of the whole. Rounds use two
 * buffers, who only goes on one. */
static void memory(const char *folder) {
  for (unsigned resumes = 0; resumes < 2; resumes++) {
    char text[96];
    const size_t half = ROWS * ROW_BYTES * (resumes != 0 ? 1 : 2) / 2;
    const size_t bytes = grow(folder, resumes != 0);
    (void)snprintf(text, sizeof text, "it has grown by %zu bytes, and half of the whole is %zu",
                   bytes, half);
    check(bytes < half, resumes != 0 ? "memory after a resume" : "memory", text);
  }
}

static void be_asked(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  if (strcmp(what, "same") == 0)
    same();
  else if (strcmp(what, "random") == 0 && argc > 3)
    random_cases(strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10));
  else if (strcmp(what, "learn") == 0)
    learn();
  else if (strcmp(what, "steer") == 0)
    steer();
  else if (strcmp(what, "bytes") == 0)
    bytes();
  else if (strcmp(what, "wrong") == 0)
    wrong();
  else if (strcmp(what, "memory") == 0 && argc > 2)
    memory(argv[2]);
  else
    complain("usage", "same | random FIRST COUNT | learn | steer | bytes | wrong | memory FOLDER");
}

/* Leak sanitizer's; else they are not there. What MPI allocates for itself as it begins is not
 * looked at. All else is before MPI ends: what it has loaded is gone then, and with that the names
 * of its functions. Nothing is looked for a second time. */
extern void __lsan_disable(void) __attribute__((weak));       // NOLINT(*-reserved-identifier)
extern void __lsan_enable(void) __attribute__((weak));        // NOLINT(*-reserved-identifier)
extern void __lsan_do_leak_check(void) __attribute__((weak)); // NOLINT(*-reserved-identifier)

/* Asked for by it: what Open MPI's launcher leaves behind. */
const char *__lsan_default_suppressions(void);  // NOLINT(*-reserved-identifier)
const char *__lsan_default_suppressions(void) { // NOLINT(*-reserved-identifier)
  return "leak:libpmix\n";
}

static void begin_mpi(int *argc, char ***argv) {
  int provided;
  if (__lsan_disable != NULL)
    __lsan_disable();
  MPI_Init_thread(argc, argv, MPI_THREAD_SERIALIZED, &provided);
  if (__lsan_enable != NULL)
    __lsan_enable();
}

static void end_mpi(void) {
  if (__lsan_do_leak_check != NULL)
    __lsan_do_leak_check();
  MPI_Finalize();
}

int main(int argc, char **argv) {
  begin_mpi(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &rank_count);
  int status = synched_cluster_create(&cluster, MPI_COMM_WORLD,
                                      SYNCHED_CLUSTER_OPTIONS(.timeout_ns = PATIENCE_NS));
  check(status == 0, "cluster", synched_error_message());
  if (status == 0)
    be_asked(argc, argv);
  status = synched_cluster_destroy(cluster);
  check(status == 0, "the cluster's end", synched_error_message());
  int all = 0;
  MPI_Allreduce(&failures, &all, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  if (rank == 0 && all == 0)
    printf("%d ranks: %s\n", rank_count, argc > 1 ? argv[1] : "");
  end_mpi();
  return all == 0 ? 0 : 1;
}
