/*
 * tiles.c: rounds that run several between two barriers. Each element says which round has written
 * it, so calls, on_round and the loop know what they must find. What a call must not find is a race
 * of plain accesses, too.
 */
#include "reads.h"
#include "scene.h"

#include <string.h>

#define SEGMENTS_MOST 60u
#define FAILURE (-88)

struct tile_job {
  struct synched_memory *memory;
  struct synched_job *job;
  size_t segment_count;
  struct synched_reads reads;
  unsigned rounds_per_barrier;
  /* what a call takes; NULL: no time */
  uint64_t (*spend_ns)(uint64_t round, size_t segment);
  uint64_t fail_round; /* of the calls from there on fail; 0: none */
  size_t fail_segment;
  uint64_t aloud_from;
  /* a call of the last round holds all others up, if it is on another worker than that of the
   * segment before; 0: none */
  size_t holding_segment;
  unsigned worker_before;
  /* of a run */
  uint64_t last;
  uint64_t rounds;                  /* that on_round has seen; */
  uint64_t computed[SEGMENTS_MOST]; /* and the last one of each segment, by who computes it */
  uint64_t wanted;                  /* calls of the run, where none fails */
  bool is_over;
  int status;
};

static uint64_t value(uint64_t round, size_t segment) {
  return round == 0 ? 0 : round * 1000 + segment + 1;
}

static void check_segment(const struct synched_snapshot *view, uint64_t round, size_t segment) {
  const uint64_t *data = view->data;
  if (data[segment] != value(round, segment))
    sim_fail("segment %zu is %llu, not %llu as round %llu left it", segment,
             (unsigned long long)data[segment], (unsigned long long)value(round, segment),
             (unsigned long long)round);
}

/* Each segment that is declared. */
static void check_reads(const struct tile_job *job, const struct synched_task *task) {
  const struct synched_reads *reads = &job->reads;
  const size_t count = job->segment_count;
  const size_t segment = task->segment;
  check_segment(task->previous, task->round - 1, segment);
  if (reads->reach == SYNCHED_REACH_LIST) {
    for (size_t i = reads->offsets[segment]; i < reads->offsets[segment + 1]; i++)
      check_segment(task->previous, task->round - 1, reads->segments[i]);
    return;
  }
  for (size_t k = 1; k <= reads->radius; k++) {
    if (reads->wraps || segment + k < count)
      check_segment(task->previous, task->round - 1, (segment + k) % count);
    if (reads->wraps || segment >= k)
      check_segment(task->previous, task->round - 1, (segment + k * (count - 1)) % count);
  }
}

static void hold_others(struct tile_job *job, const struct synched_task *task) {
  if (task->segment + 1 == job->holding_segment)
    job->worker_before = task->worker;
  else if (task->segment == job->holding_segment && task->worker != job->worker_before)
    sim_hold_others();
}

static int compute(struct synched_task *task, void *user) {
  struct tile_job *job = user;
  uint64_t *out = task->out;
  if (task->previous->round != task->round - 1)
    sim_fail("previous is of round %llu in round %llu", (unsigned long long)task->previous->round,
             (unsigned long long)task->round);
  if (job->computed[task->segment] != task->round - 1)
    sim_fail("round %llu of segment %zu follows round %llu", (unsigned long long)task->round,
             task->segment, (unsigned long long)job->computed[task->segment]);
  SIM_CHECK(!job->is_over && task->round <= job->last);
  check_reads(job, task);
  *out = value(task->round, task->segment);
  task->contribution = (double)task->round;
  const uint64_t spend_ns = job->spend_ns == NULL ? 0 : job->spend_ns(task->round, task->segment);
  if (spend_ns != 0)
    sim_spend(spend_ns);
  if (job->holding_segment != 0 && task->round == job->last)
    hold_others(job, task);
  job->computed[task->segment] = task->round;
  const bool fails = task->round == job->fail_round && task->segment >= job->fail_segment;
  return fails ? FAILURE - (int)task->segment : 0;
}

