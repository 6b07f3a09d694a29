/*
 * reads_stress.c: jobs that say what they read, and run several rounds between two barriers, drawn
 * at random.
 *
 * Each element says which stage of which round has written it, so each call knows what it must find
 * at every segment that its stage has declared, in every field, without any history. What a
 * snapshot shows must be of a round that ends at a barrier. Declarations are of all kinds: near
 * ones, wrapping or not, and lists, which are asymmetric, unsorted, empty, dense, or have a segment
 * twice. Calls are uneven, and the slow segment moves. A job ends by its number of rounds, by the
 * first of several calls that fail, by a deadline, by being stopped or cancelled; then it goes on.
 * It is run by a loop, with a thread that steers it, or advanced by the program. Readers hold
 * snapshots meanwhile, and another job may share the pool.
 */
#include "support/stress.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <synched/synched.h>

#include "pool/pool.h"
#include "support/hurried.h"
#include "support/origins.h"
#include "support/scene.h"

#define FIELDS_MOST 4u
#define STAGES_MOST 4u
#define READERS_MOST 3u
#define ENTRIES_MOST 12000u
#define LOOKS_MOST 12u

enum work { WORK_NONE, WORK_RANDOM, WORK_SLOW_ONE, WORK_KINDS };

struct declared {
  struct synched_reads reads;
  size_t offsets[ORIGINS_SEGMENTS_MOST + 1];
  size_t segments[ENTRIES_MOST];
};

struct play {
  struct origins origins;
  unsigned rounds_per_barrier;
  bool folds; /* compute contributes */
  enum work work;
  struct declared declared[STAGES_MOST];
  struct synched_pool *pool;
  struct synched_job *job;
  bool has_deadline;
  /* home ranges are dealt anew often */
  bool hurries;
  uint64_t round_count;
  /* of a run */
  uint64_t base, last; /* the round before its first one, and the last one that is asked for */
  uint64_t fail_from;  /* 0: no call fails */
  bool cancels, stops, steps, pauses;
  struct stress_random steerer_random;
  uint64_t delivered_round;
  bool delivers_every;
  int status;
  struct synched_report_summary summary;
  _Atomic bool is_told; /* to give up, though nothing may tell it so */
  unsigned reader_count;
  struct origins_readers readers;
};

static uint64_t round_total, seen_total, failure_total, cancel_total, late_total;

/* --- what there must be --- */

/* Rounds end at a barrier after each so many, and after the last one. A step may be of any number
 * of rounds. */
static void check_barrier(const struct play *play, uint64_t round) {
  STRESS_CHECK(play->steps || (round - play->base) % play->rounds_per_barrier == 0 ||
                   round == play->last,
               "round %" PRIu64 " is published; the run began after %" PRIu64, round, play->base);
}

static void check_snapshot(const struct synched_snapshot *now, const void *user) {
  const struct play *play = user;
  check_barrier(play, now->fields[0]->round);
  origins_check_snapshot(&play->origins, now);
}

/* --- what is declared, once more --- */

static size_t neighbour_count(const struct play *play, const struct declared *declared,
                              size_t segment) {
  if (declared->reads.reach == SYNCHED_REACH_LIST)
    return declared->offsets[segment + 1] - declared->offsets[segment];
  if (declared->reads.reach == SYNCHED_REACH_ALL)
    return play->origins.segment_count;
  return 2 * (size_t)declared->reads.radius + 1;
}

/* One of them; segment_count: there is none at this place. */
static size_t neighbour_at(const struct play *play, const struct declared *declared, size_t segment,
                           size_t index) {
  const int64_t count = (int64_t)play->origins.segment_count;
  if (declared->reads.reach == SYNCHED_REACH_LIST)
    return declared->segments[declared->offsets[segment] + index];
  if (declared->reads.reach == SYNCHED_REACH_ALL)
    return index;
  const int64_t at = (int64_t)segment + (int64_t)index - (int64_t)declared->reads.radius;
  if (declared->reads.wraps != 0)
    return (size_t)((at % count + count) % count);
  return at < 0 || at >= count ? play->origins.segment_count : (size_t)at;
}

/* --- failures --- */

static bool fails(const struct play *play, uint64_t round, unsigned stage, size_t segment) {
  if (play->fail_from == 0 || round < play->fail_from)
    return false;
  const uint64_t drawn = stress_mix(play->origins.tag + play->base, round * 8 + stage);
  return stress_mix(drawn, segment) % (play->origins.segment_count + 1) == 0;
}

