/*
 * fields_stress.c: jobs of several fields and stages, drawn at random, while readers on other
 * threads hold snapshots of all of their memories.
 *
 * Each element says which stage of which round has written it, so calls know what they must find in
 * every field, as the stages before them left it, without any history. What a snapshot shows must
 * be of one round, in all fields, and must not change while it is held. Readers hand what they
 * retain to each other. A job ends by its number of rounds, by a call that fails in some stage, or
 * by being cancelled; then it is started again. Fields may be changed in place, lie in arrays of
 * the program's own, be uneven or padded, be only read; stages fold numbers or, to see the order,
 * ranges. Another job may share the pool.
 */
#include "support/stress.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <synched/synched.h>

#include "support/origins.h"
#include "support/scene.h"

#define ARRAYS_MOST 8u
#define LENGTH_MOST 12u

enum fold_kind { FOLD_NONE, FOLD_NUMBER, FOLD_NUMBERS, FOLD_RANGE, FOLD_KINDS };

/* To see that segments are combined in their order, each once. */
struct range {
  uint64_t first, end;
  uint64_t broken;
};

struct folded {
  enum fold_kind kind;
  size_t length;
};

struct play {
  struct origins origins;
  struct folded folds[ORIGINS_STAGES_MOST];
  bool has_copies[ORIGINS_FIELDS_MOST];
  void *arrays[ORIGINS_FIELDS_MOST][ARRAYS_MOST]; /* the program's own; NULL: none */
  struct synched_pool *pool;
  struct synched_job *job;
  uint64_t fail_round; /* 0: none */
  unsigned fail_stage;
  size_t fail_segment;
  bool cancels, pauses, drops;
  struct stress_random canceller_random;
  uint64_t delivered_round;
  bool delivers_every;
  int status;
  unsigned reader_count;
  struct origins_readers readers;
};

static uint64_t round_total, seen_total, failure_total, cancel_total, copy_total;

static void check_snapshot(const struct synched_snapshot *now, const void *user) {
  origins_check_snapshot(&((const struct play *)user)->origins, now);
}

/* --- folds --- */

static int64_t part_of(const struct play *play, uint64_t round, unsigned stage, size_t segment,
                       size_t k) {
  return (int64_t)(stress_mix(play->origins.tag, round * 64 + stage + segment * 1000 + k) >> 30);
}

static void combine_ranges(void *into, const void *next, void *user) {
  struct range *range = into;
  const struct range *after = next;
  (void)user;
  range->broken += after->broken + (after->first != range->end);
  range->end = after->end;
}

static void contribute(const struct play *play, struct synched_task *task, unsigned stage) {
  const struct folded *self = &play->folds[stage];
  if (self->kind == FOLD_NUMBER)
    task->contribution = (double)part_of(play, task->round, stage, task->segment, 0);
  if (self->kind == FOLD_NUMBERS)
    for (size_t k = 0; k < self->length; k++)
      ((int64_t *)synched_task_fold(task))[k] = part_of(play, task->round, stage, task->segment, k);
  if (self->kind == FOLD_RANGE)
    *(struct range *)synched_task_fold(task) = (struct range){task->segment, task->segment + 1, 0};
}

/* What a stage has folded in a round; 0: at first. */
static void check_fold(const struct play *play, uint64_t round, unsigned stage, const void *fold) {
  const struct folded *self = &play->folds[stage];
  const size_t segments = round == 0 ? 0 : play->origins.segment_count;
  if (self->kind == FOLD_RANGE) {
    const struct range *range = fold;
    STRESS_CHECK(range->first == 0 && range->end == segments && range->broken == 0,
                 "stage %u has not combined segments in order", stage);
    return;
  }
  const size_t length = self->kind == FOLD_NUMBER ? 1 : self->length;
  for (size_t k = 0; self->kind != FOLD_NONE && k < length; k++) {
    int64_t sum = 0;
    for (size_t s = 0; s < segments; s++)
      sum += part_of(play, round, stage, s, k);
    const bool is_right = self->kind == FOLD_NUMBER ? *(const double *)fold == (double)sum
                                                    : ((const int64_t *)fold)[k] == sum;
    STRESS_CHECK(is_right, "number %zu of the fold of stage %u in round %" PRIu64 " is wrong", k,
                 stage, round);
  }
}

/* --- the job's callbacks --- */