static int on_round(const struct synched_snapshot *now, void *user) {
  struct tile_job *job = user;
  const uint64_t next = job->rounds + job->rounds_per_barrier;
  SIM_CHECK(now->round == (next < job->last ? next : job->last));
  job->rounds = now->round;
  for (size_t s = 0; s < job->segment_count; s++) {
    SIM_CHECK(job->computed[s] == now->round);
    check_segment(now, now->round, s);
  }
  SIM_CHECK(now->fold == (double)(now->round * job->segment_count));
  if (job->aloud_from != 0 && now->round + 1 >= job->aloud_from)
    sim_aloud();
  return SYNCHED_CONTINUE;
}

static void on_done(struct synched_job *unused, int status, const struct synched_report *report,
                    void *user) {
  struct tile_job *job = user;
  (void)unused;
  (void)report;
  job->status = status;
  job->is_over = true;
}

static void open_job(struct tile_job *job, const struct scene *scene,
                     const struct synched_job_options *options) {
  struct synched_job_options chosen = *options;
  chosen.struct_size = sizeof chosen;
  chosen.user = job;
  chosen.compute = compute;
  chosen.on_round = on_round;
  chosen.on_done = on_done;
  if (chosen.homes != SYNCHED_HOMES_FOLLOW)
    chosen.record = SYNCHED_RECORD_OFF;
  chosen.fold = SYNCHED_FOLD_SUM;
  chosen.reads = job->reads;
  chosen.rounds_per_barrier = job->rounds_per_barrier;
  job->last = chosen.round_count;
  SIM_CHECK(synched_memory_create(&job->memory,
                                  SYNCHED_MEMORY_OPTIONS(.segment_count = job->segment_count,
                                                         .segment_capacity = 1,
                                                         .element_size = sizeof(uint64_t))) == 0);
  if (synched_job_create(&job->job, scene->pool, job->memory, &chosen) != 0)
    sim_fail("no job: %s", synched_error_message());
}

/* It ended after `round`, with all of that and nothing of later ones. */
static void close_job(struct tile_job *job, uint64_t round) {
  const struct synched_snapshot *now = synched_snapshot_current(job->memory);
  if (now->round != round)
    sim_fail("round %llu is current, not %llu", (unsigned long long)now->round,
             (unsigned long long)round);
  for (size_t s = 0; s < job->segment_count; s++)
    check_segment(now, round, s);
  synched_snapshot_release(now);
  SIM_CHECK(synched_job_destroy(job->job) == 0);
  SIM_CHECK(synched_memory_destroy(job->memory) == 0);
}

/* --- costs --- */

/* Each round another segment is slow. */
static uint64_t uneven(uint64_t round, size_t segment) {
  return segment == round % 4 ? 40000 : 3000;
}

static uint64_t slow_first(uint64_t round, size_t segment) {
  (void)round;
  return segment == 0 ? 90000 : 1000;
}

/* --- worlds --- */

struct shape {
  unsigned worker_count;
  size_t segment_count;
  uint64_t round_count;
  unsigned rounds_per_barrier;
  struct synched_reads reads;
  enum synched_balance balance;
  enum synched_wait wait;
  uint64_t (*spend_ns)(uint64_t round, size_t segment);
  uint32_t flags;
};

static void run(const struct shape *shape) {
  struct scene scene;
  struct tile_job job = {.segment_count = shape->segment_count,
                         .reads = shape->reads,
                         .rounds_per_barrier = shape->rounds_per_barrier,
                         .spend_ns = shape->spend_ns};
  scene_open(&scene, shape->worker_count, shape->wait);
  open_job(&job, &scene,
           SYNCHED_JOB_OPTIONS(.round_count = shape->round_count, .balance = shape->balance,
                               .flags = shape->flags));
  scene_run_aloud(job.job);
  SIM_CHECK(job.rounds == shape->round_count);
  close_job(&job, shape->round_count);
  scene_close(&scene);
}

SCENE_WORLD(tile_near, "tile-near-2x3x4", "2 workers, 3 segments, 2 x 2 rounds, with neighbours", 2,
            2, 3, 4, 2, NEAR_1, SYNCHED_BALANCE_STEAL, SYNCHED_WAIT_AUTO, scene_heavy, 0);
SCENE_WORLD(tile_list, "tile-list-2x4x3", "2 workers, 4 segments, 3 rounds, with lists", 2, 2, 4, 3,
            3, LIST, SYNCHED_BALANCE_STEAL, SYNCHED_WAIT_AUTO, scene_heavy, 0);
