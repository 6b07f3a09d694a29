/*
 * skips.c: rounds in which calls are skipped, and calls that are checked. A serial loop says what
 * each segment holds after each round, and so which calls are needed: these must come, once each,
 * and no others.
 *
 * The segments are cells of an excitable medium. An excited cell excites those that read it and are
 * quiet; then it gets tired, then quiet. So waves run through what is quiet elsewhere, and die.
 */
#include "reads.h"
#include "scene.h"

#include <string.h>

#define SEGMENTS_MOST 150u
#define ROUNDS_MOST 24u
#define ENTRIES_MOST (SEGMENTS_MOST * 3)
#define LEASES_MOST 3u
#define CAPACITY 2u
#define EXCITED 2u
#define FAILURE (-88)

struct skip_job {
  struct synched_memory *memory;
  struct synched_job *job;
  size_t segment_count;
  struct synched_reads reads;
  unsigned rounds_per_barrier;
  /* on_round keeps so many snapshots, each for so many rounds */
  unsigned kept_count;
  const struct synched_snapshot *kept[LEASES_MOST];
  /* what a call takes; NULL: no time */
  uint64_t (*spend_ns)(uint64_t round, size_t segment);
  uint64_t fail_round; /* of the calls from there on fail; 0: none */
  size_t fail_segment;
  /* this call reads what it has not declared; 0: none */
  uint64_t wrong_round;
  size_t wrong_segment;
  bool skips;
  bool is_checked; /* calls are made twice */
  /* by the serial loop */
  uint8_t cells[ROUNDS_MOST + 1][SEGMENTS_MOST];
  /* the first round in which all segments are called, and no others of before it are known */
  uint64_t first;
  uint64_t published;
  /* what it left has been changed since, but its fold */
  uint64_t loaded;
  uint8_t called[ROUNDS_MOST + 1][SEGMENTS_MOST];
  bool is_over;
  int status;
};

/* --- the serial loop --- */

/* Whether a segment reads another one, or itself. */
static bool is_read(const struct skip_job *job, size_t segment, size_t other) {
  const struct synched_reads *reads = &job->reads;
  const size_t distance = segment > other ? segment - other : other - segment;
  if (segment == other || reads->reach == SYNCHED_REACH_ALL)
    return true;
  if (reads->reach == SYNCHED_REACH_NEAR)
    return distance <= reads->radius ||
           (reads->wraps && job->segment_count - distance <= reads->radius);
  for (size_t i = 0; reads->reach == SYNCHED_REACH_LIST &&
                     i < reads->offsets[segment + 1] - reads->offsets[segment];
       i++)
    if (reads->segments[reads->offsets[segment] + i] == other)
      return true;
  return false;
}

static uint8_t next_cell(const struct skip_job *job, uint64_t round, size_t segment) {
  const uint8_t *before = job->cells[round - 1];
  if (before[segment] != 0)
    return before[segment] - 1;
  for (size_t other = 0; other < job->segment_count; other++)
    if (before[other] == EXCITED && is_read(job, segment, other))
      return EXCITED;
  return 0;
}

/* All rounds after `published`. */
static void compute_rounds(struct skip_job *job) {
  for (uint64_t round = job->published + 1; round <= ROUNDS_MOST; round++)
    for (size_t s = 0; s < job->segment_count; s++)
      job->cells[round][s] = next_cell(job, round, s);
}

static bool is_needed(const struct skip_job *job, uint64_t round, size_t segment) {
  if (!job->skips || round == job->first)
    return true;
  for (size_t other = 0; other < job->segment_count; other++)
    if (job->cells[round - 1][other] != job->cells[round - 2][other] &&
        is_read(job, segment, other))
      return true;
  return false;
}

/* --- callbacks --- */

static size_t count_of(uint8_t cell) {
  return cell == 0 ? 1 : CAPACITY;
}

static void check_segment(const struct skip_job *job, const struct synched_snapshot *view,
                          uint64_t round, size_t segment) {
  const uint64_t *data = synched_snapshot_segment(view, segment);
  const uint8_t cell = job->cells[round][segment];
  if (view->counts[segment] != count_of(cell))
    sim_fail("segment %zu has %zu elements, not %zu as round %llu left it", segment,
             view->counts[segment], count_of(cell), (unsigned long long)round);
  for (size_t i = 0; i < count_of(cell); i++)
    if (data[i] != cell)
      sim_fail("segment %zu is %llu, not %u as round %llu left it", segment,
               (unsigned long long)data[i], cell, (unsigned long long)round);
}