/* Looks at its own segment of a field and, if nobody changes it now, at another one. */
static void check_field(const struct play *play, const struct synched_task *task, unsigned stage,
                        unsigned f) {
  const struct origin origin = origins_of(&play->origins, f, task->round, stage);
  const struct synched_snapshot *view = synched_task_field(task, f);
  origins_check_segment(&play->origins, f, origin, task->segment, view);
  if (!play->origins.fields[f].in_place || !origins_has(play->origins.writes[stage], f))
    origins_check_segment(&play->origins, f, origin,
                          (task->segment * 7 + (size_t)task->round) % play->origins.segment_count,
                          view);
}

static int compute(struct synched_task *task, void *user) {
  const struct play *play = user;
  const struct origins *origins = &play->origins;
  const unsigned stage = task->parts == NULL ? 0 : task->parts->stage;
  for (unsigned f = 0; f < origins->field_count; f++)
    check_field(play, task, stage, f);
  for (unsigned s = 0; task->segment == 0 && s < origins->stage_count; s++)
    if (task->parts != NULL && task->parts->folds != NULL && synched_task_folded(task, s) != NULL)
      check_fold(play, s < stage ? task->round : task->round - 1, s, synched_task_folded(task, s));
  origins_check_refills(origins, task, stage);
  origins_write(origins, task, origins->writes[stage], (struct origin){task->round, stage});
  contribute(play, task, stage);
  if (stress_mix(origins->tag, task->round * 8 + stage + task->segment) % 4 == 0)
    stress_work(task->round % 100);
  return task->round == play->fail_round && stage == play->fail_stage &&
                 task->segment == play->fail_segment
             ? 17
             : 0;
}

static int on_round(const struct synched_snapshot *now, void *user) {
  struct play *play = user;
  stress_step();
  check_snapshot(now, play);
  for (unsigned f = 0; f < play->origins.field_count; f++) {
    const unsigned char *elements = synched_memory_elements(play->origins.fields[f].memory);
    const size_t s = (size_t)now->round % play->origins.segment_count;
    if (elements != NULL)
      origins_check_elements(
          &play->origins, f, origins_of(&play->origins, f, now->round, play->origins.stage_count),
          s, elements + now->fields[f]->offsets[s] * play->origins.fields[f].element_size);
  }
  for (unsigned s = 0; s < now->fold_count; s++)
    if (now->folds[s] != NULL)
      check_fold(play, now->round, s, now->folds[s]);
  atomic_store_explicit(&play->readers.published, now->round, memory_order_release);
  return SYNCHED_CONTINUE;
}

static void on_snapshot(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  struct play *play = user;
  (void)job;
  check_snapshot(now, play);
  STRESS_CHECK(now->round > play->delivered_round, "round %" PRIu64 " comes after %" PRIu64,
               now->round, play->delivered_round);
  STRESS_CHECK(!play->delivers_every || now->round == play->delivered_round + 1,
               "round %" PRIu64 " comes after %" PRIu64, now->round, play->delivered_round);
  play->delivered_round = now->round;
  for (unsigned f = 0; f < play->origins.field_count; f++) {
    STRESS_CHECK(!play->has_copies[f] || now->fields[f]->data != NULL, "field %u has no copy", f);
    copy_total += play->has_copies[f];
  }
}

static void on_done(struct synched_job *job, int status, const struct synched_report *report,
                    void *user) {
  struct play *play = user;
  (void)job;
  play->status = status;
  round_total += scene_summary(report).round_count;
}

/* --- other threads --- */

static void *steer(void *argument) {
  struct play *play = argument;
  struct stress_random *random = &play->canceller_random;
  for (unsigned i = 0; play->pauses && i < 3; i++) {
    stress_dawdle(random);
    scene_expect_ok_or_already(synched_job_pause(play->job), "pause");
    stress_dawdle(random);
    if (stress_chance(random, 2))
      (void)synched_job_step(play->job, stress_between(random, 1, 3));
    scene_expect_ok_or_already(synched_job_resume(play->job), "resume");
  }
  /* Of a job that misses all its deadlines nothing else is seen until then. */
  for (uint64_t i = stress_below(random, 200); play->cancels && i > 0; i--) {
    stress_dawdle(random);
    stress_step();
  }
  if (play->cancels)
    scene_expect_ok_or_already(synched_job_cancel(play->job), "cancel");
  return NULL;
}

/* --- a case --- */

/* How many of the program's own buffers a field needs. */
static unsigned buffers_needed(const struct play *play, unsigned f, unsigned lead_leases) {
  unsigned writers = 0;
  for (unsigned s = 0; s < play->origins.stage_count; s++)
    writers += origins_has(play->origins.writes[s], f);
  return play->origins.fields[f].in_place ? 1 : 2 + lead_leases + (writers > 1);
}

