/*
 * joint_test.c: checkpoints that several ranks write and go on from, together. Ranks are threads
 * here, each with a pool, and messages take their time by chance.
 *
 * This program has its own write, fsync and so on, which fail on one rank when they are told to.
 */
#include <criterion/criterion.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/local_ranks.h"
#include "support/saved.h"
#include "support/support.h"
#include "support/unit_support.h"

#define PATIENCE_NS UINT64_C(600000000000)
#define NO_RANK 99u

/* --- calls that fail on one rank --- */

static _Thread_local unsigned own_rank = NO_RANK;
static _Thread_local unsigned own_calls;
static unsigned failing_rank, failing_call;
static int failing_number;

static bool is_to_fail(void) {
  if (own_rank == NO_RANK || own_rank != failing_rank || ++own_calls != failing_call)
    return false;
  errno = failing_number;
  return true;
}

/* Its address, as a function's. */
static void find_next(const char *name, void *function) {
  void *next = dlsym(RTLD_NEXT, name);
  memcpy(function, &next, sizeof next);
}

ssize_t write(int file, const void *bytes, size_t count) {
  ssize_t (*next)(int, const void *, size_t);
  find_next("write", &next);
  return is_to_fail() ? -1 : next(file, bytes, count);
}

int fsync(int file) {
  int (*next)(int);
  find_next("fsync", &next);
  return is_to_fail() ? -1 : next(file);
}

int ftruncate(int file, off_t bytes) {
  int (*next)(int, off_t);
  find_next("ftruncate", &next);
  return is_to_fail() ? -1 : next(file, bytes);
}

off_t lseek(int file, off_t offset, int whence) {
  off_t (*next)(int, off_t, int);
  find_next("lseek", &next);
  return is_to_fail() ? -1 : next(file, offset, whence);
}

int mkdirat(int at, const char *name, mode_t mode) {
  int (*next)(int, const char *, mode_t);
  find_next("mkdirat", &next);
  return is_to_fail() ? -1 : next(at, name, mode);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
  int (*next)(int, const char *, int, const char *);
  find_next("renameat", &next);
  return is_to_fail() ? -1 : next(from_folder, from, to_folder, to);
}

/* --- what ranks do, and what comes of it --- */

struct result {
  int cluster, resume, create, run, save, gather, destroy;
  uint64_t round;
  /* on the first rank */
  uint64_t sum;
  struct synched_checkpoint_resumed resumed;
  struct synched_checkpoint_info info;
  unsigned heard_count;
  uint64_t heard[64];
  int heard_status;
  char message[256];
};

/* In the order in which it is done. */
struct act {
  bool resumes;
  /* makes a checkpoint */
  bool writes;
  uint64_t rounds;
  /* in a run; else in advances */
  bool runs;
  bool saves;
  struct synched_checkpoint_options how;
  synched_round_fn on_round;
  unsigned lease_count;
  unsigned worker_count;
  uint64_t timeout_ns;
  /* of the second save, on that rank, the so manieth call fails */
  unsigned failing_rank, failing_call;
  int failing_number;
  unsigned cut_after;
  /* another folder on that rank; NULL: none */
  const char *other_folder;
  unsigned other_rank;
  uint64_t other_every;
  /* on that rank at_end destroys the checkpoint; 0: on none */
  unsigned dropped;
  /* before the checkpoint is destroyed, on each rank */
  void (*at_end)(struct synched_checkpoint *checkpoint, struct saved *saved, unsigned rank);
};

struct stage_of_ranks {
  const struct act *act;
  struct result results[LOCAL_RANKS_MOST];
};

static void keep_message(struct result *result, int status) {
  if (status != 0)
    (void)snprintf(result->message, sizeof result->message, "%s", synched_error_message());
}

static void hear(struct synched_checkpoint *checkpoint,
                 const struct synched_checkpoint_written *written, void *user) {
  struct result *result = user;
  (void)checkpoint;
  if (result->heard_count < LENGTH(result->heard))
    result->heard[result->heard_count++] = written->round;
  result->heard_status = written->status;
}