static void check_snapshot(const struct skip_job *job, const struct synched_snapshot *now) {
  double sum = 0;
  for (size_t s = 0; s < job->segment_count; s++) {
    check_segment(job, now, now->round, s);
    sum += job->cells[now->round][s];
  }
  if (now->round != job->loaded && now->fold != sum)
    sim_fail("the fold of round %llu is %g, not %g", (unsigned long long)now->round, now->fold,
             sum);
}

static int compute(struct synched_task *task, void *user) {
  struct skip_job *job = user;
  const uint64_t round = task->round;
  const size_t segment = task->segment;
  SIM_CHECK(!job->is_over && round > job->published);
  if (task->previous->round != round - 1)
    sim_fail("previous is of round %llu in round %llu", (unsigned long long)task->previous->round,
             (unsigned long long)round);
  if (!is_needed(job, round, segment))
    sim_fail("round %llu calls segment %zu, and nothing has changed for it",
             (unsigned long long)round, segment);
  for (size_t other = 0; other < job->segment_count; other++)
    if (is_read(job, segment, other))
      check_segment(job, task->previous, round - 1, other);
  const uint8_t cell = job->cells[round][segment];
  uint64_t *out = task->out;
  for (size_t i = 0; i < count_of(cell); i++)
    out[i] = cell;
  if (round == job->wrong_round && segment == job->wrong_segment)
    out[0] += *(const uint64_t *)synched_snapshot_segment(
        task->previous, (segment + job->segment_count / 2) % job->segment_count);
  task->count = count_of(cell);
  task->contribution = cell;
  task->unchanged = cell == job->cells[round - 1][segment];
  if (job->spend_ns != NULL)
    sim_spend(job->spend_ns(round, segment));
  job->called[round][segment]++;
  if (round != job->fail_round || segment < job->fail_segment)
    return 0;
  out[0] = ~UINT64_C(0);
  return FAILURE - (int)segment;
}

/* Of the rounds that are published now. */
static void check_calls(const struct skip_job *job, uint64_t last) {
  for (uint64_t round = job->published + 1; round <= last; round++)
    for (size_t s = 0; s < job->segment_count; s++) {
      const unsigned wanted = is_needed(job, round, s) ? job->is_checked ? 2 : 1 : 0;
      if (job->called[round][s] != wanted)
        sim_fail("round %llu calls segment %zu %u times, not %u", (unsigned long long)round, s,
                 job->called[round][s], wanted);
    }
}

/* Keeps the newest snapshot instead of the oldest one that is kept. */
static void keep(struct skip_job *job, const struct synched_snapshot *now) {
  const struct synched_snapshot **place = &job->kept[now->round % job->kept_count];
  if (*place != NULL)
    check_snapshot(job, *place);
  synched_snapshot_release(*place);
  *place = synched_snapshot_retain(now);
}

static void let_go(struct skip_job *job) {
  for (unsigned i = 0; i < job->kept_count; i++) {
    synched_snapshot_release(job->kept[i]);
    job->kept[i] = NULL;
  }
}

static int on_round(const struct synched_snapshot *now, void *user) {
  struct skip_job *job = user;
  SIM_CHECK(now->round > job->published);
  SIM_CHECK(now->round - job->published <= job->rounds_per_barrier);
  check_calls(job, now->round);
  check_snapshot(job, now);
  job->published = now->round;
  if (job->kept_count != 0)
    keep(job, now);
  return SYNCHED_CONTINUE;
}

static void on_done(struct synched_job *unused, int status, const struct synched_report *report,
                    void *user) {
  struct skip_job *job = user;
  (void)unused;
  (void)report;
  job->status = status;
  job->is_over = true;
}

/* --- jobs --- */

