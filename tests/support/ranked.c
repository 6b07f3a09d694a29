#include "support/ranked.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SEGMENTS_MOST 256u
#define CAPACITY 5u
#define FIELDS 2u
#define STAGES 3u
#define LONG_FOLD 3u

struct world {
  const struct ranked_case *what;
  struct ranked_result *out;
  struct synched_cluster *cluster;
  struct synched_job *job;
  struct synched_memory *memories[FIELDS];
  struct synched_segments own;
  bool is_narrow;
  /* of STEERED: the run is over */
  atomic_bool is_over;
  /* of each stage */
  struct synched_reads reads[STAGES];
  size_t offsets[SEGMENTS_MOST + 1];
  size_t listed[4 * SEGMENTS_MOST];
};

static uint64_t mix(uint64_t a, uint64_t b) {
  uint64_t x = (a ^ (b + UINT64_C(0x9e3779b97f4a7c15))) * UINT64_C(0xbf58476d1ce4e5b9);
  x ^= x >> 29;
  x *= UINT64_C(0x94d049bb133111eb);
  return x ^ x >> 32;
}

static size_t capacity_of(size_t segment) {
  return 1 + (segment * 7 + 3) % CAPACITY;
}

static struct synched_cluster_info info_of(const struct world *world) {
  struct synched_cluster_info info = {.struct_size = sizeof info, .rank_count = 1};
  if (world->cluster != NULL)
    (void)synched_cluster_info(world->cluster, &info);
  return info;
}

static unsigned rank_of(const struct world *world) {
  return info_of(world).rank;
}

/* --- what is read --- */

/* Segment s reads s % 4 others. */
static struct synched_reads list_reads(struct world *world) {
  const size_t count = world->what->segment_count;
  size_t entries = 0;
  for (size_t s = 0; s < count; s++) {
    world->offsets[s] = entries;
    for (size_t k = 0; k < s % 4; k++)
      world->listed[entries++] = (s * 11 + k * 29 + 5) % count;
  }
  world->offsets[count] = entries;
  return (struct synched_reads){
      .reach = SYNCHED_REACH_LIST, .offsets = world->offsets, .segments = world->listed};
}

static struct synched_reads near_reads(unsigned radius, bool wraps) {
  return (struct synched_reads){.reach = SYNCHED_REACH_NEAR, .radius = radius, .wraps = wraps};
}

static struct synched_reads reads_of(struct world *world, unsigned stage) {
  switch (world->what->reads) {
  case RANKED_NEAR:
    return near_reads(1, false);
  case RANKED_WRAPS:
    return near_reads(2, true);
  case RANKED_NARROW:
    return (struct synched_reads){.reach = SYNCHED_REACH_NEAR, .radius = 1, .first = 1, .last = 1};
  case RANKED_CLOSED:
    return (struct synched_reads){
        .reach = SYNCHED_REACH_NEAR, .radius = 1, .wraps = 1, .first = 1, .last = 1};
  case RANKED_LIST:
    return list_reads(world);
  case RANKED_MIXED:
    return stage == 0 ? (struct synched_reads){.reach = SYNCHED_REACH_OWN}
                      : near_reads(stage, true);
  case RANKED_ALL:
    break;
  }
  return (struct synched_reads){0};
}

static void set_reads(struct world *world) {
  world->is_narrow = world->what->reads == RANKED_NARROW || world->what->reads == RANKED_CLOSED;
  for (unsigned s = 0; s < STAGES; s++)
    world->reads[s] = reads_of(world, s);
}

static uint64_t mix_segment(uint64_t value, const struct synched_snapshot *of, size_t segment) {
  const uint64_t *numbers = synched_snapshot_segment(of, segment);
  value = mix(value, of->counts[segment]);
  for (size_t i = 0; i < of->counts[segment]; i++)
    value = mix(value, numbers[i]);
  return value;
}

/* A neighbour, of which only the nearest element is read. */
static uint64_t mix_nearest(uint64_t value, const struct synched_snapshot *of, size_t segment,
                            bool is_behind) {
  const uint64_t *numbers = synched_snapshot_segment(of, segment);
  return mix(value, is_behind ? numbers[0] : numbers[capacity_of(segment) - 1]);
}

