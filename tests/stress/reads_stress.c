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
#include <stdlib.h>
#include <string.h>

#include <synched/synched.h>
#include <uv.h>

#include "pool/pool.h"
#include "support/hurried.h"
#include "support/scene.h"

#define FIELDS_MOST 4u
#define STAGES_MOST 4u
#define READERS_MOST 3u
#define FEW_SEGMENTS 24u
#define MANY_SEGMENTS 1500u
#define ENTRIES_MOST 12000u
#define CAPACITY_MOST 8u
#define ELEMENT_MOST 24u
#define LOOKS_MOST 12u
#define LOADED UINT64_MAX /* instead of a stage */

enum work { WORK_NONE, WORK_RANDOM, WORK_SLOW_ONE, WORK_KINDS };

struct field {
  struct synched_memory *memory;
  size_t element_size;
  size_t capacities[MANY_SEGMENTS];
  enum synched_refill refill;
  bool in_place;
};

struct stage {
  uint32_t writes, overwrites;
  struct synched_reads reads;
  size_t offsets[MANY_SEGMENTS + 1];
  size_t segments[ENTRIES_MOST];
};

struct play {
  uint64_t tag;
  unsigned field_count, stage_count, rounds_per_barrier;
  size_t segment_count;
  uint32_t reads_only;
  bool is_staged; /* it has stages, not compute */
  bool folds;     /* compute contributes */
  enum work work;
  struct field fields[FIELDS_MOST];
  struct stage stages[STAGES_MOST];
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
  _Atomic uint64_t published;
  _Atomic bool stopping;
};

struct reader {
  struct play *play;
  struct stress_random random;
  uint64_t round;
  pthread_t thread;
};

static uint64_t round_total, seen_total, failure_total, cancel_total, late_total;

static bool has(uint32_t set, unsigned f) {
  return (set >> f & 1) != 0;
}

/* --- what there must be --- */

/* Who has written a field. */
struct origin {
  uint64_t round, stage;
};

/* Of what stage `stage` of a round reads; stage_count: of what the round leaves. */
static struct origin origin_of(const struct play *play, unsigned f, uint64_t round,
                               unsigned stage) {
  for (unsigned s = stage; s-- > 0;)
    if (round != 0 && has(play->stages[s].writes, f))
      return (struct origin){round, s};
  for (unsigned s = play->stage_count; s-- > 0;)
    if (round > 1 && has(play->stages[s].writes, f))
      return (struct origin){round - 1, s};
  return (struct origin){0, LOADED};
}

static uint64_t number_of(const struct play *play, unsigned f, struct origin origin,
                          size_t segment) {
  return stress_mix(stress_mix(play->tag + f, origin.round * 64 + origin.stage), segment);
}

static size_t count_of(const struct play *play, unsigned f, struct origin origin, size_t segment) {
  const size_t capacity = play->fields[f].capacities[segment];
  const uint64_t number = number_of(play, f, origin, segment) >> 40;
  return number % 3 != 0 ? capacity : number % (capacity + 1);
}

static void fill(const struct play *play, unsigned f, struct origin origin, size_t segment,
                 void *out) {
  const size_t bytes = play->fields[f].capacities[segment] * play->fields[f].element_size;
  const uint64_t number = number_of(play, f, origin, segment);
  unsigned char *at = out;
  for (size_t b = 0; b < bytes; b++)
    at[b] = (unsigned char)((number >> b % 57) + b);
}

static void check_segment(const struct play *play, unsigned f, struct origin origin, size_t segment,
                          const struct synched_snapshot *view) {
  unsigned char expected[CAPACITY_MOST * ELEMENT_MOST];
  const size_t count = count_of(play, f, origin, segment);
  STRESS_CHECK(view->counts[segment] == count,
               "field %u counts %zu in segment %zu, not %zu as stage %" PRId64 " of round %" PRIu64,
               f, view->counts[segment], segment, count, (int64_t)origin.stage, origin.round);
  fill(play, f, origin, segment, expected);
  STRESS_CHECK(memcmp(synched_snapshot_segment(view, segment), expected,
                      count * play->fields[f].element_size) == 0,
               "field %u has not what stage %" PRId64 " of round %" PRIu64 " wrote in segment %zu",
               f, (int64_t)origin.stage, origin.round, segment);
}