SCENE_WORLD(tile_static, "tile-static-2x4x4", "each segment at home, and neighbours that wrap", 2,
            2, 4, 4, 2, WRAPPING, SYNCHED_BALANCE_STATIC, SYNCHED_WAIT_AUTO, uneven, 0);
SCENE_WORLD(tile_steal, "tile-steal-3x4x4", "3 workers; a slow one, and strips that are stolen", 1,
            3, 4, 4, 2, NEAR_1, SYNCHED_BALANCE_STEAL, SYNCHED_WAIT_AUTO, uneven,
            SYNCHED_JOB_EAGER);
SCENE_WORLD(tile_half, "tile-half-2x8x3", "half of what a slow worker has is stolen", 1, 2, 8, 3, 3,
            OWN, SYNCHED_BALANCE_STEAL, SYNCHED_WAIT_AUTO, slow_first, SYNCHED_JOB_EAGER);
SCENE_WORLD(tile_sleep, "tile-sleep-2x4x4", "workers that sleep until a neighbour makes a step", 2,
            2, 4, 4, 2, WRAPPING, SYNCHED_BALANCE_STATIC, SYNCHED_WAIT_SLEEP, uneven, 0);
SCENE_WORLD(tile_sleepers, "tile-sleep-3x3x3", "3 workers that sleep, in one tile", 1, 3, 3, 3, 3,
            WRAPPING, SYNCHED_BALANCE_STATIC, SYNCHED_WAIT_SLEEP, uneven, 0);
SCENE_WORLD(tile_sleep_steal, "tile-sleep-steal-2x4x4", "workers that sleep, and steal", 1, 2, 4, 4,
            2, LIST, SYNCHED_BALANCE_STEAL, SYNCHED_WAIT_SLEEP, uneven, SYNCHED_JOB_EAGER);
SCENE_WORLD(tile_late, "tile-late-2x3x300", "a thief is held up for many tiles", 0, 2, 3, 300, 2,
            NEAR_1, SYNCHED_BALANCE_STEAL, SYNCHED_WAIT_AUTO, uneven, SYNCHED_JOB_EAGER);

/* --- failure: of the calls that fail, the first of the first round is told --- */

static void run_tile_failure(void) {
  struct scene scene;
  struct tile_job job = {.segment_count = 3,
                         .reads = NEAR_1,
                         .rounds_per_barrier = 2,
                         .spend_ns = uneven,
                         .fail_round = 3,
                         .fail_segment = 1};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  open_job(&job, &scene, SYNCHED_JOB_OPTIONS(.round_count = 6, .flags = SYNCHED_JOB_EAGER));
  sim_aloud();
  SIM_CHECK(synched_job_run(job.job) == FAILURE - 1);
  sim_quietly();
  SIM_CHECK(job.rounds == 2);
  /* It goes on where it was. */
  job.fail_round = 0;
  job.is_over = false;
  for (size_t s = 0; s < job.segment_count; s++)
    job.computed[s] = 2;
  job.last = 8;
  SIM_CHECK(synched_job_run(job.job) == 0);
  close_job(&job, 8);
  scene_close(&scene);
}

const struct sim_world sim_world_tile_failure = {
    .name = "tile-failure-2x3x4",
    .about = "two of three segments fail in the first round of the second tile",
    .run = run_tile_failure,
    .bound = 1,
};

/* --- cancel and stop: by another thread, at any time --- */

static void cancel(void *argument) {
  const struct tile_job *job = argument;
  sim_spend(50000);
  const int status = synched_job_cancel(job->job);
  SIM_CHECK(status == 0 || status == SYNCHED_EALREADY);
}

static void stop(void *argument) {
  const struct tile_job *job = argument;
  sim_spend(50000);
  const int status = synched_job_stop(job->job);
  SIM_CHECK(status == 0 || status == SYNCHED_EALREADY);
}