static uint64_t mix_near(const struct world *world, const struct synched_reads *reads,
                         uint64_t value, const struct synched_snapshot *of, size_t own) {
  const size_t count = world->what->segment_count;
  const size_t radius = reads->radius;
  for (size_t k = 0; k <= 2 * radius; k++) {
    const size_t at = own + 2 * count + k - radius;
    if (k == radius || (!reads->wraps && (at < 2 * count || at >= 3 * count)))
      continue;
    value = world->is_narrow ? mix_nearest(value, of, at % count, k > radius)
                             : mix_segment(value, of, at % count);
  }
  return value;
}

/* All that the call of a segment in this stage may read of a field, beside its own. */
static uint64_t mix_reads(const struct world *world, unsigned stage, uint64_t value,
                          const struct synched_snapshot *of, size_t own) {
  const struct synched_reads *reads = &world->reads[stage];
  if (reads->reach == SYNCHED_REACH_NEAR)
    return mix_near(world, reads, value, of, own);
  for (size_t s = 0; reads->reach == SYNCHED_REACH_ALL && s < world->what->segment_count; s++)
    value = mix_segment(value, of, s);
  for (size_t i = world->offsets[own]; i < world->offsets[own + 1]; i++)
    value = mix_segment(value, of, world->listed[i]);
  return value;
}

/* --- calls --- */

/* Sums of these are not the same in another order. */
static double as_number(uint64_t value) {
  return ((double)(value >> 11) - 4503599627370496.0) / 3.0;
}

void (*ranked_goes_on)(void);

/* Several calls fail, on several ranks: every seventh segment from the first one that does on, and
 * in the next stage, which the serial loop does not come to, the first segment. */
static int fail_here(const struct ranked_case *what, const struct synched_task *task,
                     unsigned stage) {
  if (task->round != what->event_round)
    return 0;
  if (stage == what->event_stage && task->segment >= what->event_segment &&
      (task->segment - what->event_segment) % 7 == 0)
    return RANKED_CODE - (int)(task->segment - what->event_segment);
  return stage == what->event_stage + 1 && task->segment == 0 ? RANKED_CODE + 1 : 0;
}

static void take_long(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  const struct timespec start = now;
  while (now.tv_sec == start.tv_sec && now.tv_nsec < start.tv_nsec + 30000)
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
}

/* What is to go wrong in this call. Returns its code. */
static int meet_event(const struct world *world, const struct synched_task *task, unsigned stage) {
  const struct ranked_case *what = world->what;
  if (ranked_goes_on != NULL)
    ranked_goes_on();
  if (what->learns && world->cluster != NULL && task->segment < what->segment_count / 3)
    take_long();
  if (what->event == RANKED_FAILS)
    return fail_here(what, task, stage);
  if (task->round != what->event_round || task->segment != what->event_segment ||
      stage != what->event_stage)
    return 0;
  if (what->event == RANKED_CANCELS)
    (void)synched_job_cancel(world->job);
  if (what->event == RANKED_STOPS)
    (void)synched_job_stop(world->job);
  return 0;
}

static size_t count_of(const struct world *world, const struct synched_task *task, unsigned stage,
                       uint64_t value) {
  const struct ranked_case *what = world->what;
  const size_t capacity = capacity_of(task->segment);
  if (what->event == RANKED_COUNTS && task->round == what->event_round &&
      task->segment == what->event_segment && stage == what->event_stage)
    return capacity + 1;
  return world->is_narrow ? capacity : 1 + (size_t)(value % capacity);
}

static void write_segment(const struct world *world, struct synched_task *task, unsigned f,
                          uint64_t value, unsigned stage) {
  uint64_t *out = synched_task_out(task, f);
  const uint64_t *own = synched_task_in(task, f);
  const size_t capacity = capacity_of(task->segment);
  for (size_t i = 0; i < capacity; i++)
    out[i] = mix(mix(value, i), own[i]);
  synched_task_set_count(task, f, count_of(world, task, stage, value));
}

static int start(struct synched_task *task, void *user) {
  const struct world *world = user;
  const unsigned fields = world->what->shape == RANKED_PLAIN ? 1 : FIELDS;
  for (unsigned f = 0; f < fields; f++) {
    uint64_t *out = synched_task_out(task, f);
    for (size_t i = 0; i < capacity_of(task->segment); i++)
      out[i] = mix(mix(task->segment, i), f);
    synched_task_set_count(task, f, capacity_of(task->segment));
  }
  return 0;
}

