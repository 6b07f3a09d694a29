/*
 * cluster_fault_test.c: memory that one of several ranks does not get, refused at each point in
 * turn.
 *
 * Where all ranks wait for each other, all have the same status then, nothing has changed on any,
 * and the same call works a moment later. Ranks are threads here, and memory is refused to the
 * thread of one.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "cluster/bring.h"
#include "cluster/link.h"
#include "job/job.h"
#include "support/local_ranks.h"
#include "support/support.h"
#include "support/unit_support.h"

#define RANKS 3u
#define SEGMENTS 12u
#define CAPACITY 2u
#define FIELDS 3u
/* Those that the job writes come first. */
#define WRITTEN 2u
#define REFUSED_RANK 1u
#define PATIENCE_NS UINT64_C(60000000000)

/* --- a job with something of everything --- */

/* Field 1 is changed in place, and copied for on_snapshot; field 2 is only read. */
static int start(struct synched_task *task, void *user) {
  (void)user;
  for (unsigned f = 0; f < WRITTEN; f++) {
    uint64_t *out = synched_task_out(task, f);
    for (size_t i = 0; i < CAPACITY; i++)
      out[i] = 100 * task->segment + 10 * i + f;
    synched_task_set_count(task, f, CAPACITY);
  }
  task->contribution = (double)task->segment;
  return 0;
}

static uint64_t sum_of(const struct synched_snapshot *field, size_t first, size_t last) {
  uint64_t sum = 0;
  for (size_t s = first; s <= last && s < SEGMENTS; s++)
    for (size_t i = 0; i < CAPACITY; i++)
      sum = sum * 31 + ((const uint64_t *)synched_snapshot_segment(field, s))[i];
  return sum;
}

/* Field 0 from its neighbours. */
static int spread(struct synched_task *task, void *user) {
  const size_t s = task->segment;
  (void)user;
  const uint64_t sum = sum_of(synched_task_field(task, 0), s == 0 ? 0 : s - 1, s + 1);
  uint64_t *out = synched_task_out(task, 0);
  for (size_t i = 0; i < CAPACITY; i++)
    out[i] = sum + i;
  task->contribution = (double)(sum % 1000);
  return 0;
}

/* Field 1 from the segments of fields 0 and 2 that the list names. */
static int mark(struct synched_task *task, void *user) {
  (void)user;
  const size_t read = SEGMENTS - 1 - task->segment;
  uint64_t *out = synched_task_out(task, 1);
  for (size_t i = 0; i < CAPACITY; i++)
    out[i] = out[i] * 7 + sum_of(synched_task_field(task, 0), read, read) +
             sum_of(synched_task_field(task, 2), read, read);
  return 0;
}

static void look(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  (void)job;
  (void)now;
  (void)user;
}

static const size_t list_offsets[SEGMENTS + 1] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
static const size_t list_segments[SEGMENTS] = {11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0};

static const struct synched_stage stages[] = {
    {.compute = spread,
     .writes = SYNCHED_FIELD(0),
     .reads = {.reach = SYNCHED_REACH_NEAR, .radius = 1},
     .fold = SYNCHED_FOLD_SUM},
    {.compute = mark,
     .writes = SYNCHED_FIELD(1),
     .reads = {.reach = SYNCHED_REACH_LIST, .offsets = list_offsets, .segments = list_segments}}};

static int new_memory(struct synched_memory **memory, bool is_in_place) {
  return synched_memory_create(
      memory, SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacity = CAPACITY,
                                     .element_size = sizeof(uint64_t), .lease_count = 1,
                                     .flags = is_in_place ? SYNCHED_MEMORY_IN_PLACE : 0));
}

/* Every rank has all of what is only read: it does not travel. */
static int load_all(struct synched_memory *memory) {
  int status = 0;
  for (size_t s = 0; status == 0 && s < SEGMENTS; s++) {
    const uint64_t numbers[CAPACITY] = {s * s, s + 1};
    status = synched_memory_load(memory, s, numbers, CAPACITY);
  }
  return status;
}

struct things {
  struct synched_cluster *cluster;
  /* 0: 2 */
  unsigned worker_count;
  struct synched_pool *pool;
  struct synched_memory *memories[FIELDS];
  struct synched_job *job;
};

