/*
 * checkpoint_damage_test.c: a generation that is not what was written, in each way in which a
 * folder can be spoilt; names that are no generation's; and what cannot be written or removed.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/saved.h"
#include "support/support.h"
#include "support/unit_support.h"

#define NEWEST "generation-00000002"

static const char *path_of(const char *name) {
  static char path[160];
  (void)snprintf(path, sizeof path, "%s/%s", saved_folder, name);
  return path;
}

/* Two generations, of rounds 4 and 6. */
static void write_two(void) {
  const struct synched_checkpoint_options options = saved_checkpoint(saved_folder);
  struct synched_checkpoint *checkpoint;
  struct saved saved;
  saved_open(&saved, &(struct saved_options){.worker_count = 1});
  cr_assert_eq(synched_checkpoint_create(&checkpoint, saved.job, &options), 0, "%s",
               synched_error_message());
  for (unsigned i = 0; i < 2; i++) {
    cr_assert_eq(synched_job_advance(saved.job, i == 0 ? 4 : 2), 0);
    cr_assert_eq(synched_checkpoint_save(checkpoint), 0, "%s", synched_error_message());
  }
  cr_assert_eq(synched_checkpoint_destroy(checkpoint), 0);
  saved_close(&saved);
}

static int resume(const struct saved *saved, struct synched_checkpoint_resumed *resumed) {
  const struct synched_checkpoint_options options = saved_checkpoint(saved_folder);
  *resumed = (struct synched_checkpoint_resumed){.struct_size = sizeof *resumed};
  return synched_checkpoint_resume(saved->job, &options, resumed);
}

/* --- each way --- */

static void make_file(const char *name) {
  const int file = open(path_of(name), O_CREAT | O_WRONLY, 0666);
  cr_assert_geq(file, 0, "%s", name);
  cr_assert_eq(close(file), 0);
}

static void remove_file(const char *name) {
  cr_assert_eq(unlink(path_of(name)), 0, "%s: %s", name, strerror(errno));
}

static void lose_field(void) {
  remove_file(NEWEST "/field1.npy");
}

static void make_field_a_pipe(void) {
  remove_file(NEWEST "/field1.npy");
  cr_assert_eq(mkfifo(path_of(NEWEST "/field1.npy"), 0666), 0);
}

static void make_field_a_link(void) {
  remove_file(NEWEST "/field1.npy");
  cr_assert_eq(symlink("../generation-00000001/field1.npy", path_of(NEWEST "/field1.npy")), 0);
}

static void make_field_a_folder(void) {
  remove_file(NEWEST "/field1.npy");
  cr_assert_eq(mkdir(path_of(NEWEST "/field1.npy"), 0777), 0);
}

static void cut_field(void) {
  cr_assert_eq(truncate(path_of(NEWEST "/field0.npy"), 130), 0);
}

static void lengthen_field(void) {
  cr_assert_eq(truncate(path_of(NEWEST "/field0.npy"), 100000), 0);
}

static void lose_manifest(void) {
  remove_file(NEWEST "/manifest.json");
}

static void empty_manifest(void) {
  cr_assert_eq(truncate(path_of(NEWEST "/manifest.json"), 0), 0);
}

/* A hole, which takes no room. */
static void blow_manifest_up(void) {
  cr_assert_eq(truncate(path_of(NEWEST "/manifest.json"), (off_t)1 << 33), 0);
}

static void make_generation_a_file(void) {
  saved_remove(path_of(NEWEST));
  make_file(NEWEST);
}

static void rename_generation(void) {
  char from[160];
  (void)snprintf(from, sizeof from, "%s", path_of(NEWEST));
  cr_assert_eq(rename(from, path_of("generation-00000007")), 0);
}

