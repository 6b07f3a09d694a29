/*
 * joint_failure_test.c: what one rank alone cannot do, and what ranks do not do alike. Ranks are
 * threads here. Each comes to the status that all come to, and says whose it is; and the same works
 * when nothing is wrong any more.
 *
 * This program has its own openat, read and so on: a thread can make the next of its calls fail.
 */
#include <criterion/criterion.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <xxhash.h>

#include "support/local_ranks.h"
#include "support/saved.h"
#include "support/support.h"
#include "support/unit_support.h"

#define RANKS 3u
#define PATIENCE_NS UINT64_C(60000000000)
/* Long enough for all that is done before, on a busy machine, too. */
#define SHORT_NS UINT64_C(5000000000)

/* --- calls that fail --- */

/* Instead of an errno: nothing is read, as at the end of a file. */
#define NOTHING (-1)

/* What the calling thread refuses. */
static _Thread_local struct refusal {
  const char *call;
  /* what the name begins with that is opened; NULL: any */
  const char *name;
  int number;
  /* so many calls are well before, and so many fail */
  unsigned before, times;
} refusal;

static bool is_refused(const char *call, const char *name) {
  if (refusal.call == NULL || strcmp(call, refusal.call) != 0 || refusal.times == 0)
    return false;
  if (refusal.name != NULL && strncmp(name, refusal.name, strlen(refusal.name)) != 0)
    return false;
  if (refusal.before != 0) {
    refusal.before--;
    return false;
  }
  refusal.times--;
  errno = refusal.number;
  return true;
}

/* Its address, as a function's. */
static void find_next(const char *name, void *function) {
  void *next = dlsym(RTLD_NEXT, name);
  memcpy(function, &next, sizeof next);
}

int openat(int folder, const char *name, int flags, ...) {
  int (*next)(int, const char *, int, ...);
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  find_next("openat", &next);
  const bool is_read = (flags & O_ACCMODE) == O_RDONLY;
  return is_read && is_refused("openat", name) ? -1 : next(folder, name, flags, mode);
}

ssize_t read(int file, void *bytes, size_t count) {
  ssize_t (*next)(int, void *, size_t);
  find_next("read", &next);
  if (!is_refused("read", ""))
    return next(file, bytes, count);
  return errno == NOTHING ? 0 : -1;
}

off_t lseek(int file, off_t offset, int whence) {
  off_t (*next)(int, off_t, int);
  find_next("lseek", &next);
  return is_refused("lseek", "") ? -1 : next(file, offset, whence);
}

XXH3_state_t *XXH3_createState(void) {
  XXH3_state_t *(*next)(void);
  find_next("XXH3_createState", &next);
  return is_refused("XXH3_createState", "") ? NULL : next();
}

/* --- ranks --- */

#define STEPS 6u

/* One of them, on its thread. */
struct seat {
  struct local_ranks *ranks;
  struct synched_cluster *cluster;
  unsigned rank;
  struct saved saved;
  /* what its calls have come to */
  int statuses[STEPS];
  char messages[STEPS][256];
};

typedef void (*act_fn)(struct seat *seat);

static struct {
  act_fn act;
  uint64_t timeout_ns;
  synched_round_fn on_round;
  /* a job of very many segments instead */
  bool has_many;
  pthread_barrier_t barrier;
  struct seat seats[RANKS];
} all;

static void note(struct seat *seat, unsigned step, int status) {
  seat->statuses[step] = status;
  if (status != 0)
    (void)snprintf(seat->messages[step], sizeof seat->messages[step], "%s",
                   synched_error_message());
}

/* Nothing is under way then. */
static void await_others(void) {
  (void)pthread_barrier_wait(&all.barrier);
}