static void load_cell(struct skip_job *job, size_t segment, uint8_t cell) {
  const uint64_t elements[CAPACITY] = {cell, cell};
  job->cells[job->published][segment] = cell;
  job->loaded = job->published;
  SIM_CHECK(synched_memory_load(job->memory, segment, elements, count_of(cell)) == 0);
}

/* A cell for each of the first segments; the others are quiet. */
static void open_job(struct skip_job *job, const struct scene *scene, unsigned lease_count,
                     const char *cells, const struct synched_job_options *options) {
  struct synched_job_options chosen = *options;
  chosen.struct_size = sizeof chosen;
  chosen.user = job;
  chosen.compute = compute;
  chosen.on_round = on_round;
  chosen.on_done = on_done;
  chosen.record = SYNCHED_RECORD_OFF;
  chosen.fold = SYNCHED_FOLD_SUM;
  chosen.reads = job->reads;
  chosen.rounds_per_barrier = job->rounds_per_barrier;
  job->skips = (chosen.flags & SYNCHED_JOB_SKIP_UNCHANGED) != 0;
  job->is_checked = (chosen.flags & SYNCHED_JOB_CHECKED_TWICE) != 0;
  SIM_CHECK(synched_memory_create(&job->memory,
                                  SYNCHED_MEMORY_OPTIONS(.segment_count = job->segment_count,
                                                         .segment_capacity = CAPACITY,
                                                         .element_size = sizeof(uint64_t),
                                                         .lease_count = lease_count,
                                                         .refill = SYNCHED_REFILL_NONE)) == 0);
  for (size_t s = 0; s < job->segment_count; s++)
    load_cell(job, s, s < strlen(cells) ? (uint8_t)(cells[s] - '0') : 0);
  compute_rounds(job);
  job->first = 1;
  if (synched_job_create(&job->job, scene->pool, job->memory, &chosen) != 0)
    sim_fail("no job: %s", synched_error_message());
}

/* It goes on, where it was or with something that is loaded: all is called once more. */
static void begin_anew(struct skip_job *job) {
  job->first = job->published + 1;
  job->is_over = false;
  memset(job->called[job->first], 0, sizeof job->called - sizeof *job->called * job->first);
}

/* It ended with all of the last round that was published, and nothing of later ones. */
static void close_job(struct skip_job *job) {
  const struct synched_snapshot *now = synched_snapshot_current(job->memory);
  SIM_CHECK(now->round == job->published);
  check_snapshot(job, now);
  synched_snapshot_release(now);
  let_go(job);
  SIM_CHECK(synched_job_destroy(job->job) == 0);
  SIM_CHECK(synched_memory_destroy(job->memory) == 0);
}

#define ALL                                                                                        \
  { .reach = SYNCHED_REACH_ALL }

/* --- every schedule --- */

struct shape {
  size_t segment_count;
  uint64_t round_count;
  unsigned rounds_per_barrier;
  struct synched_reads reads;
  const char *cells;
  unsigned kept_count;
  enum synched_balance balance;
  uint32_t flags;
};

static struct skip_job shaped(const struct shape *shape) {
  return (struct skip_job){.segment_count = shape->segment_count,
                           .reads = shape->reads,
                           .rounds_per_barrier = shape->rounds_per_barrier,
                           .kept_count = shape->kept_count,
                           .spend_ns = scene_heavy};
}

static void run(const struct shape *shape) {
  struct scene scene;
  struct skip_job job = shaped(shape);
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  open_job(&job, &scene, shape->kept_count, shape->cells,
           SYNCHED_JOB_OPTIONS(.round_count = shape->round_count, .balance = shape->balance,
                               .flags = SYNCHED_JOB_EAGER | shape->flags));
  scene_run_aloud(job.job);
  SIM_CHECK(job.published == shape->round_count);
  close_job(&job);
  scene_close(&scene);
}

#define SKIP SYNCHED_JOB_SKIP_UNCHANGED

SCENE_WORLD(skip_near, "skip-near-2x4x3", "2 workers, 4 segments, 3 rounds; a wave begins", 2, 4, 3,
            1, NEAR_1, "2", 0, SYNCHED_BALANCE_STEAL, SKIP);
SCENE_WORLD(skip_list, "skip-list-2x4x3", "2 workers, 4 segments, 3 rounds, with lists", 2, 4, 3, 1,
            LIST, "0201", 0, SYNCHED_BALANCE_STEAL, SKIP);
