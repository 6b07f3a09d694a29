/*
 * stages.c: see stages.h.
 *
 *   [memory-idle]  see memory/memory.h.
 */
#include "job/stages.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "engine/activity.h"
#include "engine/deal.h"
#include "engine/round.h"
#include "engine/tile.h"
#include "platform/alloc.h"

/* Up to so many segments, what is kept for each lies on lines of its own: rounds of more segments
 * are not so short that sharing a line now and then shows. */
#define SPREAD_SEGMENTS 4096u

/* From so many bytes of contributions on, workers share what is to be combined. In the simulator,
 * from fewer. */
#if !defined(SYNCHED__SHARED_FOLD_BYTES)
#define SYNCHED__SHARED_FOLD_BYTES 65536u
#endif

/* --- what the options say --- */

/* What a stage of the options is, or `compute` as one. */
static struct synched_stage stage_option(const struct synched_job_options *options,
                                         unsigned index) {
  if (options->stage_count != 0)
    return options->stages[index];
  return (struct synched_stage){.compute = options->compute,
                                .fold = options->fold,
                                .fold_type = options->fold_type,
                                .fold_length = options->fold_length,
                                .fold_size = options->fold_size,
                                .fold_combine = options->fold_combine,
                                .fold_identity = options->fold_identity,
                                .fold_user = options->fold_user};
}

static struct synched__fold_options fold_option(const struct synched_job_options *options,
                                                const struct synched_stage *given) {
  return (struct synched__fold_options){.kind = given->fold,
                                        .type = given->fold_type,
                                        .length = given->fold_length,
                                        .size = given->fold_size,
                                        .combine = given->fold_combine,
                                        .identity = given->fold_identity,
                                        .own_user = given->fold_user,
                                        .user = options->user};
}

static uint32_t all_fields(const struct synched_job_options *options) {
  return ((UINT32_C(1) << options->field_count) - 1) & ~options->reads_only;
}

static uint32_t written_fields(const struct synched_job_options *options, uint32_t writes) {
  if (writes == SYNCHED_WRITES_NONE)
    return 0;
  return writes == 0 ? all_fields(options) : writes;
}

static bool skips_unchanged(const struct synched_job *job) {
  return (job->setup.options.flags & SYNCHED_JOB_SKIP_UNCHANGED) != 0;
}

/* Whether all that there is to the job is one field and one stage, which writes it. */
static bool is_plain(const struct synched_job *job) {
  const struct synched_job_options *options = &job->setup.options;
  const struct synched__fold *fold = &job->work.stages[0]->fold;
  return options->field_count == 1 && options->stage_count == 0 && options->reads_only == 0 &&
         !job->work.memory->in_place && job->work.tile == NULL && !skips_unchanged(job) &&
         options->cluster == NULL &&
         (fold->kind == SYNCHED_FOLD_NONE || synched__fold_is_plain(fold));
}

/* Fields that are changed in place and can be copied, for the loop or a checkpoint. */
static uint32_t copied_fields(const struct synched_job *job) {
  const struct synched_job_options *options = &job->setup.options;
  uint32_t copied = 0;
  if (options->on_snapshot == NULL && (options->flags & SYNCHED_JOB_COPIES) == 0)
    return 0;
  for (unsigned f = 0; f < options->field_count; f++) {
    const struct synched_memory *memory = f == 0 ? job->work.memory : options->fields[f - 1];
    if (memory->in_place && memory->buffer_count > 2)
      copied |= UINT32_C(1) << f;
  }
  return copied;
}

/* --- stages --- */

static void set_shape(struct synched__stage *stage, const struct synched_job_options *options,
                      size_t segment_count) {
  const struct synched__work *work = stage->work;
  const struct synched_pool *pool = work->pool;
  const bool is_static = options->balance == SYNCHED_BALANCE_STATIC;
  const bool all = is_static || work->eager;
  /* Workers beyond the usable CPUs would only take turns with the others on the same CPUs. */
  const unsigned team =
      all || pool->worker_count < pool->usable_count ? pool->worker_count : pool->usable_count;
  stage->shape = (struct synched__shape){.segment_count = segment_count,
                                         .team = team,
                                         .batch = 1,
                                         .wake_count = 1, /* until a run begins */
                                         .is_static = is_static};
}

static bool name_stage(struct synched__stage *stage, const char *name) {
  char text[24];
  (void)snprintf(text, sizeof text, "stage %u", stage->index);
  stage->name = synched__copy_text(name != NULL ? name : text);
  return stage->name != NULL;
}