static int compute(const struct act *act, struct saved *saved) {
  if (act->rounds == 0)
    return 0;
  return act->runs ? synched_job_run(saved->job) : synched_job_advance(saved->job, act->rounds);
}

static void write_rounds(const struct act *act, struct result *result, struct saved *saved,
                         unsigned rank) {
  struct synched_checkpoint *checkpoint;
  struct synched_checkpoint_options how = act->how;
  if (how.folder == NULL)
    how.folder = saved_folder;
  if (act->other_folder != NULL && rank == act->other_rank)
    how.folder = act->other_folder;
  if (act->other_every != 0 && rank == act->other_rank)
    how.every_rounds = act->other_every;
  how.on_written = hear;
  how.user = result;
  result->create = synched_checkpoint_create(&checkpoint, saved->job, &how);
  keep_message(result, result->create);
  if (result->create != 0)
    return;
  result->run = compute(act, saved);
  keep_message(result, result->run);
  own_calls = 0;
  own_rank = rank;
  if (act->saves) {
    result->save = synched_checkpoint_save(checkpoint);
    keep_message(result, result->save);
  }
  own_rank = NO_RANK;
  if (act->at_end != NULL)
    act->at_end(checkpoint, saved, rank);
  if (act->dropped != 0 && rank == act->dropped)
    return;
  result->info.struct_size = sizeof result->info;
  (void)synched_checkpoint_info(checkpoint, &result->info);
  result->destroy = synched_checkpoint_destroy(checkpoint);
}

static void resume(const struct act *act, struct result *result, const struct saved *saved,
                   unsigned rank) {
  struct synched_checkpoint_options how = act->how;
  how.folder =
      act->other_folder != NULL && rank == act->other_rank ? act->other_folder : saved_folder;
  result->resumed.struct_size = sizeof result->resumed;
  result->resume = synched_checkpoint_resume(saved->job, &how, &result->resumed);
  keep_message(result, result->resume);
}

static void act_as(const struct act *act, struct result *result, struct synched_cluster *cluster,
                   unsigned rank) {
  struct saved saved;
  saved_open(&saved,
             &(struct saved_options){.worker_count = act->worker_count == 0 ? 2 : act->worker_count,
                                     .round_count = act->runs ? act->rounds : 0,
                                     .lease_count = act->lease_count,
                                     .on_round = act->on_round,
                                     .cluster = cluster});
  if (act->resumes)
    resume(act, result, &saved, rank);
  if (act->writes && result->resume == 0) {
    write_rounds(act, result, &saved, rank);
  } else if (result->resume == 0) {
    result->run = compute(act, &saved);
    keep_message(result, result->run);
  }
  result->round = saved_round(&saved);
  if (cluster != NULL && act->timeout_ns == 0)
    result->gather = saved_gather(&saved);
  if (rank == 0)
    result->sum = saved_sum(&saved);
  saved_close(&saved);
}

static void be_rank(struct local_ranks *ranks, unsigned rank, void *user) {
  struct stage_of_ranks *stage = user;
  struct synched_cluster *cluster = NULL;
  const uint64_t timeout_ns = stage->act->timeout_ns;
  const struct synched_transport transport = local_ranks_transport(ranks, rank);
  struct result *result = &stage->results[rank];
  result->cluster = synched_cluster_create_over(
      &cluster, &transport,
      SYNCHED_CLUSTER_OPTIONS(.timeout_ns = timeout_ns == 0 ? PATIENCE_NS : timeout_ns));
  if (cluster != NULL)
    act_as(stage->act, result, cluster, rank);
  (void)synched_cluster_destroy(cluster);
}

/* On so many ranks; 0: without a cluster. */
static const struct result *act_on(unsigned rank_count, const struct act *act) {
  static struct stage_of_ranks stage;
  struct act complete = *act;
  const struct synched_checkpoint_options fields = saved_checkpoint(NULL);
  complete.how.struct_size = sizeof complete.how;
  complete.how.dtypes = fields.dtypes;
  complete.how.dtype_count = fields.dtype_count;
  memset(&stage, 0, sizeof stage);
  stage.act = &complete;
  failing_rank = act->failing_call == 0 ? NO_RANK - 1 : act->failing_rank;
  failing_call = act->failing_call;
  failing_number = act->failing_number;
  if (rank_count == 0) {
    act_as(&complete, &stage.results[0], NULL, 0);
    return stage.results;
  }
  struct local_ranks *ranks = local_ranks_new(rank_count, 3);
  cr_assert_not_null(ranks);
  if (act->cut_after != 0)
    local_ranks_cut(ranks, act->cut_after);
  cr_assert(local_ranks_run(ranks, be_rank, &stage));
  local_ranks_end(ranks);
  return stage.results;
}