static void be_rank(struct local_ranks *ranks, unsigned rank, void *user) {
  struct seat *seat = &all.seats[rank];
  const struct synched_transport transport = local_ranks_transport(ranks, rank);
  (void)user;
  seat->ranks = ranks;
  seat->rank = rank;
  if (synched_cluster_create_over(&seat->cluster, &transport,
                                  SYNCHED_CLUSTER_OPTIONS(.timeout_ns = all.timeout_ns)) != 0)
    abort();
  if (!all.has_many)
    saved_open(&seat->saved, &(struct saved_options){.worker_count = 1,
                                                     .cluster = seat->cluster,
                                                     .on_round = all.on_round});
  all.act(seat);
  if (!all.has_many)
    saved_close(&seat->saved);
  (void)synched_cluster_destroy(seat->cluster);
}

static void run_ranks(act_fn act) {
  struct local_ranks *ranks = local_ranks_new(RANKS, 2);
  cr_assert_not_null(ranks);
  memset(all.seats, 0, sizeof all.seats);
  all.act = act;
  if (all.timeout_ns == 0)
    all.timeout_ns = PATIENCE_NS;
  cr_assert_eq(pthread_barrier_init(&all.barrier, NULL, RANKS), 0);
  cr_assert(local_ranks_run(ranks, be_rank, NULL));
  (void)pthread_barrier_destroy(&all.barrier);
  local_ranks_end(ranks);
}

/* A step came to that on all ranks; on `rank` in other words than on the others. */
static void expect_on_all(unsigned step, int status, unsigned rank, const char *own,
                          const char *others) {
  for (unsigned r = 0; r < RANKS; r++) {
    const struct seat *seat = &all.seats[r];
    const char *says = r == rank ? own : others;
    cr_assert_eq(seat->statuses[step], status, "step %u on rank %u: %d: %s", step, r,
                 seat->statuses[step], seat->messages[step]);
    cr_assert_not_null(strstr(seat->messages[step], says), "step %u on rank %u: %s", step, r,
                       seat->messages[step]);
  }
}

static void expect_well(unsigned step) {
  expect_on_all(step, 0, 0, "", "");
}

/* --- writing --- */

static int create(struct seat *seat, struct synched_checkpoint **checkpoint) {
  const struct synched_checkpoint_options how = saved_checkpoint(saved_folder);
  return synched_checkpoint_create(checkpoint, seat->saved.job, &how);
}

/* The rank at which something fails, and what. */
static unsigned failing_rank;
static struct refusal failure;

static void fail_here(const struct seat *seat) {
  if (seat->rank == failing_rank)
    refusal = failure;
}

/* Step 0: with the refusal; 1: without. */
static void create_twice(struct seat *seat) {
  for (unsigned step = 0; step < 2; step++) {
    struct synched_checkpoint *checkpoint;
    if (step == 0)
      fail_here(seat);
    note(seat, step, create(seat, &checkpoint));
    refusal = (struct refusal){.call = NULL};
    if (checkpoint != NULL)
      (void)synched_checkpoint_destroy(checkpoint);
  }
}

Test(joint_failure, rank_without_memory_for_its_sums_leaves_all_without_a_checkpoint) {
  saved_enter();
  failing_rank = 1;
  failure = (struct refusal){.call = "XXH3_createState", .number = ENOMEM, .times = 1};
  run_ranks(create_twice);
  expect_on_all(0, SYNCHED_ENOMEM, 1, "no memory for a checkpoint",
                "rank 1 could not find the folder of the first rank");
  expect_well(1);
  saved_leave();
}

static void save_twice(struct seat *seat) {
  struct synched_checkpoint *checkpoint;
  note(seat, 2, create(seat, &checkpoint));
  if (checkpoint == NULL)
    return;
  fail_here(seat);
  note(seat, 0, synched_checkpoint_save(checkpoint));
  refusal = (struct refusal){.call = NULL};
  note(seat, 1, synched_checkpoint_save(checkpoint));
  (void)synched_checkpoint_destroy(checkpoint);
}