static int make_things(struct things *things) {
  int status = synched_pool_create(
      &things->pool,
      SYNCHED_POOL_OPTIONS(.worker_count = things->worker_count == 0 ? 2 : things->worker_count,
                           .affinity = SYNCHED_AFFINITY_NONE));
  for (unsigned f = 0; status == 0 && f < FIELDS; f++)
    status = new_memory(&things->memories[f], f == 1);
  return status == 0 ? load_all(things->memories[2]) : status;
}

static void end_things(struct things *things) {
  (void)synched_job_destroy(things->job);
  for (unsigned f = 0; f < FIELDS; f++)
    (void)synched_memory_destroy(things->memories[f]);
  (void)synched_pool_destroy(things->pool);
}

/* Instead of the one that there is. */
static int new_job(struct things *things) {
  (void)synched_job_destroy(things->job);
  return synched_job_create(
      &things->job, things->pool, things->memories[0],
      SYNCHED_JOB_OPTIONS(.cluster = things->cluster, .fields = &things->memories[1],
                          .field_count = FIELDS, .stages = stages, .stage_count = LENGTH(stages),
                          .init = start, .on_snapshot = look, .reads_only = SYNCHED_FIELD(2),
                          .balance = SYNCHED_BALANCE_STATIC));
}

/* --- ranks that go through all requests for memory --- */

struct scene {
  /* what is tried, on each rank; `done_count` attempts have gone well before */
  int (*attempt)(struct things *things, unsigned done_count);
  /* of the job's rounds, before that; 0: there is no job */
  unsigned rounds_before;
  /* an attempt that goes well deals segments anew */
  bool moves;
  unsigned worker_count;
  /* what a rank has come to, which only that rank writes */
  int status[RANKS], end_status[RANKS];
  unsigned failed[RANKS], tolerated[RANKS], wrong[RANKS];
  char wrong_text[RANKS][300];
  uint64_t elements[RANKS][FIELDS][SEGMENTS * CAPACITY];
  struct synched_segments own[RANKS];
};

/* What some rank says, told to all of them. */
static bool is_said(struct synched_cluster *cluster, bool own) {
  struct synched__verdict verdict = synched__verdict_begin(cluster->transport.rank);
  verdict.low[0] = verdict.high[0] = own;
  return synched__agree(&cluster->own, &verdict) == 0 && verdict.high[0] != 0;
}

static void list_ranges(const struct synched_cluster *cluster, struct synched_segments *ranges) {
  for (unsigned r = 0; r < RANKS; r++)
    ranges[r] = synched_cluster_segments(cluster, SEGMENTS, r);
}

struct outcome {
  int status;
  /* some request was refused; and segments are where they were */
  bool is_refused, is_same;
  char sentence[200];
};

/* A refusal fails the attempt on all ranks, or on none. */
static bool is_right(const struct scene *scene, unsigned rank, const struct outcome *outcome) {
  if (outcome->status == 0)
    return !scene->moves || !outcome->is_same;
  const char *expected = rank == REFUSED_RANK ? "memory" : "rank 1 could not ";
  return outcome->is_refused && outcome->status == SYNCHED_ENOMEM && outcome->is_same &&
         strstr(outcome->sentence, expected) != NULL;
}

static void note_outcome(struct scene *scene, unsigned rank, unsigned nth,
                         const struct outcome *outcome) {
  scene->failed[rank] += outcome->status != 0;
  scene->tolerated[rank] += outcome->status == 0 && outcome->is_refused;
  if (is_right(scene, rank, outcome) || scene->wrong[rank]++ != 0)
    return;
  (void)snprintf(scene->wrong_text[rank], sizeof scene->wrong_text[rank], "request %u: %s: %s%s",
                 nth, synched_err_name(outcome->status), outcome->sentence,
                 outcome->is_same ? "" : "; segments have moved");
}