/* Alternately the library's buffers and the program's. */
static void create_memory(struct play *play, unsigned f, unsigned lead_leases,
                          struct stress_random *random) {
  struct origins_field *field = &play->origins.fields[f];
  void **arrays = play->arrays[f];
  struct synched_memory_options options = origins_memory_options(
      &play->origins, f, f == 0 ? lead_leases : (unsigned)stress_below(random, 2), random);
  const unsigned most = buffers_needed(play, f, f == 0 ? lead_leases : lead_leases + 1);
  if (stress_chance(random, 3)) {
    struct synched_memory_needs needs;
    scene_expect_ok(synched_memory_needs(&options, &needs), "synched_memory_needs");
    options.buffers = arrays;
    options.buffer_count = most > needs.buffer_count ? most : needs.buffer_count;
    options.buffer_bytes = needs.bytes;
    for (unsigned b = 0; b < options.buffer_count; b++)
      STRESS_CHECK(posix_memalign(&arrays[b], 128, needs.bytes) == 0, "no memory");
    memset(arrays[0], 0, needs.bytes);
  }
  play->has_copies[f] = field->in_place && options.lease_count != 0;
  scene_expect_ok(synched_memory_create(&field->memory, &options), "synched_memory_create");
  origins_load(&play->origins, f, ORIGIN_LOADED);
}

static struct synched_stage stage_options(const struct play *play, unsigned stage) {
  const struct folded *folded = &play->folds[stage];
  struct synched_stage options = origins_stage(&play->origins, stage, compute);
  if (folded->kind == FOLD_NUMBER)
    options.fold = SYNCHED_FOLD_SUM;
  if (folded->kind == FOLD_NUMBERS) {
    options.fold = SYNCHED_FOLD_SUM;
    options.fold_type = SYNCHED_FOLD_INT64;
    options.fold_length = folded->length;
  }
  if (folded->kind == FOLD_RANGE) {
    options.fold = SYNCHED_FOLD_CUSTOM;
    options.fold_size = sizeof(struct range);
    options.fold_combine = combine_ranges;
  }
  return options;
}

static void create_job(struct play *play, struct stress_random *random, bool has_init,
                       bool may_deliver) {
  struct synched_stage stages[ORIGINS_STAGES_MOST];
  struct synched_memory *others[ORIGINS_FIELDS_MOST];
  bool drops = stress_chance(random, 6);
  for (unsigned s = 0; s < play->origins.stage_count; s++)
    stages[s] = stage_options(play, s);
  for (unsigned f = 1; f < play->origins.field_count; f++)
    others[f - 1] = play->origins.fields[f].memory;
  for (unsigned f = 0; f < play->origins.field_count; f++)
    drops =
        drops && (!play->origins.fields[f].in_place || origins_has(play->origins.reads_only, f));
  play->delivers_every = may_deliver && stress_chance(random, 2);
  play->drops = drops;
  struct synched_job_options options = {
      .struct_size = sizeof options,
      .user = play,
      .init = has_init ? origins_init : NULL,
      .on_round = on_round,
      .on_snapshot = may_deliver ? on_snapshot : NULL,
      .delivery = play->delivers_every ? SYNCHED_DELIVER_EVERY : SYNCHED_DELIVER_LATEST,
      .on_done = on_done,
      .round_count =
          stress_between(random, 1, play->origins.segment_count > ORIGINS_FEW_SEGMENTS ? 30 : 200),
      .balance = stress_chance(random, 2) ? SYNCHED_BALANCE_STATIC : SYNCHED_BALANCE_STEAL,
      .flags = stress_chance(random, 3) ? SYNCHED_JOB_EAGER : 0,
      .record = stress_chance(random, 3) ? SYNCHED_RECORD_TASKS : SYNCHED_RECORD_TOTALS,
      .deadline_ns = drops ? stress_between(random, 20000, 2000000) : 0,
      .deadline_policy = drops ? SYNCHED_DEADLINE_CANCEL : SYNCHED_DEADLINE_REPORT,
      .fields = play->origins.field_count > 1 ? others : NULL,
      .field_count = play->origins.field_count,
      .reads_only = play->origins.reads_only,
  };
  if (play->origins.is_staged) {
    options.stages = stages;
    options.stage_count = play->origins.stage_count;
  } else {
    options.compute = compute;
    options.fold = stages[0].fold;
    options.fold_type = stages[0].fold_type;
    options.fold_length = stages[0].fold_length;
    options.fold_size = stages[0].fold_size;
    options.fold_combine = stages[0].fold_combine;
  }
  scene_expect_ok(
      synched_job_create(&play->job, play->pool, play->origins.fields[0].memory, &options),
      "synched_job_create");
  stress_case_is("%u fields, %u stages, staged %d, %zu segments, %u readers, static %d, delivers "
                 "%d, every %d, init %d, drops %d, reads only %#x, %" PRIu64 " rounds",
                 play->origins.field_count, play->origins.stage_count, play->origins.is_staged,
                 play->origins.segment_count, play->reader_count,
                 options.balance == SYNCHED_BALANCE_STATIC, may_deliver, play->delivers_every,
                 has_init, drops, (unsigned)play->origins.reads_only, options.round_count);
}