Test(joint_failure, rank_that_cannot_open_what_is_being_written_leaves_no_generation) {
  saved_enter();
  failing_rank = 1;
  failure = (struct refusal){"openat", ".writing", EACCES, 0, 1};
  run_ranks(save_twice);
  expect_well(2);
  expect_on_all(0, -EACCES, 1, "could not be opened", "rank 1 could not write its part");
  expect_well(1);
  cr_assert_eq(saved_entries(saved_folder).generations, 1);
  cr_assert_eq(saved_entries(saved_folder).others, 0);
  saved_leave();
}

/* --- pieces that ranks share --- */

/* Two segments have one sum, and each rank but the first begins with the second of two. */
#define MANY 70001u

static void save_many(struct seat *seat) {
  struct synched_pool *pool;
  struct synched_memory *memory;
  struct synched_checkpoint *checkpoint;
  if (synched_pool_create(
          &pool, SYNCHED_POOL_OPTIONS(.worker_count = 1, .affinity = SYNCHED_AFFINITY_NONE)) != 0 ||
      synched_memory_create(&memory,
                            SYNCHED_MEMORY_OPTIONS(.segment_count = MANY, .segment_capacity = 1,
                                                   .element_size = 1, .lease_count = 1)) != 0 ||
      synched_job_create(
          &seat->saved.job, pool, memory,
          SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .cluster = seat->cluster)) != 0)
    abort();
  note(seat, 2,
       synched_checkpoint_create(&checkpoint, seat->saved.job,
                                 SYNCHED_CHECKPOINT_OPTIONS(.folder = saved_folder)));
  fail_here(seat);
  note(seat, 0, synched_checkpoint_save(checkpoint));
  refusal = (struct refusal){.call = NULL};
  note(seat, 1, synched_checkpoint_save(checkpoint));
  (void)synched_checkpoint_destroy(checkpoint);
  (void)synched_job_destroy(seat->saved.job);
  (void)synched_memory_destroy(memory);
  (void)synched_pool_destroy(pool);
}

Test(joint_failure, shared_piece_that_cannot_be_read_again_leaves_no_generation) {
  /* The first rank's first seek is to its own part. */
  static const struct refusal failures[] = {{"openat", "field0", EMFILE, 0, 1},
                                            {"lseek", NULL, EOVERFLOW, 1, 1},
                                            {"read", NULL, EIO, 0, 1},
                                            {"read", NULL, NOTHING, 0, 1}};
  saved_enter();
  failing_rank = 0;
  all.has_many = true;
  for (size_t i = 0; i < LENGTH(failures); i++) {
    failure = failures[i];
    run_ranks(save_many);
    expect_well(2);
    expect_on_all(0, failure.number == NOTHING ? SYNCHED_EIO : -failure.number, 0,
                  "field0.npy could not be read", "rank 0 could not complete the generation");
    expect_well(1);
    cr_assert_eq(saved_entries(saved_folder).newest, 1);
    saved_remove(saved_folder);
  }
  saved_leave();
}

/* --- going on --- */

static int resume_with(struct seat *seat, uint32_t leaves_out) {
  struct synched_checkpoint_resumed resumed = {.struct_size = sizeof resumed};
  struct synched_checkpoint_options how = saved_checkpoint(saved_folder);
  how.leaves_out = leaves_out;
  return synched_checkpoint_resume(seat->saved.job, &how, &resumed);
}

static void write_and_resume_twice(struct seat *seat) {
  struct synched_checkpoint *checkpoint;
  note(seat, 2, create(seat, &checkpoint));
  note(seat, 3, synched_checkpoint_save(checkpoint));
  (void)synched_checkpoint_destroy(checkpoint);
  fail_here(seat);
  note(seat, 0, resume_with(seat, 0));
  refusal = (struct refusal){.call = NULL};
  note(seat, 1, resume_with(seat, 0));
}

static void expect_no_resume(struct refusal how, int status, const char *own, const char *others) {
  failing_rank = 1;
  failure = how;
  run_ranks(write_and_resume_twice);
  expect_well(2);
  expect_well(3);
  expect_on_all(0, status, failing_rank, own, others);
  expect_well(1);
  saved_remove(saved_folder);
}

