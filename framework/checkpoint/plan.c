#include "checkpoint/plan.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/options.h"

/* --- options --- */

static int check_options(const struct synched_checkpoint_options *options) {
  if ((options->flags & ~SYNCHED_CHECKPOINT_REQUIRED) != 0)
    return synched__fail(SYNCHED_EINVAL, "flags is %#x; a checkpoint knows those in %#x",
                         (unsigned)options->flags, SYNCHED_CHECKPOINT_REQUIRED);
  if (options->folder == NULL || options->folder[0] == '\0')
    return synched__fail(SYNCHED_EINVAL, "folder is %s; a checkpoint needs one",
                         options->folder == NULL ? "NULL" : "empty");
  if (options->keep > SYNCHED_CHECKPOINT_KEEP_MAX)
    return synched__fail(SYNCHED_ERANGE, "keep is %u; at most %u", options->keep,
                         SYNCHED_CHECKPOINT_KEEP_MAX);
  if ((options->dtypes == NULL) != (options->dtype_count == 0))
    return synched__fail(SYNCHED_EINVAL, "dtypes is %s and dtype_count is %u",
                         options->dtypes == NULL ? "NULL" : "set", options->dtype_count);
  return synched__check_enum("overlap", options->overlap, SYNCHED_CHECKPOINT_WAIT);
}

int synched__plan_read_options(struct synched_checkpoint_options *read,
                               const struct synched_checkpoint_options *options) {
  static const struct synched__options_spec spec = {"synched_checkpoint_options",
                                                    sizeof(struct synched_checkpoint_options),
                                                    sizeof(struct synched_checkpoint_options)};
  if (options == NULL)
    return synched__fail(SYNCHED_EINVAL, "the checkpoint's options are NULL");
  int status = synched__options_read(read, options, &spec);
  if (status == 0)
    status = check_options(read);
  if (read->keep == 0)
    read->keep = 2;
  return status;
}

/* --- fields --- */

unsigned synched__plan_memories(const struct synched_job *job,
                                struct synched_memory *memories[SYNCHED_FIELDS_MAX]) {
  const struct synched__fields *fields = job->work.fields;
  if (fields == NULL) {
    memories[0] = job->work.memory;
    return 1;
  }
  memcpy(memories, fields->memories, fields->count * sizeof(struct synched_memory *));
  return fields->count;
}

static size_t count_elements(const struct synched__layout *layout) {
  size_t count = 0;
  for (size_t s = 0; s < layout->segment_count; s++)
    count += layout->capacities[s];
  return count;
}

static int init_field(struct synched__plan_field *field, const struct synched__layout *layout,
                      const char *dtype) {
  field->layout = layout;
  if (synched__npy_init(&field->npy, dtype, layout->element_size) != 0) {
    synched__explain("field %u: %s", field->index, synched_error_message());
    return SYNCHED_EINVAL;
  }
  field->element_count = count_elements(layout);
  field->head_bytes = synched__npy_head(field->head, &field->npy, field->element_count);
  field->file_bytes =
      field->head_bytes + (uint64_t)field->element_count * (uint64_t)layout->element_size;
  (void)snprintf(field->name, sizeof field->name, "field%u.npy", field->index);
  return 0;
}

static int check_fields(const struct synched_checkpoint_options *options, unsigned count) {
  const uint32_t all = (UINT32_C(1) << count) - 1;
  if (options->dtype_count > count)
    return synched__fail(SYNCHED_EINVAL, "dtype_count is %u; the job has %u field%s",
                         options->dtype_count, count, count == 1 ? "" : "s");
  if ((options->leaves_out & ~all) != 0)
    return synched__fail(SYNCHED_EINVAL, "leaves_out is %#x; the job has %u field%s",
                         (unsigned)options->leaves_out, count, count == 1 ? "" : "s");
  if (options->leaves_out == all)
    return synched__fail(SYNCHED_EINVAL, "leaves_out is %#x: that is all of the job",
                         (unsigned)options->leaves_out);
  return 0;
}

static void plan_folds(struct synched__plan *plan, const struct synched__fields *fields) {
  if (fields == NULL || !fields->has_folds)
    return;
  plan->stage_count = fields->stage_count;
  memcpy(plan->fold_bytes, fields->fold_bytes, fields->stage_count * sizeof *plan->fold_bytes);
}

int synched__plan_init(struct synched__plan *plan, struct synched_job *job,
                       const struct synched_checkpoint_options *options) {
  struct synched_memory *memories[SYNCHED_FIELDS_MAX];
  const unsigned count = synched__plan_memories(job, memories);
  int status = check_fields(options, count);
  *plan = (struct synched__plan){.job = job};
  plan->segment_count = memories[0]->layout.segment_count;
  plan->own = job->work.link != NULL ? job->work.link->own
                                     : (struct synched_segments){0, plan->segment_count};
  plan->piece_segments = (plan->segment_count + SYNCHED__PIECES_MAX - 1) / SYNCHED__PIECES_MAX;
  plan->piece_count = (plan->segment_count + plan->piece_segments - 1) / plan->piece_segments;
  for (unsigned f = 0; status == 0 && f < count; f++) {
    if ((options->leaves_out >> f & 1) != 0)
      continue;
    struct synched__plan_field *field = &plan->fields[plan->field_count++];
    field->index = f;
    status = init_field(field, &memories[f]->layout,
                        f < options->dtype_count ? options->dtypes[f] : NULL);
  }
  plan_folds(plan, job->work.fields);
  return status;
}

/* --- pieces --- */

struct synched__pieces synched__plan_touched(const struct synched__plan *plan,
                                             struct synched_segments segments) {
  const size_t end = segments.first + segments.count;
  if (segments.count == 0)
    return (struct synched__pieces){0, 0};
  return (struct synched__pieces){segments.first / plan->piece_segments,
                                  (end - 1) / plan->piece_segments + 1};
}

struct synched__pieces synched__plan_whole(const struct synched__plan *plan,
                                           struct synched_segments segments) {
  struct synched__pieces pieces = synched__plan_touched(plan, segments);
  const size_t end = segments.first + segments.count;
  if (pieces.first != pieces.behind && synched__plan_first(plan, pieces.first) != segments.first)
    pieces.first++;
  if (pieces.first != pieces.behind && synched__plan_behind(plan, pieces.behind - 1) != end)
    pieces.behind--;
  return pieces;
}

uint64_t synched__plan_offset(const struct synched__plan *plan, unsigned field, size_t segment) {
  const struct synched__layout *layout = plan->fields[field].layout;
  uint64_t elements = 0;
  for (size_t s = 0; s < segment; s++)
    elements += layout->capacities[s];
  return plan->fields[field].head_bytes + elements * layout->element_size;
}
