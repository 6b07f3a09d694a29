/*
 * main.c: a job writes its checkpoints to a disk in memory (files.h), and everything goes wrong
 * that can. After each mishap another job goes on from what is left. It must find the newest
 * complete state or the one before, never another; end with the bits of an unbroken run; and leave
 * nothing over when it writes next.
 *
 *     crashes stop      the process or the machine stops before each call that changes the disk,
 *                       and in the middle of each write; of what is not synced, every subset
 *     survives crashes refuse    each call is refused: with each reason, once or from then on, or
 *                       writes one byte only; and then the process is killed at some calls
 *     crashes unsynced  as `stop`, but to sync a file does nothing: must find something, and fail
 *
 * With another word, `joint`, the job that writes is one of a cluster. That has one rank: who
 * writes which part when is between two agreements, each of which comes after all syncs before it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crashes/files.h"
#include "support/local_ranks.h"
#include "support/saved.h"

#define FOLDER "state"
#define SAVES 4u
#define ROUNDS_EACH 2u
#define LAST_ROUND 10u
#define NONE UINT64_MAX

/* Up to so many changes, every subset of them is tried; of more, so many subsets by chance. */
#define ALL_SUBSETS 10u
#define SOME_SUBSETS 512u

/* What the job that writes is known to have done. */
static struct {
  /* the round of the newest generation that is safe; NONE: there is none */
  uint64_t safe;
  /* that which is being written; NONE: none is */
  uint64_t writing;
} state;

static struct files disk, left;
static struct saved writer, reader;
/* NULL: the writer's job is on one rank, and none of a cluster */
static struct synched_cluster *cluster;
static bool looks;
static unsigned long stops, images, resumes, refusals, told, tolerated, wrong;
static uint64_t chance = 1;

static uint64_t draw(void) {
  chance ^= chance << 13;
  chance ^= chance >> 7;
  return chance ^= chance << 17;
}

static void complain(const char *what) {
  if (wrong++ < 20)
    (void)fprintf(stderr,
                  "call %u, refused %u with %d: %s; safe is round %" PRId64 ", and %" PRId64
                  " was being written: %s\n",
                  files_plan.calls, files_plan.nth, files_plan.number, what, (int64_t)state.safe,
                  (int64_t)state.writing, synched_error_message());
}

/* --- what is left --- */

static struct synched_checkpoint_options options(void) {
  struct synched_checkpoint_options how = saved_checkpoint(FOLDER);
  how.keep = 2;
  return how;
}

static bool is_allowed(uint64_t round) {
  return round == state.safe || round == state.writing;
}

/* Goes on, from where that is, to the end, and writes that. */
static void finish(void) {
  const struct synched_checkpoint_options how = options();
  struct synched_checkpoint *checkpoint;
  if (synched_checkpoint_create(&checkpoint, reader.job, &how) != 0) {
    complain("no checkpoint can be made any more");
    return;
  }
  if (files_left_over(FOLDER) != 0)
    complain("something is left over");
  if (synched_job_advance(reader.job, LAST_ROUND - saved_round(&reader)) != 0 ||
      saved_sum(&reader) != saved_expected(LAST_ROUND))
    complain("the end is another one");
  if (synched_checkpoint_save(checkpoint) != 0)
    complain("nothing can be written any more");
  (void)synched_checkpoint_destroy(checkpoint);
  struct synched_checkpoint_resumed resumed = {.struct_size = sizeof resumed};
  if (synched_checkpoint_resume(reader.job, &how, &resumed) != 0 || resumed.round != LAST_ROUND)
    complain("what was written last is not found");
}

/* On the disk that is left. */
static void go_on(void) {
  const struct synched_checkpoint_options how = options();
  struct synched_checkpoint_resumed resumed = {.struct_size = sizeof resumed};
  const int status = synched_checkpoint_resume(reader.job, &how, &resumed);
  images++;
  if (status == SYNCHED_ENOENT && state.safe == NONE)
    return;
  if (status != 0) {
    complain("nothing is left to go on from");
    return;
  }
  resumes++;
  if (!is_allowed(resumed.round)) {
    complain("it is another state");
    return;
  }
  if (saved_sum(&reader) != saved_expected(resumed.round))
    complain("it is no state at all");
  finish();
}

/* With files_plan and files_now as they are meanwhile. */
static void look_at(const struct files_fate *fate, bool killed) {
  struct files *const before = files_now;
  const struct files_plan plan = files_plan;
  void (*const on_call)(void) = files_on_call;
  files_crash(&left, before, fate, killed);
  files_now = &left;
  files_on_call = NULL;
  files_plan = (struct files_plan){.ignores_syncs = false, .calls = plan.calls};
  go_on();
  files_now = before;
  files_plan = plan;
  files_on_call = on_call;
}