/* No two calls have the same one. */
static int code_of(const struct play *play, uint64_t round, unsigned stage, size_t segment) {
  const uint64_t call = (round - play->base) * play->origins.stage_count + stage;
  return (int)(2 + call * play->origins.segment_count + segment);
}

struct failure {
  uint64_t round;
  unsigned stage;
  size_t segment;
};

/* The first in the order of the serial loop; false: none up to the last round. */
static bool find_failure(const struct play *play, struct failure *found) {
  if (play->fail_from == 0)
    return false;
  for (uint64_t round = play->base + 1; round <= play->last; round++)
    for (unsigned stage = 0; stage < play->origins.stage_count; stage++)
      for (size_t segment = 0; segment < play->origins.segment_count; segment++)
        if (fails(play, round, stage, segment)) {
          *found = (struct failure){round, stage, segment};
          return true;
        }
  return false;
}

/* --- the job's callbacks --- */

/* The view can be retained exactly if it is a whole round's, that ended at a barrier. */
static void check_retain(const struct play *play, const struct synched_task *task, unsigned stage,
                         unsigned f) {
  const struct synched_snapshot *view = synched_task_field(task, f);
  const struct origin origin = origins_of(&play->origins, f, task->round, stage);
  const bool is_first = (task->round - play->base - 1) % play->rounds_per_barrier == 0;
  const bool is_whole =
      is_first && !play->origins.fields[f].in_place && origin.round != task->round;
  const struct synched_snapshot *held = synched_snapshot_retain(view);
  STRESS_CHECK(play->steps || (held != NULL) == is_whole,
               "stage %u of round %" PRIu64 " %s its field %u of round %" PRIu64, stage,
               task->round, held != NULL ? "retains" : "cannot retain", f, view->round);
  synched_snapshot_release(held);
}

/* Looks at its own segment of a field and, unless somebody changes it now, at others that the stage
 * declares: at all, or some where there are many. */
static void check_field(const struct play *play, const struct synched_task *task, unsigned stage,
                        unsigned f) {
  const struct origin origin = origins_of(&play->origins, f, task->round, stage);
  const struct declared *self = &play->declared[stage];
  const struct synched_snapshot *view = synched_task_field(task, f);
  const bool is_fresh = origin.round == task->round && !play->origins.fields[f].in_place;
  STRESS_CHECK(view->round == (is_fresh ? task->round : task->round - 1),
               "field %u is said to be of round %" PRIu64 " in stage %u of round %" PRIu64, f,
               view->round, stage, task->round);
  origins_check_segment(&play->origins, f, origin, task->segment, view);
  if (play->origins.fields[f].in_place && origins_has(play->origins.writes[stage], f))
    return;
  const size_t count = neighbour_count(play, self, task->segment);
  const size_t most =
      play->origins.segment_count > ORIGINS_FEW_SEGMENTS ? LOOKS_MOST / 4 : LOOKS_MOST;
  for (size_t i = 0; i < count && i < most; i++) {
    const size_t at = count <= most ? i : (i * 7919 + (size_t)task->round * 13) % count;
    const size_t other = neighbour_at(play, self, task->segment, at);
    if (other < play->origins.segment_count)
      origins_check_segment(&play->origins, f, origin, other, view);
  }
}

static void take_time(const struct play *play, const struct synched_task *task, unsigned stage) {
  const uint64_t drawn = stress_mix(play->origins.tag + stage, task->round * 4096 + task->segment);
  if (play->work == WORK_RANDOM && drawn % 4 == 0)
    stress_work(drawn / 4 % 400);
  if (play->work == WORK_SLOW_ONE && task->segment == task->round * 5 % play->origins.segment_count)
    stress_work(3000);
}