Test(checkpoint_damage, each_way_is_told_and_the_generation_before_is_taken) {
  static const struct {
    void (*spoil)(void);
    const char *says;
  } ways[] = {
      {lose_field, "generation 2 is damaged: field1.npy: no such file or directory"},
      {make_field_a_pipe, "generation 2 is damaged: field1.npy: "},
      {make_field_a_link, "generation 2 is damaged: field1.npy: "},
      {make_field_a_folder, "generation 2 is damaged: field1.npy: "},
      {cut_field, "generation 2 is damaged: field0.npy has 130 bytes instead of"},
      {lengthen_field, "generation 2 is damaged: field0.npy has 100000 bytes instead of"},
      {lose_manifest, "generation 2 is damaged: manifest.json: no such file or directory"},
      {empty_manifest, "generation 2 is damaged: manifest.json is empty"},
      {blow_manifest_up, "generation 2 is damaged: manifest.json is too large to be one"},
      {make_generation_a_file, "generation 2 is damaged: its folder: "},
      {rename_generation, "generation 7 is damaged: manifest.json is that of another generation"},
  };
  saved_enter();
  for (size_t i = 0; i < LENGTH(ways); i++) {
    struct synched_checkpoint_resumed resumed;
    struct saved saved;
    write_two();
    ways[i].spoil();
    saved_open(&saved, &(struct saved_options){.worker_count = 1});
    const unsigned files = file_count();
    cr_assert_eq(resume(&saved, &resumed), 0, "%zu: %s", i, synched_error_message());
    cr_assert_eq(file_count(), files);
    cr_assert_eq(resumed.generation, 1);
    cr_assert_eq(resumed.damaged_count, 1);
    cr_assert_not_null(strcasestr(resumed.note, ways[i].says), "%zu: %s", i, resumed.note);
    cr_assert_eq(saved_sum(&saved), saved_expected(4));
    saved_close(&saved);
    saved_remove(saved_folder);
  }
  saved_leave();
}

/* Of very many segments, several have one sum. */
Test(checkpoint_damage, sum_of_several_segments_says_where_to_look) {
  const struct synched_checkpoint_options *options =
      SYNCHED_CHECKPOINT_OPTIONS(.folder = saved_folder);
  struct synched_checkpoint_resumed resumed = {.struct_size = sizeof resumed};
  struct synched_checkpoint *checkpoint;
  saved_enter();
  struct engine engine =
      engine_new(pool_new(1),
                 SYNCHED_MEMORY_OPTIONS(.segment_count = 70000, .segment_capacity = 1,
                                        .element_size = 1, .lease_count = 1),
                 SYNCHED_JOB_OPTIONS(.compute = compute_nothing));
  cr_assert_eq(synched_checkpoint_create(&checkpoint, engine.job, options), 0);
  cr_assert_eq(synched_checkpoint_save(checkpoint), 0);
  cr_assert_eq(synched_checkpoint_destroy(checkpoint), 0);
  FILE *file = fopen(path_of("generation-00000001/field0.npy"), "r+");
  cr_assert_not_null(file);
  cr_assert_eq(fseek(file, -1, SEEK_END), 0);
  cr_assert_eq(fputc(1, file), 1);
  cr_assert_eq(fclose(file), 0);
  expect_refused(synched_checkpoint_resume(engine.job, options, &resumed), SYNCHED_EIO,
                 "field0.npy is damaged in segment 69998, or one of those behind it");
  engine_end_with_pool(&engine);
  saved_leave();
}

/* --- names --- */