static void expect_well(const struct result *results, unsigned rank_count, uint64_t round) {
  for (unsigned r = 0; r < (rank_count == 0 ? 1 : rank_count); r++) {
    const struct result *result = &results[r];
    cr_assert_eq(result->cluster, 0);
    cr_assert_eq(result->resume, 0, "rank %u of %u: %s", r, rank_count, result->message);
    cr_assert_eq(result->create, 0, "rank %u of %u: %s", r, rank_count, result->message);
    cr_assert_eq(result->run, 0, "rank %u of %u: %s", r, rank_count, result->message);
    cr_assert_eq(result->save, 0, "rank %u of %u: %s", r, rank_count, result->message);
    cr_assert_eq(result->gather, 0);
    cr_assert_eq(result->destroy, 0);
    cr_assert_eq(result->round, round, "rank %u of %u: round %llu", r, rank_count,
                 (unsigned long long)result->round);
  }
  cr_assert_eq(results[0].sum, saved_expected(round), "%u ranks: another content", rank_count);
}

/* --- the same bits --- */

Test(joint, any_number_of_ranks_goes_on_from_what_any_number_wrote) {
  static const unsigned counts[] = {0, 1, 2, 3, 5, 7};
  saved_enter();
  for (size_t w = 0; w < LENGTH(counts); w++)
    for (size_t r = 0; r < LENGTH(counts); r++) {
      const uint64_t broken = 3 + w + 2 * r;
      expect_well(act_on(counts[w], &(struct act){.writes = true, .rounds = broken, .saves = true}),
                  counts[w], broken);
      const struct saved_entries entries = saved_entries(saved_folder);
      cr_assert_eq(entries.generations, 1);
      cr_assert_eq(entries.others, 0);
      const struct result *results =
          act_on(counts[r], &(struct act){.resumes = true, .rounds = 4, .worker_count = 3});
      expect_well(results, counts[r], broken + 4);
      for (unsigned i = 0; i < counts[r]; i++)
        cr_assert_eq(results[i].resumed.round, broken);
      saved_remove(saved_folder);
    }
  saved_leave();
}

static void read_file(const char *name, char *out, size_t room, size_t *length) {
  char path[128];
  (void)snprintf(path, sizeof path, "%s/generation-00000001/%s", saved_folder, name);
  FILE *file = fopen(path, "rb");
  cr_assert_not_null(file, "%s", path);
  *length = fread(out, 1, room, file);
  cr_assert_eq(fclose(file), 0);
}

Test(joint, files_are_those_that_one_rank_writes) {
  static const char *const names[] = {"field0.npy", "field1.npy", "field2.npy", "manifest.json"};
  static char one[LENGTH(names)][8192];
  static char several[8192];
  size_t lengths[LENGTH(names)], length;
  saved_enter();
  for (unsigned ranks = 0; ranks <= 5; ranks++) {
    expect_well(act_on(ranks, &(struct act){.writes = true, .rounds = 9, .saves = true}), ranks, 9);
    for (size_t i = 0; i < LENGTH(names); i++) {
      if (ranks == 0)
        read_file(names[i], one[i], sizeof one[i], &lengths[i]);
      read_file(names[i], several, sizeof several, &length);
      cr_assert_eq(length, lengths[i], "%s of %u ranks", names[i], ranks);
      cr_assert_eq(memcmp(several, one[i], length), 0, "%s of %u ranks", names[i], ranks);
    }
    saved_remove(saved_folder);
  }
  saved_leave();
}

/* --- which rounds --- */