static int step(struct synched_task *task, void *user) {
  const struct world *world = user;
  const int code = meet_event(world, task, 0);
  if (code != 0)
    return code;
  const uint64_t value =
      mix_reads(world, 0, mix(task->round, task->segment), task->previous, task->segment);
  task->contribution = as_number(value);
  write_segment(world, task, 0, value, 0);
  return 0;
}

/* Field 0 from both, with a fold of three sums. */
static int first_stage(struct synched_task *task, void *user) {
  const struct world *world = user;
  const int code = meet_event(world, task, 0);
  if (code != 0)
    return code;
  uint64_t value = mix(task->round, task->segment);
  for (unsigned f = 0; f < FIELDS; f++)
    value = mix_reads(world, 0, value, synched_task_field(task, f), task->segment);
  double *fold = synched_task_fold(task);
  for (unsigned i = 0; i < LONG_FOLD; i++)
    fold[i] = as_number(mix(value, i));
  write_segment(world, task, 0, value, 0);
  return 0;
}

/* Field 1 from both, and from the fold. */
static int second_stage(struct synched_task *task, void *user) {
  const struct world *world = user;
  const int code = meet_event(world, task, 1);
  if (code != 0)
    return code;
  const double *fold = synched_task_folded(task, 0);
  uint64_t bits;
  memcpy(&bits, &fold[1], sizeof bits);
  uint64_t value = mix(bits, task->segment);
  for (unsigned f = 0; f < FIELDS; f++)
    value = mix_reads(world, 1, value, synched_task_field(task, f), task->segment);
  write_segment(world, task, 1, value, 1);
  return 0;
}

/* Writes nothing, folds what the two have written. */
static int last_stage(struct synched_task *task, void *user) {
  const struct world *world = user;
  const int code = meet_event(world, task, 2);
  if (code != 0)
    return code;
  uint64_t value = task->segment;
  for (unsigned f = 0; f < FIELDS; f++)
    value = mix_reads(world, 2, value, synched_task_field(task, f), task->segment);
  *(int64_t *)synched_task_fold(task) = (int64_t)(value >> 8);
  return 0;
}

/* In place: field f from the other one. */
static int step_in_place(const struct world *world, struct synched_task *task, unsigned f) {
  const int code = meet_event(world, task, f);
  if (code != 0)
    return code;
  const uint64_t value = mix_reads(world, f, mix(task->round, task->segment),
                                   synched_task_field(task, 1 - f), task->segment);
  write_segment(world, task, f, value, f);
  return 0;
}

static int first_in_place(struct synched_task *task, void *user) {
  return step_in_place(user, task, 0);
}

static int second_in_place(struct synched_task *task, void *user) {
  return step_in_place(user, task, 1);
}

/* --- rounds --- */

static void note_folds(struct world *world, const struct synched_snapshot *now) {
  uint64_t bits;
  memcpy(&bits, &now->fold, sizeof bits);
  world->out->folds = mix(world->out->folds, bits);
  if (now->fold_count == 0 || world->what->shape != RANKED_STAGES)
    return;
  const unsigned char *long_fold = now->folds[0];
  for (unsigned i = 0; i < LONG_FOLD; i++) {
    memcpy(&bits, long_fold + i * sizeof bits, sizeof bits);
    world->out->folds = mix(world->out->folds, bits);
  }
  memcpy(&bits, now->folds[2], sizeof bits);
  world->out->folds = mix(world->out->folds, bits);
}

/* Whether this rank computes the segment at which something happens. */
static bool is_here(const struct world *world) {
  const size_t segment = world->what->event_segment;
  return segment >= world->own.first && segment - world->own.first < world->own.count;
}

/* The lowest of those that return a code is the rank where it happens. */
static int disagree(const struct world *world) {
  if (is_here(world))
    return RANKED_CODE;
  return world->own.first > world->what->event_segment ? RANKED_CODE - 1 : SYNCHED_STOP;
}

static int answer_of(const struct world *world) {
  switch (world->what->event) {
  case RANKED_ASKS_STOP:
    return is_here(world) ? SYNCHED_STOP : SYNCHED_CONTINUE;
  case RANKED_ANSWERS:
    return is_here(world) ? RANKED_CODE : SYNCHED_CONTINUE;
  case RANKED_DISAGREES:
    return disagree(world);
  default:
    return SYNCHED_CONTINUE;
  }
}

static int on_round(const struct synched_snapshot *now, void *user) {
  struct world *world = user;
  world->out->on_round_count++;
  note_folds(world, now);
  return now->round == world->what->event_round ? answer_of(world) : SYNCHED_CONTINUE;
}

