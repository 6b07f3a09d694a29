#include "support/scene.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include <uv.h>

void scene_expect_ok(int status, const char *call) {
  STRESS_CHECK(status == 0, "%s: %s: %s", call, synched_err_name(status), synched_error_message());
}

/* The first one or two CPUs that this process may use, in the notation of cpu_list. */
static void write_cpu_list(char *text, size_t bytes) {
  cpu_set_t allowed;
  int cpus[2] = {0, 0};
  size_t found = 0;
  CPU_ZERO(&allowed);
  (void)sched_getaffinity(0, sizeof allowed, &allowed);
  for (int cpu = 0; cpu < CPU_SETSIZE && found < 2; cpu++)
    if (CPU_ISSET((size_t)cpu, &allowed))
      cpus[found++] = cpu;
  (void)snprintf(text, bytes, found == 2 ? "%d,%d" : "%d", cpus[0], cpus[1]);
}

static enum synched_wait draw_wait(struct stress_random *random, unsigned worker_count) {
  struct synched_topology_info machine = {.struct_size = sizeof machine};
  uint64_t kind = stress_below(random, 8);
  if (kind == 0 && synched_topology_info(&machine) == 0 && worker_count <= machine.usable_count &&
      (machine.quota_cpus == 0 || worker_count <= machine.quota_cpus))
    return SYNCHED_WAIT_SPIN;
  return kind < 5 ? SYNCHED_WAIT_AUTO : SYNCHED_WAIT_SLEEP;
}

struct synched_pool *scene_pool_create(struct stress_random *random, unsigned workers_most) {
  char cpu_list[32];
  struct synched_pool_options options = synched_pool_options_default();
  /* The square favours few workers: with more than CPUs every case takes longer. */
  uint64_t most = stress_between(random, 1, workers_most);
  options.worker_count = (unsigned)stress_between(random, 1, most);
  /* Now and then so many that they are woken as a tree and count in two levels. */
  if (stress_chance(random, 10))
    options.worker_count = (unsigned)stress_between(random, 17, SCENE_DRAWN_MOST);
  if (stress_workers() != 0)
    options.worker_count = stress_workers();
  options.affinity = (enum synched_affinity)stress_below(random, SYNCHED_AFFINITY_LIST + 1);
  options.wait = draw_wait(random, options.worker_count);
  if (options.wait == SYNCHED_WAIT_AUTO && stress_chance(random, 2))
    options.spin_ns = stress_between(random, 1, 100000);
  if (options.affinity == SYNCHED_AFFINITY_LIST) {
    write_cpu_list(cpu_list, sizeof cpu_list);
    options.cpu_list = cpu_list;
  }
  struct synched_pool *pool = NULL;
  int status = synched_pool_create(&pool, &options);
  /* CPUs and quota may be others than a moment ago, when they were looked at: see tools/soak. */
  if (status == SYNCHED_EPERM || (status == SYNCHED_EINVAL && options.wait == SYNCHED_WAIT_SPIN)) {
    options.affinity = SYNCHED_AFFINITY_AUTO;
    options.cpu_list = NULL;
    options.wait = SYNCHED_WAIT_SLEEP;
    options.spin_ns = 0;
    status = synched_pool_create(&pool, &options);
  }
  scene_expect_ok(status, "synched_pool_create");
  return pool;
}

void scene_pool_destroy(struct synched_pool *pool) {
  scene_expect_ok(synched_pool_destroy(pool), "synched_pool_destroy");
}

static uint64_t element(const struct scene_memory *scene, uint64_t round, size_t segment,
                        size_t i) {
  return stress_mix(scene->tag ^ round << 20, (uint64_t)segment << 32 | i);
}

static size_t count_in(const struct scene_memory *scene, uint64_t round, size_t segment) {
  uint64_t drawn = stress_mix(scene->tag + round, segment);
  return drawn % 4 != 0 ? scene->capacity : (size_t)(drawn / 4 % (scene->capacity + 1));
}

static double contribution(const struct scene_memory *scene, uint64_t round, size_t segment) {
  return (double)element(scene, round, segment, 0) / 3.0;
}

size_t scene_fill(const struct scene_memory *scene, uint64_t round, size_t segment, uint64_t *out) {
  const size_t count = count_in(scene, round, segment);
  for (size_t i = 0; i < count; i++)
    out[i] = element(scene, round, segment, i);
  return count;
}

double scene_fold(const struct scene_memory *scene, uint64_t round) {
  double sum = contribution(scene, round, 0);
  for (size_t s = 1; s < scene->segment_count; s++)
    sum += contribution(scene, round, s);
  return sum;
}

static void load(const struct scene_memory *scene) {
  uint64_t *elements = malloc(scene->capacity * sizeof *elements);
  STRESS_CHECK(elements != NULL, "no memory");
  for (size_t s = 0; s < scene->segment_count; s++) {
    size_t count = scene_fill(scene, 0, s, elements);
    scene_expect_ok(synched_memory_load(scene->memory, s, elements, count), "synched_memory_load");
  }
  free(elements);
}