/* is_sent: they go to other ranks, and so lie one behind the other. */
static bool make_contributions(struct synched__stage *stage, bool is_sent) {
  const size_t segment_count = stage->shape.segment_count;
  const size_t bytes = stage->fold.bytes;
  if (stage->fold.kind == SYNCHED_FOLD_NONE)
    return true;
  stage->contribution_stride = segment_count > SPREAD_SEGMENTS || is_sent
                                   ? bytes
                                   : (SYNCHED__CACHE_LINE + bytes - 1) / bytes * bytes;
  stage->contributions = synched__alloc_lines(segment_count, stage->contribution_stride);
  if (stage->contributions == NULL || synched__fold_is_plain(&stage->fold))
    return stage->contributions != NULL;
  stage->accumulators =
      synched__alloc_lines(synched__fold_group_count(segment_count), stage->fold.accumulator_bytes);
  return stage->accumulators != NULL;
}

bool synched__stage_equip(struct synched__stage *stage, const struct synched_job_options *options) {
  bool complete = stage->inner != NULL || make_contributions(stage, options->cluster != NULL);
  /* Only who may steal has a choice; and weights are known where calls are timed. */
  if (!stage->shape.is_static && stage->shape.team > 1 && stage->is_recorded &&
      options->cluster == NULL &&
      (options->flags & (SYNCHED_JOB_NO_SEGMENT_TIMES | SYNCHED_JOB_SKIP_UNCHANGED)) == 0)
    complete = synched__order_init(&stage->order, stage->shape.segment_count) && complete;
  if (stage->shape.team > SYNCHED__GROUPED_TEAM) {
    stage->groups = synched__alloc_lines(stage->work->pool->group_count, sizeof *stage->groups);
    complete = complete && stage->groups != NULL;
  }
  /* Eager calls may wait for each other; and where calls are skipped, home ranges change. */
  stage->opens_late = stage->shape.is_static && !stage->work->eager && stage->groups == NULL &&
                      (options->flags & SYNCHED_JOB_SKIP_UNCHANGED) == 0;
  return complete;
}

struct synched__stage *synched__stage_new(struct synched_job *job, unsigned index,
                                          size_t segment_count) {
  struct synched__stage *stage = synched__alloc_lines(1, sizeof *stage);
  if (stage == NULL)
    return NULL;
  stage->work = &job->work;
  stage->index = index;
  set_shape(stage, &job->setup.options, segment_count);
  return stage;
}

/* The pass that combines the groups of a large fold. */
static bool make_fold_pass(struct synched__stage *stage, struct synched_job *job) {
  const size_t segment_count = stage->shape.segment_count;
  if (stage->accumulators == NULL || stage->shape.team == 1 ||
      segment_count * stage->contribution_stride < SYNCHED__SHARED_FOLD_BYTES)
    return true;
  stage->fold_pass =
      synched__stage_new(job, stage->index, synched__fold_group_count(segment_count));
  if (stage->fold_pass == NULL)
    return false;
  stage->fold_pass->for_fn = synched__stage_fold_group;
  stage->fold_pass->for_user = stage;
  stage->fold_pass->folded = stage;
  return name_stage(stage->fold_pass, "fold") &&
         synched__stage_equip(stage->fold_pass, &job->setup.options);
}

static int out_of_memory(const struct synched_job *job) {
  return synched__fail(SYNCHED_ENOMEM, "no memory for stages of %zu segments and %u workers",
                       job->work.memory->layout.segment_count, job->work.pool->worker_count);
}

/* Fills a new stage; the caller destroys it after a failure. */
static int fill_stage(struct synched__stage *stage, struct synched_job *job,
                      const struct synched_stage *given) {
  const struct synched_job_options *options = &job->setup.options;
  struct synched__fold_options fold = fold_option(options, given);
  char where[24] = "";
  if (options->stage_count != 0)
    (void)snprintf(where, sizeof where, "stage %u: ", stage->index);
  fold.where = where;
  const int status = synched__fold_init(&stage->fold, &fold);
  if (status != 0)
    return status;
  stage->compute = given->compute;
  stage->writes = written_fields(options, given->writes);
  stage->overwrites = given->overwrites;
  const bool complete = name_stage(stage, given->name) && synched__stage_equip(stage, options) &&
                        make_fold_pass(stage, job);
  return complete ? 0 : out_of_memory(job);
}