/* --- making and running it --- */

static int make_memory(struct world *world, unsigned f) {
  const struct ranked_case *what = world->what;
  size_t capacities[SEGMENTS_MOST];
  for (size_t s = 0; s < what->segment_count; s++)
    capacities[s] = capacity_of(s);
  return synched_memory_create(
      &world->memories[f],
      SYNCHED_MEMORY_OPTIONS(.segment_count = what->segment_count, .segment_capacities = capacities,
                             .element_size = sizeof(uint64_t), .refill = what->refill,
                             .flags =
                                 what->shape == RANKED_IN_PLACE ? SYNCHED_MEMORY_IN_PLACE : 0));
}

/* What init would write, of this rank's own segments. */
static int load(struct world *world) {
  const unsigned fields = world->what->shape == RANKED_PLAIN ? 1 : FIELDS;
  int status = 0;
  for (size_t s = world->own.first; s < world->own.first + world->own.count; s++)
    for (unsigned f = 0; status == 0 && f < fields; f++) {
      uint64_t numbers[CAPACITY];
      for (size_t i = 0; i < capacity_of(s); i++)
        numbers[i] = mix(mix(s, i), f);
      status = synched_memory_load(world->memories[f], s, numbers, capacity_of(s));
    }
  return status;
}

static void on_steered(struct synched_job *job, const struct synched_steered *steered, void *user) {
  struct world *world = user;
  (void)job;
  (void)steered;
  world->out->completed_count++;
}

static int make_job(struct world *world, struct synched_pool *pool) {
  const struct ranked_case *what = world->what;
  const bool is_plain = what->shape == RANKED_PLAIN;
  const struct synched_stage stages[3] = {{.name = "first",
                                           .compute = first_stage,
                                           .writes = SYNCHED_FIELD(0),
                                           .reads = world->reads[0],
                                           .fold = SYNCHED_FOLD_SUM_COMPENSATED,
                                           .fold_length = LONG_FOLD},
                                          {.name = "second",
                                           .compute = second_stage,
                                           .writes = SYNCHED_FIELD(1),
                                           .reads = world->reads[1]},
                                          {.name = "last",
                                           .compute = last_stage,
                                           .writes = SYNCHED_WRITES_NONE,
                                           .reads = world->reads[2],
                                           .fold = SYNCHED_FOLD_SUM,
                                           .fold_type = SYNCHED_FOLD_INT64}};
  const struct synched_stage in_place[2] = {
      {.compute = first_in_place, .writes = SYNCHED_FIELD(0), .reads = world->reads[0]},
      {.compute = second_in_place, .writes = SYNCHED_FIELD(1), .reads = world->reads[1]}};
  struct synched_job_options options = synched_job_options_default();
  options.name = "ranked";
  options.user = world;
  options.cluster = world->cluster;
  options.init = what->loads ? NULL : start;
  options.round_count = what->round_count;
  options.rounds_per_barrier = what->rounds_per_barrier;
  options.balance = what->balance;
  options.record = what->reports ? SYNCHED_RECORD_TASKS : SYNCHED_RECORD_TOTALS;
  options.flags = what->starts_paused && world->cluster != NULL ? SYNCHED_JOB_START_PAUSED : 0;
  options.period_ns = what->period_ns;
  options.on_steered = on_steered;
  options.on_round = what->has_on_round ? on_round : NULL;
  options.compute = is_plain ? step : NULL;
  options.fields = is_plain ? NULL : &world->memories[1];
  options.field_count = is_plain ? 1 : FIELDS;
  if (is_plain) {
    options.reads = world->reads[0];
    options.fold = SYNCHED_FOLD_SUM;
  } else {
    options.stages = what->shape == RANKED_STAGES ? stages : in_place;
    options.stage_count = what->shape == RANKED_STAGES ? 3 : 2;
  }
  return synched_job_create(&world->job, pool, world->memories[0], &options);
}

/* Ends the job on this rank, after a while. It may be over by then. */
static void *interrupt(void *argument) {
  const struct world *world = argument;
  const uint64_t chance = mix(world->what->event_round, world->what->segment_count);
  const struct timespec pause = {.tv_nsec = 1000 + (long)(chance % 2000000)};
  (void)nanosleep(&pause, NULL);
  /* A stop of a job that has not been started is refused. */
  while ((chance % 3 == 0 ? synched_job_stop(world->job) : synched_job_cancel(world->job)) ==
         SYNCHED_ENOENT)
    (void)nanosleep(&pause, NULL);
  return NULL;
}

