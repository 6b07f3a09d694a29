/*
 * gdb_scene.c: a pool and four jobs in a state that is always the same, for gdb.sh to look at.
 *
 *   gdb_scene
 *
 * One worker. One job is parked, one waits for a buffer, one sleeps until its next tick in an hour,
 * and one, of two stages and two fields, computes the third of four segments of its first round:
 * there scene_is_set is called. The main thread's trace ring has some events that never happened.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "dispatch/dispatch.h"
#include "memory/memory.h"
#include "platform/thread.h"
#include "platform/trace.h"

#include <synched/synched.h>

#define HOUR_NS UINT64_C(3600000000000)

struct synched_pool *scene_pool;
struct synched_job *scene_parked, *scene_waiting, *scene_sleeping, *scene_computing;

void scene_is_set(void);

__attribute__((noinline)) void scene_is_set(void) {
  (void)puts("the scene is set");
}

static int compute(struct synched_task *task, void *user) {
  (void)task;
  (void)user;
  return 0;
}

/* Two requests are asked while the round is open. */
static int compute_third(struct synched_task *task, void *user) {
  (void)user;
  if (task->segment != 2)
    return 0;
  if (synched_job_set_weight(scene_computing, 3) != 0 || synched_job_pause(scene_computing) != 0)
    return SYNCHED_EINVAL;
  scene_is_set();
  return SYNCHED_ECANCELED;
}

/* Holds every snapshot, until there is no buffer. */
static int hold(const struct synched_snapshot *now, void *user) {
  (void)user;
  (void)synched_snapshot_retain(now);
  return SYNCHED_CONTINUE;
}

static void must(int status) {
  if (status == 0)
    return;
  (void)fprintf(stderr, "gdb_scene: %s\n", synched_error_message());
  exit(EXIT_FAILURE);
}

static struct synched_memory *memory_of(uint32_t flags) {
  struct synched_memory *memory;
  must(synched_memory_create(&memory,
                             SYNCHED_MEMORY_OPTIONS(.segment_count = 4, .segment_capacity = 1,
                                                    .element_size = sizeof(double),
                                                    .lease_count = 1, .flags = flags)));
  return memory;
}

static struct synched_memory *start(struct synched_job **job,
                                    const struct synched_job_options *options) {
  struct synched_memory *memory = memory_of(0);
  must(synched_job_create(job, scene_pool, memory, options));
  must(synched_job_start_polled(*job));
  return memory;
}

static void until_idle(void) {
  while (synched__dispatch_is_running(scene_pool->dispatch))
    synched__thread_yield();
}

static void write_events(void) {
  const void *object = (const void *)(uintptr_t)0x1000;
  synched__trace_name("scene/main");
  for (uint64_t i = 1; i <= SYNCHED__TRACE_EVENTS + 10; i++)
    synched__trace_write(SYNCHED__TRACE_TASK_END, object, (const uint64_t[]){i, 5, 6});
  synched__trace_write(SYNCHED__TRACE_JOB_END, object, (const uint64_t[]){9, UINT64_MAX, 0});
}

int main(void) {
  write_events();
  must(synched_pool_create(&scene_pool, SYNCHED_POOL_OPTIONS(.worker_count = 1, .name = "scene",
                                                             .affinity = SYNCHED_AFFINITY_NONE)));
  (void)start(&scene_parked, SYNCHED_JOB_OPTIONS(.name = "parked", .compute = compute,
                                                 .flags = SYNCHED_JOB_START_PAUSED));
  until_idle();
  struct synched_memory *held = start(
      &scene_waiting, SYNCHED_JOB_OPTIONS(.name = "waiting", .compute = compute, .on_round = hold));
  until_idle();
  if (synched__load_acquire(&held->awaiting) == 0)
    return EXIT_FAILURE;
  (void)start(&scene_sleeping,
              SYNCHED_JOB_OPTIONS(.name = "sleeping", .compute = compute, .period_ns = HOUR_NS));
  until_idle();
  struct synched_memory *field = memory_of(SYNCHED_MEMORY_IN_PLACE);
  const struct synched_stage stages[] = {{.name = "flux", .compute = compute_third},
                                         {.compute = compute, .writes = SYNCHED_WRITES_NONE}};
  (void)start(&scene_computing,
              SYNCHED_JOB_OPTIONS(.name = "computing", .stages = stages, .stage_count = 2,
                                  .fields = &field, .field_count = 2, .deadline_ns = HOUR_NS,
                                  .round_count = 10));
  while (synched_job_dispatch(scene_computing) == SYNCHED_CONTINUE)
    synched__thread_yield();
  return EXIT_SUCCESS;
}