Test(joint, all_ranks_write_the_rounds_that_are_due) {
  saved_enter();
  const struct act act = {.writes = true,
                          .rounds = 52,
                          .runs = true,
                          .how = {.every_rounds = 5, .overlap = SYNCHED_CHECKPOINT_WAIT}};
  const struct result *results = act_on(3, &act);
  expect_well(results, 3, 52);
  for (unsigned r = 0; r < 3; r++) {
    cr_assert_eq(results[r].heard_count, 10);
    cr_assert_eq(results[r].heard_status, 0);
    for (unsigned i = 0; i < 10; i++)
      cr_assert_eq(results[r].heard[i], (i + 1) * 5);
  }
  cr_assert_eq(saved_entries(saved_folder).newest, 10);
  cr_assert_eq(saved_entries(saved_folder).generations, 2);
  expect_well(act_on(2, &(struct act){.resumes = true, .rounds = 3}), 2, 53);
  saved_leave();
}

Test(joint, a_round_that_one_rank_cannot_take_is_left_out_on_all) {
  saved_enter();
  const struct act act = {.writes = true, .rounds = 400, .saves = true, .how = {.every_rounds = 1}};
  const struct result *results = act_on(3, &act);
  expect_well(results, 3, 400);
  for (unsigned r = 0; r < 3; r++) {
    const struct synched_checkpoint_info *info = &results[r].info;
    cr_assert_eq(results[r].heard_count, results[0].heard_count);
    cr_assert_eq(memcmp(results[r].heard, results[0].heard, sizeof results[0].heard), 0);
    cr_assert_eq(info->skipped_count, results[0].info.skipped_count);
    /* All rounds, and that which is saved. */
    cr_assert_eq(info->written_count + info->skipped_count, 401);
    cr_assert_eq(info->failed_count, 0);
    cr_assert_eq(info->generation, saved_entries(saved_folder).newest);
  }
  saved_leave();
}

static void ask(struct synched_checkpoint *checkpoint, struct saved *saved, unsigned rank) {
  if (rank == 2)
    (void)synched_checkpoint_request(checkpoint);
  (void)synched_job_advance(saved->job, 3);
}

Test(joint, what_one_rank_asks_for_all_write) {
  saved_enter();
  const struct act act = {.writes = true, .rounds = 6, .at_end = ask};
  const struct result *results = act_on(3, &act);
  for (unsigned r = 0; r < 3; r++) {
    cr_assert_eq(results[r].create, 0, "%s", results[r].message);
    cr_assert_eq(results[r].heard_count, 1);
    cr_assert_eq(results[r].heard[0], 7);
    cr_assert_eq(results[r].heard_status, 0);
  }
  saved_leave();
}

/* Until something has been written. */
static int stop_when_written(const struct synched_snapshot *now, void *user) {
  (void)user;
  return saved_entries(saved_folder).generations < 2 && now->round < 4000 ? SYNCHED_CONTINUE
                                                                          : SYNCHED_STOP;
}

Test(joint, time_is_the_first_ranks) {
  saved_enter();
  const struct act act = {.writes = true,
                          .rounds = 4000,
                          .runs = true,
                          .on_round = stop_when_written,
                          .how = {.every_ns = 2000000}};
  unsigned tries = 0;
  const struct result *results;
  do {
    saved_remove(saved_folder);
    results = act_on(2, &act);
  } while (results[0].heard_count == 0 && ++tries < 50);
  cr_assert_gt(results[0].heard_count, 0);
  cr_assert_eq(results[0].heard_count, results[1].heard_count);
  cr_assert_eq(memcmp(results[0].heard, results[1].heard, sizeof results[0].heard), 0);
  saved_leave();
}

/* --- failures --- */

/* Each call of a save, on each rank, fails in turn: all ranks come to the same, what was there
 * before is still there, and the next save is well. */