Test(joint_failure, what_one_rank_cannot_read_no_rank_goes_on_from) {
  saved_enter();
  expect_no_resume((struct refusal){"lseek", NULL, EOVERFLOW, 0, 1}, -EOVERFLOW, "generation 1 in",
                   "rank 1 could not read it");
  /* Gone once, it is looked for again; gone for one rank only, it never was there. */
  expect_no_resume((struct refusal){"openat", "generation-", ENOENT, 0, 1}, 0, "", "");
  expect_no_resume((struct refusal){"openat", "generation-", ENOENT, 0, UINT32_MAX}, SYNCHED_EIO,
                   "is there for the first rank, and not for each other one",
                   "is there for the first rank, and not for each other one");
  saved_leave();
}

/* As where somebody writes one generation after the other, and removes the older ones. */
Test(joint_failure, generation_that_is_gone_when_it_is_opened_is_looked_for_so_often) {
  struct seat seat = {.rank = 0};
  saved_enter();
  saved_open(&seat.saved, &(struct saved_options){.worker_count = 1});
  struct synched_checkpoint *checkpoint;
  cr_assert_eq(create(&seat, &checkpoint), 0);
  cr_assert_eq(synched_checkpoint_save(checkpoint), 0);
  cr_assert_eq(synched_checkpoint_destroy(checkpoint), 0);
  refusal = (struct refusal){"openat", "generation-", ENOENT, 0, 99};
  cr_assert_eq(resume_with(&seat, 0), 0, "%s", synched_error_message());
  refusal = (struct refusal){"openat", "generation-", ENOENT, 0, 100};
  expect_refused(resume_with(&seat, 0), SYNCHED_EIO, "are removed as they are read");
  cr_assert_eq(refusal.times, 0);
  saved_close(&seat.saved);
  saved_leave();
}

static void resume_unlike(struct seat *seat) {
  struct synched_checkpoint *checkpoint;
  note(seat, 2, create(seat, &checkpoint));
  note(seat, 3, synched_checkpoint_save(checkpoint));
  (void)synched_checkpoint_destroy(checkpoint);
  note(seat, 0, resume_with(seat, seat->rank == 2 ? SYNCHED_FIELD(1) : 0));
  note(seat, 1, resume_with(seat, 0));
}

Test(joint_failure, ranks_that_resume_other_fields_are_refused) {
  saved_enter();
  run_ranks(resume_unlike);
  expect_well(3);
  expect_on_all(0, SYNCHED_EINVAL, 0, "the ranks differ in what they resume",
                "the ranks differ in what they resume");
  expect_well(1);
  saved_leave();
}

/* --- at the wrong time --- */

static int call_while_it_runs(const struct synched_snapshot *now, void *user) {
  const struct saved *saved = user;
  struct synched_checkpoint *checkpoint;
  (void)now;
  for (unsigned r = 0; r < RANKS; r++) {
    if (&all.seats[r].saved != saved)
      continue;
    note(&all.seats[r], 0, create(&all.seats[r], &checkpoint));
    note(&all.seats[r], 1, resume_with(&all.seats[r], 0));
  }
  return SYNCHED_CONTINUE;
}

static void advance_once(struct seat *seat) {
  note(seat, 2, synched_job_advance(seat->saved.job, 1));
}

/* Nobody listens on the other ranks then: it is refused without a word to them. */
Test(joint_failure, calls_while_the_job_runs_are_refused) {
  saved_enter();
  all.on_round = call_while_it_runs;
  run_ranks(advance_once);
  expect_well(2);
  expect_on_all(0, SYNCHED_EBUSY, 0, "the job is running", "the job is running");
  expect_on_all(1, SYNCHED_EBUSY, 0, "the job is running", "the job is running");
  saved_leave();
}

/* --- messages that do not arrive --- */

static void create_in_vain(struct seat *seat) {
  struct synched_checkpoint *checkpoint;
  await_others();
  if (seat->rank == 0)
    local_ranks_cut(seat->ranks, 0);
  await_others();
  note(seat, 0, create(seat, &checkpoint));
}

