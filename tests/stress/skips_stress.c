/*
 * skips_stress.c: jobs that call only segments for which something has changed, drawn at random.
 *
 * Calls depend on nothing but what they read. Each segment of each field is a cell of an excitable
 * medium: a quiet cell is excited by what its stage reads, gets tired, then quiet again. A serial
 * loop has computed all cells of all rounds; what its stages change says which calls are needed,
 * and exactly these must come, in whatever order. Some jobs are checked, too. Declarations are of
 * all kinds; calls are uneven; rounds are published one by one or several together. A job ends by
 * its number of rounds, by the first of several calls that fail, by being stopped or cancelled; it
 * drops rounds that are late; then it goes on. Readers hold snapshots meanwhile, so blocks are
 * stale by as much as they please.
 */
#include "support/stress.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

#include <synched/synched.h>

#include "support/origins.h"
#include "support/scene.h"

#define FIELDS_MOST 3u
#define STAGES_MOST 3u
#define READERS_MOST 3u
#define SEGMENTS_MOST 100u
#define ENTRIES_MOST (SEGMENTS_MOST * 4)
#define ROUNDS_MOST 120u
/* More than are published together. */
#define ROUNDS_OPEN 16u
/* A cell is quiet, excited, tired for some rounds, quiet again. */
#define EXCITED 1u
#define TIRED_LAST 3u

struct declared {
  struct synched_reads reads;
  size_t offsets[SEGMENTS_MOST + 1];
  size_t segments[ENTRIES_MOST];
};

/* Of each stage, a byte for each segment. */
struct sets {
  uint8_t has[STAGES_MOST][SEGMENTS_MOST];
};

struct play {
  struct origins origins;
  unsigned rounds_per_barrier;
  struct declared declared[STAGES_MOST];
  bool folds, drops, has_init, is_checked, is_slow;
  /* by the serial loop: after each round; and what its stages have changed */
  uint8_t cells[ROUNDS_MOST + 1][FIELDS_MOST][SEGMENTS_MOST];
  struct sets changed[ROUNDS_MOST + 1];
  struct synched_pool *pool;
  struct synched_job *job;
  uint64_t round_count;
  /* of a run */
  uint64_t base;      /* the round before its first one */
  uint64_t fail_from; /* 0: no call fails */
  bool cancels, stops, pauses;
  bool goes_on;        /* it is made of advances, and its next one is of the same run */
  bool is_initialised; /* leader: init was completed, in this run or an earlier one */
  struct stress_random steerer_random;
  uint64_t delivered_round;
  int status;
  /* leader: the calls of the next round */
  struct sets pending;
  /* calls that there were */
  _Atomic uint8_t called[ROUNDS_OPEN][STAGES_MOST][SEGMENTS_MOST];
  unsigned reader_count;
  struct origins_readers readers;
};

static uint64_t round_total, call_total, skipped_total, failure_total, cancel_total, seen_total;

/* --- what is declared, and itself --- */

static size_t read_count(const struct play *play, unsigned stage, size_t segment) {
  const struct declared *declared = &play->declared[stage];
  if (declared->reads.reach == SYNCHED_REACH_LIST)
    return 1 + declared->offsets[segment + 1] - declared->offsets[segment];
  if (declared->reads.reach == SYNCHED_REACH_ALL)
    return 1 + play->origins.segment_count;
  return 2 + 2 * (size_t)declared->reads.radius;
}

/* One of them; the segment itself where there is none. */
static size_t read_at(const struct play *play, unsigned stage, size_t segment, size_t index) {
  const struct declared *declared = &play->declared[stage];
  const int64_t count = (int64_t)play->origins.segment_count;
  if (index == 0)
    return segment;
  if (declared->reads.reach == SYNCHED_REACH_LIST)
    return declared->segments[declared->offsets[segment] + index - 1];
  if (declared->reads.reach == SYNCHED_REACH_ALL)
    return index - 1;
  const int64_t at = (int64_t)segment + (int64_t)index - 1 - (int64_t)declared->reads.radius;
  if (declared->reads.wraps != 0)
    return (size_t)((at % count + count) % count);
  return at < 0 || at >= count ? segment : (size_t)at;
}

/* --- cells --- */

/* What a segment holds says which cell it is. */
static struct origin origin_of(uint8_t cell) {
  return (struct origin){cell, 0};
}