static void set_up(struct play *play, struct stress_random *random) {
  static const struct origins_limits limits = {ORIGINS_FIELDS_MOST, ORIGINS_STAGES_MOST};
  memset(play, 0, sizeof *play);
  origins_draw(&play->origins, random, &limits);
  play->readers.origins = &play->origins;
  play->readers.check = check_snapshot;
  play->readers.user = play;
  for (unsigned s = 0; s < play->origins.stage_count; s++)
    play->folds[s] = (struct folded){(enum fold_kind)stress_below(random, FOLD_KINDS),
                                     (size_t)stress_between(random, 1, LENGTH_MOST)};
  play->pool = scene_pool_create(random, 5);
  play->reader_count = (unsigned)stress_below(random, ORIGINS_READERS_MOST + 1);
  play->canceller_random = stress_split(random);
  const unsigned lead_leases = (unsigned)stress_below(random, 4);
  const bool has_init = stress_chance(random, 3);
  for (unsigned f = 0; f < play->origins.field_count; f++)
    create_memory(play, f, lead_leases, random);
  create_job(play, random, has_init, lead_leases != 0 && stress_chance(random, 2));
}

/* What the run has left, and what it has not. */
static void check_end(struct play *play, uint64_t round_before) {
  const uint64_t round = origins_published(&play->readers);
  const bool failed = play->status == 17;
  STRESS_CHECK(play->status == 0 || failed || (play->cancels && play->status == SYNCHED_ECANCELED),
               "the job ended with %s: %s", synched_err_name(play->status),
               synched_error_message());
  STRESS_CHECK(!failed || round == play->fail_round - 1,
               "it failed after round %" PRIu64 ", not in %" PRIu64, round, play->fail_round);
  STRESS_CHECK(round >= round_before, "round %" PRIu64 " after %" PRIu64, round, round_before);
  failure_total += failed;
  cancel_total += play->status == SYNCHED_ECANCELED;
  origins_check_current(&play->origins, round, check_snapshot, play);
  /* It goes on from here. */
  for (unsigned f = 0; f < play->origins.field_count && play->status != 0; f++)
    if (play->origins.fields[f].in_place && !origins_has(play->origins.reads_only, f))
      origins_load(&play->origins, f,
                   origins_of(&play->origins, f, round, play->origins.stage_count));
}

static void run_once(struct play *play, struct stress_random *random,
                     const struct scene_beside *beside) {
  const uint64_t round = origins_published(&play->readers);
  play->fail_round = stress_chance(random, 2) ? round + stress_between(random, 1, 100) : 0;
  play->fail_stage = (unsigned)stress_below(random, play->origins.stage_count);
  play->fail_segment = (size_t)stress_below(random, play->origins.segment_count);
  play->cancels = play->drops || stress_chance(random, 3);
  play->pauses = stress_chance(random, 4);
  play->delivered_round = round;
  origins_readers_start(&play->readers, play->reader_count, random);
  scene_run(play->job, beside, play->cancels || play->pauses ? steer : NULL, play);
  seen_total += origins_readers_stop(&play->readers);
  check_end(play, round);
}

static void take_down(struct play *play) {
  scene_expect_ok(synched_job_destroy(play->job), "synched_job_destroy");
  origins_end(&play->origins, origins_published(&play->readers));
  for (unsigned f = 0; f < play->origins.field_count; f++)
    for (unsigned b = 0; b < ARRAYS_MOST; b++)
      free(play->arrays[f][b]);
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
  take_down(&play);
  if (has_beside)
    scene_beside_destroy(&beside);
  scene_pool_destroy(play.pool);
}

int main(int argc, char **argv) {
  stress_begin("fields_stress", argc, argv);
  struct stress_random random;
  while (stress_next_case(&random))
    run_case(&random);
  return stress_end("%" PRIu64 " rounds, %" PRIu64 " jobs failed and %" PRIu64
                    " were cancelled; %" PRIu64 " readers, %" PRIu64 " copies",
                    round_total, failure_total, cancel_total, seen_total, copy_total);
}