static int compute(struct synched_task *task, void *user) {
  struct play *play = user;
  const struct origins *origins = &play->origins;
  const unsigned stage = task->parts == NULL ? 0 : task->parts->stage;
  const uint64_t drawn = stress_mix(origins->tag, task->round * 8 + stage + task->segment);
  for (unsigned f = 0; f < origins->field_count; f++)
    check_field(play, task, stage, f);
  if (drawn % 64 == 0)
    stress_step(); /* barriers may be far apart */
  if (drawn % 16 == 0)
    check_retain(play, task, stage, (unsigned)(drawn / 16 % origins->field_count));
  origins_check_refills(origins, task, stage);
  origins_write(origins, task, origins->writes[stage], (struct origin){task->round, stage});
  if (play->folds)
    task->contribution = (double)task->round;
  take_time(play, task, stage);
  if (drawn % 8 == 1 && synched_task_cancelled(task) != 0)
    atomic_store_explicit(&play->is_told, true, memory_order_relaxed);
  return fails(play, task->round, stage, task->segment)
             ? code_of(play, task->round, stage, task->segment)
             : 0;
}

static int on_round(const struct synched_snapshot *now, void *user) {
  struct play *play = user;
  const uint64_t before = origins_published(&play->readers);
  stress_step();
  check_snapshot(now, play);
  STRESS_CHECK(now->round > before && now->round - before <= play->rounds_per_barrier,
               "round %" PRIu64 " is published after %" PRIu64, now->round, before);
  STRESS_CHECK(!play->folds || now->fold == (double)(now->round * play->origins.segment_count),
               "the fold of round %" PRIu64 " is %g", now->round, now->fold);
  atomic_store_explicit(&play->readers.published, now->round, memory_order_release);
  if (play->hurries)
    hurry_deal(play->job, now->round);
  return SYNCHED_CONTINUE;
}

static void on_snapshot(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  struct play *play = user;
  (void)job;
  check_snapshot(now, play);
  STRESS_CHECK(now->round > play->delivered_round, "round %" PRIu64 " comes after %" PRIu64,
               now->round, play->delivered_round);
  STRESS_CHECK(!play->delivers_every ||
                   now->round - play->delivered_round <= play->rounds_per_barrier,
               "round %" PRIu64 " comes after %" PRIu64, now->round, play->delivered_round);
  play->delivered_round = now->round;
}

static void on_done(struct synched_job *job, int status, const struct synched_report *report,
                    void *user) {
  struct play *play = user;
  (void)job;
  play->status = status;
  play->summary = scene_summary(report);
}

/* --- other threads --- */

static void *steer(void *argument) {
  struct play *play = argument;
  struct stress_random *random = &play->steerer_random;
  for (unsigned i = 0; (play->pauses || play->steps) && i < 3; i++) {
    stress_dawdle(random);
    scene_expect_ok_or_already(synched_job_pause(play->job), "pause");
    stress_dawdle(random);
    if (play->steps)
      (void)synched_job_step(play->job, stress_between(random, 1, 20));
    stress_dawdle(random);
    scene_expect_ok_or_already(synched_job_resume(play->job), "resume");
  }
  for (uint64_t i = stress_below(random, 100); (play->cancels || play->stops) && i > 0; i--)
    stress_dawdle(random);
  if (play->stops)
    scene_expect_ok_or_already(synched_job_stop(play->job), "stop");
  if (play->cancels)
    scene_expect_ok_or_already(synched_job_cancel(play->job), "cancel");
  return NULL;
}

/* --- a case --- */

static void draw_list(const struct play *play, struct declared *declared,
                      struct stress_random *random) {
  const size_t count = play->origins.segment_count;
  const uint64_t kind = stress_below(random, 6);
  size_t entries = 0;
  for (size_t s = 0; s < count; s++) {
    declared->offsets[s] = entries;
    const size_t most = kind == 0 ? 0 : kind == 1 && count <= ORIGINS_FEW_SEGMENTS ? 3 * count : 4;
    size_t wanted = kind == 5 ? 1 : (size_t)stress_below(random, most + 1);
    for (; wanted > 0 && entries < ENTRIES_MOST; wanted--) {
      size_t other = (size_t)stress_below(random, count);
      if (kind == 2) /* lower ones only */
        other = (size_t)stress_below(random, s + 1);
      if (kind == 3 && entries > declared->offsets[s]) /* twice */
        other = declared->segments[entries - 1];
      if (kind == 5) /* all of one */
        other = (size_t)play->origins.tag % count;
      declared->segments[entries++] = other;
    }
  }
  declared->offsets[count] = entries;
  declared->reads.offsets = declared->offsets;
  declared->reads.segments = entries == 0 ? NULL : declared->segments;
}