static int run_interrupted(struct world *world) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, interrupt, world) != 0)
    return SYNCHED_EAGAIN;
  const int status = synched_job_run(world->job);
  (void)pthread_join(thread, NULL);
  return status;
}

static void sleep_ns(uint64_t ns) {
  const struct timespec pause = {.tv_nsec = (long)ns};
  (void)nanosleep(&pause, NULL);
}

static void note_call(struct world *world, int status) {
  world->out->accepted_count += status == 0;
  if (status == 0 && ranked_goes_on != NULL)
    ranked_goes_on();
}

/* Some calls of all kinds on this rank, fewer where ranks are more; then nothing but what keeps the
 * job from being left paused. */
static void *steer(void *argument) {
  struct world *world = argument;
  uint64_t chance = mix(world->what->event_round, rank_of(world));
  const unsigned calls = 2 + 16 / info_of(world).rank_count;
  for (unsigned i = 0; i < calls && !atomic_load(&world->is_over); i++) {
    chance = mix(chance, i);
    if (chance % 3 == 0)
      note_call(world, synched_job_pause(world->job));
    else if (chance % 3 == 1)
      note_call(world, synched_job_step(world->job, 1 + (chance >> 8) % 3));
    else
      note_call(world, synched_job_resume(world->job));
    sleep_ns((chance >> 16) % 700000);
  }
  while (!atomic_load(&world->is_over)) {
    note_call(world, synched_job_resume(world->job));
    sleep_ns(300000);
  }
  return NULL;
}

static int run_steered(struct world *world) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, steer, world) != 0)
    return SYNCHED_EAGAIN;
  const int status = synched_job_run(world->job);
  atomic_store(&world->is_over, true);
  (void)pthread_join(thread, NULL);
  return status;
}

/* Ranks learn what their segments cost. */
static int learn(struct world *world) {
  if (!world->what->learns || world->cluster == NULL)
    return 0;
  const int status = synched_cluster_learn(world->job);
  world->own = synched_cluster_segments(world->cluster, world->what->segment_count, rank_of(world));
  return status;
}

static int run(struct world *world) {
  const struct ranked_case *what = world->what;
  if (what->event == RANKED_INTERRUPTED && is_here(world))
    return run_interrupted(world);
  if (what->event == RANKED_STEERED && world->cluster != NULL)
    return run_steered(world);
  if (what->advanced_by == 0 || what->event == RANKED_INTERRUPTED)
    return synched_job_run(world->job);
  int status = 0;
  uint64_t done = 0;
  while (status == 0 && world->out->setup_status == 0 && done < what->round_count) {
    const uint64_t left = what->round_count - done;
    const uint64_t rounds = left < what->advanced_by ? left : what->advanced_by;
    status = synched_job_advance(world->job, rounds);
    done += rounds;
    if (status == 0 && done < what->round_count)
      world->out->setup_status = learn(world);
  }
  return status;
}

/* Of one field, gathered on the first rank. */
static uint64_t digest_of(const struct synched_snapshot *field) {
  uint64_t digest = 1;
  for (size_t s = 0; s < field->segment_count; s++)
    digest = mix_segment(digest, field, s);
  return digest;
}

/* In place there is no snapshot: what one rank has is noted, and is its own. */
static uint64_t digest_in_place(const struct world *world, unsigned f) {
  const uint64_t *numbers = synched_memory_elements(world->memories[f]);
  uint64_t digest = 0;
  size_t at = 0;
  for (size_t s = 0; s < world->what->segment_count; s++)
    for (size_t i = 0; i < capacity_of(s); i++, at++)
      if (s >= world->own.first && s - world->own.first < world->own.count)
        digest += mix(at, numbers[at]);
  return digest;
}

static void note_content(struct world *world) {
  struct ranked_result *out = world->out;
  const unsigned fields = world->what->shape == RANKED_PLAIN ? 1 : FIELDS;
  if (world->what->shape == RANKED_IN_PLACE) {
    for (unsigned f = 0; f < fields; f++)
      out->digest += digest_in_place(world, f);
    return;
  }
  const struct synched_snapshot *now = synched_snapshot_current(world->memories[0]);
  out->round = now->round;
  for (unsigned f = 0; out->setup_status == 0 && f < fields; f++) {
    if (world->cluster != NULL)
      out->setup_status = synched_cluster_gather(world->cluster, now->fields[f], 0);
    if (rank_of(world) == 0)
      out->digest = mix(out->digest, digest_of(now->fields[f]));
  }
  synched_snapshot_release(now);
}