static void run_tile_ended(void (*end)(void *), int status) {
  struct scene scene;
  struct tile_job job = {
      .segment_count = 3, .reads = NEAR_1, .rounds_per_barrier = 2, .spend_ns = scene_heavy};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  open_job(&job, &scene, SYNCHED_JOB_OPTIONS(.round_count = 4, .flags = SYNCHED_JOB_EAGER));
  SIM_CHECK(synched_job_start_polled(job.job) == 0);
  sim_aloud();
  const unsigned thread = sim_thread_start(end, &job);
  while (synched_job_dispatch(job.job) != SYNCHED_STOP)
    sim_await(synched_job_fd(job.job));
  sim_thread_join(thread);
  sim_quietly();
  SIM_CHECK(job.status == status || (job.status == 0 && job.rounds == 4));
  close_job(&job, job.rounds);
  scene_close(&scene);
}

static void run_tile_cancel(void) {
  run_tile_ended(cancel, SYNCHED_ECANCELED);
}

static void run_tile_stop(void) {
  run_tile_ended(stop, 0);
}

const struct sim_world sim_world_tile_cancel = {
    .name = "tile-cancel-2x3x4",
    .about = "a job is cancelled in or between its tiles",
    .run = run_tile_cancel,
    .bound = 1,
};

const struct sim_world sim_world_tile_stop = {
    .name = "tile-stop-2x3x4",
    .about = "a job is stopped in or between its tiles",
    .run = run_tile_stop,
    .bound = 1,
};

/* --- solo, then shared in the middle --- */

/* The job has learnt that its rounds are not worth sharing; then some are, and the leader finds out
 * when it has completed some segments. */
static uint64_t turning(uint64_t round, size_t segment) {
  return round >= 61 && round <= 62 && segment >= 2 ? 90000 : 20;
}

/* It finds that out when all that it has begun is complete. Others compute the rest at once. */
static uint64_t turning_at_the_end(uint64_t round, size_t segment) {
  if (round <= 60)
    return 20;
  return round == 62 && segment == 2 ? 90000 : 0;
}

static void run_turning(uint64_t round_count, struct synched_reads reads,
                        uint64_t (*spend_ns)(uint64_t, size_t)) {
  struct scene scene;
  struct tile_job job = {.segment_count = 6,
                         .reads = reads,
                         .rounds_per_barrier = 2,
                         .spend_ns = spend_ns,
                         .aloud_from = 61,
                         .holding_segment = spend_ns == turning_at_the_end ? 3 : 0};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  open_job(&job, &scene, SYNCHED_JOB_OPTIONS(.round_count = round_count));
  SIM_CHECK(synched_job_run(job.job) == 0);
  close_job(&job, round_count);
  sim_quietly();
  scene_close(&scene);
}

static void run_tile_turn(void) {
  run_turning(64, (struct synched_reads)NEAR_1, turning);
}

static void run_tile_turn_last(void) {
  run_turning(62, (struct synched_reads)NEAR_1, turning);
}

static void run_tile_turn_own(void) {
  run_turning(62, (struct synched_reads)OWN, turning_at_the_end);
}

const struct sim_world sim_world_tile_turn = {
    .name = "tile-turn-2x6x64",
    .about = "a solo tile turns out to be long, and the rest of it is shared",
    .run = run_tile_turn,
    .bound = 1,
};

const struct sim_world sim_world_tile_turn_last = {
    .name = "tile-turn-2x6x62",
    .about = "the last solo tile is shared, and the job destroyed",
    .run = run_tile_turn_last,
    .bound = 1,
};

const struct sim_world sim_world_tile_turn_own = {
    .name = "tile-turn-own-2x6x62",
    .about = "the same, when nothing of the tile is the sharing worker's any more",
    .run = run_tile_turn_own,
    .bound = 1,
};

/* --- a tile, a plain round, a tile --- */

static void run_tile_plain(void) {
  static const uint64_t pieces[] = {2, 1, 3, 1, 1, 2};
  struct scene scene;
  struct tile_job job = {
      .segment_count = 3, .reads = WRAPPING, .rounds_per_barrier = 2, .spend_ns = scene_heavy};
  uint64_t round = 0;
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  open_job(&job, &scene, SYNCHED_JOB_OPTIONS(.flags = SYNCHED_JOB_EAGER));
  sim_aloud();
  for (unsigned i = 0; i < sizeof pieces / sizeof *pieces; i++) {
    job.last = round += pieces[i];
    SIM_CHECK(synched_job_advance(job.job, pieces[i]) == 0);
    SIM_CHECK(job.rounds == round);
  }
  sim_quietly();
  close_job(&job, round);
  scene_close(&scene);
}

