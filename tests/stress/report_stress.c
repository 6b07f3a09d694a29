/*
 * report_stress.c: reports of jobs that run, are paused, end and start again, all the time.
 *
 * Jobs of all levels run on one pool and start again whenever they end; a thread steers them. Other
 * threads make reports of them meanwhile. Each report must be consistent in itself, whatever the
 * job does: shares that add up, whole rounds without a gap, calls that are as many as there are
 * segments, counts that do not go back within a run. What on_done gets must be all of the run.
 */
#include "support/stress.h"

#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include <synched/synched.h>
#include <uv.h>

#include "support/scene.h"

#define SLOTS_MOST 3u
#define READERS_MOST 3u

struct world;

struct slot {
  struct world *world;
  struct stress_random *random; /* the loop's */
  struct synched_memory *memory;
  struct synched_job *job;
  struct synched_job_options options;
  size_t segment_count;
  unsigned stage_count; /* 0: compute alone */
  uint64_t calls_of_round;
  uint64_t work_most; /* units of a call */
  uint64_t fail_one_in;
  unsigned starts_left;
  _Atomic uint64_t run; /* odd while the job is being started; grows by two with each run */
};

struct reader {
  struct world *world;
  struct stress_random random;
  pthread_t thread;
  /* of each slot: the run that was read last, and how far it was */
  uint64_t runs[SLOTS_MOST], round_counts[SLOTS_MOST];
};

struct world {
  struct synched_pool *pool;
  uv_loop_t loop;
  unsigned slot_count, reader_count;
  struct slot slots[SLOTS_MOST];
  struct reader readers[READERS_MOST];
  struct stress_random random, steering;
  _Atomic uint32_t over;
};

static _Atomic uint64_t report_total, running_total, round_total, task_total;

static void add(_Atomic uint64_t *total, uint64_t count) {
  (void)atomic_fetch_add_explicit(total, count, memory_order_relaxed);
}

/* --- what holds of every report --- */

/* A report and what is known of its job. */
struct look {
  const struct slot *slot;
  const struct synched_report *report;
  struct synched_report_summary summary;
  bool is_whole; /* the run is over: nothing is missing */
};

static bool is_on(const struct look *look) {
  return look->slot->options.record != SYNCHED_RECORD_OFF;
}

/* Whether every round is written down. */
static bool has_all(const struct look *look) {
  return look->slot->options.record >= SYNCHED_RECORD_ROUNDS;
}

static void check_summary(const struct look *look) {
  const struct synched_report_summary *summary = &look->summary;
  STRESS_CHECK(summary->end_ns >= summary->start_ns, "it ended before it began");
  STRESS_CHECK(summary->solo_count + summary->shared_count ==
                   (is_on(look) ? summary->round_count : 0),
               "%" PRIu64 " solo and %" PRIu64 " shared rounds of %" PRIu64, summary->solo_count,
               summary->shared_count, summary->round_count);
  STRESS_CHECK(!is_on(look) ||
                   summary->call_count >= summary->round_count * look->slot->calls_of_round,
               "%" PRIu64 " calls in %" PRIu64 " rounds of %" PRIu64, summary->call_count,
               summary->round_count, look->slot->calls_of_round);
  STRESS_CHECK(
      !look->is_whole || !is_on(look) || summary->status != 0 || summary->dropped_count != 0 ||
          summary->call_count == summary->round_count * look->slot->calls_of_round,
      "%" PRIu64 " calls in all %" PRIu64 " rounds", summary->call_count, summary->round_count);
  STRESS_CHECK(summary->tick_count == summary->started_count + summary->skipped_count,
               "%" PRIu64 " ticks, %" PRIu64 " started, %" PRIu64 " skipped", summary->tick_count,
               summary->started_count, summary->skipped_count);
}

