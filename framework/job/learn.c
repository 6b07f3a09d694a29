#include "job/learn.h"

#include "base/error.h"
#include "cluster/move.h"
#include "job/ranks.h"
#include "job/requests.h"
#include "job/stages.h"
#include "platform/alloc.h"

/* Stages that have passes of a rank's own: the job's, init, and copies. */
#define STAGES_MOST (SYNCHED_STAGES_MAX + 2)

/* What a stage has of the segments of its rank. */
struct kept {
  struct synched__stage *stage;
  uint32_t *listed;
  struct synched__stage *edge;
  struct synched__shape shape;
};

struct learning {
  struct synched_job *job;
  struct synched_cluster *cluster;
  unsigned rank_count;
  size_t segment_count;
  /* [segment_count] what a call of each segment takes of its rank's time */
  uint64_t *costs;
  struct synched__agreement agreement;
  /* [rank_count + 1] each: the ranges as they were and as they are to be; and as weights */
  size_t *before, *after;
  double *weights;
  /* what there was */
  struct synched__link *link;
  struct kept kept[STAGES_MOST];
  unsigned kept_count;
  /* the elements that move */
  struct synched__group group;
};

/* --- what segments cost --- */

/* In sixteenths of a nanosecond, for calls may be short. */
static uint64_t mean_of(uint64_t compute_ns, uint64_t call_count) {
  return call_count == 0 ? 0 : compute_ns * 16 / call_count;
}

/* Of all calls of this rank. */
static uint64_t mean_call(const struct synched__record *record) {
  uint64_t compute_ns = 0;
  uint64_t call_count = 0;
  for (unsigned w = 0; w < record->worker_count; w++) {
    compute_ns += record->workers[w].compute_ns;
    call_count += record->workers[w].call_count;
  }
  return mean_of(compute_ns, call_count);
}

/* Of this rank's segments. Where more workers share the work, each segment takes less time. */
static void read_costs(const struct learning *learning) {
  const struct synched__record *record = learning->job->work.record;
  const struct synched_segments own = learning->job->work.link->own;
  const uint64_t mean = record->rows == NULL ? 0 : mean_call(record);
  for (size_t s = own.first; s < own.first + own.count; s++) {
    uint64_t cost = mean;
    if (record->segments != NULL) {
      const struct synched__segment_record *row = &record->segments[s * record->segment_stride];
      const uint64_t call_count = synched__load_relaxed(&row->call_count);
      if (call_count != 0)
        cost = mean_of(synched__load_relaxed(&row->compute_ns), call_count);
    }
    learning->costs[s] = cost / record->worker_count;
  }
}

/* --- preparing --- */

static void list_ranges(const struct learning *learning, size_t *firsts) {
  for (unsigned r = 0; r < learning->rank_count; r++)
    firsts[r] = synched_cluster_segments(learning->cluster, learning->segment_count, r).first;
  firsts[learning->rank_count] = learning->segment_count;
}

/* Whether this rank's job can be dealt anew. */
static int check(struct synched_job *job) {
  struct synched_cluster *cluster = job->work.link->cluster;
  const enum synched_job_state state = synched__requests_state(job);
  synched__mutex_lock(&cluster->mutex);
  const unsigned job_count = cluster->job_count;
  synched__mutex_unlock(&cluster->mutex);
  if (state != SYNCHED_JOB_READY && state != SYNCHED_JOB_ENDED)
    return synched__fail(SYNCHED_EBUSY, "the job is running");
  if (state == SYNCHED_JOB_READY)
    return synched__fail(SYNCHED_ENOENT, "the job has not been started, so that nobody knows what "
                                         "its segments cost");
  if (job->setup.saver != NULL)
    return synched__fail(SYNCHED_EBUSY, "the job has a checkpoint; destroy that first");
  if (job_count != 1)
    return synched__fail(SYNCHED_EBUSY,
                         "the cluster has %u jobs; it can have no other one when "
                         "segments are dealt anew",
                         job_count);
  return 0;
}

static int prepare(struct learning *learning) {
  const size_t range_count = (size_t)learning->rank_count + 1;
  const int status = check(learning->job);
  if (status != 0)
    return status;
  learning->costs = synched__alloc(learning->segment_count, sizeof *learning->costs);
  learning->before = synched__alloc(range_count, sizeof *learning->before);
  learning->after = synched__alloc(range_count, sizeof *learning->after);
  learning->weights = synched__alloc(range_count, sizeof *learning->weights);
  if (learning->costs == NULL || learning->before == NULL || learning->after == NULL ||
      learning->weights == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for the costs of %zu segments",
                         learning->segment_count);
  read_costs(learning);
  list_ranges(learning, learning->before);
  const struct synched__shares shares = {.first = (unsigned char *)learning->costs,
                                         .bytes = sizeof *learning->costs,
                                         .segment_count = learning->segment_count};
  return synched__agreement_init(&learning->agreement, learning->cluster, &learning->cluster->wire,
                                 SYNCHED__TAG_OWN, &shares);
}

static void clean(struct learning *learning) {
  if (learning->agreement.wire != NULL)
    synched__agreement_deinit(&learning->agreement);
  synched__wire_unmake(&learning->cluster->wire, &learning->group);
  synched__free(learning->costs);
  synched__free(learning->before);
  synched__free(learning->after);
  synched__free(learning->weights);
}

/* --- what is made a second time --- */