static void draw_reads(struct play *play, struct stress_random *random) {
  const enum synched_reach least =
      play->rounds_per_barrier == 1 ? SYNCHED_REACH_ALL : SYNCHED_REACH_OWN;
  for (unsigned s = 0; s < play->origins.stage_count; s++) {
    struct declared *declared = &play->declared[s];
    struct synched_reads *reads = &declared->reads;
    *reads = (struct synched_reads){
        .reach = (enum synched_reach)stress_between(random, least, SYNCHED_REACH_LIST)};
    if (reads->reach == SYNCHED_REACH_NEAR) {
      reads->radius = (uint32_t)stress_below(random, 5);
      reads->wraps = stress_chance(random, 2);
    }
    if (reads->reach == SYNCHED_REACH_LIST)
      draw_list(play, declared, random);
  }
}

static void create_memories(struct play *play, unsigned lead_leases, struct stress_random *random) {
  for (unsigned f = 0; f < play->origins.field_count; f++) {
    const struct synched_memory_options options = origins_memory_options(
        &play->origins, f, f == 0 ? lead_leases : (unsigned)stress_below(random, 2), random);
    scene_expect_ok(synched_memory_create(&play->origins.fields[f].memory, &options),
                    "synched_memory_create");
    origins_load(&play->origins, f, ORIGIN_LOADED);
  }
}

static void set_work(struct play *play, struct synched_job_options *options,
                     struct synched_stage *stages) {
  const struct origins *origins = &play->origins;
  for (unsigned s = 0; s < origins->stage_count; s++) {
    stages[s] = origins_stage(origins, s, compute);
    stages[s].reads = play->declared[s].reads;
  }
  if (origins->is_staged) {
    options->stages = stages;
    options->stage_count = origins->stage_count;
    return;
  }
  options->compute = compute;
  options->reads = play->declared[0].reads;
  options->fold = play->folds ? SYNCHED_FOLD_SUM : SYNCHED_FOLD_NONE;
}

static void create_job(struct play *play, struct stress_random *random, bool may_deliver) {
  struct synched_stage stages[STAGES_MOST];
  struct synched_memory *others[FIELDS_MOST];
  for (unsigned f = 1; f < play->origins.field_count; f++)
    others[f - 1] = play->origins.fields[f].memory;
  const bool has_init = stress_chance(random, 3);
  play->delivers_every = may_deliver && stress_chance(random, 2);
  play->has_deadline = stress_chance(random, 8);
  play->round_count =
      stress_between(random, 1, play->origins.segment_count > ORIGINS_FEW_SEGMENTS ? 40 : 300);
  struct synched_job_options options = {
      .struct_size = sizeof options,
      .user = play,
      .init = has_init ? origins_init : NULL,
      .on_round = on_round,
      .on_snapshot = may_deliver ? on_snapshot : NULL,
      .delivery = play->delivers_every ? SYNCHED_DELIVER_EVERY : SYNCHED_DELIVER_LATEST,
      .on_done = on_done,
      .round_count = play->round_count,
      .balance = stress_chance(random, 2) ? SYNCHED_BALANCE_STATIC : SYNCHED_BALANCE_STEAL,
      .flags = (stress_chance(random, 3) ? SYNCHED_JOB_EAGER : 0) |
               (stress_chance(random, 3) ? SYNCHED_JOB_NO_SEGMENT_TIMES : 0),
      .record = stress_chance(random, 4) ? SYNCHED_RECORD_OFF : SYNCHED_RECORD_TOTALS,
      .deadline_ns = play->has_deadline ? stress_between(random, 50000, 5000000) : 0,
      .deadline_policy = play->has_deadline ? SYNCHED_DEADLINE_FAIL : SYNCHED_DEADLINE_REPORT,
      .fields = play->origins.field_count > 1 ? others : NULL,
      .field_count = play->origins.field_count,
      .reads_only = play->origins.reads_only,
      .rounds_per_barrier = play->rounds_per_barrier,
  };
  play->hurries = stress_chance(random, 2);
  if ((options.flags & SYNCHED_JOB_NO_SEGMENT_TIMES) == 0 && stress_chance(random, 3))
    options.record = SYNCHED_RECORD_TASKS;
  if (play->hurries && options.balance == SYNCHED_BALANCE_STATIC &&
      options.record != SYNCHED_RECORD_OFF)
    options.homes = SYNCHED_HOMES_FOLLOW;
  set_work(play, &options, stages);
  scene_expect_ok(
      synched_job_create(&play->job, play->pool, play->origins.fields[0].memory, &options),
      "synched_job_create");
  stress_case_is("%u fields, %u stages, staged %d, %zu segments, %u rounds a barrier, reaches %d "
                 "%d, static %d, flags %#x, work %d, %u readers, delivers %d, every %d, init %d, "
                 "deadline %d, reads only %#x, %" PRIu64 " rounds",
                 play->origins.field_count, play->origins.stage_count, play->origins.is_staged,
                 play->origins.segment_count, play->rounds_per_barrier,
                 (int)play->declared[0].reads.reach,
                 (int)play->declared[play->origins.stage_count - 1].reads.reach,
                 options.balance == SYNCHED_BALANCE_STATIC, (unsigned)options.flags,
                 (int)play->work, play->reader_count, may_deliver, play->delivers_every, has_init,
                 play->has_deadline, (unsigned)play->origins.reads_only, options.round_count);
}