/* Rounds end at a barrier after each so many, and after the last one. A step may be of any number
 * of rounds. */
static void check_barrier(const struct play *play, uint64_t round) {
  STRESS_CHECK(play->steps || (round - play->base) % play->rounds_per_barrier == 0 ||
                   round == play->last,
               "round %" PRIu64 " is published; the run began after %" PRIu64, round, play->base);
}

static void check_snapshot(const struct play *play, const struct synched_snapshot *now) {
  const uint64_t round = now->fields[0]->round;
  const size_t step = 1 + play->segment_count / FEW_SEGMENTS;
  STRESS_CHECK(now->field_count == play->field_count, "a snapshot has %u fields, not %u",
               now->field_count, play->field_count);
  check_barrier(play, round);
  for (unsigned f = 0; f < play->field_count; f++) {
    const struct synched_snapshot *view = now->fields[f];
    STRESS_CHECK(view->round == round, "field %u is of round %" PRIu64 " beside round %" PRIu64, f,
                 view->round, round);
    STRESS_CHECK(view->data != NULL || play->fields[f].in_place, "field %u has no elements", f);
    for (size_t s = round % step; view->data != NULL && s < play->segment_count; s += step)
      check_segment(play, f, origin_of(play, f, round, play->stage_count), s, view);
  }
}

/* --- what is declared, once more --- */

static size_t neighbour_count(const struct play *play, const struct stage *stage, size_t segment) {
  if (stage->reads.reach == SYNCHED_REACH_LIST)
    return stage->offsets[segment + 1] - stage->offsets[segment];
  if (stage->reads.reach == SYNCHED_REACH_ALL)
    return play->segment_count;
  return 2 * (size_t)stage->reads.radius + 1;
}

/* One of them; segment_count: there is none at this place. */
static size_t neighbour_at(const struct play *play, const struct stage *stage, size_t segment,
                           size_t index) {
  const int64_t count = (int64_t)play->segment_count;
  if (stage->reads.reach == SYNCHED_REACH_LIST)
    return stage->segments[stage->offsets[segment] + index];
  if (stage->reads.reach == SYNCHED_REACH_ALL)
    return index;
  const int64_t at = (int64_t)segment + (int64_t)index - (int64_t)stage->reads.radius;
  if (stage->reads.wraps != 0)
    return (size_t)((at % count + count) % count);
  return at < 0 || at >= count ? play->segment_count : (size_t)at;
}

/* --- failures --- */

static bool fails(const struct play *play, uint64_t round, unsigned stage, size_t segment) {
  if (play->fail_from == 0 || round < play->fail_from)
    return false;
  const uint64_t drawn = stress_mix(play->tag + play->base, round * 8 + stage);
  return stress_mix(drawn, segment) % (play->segment_count + 1) == 0;
}

/* No two calls have the same one. */
static int code_of(const struct play *play, uint64_t round, unsigned stage, size_t segment) {
  const uint64_t call = (round - play->base) * play->stage_count + stage;
  return (int)(2 + call * play->segment_count + segment);
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
    for (unsigned stage = 0; stage < play->stage_count; stage++)
      for (size_t segment = 0; segment < play->segment_count; segment++)
        if (fails(play, round, stage, segment)) {
          *found = (struct failure){round, stage, segment};
          return true;
        }
  return false;
}

/* --- the job's callbacks --- */

static void check_refill(const struct play *play, const struct synched_task *task, unsigned stage,
                         unsigned f) {
  static const unsigned char zeros[CAPACITY_MOST * ELEMENT_MOST];
  const struct field *field = &play->fields[f];
  const size_t bytes = field->capacities[task->segment] * field->element_size;
  const void *out = synched_task_out(task, f);
  if (field->in_place)
    STRESS_CHECK(out == synched_task_in(task, f), "field %u is not in place", f);
  else if (has(play->stages[stage].overwrites, f) || bytes == 0)
    return;
  else if (field->refill == SYNCHED_REFILL_ZERO)
    STRESS_CHECK(memcmp(out, zeros, bytes) == 0, "field %u is not zeroed", f);
  else if (field->refill == SYNCHED_REFILL_KEEP)
    STRESS_CHECK(memcmp(out, synched_task_in(task, f), bytes) == 0, "field %u is not kept", f);
}