/* is_recorded: it is one of the job's own. */
static int make_stage(struct synched__stage **out, struct synched_job *job,
                      const struct synched_stage *given, unsigned index, bool is_recorded) {
  struct synched__stage *stage =
      synched__stage_new(job, index, job->work.memory->layout.segment_count);
  if (stage == NULL)
    return out_of_memory(job);
  stage->is_recorded = is_recorded;
  const int status = fill_stage(stage, job, given);
  if (status != 0) {
    synched__stage_destroy(stage);
    return status;
  }
  *out = stage;
  return 0;
}

static int make_stages(struct synched_job *job) {
  const struct synched_job_options *options = &job->setup.options;
  struct synched__work *work = &job->work;
  int status = 0;
  work->stage_count = options->stage_count == 0 ? 1 : options->stage_count;
  work->has_passes = work->stage_count > 1 || options->cluster != NULL;
  work->stages = synched__alloc(work->stage_count, sizeof(struct synched__stage *));
  if (work->stages == NULL)
    return out_of_memory(job);
  for (unsigned s = 0; status == 0 && s < work->stage_count; s++) {
    const struct synched_stage given = stage_option(options, s);
    status = make_stage(&work->stages[s], job, &given, s, true);
  }
  return status;
}

/* Init is a stage of its own, which writes all fields; its fold is that of compute. */
static int make_init_stage(struct synched_job *job) {
  const struct synched_job_options *options = &job->setup.options;
  struct synched_stage given = {.name = "init"};
  if (options->init == NULL)
    return 0;
  if (options->stage_count == 0)
    given = stage_option(options, 0);
  given.compute = options->init;
  const int status = make_stage(&job->work.init_stage, job, &given, 0, false);
  if (status == 0)
    job->work.init_stage->is_init = true;
  return status;
}

/* The copies of a segment of what is changed in place. */
static int copy_segment(struct synched_task *task, void *user) {
  (void)user;
  for (unsigned f = 0; f < task->parts->field_count; f++) {
    const struct synched_snapshot *field = synched_task_field(task, f);
    const size_t count = field->offsets[task->segment + 1] - field->offsets[task->segment];
    void *out = synched_task_out(task, f);
    if (out != NULL && count != 0)
      memcpy(out, synched_task_in(task, f), count * field->element_size);
  }
  return 0;
}

static int make_copy_stage(struct synched_job *job) {
  const struct synched_stage given = {
      .name = "copies", .compute = copy_segment, .writes = SYNCHED_WRITES_NONE};
  return copied_fields(job) == 0
             ? 0
             : make_stage(&job->work.copy_stage, job, &given, job->work.stage_count, false);
}

static const struct synched_reads *reads_option(const struct synched_job_options *options,
                                                unsigned index) {
  return options->stage_count == 0 ? &options->reads : &options->stages[index].reads;
}

/* Rounds between two barriers, at most. */
static unsigned round_most(const struct synched_job_options *options) {
  return options->rounds_per_barrier == 0 ? SYNCHED__DEPTH_MOST : options->rounds_per_barrier;
}

/* What the stages read, made the library's own, in [SYNCHED_STAGES_MAX]. false: no memory;
 * free_reads all the same. */
static bool make_reads(const struct synched_job *job, struct synched__reads *reads,
                       const struct synched__reads **all) {
  const struct synched__work *work = &job->work;
  bool complete = true;
  for (unsigned s = 0; s < work->stage_count; s++) {
    reads[s] = (struct synched__reads){0};
    all[s] = &reads[s];
    complete = complete && synched__reads_init(&reads[s], reads_option(&job->setup.options, s),
                                               work->memory->layout.segment_count);
  }
  return complete;
}

static void free_reads(const struct synched_job *job, struct synched__reads *reads) {
  for (unsigned s = 0; s < job->work.stage_count; s++)
    synched__reads_deinit(&reads[s]);
}

static int make_tile(struct synched_job *job) {
  struct synched__work *work = &job->work;
  struct synched__reads reads[SYNCHED_STAGES_MAX];
  const struct synched__reads *all[SYNCHED_STAGES_MAX];
  const int status = !make_reads(job, reads, all)
                         ? out_of_memory(job)
                         : synched__tile_create(&work->tile, all, work->stage_count,
                                                work->round_most, work->pool->worker_count);
  free_reads(job, reads);
  return status;
}