/* The machine stops now: everything that may be left of it. */
static void stop_machine(void) {
  const unsigned count = files_count_changes(files_now);
  const uint64_t subsets = count <= ALL_SUBSETS ? UINT64_C(1) << count : SOME_SUBSETS;
  stops++;
  look_at(&(struct files_fate){0}, true);
  for (uint64_t i = 0; i < subsets; i++) {
    const uint64_t subset = count <= ALL_SUBSETS ? i : draw();
    look_at(&(struct files_fate){.survives = subset}, false);
    look_at(&(struct files_fate){.survives = subset, .torn = draw(), .keeps_lengths = i % 2 == 0},
            false);
  }
}

/* Only the process, at some calls. */
static void kill_process(void) {
  if (!looks || draw() % 60 != 0)
    return;
  stops++;
  look_at(&(struct files_fate){0}, true);
}

/* --- who writes --- */

/* What it says and what it did must be the same. */
static void save(struct synched_checkpoint *checkpoint) {
  struct synched_checkpoint_info info = {.struct_size = sizeof info};
  state.writing = saved_round(&writer);
  const int status = synched_checkpoint_save(checkpoint);
  (void)synched_checkpoint_info(checkpoint, &info);
  /* One that is there, but was not synced for certain, outlives the process. */
  if (status == 0 || info.round == state.writing)
    state.safe = state.writing;
  told += status != 0;
  state.writing = NONE;
}

static void write_all(void) {
  const struct synched_checkpoint_options how = options();
  struct synched_checkpoint *checkpoint;
  files_format(&disk);
  files_now = &disk;
  state.safe = state.writing = NONE;
  saved_open(&writer, &(struct saved_options){.worker_count = 1, .cluster = cluster});
  if (synched_checkpoint_create(&checkpoint, writer.job, &how) != 0) {
    told++;
    checkpoint = NULL;
  }
  for (unsigned i = 0; checkpoint != NULL && i < SAVES; i++) {
    if (synched_job_advance(writer.job, ROUNDS_EACH) != 0)
      complain("the job does not go on");
    save(checkpoint);
  }
  (void)synched_checkpoint_destroy(checkpoint);
  saved_close(&writer);
}

static void stop(bool ignores_syncs) {
  files_plan = (struct files_plan){.ignores_syncs = ignores_syncs};
  files_on_call = stop_machine;
  write_all();
  files_on_call = NULL;
}

/* --- refusals --- */

/* Whether there is such a call. */
static bool refuse(const struct files_plan *plan) {
  const unsigned long told_before = told;
  files_plan = *plan;
  looks = true;
  files_on_call = kill_process;
  write_all();
  files_on_call = NULL;
  if (files_plan.calls < plan->nth)
    return false;
  refusals++;
  tolerated += told == told_before;
  if (files_open_count() != 0)
    complain("a file is left open");
  files_plan = (struct files_plan){0};
  look_at(&(struct files_fate){0}, true);
  return true;
}

static void refuse_all(void) {
  static const int numbers[] = {EIO, ENOSPC, EINTR};
  unsigned nth = 1;
  bool is_there = true;
  for (; is_there; nth++) {
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++)
      is_there = refuse(&(struct files_plan){.nth = nth, .number = numbers[i]});
    (void)refuse(&(struct files_plan){.nth = nth, .is_short = true});
    (void)refuse(&(struct files_plan){.nth = nth, .number = ENOSPC, .lasts = true});
  }
  printf("%u calls, %lu refusals: %lu times one was told, %lu runs got over it\n", nth - 2,
         refusals, told, tolerated);
}

static void make_cluster(struct local_ranks *ranks) {
  const struct synched_transport transport = local_ranks_transport(ranks, 0);
  if (synched_cluster_create_over(&cluster, &transport, NULL) != 0)
    complain("there is no cluster");
}

int main(int argc, char **argv) {
  const bool is_joint = argc == 3 && strcmp(argv[2], "joint") == 0;
  const char *what = argc == 2 || is_joint ? argv[1] : "";
  struct local_ranks *ranks = local_ranks_new(1, 0);
  if (ranks == NULL)
    return EXIT_FAILURE;
  if (is_joint)
    make_cluster(ranks);
  saved_open(&reader, &(struct saved_options){.worker_count = 1});
  if (strcmp(what, "stop") == 0 || strcmp(what, "unsynced") == 0) {
    stop(strcmp(what, "unsynced") == 0);
  } else if (strcmp(what, "refuse") == 0) {
    refuse_all();
  } else {
    (void)fprintf(stderr, "usage: crashes stop|refuse|unsynced [joint]\n");
    return 2;
  }
  saved_close(&reader);
  (void)synched_cluster_destroy(cluster);
  local_ranks_end(ranks);
  printf("%lu stops, %lu disks that were left, %lu times gone on, %lu wrong\n", stops, images,
         resumes, wrong);
  return wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