static size_t count_of(const struct play *play, unsigned f, uint8_t cell, size_t segment) {
  const size_t count = origins_count(&play->origins, f, origin_of(cell), segment);
  return count == 0 ? 1 : count;
}

static void fill(const struct play *play, unsigned f, uint8_t cell, size_t segment, void *out) {
  origins_fill(&play->origins, f, origin_of(cell), segment, out);
  *(unsigned char *)out = cell;
}

static uint8_t cell_in(const struct play *play, unsigned f, size_t segment,
                       const struct synched_snapshot *view) {
  unsigned char expected[ORIGINS_BYTES_MOST];
  const unsigned char *elements = synched_snapshot_segment(view, segment);
  const uint8_t cell = elements[0];
  STRESS_CHECK(cell <= TIRED_LAST, "segment %zu of field %u is no cell", segment, f);
  const size_t count = count_of(play, f, cell, segment);
  fill(play, f, cell, segment, expected);
  STRESS_CHECK(view->counts[segment] == count &&
                   memcmp(elements, expected, count * play->origins.fields[f].element_size) == 0,
               "segment %zu of field %u holds not all of cell %u", segment, f, cell);
  return cell;
}

/* The same without a look at all of it. */
static uint8_t peek(size_t segment, const struct synched_snapshot *view) {
  return *(const unsigned char *)synched_snapshot_segment(view, segment);
}

/* Some cells are never excited. */
static uint8_t next_cell(const struct play *play, unsigned f, size_t segment, uint8_t cell,
                         bool is_excited) {
  if (cell != 0)
    return cell == TIRED_LAST ? 0 : cell + 1;
  return is_excited && stress_mix(play->origins.tag + f, segment) % 8 != 0 ? EXCITED : 0;
}

/* Whether a stage reads others' segments of a field: not where they are changed meanwhile. */
static bool reads_others(const struct play *play, unsigned stage, unsigned f) {
  return !play->origins.fields[f].in_place || !origins_has(play->origins.writes[stage], f);
}

/* --- the serial loop --- */

static bool is_excited(const struct play *play, unsigned stage, size_t segment,
                       uint8_t cells[FIELDS_MOST][SEGMENTS_MOST]) {
  const size_t count = read_count(play, stage, segment);
  for (unsigned f = 0; f < play->origins.field_count; f++)
    for (size_t i = 0; i < (reads_others(play, stage, f) ? count : 1); i++)
      if (cells[f][read_at(play, stage, segment, i)] == EXCITED)
        return true;
  return false;
}

static void compute_stage(struct play *play, uint64_t round, unsigned stage) {
  uint8_t before[FIELDS_MOST][SEGMENTS_MOST];
  memcpy(before, play->cells[round], sizeof before);
  for (size_t s = 0; s < play->origins.segment_count; s++) {
    const bool excited = is_excited(play, stage, s, before);
    for (unsigned f = 0; f < play->origins.field_count; f++) {
      if (!origins_has(play->origins.writes[stage], f))
        continue;
      uint8_t *cell = &play->cells[round][f][s];
      *cell = next_cell(play, f, s, before[f][s], excited);
      play->changed[round].has[stage][s] |= *cell != before[f][s];
    }
  }
}

static void compute_rounds(struct play *play) {
  for (uint64_t round = 1; round <= ROUNDS_MOST; round++) {
    memcpy(play->cells[round], play->cells[round - 1], sizeof play->cells[0]);
    for (unsigned stage = 0; stage < play->origins.stage_count; stage++)
      compute_stage(play, round, stage);
  }
}

/* --- the calls that are needed --- */

/* Adds those that read what has changed. */
static void add_readers(const struct play *play, const uint8_t changed[SEGMENTS_MOST],
                        struct sets *pending) {
  for (unsigned stage = 0; stage < play->origins.stage_count; stage++)
    for (size_t s = 0; s < play->origins.segment_count; s++)
      for (size_t i = 0; pending->has[stage][s] == 0 && i < read_count(play, stage, s); i++)
        pending->has[stage][s] = changed[read_at(play, stage, s, i)];
}