SCENE_WORLD(skip_all, "skip-all-2x3x4", "each segment reads all; from round 3 on nothing changes",
            2, 3, 4, 1, ALL, "1", 0, SYNCHED_BALANCE_STEAL, SKIP);
SCENE_WORLD(skip_static, "skip-static-2x4x3", "each segment at home, and neighbours that wrap", 2,
            4, 3, 1, WRAPPING, "2", 0, SYNCHED_BALANCE_STATIC, SKIP);
SCENE_WORLD(skip_stale, "skip-stale-2x4x5", "a snapshot is kept, and a block is brought up to date",
            1, 4, 5, 1, OWN, "1213", 1, SYNCHED_BALANCE_STEAL, SKIP);
SCENE_WORLD(skip_joined, "skip-joined-2x4x4",
            "2 x 2 rounds that are published together, with lists", 1, 4, 4, 2, LIST, "0020", 1,
            SYNCHED_BALANCE_STEAL, SKIP);
SCENE_WORLD(checked, "checked-2x3x2", "calls are checked, and nothing is wrong", 1, 3, 2, 1, NEAR_1,
            "2", 0, SYNCHED_BALANCE_STEAL, SYNCHED_JOB_CHECKED_TWICE | SKIP);

/* --- failure: all is called again --- */

static void run_skip_failure(void) {
  struct scene scene;
  struct skip_job job = shaped(&(struct shape){4, 5, 1, NEAR_1, "2", 1, 0, 0});
  job.fail_round = 3;
  job.fail_segment = 1;
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  open_job(&job, &scene, 1, "2",
           SYNCHED_JOB_OPTIONS(.round_count = 3, .flags = SYNCHED_JOB_EAGER | SKIP));
  sim_aloud();
  SIM_CHECK(synched_job_run(job.job) == FAILURE - 1);
  SIM_CHECK(job.published == 2);
  job.fail_round = 0;
  begin_anew(&job);
  SIM_CHECK(synched_job_run(job.job) == 0);
  sim_quietly();
  SIM_CHECK(job.published == 5);
  close_job(&job);
  scene_close(&scene);
}

const struct sim_world sim_world_skip_failure = {
    .name = "skip-failure-2x4x5",
    .about = "a round fails in which calls are skipped; all are called when the job goes on",
    .run = run_skip_failure,
    .bound = 1,
};

/* --- again: a run in which nothing changes any more, then one in which all is called --- */

static void run_skip_again(void) {
  struct scene scene;
  struct skip_job job = shaped(&(struct shape){4, 8, 1, OWN, "1111", 0, 0, 0});
  scene_open(&scene, 3, SYNCHED_WAIT_SLEEP);
  open_job(&job, &scene, 0, "1111",
           SYNCHED_JOB_OPTIONS(.round_count = 4, .balance = SYNCHED_BALANCE_STATIC, .flags = SKIP));
  SIM_CHECK(synched_job_run(job.job) == 0);
  begin_anew(&job);
  scene_run_aloud(job.job);
  SIM_CHECK(job.published == 8);
  close_job(&job);
  scene_close(&scene);
}

const struct sim_world sim_world_skip_again = {
    .name = "skip-again-3x4x8",
    .about = "a run ends with rounds without a call; in the next one all workers are woken",
    .run = run_skip_again,
    .bound = 1,
};

/* --- cancel: at any time --- */

static void cancel(void *argument) {
  const struct skip_job *job = argument;
  sim_spend(50000);
  const int status = synched_job_cancel(job->job);
  SIM_CHECK(status == 0 || status == SYNCHED_EALREADY);
}

static void start_and_cancel(struct skip_job *job) {
  SIM_CHECK(synched_job_start_polled(job->job) == 0);
  const unsigned thread = sim_thread_start(cancel, job);
  while (synched_job_dispatch(job->job) != SYNCHED_STOP)
    sim_await(synched_job_fd(job->job));
  sim_thread_join(thread);
  SIM_CHECK(job->status == 0 || job->status == SYNCHED_ECANCELED);
}