/* The view can be retained exactly if it is a whole round's, that ended at a barrier. */
static void check_retain(const struct play *play, const struct synched_task *task, unsigned stage,
                         unsigned f) {
  const struct synched_snapshot *view = synched_task_field(task, f);
  const struct origin origin = origin_of(play, f, task->round, stage);
  const bool is_first = (task->round - play->base - 1) % play->rounds_per_barrier == 0;
  const bool is_whole = is_first && !play->fields[f].in_place && origin.round != task->round;
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
  const struct origin origin = origin_of(play, f, task->round, stage);
  const struct stage *self = &play->stages[stage];
  const struct synched_snapshot *view = synched_task_field(task, f);
  const bool is_fresh = origin.round == task->round && !play->fields[f].in_place;
  STRESS_CHECK(view->round == (is_fresh ? task->round : task->round - 1),
               "field %u is said to be of round %" PRIu64 " in stage %u of round %" PRIu64, f,
               view->round, stage, task->round);
  check_segment(play, f, origin, task->segment, view);
  if (play->fields[f].in_place && has(self->writes, f))
    return;
  const size_t count = neighbour_count(play, self, task->segment);
  const size_t most = play->segment_count > FEW_SEGMENTS ? LOOKS_MOST / 4 : LOOKS_MOST;
  for (size_t i = 0; i < count && i < most; i++) {
    const size_t at = count <= most ? i : (i * 7919 + task->round * 13) % count;
    const size_t other = neighbour_at(play, self, task->segment, at);
    if (other < play->segment_count)
      check_segment(play, f, origin, other, view);
  }
}

static void take_time(const struct play *play, const struct synched_task *task, unsigned stage) {
  const uint64_t drawn = stress_mix(play->tag + stage, task->round * 4096 + task->segment);
  if (play->work == WORK_RANDOM && drawn % 4 == 0)
    stress_work(drawn / 4 % 400);
  if (play->work == WORK_SLOW_ONE && task->segment == task->round * 5 % play->segment_count)
    stress_work(3000);
}

static int compute(struct synched_task *task, void *user) {
  struct play *play = user;
  const unsigned stage = task->parts == NULL ? 0 : task->parts->stage;
  const uint64_t drawn = stress_mix(play->tag, task->round * 8 + stage + task->segment);
  for (unsigned f = 0; f < play->field_count; f++)
    check_field(play, task, stage, f);
  if (drawn % 64 == 0)
    stress_step(); /* barriers may be far apart */
  if (drawn % 16 == 0)
    check_retain(play, task, stage, (unsigned)(drawn / 16 % play->field_count));
  for (unsigned f = 0; f < play->field_count; f++) {
    void *out = synched_task_out(task, f);
    STRESS_CHECK((out != NULL) == has(play->stages[stage].writes, f), "field %u %s written", f,
                 out != NULL ? "is" : "is not");
    if (out == NULL)
      continue;
    const struct origin origin = {task->round, stage};
    check_refill(play, task, stage, f);
    fill(play, f, origin, task->segment, out);
    synched_task_set_count(task, f, count_of(play, f, origin, task->segment));
  }
  if (play->folds)
    task->contribution = (double)task->round;
  take_time(play, task, stage);
  if (drawn % 8 == 1 && synched_task_cancelled(task) != 0)
    atomic_store_explicit(&play->is_told, true, memory_order_relaxed);
  return fails(play, task->round, stage, task->segment)
             ? code_of(play, task->round, stage, task->segment)
             : 0;
}

/* The same content again: readers may have seen round 0 before. */
static int init(struct synched_task *task, void *user) {
  const struct play *play = user;
  const struct origin origin = {0, LOADED};
  for (unsigned f = 0; f < play->field_count; f++) {
    void *out = synched_task_out(task, f);
    STRESS_CHECK((out == NULL) == has(play->reads_only, f), "init and field %u", f);
    if (out == NULL)
      continue;
    fill(play, f, origin, task->segment, out);
    synched_task_set_count(task, f, count_of(play, f, origin, task->segment));
  }
  return 0;
}