/* Takes those of a stage, and adds those that follow from it. */
static void take_needed(const struct play *play, uint64_t round, unsigned stage,
                        struct sets *pending, uint8_t needed[SEGMENTS_MOST]) {
  memcpy(needed, pending->has[stage], SEGMENTS_MOST);
  memset(pending->has[stage], 0, SEGMENTS_MOST);
  add_readers(play, play->changed[round].has[stage], pending);
}

static void check_calls(struct play *play, uint64_t round, unsigned stage,
                        const uint8_t needed[SEGMENTS_MOST]) {
  for (size_t s = 0; s < play->origins.segment_count; s++) {
    const unsigned count = atomic_exchange_explicit(&play->called[round % ROUNDS_OPEN][stage][s], 0,
                                                    memory_order_relaxed);
    const unsigned wanted = needed[s] == 0 ? 0 : play->is_checked ? 2 : 1;
    /* What is dropped is called again, all of it. */
    STRESS_CHECK(play->drops ? count >= wanted : count == wanted,
                 "segment %zu is called %u times in stage %u of round %" PRIu64 ", not %u", s,
                 count, stage, round, wanted);
    call_total += count;
    skipped_total += count == 0;
  }
}

/* --- failures --- */

static bool fails(const struct play *play, uint64_t round, unsigned stage, size_t segment) {
  if (play->fail_from == 0 || round < play->fail_from)
    return false;
  const uint64_t drawn = stress_mix(play->origins.tag + play->base, round * 8 + stage);
  return stress_mix(drawn, segment) % (play->origins.segment_count / 2 + 1) == 0;
}

/* No two calls have the same one. */
static int code_of(const struct play *play, uint64_t round, unsigned stage, size_t segment) {
  const uint64_t call = (round - play->base) * play->origins.stage_count + stage;
  return (int)(2 + call * play->origins.segment_count + segment);
}

/* The code of the first call that fails in the order of the serial loop, of those that are needed
 * up to a round; 0: none. */
static int first_code(const struct play *play, uint64_t last) {
  struct sets pending = play->pending;
  uint8_t needed[SEGMENTS_MOST];
  for (uint64_t round = origins_published(&play->readers) + 1; round <= last; round++)
    for (unsigned stage = 0; stage < play->origins.stage_count; stage++) {
      take_needed(play, round, stage, &pending, needed);
      for (size_t s = 0; s < play->origins.segment_count; s++)
        if (needed[s] != 0 && fails(play, round, stage, s))
          return code_of(play, round, stage, s);
    }
  return 0;
}

/* --- the job's callbacks --- */

static void check_snapshot(const struct synched_snapshot *now, const void *user) {
  const struct play *play = user;
  const uint64_t round = now->fields[0]->round;
  for (unsigned f = 0; f < play->origins.field_count; f++) {
    const struct synched_snapshot *view = now->fields[f];
    STRESS_CHECK(view->round == round, "field %u is of round %" PRIu64 " beside round %" PRIu64, f,
                 view->round, round);
    for (size_t s = 0; view->data != NULL && s < play->origins.segment_count; s++) {
      const uint8_t cell = cell_in(play, f, s, view);
      STRESS_CHECK(cell == play->cells[round][f][s],
                   "segment %zu of field %u is cell %u, not %u as round %" PRIu64 " left it", s, f,
                   cell, play->cells[round][f][s], round);
    }
  }
}

static bool looks_excited(const struct play *play, const struct synched_task *task,
                          unsigned stage) {
  const size_t count = read_count(play, stage, task->segment);
  bool excited = false;
  for (unsigned f = 0; f < play->origins.field_count; f++) {
    const struct synched_snapshot *view = synched_task_field(task, f);
    for (size_t i = 0; i < (reads_others(play, stage, f) ? count : 1); i++) {
      const size_t other = read_at(play, stage, task->segment, i);
      excited = peek(other, view) == EXCITED || excited;
    }
  }
  return excited;
}

/* No more than counts. */
static void write_cell(const struct play *play, struct synched_task *task, unsigned f,
                       uint8_t cell) {
  unsigned char elements[ORIGINS_BYTES_MOST];
  const size_t count = count_of(play, f, cell, task->segment);
  fill(play, f, cell, task->segment, elements);
  memcpy(synched_task_out(task, f), elements, count * play->origins.fields[f].element_size);
  synched_task_set_count(task, f, count);
}

