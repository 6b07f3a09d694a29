/*
 * open_round_test.c: when a round is opened in a pool that was idle the others may be asleep, until
 * one of them has taken part. The rounds here are shared for certain: their two calls wait for each
 * other.
 */
#include <criterion/criterion.h>

#include <synched/synched.h>

#include "dispatch/dispatch.h"
#include "engine/open_round.h"
#include "support/support.h"
#include "support/unit_support.h"

enum { RUN_ROUNDS = 3, RUNS = 2, ROUNDS = RUN_ROUNDS * RUNS };

struct scene {
  struct synched_pool *pool;
  struct synched_memory *memory;
  struct synched_job *job;
  unsigned round_count; /* that are over */
  _Atomic uint32_t arrived[ROUNDS];
  _Atomic uint32_t waking[ROUNDS]; /* by how many calls the pool was said to be waking */
};

static int compute(struct synched_task *task, void *user) {
  struct scene *scene = user;
  const unsigned index = scene->round_count;
  (void)task;
  atomic_fetch_add(&scene->waking[index], scene->pool->open->waking);
  atomic_fetch_add(&scene->arrived[index], 1);
  return reaches(&scene->arrived[index], 2) ? 0 : 1;
}

static int on_round(const struct synched_snapshot *now, void *user) {
  struct scene *scene = user;
  (void)now;
  scene->round_count++;
  return SYNCHED_CONTINUE;
}

static void begin(struct scene *scene, uint64_t round_count) {
  scene->pool = pool_new(2);
  cr_assert_eq(synched_memory_create(
                   &scene->memory, SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 1,
                                                          .element_size = sizeof(uint64_t))),
               0, "%s", synched_error_message());
  cr_assert_eq(synched_job_create(&scene->job, scene->pool, scene->memory,
                                  SYNCHED_JOB_OPTIONS(.compute = compute, .on_round = on_round,
                                                      .user = scene, .round_count = round_count)),
               0, "%s", synched_error_message());
}

static void become_idle(const struct scene *scene) {
  for (unsigned ms = 0; synched__dispatch_is_running(scene->pool->dispatch); ms++) {
    cr_assert_lt(ms, HANG_SECONDS * 1000u);
    nap_ms(1);
  }
}

static void end(struct scene *scene) {
  cr_assert_eq(scene->round_count, ROUNDS);
  for (unsigned r = 0; r < ROUNDS; r++)
    cr_expect_eq(atomic_load(&scene->waking[r]), r % RUN_ROUNDS == 0 ? 2 : 0, "round %u", r);
  cr_assert_eq(synched_job_destroy(scene->job), 0);
  cr_assert_eq(synched_memory_destroy(scene->memory), 0);
  cr_assert_eq(synched_pool_destroy(scene->pool), 0);
}

Test(open_round, others_may_be_asleep_in_the_first_round_of_a_run) {
  struct scene scene = {0};
  begin(&scene, RUN_ROUNDS);
  for (unsigned run = 0; run < RUNS; run++) {
    become_idle(&scene);
    cr_assert_eq(synched_job_run(scene.job), 0, "%s", synched_error_message());
  }
  end(&scene);
}

Test(open_round, others_may_be_asleep_in_the_first_round_of_an_advance) {
  struct scene scene = {0};
  begin(&scene, 0);
  for (unsigned run = 0; run < RUNS; run++) {
    become_idle(&scene);
    cr_assert_eq(synched_job_advance(scene.job, RUN_ROUNDS), 0, "%s", synched_error_message());
  }
  end(&scene);
}