static void run_skip_cancel(void) {
  struct scene scene;
  struct skip_job job = shaped(&(struct shape){4, 6, 1, NEAR_1, "2", 1, 0, 0});
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  open_job(&job, &scene, 1, "2",
           SYNCHED_JOB_OPTIONS(.round_count = 3, .flags = SYNCHED_JOB_EAGER | SKIP));
  sim_aloud();
  start_and_cancel(&job);
  sim_quietly();
  begin_anew(&job);
  SIM_CHECK(synched_job_run(job.job) == 0);
  close_job(&job);
  scene_close(&scene);
}

const struct sim_world sim_world_skip_cancel = {
    .name = "skip-cancel-2x4x6",
    .about = "a job that skips calls is cancelled, and goes on",
    .run = run_skip_cancel,
    .bound = 1,
};

/* --- a reader holds what it likes --- */

static void read_along(void *argument) {
  const struct skip_job *job = argument;
  for (unsigned i = 0; i < 2; i++) {
    const struct synched_snapshot *now = synched_snapshot_current(job->memory);
    sim_spend(sim_any(2) ? 30000 : 3000);
    check_snapshot(job, now);
    synched_snapshot_release(now);
  }
}

static void run_skip_reader(void) {
  struct scene scene;
  struct skip_job job = shaped(&(struct shape){4, 5, 1, OWN, "1213", 0, 0, 0});
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  open_job(&job, &scene, 1, "1213",
           SYNCHED_JOB_OPTIONS(.round_count = 5, .flags = SYNCHED_JOB_EAGER | SKIP));
  sim_aloud();
  const unsigned thread = sim_thread_start(read_along, &job);
  SIM_CHECK(synched_job_run(job.job) == 0);
  sim_thread_join(thread);
  sim_quietly();
  SIM_CHECK(job.published == 5);
  close_job(&job);
  scene_close(&scene);
}

const struct sim_world sim_world_skip_reader = {
    .name = "skip-reader-2x4x5",
    .about = "a reader holds snapshots, so blocks are stale by as much as it pleases",
    .run = run_skip_reader,
    .bound = 1,
};

/* --- a call that is wrong --- */

static void run_checked_wrong(void) {
  struct scene scene;
  struct skip_job job = shaped(&(struct shape){4, 3, 1, NEAR_1, "2", 0, 0, 0});
  job.wrong_round = 2;
  job.wrong_segment = 1;
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  open_job(&job, &scene, 0, "2",
           SYNCHED_JOB_OPTIONS(.round_count = 3,
                               .flags = SYNCHED_JOB_EAGER | SYNCHED_JOB_CHECKED_TWICE));
  sim_aloud();
  SIM_CHECK(synched_job_run(job.job) == SYNCHED_EFAULT);
  sim_quietly();
  SIM_CHECK(strstr(synched_error_message(), "segment 1 failed in round 2") != NULL);
  SIM_CHECK(strstr(synched_error_message(), "segment 3") != NULL);
  SIM_CHECK(job.published == 1);
  close_job(&job);
  scene_close(&scene);
}

const struct sim_world sim_world_checked_wrong = {
    .name = "checked-wrong-2x4x3",
    .about = "a call that reads what it has not declared is found, and named",
    .run = run_checked_wrong,
    .bound = 1,
};

/* --- crowds --- */

static void draw_cells(char cells[SEGMENTS_MOST + 1], size_t count) {
  const unsigned rare = 1 + sim_any(12);
  for (size_t s = 0; s < count; s++)
    cells[s] = sim_any(rare) == 0 ? (char)('0' + sim_any(EXCITED + 1)) : '0';
  cells[count] = '\0';
}

static void draw_reads(struct skip_job *job, size_t *offsets, size_t *segments) {
  const size_t count = job->segment_count;
  const enum synched_reach reaches[] = {SYNCHED_REACH_OWN, SYNCHED_REACH_NEAR, SYNCHED_REACH_LIST,
                                        SYNCHED_REACH_ALL};
  job->reads.reach = reaches[sim_any(job->rounds_per_barrier > 1 ? 3 : 4)];
  job->reads.radius = job->reads.reach == SYNCHED_REACH_NEAR ? 1 + sim_any(2) : 0;
  job->reads.wraps = job->reads.reach == SYNCHED_REACH_NEAR && sim_any(2) != 0;
  if (job->reads.reach != SYNCHED_REACH_LIST)
    return;
  offsets[0] = 0;
  for (size_t s = 0; s < count; s++) {
    offsets[s + 1] = offsets[s] + sim_any(4);
    for (size_t i = offsets[s]; i < offsets[s + 1]; i++)
      segments[i] = sim_any((unsigned)count);
  }
  job->reads.offsets = offsets;
  job->reads.segments = segments;
}