Test(checkpoint_damage, names_that_are_no_generations_are_left_alone) {
  static const char *const names[] = {
      "generation-",          "generation-1",           "generation-000000001",
      "generation-00000001x", "generation-0000000.",    "generation-00000000",
      "Generation-00000001",  "generation-99999999999", "another"};
  struct synched_checkpoint_resumed resumed;
  struct synched_checkpoint *checkpoint;
  struct saved saved;
  saved_enter();
  cr_assert_eq(mkdir(saved_folder, 0777), 0);
  for (size_t i = 0; i < LENGTH(names); i++)
    make_file(names[i]);
  const struct synched_checkpoint_options options = saved_checkpoint(saved_folder);
  saved_open(&saved, &(struct saved_options){.worker_count = 1});
  expect_refused(resume(&saved, &resumed), SYNCHED_ENOENT, "there is no checkpoint in");
  cr_assert_eq(synched_checkpoint_create(&checkpoint, saved.job, &options), 0);
  cr_assert_eq(synched_checkpoint_save(checkpoint), 0);
  cr_assert_eq(synched_checkpoint_destroy(checkpoint), 0);
  cr_assert_eq(resume(&saved, &resumed), 0, "%s", synched_error_message());
  cr_assert_eq(resumed.generation, 1);
  for (size_t i = 0; i < LENGTH(names); i++)
    cr_assert_eq(access(path_of(names[i]), F_OK), 0, "%s is gone", names[i]);
  saved_close(&saved);
  saved_leave();
}

/* --- what cannot be removed, or written --- */

/* A folder in it is nothing that a checkpoint has left. */
Test(checkpoint_damage, damaged_generation_that_cannot_be_removed_is_told) {
  struct synched_checkpoint_resumed resumed;
  struct synched_checkpoint *checkpoint;
  struct saved saved;
  saved_enter();
  const struct synched_checkpoint_options options = saved_checkpoint(saved_folder);
  write_two();
  cut_field();
  cr_assert_eq(mkdir(path_of(NEWEST "/somebody's"), 0777), 0);
  saved_open(&saved, &(struct saved_options){.worker_count = 1});
  cr_assert_eq(resume(&saved, &resumed), 0);
  cr_assert_eq(resumed.generation, 1);
  expect_refused(synched_checkpoint_create(&checkpoint, saved.job, &options), -EISDIR,
                 ".removing could not be removed");
  cr_assert_null(checkpoint);
  cr_assert_eq(rmdir(path_of(".removing/somebody's")), 0);
  cr_assert_eq(synched_checkpoint_create(&checkpoint, saved.job, &options), 0, "%s",
               synched_error_message());
  cr_assert_eq(saved_entries(saved_folder).generations, 1);
  cr_assert_eq(saved_entries(saved_folder).others, 0);
  cr_assert_eq(synched_checkpoint_destroy(checkpoint), 0);
  saved_close(&saved);
  saved_leave();
}

static void limit_files(rlim_t bytes) {
  struct rlimit limit;
  cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
  limit.rlim_cur = bytes;
  cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* As on a disk that is full: the first write, one of several, or the last fails, and has written
 * only some of its bytes. */
Test(checkpoint_damage, file_that_cannot_be_written_to_its_end_leaves_what_was_there) {
  static const rlim_t limits[] = {0, 100, 200000, 300000, 600000, 900000, 1500000};
  const struct synched_checkpoint_options *options =
      SYNCHED_CHECKPOINT_OPTIONS(.folder = saved_folder);
  struct synched_checkpoint *checkpoint;
  saved_enter();
  struct engine engine =
      engine_new(pool_new(1),
                 SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 100000,
                                        .element_size = 8, .lease_count = 1),
                 SYNCHED_JOB_OPTIONS(.compute = compute_nothing));
  cr_assert_eq(synched_checkpoint_create(&checkpoint, engine.job, options), 0);
  cr_assert_eq(synched_checkpoint_save(checkpoint), 0);
  cr_assert_neq(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
  for (size_t i = 0; i < LENGTH(limits); i++) {
    limit_files(limits[i]);
    const int status = synched_checkpoint_save(checkpoint);
    limit_files(RLIM_INFINITY);
    expect_refused(status, -EFBIG, "field0.npy could not be written");
    cr_assert_eq(saved_entries(saved_folder).generations, 1);
    cr_assert_eq(saved_entries(saved_folder).others, 0);
  }
  cr_assert_eq(synched_checkpoint_save(checkpoint), 0);
  cr_assert_eq(saved_entries(saved_folder).newest, 2);
  cr_assert_eq(synched_checkpoint_destroy(checkpoint), 0);
  engine_end_with_pool(&engine);
  saved_leave();
}