/* Blocks that any field can have in the job. */
static unsigned block_most(const struct synched_job *job) {
  const struct synched_job_options *options = &job->setup.options;
  unsigned most = job->work.memory->buffer_count + 2;
  for (unsigned f = 0; f < options->field_count; f++) {
    const struct synched_memory *memory = f == 0 ? job->work.memory : options->fields[f - 1];
    most = memory->blocks.count > most ? memory->blocks.count : most;
  }
  return most;
}

static int make_activity(struct synched_job *job) {
  struct synched__work *work = &job->work;
  struct synched__reads reads[SYNCHED_STAGES_MAX];
  const struct synched__reads *all[SYNCHED_STAGES_MAX];
  const bool complete = make_reads(job, reads, all) &&
                        synched__activity_create(&work->activity, all, work->stage_count,
                                                 job->setup.options.field_count, block_most(job));
  free_reads(job, reads);
  for (unsigned s = 0; s < work->stage_count; s++)
    work->stages[s]->activity = work->activity;
  if (work->init_stage != NULL)
    work->init_stage->activity = work->activity;
  return complete ? 0 : out_of_memory(job);
}

/* What the calls of the tile read and write. */
static int make_versions(struct synched_job *job) {
  struct synched__work *work = &job->work;
  uint32_t writes[SYNCHED_STAGES_MAX];
  for (unsigned s = 0; s < work->stage_count; s++)
    writes[s] = work->stages[s]->writes;
  return synched__versions_create(&work->tile->versions, job->setup.options.field_count, writes,
                                  work->stage_count, work->tile->round_most);
}

/* The rounds between two barriers are a stage of their own. */
static int make_tile_stage(struct synched_job *job) {
  struct synched__work *work = &job->work;
  if (round_most(&job->setup.options) < 2 || skips_unchanged(job) ||
      job->setup.options.cluster != NULL)
    return 0;
  int status = make_tile(job);
  if (status == 0)
    status = make_versions(job);
  if (status != 0)
    return status;
  struct synched__stage *stage = synched__stage_new(job, 0, work->memory->layout.segment_count);
  work->tile_stage = stage;
  if (stage == NULL || !name_stage(stage, "rounds"))
    return out_of_memory(job);
  stage->tile = work->tile;
  work->tile->learns = job->setup.options.rounds_per_barrier == 0;
  stage->is_recorded = true;
  stage->shape.batch = 0; /* its strips are claimed, see engine/strips.h */
  return 0;
}

/* --- home ranges --- */

/* Whether a memory's pages are touched first where segments are at home. */
static bool is_placed(const struct synched_memory *memory) {
  return !memory->blocks.all[0]->is_foreign && memory->layout.data_bytes >= SYNCHED__PLACED_BYTES;
}

/* Not where nobody has a segment to spare; nor where workers take turns on a CPU: what a call takes
 * tells nothing then. */
static int make_deal(struct synched_job *job) {
  const struct synched_job_options *options = &job->setup.options;
  struct synched__work *work = &job->work;
  const struct synched__shape shape = work->stages[0]->shape;
  const unsigned share = synched__shape_share(shape);
  work->deal_due = UINT64_MAX;
  if (options->homes != SYNCHED_HOMES_FOLLOW || share == 1 || shape.segment_count == share ||
      share > work->pool->usable_count)
    return 0;
  if (!synched__deal_create(&work->deal, shape.segment_count, share,
                            (options->flags & SYNCHED_JOB_NO_SEGMENT_TIMES) != 0))
    return out_of_memory(job);
  for (unsigned f = 0; f < options->field_count; f++)
    if (is_placed(f == 0 ? work->memory : options->fields[f - 1]))
      work->deal->is_placed = true;
  return 0;
}

int synched__stages_create(struct synched_job *job) {
  int status = make_stages(job);
  if (status == 0)
    status = make_init_stage(job);
  if (status == 0)
    status = make_copy_stage(job);
  job->work.round_most = round_most(&job->setup.options);
  if (status == 0)
    status = make_tile_stage(job);
  if (status == 0 && skips_unchanged(job))
    status = make_activity(job);
  if (status == 0)
    status = make_deal(job);
  return status;
}

void synched__stages_destroy(struct synched_job *job) {
  struct synched__work *work = &job->work;
  synched__stage_destroy(work->tile_stage);
  synched__tile_destroy(work->tile);
  synched__activity_destroy(work->activity);
  synched__deal_destroy(work->deal);
  synched__stage_destroy(work->copy_stage);
  synched__stage_destroy(work->init_stage);
  for (unsigned s = 0; work->stages != NULL && s < work->stage_count; s++)
    synched__stage_destroy(work->stages[s]);
  synched__free(work->stages);
}