/* They are of one moment with the totals, so no time of a call is missing, or there twice. */
static void check_stages(const struct look *look) {
  uint64_t compute_ns = 0, before = UINT64_MAX;
  STRESS_CHECK(look->summary.stage_count ==
                   (look->slot->stage_count > 1 ? look->slot->stage_count : 0),
               "%u stages are told of", look->summary.stage_count);
  for (unsigned s = 0; s < look->summary.stage_count; s++) {
    struct synched_report_stage stage = {.struct_size = sizeof stage};
    scene_expect_ok(synched_report_stage(look->report, s, &stage), "synched_report_stage");
    compute_ns += stage.compute_ns;
    STRESS_CHECK(stage.round_count <= before &&
                     stage.round_count >= (is_on(look) ? look->summary.round_count : 0),
                 "stage %u was computed in %" PRIu64 " rounds of %" PRIu64, s, stage.round_count,
                 look->summary.round_count);
    before = stage.round_count;
  }
  STRESS_CHECK(look->summary.stage_count == 0 || compute_ns == look->summary.compute_ns,
               "the stages have %" PRIu64 " ns of %" PRIu64, compute_ns, look->summary.compute_ns);
}

static void check_workers(const struct look *look) {
  uint64_t calls = 0, closed = 0;
  for (unsigned w = 0; w < look->summary.worker_count; w++) {
    struct synched_report_worker worker = {.struct_size = sizeof worker};
    scene_expect_ok(synched_report_worker(look->report, w, &worker), "synched_report_worker");
    calls += worker.call_count;
    closed += worker.closed_count;
    /* In a round that is dropped all its calls may have been skipped. */
    STRESS_CHECK(worker.call_count + look->summary.dropped_count + 1 >= worker.round_count &&
                     worker.last_end_ns >= worker.last_start_ns,
                 "worker %u: %" PRIu64 " calls in %" PRIu64 " rounds", w, worker.call_count,
                 worker.round_count);
  }
  STRESS_CHECK(calls == look->summary.call_count, "the workers' calls are not the job's");
  STRESS_CHECK(!is_on(look) || closed >= look->summary.round_count,
               "%" PRIu64 " rounds closed of %" PRIu64, closed, look->summary.round_count);
}

static void check_efficiency(const struct look *look) {
  struct synched_report_efficiency found = {.struct_size = sizeof found};
  scene_expect_ok(synched_report_efficiency(look->report, &found), "synched_report_efficiency");
  uint64_t sum_ns = 0;
  for (unsigned s = 0; s < SYNCHED_SHARE_COUNT; s++)
    sum_ns += found.share_ns[s];
  const double whole_ns =
      (double)look->summary.worker_count * (double)(look->summary.end_ns - look->summary.start_ns);
  /* The two clocks agree within some hundred ns at each end. */
  const double slack_ns = whole_ns / 200.0 + 1000.0 * look->summary.worker_count;
  STRESS_CHECK(!is_on(look) ? sum_ns == 0 : fabs((double)sum_ns - whole_ns) <= slack_ns,
               "shares of %" PRIu64 " ns, where there are %.0f", sum_ns, whole_ns);
  STRESS_CHECK(fabs(found.serial * found.balance * found.scheduling - found.efficiency) < 1e-6 &&
                   found.efficiency >= 0.0 && found.efficiency <= 1.0 &&
                   found.utilisation <= found.efficiency + 1e-9,
               "efficiency %f is not %f x %f x %f", found.efficiency, found.serial, found.balance,
               found.scheduling);
}

static void check_parts(const struct look *look, size_t index,
                        const struct synched_report_round *round) {
  uint64_t calls = 0, compute_ns = 0;
  unsigned part_count = 0;
  for (unsigned w = 0; w < look->summary.worker_count; w++) {
    struct synched_report_part part = {.struct_size = sizeof part};
    scene_expect_ok(synched_report_part(look->report, index, w, &part), "synched_report_part");
    calls += part.call_count;
    compute_ns += part.compute_ns;
    part_count += part.call_count != 0;
    STRESS_CHECK(part.end_ns >= part.start_ns && part.stolen_count <= part.call_count,
                 "round %" PRIu64 ": worker %u's part ends before it begins", round->round, w);
  }
  STRESS_CHECK(calls == look->slot->calls_of_round,
               "round %" PRIu64 " of %" PRIu64 " has %" PRIu64 " calls, not %" PRIu64, round->round,
               look->summary.last_round, calls, look->slot->calls_of_round);
  STRESS_CHECK(compute_ns == round->compute_ns && part_count == round->part_count &&
                   round->closer < look->summary.worker_count && (!round->solo || part_count == 1),
               "round %" PRIu64 " is not what its %u parts are", round->round, part_count);
}