static void set_up(struct play *play, struct stress_random *random) {
  static const unsigned rounds[] = {1, 2, 2, 3, 3, 8, 17, 64};
  static const struct origins_limits limits = {FIELDS_MOST, STAGES_MOST};
  memset(play, 0, sizeof *play);
  origins_draw(&play->origins, random, &limits);
  play->readers.origins = &play->origins;
  play->readers.check = check_snapshot;
  play->readers.user = play;
  play->folds = !play->origins.is_staged && stress_chance(random, 2);
  play->rounds_per_barrier = rounds[stress_below(random, 8)];
  play->work = (enum work)stress_below(random, WORK_KINDS);
  play->pool = scene_pool_create(random, 16);
  /* As if there were a CPU for each worker: else the ranges of more than that do not move. */
  if (stress_chance(random, 2))
    play->pool->usable_count = play->pool->worker_count;
  play->reader_count = (unsigned)stress_below(random, READERS_MOST + 1);
  play->steerer_random = stress_split(random);
  draw_reads(play, random);
  const unsigned lead_leases = (unsigned)stress_below(random, 4);
  create_memories(play, lead_leases, random);
  create_job(play, random, lead_leases != 0 && stress_chance(random, 2));
}

/* It was not held up by anything but its own calls. */
static void check_status(const struct play *play) {
  struct failure first;
  const bool is_ended = play->cancels || play->stops || play->has_deadline;
  const bool will_fail = find_failure(play, &first);
  if (play->status == SYNCHED_ECANCELED || play->status == SYNCHED_ETIMEDOUT) {
    STRESS_CHECK(play->status == SYNCHED_ECANCELED ? play->cancels : play->has_deadline,
                 "the job ended with %s", synched_err_name(play->status));
  } else if (play->status == 0) {
    STRESS_CHECK(!will_fail || play->stops, "no call has failed");
  } else {
    STRESS_CHECK(will_fail, "the job ended with %d: %s", play->status, synched_error_message());
    /* What is cancelled meanwhile skips calls below the one that has failed. */
    STRESS_CHECK(play->cancels ||
                     play->status == code_of(play, first.round, first.stage, first.segment),
                 "it failed with %d, not %d, in segment %zu of stage %u of round %" PRIu64 ": %s",
                 play->status, code_of(play, first.round, first.stage, first.segment),
                 first.segment, first.stage, first.round, synched_error_message());
  }
  STRESS_CHECK(is_ended || will_fail || play->status == 0, "it ended with %d", play->status);
}

/* The report, and the sentence, name the call that failed. */
static void check_failure(const struct play *play) {
  struct failure first;
  char round[64];
  if (play->status <= 0 || play->cancels || !find_failure(play, &first))
    return;
  (void)snprintf(round, sizeof round, "segment %zu failed in round %" PRIu64, first.segment,
                 first.round);
  const uint64_t published = origins_published(&play->readers);
  STRESS_CHECK(published < first.round, "round %" PRIu64 " is published", published);
  STRESS_CHECK(play->steps || first.round - published <= play->rounds_per_barrier,
               "round %" PRIu64 " was published last, and %" PRIu64 " failed", published,
               first.round);
  STRESS_CHECK(strstr(synched_error_message(), round) == synched_error_message(), "%s; not %s",
               synched_error_message(), round);
  STRESS_CHECK(play->summary.struct_size == 0 ||
                   (play->summary.failed_segment == (int64_t)first.segment &&
                    play->summary.failed_stage == (int)first.stage &&
                    play->summary.failed_code == play->status),
               "segment %" PRId64 " of stage %d is said to have failed with %d",
               play->summary.failed_segment, play->summary.failed_stage, play->summary.failed_code);
}

