/*
 * arrays.c: jobs on arrays. It is made of public calls, so that what they refuse is refused in the
 * same words. A job owns what was made for it from the moment on at which nothing can be refused
 * any more.
 */
#include "api/arrays.h"

#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "job/options.h"
#include "memory/memory.h"

/* What a job on arrays is made of: copies of what the caller gives. */
struct recipe {
  struct synched_memory_options common;
  struct synched_job_options job;
  /* [job.field_count] */
  struct synched_array arrays[SYNCHED_FIELDS_MAX];
};

static int read_memory(struct recipe *recipe, const struct synched_memory_options *memory,
                       bool has_sizes) {
  const struct synched_memory_options *common = &recipe->common;
  const int status = synched__memory_copy_options(&recipe->common, memory);
  if (status != 0)
    return status;
  if (common->buffers != NULL || common->buffer_count != 0 || common->buffer_bytes != 0)
    return synched__fail(SYNCHED_EINVAL, "buffers are given; the arrays of a job are its buffers");
  if (has_sizes && common->element_size != 0)
    return synched__fail(SYNCHED_EINVAL,
                         "element_size is %zu, and arrays is given; each array has its own",
                         common->element_size);
  return 0;
}

static int read_job(struct recipe *recipe, const struct synched_job_options *options) {
  struct synched_job_options *job = &recipe->job;
  const int status = synched__job_copy_options(job, options);
  if (status != 0)
    return status;
  job->struct_size = (uint32_t)sizeof *job;
  if (job->fields != NULL)
    return synched__fail(SYNCHED_EINVAL, "fields is given; the arrays of a job are its fields");
  if (job->cluster != NULL)
    return synched__fail(SYNCHED_EINVAL, "cluster is given; a job of several ranks is made by "
                                         "synched_job_create");
  if (job->field_count > SYNCHED_FIELDS_MAX)
    return synched__fail(SYNCHED_ERANGE, "field_count is %u; at most %u", job->field_count,
                         SYNCHED_FIELDS_MAX);
  if (job->field_count == 0)
    job->field_count = 1;
  return 0;
}

static void read_arrays(struct recipe *recipe, const struct synched_array *arrays) {
  for (unsigned f = 0; f < recipe->job.field_count; f++)
    recipe->arrays[f] =
        arrays != NULL ? arrays[f] : (struct synched_array){NULL, recipe->common.element_size};
}

static void name_field(const struct recipe *recipe, unsigned field) {
  if (recipe->job.field_count > 1)
    synched__explain("field %u: %s", field, synched_error_message());
}

static int make_memory(struct synched_memory **out, const struct recipe *recipe, unsigned field) {
  struct synched_memory_options options = recipe->common;
  void *const elements = recipe->arrays[field].elements;
  struct synched_memory_needs needs = {0};
  int status = 0;
  options.struct_size = (uint32_t)sizeof options;
  options.element_size = recipe->arrays[field].element_size;
  if (elements != NULL) {
    status = synched_memory_needs(&options, &needs);
    options.buffers = &elements;
    options.buffer_count = 1;
    options.buffer_bytes = needs.bytes;
    options.flags |= SYNCHED_MEMORY_MORE_BUFFERS;
  }
  if (status == 0)
    status = synched_memory_create(out, &options);
  if (status != 0)
    name_field(recipe, field);
  return status;
}

/* Two fields that are changed at the same time must not be the same. */
static int check_overlap(const struct recipe *recipe, struct synched_memory *const *memories,
                         unsigned field) {
  const uintptr_t first = (uintptr_t)recipe->arrays[field].elements;
  for (unsigned f = 0; first != 0 && f < field; f++) {
    const uintptr_t other = (uintptr_t)recipe->arrays[f].elements;
    if (other != 0 && first < other + memories[f]->layout.data_bytes &&
        other < first + memories[field]->layout.data_bytes)
      return synched__fail(SYNCHED_EINVAL,
                           "arrays[%u] and arrays[%u] overlap; each field has its own", f, field);
  }
  return 0;
}

static int make_memories(struct synched_memory **memories, const struct recipe *recipe) {
  int status = 0;
  for (unsigned f = 0; status == 0 && f < recipe->job.field_count; f++) {
    status = make_memory(&memories[f], recipe, f);
    if (status == 0)
      status = check_overlap(recipe, memories, f);
  }
  return status;
}

static int make_job(struct synched_job **out, struct synched_pool *pool, struct recipe *recipe) {
  struct synched_memory *memories[SYNCHED_FIELDS_MAX] = {NULL};
  struct synched_job_options *options = &recipe->job;
  int status = make_memories(memories, recipe);
  if (status == 0) {
    options->fields = options->field_count > 1 ? &memories[1] : NULL;
    status = synched_job_create(out, pool, memories[0], options);
  }
  if (status != 0) {
    for (unsigned f = 0; f < SYNCHED_FIELDS_MAX; f++)
      (void)synched_memory_destroy(memories[f]); /* nobody else has heard of it */
    return status;
  }
  memcpy((*out)->setup.own, memories, sizeof memories);
  (*out)->setup.own_count = options->field_count;
  return 0;
}

int synched_job_create_on_arrays(struct synched_job **out, struct synched_pool *pool,
                                 const struct synched_memory_options *memory,
                                 const struct synched_array *arrays,
                                 const struct synched_job_options *options) {
  struct recipe recipe;
  if (out == NULL)
    return synched__fail(SYNCHED_EINVAL, "the job to create is NULL");
  *out = NULL;
  int status = read_memory(&recipe, memory, arrays != NULL);
  if (status == 0)
    status = read_job(&recipe, options);
  if (status != 0)
    return status;
  read_arrays(&recipe, arrays);
  return make_job(out, pool, &recipe);
}

void synched__arrays_bring_home(const struct synched_job *job, const struct synched_array *arrays) {
  const struct synched__buffer *current = job->work.memory->pair.current;
  for (unsigned f = 0; arrays != NULL && f < job->setup.own_count; f++) {
    const struct synched_memory *memory = job->setup.own[f];
    if (!memory->in_place && arrays[f].elements != NULL &&
        arrays[f].elements != current->blocks[f]->data)
      memcpy(arrays[f].elements, current->blocks[f]->data, memory->layout.data_bytes);
  }
}