static void reset_stage(struct synched__stage *stage) {
  if (stage == NULL)
    return;
  synched__round_reset_adaption(stage);
  reset_stage(stage->fold_pass);
  reset_stage(stage->edge);
}

void synched__stages_reset(struct synched_job *job) {
  struct synched__work *work = &job->work;
  for (unsigned s = 0; s < work->stage_count; s++)
    reset_stage(work->stages[s]);
  reset_stage(work->init_stage);
  reset_stage(work->copy_stage);
  reset_stage(work->tile_stage);
  synched__work_reset_deal(work);
  if (work->fields != NULL)
    work->fields->undefined = 0;
  if (work->tile != NULL)
    synched__depth_init(&work->tile->depth);
  if (work->activity != NULL)
    synched__activity_reset(work->activity);
}

/* --- memories --- */

static struct synched_memory *memory_of(const struct synched_job *job, unsigned field) {
  const struct synched__fields *fields = job->work.fields;
  return fields == NULL ? job->work.memory : fields->memories[field];
}

static unsigned memory_count(const struct synched_job *job) {
  return job->work.fields == NULL ? 1 : job->work.fields->count;
}

struct synched_memory *synched__stages_memory(const struct synched_job *job, unsigned field) {
  return field < memory_count(job) ? memory_of(job, field) : NULL;
}

/* Fields that are written several times between two barriers. */
static uint32_t written_twice(const struct synched__work *work) {
  uint32_t once = 0;
  uint32_t twice = 0;
  for (unsigned s = 0; s < work->stage_count; s++) {
    twice |= once & work->stages[s]->writes;
    once |= work->stages[s]->writes;
  }
  return work->round_most > 1 ? once : twice;
}

static int claim(struct synched_memory *const *memories, unsigned count) {
  int status = 0;
  unsigned claimed = 0;
  while (claimed < count && (status = synched__memory_claim(memories[claimed])) == 0)
    claimed++;
  if (status == 0)
    return 0;
  if (count > 1)
    synched__explain("field %u: %s", claimed, synched_error_message());
  while (claimed-- > 0)
    synched__memory_unclaim(memories[claimed]);
  return status;
}

int synched__stages_join_memories(struct synched_job *job) {
  const struct synched_job_options *options = &job->setup.options;
  struct synched_memory *memories[SYNCHED_FIELDS_MAX] = {job->work.memory};
  for (unsigned f = 1; f < options->field_count; f++)
    memories[f] = options->fields[f - 1];
  int status = claim(memories, options->field_count);
  if (status != 0 || is_plain(job))
    return status;
  size_t fold_bytes[SYNCHED_STAGES_MAX];
  const void *identities[SYNCHED_STAGES_MAX];
  for (unsigned s = 0; s < job->work.stage_count; s++) {
    fold_bytes[s] = job->work.stages[s]->fold.bytes;
    identities[s] = job->work.stages[s]->fold.identity;
  }
  const struct synched__fields_spec spec = {.memories = memories,
                                            .count = options->field_count,
                                            .written_twice = written_twice(&job->work),
                                            .copied = copied_fields(job),
                                            .stage_count = job->work.stage_count,
                                            .fold_bytes = fold_bytes,
                                            .identities = identities};
  status = synched__fields_create(&job->work.fields, &spec);
  for (unsigned f = 0; status != 0 && f < options->field_count; f++)
    synched__memory_unclaim(memories[f]);
  return status;
}

int synched__stages_part_memories(struct synched_job *job) {
  struct synched_memory *memories[SYNCHED_FIELDS_MAX];
  const unsigned count = memory_count(job);
  for (unsigned f = 0; f < count; f++)
    memories[f] = memory_of(job, f);
  const int status = synched__fields_destroy(job->work.fields);
  if (status != 0)
    return status;
  job->work.fields = NULL;
  for (unsigned f = 0; f < count; f++)
    synched__memory_unclaim(memories[f]);
  return 0;
}

void synched__stages_note_running(struct synched_job *job, bool runs) {
  for (unsigned f = 0; f < memory_count(job); f++) {
    struct synched_memory *memory = memory_of(job, f);
    if (!runs) {
      synched__store_release(&memory->running, 0); /* [memory-idle] release */
      continue;
    }
    synched__mutex_lock(&memory->mutex); /* no load is in the middle of its work */
    synched__store_relaxed(&memory->running, 1);
    synched__mutex_unlock(&memory->mutex);
  }
}