Test(joint, what_fails_on_one_rank_leaves_no_generation_on_any) {
  saved_enter();
  for (unsigned rank = 0; rank < 3; rank++) {
    unsigned call = 1;
    bool fails = true;
    expect_well(act_on(3, &(struct act){.writes = true, .rounds = 2, .saves = true}), 3, 2);
    const unsigned files = file_count();
    for (; fails; call++) {
      const struct saved_entries before = saved_entries(saved_folder);
      const struct act act = {.resumes = true,
                              .writes = true,
                              .rounds = 1,
                              .saves = true,
                              .failing_rank = rank,
                              .failing_call = call,
                              .failing_number = call % 2 == 0 ? EIO : ENOSPC};
      const struct result *results = act_on(3, &act);
      const struct saved_entries after = saved_entries(saved_folder);
      const int status = results[0].save;
      fails = status != 0;
      for (unsigned r = 0; r < 3; r++) {
        cr_assert_eq(results[r].resume, 0, "%s", results[r].message);
        cr_assert_eq(results[r].create, 0, "%s", results[r].message);
        cr_assert_eq(results[r].save, status, "rank %u: %d, and %d on the first: %s", r,
                     results[r].save, status, results[r].message);
        cr_assert(status == 0 || status == -act.failing_number);
        if (fails && r != rank)
          cr_assert_not_null(strstr(results[r].message, rank == 0   ? "rank 0 could not"
                                                        : rank == 1 ? "rank 1 could not write"
                                                                    : "rank 2 could not write"),
                             "%s", results[r].message);
        cr_assert_eq(results[r].info.generation, results[0].info.generation);
        cr_assert_eq(results[r].info.failed_count, fails ? 1 : 0);
      }
      /* What is to go may be half gone, once there is a new one. */
      cr_assert(after.others == 0 || (fails && results[0].info.generation != 0));
      /* What was renamed is complete, though whether that is safe nobody knows. */
      cr_assert_eq(after.newest,
                   results[0].info.generation == 0 ? before.newest : results[0].info.generation);
      cr_assert(fails || after.newest == before.newest + 1);
      cr_assert_eq(file_count(), files);
    }
    cr_assert_gt(call, rank == 0 ? 16 : 7);
    saved_remove(saved_folder);
  }
  saved_leave();
}

/* The thread's write fails: there is a file where its folder would be, which cannot be removed. */
static int obstruct(const struct synched_snapshot *now, void *user) {
  char path[128];
  (void)user;
  (void)snprintf(path, sizeof path, "%s/.writing", saved_folder);
  const int file = now->round == 3 ? open(path, O_CREAT | O_WRONLY, 0666) : -1;
  if (file >= 0)
    (void)close(file);
  return SYNCHED_CONTINUE;
}

Test(joint, a_required_checkpoint_that_fails_ends_the_job_on_all_ranks) {
  saved_enter();
  const struct act act = {.writes = true,
                          .rounds = 4000,
                          .runs = true,
                          .on_round = obstruct,
                          .how = {.every_rounds = 5, .flags = SYNCHED_CHECKPOINT_REQUIRED}};
  const struct result *results = act_on(3, &act);
  for (unsigned r = 0; r < 3; r++) {
    cr_assert_eq(results[r].create, 0, "%s", results[r].message);
    cr_assert_eq(results[r].run, -ENOTDIR, "rank %u: %d: %s", r, results[r].run,
                 results[r].message);
    cr_assert_not_null(strstr(results[r].message, "the checkpoint ended the job"), "%s",
                       results[r].message);
    /* They write it together: it is no one's alone. */
    cr_assert_null(strstr(results[r].message, "that was on rank"), "%s", results[r].message);
    cr_assert_eq(results[r].round, results[0].round);
    cr_assert_eq(results[r].heard_count, 1);
    cr_assert_eq(results[r].heard_status, -ENOTDIR);
  }
  cr_assert_lt(results[0].round, 4000);
  saved_leave();
}

Test(joint, messages_that_do_not_arrive_end_a_save_in_time) {
  saved_enter();
  const struct act act = {.writes = true,
                          .saves = true,
                          .timeout_ns = UINT64_C(5000000000),
                          .cut_after = 3 * 2 * 4 + 5};
  const struct result *results = act_on(3, &act);
  unsigned waited = 0;
  for (unsigned r = 0; r < 3; r++) {
    cr_assert_eq(results[r].create, 0, "%s", results[r].message);
    cr_assert(results[r].save == SYNCHED_ETIMEDOUT, "%d: %s", results[r].save, results[r].message);
    waited += strstr(results[r].message, "has waited 5.000 s") != NULL;
    cr_assert_eq(results[r].destroy, 0);
  }
  cr_assert_eq(waited, 3);
  saved_leave();
}