static int compute(struct synched_task *task, void *user) {
  struct play *play = user;
  const size_t segment = task->segment;
  const unsigned stage = task->parts == NULL ? 0 : task->parts->stage;
  const bool excited = looks_excited(play, task, stage);
  task->unchanged = 1;
  if (!play->is_checked)
    origins_check_refills(&play->origins, task, stage);
  for (unsigned f = 0; f < play->origins.field_count; f++) {
    const uint8_t before = cell_in(play, f, segment, synched_task_field(task, f));
    if (f == 0)
      task->contribution = before;
    if (synched_task_out(task, f) == NULL)
      continue;
    const uint8_t cell = next_cell(play, f, segment, before, excited);
    write_cell(play, task, f, cell);
    task->unchanged = task->unchanged != 0 && cell == before;
    if (f == 0)
      task->contribution = cell;
  }
  (void)atomic_fetch_add_explicit(&play->called[task->round % ROUNDS_OPEN][stage][segment], 1,
                                  memory_order_relaxed);
  const uint64_t drawn = stress_mix(play->origins.tag + stage, task->round * 4096 + segment);
  if (play->is_slow && drawn % 4 == 0)
    stress_work(drawn / 4 % 400);
  if (!fails(play, task->round, stage, segment))
    return 0;
  if (task->out != NULL)
    *(unsigned char *)task->out = UINT8_MAX;
  return code_of(play, task->round, stage, segment);
}

/* Of some quiet segments, too, it does not say that they are as they were. */
static bool init_changes(const struct play *play, size_t segment) {
  for (unsigned f = 0; f < play->origins.field_count; f++)
    if (play->cells[0][f][segment] != 0)
      return true;
  return stress_mix(play->origins.tag, segment) % 3 == 0;
}

static int init(struct synched_task *task, void *user) {
  const struct play *play = user;
  for (unsigned f = 0; f < play->origins.field_count; f++)
    if (synched_task_out(task, f) != NULL)
      write_cell(play, task, f, play->cells[0][f][task->segment]);
  task->unchanged = !init_changes(play, task->segment);
  return 0;
}

/* A run that is cancelled before it leaves init to the next one. */
static int on_init(const struct synched_snapshot *now, void *user) {
  struct play *play = user;
  check_snapshot(now, play);
  STRESS_CHECK(!play->is_initialised, "init is completed once more");
  play->is_initialised = true;
  return SYNCHED_CONTINUE;
}

static void check_fold(const struct play *play, const struct synched_snapshot *now) {
  double sum = 0;
  for (size_t s = 0; s < play->origins.segment_count; s++)
    sum += play->cells[now->round][0][s];
  STRESS_CHECK(now->fold == sum, "the fold of round %" PRIu64 " is %g, not %g", now->round,
               now->fold, sum);
}

static int on_round(const struct synched_snapshot *now, void *user) {
  struct play *play = user;
  uint8_t needed[SEGMENTS_MOST];
  const uint64_t before = origins_published(&play->readers);
  stress_step();
  STRESS_CHECK(now->round > before && now->round - before <= play->rounds_per_barrier,
               "round %" PRIu64 " is published after %" PRIu64, now->round, before);
  check_snapshot(now, play);
  for (uint64_t round = before + 1; round <= now->round; round++)
    for (unsigned stage = 0; stage < play->origins.stage_count; stage++) {
      take_needed(play, round, stage, &play->pending, needed);
      check_calls(play, round, stage, needed);
    }
  if (play->folds)
    check_fold(play, now);
  atomic_store_explicit(&play->readers.published, now->round, memory_order_release);
  return SYNCHED_CONTINUE;
}

static void on_snapshot(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  struct play *play = user;
  (void)job;
  check_snapshot(now, play);
  STRESS_CHECK(now->round > play->delivered_round, "round %" PRIu64 " comes after %" PRIu64,
               now->round, play->delivered_round);
  play->delivered_round = now->round;
}

static void on_done(struct synched_job *job, int status, const struct synched_report *report,
                    void *user) {
  (void)job;
  (void)report;
  ((struct play *)user)->status = status;
}

/* --- another thread --- */

