/*
 * Who may touch what: workers read the kernel and the last round and write only their own segment;
 * what is common to a round, whether it was the last one, is decided between rounds from the fold.
 * So nothing here is shared and written.
 *
 * A segment reads the sums in front of all others, and each round is looked at to see whether it
 * was the last one: so reads are ALL, with a barrier after each round. A list of what the edges
 * read would not let segments go on without each other, either: of Debian's packages a segment
 * reads 83 of 100 others, and has to do with 99, where those that read it count, too; of a random
 * graph it is all of them.
 */
#include "ranking.h"

#include <inttypes.h>
#include <stdlib.h>

#define REPORT_ROUNDS 8

static int fill_segment(struct synched_task *task, void *user) {
  const struct pagerank_ranking *const ranking = user;
  pagerank_kernel_start(&ranking->kernel, task->segment, task->out);
  return 0;
}

static int step_segment(struct synched_task *task, void *user) {
  const struct pagerank_ranking *const ranking = user;
  task->contribution =
      pagerank_kernel_step(&ranking->kernel, task->previous->data, task->segment, task->out);
  return 0;
}

/* The fold is the sum of what the segments have changed by. */
static int settled(const struct synched_snapshot *now, void *user) {
  const struct pagerank_ranking *const ranking = user;
  return now->fold < ranking->tolerance ? SYNCHED_STOP : SYNCHED_CONTINUE;
}

static int create_pool(struct pagerank_ranking *ranking, unsigned worker_count) {
  struct synched_pool_info info = {.struct_size = sizeof info};
  int status = synched_pool_create(
      &ranking->pool, SYNCHED_POOL_OPTIONS(.worker_count = worker_count, .name = "pagerank"));
  if (status == 0)
    status = synched_pool_info(ranking->pool, &info);
  ranking->worker_count = info.worker_count;
  return status;
}

/* Reads go to random places all over the memory, so that large pages are worth asking for. */
static int create_memory(struct pagerank_ranking *ranking, bool saves) {
  const struct pagerank_kernel *const kernel = &ranking->kernel;
  size_t capacities[PAGERANK_SEGMENTS_MAX];
  for (size_t s = 0; s < kernel->segment_count; s++)
    capacities[s] = pagerank_kernel_capacity(kernel, s);
  return synched_memory_create(
      &ranking->memory,
      SYNCHED_MEMORY_OPTIONS(.flags = SYNCHED_MEMORY_HUGE_PAGES,
                             .segment_count = kernel->segment_count,
                             .segment_capacities = capacities, .element_size = sizeof(double),
                             .refill = SYNCHED_REFILL_NONE, .lease_count = saves ? 1 : 0));
}

static int create_job(struct pagerank_ranking *ranking,
                      const struct pagerank_ranking_options *options) {
  const struct example_report *const report = options->report;
  return synched_job_create(
      &ranking->job, ranking->pool, ranking->memory,
      SYNCHED_JOB_OPTIONS(.name = options->name, .user = ranking, .compute = step_segment,
                          .init = fill_segment, .on_round = settled, .fold = SYNCHED_FOLD_SUM,
                          .round_count = ranking->rounds_max, .cluster = ranking->ranks->cluster,
                          .on_progress = options->progress ? synched_progress_bar : NULL,
                          .record = example_report_record(report),
                          .report_rounds = example_report_rounds(report, REPORT_ROUNDS)));
}

static int open_checkpoint(struct pagerank_ranking *ranking,
                           const struct example_checkpoint_options *options,
                           struct example_error *error) {
  static const char *const dtypes[] = {"<f8"};
  ranking->checkpoint = (struct example_checkpoint){
      .options = options, .program = "pagerank", .ranks = ranking->ranks};
  return example_checkpoint_open(&ranking->checkpoint, ranking->job,
                                 SYNCHED_CHECKPOINT_OPTIONS(.dtypes = dtypes, .dtype_count = 1),
                                 error);
}

int pagerank_ranking_create(struct pagerank_ranking *out, const struct pagerank_graph *graph,
                            const struct pagerank_ranking_options *options,
                            struct example_error *error) {
  *out = (struct pagerank_ranking){
      .ranks = options->ranks,
      .tolerance = options->tolerance,
      .rounds_max = options->rounds_max > 0 ? options->rounds_max
                                            : pagerank_kernel_rounds(options->tolerance),
  };
  const size_t segment_count =
      options->segment_count > 0 ? options->segment_count : pagerank_kernel_segments(graph);
  if (!pagerank_kernel_init(&out->kernel, graph, segment_count))
    return example_out_of_memory(error);
  if (create_pool(out, options->worker_count) == 0 &&
      create_memory(out, options->checkpoint->folder != NULL) == 0 &&
      create_job(out, options) == 0) {
    if (open_checkpoint(out, options->checkpoint, error) == 0)
      return 0;
  } else {
    example_fail(error, 0, "%s", synched_error_message());
  }
  pagerank_ranking_destroy(out);
  return -1;
}

/* With exact numbers any graph settles within pagerank_kernel_rounds; only rounding prevents it. */
static int refuse_result(const struct pagerank_ranking *ranking, struct example_error *error) {
  const bool inexact = ranking->rounds_max >= pagerank_kernel_rounds(ranking->tolerance);
  return example_fail(error, 0,
                      "the ranks have not settled: round %" PRIu64
                      ", the last one allowed, changed them by %.3g in all, and %.3g is the "
                      "tolerance%s",
                      ranking->now->round, ranking->now->fold, ranking->tolerance,
                      inexact ? ", which is finer than their last digits" : "");
}

int pagerank_ranking_run(struct pagerank_ranking *ranking, struct example_error *error) {
  const struct synched_checkpoint_resumed *const resumed = &ranking->checkpoint.resumed;
  const bool has_settled =
      resumed->generation != 0 && resumed->round != 0 && resumed->fold < ranking->tolerance;
  if (!has_settled && example_checkpoint_run(&ranking->checkpoint) != 0)
    return example_fail(error, 0, "%s", synched_error_message());
  ranking->now = synched_snapshot_current(ranking->memory);
  if (ranking->ranks->cluster &&
      synched_cluster_gather(ranking->ranks->cluster, ranking->now, 0) != 0)
    return example_fail(error, 0, "%s", synched_error_message());
  if (ranking->checkpoint.stopped)
    return 0;
  return ranking->now->fold < ranking->tolerance ? 0 : refuse_result(ranking, error);
}

void pagerank_ranking_destroy(struct pagerank_ranking *ranking) {
  synched_snapshot_release(ranking->now);
  (void)synched_checkpoint_destroy(ranking->checkpoint.checkpoint);
  synched_job_destroy(ranking->job);
  synched_memory_destroy(ranking->memory);
  synched_pool_destroy(ranking->pool);
  pagerank_kernel_deinit(&ranking->kernel);
  *ranking = (struct pagerank_ranking){0};
}
