/*
 * ranks.c: see ranks.h.
 *
 * Ranks compare what they have made by numbers that are made of it: where these differ, the jobs
 * do. Pointers are no part of them, and neither are callbacks.
 */
#include "job/ranks.h"

#include "base/error.h"
#include "cluster/link.h"
#include "job/meeting.h"
#include "job/stages.h"
#include "platform/alloc.h"

/* --- what may be asked --- */

static int refuse(const char *what) {
  return synched__fail(SYNCHED_ENOTSUP, "%s does not go together with a cluster", what);
}

int synched__ranks_check(const struct synched_job_options *options) {
  if (options->cluster == NULL)
    return 0;
  if ((options->flags & SYNCHED_JOB_SKIP_UNCHANGED) != 0)
    return refuse("SYNCHED_JOB_SKIP_UNCHANGED");
  if ((options->flags & SYNCHED_JOB_CHECKED) != 0)
    return refuse("SYNCHED_JOB_CHECKED");
  if (options->homes == SYNCHED_HOMES_FOLLOW)
    return refuse("SYNCHED_HOMES_FOLLOW");
  if (options->deadline_policy != SYNCHED_DEADLINE_REPORT)
    return refuse("a deadline_policy but SYNCHED_DEADLINE_REPORT");
  return 0;
}

/* --- passes --- */

/* A list of segments; of none: of nobody, for it takes one to complete a pass. NULL: no memory. */
static uint32_t *make_list(struct synched_segments own, const unsigned char *is_edge, bool edges,
                           size_t *count) {
  uint32_t *list = synched__alloc(own.count == 0 ? 1 : own.count, sizeof *list);
  *count = 0;
  for (size_t i = 0; list != NULL && i < own.count; i++)
    if (is_edge == NULL || (is_edge[i] != 0) == edges)
      list[(*count)++] = (uint32_t)(own.first + i);
  if (list != NULL && *count == 0)
    list[(*count)++] = SYNCHED__NOBODY;
  return list;
}

/* Makes a pass one over a list. false: no memory. */
static bool list_pass(struct synched__stage *stage, struct synched_segments own,
                      const unsigned char *is_edge, bool edges) {
  size_t count;
  stage->listed = make_list(own, is_edge, edges, &count);
  if (stage->listed == NULL)
    return false;
  stage->shape.segment_count = count;
  stage->groups_partial = true;
  return true;
}

/* The pass over the edge, which is what the stage is, but for its list. */
static struct synched__stage *make_edge(struct synched_job *job, struct synched__stage *stage) {
  struct synched__stage *edge = synched__stage_new(job, stage->index, stage->shape.segment_count);
  if (edge == NULL)
    return NULL;
  edge->inner = stage;
  edge->compute = stage->compute;
  edge->is_init = stage->is_init;
  edge->is_recorded = stage->is_recorded;
  edge->writes = stage->writes;
  edge->overwrites = stage->overwrites;
  edge->fold = stage->fold;
  edge->contributions = stage->contributions;
  edge->contribution_stride = stage->contribution_stride;
  edge->accumulators = stage->accumulators;
  return edge;
}

/* Gives a stage only this rank's segments, and an edge, if others read anything of it. */
static bool split_stage(struct synched_job *job, struct synched__stage *stage,
                        const unsigned char *is_edge) {
  const struct synched_segments own = job->work.link->own;
  bool has_edge = false;
  for (size_t i = 0; i < own.count; i++)
    has_edge = has_edge || is_edge[i] != 0;
  if (!has_edge)
    return list_pass(stage, own, NULL, false);
  stage->edge = make_edge(job, stage);
  return stage->edge != NULL && synched__stage_equip(stage->edge, &job->setup.options) &&
         list_pass(stage->edge, own, is_edge, true) && list_pass(stage, own, is_edge, false);
}

static int out_of_memory(const struct synched_job *job) {
  return synched__fail(SYNCHED_ENOMEM, "no memory for the passes of %zu segments",
                       job->work.memory->layout.segment_count);
}

static int split_stages(struct synched_job *job, const struct synched__link_spec *spec) {
  struct synched__work *work = &job->work;
  const struct synched__link *link = work->link;
  unsigned char *is_edge = synched__alloc(link->own.count + 1, 1);
  bool complete = is_edge != NULL;
  for (unsigned s = 0; complete && s < work->stage_count; s++) {
    synched__link_edges(link, spec, s, is_edge);
    complete = split_stage(job, work->stages[s], is_edge);
  }
  if (complete && work->init_stage != NULL) {
    synched__link_edges(link, spec, work->stage_count, is_edge);
    complete = split_stage(job, work->init_stage, is_edge);
  }
  if (complete && work->copy_stage != NULL)
    complete = list_pass(work->copy_stage, link->own, NULL, false);
  synched__free(is_edge);
  return complete ? 0 : out_of_memory(job);
}