static void *steer(void *argument) {
  struct play *play = argument;
  struct stress_random *random = &play->steerer_random;
  for (unsigned i = 0; play->pauses && i < 3; i++) {
    stress_dawdle(random);
    scene_expect_ok_or_already(synched_job_pause(play->job), "pause");
    stress_dawdle(random);
    if (stress_chance(random, 2))
      (void)synched_job_step(play->job, stress_between(random, 1, 20));
    stress_dawdle(random);
    scene_expect_ok_or_already(synched_job_resume(play->job), "resume");
  }
  for (uint64_t i = stress_below(random, 40); (play->cancels || play->stops) && i > 0; i--)
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
  const size_t most = (size_t)stress_below(random, 5);
  size_t entries = 0;
  for (size_t s = 0; s < count; s++) {
    declared->offsets[s] = entries;
    for (size_t wanted = (size_t)stress_below(random, most + 1); wanted > 0; wanted--)
      declared->segments[entries++] = (size_t)stress_below(random, count);
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
    reads->reach = (enum synched_reach)stress_between(random, least, SYNCHED_REACH_LIST);
    if (reads->reach == SYNCHED_REACH_NEAR) {
      reads->radius = (uint32_t)stress_below(random, 4);
      reads->wraps = stress_chance(random, 2);
    }
    if (reads->reach == SYNCHED_REACH_LIST)
      draw_list(play, declared, random);
  }
}

/* Mostly quiet ones, and a few that are not. */
static void draw_cells(struct play *play, struct stress_random *random) {
  const uint64_t rare = stress_between(random, 2, 30);
  for (unsigned f = 0; f < play->origins.field_count; f++)
    for (size_t s = 0; s < play->origins.segment_count; s++)
      play->cells[0][f][s] =
          stress_chance(random, rare) ? (uint8_t)stress_below(random, TIRED_LAST + 1) : 0;
  compute_rounds(play);
}

static void load(const struct play *play, unsigned f, uint64_t round) {
  unsigned char elements[ORIGINS_BYTES_MOST];
  for (size_t s = 0; s < play->origins.segment_count; s++) {
    const uint8_t cell = play->cells[round][f][s];
    fill(play, f, cell, s, elements);
    scene_expect_ok(synched_memory_load(play->origins.fields[f].memory, s, elements,
                                        count_of(play, f, cell, s)),
                    "synched_memory_load");
  }
}

static void create_memories(struct play *play, unsigned lead_leases, struct stress_random *random) {
  for (unsigned f = 0; f < play->origins.field_count; f++) {
    const struct synched_memory_options options = origins_memory_options(
        &play->origins, f, f == 0 ? lead_leases : (unsigned)stress_below(random, 2), random);
    scene_expect_ok(synched_memory_create(&play->origins.fields[f].memory, &options),
                    "synched_memory_create");
    load(play, f, 0);
  }
}

static void set_work(const struct play *play, struct synched_job_options *options,
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
  struct synched_job_options options = {
      .struct_size = sizeof options,
      .user = play,
      .init = play->has_init ? init : NULL,
      .on_init = play->has_init ? on_init : NULL,
      .on_round = on_round,
      .on_snapshot = may_deliver ? on_snapshot : NULL,
      .delivery = stress_chance(random, 2) ? SYNCHED_DELIVER_EVERY : SYNCHED_DELIVER_LATEST,
      .on_done = on_done,
      .round_count = play->round_count,
      .balance = stress_chance(random, 2) ? SYNCHED_BALANCE_STATIC : SYNCHED_BALANCE_STEAL,
      .flags = SYNCHED_JOB_SKIP_UNCHANGED | (stress_chance(random, 3) ? SYNCHED_JOB_EAGER : 0) |
               (stress_chance(random, 3) ? SYNCHED_JOB_NO_SEGMENT_TIMES : 0) |
               (play->is_checked ? SYNCHED_JOB_CHECKED : 0),
      .record = stress_chance(random, 4) ? SYNCHED_RECORD_OFF : SYNCHED_RECORD_TOTALS,
      .deadline_ns = play->drops ? stress_between(random, 20000, 2000000) : 0,
      .deadline_policy = play->drops ? SYNCHED_DEADLINE_CANCEL : SYNCHED_DEADLINE_REPORT,
      .fields = play->origins.field_count > 1 ? others : NULL,
      .field_count = play->origins.field_count,
      .reads_only = play->origins.reads_only,
      .rounds_per_barrier = play->rounds_per_barrier,
  };
  set_work(play, &options, stages);
  scene_expect_ok(
      synched_job_create(&play->job, play->pool, play->origins.fields[0].memory, &options),
      "synched_job_create");
  stress_case_is("%u fields, %u stages, staged %d, %zu segments, %u rounds a barrier, reaches %d "
                 "%d, static %d, flags %#x, slow %d, %u readers, delivers %d, init %d, drops %d, "
                 "reads only %#x, %" PRIu64 " rounds",
                 play->origins.field_count, play->origins.stage_count, play->origins.is_staged,
                 play->origins.segment_count, play->rounds_per_barrier,
                 (int)play->declared[0].reads.reach,
                 (int)play->declared[play->origins.stage_count - 1].reads.reach,
                 options.balance == SYNCHED_BALANCE_STATIC, (unsigned)options.flags, play->is_slow,
                 play->reader_count, may_deliver, play->has_init, play->drops,
                 (unsigned)play->origins.reads_only, options.round_count);
}