static void keep(struct learning *learning, struct synched__stage *stage) {
  if (stage == NULL)
    return;
  learning->kept[learning->kept_count++] = (struct kept){
      .stage = stage, .listed = stage->listed, .edge = stage->edge, .shape = stage->shape};
  stage->listed = NULL;
  stage->edge = NULL;
  stage->shape.segment_count = learning->segment_count;
}

static void keep_all(struct learning *learning) {
  struct synched__work *work = &learning->job->work;
  for (unsigned s = 0; s < work->stage_count; s++)
    keep(learning, work->stages[s]);
  keep(learning, work->init_stage);
  keep(learning, work->copy_stage);
  learning->link = work->link;
  work->link = NULL;
}

/* Ends what is new. */
static void put_back(struct learning *learning) {
  struct synched__work *work = &learning->job->work;
  synched__link_destroy(work->link);
  work->link = learning->link;
  for (unsigned k = 0; k < learning->kept_count; k++) {
    const struct kept *kept = &learning->kept[k];
    synched__free(kept->stage->listed);
    synched__stage_destroy(kept->stage->edge);
    kept->stage->listed = kept->listed;
    kept->stage->edge = kept->edge;
    kept->stage->shape = kept->shape;
  }
}

/* Ends what is old. */
static void let_go(struct learning *learning) {
  struct synched__link *link = learning->job->work.link;
  link->sent_bytes = learning->link->sent_bytes;
  link->sent_messages = learning->link->sent_messages;
  link->waited_ns = learning->link->waited_ns;
  link->verdict = learning->link->verdict;
  synched__link_destroy(learning->link);
  for (unsigned k = 0; k < learning->kept_count; k++) {
    synched__free(learning->kept[k].listed);
    synched__stage_destroy(learning->kept[k].edge);
  }
  synched__stages_reset(learning->job);
}

/* The messages that move what the job has written. */
static int make_move(struct learning *learning) {
  const struct synched__fields *fields = learning->job->work.fields;
  const struct synched__buffer *current = learning->job->work.memory->pair.current;
  struct synched__moved_field moved[SYNCHED_FIELDS_MAX];
  struct synched__move move = {.cluster = learning->cluster,
                               .segment_count = learning->segment_count,
                               .before = learning->before,
                               .after = learning->after,
                               .fields = moved};
  for (unsigned f = 0; f < fields->count; f++) {
    const struct synched_memory *memory = fields->memories[f];
    if (synched__fields_has(learning->link->spec->written, f))
      moved[move.field_count++] = (struct synched__moved_field){
          &memory->layout, memory->in_place ? memory->blocks.all[0] : current->blocks[f]};
  }
  return synched__move_make(&learning->group, &move);
}

/* The ranges are those after; *weights are what there was. */
static void swap_weights(struct learning *learning) {
  double *weights = learning->cluster->weights;
  learning->cluster->weights = learning->weights;
  learning->weights = weights;
}

static int make_new(struct learning *learning) {
  struct synched_job *job = learning->job;
  const unsigned first_tag =
      synched__cluster_enter(learning->cluster, synched__link_tags(&job->work));
  synched__cluster_leave(learning->cluster);
  for (unsigned r = 0; r <= learning->rank_count; r++)
    learning->weights[r] = (double)learning->after[r];
  swap_weights(learning);
  keep_all(learning);
  const int status = synched__ranks_link(job, learning->link->spec, first_tag);
  return status != 0 ? status : make_move(learning);
}

static const char what[] = "deal its segments anew";

static int deal(struct learning *learning) {
  struct synched_cluster *cluster = learning->cluster;
  struct synched__wire *wire = &cluster->wire;
  struct synched__verdict verdict = synched__verdict_begin(cluster->transport.rank);
  int status = synched__ranks_agree(cluster, &verdict, make_new(learning), what);
  if (status != 0) {
    put_back(learning);
    swap_weights(learning);
    return status;
  }
  synched__wire_start(wire, &learning->group);
  synched__wire_wait(wire, &learning->group);
  let_go(learning);
  status = synched__wire_status(wire);
  return status == 0 ? 0 : synched__fail(status, "%s", wire->text);
}

/* All ranks know what each segment costs, and cut them in the same way. */
static int learn(struct learning *learning) {
  struct synched_cluster *cluster = learning->cluster;
  struct synched__verdict verdict = synched__verdict_begin(cluster->transport.rank);
  const uint64_t round = learning->job->work.memory->pair.current->snapshot.round;
  const int own = prepare(learning);
  verdict.low[0] = verdict.high[0] = round;
  int status = synched__ranks_agree(cluster, &verdict, own, what);
  if (status == 0 && verdict.low[0] != verdict.high[0])
    status = synched__fail(SYNCHED_EINVAL, "the ranks are in different rounds, %llu to %llu",
                           (unsigned long long)verdict.low[0], (unsigned long long)verdict.high[0]);
  if (status != 0)
    return status;
  verdict = synched__verdict_begin(cluster->transport.rank);
  status = synched__agree(&learning->agreement, &verdict);
  if (status != 0)
    return synched__fail(status, "%s", cluster->wire.text);
  return synched__ranks_cut(learning->costs, learning->segment_count, learning->rank_count,
                            learning->before, learning->after)
             ? deal(learning)
             : 0;
}

int synched__learn(struct synched_job *job) {
  struct synched_cluster *cluster = job->work.link->cluster;
  struct learning learning = {.job = job,
                              .cluster = cluster,
                              .rank_count = cluster->transport.rank_count,
                              .segment_count = job->work.memory->layout.segment_count};
  const int status = learn(&learning);
  clean(&learning);
  return status;
}