/* The pass that a run begins with. */
static int make_opening(struct synched_job *job) {
  struct synched__link *link = job->work.link;
  struct synched__stage *opening = synched__stage_new(job, 0, 1);
  link->opening = opening;
  if (opening == NULL || !synched__stage_equip(opening, &job->setup.options))
    return out_of_memory(job);
  opening->for_fn = synched__link_exchange_all;
  opening->for_user = link;
  return 0;
}

/* --- the link --- */

static void free_spec(struct synched__link_spec *spec) {
  for (unsigned s = 0; spec != NULL && s < SYNCHED_STAGES_MAX; s++)
    synched__reads_deinit(&spec->reads[s]);
  synched__free(spec);
}

/* What the stages read; false: no memory. */
static bool make_views(struct synched__link_spec *spec, const struct synched_job_options *options) {
  const struct synched__work *work = spec->work;
  bool complete = true;
  for (unsigned s = 0; complete && s < work->stage_count; s++) {
    const struct synched_reads *given =
        options->stage_count == 0 ? &options->reads : &options->stages[s].reads;
    spec->views[s] = (struct synched__view_of){
        .reads = &spec->reads[s], .first = given->first, .last = given->last};
    complete = synched__reads_init(&spec->reads[s], given, work->memory->layout.segment_count);
  }
  return complete;
}

/* NULL: no memory. */
static struct synched__link_spec *make_spec(struct synched_job *job,
                                            const struct synched_job_options *options) {
  struct synched__link_spec *spec = synched__alloc(1, sizeof *spec);
  if (spec == NULL)
    return NULL;
  spec->cluster = options->cluster;
  spec->work = &job->work;
  for (unsigned s = 0; s < job->work.stage_count; s++)
    spec->written |= job->work.stages[s]->writes;
  if (job->work.init_stage != NULL)
    spec->written |= job->work.init_stage->writes;
  if (make_views(spec, options))
    return spec;
  free_spec(spec);
  return NULL;
}

int synched__ranks_link(struct synched_job *job, struct synched__link_spec *spec,
                        unsigned first_tag) {
  int status = synched__link_create(&job->work.link, spec, first_tag);
  if (status == 0)
    synched__meeting_attach(job);
  if (status == 0)
    status = make_opening(job);
  if (status == 0)
    status = split_stages(job, spec);
  return status;
}

static int make_link(struct synched_job *job, const struct synched_job_options *options,
                     unsigned first_tag) {
  struct synched__link_spec *spec = make_spec(job, options);
  const int status = spec == NULL ? out_of_memory(job) : synched__ranks_link(job, spec, first_tag);
  if (job->work.link == NULL)
    free_spec(spec);
  return status;
}

/* --- all ranks have made the same --- */

#define HASH_START UINT64_C(1469598103934665603)

/* FNV-1a (Fowler, Noll, Vo), number by number. */
static uint64_t mix(uint64_t hash, uint64_t number) {
  for (unsigned byte = 0; byte < sizeof number; byte++) {
    hash ^= number >> (8 * byte) & 0xff;
    hash *= UINT64_C(1099511628211);
  }
  return hash;
}

static uint64_t hash_memories(const struct synched_job *job) {
  const struct synched__fields *fields = job->work.fields;
  uint64_t hash = mix(HASH_START, fields->count);
  for (unsigned f = 0; f < fields->count; f++) {
    const struct synched__layout *layout = &fields->memories[f]->layout;
    hash = mix(mix(hash, layout->segment_count), layout->element_size);
    hash = mix(mix(hash, fields->memories[f]->in_place), fields->memories[f]->refill);
    for (size_t s = 0; s < layout->segment_count; s++)
      hash = mix(mix(hash, layout->offsets[s]), layout->capacities[s]);
  }
  return hash;
}

static uint64_t hash_reads(uint64_t hash, const struct synched_reads *reads, size_t segment_count) {
  hash = mix(mix(mix(hash, reads->reach), reads->radius), reads->wraps != 0);
  hash = mix(mix(hash, reads->first), reads->last);
  if (reads->reach != SYNCHED_REACH_LIST)
    return hash;
  for (size_t s = 0; s <= segment_count; s++)
    hash = mix(hash, reads->offsets[s]);
  for (size_t i = 0; i < reads->offsets[segment_count]; i++)
    hash = mix(hash, reads->segments[i]);
  return hash;
}

