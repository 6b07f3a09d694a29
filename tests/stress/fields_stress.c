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
#include <uv.h>

#include "support/scene.h"

#define FIELDS_MOST 6u
#define STAGES_MOST 5u
#define READERS_MOST 4u
#define FEW_SEGMENTS 20u
#define MANY_SEGMENTS 1500u
#define CAPACITY_MOST 12u
#define ELEMENT_MOST 24u
#define LENGTH_MOST 12u
#define LOADED UINT64_MAX /* instead of a stage */

enum fold_kind { FOLD_NONE, FOLD_NUMBER, FOLD_NUMBERS, FOLD_RANGE, FOLD_KINDS };

/* To see that segments are combined in their order, each once. */
struct range {
  uint64_t first, end;
  uint64_t broken;
};

struct field {
  struct synched_memory *memory;
  size_t element_size;
  size_t capacities[MANY_SEGMENTS];
  enum synched_refill refill;
  bool in_place, has_copies;
  void *arrays[8]; /* the program's own; NULL: none */
};

struct stage {
  uint32_t writes, overwrites;
  enum fold_kind fold;
  size_t fold_length;
};

struct play {
  uint64_t tag;
  unsigned field_count, stage_count;
  size_t segment_count;
  uint32_t reads_only;
  bool is_staged; /* it has stages, not compute */
  struct field fields[FIELDS_MOST];
  struct stage stages[STAGES_MOST];
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
  _Atomic uint64_t published;
  _Atomic bool stopping;
  _Atomic(const struct synched_snapshot *) handed; /* from reader to reader */
};

struct reader {
  struct play *play;
  struct stress_random random;
  uint64_t round;
  pthread_t thread;
};

static uint64_t round_total, seen_total, failure_total, cancel_total, copy_total;

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

static void check_elements(const struct play *play, unsigned f, struct origin origin,
                           size_t segment, const void *elements) {
  unsigned char expected[CAPACITY_MOST * ELEMENT_MOST];
  const size_t count = count_of(play, f, origin, segment);
  fill(play, f, origin, segment, expected);
  STRESS_CHECK(memcmp(elements, expected, count * play->fields[f].element_size) == 0,
               "field %u has not what stage %" PRId64 " of round %" PRIu64 " wrote in segment %zu",
               f, (int64_t)origin.stage, origin.round, segment);
}

static void check_segment(const struct play *play, unsigned f, struct origin origin, size_t segment,
                          const struct synched_snapshot *view) {
  STRESS_CHECK(view->counts[segment] == count_of(play, f, origin, segment),
               "field %u counts %zu in segment %zu, not %zu as stage %" PRId64 " of round %" PRIu64,
               f, view->counts[segment], segment, count_of(play, f, origin, segment),
               (int64_t)origin.stage, origin.round);
  check_elements(play, f, origin, segment, synched_snapshot_segment(view, segment));
}

/* All of it, or some of it where that is much. */
static void check_view(const struct play *play, unsigned f, struct origin origin,
                       const struct synched_snapshot *view) {
  const size_t step = 1 + play->segment_count / FEW_SEGMENTS;
  for (size_t s = origin.round % step; s < play->segment_count; s += step)
    check_segment(play, f, origin, s, view);
}

/* All fields of a snapshot are of its round. */
static void check_snapshot(const struct play *play, const struct synched_snapshot *now) {
  const uint64_t round = now->fields[0]->round;
  STRESS_CHECK(now->field_count == play->field_count, "a snapshot has %u fields, not %u",
               now->field_count, play->field_count);
  for (unsigned f = 0; f < play->field_count; f++) {
    const struct synched_snapshot *view = now->fields[f];
    STRESS_CHECK(view->round == round, "field %u is of round %" PRIu64 " beside round %" PRIu64, f,
                 view->round, round);
    if (view->data != NULL)
      check_view(play, f, origin_of(play, f, round, play->stage_count), view);
    else
      STRESS_CHECK(play->fields[f].in_place, "field %u has no elements", f);
  }
}

/* --- folds --- */