/* A rank that has no checkpoint any more must not be waited for. */
static void drop_one(struct synched_checkpoint *checkpoint, struct saved *saved, unsigned rank) {
  if (rank == 1)
    (void)synched_checkpoint_destroy(checkpoint);
  (void)synched_job_advance(saved->job, 10);
}

Test(joint, nothing_is_written_while_one_rank_has_no_checkpoint) {
  saved_enter();
  const struct act act = {
      .writes = true, .rounds = 6, .how = {.every_rounds = 5}, .at_end = drop_one, .dropped = 1};
  const struct result *results = act_on(3, &act);
  for (unsigned r = 0; r < 3; r++) {
    cr_assert_eq(results[r].create, 0);
    cr_assert_eq(results[r].round, 16);
    cr_assert_eq(results[r].heard_count, 1);
    cr_assert_eq(results[r].destroy, 0);
    if (r != 1)
      cr_assert_eq(results[r].info.skipped_count, 2);
  }
  saved_leave();
}

/* --- damage --- */

static void corrupt_end(const char *file) {
  char path[128];
  (void)snprintf(path, sizeof path, "%s/%s", saved_folder, file);
  FILE *opened = fopen(path, "r+");
  cr_assert_not_null(opened, "%s", path);
  cr_assert_eq(fseek(opened, -1, SEEK_END), 0);
  const int byte = fgetc(opened);
  cr_assert_eq(fseek(opened, -1, SEEK_END), 0);
  cr_assert_eq(fputc(byte ^ 1, opened), byte ^ 1);
  cr_assert_eq(fclose(opened), 0);
}

/* The last segment is the last rank's. */
Test(joint, what_one_rank_finds_damaged_all_pass_over) {
  saved_enter();
  expect_well(act_on(3, &(struct act){.writes = true, .rounds = 4, .saves = true}), 3, 4);
  expect_well(act_on(3, &(struct act){.resumes = true, .writes = true, .rounds = 2, .saves = true}),
              3, 6);
  corrupt_end("generation-00000002/field0.npy");
  const struct act act = {.resumes = true, .writes = true, .rounds = 1, .saves = true};
  const struct result *results = act_on(3, &act);
  expect_well(results, 3, 5);
  for (unsigned r = 0; r < 3; r++) {
    cr_assert_eq(results[r].resumed.generation, 1);
    cr_assert_eq(results[r].resumed.damaged_count, 1);
    cr_assert_not_null(strstr(results[r].resumed.note, r == 2 ? "field0.npy is damaged in segment 4"
                                                              : "rank 2 could not read it"),
                       "%s", results[r].resumed.note);
  }
  /* The damaged one is gone, and its number is the new one's. */
  cr_assert_eq(saved_entries(saved_folder).newest, 2);
  corrupt_end("generation-00000001/field0.npy");
  corrupt_end("generation-00000002/manifest.json");
  results = act_on(2, &(struct act){.resumes = true});
  for (unsigned r = 0; r < 2; r++)
    cr_assert_eq(results[r].resume, SYNCHED_EIO, "%s", results[r].message);
  saved_leave();
}

/* --- very many segments, and fields that nobody writes --- */

#define MANY 140001u

static int add_input(struct synched_task *task, void *user) {
  const uint32_t *before = synched_task_in(task, 0);
  const uint32_t *input = synched_task_in(task, 1);
  uint32_t *out = synched_task_out(task, 0);
  (void)user;
  *out = *before * 3 + *input;
  return 0;
}

/* A field of the program's input, of which nothing travels; the first half of it is read by the
 * last ranks, too. */
struct many {
  struct synched_pool *pool;
  struct synched_memory *memories[2];
  struct synched_job *job;
  uint64_t sum;
  bool has_input;
  int status;
  char message[256];
};