/* The status of the next rounds, if a call fails in them. */
static int failure_in(const struct skip_job *job, uint64_t last) {
  for (size_t s = job->fail_segment; job->fail_round <= last && s < job->segment_count; s++)
    if (is_needed(job, job->fail_round, s))
      return FAILURE - (int)s;
  return 0;
}

static void advance(struct skip_job *job, uint64_t rounds) {
  const uint64_t last = job->published + rounds;
  const int status = job->fail_round != 0 ? failure_in(job, last) : 0;
  const int got = synched_job_advance(job->job, rounds);
  if (got != status)
    sim_fail("an advance ends with %d, not %d: %s", got, status, synched_error_message());
  SIM_CHECK(got != 0 || job->published == last);
  job->is_over = got != 0;
}

/* It is run, advanced, cancelled, fails, or has something loaded: in any order. */
static void go_on(struct skip_job *job) {
  const bool is_loaded = !job->is_over && sim_any(3) == 0;
  job->fail_round = sim_any(3) == 0 ? job->published + 1 + sim_any(4) : 0;
  job->fail_segment = sim_any((unsigned)job->segment_count);
  if (is_loaded) {
    let_go(job);
    load_cell(job, sim_any((unsigned)job->segment_count), EXCITED);
    compute_rounds(job);
  }
  const bool is_run = job->fail_round == 0 && sim_any(3) == 0;
  if (is_loaded || is_run || job->is_over)
    begin_anew(job);
  if (is_run)
    start_and_cancel(job);
  else
    advance(job, 1 + sim_any(4));
}

static void run_skip_crowd(void) {
  static const unsigned workers[] = {1, 2, 3, 5, 17};
  static const unsigned rounds[] = {1, 1, 2, 3, 8};
  uint64_t (*const costs[])(uint64_t, size_t) = {NULL, scene_heavy};
  char cells[SEGMENTS_MOST + 1];
  size_t offsets[SEGMENTS_MOST + 1], segments[ENTRIES_MOST];
  struct scene scene;
  struct skip_job job = {.segment_count = 1 + sim_any(sim_any(3) == 0 ? SEGMENTS_MOST : 12),
                         .rounds_per_barrier = rounds[sim_any(5)],
                         .kept_count = sim_any(LEASES_MOST + 1),
                         .spend_ns = costs[sim_any(2)]};
  const bool is_checked = job.segment_count <= 6 && sim_any(3) == 0;
  scene_open(&scene, workers[sim_any(5)], sim_any(2) ? SYNCHED_WAIT_SLEEP : SYNCHED_WAIT_AUTO);
  draw_cells(cells, job.segment_count);
  draw_reads(&job, offsets, segments);
  open_job(
      &job, &scene, job.kept_count, cells,
      SYNCHED_JOB_OPTIONS(.round_count = 4,
                          .balance = sim_any(2) ? SYNCHED_BALANCE_STATIC : SYNCHED_BALANCE_STEAL,
                          .flags = SKIP | (sim_any(2) ? SYNCHED_JOB_EAGER : 0) |
                                   (sim_any(2) ? SYNCHED_JOB_NO_SEGMENT_TIMES : 0) |
                                   (is_checked ? SYNCHED_JOB_CHECKED_TWICE : 0)));
  sim_aloud();
  job.is_over = true;
  for (unsigned i = 0; i < 5; i++)
    go_on(&job);
  sim_quietly();
  close_job(&job);
  scene_close(&scene);
}

const struct sim_world sim_world_skip_crowd = {
    .name = "skip-crowd",
    .about = "jobs of up to 150 segments that skip calls, checked or not, and all that ends them",
    .run = run_skip_crowd,
};