/* What the run has left, and what it has not. */
static void check_end(struct play *play) {
  const uint64_t round = origins_published(&play->readers);
  check_status(play);
  STRESS_CHECK(play->status != 0 || play->stops || round == play->last,
               "the job ended after round %" PRIu64 ", not %" PRIu64, round, play->last);
  STRESS_CHECK(play->status != 0 || play->cancels || play->has_deadline ||
                   !atomic_load_explicit(&play->is_told, memory_order_relaxed),
               "a call was told to give up");
  failure_total += play->status > 0;
  cancel_total += play->status == SYNCHED_ECANCELED;
  late_total += play->status == SYNCHED_ETIMEDOUT;
  round_total += round - play->base;
  origins_check_current(&play->origins, round, check_snapshot, play);
  /* It goes on from here. */
  for (unsigned f = 0; f < play->origins.field_count && play->status != 0; f++)
    if (play->origins.fields[f].in_place && !origins_has(play->origins.reads_only, f))
      origins_load(&play->origins, f,
                   origins_of(&play->origins, f, round, play->origins.stage_count));
}

static void begin_run(struct play *play, uint64_t round_count) {
  play->base = origins_published(&play->readers);
  play->last = play->base + round_count;
  play->delivered_round = play->base;
  play->status = 0;
  play->summary = (struct synched_report_summary){0};
  atomic_store_explicit(&play->is_told, false, memory_order_relaxed);
}

/* A run made of advances, each of which ends at a barrier. */
static void advance(struct play *play, struct stress_random *random) {
  for (uint64_t i = stress_between(random, 1, 4); i > 0; i--) {
    begin_run(play, stress_between(random, 1, 2 * (uint64_t)play->rounds_per_barrier));
    stress_is_at("advances");
    play->status = synched_job_advance(play->job, play->last - play->base);
    check_failure(play);
    check_end(play);
  }
}

static void run_once(struct play *play, struct stress_random *random,
                     const struct scene_beside *beside) {
  const bool is_advanced = stress_chance(random, 4);
  begin_run(play, play->round_count);
  play->fail_from = stress_chance(random, 3) ? play->base + stress_between(random, 1, 60) : 0;
  play->cancels = !is_advanced && stress_chance(random, 4);
  play->stops = !is_advanced && stress_chance(random, 6);
  play->steps = !is_advanced && stress_chance(random, 6);
  play->pauses = !is_advanced && stress_chance(random, 6);
  if (is_advanced) {
    /* Readers look at the numbers of the run, which are those of an advance here. */
    advance(play, random);
    return;
  }
  const bool is_steered = play->cancels || play->stops || play->pauses || play->steps;
  origins_readers_start(&play->readers, play->reader_count, random);
  scene_run(play->job, beside, is_steered ? steer : NULL, play);
  seen_total += origins_readers_stop(&play->readers);
  check_failure(play);
  check_end(play);
}

static void run_case(struct stress_random *random) {
  static struct play play;
  struct scene_beside beside;
  set_up(&play, random);
  const bool has_beside = stress_chance(random, 3);
  if (has_beside)
    scene_beside_create(&beside, random, play.pool);
  for (uint64_t run = stress_between(random, 1, 3); run > 0; run--)
    run_once(&play, random, has_beside ? &beside : NULL);
  scene_expect_ok(synched_job_destroy(play.job), "synched_job_destroy");
  origins_end(&play.origins, origins_published(&play.readers));
  if (has_beside)
    scene_beside_destroy(&beside);
  scene_pool_destroy(play.pool);
}

int main(int argc, char **argv) {
  stress_begin("reads_stress", argc, argv);
  struct stress_random random;
  while (stress_next_case(&random))
    run_case(&random);
  return stress_end("%" PRIu64 " rounds, %" PRIu64 " jobs failed, %" PRIu64
                    " were cancelled and %" PRIu64 " were late; %" PRIu64 " readers",
                    round_total, failure_total, cancel_total, late_total, seen_total);
}