static void check_rounds(const struct look *look) {
  const size_t count = synched_report_recorded(look->report);
  const struct synched_report_summary *summary = &look->summary;
  uint64_t before = summary->last_round - summary->round_count;
  STRESS_CHECK(count <= look->slot->options.report_rounds, "%zu rounds are shown", count);
  for (size_t i = 0; i < count; i++) {
    struct synched_report_round round = {.struct_size = sizeof round};
    scene_expect_ok(synched_report_round(look->report, i, &round), "synched_report_round");
    STRESS_CHECK(round.round > before && round.round <= summary->last_round,
                 "round %" PRIu64 " is shown after %" PRIu64 ", the last one is %" PRIu64,
                 round.round, before, summary->last_round);
    STRESS_CHECK(!has_all(look) || i == 0 || round.round == before + 1,
                 "round %" PRIu64 " is shown after %" PRIu64, round.round, before);
    before = round.round;
    check_parts(look, i, &round);
  }
  const uint64_t most = look->slot->options.report_rounds;
  const uint64_t expected = summary->round_count < most ? summary->round_count : most;
  STRESS_CHECK(!look->is_whole || !has_all(look) || count == expected,
               "%zu rounds are shown of %" PRIu64, count, summary->round_count);
  add(&round_total, count);
}

static void check_segments(const struct look *look) {
  uint64_t calls = 0;
  for (size_t s = 0; s < look->slot->segment_count; s++) {
    struct synched_report_segment segment = {.struct_size = sizeof segment};
    scene_expect_ok(synched_report_segment(look->report, s, &segment), "synched_report_segment");
    calls += segment.call_count;
    STRESS_CHECK(segment.home < look->summary.worker_count, "segment %zu is nobody's", s);
  }
  STRESS_CHECK(!is_on(look) || (look->is_whole ? calls == look->summary.call_count
                                               : calls >= look->summary.call_count),
               "%" PRIu64 " calls of segments, %" PRIu64 " of workers", calls,
               look->summary.call_count);
}

static uint64_t counted(const struct look *look, enum synched_distribution distribution,
                        size_t index) {
  uint64_t count = 0;
  unsigned at = 0;
  struct synched_report_bucket bucket = {.struct_size = sizeof bucket};
  while (synched_report_bucket(look->report, distribution, index, &at, &bucket) == 0)
    count += bucket.count;
  return count;
}

static void check_distributions(const struct look *look) {
  const uint64_t rounds = counted(look, SYNCHED_DISTRIBUTION_ROUND, 0);
  STRESS_CHECK(is_on(look) || rounds == 0, "rounds are distributed, but not recorded");
  STRESS_CHECK(!look->is_whole || !has_all(look) ||
                   rounds - look->summary.round_count - look->summary.dropped_count <= 1,
               "%" PRIu64 " rounds are distributed, of %" PRIu64 " and %" PRIu64 " dropped", rounds,
               look->summary.round_count, look->summary.dropped_count);
  if (!look->is_whole || look->slot->options.record < SYNCHED_RECORD_ROUNDS)
    return;
  for (unsigned w = 0; w < look->summary.worker_count; w++) {
    struct synched_report_worker worker = {.struct_size = sizeof worker};
    scene_expect_ok(synched_report_worker(look->report, w, &worker), "synched_report_worker");
    const uint64_t parts = counted(look, SYNCHED_DISTRIBUTION_WORKER, w);
    STRESS_CHECK(parts == worker.round_count, "worker %u: %" PRIu64 " parts, %" PRIu64 " rounds", w,
                 parts, worker.round_count);
  }
}