Test(joint_failure, checkpoint_is_not_made_where_messages_do_not_arrive) {
  saved_enter();
  all.timeout_ns = SHORT_NS;
  run_ranks(create_in_vain);
  expect_on_all(0, SYNCHED_ETIMEDOUT, 0, "has waited 5.000 s", "has waited 5.000 s");
  saved_leave();
}

/* Of one checkpoint they are lost; the job's next one could take others for its own. */
static void create_after_loss(struct seat *seat) {
  struct synched_checkpoint *checkpoint;
  note(seat, 2, create(seat, &checkpoint));
  await_others();
  if (seat->rank == 0)
    local_ranks_cut(seat->ranks, 0);
  await_others();
  note(seat, 0, synched_checkpoint_save(checkpoint));
  (void)synched_checkpoint_destroy(checkpoint);
  await_others();
  if (seat->rank == 0)
    local_ranks_cut(seat->ranks, UINT32_MAX);
  await_others();
  note(seat, 1, create(seat, &checkpoint));
}

Test(joint_failure, job_whose_checkpoint_has_lost_messages_can_have_no_other_one) {
  saved_enter();
  all.timeout_ns = SHORT_NS;
  run_ranks(create_after_loss);
  expect_well(2);
  for (unsigned r = 0; r < RANKS; r++)
    cr_assert_eq(all.seats[r].statuses[0], SYNCHED_ETIMEDOUT, "%s", all.seats[r].messages[0]);
  expect_on_all(1, SYNCHED_ETIMEDOUT, 0, "messages of an earlier checkpoint of the job have not",
                "rank 0 could not make its checkpoint");
  saved_leave();
}

/* --- other rounds --- */

/* A rank's memory that has had a job before is in another round. */
static void save_in_other_rounds(struct seat *seat) {
  struct synched_pool *pool;
  struct synched_memory *memory;
  struct synched_checkpoint *checkpoint;
  if (synched_pool_create(
          &pool, SYNCHED_POOL_OPTIONS(.worker_count = 1, .affinity = SYNCHED_AFFINITY_NONE)) != 0 ||
      synched_memory_create(&memory,
                            SYNCHED_MEMORY_OPTIONS(.segment_count = 6, .segment_capacity = 1,
                                                   .element_size = 1, .lease_count = 1)) != 0)
    abort();
  if (seat->rank == 1) {
    if (synched_job_create(&seat->saved.job, pool, memory,
                           SYNCHED_JOB_OPTIONS(.compute = compute_nothing)) != 0)
      abort();
    note(seat, 3, synched_job_advance(seat->saved.job, 2));
    (void)synched_job_destroy(seat->saved.job);
  }
  note(seat, 1,
       synched_job_create(
           &seat->saved.job, pool, memory,
           SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .cluster = seat->cluster)));
  note(seat, 2,
       synched_checkpoint_create(&checkpoint, seat->saved.job,
                                 SYNCHED_CHECKPOINT_OPTIONS(.folder = saved_folder)));
  if (checkpoint != NULL)
    note(seat, 0, synched_checkpoint_save(checkpoint));
  (void)synched_checkpoint_destroy(checkpoint);
  (void)synched_job_destroy(seat->saved.job);
  (void)synched_memory_destroy(memory);
  (void)synched_pool_destroy(pool);
}

Test(joint_failure, ranks_in_other_rounds_write_nothing) {
  saved_enter();
  all.has_many = true;
  run_ranks(save_in_other_rounds);
  expect_well(1);
  expect_well(2);
  expect_on_all(0, SYNCHED_EINVAL, 0, "the ranks write different rounds, 0 to 2",
                "the ranks write different rounds, 0 to 2");
  cr_assert_eq(saved_entries(saved_folder).generations, 0);
  cr_assert_eq(saved_entries(saved_folder).others, 0);
  saved_leave();
}