static int open_many(struct many *many, struct synched_cluster *cluster) {
  static const struct synched_stage stage = {
      .compute = add_input, .writes = SYNCHED_FIELD(0), .reads = {.reach = SYNCHED_REACH_OWN}};
  int status = synched_pool_create(
      &many->pool, SYNCHED_POOL_OPTIONS(.worker_count = 1, .affinity = SYNCHED_AFFINITY_NONE));
  for (unsigned f = 0; status == 0 && f < 2; f++)
    status = synched_memory_create(
        &many->memories[f],
        SYNCHED_MEMORY_OPTIONS(.segment_count = MANY, .segment_capacity = 1,
                               .element_size = sizeof(uint32_t), .lease_count = 1));
  return status != 0
             ? status
             : synched_job_create(&many->job, many->pool, many->memories[0],
                                  SYNCHED_JOB_OPTIONS(.fields = &many->memories[1],
                                                      .field_count = 2, .stages = &stage,
                                                      .stage_count = 1, .cluster = cluster));
}

static int load_many(const struct many *many) {
  int status = 0;
  for (uint32_t s = 0; status == 0 && s < MANY; s++) {
    const uint32_t input = s * 2654435761u;
    status = synched_memory_load(many->memories[1], s, &input, 1);
  }
  return status;
}

static int save_many(const struct many *many) {
  struct synched_checkpoint *checkpoint;
  int status = synched_checkpoint_create(&checkpoint, many->job,
                                         SYNCHED_CHECKPOINT_OPTIONS(.folder = saved_folder));
  if (status != 0)
    return status;
  status = synched_checkpoint_save(checkpoint);
  (void)synched_checkpoint_destroy(checkpoint);
  return status;
}

static bool has_all_input(const struct many *many) {
  const struct synched_snapshot *now = synched_snapshot_current(many->memories[1]);
  const uint32_t *input = now->data;
  uint32_t s = 0;
  while (s < MANY && input[s] == s * 2654435761u)
    s++;
  synched_snapshot_release(now);
  return s == MANY;
}

static void sum_many(struct many *many, struct synched_cluster *cluster) {
  const struct synched_snapshot *now = synched_snapshot_current(many->memories[0]);
  if (cluster != NULL)
    many->status = synched_cluster_gather(cluster, now, 0);
  const uint32_t *numbers = now->data;
  for (size_t s = 0; s < MANY; s++)
    many->sum = many->sum * 31 + numbers[s];
  synched_snapshot_release(now);
}

/* Loads and saves after two rounds, or goes on from there; then two more. */
static void be_many(struct many *many, struct synched_cluster *cluster, bool resumes) {
  struct synched_checkpoint_resumed resumed = {.struct_size = sizeof resumed};
  int status = open_many(many, cluster);
  if (status == 0)
    status = resumes ? synched_checkpoint_resume(
                           many->job, SYNCHED_CHECKPOINT_OPTIONS(.folder = saved_folder), &resumed)
                     : load_many(many);
  many->has_input = status == 0 && has_all_input(many);
  if (status == 0 && !resumes)
    status = synched_job_advance(many->job, 2);
  if (status == 0 && !resumes)
    status = save_many(many);
  if (status == 0)
    status = synched_job_advance(many->job, 2);
  if (status != 0)
    (void)snprintf(many->message, sizeof many->message, "%s", synched_error_message());
  many->status = status;
  if (status == 0)
    sum_many(many, cluster);
  (void)synched_job_destroy(many->job);
  for (unsigned f = 0; f < 2; f++)
    (void)synched_memory_destroy(many->memories[f]);
  (void)synched_pool_destroy(many->pool);
}

struct many_ranks {
  struct many all[LOCAL_RANKS_MOST];
  bool resumes;
};

static void be_many_rank(struct local_ranks *ranks, unsigned rank, void *user) {
  struct many_ranks *many = user;
  struct synched_cluster *cluster = NULL;
  const struct synched_transport transport = local_ranks_transport(ranks, rank);
  (void)synched_cluster_create_over(&cluster, &transport,
                                    SYNCHED_CLUSTER_OPTIONS(.timeout_ns = PATIENCE_NS));
  be_many(&many->all[rank], cluster, many->resumes);
  (void)synched_cluster_destroy(cluster);
}