/* Each worker's last calls, in the order in which it made them. */
static void check_tasks(const struct look *look) {
  const size_t count = synched_report_task_count(look->report);
  struct synched_report_task before = {.worker = 0};
  size_t counts[SCENE_WORKERS_MOST] = {0};
  for (size_t i = 0; i < count; i++) {
    struct synched_report_task task = {.struct_size = sizeof task};
    scene_expect_ok(synched_report_task(look->report, i, &task), "synched_report_task");
    STRESS_CHECK(task.worker >= before.worker && task.segment < look->slot->segment_count &&
                     task.round <= look->summary.last_round + 1 &&
                     task.round > look->summary.last_round - look->summary.round_count,
                 "call %zu: worker %u, segment %zu, round %" PRIu64, i, task.worker, task.segment,
                 task.round);
    STRESS_CHECK(task.worker != before.worker || task.round >= before.round,
                 "worker %u: round %" PRIu64 " after %" PRIu64, task.worker, task.round,
                 before.round);
    counts[task.worker]++;
    before = task;
  }
  const bool has_tasks = look->slot->options.record == SYNCHED_RECORD_TASKS;
  for (unsigned w = 0; look->is_whole && has_tasks && w < look->summary.worker_count; w++) {
    struct synched_report_worker worker = {.struct_size = sizeof worker};
    scene_expect_ok(synched_report_worker(look->report, w, &worker), "synched_report_worker");
    const uint64_t most = look->slot->options.report_tasks;
    STRESS_CHECK(counts[w] == (worker.call_count < most ? worker.call_count : most),
                 "worker %u: %zu calls are shown of %" PRIu64, w, counts[w], worker.call_count);
  }
  STRESS_CHECK(has_tasks || count == 0, "calls are shown, but not recorded");
  add(&task_total, count);
}

static struct synched_report_summary check(const struct slot *slot,
                                           const struct synched_report *report) {
  struct look look = {.slot = slot, .report = report, .summary = scene_summary(report)};
  look.is_whole = look.summary.ended != 0;
  check_summary(&look);
  check_stages(&look);
  check_workers(&look);
  check_efficiency(&look);
  check_rounds(&look);
  check_segments(&look);
  check_distributions(&look);
  check_tasks(&look);
  add(&report_total, 1);
  add(&running_total, !look.is_whole);
  return look.summary;
}

/* --- the jobs --- */

static int compute(struct synched_task *task, void *user) {
  const struct slot *slot = user;
  if (slot->work_most != 0)
    stress_work(stress_mix(task->round, task->segment) % slot->work_most);
  return slot->fail_one_in != 0 && stress_mix(task->segment, task->round) % slot->fail_one_in == 0
             ? -77
             : 0;
}

static int init(struct synched_task *task, void *user) {
  (void)task;
  (void)user;
  return 0;
}

static int on_round(const struct synched_snapshot *now, void *user) {
  const struct slot *slot = user;
  stress_step();
  if (slot->work_most != 0)
    stress_work(stress_mix(now->round, 5) % slot->work_most);
  return SYNCHED_CONTINUE;
}

static void start(struct slot *slot) {
  slot->starts_left--;
  (void)atomic_fetch_add(&slot->run, 1);
  scene_expect_ok(synched_job_start(slot->job, &slot->world->loop), "synched_job_start");
  (void)atomic_fetch_add(&slot->run, 1);
  /* Also while it is paused. */
  scene_expect_ok(synched_job_ref(slot->job), "synched_job_ref");
}

static void on_done(struct synched_job *job, int status, const struct synched_report *report,
                    void *user) {
  struct slot *slot = user;
  (void)job;
  const struct synched_report_summary summary = check(slot, report);
  STRESS_CHECK(summary.ended == 1 && summary.status == status,
               "the report at the end has status %d, not %d", summary.status, status);
  stress_step();
  if (slot->starts_left != 0)
    start(slot);
}