/* Refuses the first request of one rank, then only the second, and so on until none is left. */
static int go_through(struct scene *scene, struct things *things) {
  const unsigned rank = things->cluster->transport.rank;
  struct outcome outcome = {.is_refused = true};
  unsigned done_count = 0;
  for (unsigned nth = 1; outcome.is_refused; nth++) {
    struct synched_segments before[RANKS], after[RANKS];
    list_ranges(things->cluster, before);
    (void)synched__fail(0, "nothing was said");
    if (rank == REFUSED_RANK)
      (void)synched__fault_arm_here(SYNCHED__FAULT_ALLOCATE, nth);
    outcome.status = scene->attempt(things, done_count);
    const bool is_hit = synched__fault_arm_here(SYNCHED__FAULT_ALLOCATE, 0) == 0;
    (void)snprintf(outcome.sentence, sizeof outcome.sentence, "%s", synched_error_message());
    list_ranges(things->cluster, after);
    outcome.is_same = memcmp(before, after, sizeof before) == 0;
    outcome.is_refused = is_said(things->cluster, rank == REFUSED_RANK && is_hit);
    note_outcome(scene, rank, nth, &outcome);
    done_count += outcome.status == 0;
  }
  return outcome.status;
}

static void note_content(struct scene *scene, const struct things *things, unsigned rank) {
  scene->own[rank] = things->cluster == NULL
                         ? (struct synched_segments){0, SEGMENTS}
                         : synched_cluster_segments(things->cluster, SEGMENTS, rank);
  const struct synched_segments own = scene->own[rank];
  for (unsigned f = 0; f < FIELDS; f++) {
    const struct synched_memory *memory = things->memories[f];
    const struct synched__block *block =
        memory->in_place ? memory->blocks.all[0] : things->memories[0]->pair.current->blocks[f];
    memcpy(&scene->elements[rank][f][own.first * CAPACITY],
           block->data + own.first * CAPACITY * sizeof(uint64_t),
           own.count * CAPACITY * sizeof(uint64_t));
  }
}

#define ROUNDS 4u

static void be_rank(struct local_ranks *ranks, unsigned rank, void *user) {
  struct scene *scene = user;
  struct things things = {.worker_count = scene->worker_count};
  const struct synched_transport transport = local_ranks_transport(ranks, rank);
  int status = synched_cluster_create_over(&things.cluster, &transport,
                                           SYNCHED_CLUSTER_OPTIONS(.timeout_ns = PATIENCE_NS));
  if (status == 0)
    status = make_things(&things);
  if (status == 0 && scene->rounds_before != 0)
    status = new_job(&things);
  if (status == 0 && scene->rounds_before != 0)
    status = synched_job_advance(things.job, scene->rounds_before);
  if (status == 0)
    status = go_through(scene, &things);
  if (status == 0)
    status = synched_job_advance(things.job, ROUNDS - scene->rounds_before);
  if (status == 0)
    note_content(scene, &things, rank);
  scene->status[rank] = status;
  end_things(&things);
  scene->end_status[rank] = synched_cluster_destroy(things.cluster);
}

/* All ranks together have what one has. */
static void expect_content(const struct scene *scene) {
  static struct scene one;
  struct things things = {.cluster = NULL};
  size_t segment_count = 0;
  cr_assert_eq(make_things(&things), 0);
  cr_assert_eq(new_job(&things), 0);
  cr_assert_eq(synched_job_advance(things.job, ROUNDS), 0);
  note_content(&one, &things, 0);
  end_things(&things);
  for (unsigned r = 0; r < RANKS; r++) {
    const struct synched_segments own = scene->own[r];
    segment_count += own.count;
    for (unsigned f = 0; f < FIELDS; f++)
      cr_expect_arr_eq(&scene->elements[r][f][own.first * CAPACITY],
                       &one.elements[0][f][own.first * CAPACITY],
                       own.count * CAPACITY * sizeof(uint64_t), "field %u of rank %u", f, r);
  }
  cr_expect_eq(segment_count, SEGMENTS);
}

static void run_scene(struct scene *scene) {
  struct local_ranks *ranks = local_ranks_new(RANKS, 0);
  cr_assert_not_null(ranks);
  cr_assert(local_ranks_run(ranks, be_rank, scene));
  local_ranks_end(ranks);
  for (unsigned r = 0; r < RANKS; r++) {
    cr_expect_eq(scene->status[r], 0, "rank %u: %d", r, scene->status[r]);
    cr_expect_eq(scene->end_status[r], 0);
    cr_expect_eq(scene->wrong[r], 0, "rank %u: %u are wrong, first %s", r, scene->wrong[r],
                 scene->wrong_text[r]);
    cr_expect_eq(scene->failed[r], scene->failed[REFUSED_RANK]);
  }
  expect_content(scene);
}

static int attempt_job(struct things *things, unsigned done_count) {
  (void)done_count;
  return new_job(things);
}