static int on_round(const struct synched_snapshot *now, void *user) {
  struct play *play = user;
  const uint64_t before = atomic_load_explicit(&play->published, memory_order_relaxed);
  stress_step();
  check_snapshot(play, now);
  STRESS_CHECK(now->round > before && now->round - before <= play->rounds_per_barrier,
               "round %" PRIu64 " is published after %" PRIu64, now->round, before);
  STRESS_CHECK(!play->folds || now->fold == (double)(now->round * play->segment_count),
               "the fold of round %" PRIu64 " is %g", now->round, now->fold);
  atomic_store_explicit(&play->published, now->round, memory_order_release);
  if (play->hurries)
    hurry_deal(play->job, now->round);
  return SYNCHED_CONTINUE;
}

static void on_snapshot(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  struct play *play = user;
  (void)job;
  check_snapshot(play, now);
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

static void *read_along(void *argument) {
  struct reader *reader = argument;
  struct play *play = reader->play;
  while (!atomic_load_explicit(&play->stopping, memory_order_relaxed)) {
    const uint64_t published = atomic_load_explicit(&play->published, memory_order_acquire);
    const unsigned f = (unsigned)stress_below(&reader->random, play->field_count);
    const struct synched_snapshot *now = synched_snapshot_current(play->fields[f].memory);
    STRESS_CHECK(now != NULL || play->fields[f].in_place, "field %u has no snapshot", f);
    if (now != NULL) {
      STRESS_CHECK(now->round >= reader->round && now->round >= published,
                   "a reader is given round %" PRIu64 " after it has seen %" PRIu64
                   " and on_round %" PRIu64,
                   now->round, reader->round, published);
      reader->round = now->round;
      check_snapshot(play, now);
      stress_dawdle(&reader->random);
      check_snapshot(play, now);
    }
    synched_snapshot_release(now);
    stress_dawdle(&reader->random);
  }
  return NULL;
}

static void expect_or_already(int status, const char *call) {
  STRESS_CHECK(status == 0 || status == SYNCHED_EALREADY, "%s: %s", call, synched_err_name(status));
}

static void *steer(void *argument) {
  struct play *play = argument;
  struct stress_random *random = &play->steerer_random;
  for (unsigned i = 0; (play->pauses || play->steps) && i < 3; i++) {
    stress_dawdle(random);
    expect_or_already(synched_job_pause(play->job), "pause");
    stress_dawdle(random);
    if (play->steps)
      (void)synched_job_step(play->job, stress_between(random, 1, 20));
    stress_dawdle(random);
    expect_or_already(synched_job_resume(play->job), "resume");
  }
  for (uint64_t i = stress_below(random, 100); (play->cancels || play->stops) && i > 0; i--)
    stress_dawdle(random);
  if (play->stops)
    expect_or_already(synched_job_stop(play->job), "stop");
  if (play->cancels)
    expect_or_already(synched_job_cancel(play->job), "cancel");
  return NULL;
}

/* --- a case --- */

static void draw_list(const struct play *play, struct stage *stage, struct stress_random *random) {
  const size_t count = play->segment_count;
  const uint64_t kind = stress_below(random, 6);
  size_t entries = 0;
  for (size_t s = 0; s < count; s++) {
    stage->offsets[s] = entries;
    const size_t most = kind == 0 ? 0 : kind == 1 && count <= FEW_SEGMENTS ? 3 * count : 4;
    size_t wanted = kind == 5 ? 1 : stress_below(random, most + 1);
    for (; wanted > 0 && entries < ENTRIES_MOST; wanted--) {
      size_t other = stress_below(random, count);
      if (kind == 2) /* lower ones only */
        other = stress_below(random, s + 1);
      if (kind == 3 && entries > stage->offsets[s]) /* twice */
        other = stage->segments[entries - 1];
      if (kind == 5) /* all of one */
        other = play->tag % count;
      stage->segments[entries++] = other;
    }
  }
  stage->offsets[count] = entries;
  stage->reads.offsets = stage->offsets;
  stage->reads.segments = entries == 0 ? NULL : stage->segments;
}

static void draw_stages(struct play *play, struct stress_random *random) {
  const uint32_t all = (UINT32_C(1) << play->field_count) - 1;
  for (unsigned s = 0; s < play->stage_count; s++) {
    struct stage *stage = &play->stages[s];
    stage->writes = (uint32_t)stress_draw(random) & all & ~play->reads_only;
    stage->overwrites = stage->writes & (uint32_t)stress_draw(random);
    if (!play->is_staged) {
      stage->writes = all & ~play->reads_only;
      stage->overwrites = 0;
    }
    const enum synched_reach least =
        play->rounds_per_barrier == 1 ? SYNCHED_REACH_ALL : SYNCHED_REACH_OWN;
    stage->reads.reach = (enum synched_reach)stress_between(random, least, SYNCHED_REACH_LIST);
    if (stage->reads.reach == SYNCHED_REACH_NEAR) {
      stage->reads.radius = (uint32_t)stress_below(random, 5);
      stage->reads.wraps = stress_chance(random, 2);
    }
    if (stage->reads.reach == SYNCHED_REACH_LIST)
      draw_list(play, stage, random);
  }
}

static void draw_fields(struct play *play, struct stress_random *random) {
  static const size_t sizes[] = {1, 4, 8, 24};
  for (unsigned f = 0; f < play->field_count; f++) {
    struct field *field = &play->fields[f];
    field->element_size = sizes[stress_below(random, 4)];
    field->in_place = stress_chance(random, 5);
    field->refill =
        field->in_place ? SYNCHED_REFILL_ZERO : (enum synched_refill)stress_below(random, 3);
    for (size_t s = 0; s < play->segment_count; s++)
      field->capacities[s] = stress_below(random, CAPACITY_MOST + 1);
    field->capacities[0] = CAPACITY_MOST;
  }
}

static void load(const struct play *play, unsigned f, struct origin origin) {
  unsigned char elements[CAPACITY_MOST * ELEMENT_MOST];
  for (size_t s = 0; s < play->segment_count; s++) {
    fill(play, f, origin, s, elements);
    scene_expect_ok(
        synched_memory_load(play->fields[f].memory, s, elements, count_of(play, f, origin, s)),
        "synched_memory_load");
  }
}

static void create_memory(struct play *play, unsigned f, unsigned lead_leases,
                          struct stress_random *random) {
  struct field *field = &play->fields[f];
  const struct synched_memory_options options = {
      .struct_size = sizeof options,
      .segment_count = play->segment_count,
      .segment_capacities = field->capacities,
      .element_size = field->element_size,
      .lease_count = f == 0 ? lead_leases : (unsigned)stress_below(random, 2),
      .layout = stress_chance(random, 3) ? SYNCHED_LAYOUT_PADDED : SYNCHED_LAYOUT_PACKED,
      .refill = field->refill,
      .flags = field->in_place ? SYNCHED_MEMORY_IN_PLACE : 0};
  scene_expect_ok(synched_memory_create(&field->memory, &options), "synched_memory_create");
  load(play, f, (struct origin){0, LOADED});
}

static void set_work(struct play *play, struct synched_job_options *options,
                     struct synched_stage *stages) {
  for (unsigned s = 0; s < play->stage_count; s++) {
    const struct stage *stage = &play->stages[s];
    stages[s] =
        (struct synched_stage){.compute = compute,
                               .writes = stage->writes == 0 ? SYNCHED_WRITES_NONE : stage->writes,
                               .overwrites = stage->overwrites,
                               .reads = stage->reads};
  }
  if (play->is_staged) {
    options->stages = stages;
    options->stage_count = play->stage_count;
    return;
  }
  options->compute = compute;
  options->reads = play->stages[0].reads;
  options->fold = play->folds ? SYNCHED_FOLD_SUM : SYNCHED_FOLD_NONE;
}

static void create_job(struct play *play, struct stress_random *random, bool may_deliver) {
  struct synched_stage stages[STAGES_MOST];
  struct synched_memory *others[FIELDS_MOST];
  for (unsigned f = 1; f < play->field_count; f++)
    others[f - 1] = play->fields[f].memory;
  const bool has_init = stress_chance(random, 3);
  play->delivers_every = may_deliver && stress_chance(random, 2);
  play->has_deadline = stress_chance(random, 8);
  play->round_count = stress_between(random, 1, play->segment_count > FEW_SEGMENTS ? 40 : 300);
  struct synched_job_options options = {
      .struct_size = sizeof options,
      .user = play,
      .init = has_init ? init : NULL,
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
      .fields = play->field_count > 1 ? others : NULL,
      .field_count = play->field_count,
      .reads_only = play->reads_only,
      .rounds_per_barrier = play->rounds_per_barrier,
  };
  play->hurries = stress_chance(random, 2);
  if ((options.flags & SYNCHED_JOB_NO_SEGMENT_TIMES) == 0 && stress_chance(random, 3))
    options.record = SYNCHED_RECORD_TASKS;
  if (play->hurries && options.balance == SYNCHED_BALANCE_STATIC &&
      options.record != SYNCHED_RECORD_OFF)
    options.homes = SYNCHED_HOMES_FOLLOW;
  set_work(play, &options, stages);
  scene_expect_ok(synched_job_create(&play->job, play->pool, play->fields[0].memory, &options),
                  "synched_job_create");
  stress_case_is("%u fields, %u stages, staged %d, %zu segments, %u rounds a barrier, reaches %d "
                 "%d, static %d, flags %#x, work %d, %u readers, delivers %d, every %d, init %d, "
                 "deadline %d, reads only %#x, %" PRIu64 " rounds",
                 play->field_count, play->stage_count, play->is_staged, play->segment_count,
                 play->rounds_per_barrier, (int)play->stages[0].reads.reach,
                 (int)play->stages[play->stage_count - 1].reads.reach,
                 options.balance == SYNCHED_BALANCE_STATIC, (unsigned)options.flags,
                 (int)play->work, play->reader_count, may_deliver, play->delivers_every, has_init,
                 play->has_deadline, (unsigned)play->reads_only, options.round_count);
}

static void set_up(struct play *play, struct stress_random *random) {
  static const unsigned rounds[] = {1, 2, 2, 3, 3, 8, 17, 64};
  memset(play, 0, sizeof *play);
  play->tag = stress_draw(random);
  play->field_count = (unsigned)stress_between(random, 1, FIELDS_MOST);
  play->stage_count = (unsigned)stress_between(random, 1, STAGES_MOST);
  play->is_staged = play->stage_count > 1 || stress_chance(random, 2);
  play->folds = !play->is_staged && stress_chance(random, 2);
  play->rounds_per_barrier = rounds[stress_below(random, 8)];
  play->work = (enum work)stress_below(random, WORK_KINDS);
  play->segment_count =
      stress_between(random, 1, stress_chance(random, 12) ? MANY_SEGMENTS : FEW_SEGMENTS);
  if (stress_chance(random, 4))
    play->reads_only = (uint32_t)stress_draw(random) & ((UINT32_C(1) << play->field_count) - 1);
  play->pool = scene_pool_create(random, 16);
  /* As if there were a CPU for each worker: else the ranges of more than that do not move. */
  if (stress_chance(random, 2))
    play->pool->usable_count = play->pool->worker_count;
  play->reader_count = (unsigned)stress_below(random, READERS_MOST + 1);
  play->steerer_random = stress_split(random);
  draw_fields(play, random);
  draw_stages(play, random);
  const unsigned lead_leases = (unsigned)stress_below(random, 4);
  for (unsigned f = 0; f < play->field_count; f++)
    create_memory(play, f, lead_leases, random);
  create_job(play, random, lead_leases != 0 && stress_chance(random, 2));
}

/* Runs the job once, with another one beside it or none. */
static void run_loop(struct play *play, struct synched_job *beside) {
  uv_loop_t loop;
  pthread_t steerer;
  const bool is_steered = play->cancels || play->stops || play->pauses || play->steps;
  STRESS_CHECK(uv_loop_init(&loop) == 0, "no event loop");
  scene_expect_ok(synched_job_start(play->job, &loop), "synched_job_start");
  scene_expect_ok(synched_job_ref(play->job), "synched_job_ref"); /* also while it is paused */
  if (beside != NULL)
    scene_expect_ok(synched_job_start(beside, &loop), "synched_job_start");
  if (is_steered)
    stress_thread_start(&steerer, steer, play);
  stress_is_at("waits for the job to end");
  (void)uv_run(&loop, UV_RUN_DEFAULT);
  if (is_steered)
    stress_thread_join(steerer);
  STRESS_CHECK(uv_loop_close(&loop) == 0, "the job has left a handle in the loop");
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
  const uint64_t published = atomic_load_explicit(&play->published, memory_order_relaxed);
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
  const uint64_t round = atomic_load_explicit(&play->published, memory_order_relaxed);
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
  for (unsigned f = 0; f < play->field_count; f++) {
    const struct synched_snapshot *now = synched_snapshot_current(play->fields[f].memory);
    if (now == NULL)
      continue;
    STRESS_CHECK(now->round == round, "round %" PRIu64 " is there, %" PRIu64 " was published last",
                 now->round, round);
    check_snapshot(play, now);
    synched_snapshot_release(now);
  }
  /* It goes on from here. */
  for (unsigned f = 0; f < play->field_count && play->status != 0; f++)
    if (play->fields[f].in_place && !has(play->reads_only, f))
      load(play, f, origin_of(play, f, round, play->stage_count));
}

static void begin_run(struct play *play, uint64_t round_count) {
  play->base = atomic_load_explicit(&play->published, memory_order_relaxed);
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

static void run_once(struct play *play, struct stress_random *random, struct synched_job *beside) {
  static struct reader readers[READERS_MOST];
  const bool is_advanced = stress_chance(random, 4);
  begin_run(play, play->round_count);
  play->fail_from = stress_chance(random, 3) ? play->base + stress_between(random, 1, 60) : 0;
  play->cancels = !is_advanced && stress_chance(random, 4);
  play->stops = !is_advanced && stress_chance(random, 6);
  play->steps = !is_advanced && stress_chance(random, 6);
  play->pauses = !is_advanced && stress_chance(random, 6);
  /* Readers look at the numbers of the run, which are those of an advance otherwise. */
  const unsigned reader_count = is_advanced ? 0 : play->reader_count;
  atomic_store_explicit(&play->stopping, false, memory_order_relaxed);
  for (unsigned r = 0; r < reader_count; r++) {
    readers[r] = (struct reader){.play = play, .random = stress_split(random)};
    stress_thread_start(&readers[r].thread, read_along, &readers[r]);
  }
  if (is_advanced)
    advance(play, random);
  else
    run_loop(play, beside);
  atomic_store_explicit(&play->stopping, true, memory_order_relaxed);
  for (unsigned r = 0; r < reader_count; r++) {
    stress_thread_join(readers[r].thread);
    seen_total += readers[r].round != 0;
  }
  if (is_advanced)
    return;
  check_failure(play);
  check_end(play);
}

/* Each memory is by itself again, and has what the last round left. */
static void take_down(struct play *play) {
  const uint64_t round = atomic_load_explicit(&play->published, memory_order_relaxed);
  scene_expect_ok(synched_job_destroy(play->job), "synched_job_destroy");
  for (unsigned f = 0; f < play->field_count; f++) {
    struct field *field = &play->fields[f];
    const struct synched_snapshot *now = synched_snapshot_current(field->memory);
    STRESS_CHECK((now == NULL) == field->in_place, "the snapshot of field %u", f);
    for (size_t s = 0; now != NULL && s < play->segment_count; s++)
      check_segment(play, f, origin_of(play, f, round, play->stage_count), s, now);
    synched_snapshot_release(now);
    scene_expect_ok(synched_memory_destroy(field->memory), "synched_memory_destroy");
  }
}

/* Another job of the same pool. */
struct beside {
  struct scene_memory scene;
  struct synched_job *job;
};

static int compute_beside(struct synched_task *task, void *user) {
  scene_compute(&((struct beside *)user)->scene, task);
  return 0;
}

static void create_beside(struct beside *beside, struct stress_random *random,
                          struct synched_pool *pool) {
  const struct scene_limits limits = {.segments_most = 6, .capacity_most = 8, .leases_most = 1};
  scene_memory_create(&beside->scene, random, &limits);
  scene_expect_ok(synched_job_create(&beside->job, pool, beside->scene.memory,
                                     SYNCHED_JOB_OPTIONS(.compute = compute_beside, .user = beside,
                                                         .round_count = 60)),
                  "synched_job_create");
}

static void run_case(struct stress_random *random) {
  static struct play play;
  struct beside beside = {.job = NULL};
  set_up(&play, random);
  if (stress_chance(random, 3))
    create_beside(&beside, random, play.pool);
  for (uint64_t run = stress_between(random, 1, 3); run > 0; run--)
    run_once(&play, random, beside.job);
  take_down(&play);
  if (beside.job != NULL) {
    scene_expect_ok(synched_job_destroy(beside.job), "synched_job_destroy");
    scene_memory_destroy(&beside.scene);
  }
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