void scene_memory_create(struct scene_memory *scene, struct stress_random *random,
                         const struct scene_limits *limits) {
  static const uint64_t works[] = {0, 0, 30, 300, 3000};
  *scene = (struct scene_memory){
      .tag = stress_draw(random) << 8,
      .segment_count =
          (size_t)stress_between(random, 1, stress_between(random, 1, limits->segments_most)),
      .capacity = (size_t)stress_between(random, 1, limits->capacity_most),
      .lease_count = (unsigned)stress_between(random, limits->leases_least, limits->leases_most),
      .work_most = works[stress_below(random, sizeof works / sizeof *works)],
  };
  struct synched_memory_options options = {
      .struct_size = sizeof options,
      .segment_count = scene->segment_count,
      .segment_capacity = scene->capacity,
      .element_size = sizeof(uint64_t),
      .layout = stress_chance(random, 2) ? SYNCHED_LAYOUT_PADDED : SYNCHED_LAYOUT_PACKED,
      .refill = (enum synched_refill)stress_below(random, SYNCHED_REFILL_NONE + 1),
      .lease_count = scene->lease_count,
  };
  scene_expect_ok(synched_memory_create(&scene->memory, &options), "synched_memory_create");
  load(scene);
}

void scene_memory_destroy(struct scene_memory *scene) {
  scene_expect_ok(synched_memory_destroy(scene->memory), "synched_memory_destroy");
}

void scene_check_segment(const struct scene_memory *scene, const struct synched_snapshot *snapshot,
                         uint64_t round, size_t segment) {
  const uint64_t *elements = synched_snapshot_segment(snapshot, segment);
  const size_t count = count_in(scene, round, segment);
  STRESS_CHECK(snapshot->counts[segment] == count,
               "segment %zu of round %" PRIu64 " has %zu elements, not %zu", segment, round,
               snapshot->counts[segment], count);
  for (size_t i = 0; i < count; i++)
    STRESS_CHECK(elements[i] == element(scene, round, segment, i),
                 "element %zu of segment %zu is not that of round %" PRIu64, i, segment, round);
}

void scene_check(const struct scene_memory *scene, const struct synched_snapshot *snapshot,
                 uint64_t round) {
  STRESS_CHECK(snapshot->round == round, "the snapshot is of round %" PRIu64 ", not %" PRIu64,
               snapshot->round, round);
  for (size_t s = 0; s < scene->segment_count; s++)
    scene_check_segment(scene, snapshot, round, s);
}

uint64_t scene_check_current(const struct scene_memory *scene) {
  const struct synched_snapshot *now = synched_snapshot_current(scene->memory);
  const uint64_t round = now->round;
  scene_check(scene, now, round);
  synched_snapshot_release(now);
  return round;
}

void scene_compute(const struct scene_memory *scene, struct synched_task *task) {
  const uint64_t drawn = stress_mix(task->round ^ scene->tag, task->segment);
  const uint64_t past = task->round - 1;
  STRESS_CHECK(task->previous->round == past, "round %" PRIu64 " is made from round %" PRIu64,
               task->round, task->previous->round);
  scene_check_segment(scene, task->previous, past, task->segment);
  scene_check_segment(scene, task->previous, past, (size_t)(drawn % scene->segment_count));
  scene_check_segment(scene, task->previous, past, (size_t)(drawn / 256 % scene->segment_count));
  if (scene->work_most != 0)
    stress_work(drawn % 5 == 0 ? scene->work_most : drawn % (scene->work_most / 10));
  task->count = scene_fill(scene, task->round, task->segment, task->out);
  task->contribution = contribution(scene, task->round, task->segment);
}

struct synched_report_summary scene_summary(const struct synched_report *report) {
  struct synched_report_summary summary = {.struct_size = sizeof summary};
  scene_expect_ok(synched_report_summary(report, &summary), "synched_report_summary");
  return summary;
}

void scene_expect_ok_or_already(int status, const char *call) {
  STRESS_CHECK(status == 0 || status == SYNCHED_EALREADY, "%s: %s", call, synched_err_name(status));
}

static int compute_beside(struct synched_task *task, void *user) {
  stress_step();
  scene_compute(&((struct scene_beside *)user)->memory, task);
  return 0;
}

void scene_beside_create(struct scene_beside *out, struct stress_random *random,
                         struct synched_pool *pool) {
  const struct scene_limits limits = {.segments_most = 6, .capacity_most = 8, .leases_most = 1};
  scene_memory_create(&out->memory, random, &limits);
  scene_expect_ok(synched_job_create(&out->job, pool, out->memory.memory,
                                     SYNCHED_JOB_OPTIONS(.compute = compute_beside, .user = out,
                                                         .round_count = 60)),
                  "synched_job_create");
}

void scene_beside_destroy(struct scene_beside *beside) {
  scene_expect_ok(synched_job_destroy(beside->job), "synched_job_destroy");
  scene_memory_destroy(&beside->memory);
}

void scene_run(struct synched_job *job, const struct scene_beside *beside,
               void *(*steer)(void *argument), void *argument) {
  uv_loop_t loop;
  pthread_t steerer;
  STRESS_CHECK(uv_loop_init(&loop) == 0, "no event loop");
  scene_expect_ok(synched_job_start(job, &loop), "synched_job_start");
  scene_expect_ok(synched_job_ref(job), "synched_job_ref"); /* also while it is paused */
  if (beside != NULL)
    scene_expect_ok(synched_job_start(beside->job, &loop), "synched_job_start");
  if (steer != NULL)
    stress_thread_start(&steerer, steer, argument);
  stress_is_at("waits for the job to end");
  (void)uv_run(&loop, UV_RUN_DEFAULT);
  if (steer != NULL)
    stress_thread_join(steerer);
  STRESS_CHECK(uv_loop_close(&loop) == 0, "the job has left a handle in the loop");
}