/* What a rank cannot find out for want of memory it may take for the worse. */
Test(cluster_fault, a_job_with_any_allocation_refused_on_one_rank_is_refused_on_all) {
  static struct scene scene = {.attempt = attempt_job};
  run_scene(&scene);
  cr_expect_gt(scene.failed[0], 100u, "%u", scene.failed[0]);
  cr_expect_leq(scene.tolerated[0], 20u, "%u", scene.tolerated[0]);
}

/* Where workers are many they count in groups, for which there is memory of its own. */
Test(cluster_fault, a_job_of_many_workers_with_any_allocation_refused_is_refused_on_all) {
  static struct scene scene = {.attempt = attempt_job, .worker_count = 18};
  run_scene(&scene);
  cr_expect_gt(scene.failed[0], 100u, "%u", scene.failed[0]);
}

/* Segments of one rank cost more than others', now here, now there. */
static int attempt_learning(struct things *things, unsigned done_count) {
  struct synched__record *record = things->job->work.record;
  const struct synched_segments own = things->job->work.link->own;
  for (size_t s = own.first; s < own.first + own.count; s++) {
    struct synched__segment_record *row = &record->segments[s * record->segment_stride];
    const bool is_dear = done_count % 2 == 0 ? s < 2 : s >= SEGMENTS - 2;
    synched__store_relaxed(&row->call_count, 1);
    synched__store_relaxed(&row->compute_ns, is_dear ? 900000 : 100000);
  }
  return synched_cluster_learn(things->job);
}

Test(cluster_fault, learning_with_any_allocation_refused_on_one_rank_moves_nothing) {
  static struct scene scene = {.attempt = attempt_learning, .rounds_before = 2, .moves = true};
  run_scene(&scene);
  cr_expect_gt(scene.failed[0], 50u, "%u", scene.failed[0]);
}

/* --- who waits for nobody: a cluster, and what is gathered --- */

static unsigned destroyed_count;

static void count_destroyed(void *context) {
  (void)context;
  destroyed_count++;
}

static int attempt_cluster(void *context) {
  static const double weights[] = {1, 2};
  struct synched_transport transport = local_ranks_transport(context, 0);
  struct synched_cluster *cluster = (struct synched_cluster *)&transport;
  transport.destroy = count_destroyed;
  const unsigned before = destroyed_count;
  const int status = synched_cluster_create_over(&cluster, &transport,
                                                 SYNCHED_CLUSTER_OPTIONS(.weights = weights));
  cr_expect_eq(destroyed_count - before, status != 0);
  cr_expect_eq(cluster != NULL, status == 0);
  if (status == 0)
    cr_expect_eq(synched_cluster_destroy(cluster), 0);
  return status;
}

static void undo_nothing(void *context) {
  (void)context;
}

Test(cluster_fault, a_cluster_with_any_request_refused_is_not_made) {
  struct local_ranks *ranks = local_ranks_new(2, 0);
  cr_assert_not_null(ranks);
  static const enum synched__fault faults[] = {SYNCHED__FAULT_ALLOCATE, SYNCHED__FAULT_SYNC};
  for (size_t f = 0; f < LENGTH(faults); f++) {
    const struct refusing refusing = {.fault = faults[f],
                                      .expected = SYNCHED_ENOMEM,
                                      .attempt = attempt_cluster,
                                      .undo = undo_nothing,
                                      .context = ranks};
    cr_expect_geq(refuse_in_turn(&refusing), 1u);
  }
  local_ranks_refuse(ranks, 0, 0);
  expect_refused(attempt_cluster(ranks), SYNCHED_ENOMEM, "as was asked for");
  local_ranks_end(ranks);
}

/* --- what is brought to the first of two ranks --- */

enum way { SNAPSHOT, NUMBERS, LOTS, CLOCKS, WAYS };

/* One of them is refused something, again and again, before it sends anything; the other one waits
 * for it. */
struct delivery {
  enum way way;
  unsigned refused_rank;
  /* by the transport; else by the allocator */
  bool by_transport;
  unsigned failed;
  int status[2];
  bool is_told;
  uint64_t numbers[2];
};