static const enum synched_record levels[] = {SYNCHED_RECORD_OFF, SYNCHED_RECORD_TOTALS,
                                             SYNCHED_RECORD_ROUNDS, SYNCHED_RECORD_TASKS};

static const struct synched_stage stages[] = {
    {.compute = compute}, {.compute = compute}, {.compute = compute}};

static void create_job(struct slot *slot) {
  struct stress_random *random = slot->random;
  const bool is_periodic = stress_chance(random, 5);
  const bool has_deadline = stress_chance(random, 8);
  slot->segment_count = (size_t)stress_between(random, 1, stress_chance(random, 6) ? 300 : 24);
  slot->work_most = stress_chance(random, 2) ? 0 : stress_between(random, 1, 3000);
  const bool is_long = !is_periodic && slot->work_most == 0 && stress_chance(random, 2);
  slot->fail_one_in = stress_chance(random, 4) ? stress_between(random, 50, 20000) : 0;
  slot->starts_left = (unsigned)stress_between(random, 1, 6);
  slot->stage_count = stress_chance(random, 2) ? (unsigned)stress_between(random, 1, 3) : 0;
  slot->calls_of_round = slot->segment_count * (slot->stage_count == 0 ? 1 : slot->stage_count);
  slot->options = (struct synched_job_options){
      .struct_size = sizeof slot->options,
      .user = slot,
      .compute = slot->stage_count == 0 ? compute : NULL,
      .stages = slot->stage_count == 0 ? NULL : stages,
      .stage_count = slot->stage_count,
      .init = stress_chance(random, 4) ? init : NULL,
      .on_round = stress_chance(random, 2) ? on_round : NULL,
      .on_done = on_done,
      .round_count = stress_between(random, 1,
                                    is_periodic ? 20
                                    : is_long   ? 20000
                                                : 200),
      .period_ns = is_periodic ? stress_between(random, SYNCHED_PERIOD_MIN_NS, 1000000) : 0,
      .deadline_ns = has_deadline ? stress_between(random, 20000, 150000) : 0,
      .balance = stress_chance(random, 3) ? SYNCHED_BALANCE_STATIC : SYNCHED_BALANCE_STEAL,
      .flags = stress_chance(random, 4) ? SYNCHED_JOB_EAGER : 0,
      .record = levels[stress_below(random, 4)],
      .report_rounds = (unsigned)stress_between(random, 1, 100),
  };
  if (has_deadline)
    slot->options.deadline_policy = (enum synched_deadline_policy)stress_below(random, 3);
  if (slot->options.record == SYNCHED_RECORD_TASKS)
    slot->options.report_tasks = (unsigned)stress_between(random, 1, 300);
  scene_expect_ok(
      synched_memory_create(&slot->memory,
                            SYNCHED_MEMORY_OPTIONS(.segment_count = slot->segment_count,
                                                   .segment_capacity = 1, .element_size = 8)),
      "synched_memory_create");
  scene_expect_ok(synched_job_create(&slot->job, slot->world->pool, slot->memory, &slot->options),
                  "synched_job_create");
}

/* --- threads --- */

static void look_at(struct reader *reader, unsigned s) {
  const struct slot *slot = &reader->world->slots[s];
  struct synched_report *report;
  const uint64_t run = atomic_load(&slot->run);
  const int status = synched_job_report(slot->job, &report);
  if (status == SYNCHED_ENOENT)
    return;
  scene_expect_ok(status, "synched_job_report");
  const bool is_of_run = run % 2 == 0 && atomic_load(&slot->run) == run;
  const struct synched_report_summary summary = check(slot, report);
  synched_report_destroy(report);
  if (!is_of_run)
    return;
  STRESS_CHECK(reader->runs[s] != run || summary.round_count >= reader->round_counts[s],
               "%" PRIu64 " rounds, and before that %" PRIu64, summary.round_count,
               reader->round_counts[s]);
  reader->runs[s] = run;
  reader->round_counts[s] = summary.round_count;
}