static uint64_t run_many(unsigned rank_count, bool resumes) {
  static struct many_ranks many;
  memset(&many, 0, sizeof many);
  many.resumes = resumes;
  if (rank_count == 0) {
    be_many(&many.all[0], NULL, resumes);
  } else {
    struct local_ranks *ranks = local_ranks_new(rank_count, 0);
    cr_assert_not_null(ranks);
    cr_assert(local_ranks_run(ranks, be_many_rank, &many));
    local_ranks_end(ranks);
  }
  for (unsigned r = 0; r == 0 || r < rank_count; r++) {
    cr_assert_eq(many.all[r].status, 0, "rank %u: %s", r, many.all[r].message);
    cr_assert(many.all[r].has_input, "rank %u lacks input", r);
  }
  return many.all[0].sum;
}

/* Three segments share a sum then, and ranks share such pieces. */
Test(joint, sums_of_pieces_that_ranks_share_are_those_of_all_of_them) {
  saved_enter();
  const uint64_t sum = run_many(0, false);
  saved_remove(saved_folder);
  for (unsigned ranks = 2; ranks <= 4; ranks += 2) {
    cr_assert_eq(run_many(ranks, false), sum, "%u ranks", ranks);
    cr_assert_eq(run_many(0, true), sum);
    cr_assert_eq(run_many(3, true), sum);
    saved_remove(saved_folder);
  }
  saved_leave();
}

/* --- folders and options that are not the same --- */

Test(joint, ranks_without_a_folder_in_common_are_refused) {
  char other[80];
  saved_enter();
  (void)snprintf(other, sizeof other, "%s/other", saved_home);
  struct act act = {.writes = true, .saves = true, .other_folder = other, .other_rank = 1};
  for (unsigned is_there = 0; is_there < 2; is_there++) {
    if (is_there != 0)
      cr_assert_eq(mkdir(other, 0777), 0);
    const struct result *results = act_on(3, &act);
    for (unsigned r = 0; r < 3; r++) {
      cr_assert_eq(results[r].create, is_there ? SYNCHED_EIO : SYNCHED_ENOENT, "%s",
                   results[r].message);
      cr_assert_not_null(
          strstr(results[r].message, r != 1 ? "rank 1 could not find the folder of the first rank"
                                     : is_there ? "ranks need one that they share"
                                                : "other could not be opened"),
          "%s", results[r].message);
    }
    cr_assert_eq(saved_entries(saved_folder).others, 0);
  }
  /* A resume needs the same one, too. */
  expect_well(act_on(2, &(struct act){.writes = true, .saves = true}), 2, 0);
  act = (struct act){.resumes = true, .other_folder = other, .other_rank = 1};
  for (unsigned is_there = 2; is_there-- > 0;) {
    const struct result *results = act_on(3, &act);
    for (unsigned r = 0; r < 3; r++)
      cr_assert_eq(results[r].resume, SYNCHED_EIO, "%s", results[r].message);
    cr_assert_not_null(strstr(results[0].message, "share"), "%s", results[0].message);
    if (is_there != 0)
      cr_assert_eq(rmdir(other), 0);
  }
  saved_leave();
}

Test(joint, no_folder_on_any_rank_is_a_beginning) {
  saved_enter();
  const struct result *results = act_on(3, &(struct act){.resumes = true});
  for (unsigned r = 0; r < 3; r++)
    cr_assert_eq(results[r].resume, SYNCHED_ENOENT, "%s", results[r].message);
  saved_leave();
}

Test(joint, ranks_that_want_other_rounds_are_refused) {
  saved_enter();
  const struct act act = {
      .writes = true, .how = {.every_rounds = 3}, .other_rank = 2, .other_every = 4};
  const struct result *results = act_on(3, &act);
  for (unsigned r = 0; r < 3; r++) {
    cr_assert_eq(results[r].create, SYNCHED_EINVAL);
    cr_assert_str_eq(results[r].message, "the ranks' checkpoints differ in their options");
  }
  saved_leave();
}