static int bring(struct delivery *delivery, struct synched_cluster *cluster,
                 struct synched_memory *memory) {
  uint64_t own = 100 + cluster->transport.rank;
  struct synched__clock_offset offsets[2];
  struct synched_piece pieces[2] = {{&own, sizeof own}, {&own, sizeof own}};
  const struct synched__lot lots[2] = {{&pieces[0], 1}, {&pieces[1], 1}};
  if (cluster->transport.rank == 0)
    pieces[1].address = &delivery->numbers[1];
  switch (delivery->way) {
  case SNAPSHOT:
    return synched_cluster_gather_memory(cluster, memory, 0);
  case NUMBERS:
    return synched__cluster_bring(cluster, &own, delivery->numbers, sizeof own, 0);
  case LOTS:
    return synched__cluster_bring_lots(cluster, lots, 0);
  case CLOCKS:
    return synched__cluster_compare_clocks(cluster, offsets, 0);
  case WAYS:
    break;
  }
  return SYNCHED_EINVAL;
}

/* The refused one's. */
static int bring_in_the_end(struct delivery *delivery, struct local_ranks *ranks,
                            struct synched_cluster *cluster, struct synched_memory *memory) {
  const unsigned rank = delivery->refused_rank;
  int status = SYNCHED_ENOMEM;
  delivery->is_told = true;
  for (unsigned nth = 1; status == SYNCHED_ENOMEM; nth++) {
    (void)synched__fail(0, "nothing was said");
    if (delivery->by_transport)
      local_ranks_refuse(ranks, rank, nth - 1);
    else
      (void)synched__fault_arm_here(SYNCHED__FAULT_ALLOCATE, nth);
    status = bring(delivery, cluster, memory);
    (void)synched__fault_arm_here(SYNCHED__FAULT_ALLOCATE, 0);
    const char *expected = delivery->by_transport ? "as was asked for" : "no memory to ";
    delivery->failed += status != 0;
    if (status != 0 && strstr(synched_error_message(), expected) == NULL)
      delivery->is_told = false;
  }
  return status;
}

static void be_one_of_two(struct local_ranks *ranks, unsigned rank, void *user) {
  struct delivery *delivery = user;
  struct synched_cluster *cluster = NULL;
  struct synched_memory *memory = NULL;
  const struct synched_transport transport = local_ranks_transport(ranks, rank);
  int status = synched_cluster_create_over(&cluster, &transport,
                                           SYNCHED_CLUSTER_OPTIONS(.timeout_ns = PATIENCE_NS));
  if (status == 0)
    status = new_memory(&memory, false);
  if (status == 0)
    status = rank == delivery->refused_rank ? bring_in_the_end(delivery, ranks, cluster, memory)
                                            : bring(delivery, cluster, memory);
  delivery->status[rank] = status;
  (void)synched_memory_destroy(memory);
  (void)synched_cluster_destroy(cluster);
}

static unsigned expect_delivery(enum way way, unsigned refused_rank, bool by_transport) {
  struct delivery delivery = {
      .way = way, .refused_rank = refused_rank, .by_transport = by_transport};
  struct local_ranks *ranks = local_ranks_new(2, 0);
  cr_assert_not_null(ranks);
  cr_assert(local_ranks_run(ranks, be_one_of_two, &delivery));
  local_ranks_end(ranks);
  for (unsigned r = 0; r < 2; r++)
    cr_expect_eq(delivery.status[r], 0, "way %u: rank %u: %d", way, r, delivery.status[r]);
  cr_expect(delivery.is_told, "way %u, rank %u", way, refused_rank);
  if (way == NUMBERS)
    cr_expect_eq(delivery.numbers[0], 100);
  if (way == NUMBERS || way == LOTS)
    cr_expect_eq(delivery.numbers[1], 101);
  return delivery.failed;
}

Test(cluster_fault, what_is_brought_with_any_request_refused_can_be_brought_again) {
  /* Where nothing is allocated, but for the transport, there are none. */
  static const unsigned allocations[WAYS][2] = {{2, 2}, {2, 2}, {1, 1}, {1, 0}};
  static const unsigned groups[WAYS] = {1, 1, 1, 2};
  for (unsigned way = SNAPSHOT; way < WAYS; way++)
    for (unsigned rank = 0; rank < 2; rank++) {
      cr_expect_eq(expect_delivery((enum way)way, rank, false), allocations[way][rank], "way %u",
                   way);
      cr_expect_eq(expect_delivery((enum way)way, rank, true), groups[way], "way %u", way);
    }
}