static void *read_on(void *argument) {
  struct reader *reader = argument;
  while (atomic_load(&reader->world->over) == 0) {
    look_at(reader, (unsigned)stress_below(&reader->random, reader->world->slot_count));
    if (stress_chance(&reader->random, 3))
      stress_dawdle(&reader->random);
  }
  return NULL;
}

/* Whether what is asked can be done does not matter here. */
static void *steer_on(void *argument) {
  struct world *world = argument;
  while (atomic_load(&world->over) == 0) {
    struct synched_job *job = world->slots[stress_below(&world->steering, world->slot_count)].job;
    switch (stress_below(&world->steering, 12)) {
    case 0:
    case 1:
      (void)synched_job_pause(job);
      break;
    case 2:
      (void)synched_job_step(job, stress_between(&world->steering, 1, 9));
      break;
    case 3:
      if (stress_chance(&world->steering, 8))
        (void)synched_job_cancel(job);
      break;
    case 4:
      if (stress_chance(&world->steering, 8))
        (void)synched_job_stop(job);
      break;
    default:
      (void)synched_job_resume(job);
    }
    stress_dawdle(&world->steering);
  }
  return NULL;
}

/* --- a case --- */

static void set_up(struct world *world, struct stress_random *random) {
  memset(world, 0, sizeof *world);
  world->random = stress_split(random);
  world->steering = stress_split(random);
  world->slot_count = (unsigned)stress_between(random, 1, SLOTS_MOST);
  world->reader_count = (unsigned)stress_between(random, 1, READERS_MOST);
  world->pool = scene_pool_create(random, 5);
  STRESS_CHECK(uv_loop_init(&world->loop) == 0, "no event loop");
  for (unsigned s = 0; s < world->slot_count; s++) {
    world->slots[s] = (struct slot){.world = world, .random = &world->random};
    create_job(&world->slots[s]);
  }
  for (unsigned r = 0; r < world->reader_count; r++)
    world->readers[r] = (struct reader){.world = world, .random = stress_split(random)};
  stress_case_is("%u jobs, %u readers", world->slot_count, world->reader_count);
}

static void tear_down(struct world *world) {
  STRESS_CHECK(uv_loop_close(&world->loop) == 0, "the jobs have left a handle in the loop");
  for (unsigned s = 0; s < world->slot_count; s++) {
    scene_expect_ok(synched_job_destroy(world->slots[s].job), "synched_job_destroy");
    scene_expect_ok(synched_memory_destroy(world->slots[s].memory), "synched_memory_destroy");
  }
  scene_pool_destroy(world->pool);
}

static void run_case(struct stress_random *random) {
  static struct world world;
  pthread_t steerer;
  set_up(&world, random);
  for (unsigned r = 0; r < world.reader_count; r++)
    stress_thread_start(&world.readers[r].thread, read_on, &world.readers[r]);
  stress_thread_start(&steerer, steer_on, &world);
  for (unsigned s = 0; s < world.slot_count; s++)
    start(&world.slots[s]);
  stress_is_at("waits for the jobs to end");
  (void)uv_run(&world.loop, UV_RUN_DEFAULT);
  atomic_store(&world.over, 1);
  stress_is_at("waits for the readers to end");
  for (unsigned r = 0; r < world.reader_count; r++)
    stress_thread_join(world.readers[r].thread);
  stress_thread_join(steerer);
  tear_down(&world);
}

int main(int argc, char **argv) {
  stress_begin("report_stress", argc, argv);
  struct stress_random random;
  while (stress_next_case(&random))
    run_case(&random);
  return stress_end("%" PRIu64 " reports, %" PRIu64 " of them of running jobs, %" PRIu64
                    " rounds and %" PRIu64 " calls in them",
                    report_total, running_total, round_total, task_total);
}