static void draw_kind(struct play *play, struct stress_random *random) {
  static const unsigned rounds[] = {1, 1, 2, 3, 8};
  bool has_place = false;
  for (unsigned f = 0; f < play->origins.field_count; f++)
    has_place = has_place || play->origins.fields[f].in_place;
  play->folds = !play->origins.is_staged && stress_chance(random, 2);
  play->rounds_per_barrier = rounds[stress_below(random, 5)];
  play->drops = play->rounds_per_barrier == 1 && !has_place && stress_chance(random, 6);
  play->has_init = stress_chance(random, 3);
  play->is_checked =
      play->origins.segment_count <= ORIGINS_FEW_SEGMENTS && stress_chance(random, 5);
  play->is_slow = stress_chance(random, 2);
  play->round_count = stress_between(random, 1, ROUNDS_MOST / 3);
}

static void set_up(struct play *play, struct stress_random *random) {
  static const struct origins_limits limits = {FIELDS_MOST, STAGES_MOST};
  memset(play, 0, sizeof *play);
  origins_draw(&play->origins, random, &limits);
  if (play->origins.segment_count > SEGMENTS_MOST)
    play->origins.segment_count = SEGMENTS_MOST;
  for (unsigned f = 0; f < play->origins.field_count; f++)
    for (size_t s = 0; s < play->origins.segment_count; s++)
      play->origins.fields[f].capacities[s] += play->origins.fields[f].capacities[s] == 0;
  play->readers.origins = &play->origins;
  play->readers.check = check_snapshot;
  play->readers.user = play;
  play->pool = scene_pool_create(random, 16);
  play->reader_count = (unsigned)stress_below(random, READERS_MOST + 1);
  play->steerer_random = stress_split(random);
  draw_kind(play, random);
  draw_reads(play, random);
  draw_cells(play, random);
  const unsigned lead_leases = (unsigned)stress_below(random, 4);
  create_memories(play, lead_leases, random);
  create_job(play, random, lead_leases != 0 && stress_chance(random, 2));
}

/* Of a run's first round all calls are needed; after init those that read what it has changed. */
static void begin_calls(struct play *play) {
  uint8_t changed[SEGMENTS_MOST] = {0};
  for (unsigned r = 0; r < ROUNDS_OPEN; r++)
    for (unsigned stage = 0; stage < STAGES_MOST; stage++)
      for (size_t s = 0; s < SEGMENTS_MOST; s++)
        atomic_store_explicit(&play->called[r][stage][s], 0, memory_order_relaxed);
  const bool begins = play->has_init && !play->is_initialised;
  memset(&play->pending, begins ? 0 : 1, sizeof play->pending);
  for (size_t s = 0; begins && s < play->origins.segment_count; s++)
    changed[s] = init_changes(play, s);
  if (begins)
    add_readers(play, changed, &play->pending);
}

static void begin_run(struct play *play, bool is_advanced) {
  play->base = origins_published(&play->readers);
  play->status = 0;
  play->delivered_round = play->base;
  if (!play->goes_on || !is_advanced)
    begin_calls(play);
  play->goes_on = is_advanced;
}

