/*
 * sparse.c: rounds in which only some segments change: all are called, or only those that are
 * needed.
 *
 * An active segment adds 1 to all of its elements in each round; a quiet one copies what it has. A
 * sample runs both ways, in turn and in processes of their own; both must come to the same bits.
 */
#include <string.h>

#include <synched/synched.h>

#include "bench.h"
#include "turns.h"

#define SEGMENTS 100000u
#define SEGMENTS_SMALL 1000u
#define ELEMENTS 1024u /* of 4 bytes */
#define WARM_UP 4u
#define TURNS 3u
#define ROUNDS_ALL 12u
#define ROUNDS_SKIPPED 400u

struct point {
  const char *name;
  /* one segment in so many is active */
  size_t every;
};

static const struct point points[] = {
    {"active_100", 1}, {"active_10", 10}, {"active_1", 100}, {"active_0.01", 10000}};

struct sparse_run {
  size_t segments, every;
  unsigned workers;
  bool skips;
  double round_ns;
  uint64_t checksum;
};

static int step(struct synched_task *task, void *user) {
  const struct sparse_run *run = user;
  const uint32_t *was = synched_snapshot_segment(task->previous, task->segment);
  uint32_t *is = task->out;
  const uint32_t more = task->segment % run->every == 0;
  for (size_t i = 0; i < ELEMENTS; i++)
    is[i] = was[i] + more;
  task->unchanged = more == 0;
  return 0;
}

static int fill(struct synched_task *task, void *user) {
  (void)user;
  memset(task->out, (int)task->segment & 0x3f, ELEMENTS * sizeof(uint32_t));
  return 0;
}

/* The same whatever the number of rounds: how far active segments and quiet ones have come. */
static uint64_t checksum_of(const struct sparse_run *run, const struct synched_snapshot *now) {
  uint64_t sum = 0;
  for (size_t s = 0; s < run->segments; s++) {
    const uint32_t *is = synched_snapshot_segment(now, s);
    uint32_t first;
    memset(&first, (int)s & 0x3f, sizeof first);
    const uint64_t rounds = s % run->every == 0 ? now->round : 0;
    for (size_t i = 0; i < ELEMENTS; i += 73)
      sum += is[i] - first - rounds;
  }
  return sum;
}

static int advance(struct synched_job *job, struct sparse_run *run) {
  const uint64_t rounds = run->skips && run->every != 1 ? ROUNDS_SKIPPED : ROUNDS_ALL;
  int status = synched_job_advance(job, WARM_UP);
  const double start_ns = bench_now_ns();
  if (status == 0)
    status = synched_job_advance(job, rounds);
  run->round_ns = (bench_now_ns() - start_ns) / (double)rounds;
  return status;
}

static int run_sparse(void *what) {
  struct sparse_run *run = what;
  struct synched_pool *pool = NULL;
  struct synched_memory *memory = NULL;
  struct synched_job *job = NULL;
  int status = synched_pool_create(&pool, SYNCHED_POOL_OPTIONS(.worker_count = run->workers));
  if (status == 0)
    status = synched_memory_create(&memory, SYNCHED_MEMORY_OPTIONS(.segment_count = run->segments,
                                                                   .segment_capacity = ELEMENTS,
                                                                   .element_size = sizeof(uint32_t),
                                                                   .refill = SYNCHED_REFILL_NONE));
  if (status == 0)
    status = synched_job_create(
        &job, pool, memory,
        SYNCHED_JOB_OPTIONS(.compute = step, .init = fill, .user = run, .rounds_per_barrier = 1,
                            .reads = {.reach = SYNCHED_REACH_OWN},
                            .flags = run->skips ? SYNCHED_JOB_SKIP_UNCHANGED : 0));
  if (status == 0)
    status = advance(job, run);
  if (status == 0) {
    const struct synched_snapshot *now = synched_snapshot_current(memory);
    run->checksum = checksum_of(run, now);
    synched_snapshot_release(now);
  } else {
    (void)fprintf(stderr, "synched-bench: %s\n", synched_error_message());
  }
  (void)synched_job_destroy(job);
  (void)synched_memory_destroy(memory);
  (void)synched_pool_destroy(pool);
  return status == 0 ? 0 : -1;
}

enum { ALL, SKIPPED, ALL_BY_SKIPPED, FIGURES };

static const struct bench_figure_name names[] = {{"synched_all", "ns"},
                                                 {"synched_skips", "ns"},
                                                 {"synched_all_by_skips", "ratio"},
                                                 {NULL, NULL}};

static const struct point *find(const char *name) {
  size_t p = 0;
  while (strcmp(points[p].name, name) != 0)
    p++;
  return &points[p];
}

static int measure(const struct bench_case *self, struct bench_figure *out) {
  double values[FIGURES][TURNS];
  const unsigned turns = self->segments == SEGMENTS_SMALL ? 1 : TURNS;
  for (unsigned t = 0; t < turns; t++) {
    for (unsigned i = 0; i < 2; i++) {
      const unsigned side = t % 2 == 0 ? i : 1 - i;
      struct sparse_run run = {.segments = self->segments,
                               .every = find(self->parameter)->every,
                               .workers = self->workers,
                               .skips = side == SKIPPED};
      if (bench_run_apart(run_sparse, &run, sizeof run) != 0)
        return -1;
      if (run.checksum != 0) {
        (void)fprintf(stderr, "synched-bench: %s of %s computes otherwise\n",
                      names[side].contestant, self->parameter);
        return -1;
      }
      values[side][t] = run.round_ns;
    }
    values[ALL_BY_SKIPPED][t] = values[ALL][t] / values[SKIPPED][t];
  }
  for (unsigned f = 0; f < FIGURES; f++)
    out[f] = bench_figure_of(values[f], turns);
  return 0;
}

static void list(struct bench_list *out) {
  for (size_t p = 0; p < sizeof points / sizeof *points; p++) {
    struct bench_case one = {.contestant = "synched",
                             .workers = 2,
                             .segments = out->choice.small ? SEGMENTS_SMALL : SEGMENTS,
                             .measure_several = measure,
                             .names = names};
    (void)snprintf(one.parameter, sizeof one.parameter, "%s", points[p].name);
    bench_add(out, &one);
  }
}

const struct bench_family bench_family_sparse = {
    .name = "sparse",
    .title = "a round in which some of 100,000 segments of 4 kB change, 2 workers",
    .list = list};