static int64_t part_of(const struct play *play, uint64_t round, unsigned stage, size_t segment,
                       size_t k) {
  return (int64_t)(stress_mix(play->tag, round * 64 + stage + segment * 1000 + k) >> 30);
}

static void combine_ranges(void *into, const void *next, void *user) {
  struct range *range = into;
  const struct range *after = next;
  (void)user;
  range->broken += after->broken + (after->first != range->end);
  range->end = after->end;
}

static void contribute(const struct play *play, struct synched_task *task, unsigned stage) {
  const struct stage *self = &play->stages[stage];
  if (self->fold == FOLD_NUMBER)
    task->contribution = (double)part_of(play, task->round, stage, task->segment, 0);
  if (self->fold == FOLD_NUMBERS)
    for (size_t k = 0; k < self->fold_length; k++)
      ((int64_t *)synched_task_fold(task))[k] = part_of(play, task->round, stage, task->segment, k);
  if (self->fold == FOLD_RANGE)
    *(struct range *)synched_task_fold(task) = (struct range){task->segment, task->segment + 1, 0};
}

/* What a stage has folded in a round; 0: at first. */
static void check_fold(const struct play *play, uint64_t round, unsigned stage, const void *fold) {
  const struct stage *self = &play->stages[stage];
  const size_t segments = round == 0 ? 0 : play->segment_count;
  if (self->fold == FOLD_RANGE) {
    const struct range *range = fold;
    STRESS_CHECK(range->first == 0 && range->end == segments && range->broken == 0,
                 "stage %u has not combined segments in order", stage);
    return;
  }
  const size_t length = self->fold == FOLD_NUMBER ? 1 : self->fold_length;
  for (size_t k = 0; self->fold != FOLD_NONE && k < length; k++) {
    int64_t sum = 0;
    for (size_t s = 0; s < segments; s++)
      sum += part_of(play, round, stage, s, k);
    const bool is_right = self->fold == FOLD_NUMBER ? *(const double *)fold == (double)sum
                                                    : ((const int64_t *)fold)[k] == sum;
    STRESS_CHECK(is_right, "number %zu of the fold of stage %u in round %" PRIu64 " is wrong", k,
                 stage, round);
  }
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

/* Looks at its own segment of a field and, if nobody changes it now, at another one. */
static void check_field(const struct play *play, const struct synched_task *task, unsigned stage,
                        unsigned f) {
  const struct origin origin = origin_of(play, f, task->round, stage);
  const struct synched_snapshot *view = synched_task_field(task, f);
  check_segment(play, f, origin, task->segment, view);
  if (!play->fields[f].in_place || !has(play->stages[stage].writes, f))
    check_segment(play, f, origin, (task->segment * 7 + task->round) % play->segment_count, view);
}

static int compute(struct synched_task *task, void *user) {
  const struct play *play = user;
  const unsigned stage = task->parts == NULL ? 0 : task->parts->stage;
  for (unsigned f = 0; f < play->field_count; f++)
    check_field(play, task, stage, f);
  for (unsigned s = 0; task->segment == 0 && s < play->stage_count; s++)
    if (task->parts != NULL && task->parts->folds != NULL && synched_task_folded(task, s) != NULL)
      check_fold(play, s < stage ? task->round : task->round - 1, s, synched_task_folded(task, s));
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
  contribute(play, task, stage);
  if (stress_mix(play->tag, task->round * 8 + stage + task->segment) % 4 == 0)
    stress_work(task->round % 100);
  return task->round == play->fail_round && stage == play->fail_stage &&
                 task->segment == play->fail_segment
             ? 17
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
  stress_step();
  check_snapshot(play, now);
  for (unsigned f = 0; f < play->field_count; f++) {
    const unsigned char *elements = synched_memory_elements(play->fields[f].memory);
    const size_t s = now->round % play->segment_count;
    if (elements != NULL)
      check_elements(play, f, origin_of(play, f, now->round, play->stage_count), s,
                     elements + now->fields[f]->offsets[s] * play->fields[f].element_size);
  }
  for (unsigned s = 0; s < now->fold_count; s++)
    if (now->folds[s] != NULL)
      check_fold(play, now->round, s, now->folds[s]);
  atomic_store_explicit(&play->published, now->round, memory_order_release);
  return SYNCHED_CONTINUE;
}

static void on_snapshot(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  struct play *play = user;
  (void)job;
  check_snapshot(play, now);
  STRESS_CHECK(now->round > play->delivered_round, "round %" PRIu64 " comes after %" PRIu64,
               now->round, play->delivered_round);
  STRESS_CHECK(!play->delivers_every || now->round == play->delivered_round + 1,
               "round %" PRIu64 " comes after %" PRIu64, now->round, play->delivered_round);
  play->delivered_round = now->round;
  for (unsigned f = 0; f < play->field_count; f++) {
    STRESS_CHECK(!play->fields[f].has_copies || now->fields[f]->data != NULL,
                 "field %u has no copy", f);
    copy_total += play->fields[f].has_copies;
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

static bool is_stopping(const struct play *play) {
  return atomic_load_explicit(&play->stopping, memory_order_relaxed);
}

static void read_once(struct reader *reader) {
  struct play *play = reader->play;
  const uint64_t published = atomic_load_explicit(&play->published, memory_order_acquire);
  const unsigned f = (unsigned)stress_below(&reader->random, play->field_count);
  const struct synched_snapshot *now = synched_snapshot_current(play->fields[f].memory);
  if (now == NULL) {
    STRESS_CHECK(play->fields[f].in_place, "field %u has no snapshot", f);
    return;
  }
  STRESS_CHECK(now == now->fields[f], "the snapshot of field %u is that of another one", f);
  STRESS_CHECK(now->round >= reader->round && now->round >= published,
               "a reader is given round %" PRIu64 " after it has seen %" PRIu64
               " and on_round %" PRIu64,
               now->round, reader->round, published);
  reader->round = now->round;
  check_snapshot(play, now);
  if (stress_chance(&reader->random, 3)) {
    /* Another reader releases it, through whatever field. */
    const struct synched_snapshot *other =
        now->fields[stress_below(&reader->random, play->field_count)];
    STRESS_CHECK(synched_snapshot_retain(other) == other, "retain gives another snapshot");
    other = atomic_exchange_explicit(&play->handed, other, memory_order_acq_rel);
    if (other != NULL)
      check_snapshot(play, other);
    synched_snapshot_release(other);
  }
  stress_dawdle(&reader->random);
  check_snapshot(play, now);
  synched_snapshot_release(now);
}

static void *read_along(void *argument) {
  struct reader *reader = argument;
  while (!is_stopping(reader->play)) {
    read_once(reader);
    stress_dawdle(&reader->random);
    /* What is handed on and taken by nobody may be what the job waits for. */
    synched_snapshot_release(
        atomic_exchange_explicit(&reader->play->handed, NULL, memory_order_acq_rel));
  }
  return NULL;
}

static void *steer(void *argument) {
  struct play *play = argument;
  struct stress_random *random = &play->canceller_random;
  for (unsigned i = 0; play->pauses && i < 3; i++) {
    stress_dawdle(random);
    const int paused = synched_job_pause(play->job);
    STRESS_CHECK(paused == 0 || paused == SYNCHED_EALREADY, "pause: %s", synched_err_name(paused));
    stress_dawdle(random);
    if (stress_chance(random, 2))
      (void)synched_job_step(play->job, stress_between(random, 1, 3));
    const int resumed = synched_job_resume(play->job);
    STRESS_CHECK(resumed == 0 || resumed == SYNCHED_EALREADY, "resume: %s",
                 synched_err_name(resumed));
  }
  for (uint64_t i = stress_below(random, 200); play->cancels && i > 0; i--)
    stress_dawdle(random);
  const int status = play->cancels ? synched_job_cancel(play->job) : 0;
  STRESS_CHECK(status == 0 || status == SYNCHED_EALREADY, "cancel: %s", synched_err_name(status));
  return NULL;
}

/* --- a case --- */

static void draw_stages(struct play *play, struct stress_random *random) {
  const uint32_t all = (UINT32_C(1) << play->field_count) - 1;
  for (unsigned s = 0; s < play->stage_count; s++) {
    struct stage *stage = &play->stages[s];
    stage->writes = (uint32_t)stress_draw(random) & all & ~play->reads_only;
    stage->overwrites = stage->writes & (uint32_t)stress_draw(random);
    stage->fold = (enum fold_kind)stress_below(random, FOLD_KINDS);
    stage->fold_length = stress_between(random, 1, LENGTH_MOST);
    if (!play->is_staged) {
      stage->writes = all & ~play->reads_only;
      stage->overwrites = 0;
    }
  }
}

/* How many of the program's own buffers a field needs. */
static unsigned buffers_needed(const struct play *play, unsigned f, unsigned lead_leases) {
  unsigned writers = 0;
  for (unsigned s = 0; s < play->stage_count; s++)
    writers += has(play->stages[s].writes, f);
  return play->fields[f].in_place ? 1 : 2 + lead_leases + (writers > 1);
}

/* Alternately the library's buffers and the program's. */
static void create_memory(struct play *play, unsigned f, unsigned lead_leases,
                          struct stress_random *random) {
  struct field *field = &play->fields[f];
  struct synched_memory_options options = {
      .struct_size = sizeof options,
      .segment_count = play->segment_count,
      .segment_capacities = field->capacities,
      .element_size = field->element_size,
      .lease_count = f == 0 ? lead_leases : (unsigned)stress_below(random, 2),
      .layout = stress_chance(random, 3) ? SYNCHED_LAYOUT_PADDED : SYNCHED_LAYOUT_PACKED,
      .refill = field->refill,
      .flags = field->in_place ? SYNCHED_MEMORY_IN_PLACE : 0};
  const unsigned most = buffers_needed(play, f, f == 0 ? lead_leases : lead_leases + 1);
  if (stress_chance(random, 3)) {
    struct synched_memory_needs needs;
    scene_expect_ok(synched_memory_needs(&options, &needs), "synched_memory_needs");
    options.buffers = field->arrays;
    options.buffer_count = most > needs.buffer_count ? most : needs.buffer_count;
    options.buffer_bytes = needs.bytes;
    for (unsigned b = 0; b < options.buffer_count; b++)
      STRESS_CHECK(posix_memalign(&field->arrays[b], 128, needs.bytes) == 0, "no memory");
    memset(field->arrays[0], 0, needs.bytes);
  }
  field->has_copies = field->in_place && options.lease_count != 0;
  scene_expect_ok(synched_memory_create(&field->memory, &options), "synched_memory_create");
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

static void draw_fields(struct play *play, struct stress_random *random) {
  static const size_t sizes[] = {1, 4, 8, 12, 24};
  for (unsigned f = 0; f < play->field_count; f++) {
    struct field *field = &play->fields[f];
    field->element_size = sizes[stress_below(random, 5)];
    field->in_place = stress_chance(random, 4);
    field->refill =
        field->in_place ? SYNCHED_REFILL_ZERO : (enum synched_refill)stress_below(random, 3);
    for (size_t s = 0; s < play->segment_count; s++)
      field->capacities[s] = stress_below(random, CAPACITY_MOST + 1);
    field->capacities[0] = CAPACITY_MOST;
  }
}

static struct synched_stage stage_options(const struct stage *stage) {
  struct synched_stage options = {.compute = compute,
                                  .writes =
                                      stage->writes == 0 ? SYNCHED_WRITES_NONE : stage->writes,
                                  .overwrites = stage->overwrites};
  if (stage->fold == FOLD_NUMBER)
    options.fold = SYNCHED_FOLD_SUM;
  if (stage->fold == FOLD_NUMBERS) {
    options.fold = SYNCHED_FOLD_SUM;
    options.fold_type = SYNCHED_FOLD_INT64;
    options.fold_length = stage->fold_length;
  }
  if (stage->fold == FOLD_RANGE) {
    options.fold = SYNCHED_FOLD_CUSTOM;
    options.fold_size = sizeof(struct range);
    options.fold_combine = combine_ranges;
  }
  return options;
}

static void create_job(struct play *play, struct stress_random *random, bool has_init,
                       bool may_deliver) {
  struct synched_stage stages[STAGES_MOST];
  struct synched_memory *others[FIELDS_MOST];
  bool drops = stress_chance(random, 6);
  for (unsigned s = 0; s < play->stage_count; s++)
    stages[s] = stage_options(&play->stages[s]);
  for (unsigned f = 1; f < play->field_count; f++)
    others[f - 1] = play->fields[f].memory;
  for (unsigned f = 0; f < play->field_count; f++)
    drops = drops && (!play->fields[f].in_place || has(play->reads_only, f));
  play->delivers_every = may_deliver && stress_chance(random, 2);
  play->drops = drops;
  struct synched_job_options options = {
      .struct_size = sizeof options,
      .user = play,
      .init = has_init ? init : NULL,
      .on_round = on_round,
      .on_snapshot = may_deliver ? on_snapshot : NULL,
      .delivery = play->delivers_every ? SYNCHED_DELIVER_EVERY : SYNCHED_DELIVER_LATEST,
      .on_done = on_done,
      .round_count = stress_between(random, 1, play->segment_count > FEW_SEGMENTS ? 30 : 200),
      .balance = stress_chance(random, 2) ? SYNCHED_BALANCE_STATIC : SYNCHED_BALANCE_STEAL,
      .flags = stress_chance(random, 3) ? SYNCHED_JOB_EAGER : 0,
      .record = stress_chance(random, 3) ? SYNCHED_RECORD_TASKS : SYNCHED_RECORD_TOTALS,
      .deadline_ns = drops ? stress_between(random, 20000, 2000000) : 0,
      .deadline_policy = drops ? SYNCHED_DEADLINE_CANCEL : SYNCHED_DEADLINE_REPORT,
      .fields = play->field_count > 1 ? others : NULL,
      .field_count = play->field_count,
      .reads_only = play->reads_only,
  };
  if (play->is_staged) {
    options.stages = stages;
    options.stage_count = play->stage_count;
  } else {
    options.compute = compute;
    options.fold = stages[0].fold;
    options.fold_type = stages[0].fold_type;
    options.fold_length = stages[0].fold_length;
    options.fold_size = stages[0].fold_size;
    options.fold_combine = stages[0].fold_combine;
  }
  scene_expect_ok(synched_job_create(&play->job, play->pool, play->fields[0].memory, &options),
                  "synched_job_create");
  stress_case_is("%u fields, %u stages, staged %d, %zu segments, %u readers, static %d, delivers "
                 "%d, every %d, init %d, drops %d, reads only %#x, %" PRIu64 " rounds",
                 play->field_count, play->stage_count, play->is_staged, play->segment_count,
                 play->reader_count, options.balance == SYNCHED_BALANCE_STATIC, may_deliver,
                 play->delivers_every, has_init, drops, (unsigned)play->reads_only,
                 options.round_count);
}

static void set_up(struct play *play, struct stress_random *random) {
  memset(play, 0, sizeof *play);
  play->tag = stress_draw(random);
  play->field_count = (unsigned)stress_between(random, 1, FIELDS_MOST);
  play->stage_count = (unsigned)stress_between(random, 1, STAGES_MOST);
  play->is_staged = play->stage_count > 1 || stress_chance(random, 2);
  play->segment_count =
      stress_between(random, 1, stress_chance(random, 12) ? MANY_SEGMENTS : FEW_SEGMENTS);
  if (stress_chance(random, 3))
    play->reads_only = (uint32_t)stress_draw(random) & ((UINT32_C(1) << play->field_count) - 1);
  play->pool = scene_pool_create(random, 5);
  play->reader_count = (unsigned)stress_below(random, READERS_MOST + 1);
  play->canceller_random = stress_split(random);
  draw_fields(play, random);
  draw_stages(play, random);
  const unsigned lead_leases = (unsigned)stress_below(random, 4);
  const bool has_init = stress_chance(random, 3);
  for (unsigned f = 0; f < play->field_count; f++) {
    create_memory(play, f, lead_leases, random);
    load(play, f, (struct origin){0, LOADED});
  }
  create_job(play, random, has_init, lead_leases != 0 && stress_chance(random, 2));
}

/* Runs the job once, with another one beside it or none. */
static void run_loop(struct play *play, struct synched_job *beside) {
  uv_loop_t loop;
  pthread_t steerer;
  const bool is_steered = play->cancels || play->pauses;
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

/* What the run has left, and what it has not. */
static void check_end(struct play *play, uint64_t round_before) {
  const uint64_t round = atomic_load_explicit(&play->published, memory_order_relaxed);
  const bool failed = play->status == 17;
  STRESS_CHECK(play->status == 0 || failed || (play->cancels && play->status == SYNCHED_ECANCELED),
               "the job ended with %s: %s", synched_err_name(play->status),
               synched_error_message());
  STRESS_CHECK(!failed || round == play->fail_round - 1,
               "it failed after round %" PRIu64 ", not in %" PRIu64, round, play->fail_round);
  STRESS_CHECK(round >= round_before, "round %" PRIu64 " after %" PRIu64, round, round_before);
  failure_total += failed;
  cancel_total += play->status == SYNCHED_ECANCELED;
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

static void run_once(struct play *play, struct stress_random *random, struct synched_job *beside) {
  static struct reader readers[READERS_MOST];
  const uint64_t round = atomic_load_explicit(&play->published, memory_order_relaxed);
  play->fail_round = stress_chance(random, 2) ? round + stress_between(random, 1, 100) : 0;
  play->fail_stage = (unsigned)stress_below(random, play->stage_count);
  play->fail_segment = stress_below(random, play->segment_count);
  play->cancels = play->drops || stress_chance(random, 3);
  play->pauses = stress_chance(random, 4);
  play->delivered_round = round;
  atomic_store_explicit(&play->stopping, false, memory_order_relaxed);
  for (unsigned r = 0; r < play->reader_count; r++) {
    readers[r] = (struct reader){.play = play, .random = stress_split(random)};
    stress_thread_start(&readers[r].thread, read_along, &readers[r]);
  }
  run_loop(play, beside);
  atomic_store_explicit(&play->stopping, true, memory_order_relaxed);
  for (unsigned r = 0; r < play->reader_count; r++) {
    stress_thread_join(readers[r].thread);
    seen_total += readers[r].round != 0;
  }
  synched_snapshot_release(atomic_exchange_explicit(&play->handed, NULL, memory_order_acq_rel));
  check_end(play, round);
}

/* Each memory is by itself again, and has what the last round left. */
static void take_down(struct play *play) {
  const uint64_t round = atomic_load_explicit(&play->published, memory_order_relaxed);
  scene_expect_ok(synched_job_destroy(play->job), "synched_job_destroy");
  for (unsigned f = 0; f < play->field_count; f++) {
    struct field *field = &play->fields[f];
    const struct synched_snapshot *now = synched_snapshot_current(field->memory);
    STRESS_CHECK((now == NULL) == field->in_place, "the snapshot of field %u", f);
    if (now != NULL) {
      STRESS_CHECK(now->round == round && now->field_count == 1, "round %" PRIu64 ", %u fields",
                   now->round, now->field_count);
      check_view(play, f, origin_of(play, f, round, play->stage_count), now);
    }
    synched_snapshot_release(now);
    scene_expect_ok(synched_memory_destroy(field->memory), "synched_memory_destroy");
    for (unsigned b = 0; b < 8; b++)
      free(field->arrays[b]);
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
  stress_begin("fields_stress", argc, argv);
  struct stress_random random;
  while (stress_next_case(&random))
    run_case(&random);
  return stress_end("%" PRIu64 " rounds, %" PRIu64 " jobs failed and %" PRIu64
                    " were cancelled; %" PRIu64 " readers, %" PRIu64 " copies",
                    round_total, failure_total, cancel_total, seen_total, copy_total);
}