/* What the run, or the advance, has left. */
static void check_end(struct play *play, uint64_t last) {
  const uint64_t round = origins_published(&play->readers);
  const int code = first_code(play, last);
  if (play->status == SYNCHED_ECANCELED)
    STRESS_CHECK(play->cancels, "the job is cancelled");
  else if (play->status == 0)
    STRESS_CHECK(round == last || play->stops,
                 "the job ended after round %" PRIu64 ", not %" PRIu64, round, last);
  else /* what is cancelled meanwhile skips calls below the one that has failed */
    STRESS_CHECK(play->status > 0 && (play->cancels || play->drops || play->status == code),
                 "the job ended with %d, not %d: %s", play->status, code, synched_error_message());
  failure_total += play->status > 0;
  cancel_total += play->status == SYNCHED_ECANCELED;
  origins_check_current(&play->origins, round, check_snapshot, play);
}

/* What is changed in place is undefined after a failure; the next run goes on from here. No reader
 * holds it any more. */
static void mend_places(const struct play *play) {
  const uint64_t round = origins_published(&play->readers);
  for (unsigned f = 0; f < play->origins.field_count && play->status != 0; f++)
    if (play->origins.fields[f].in_place && !origins_has(play->origins.reads_only, f))
      load(play, f, round);
}

/* A run made of advances; it begins anew where one of them has failed. */
static void advance(struct play *play, struct stress_random *random) {
  for (uint64_t i = stress_between(random, 1, 4); i > 0 && play->status == 0; i--) {
    const uint64_t rounds = stress_between(random, 1, ROUNDS_MOST / 12);
    stress_is_at("advances");
    const uint64_t last = origins_published(&play->readers) + rounds;
    play->status = synched_job_advance(play->job, rounds);
    play->goes_on = play->status == 0;
    check_end(play, last);
  }
}

static void run_once(struct play *play, struct stress_random *random,
                     const struct scene_beside *beside) {
  const bool is_advanced = !play->drops && stress_chance(random, 3);
  begin_run(play, is_advanced);
  play->fail_from = stress_chance(random, 3) ? play->base + stress_between(random, 1, 20) : 0;
  play->cancels = !is_advanced && stress_chance(random, 4);
  play->stops = !is_advanced && stress_chance(random, 6);
  play->pauses = !is_advanced && stress_chance(random, 6);
  play->cancels = play->cancels || play->drops; /* or it might not end */
  origins_readers_start(&play->readers, play->reader_count, random);
  if (is_advanced)
    advance(play, random);
  else
    scene_run(play->job, beside, play->cancels || play->stops || play->pauses ? steer : NULL, play);
  seen_total += origins_readers_stop(&play->readers);
  if (!is_advanced)
    check_end(play, play->base + play->round_count);
  mend_places(play);
  round_total += origins_published(&play->readers) - play->base;
}

static void take_down(struct play *play) {
  scene_expect_ok(synched_job_destroy(play->job), "synched_job_destroy");
  for (unsigned f = 0; f < play->origins.field_count; f++) {
    const struct synched_snapshot *now = synched_snapshot_current(play->origins.fields[f].memory);
    for (size_t s = 0; now != NULL && s < play->origins.segment_count; s++)
      STRESS_CHECK(cell_in(play, f, s, now) == play->cells[now->round][f][s],
                   "segment %zu of field %u is not as round %" PRIu64 " left it", s, f, now->round);
    synched_snapshot_release(now);
    scene_expect_ok(synched_memory_destroy(play->origins.fields[f].memory),
                    "synched_memory_destroy");
  }
}

static void run_case(struct stress_random *random) {
  static struct play play;
  struct scene_beside beside;
  set_up(&play, random);
  const bool has_beside = stress_chance(random, 4);
  if (has_beside)
    scene_beside_create(&beside, random, play.pool);
  const uint64_t run_count = stress_between(random, 1, 3);
  for (uint64_t run = 0; run < run_count; run++)
    run_once(&play, random, has_beside ? &beside : NULL);
  take_down(&play);
  if (has_beside)
    scene_beside_destroy(&beside);
  scene_pool_destroy(play.pool);
}

int main(int argc, char **argv) {
  stress_begin("skips_stress", argc, argv);
  struct stress_random random;
  while (stress_next_case(&random))
    run_case(&random);
  return stress_end("%" PRIu64 " rounds, %" PRIu64 " calls and %" PRIu64 " skipped; %" PRIu64
                    " jobs failed and %" PRIu64 " were cancelled; %" PRIu64 " readers",
                    round_total, call_total, skipped_total, failure_total, cancel_total,
                    seen_total);
}