static int make_all(struct world *world, struct synched_pool **pool) {
  int status =
      synched_pool_create(pool, SYNCHED_POOL_OPTIONS(.worker_count = world->what->worker_count,
                                                     .affinity = SYNCHED_AFFINITY_NONE));
  for (unsigned f = 0; status == 0 && f < FIELDS; f++)
    status = make_memory(world, f);
  if (status == 0 && world->what->loads)
    status = load(world);
  return status;
}

void ranked_run(const struct ranked_case *what, struct synched_cluster *cluster,
                struct ranked_result *out) {
  struct world *world = calloc(1, sizeof *world);
  struct synched_pool *pool = NULL;
  memset(out, 0, sizeof *out);
  out->info.struct_size = sizeof out->info;
  if (world == NULL) {
    out->setup_status = SYNCHED_ENOMEM;
    return;
  }
  world->what = what;
  world->out = out;
  world->cluster = cluster;
  world->own = cluster == NULL ? (struct synched_segments){0, what->segment_count}
                               : synched_cluster_segments(cluster, what->segment_count, 0);
  if (cluster != NULL)
    world->own = synched_cluster_segments(cluster, what->segment_count, rank_of(world));
  set_reads(world);
  out->setup_status = make_all(world, &pool);
  if (out->setup_status == 0)
    out->setup_status = make_job(world, pool);
  if (out->setup_status == 0)
    out->status = run(world);
  if (out->setup_status != 0 || out->status != 0)
    (void)strncpy(out->message, synched_error_message(), sizeof out->message - 1);
  if (out->setup_status == 0 && out->status != SYNCHED_ETIMEDOUT)
    note_content(world);
  if (cluster != NULL)
    (void)synched_cluster_info(cluster, &out->info);
  if (cluster != NULL && out->setup_status == 0 && out->status != SYNCHED_ETIMEDOUT)
    out->setup_status = synched_cluster_collect(world->job, out->summaries, 0);
  if (what->reports && world->job != NULL)
    out->report_status = synched_cluster_report(world->job, &out->report, 0);
  (void)synched_job_destroy(world->job);
  for (unsigned f = 0; f < FIELDS; f++)
    (void)synched_memory_destroy(world->memories[f]);
  (void)synched_pool_destroy(pool);
  free(world);
}

struct ranked_case ranked_random(uint64_t seed) {
  uint64_t x = seed;
  const uint64_t one = mix(x++, 77);
  struct ranked_case what = {.shape = (enum ranked_shape)(mix(one, 1) % 3),
                             .reads = (enum ranked_reads)(mix(one, 2) % (RANKED_ALL + 1)),
                             .segment_count = 1 + (size_t)(mix(one, 3) % 30),
                             .worker_count = 1 + (unsigned)(mix(one, 4) % 3),
                             .round_count = 1 + mix(one, 5) % 12,
                             .balance = (enum synched_balance)(mix(one, 6) % 2),
                             .loads = mix(one, 7) % 2 != 0,
                             .has_on_round = true,
                             .event = (enum ranked_event)(mix(one, 8) % RANKED_STEERED)};
  if (what.shape != RANKED_IN_PLACE)
    what.refill = (enum synched_refill)(mix(one, 9) % 3);
  if (what.shape != RANKED_STAGES && what.reads != RANKED_ALL)
    what.rounds_per_barrier = (unsigned)(mix(one, 10) % 4);
  if (what.event == RANKED_STEERED)
    what.rounds_per_barrier = 1; /* a step ends with a barrier, and folds are those of barriers */
  what.starts_paused = what.event == RANKED_STEERED && mix(one, 16) % 2 == 0;
  if (mix(one, 11) % 4 == 0)
    what.advanced_by = 1 + mix(one, 12) % 4;
  what.learns = what.advanced_by != 0 && mix(one, 17) % 2 == 0;
  what.event_round = 1 + mix(one, 13) % what.round_count;
  what.event_segment = (size_t)(mix(one, 14) % what.segment_count);
  what.event_stage = (unsigned)(mix(one, 15) % 3);
  return what;
}