static uint64_t hash_stages(const struct synched_job *job,
                            const struct synched_job_options *options) {
  const struct synched__work *work = &job->work;
  uint64_t hash = mix(mix(HASH_START, work->stage_count), work->init_stage != NULL);
  for (unsigned s = 0; s < work->stage_count; s++) {
    const struct synched__stage *stage = work->stages[s];
    const struct synched_reads *reads =
        options->stage_count == 0 ? &options->reads : &options->stages[s].reads;
    hash = mix(mix(hash, stage->writes), stage->overwrites);
    hash = mix(mix(mix(hash, stage->fold.kind), stage->fold.type), stage->fold.bytes);
    hash = hash_reads(hash, reads, work->memory->layout.segment_count);
  }
  return hash;
}

static uint64_t hash_options(const struct synched_job_options *options) {
  uint64_t hash = mix(mix(HASH_START, options->round_count), options->rounds_per_barrier);
  hash =
      mix(mix(mix(hash, options->on_round != NULL), options->on_init != NULL), options->reads_only);
  return mix(mix(mix(hash, options->flags & SYNCHED_JOB_START_PAUSED), options->period_ns),
             options->overrun);
}

static uint64_t hash_ranges(const struct synched_job *job, const struct synched_cluster *cluster) {
  const size_t segment_count = job->work.memory->layout.segment_count;
  uint64_t hash = HASH_START;
  for (unsigned r = 0; r < cluster->transport.rank_count; r++)
    hash = mix(hash, synched_cluster_segments(cluster, segment_count, r).first);
  return hash;
}

/* Which of what ranks have made is not the same everywhere. */
static int compare(const struct synched__verdict *verdict) {
  static const char *const names[SYNCHED__CHECKS] = {"memories", "stages, or what these read",
                                                     "options", "weights, and so their segments"};
  for (unsigned c = 0; c < SYNCHED__CHECKS; c++)
    if (verdict->low[c] != verdict->high[c])
      return synched__fail(SYNCHED_EINVAL, "the ranks' jobs differ in their %s", names[c]);
  return 0;
}

int synched__ranks_agree(struct synched_cluster *cluster, struct synched__verdict *verdict,
                         int status, const char *what) {
  verdict->code = status;
  const int trouble = synched__agree(&cluster->own, verdict);
  if (status != 0)
    return status;
  if (trouble != 0)
    return synched__fail(trouble, "%s", cluster->wire.text);
  if (verdict->code != 0)
    return synched__fail(verdict->code, "rank %u could not %s: %s", verdict->rank, what,
                         synched_strerror(verdict->code));
  return 0;
}

static int agree(struct synched_cluster *cluster, struct synched__verdict *verdict, int status) {
  return synched__ranks_agree(cluster, verdict, status, "create its job");
}

int synched__ranks_refuse(struct synched_cluster *cluster, int status) {
  struct synched__verdict verdict = synched__verdict_begin(cluster->transport.rank);
  return agree(cluster, &verdict, status);
}

int synched__ranks_attach(struct synched_job *job, const struct synched_job_options *options) {
  struct synched_cluster *cluster = options->cluster;
  struct synched__verdict verdict = synched__verdict_begin(cluster->transport.rank);
  const uint64_t made[SYNCHED__CHECKS] = {hash_memories(job), hash_stages(job, options),
                                          hash_options(options), hash_ranges(job, cluster)};
  for (unsigned c = 0; c < SYNCHED__CHECKS; c++)
    verdict.low[c] = verdict.high[c] = made[c];
  int status = agree(cluster, &verdict, 0);
  if (status == 0)
    status = compare(&verdict);
  if (status != 0)
    return status;
  const unsigned first_tag = synched__cluster_enter(cluster, synched__link_tags(&job->work));
  job->work.drive = synched__link_drive;
  verdict = synched__verdict_begin(cluster->transport.rank);
  status = agree(cluster, &verdict, make_link(job, options, first_tag));
  if (status != 0 && job->work.link == NULL)
    synched__cluster_leave(cluster);
  return status;
}

void synched__ranks_detach(struct synched_job *job) {
  struct synched__link *link = job->work.link;
  if (link == NULL)
    return;
  struct synched_cluster *cluster = link->cluster;
  free_spec(link->spec);
  synched__link_destroy(link);
  job->work.link = NULL;
  synched__cluster_leave(cluster);
}