const struct sim_world sim_world_tile_plain = {
    .name = "tile-plain-2x3x10",
    .about = "tiles and plain rounds in turn, by advances",
    .run = run_tile_plain,
    .bound = 1,
};

/* --- home ranges are dealt anew between two tiles --- */

static uint64_t dear_first(uint64_t round, size_t segment) {
  (void)round;
  return segment < 6 ? 30000 : 10000;
}

static void run_tile_redeal(void) {
  struct scene scene;
  struct tile_job job = {.segment_count = 12,
                         .reads = NEAR_1,
                         .rounds_per_barrier = 2,
                         .spend_ns = dear_first,
                         .aloud_from = 7};
  struct synched_report *report;
  struct synched_report_summary summary = {.struct_size = sizeof summary};
  sim_quietly();
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  open_job(
      &job, &scene,
      SYNCHED_JOB_OPTIONS(.round_count = 12, .homes = SYNCHED_HOMES_FOLLOW,
                          .balance = sim_any(2) ? SYNCHED_BALANCE_STATIC : SYNCHED_BALANCE_STEAL));
  SIM_CHECK(synched_job_run(job.job) == 0);
  sim_quietly();
  SIM_CHECK(synched_job_report(job.job, &report) == 0);
  SIM_CHECK(synched_report_summary(report, &summary) == 0);
  SIM_CHECK(summary.redealt_count > 0);
  synched_report_destroy(report);
  close_job(&job, 12);
  scene_close(&scene);
}

const struct sim_world sim_world_tile_redeal = {
    .name = "redeal-tile-2x12x12",
    .about = "the borders of home ranges move between two tiles",
    .run = run_tile_redeal,
    .bound = 1,
};

/* --- crowds --- */

static void run_tile_crowd(void) {
  static const unsigned workers[] = {1, 2, 3, 5, 9, 12, 17, 33};
  static const struct synched_reads kinds[] = {OWN, NEAR_1, WRAPPING};
  uint64_t (*const costs[])(uint64_t, size_t) = {NULL, scene_heavy, uneven, slow_first};
  const uint32_t flags =
      (sim_any(2) ? SYNCHED_JOB_EAGER : 0) | (sim_any(2) ? SYNCHED_JOB_NO_SEGMENT_TIMES : 0);
  run(&(struct shape){
      workers[sim_any(8)], 1 + sim_any(SEGMENTS_MOST - 1), 1 + sim_any(9), 2 + sim_any(7),
      kinds[sim_any(3)], sim_any(2) ? SYNCHED_BALANCE_STATIC : SYNCHED_BALANCE_STEAL,
      sim_any(2) ? SYNCHED_WAIT_SLEEP : SYNCHED_WAIT_AUTO, costs[sim_any(4)], flags});
}

const struct sim_world sim_world_tile_crowd = {
    .name = "tile-crowd",
    .about = "up to 33 workers, 59 segments and 8 rounds between two barriers",
    .run = run_tile_crowd,
};

/* --- who sleeps has looked at all the others first --- */

/* All of them sleep between two advances, and few are woken for what is small. The strips of the
 * others are far away from where they look first. */
static void run_tile_few(void) {
  struct scene scene;
  struct tile_job job = {.segment_count = 20, .reads = NEAR_1, .rounds_per_barrier = 2};
  scene_open(&scene, 20, SYNCHED_WAIT_SLEEP);
  open_job(&job, &scene, SYNCHED_JOB_OPTIONS(.flags = SYNCHED_JOB_NO_SEGMENT_TIMES));
  for (unsigned i = 0; i < 4; i++) {
    job.last += 2;
    if (i == 3)
      sim_aloud();
    SIM_CHECK(synched_job_advance(job.job, 2) == 0);
    sim_spend(1000000);
  }
  sim_quietly();
  close_job(&job, 8);
  scene_close(&scene);
}

const struct sim_world sim_world_tile_few = {
    .name = "tile-few-20x20x8",
    .about = "few of many workers are woken, and find what the others have at home",
    .run = run_tile_few,
};
