/*
 * memory.c: creating, loading and ending a memory. Publishing is in snapshot.c.
 */
#include "memory/memory.h"

#include <string.h>

#include "base/error.h"
#include "base/options.h"
#include "platform/alloc.h"
#include "platform/process.h"

static int read_options(struct synched_memory_options *read,
                        const struct synched_memory_options *options) {
  static const struct synched__options_spec spec = {"synched_memory_options",
                                                    sizeof(struct synched_memory_options),
                                                    sizeof(struct synched_memory_options)};
  if (options == NULL)
    return synched__fail(SYNCHED_EINVAL, "the options are NULL; a memory needs its sizes");
  int status = synched__options_read(read, options, &spec);
  if (status != 0)
    return status;
  if ((read->flags & ~SYNCHED_MEMORY_HUGE_PAGES) != 0)
    return synched__fail(SYNCHED_EINVAL, "flags is %#x; a memory knows only HUGE_PAGES (%#x)",
                         (unsigned)read->flags, SYNCHED_MEMORY_HUGE_PAGES);
  status = synched__check_enum("layout", (unsigned)read->layout, SYNCHED_LAYOUT_PADDED);
  if (status == 0)
    status = synched__check_enum("refill", (unsigned)read->refill, SYNCHED_REFILL_NONE);
  if (status != 0)
    return status;
  if (read->lease_count > SYNCHED_LEASES_MAX)
    return synched__fail(SYNCHED_ERANGE, "lease_count is %u; at most %u", read->lease_count,
                         SYNCHED_LEASES_MAX);
  return 0;
}

static int init_buffer(struct synched__buffer *buffer, struct synched_memory *memory) {
  const struct synched__layout *layout = &memory->layout;
  buffer->memory = memory;
  buffer->counts = synched__alloc_lines(layout->segment_count, sizeof *buffer->counts);
  buffer->data =
      memory->huge_pages ? synched__map_huge(layout->data_bytes) : synched__map(layout->data_bytes);
  buffer->placed = layout->data_bytes < SYNCHED__PLACED_BYTES;
  if (buffer->counts == NULL || buffer->data == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for %u buffers of %zu bytes",
                         memory->buffer_count, layout->data_bytes);
  memcpy(buffer->counts, layout->capacities, layout->segment_count * sizeof *buffer->counts);
  buffer->snapshot =
      (struct synched_snapshot){.data = buffer->data,
                                .element_count = layout->offsets[layout->segment_count],
                                .element_size = layout->element_size,
                                .segment_count = layout->segment_count,
                                .offsets = layout->offsets,
                                .counts = buffer->counts};
  return 0;
}

static void deinit_buffers(struct synched_memory *memory) {
  for (unsigned b = 0; memory->buffers != NULL && b < memory->buffer_count; b++) {
    synched__unmap(memory->buffers[b].data, memory->layout.data_bytes);
    synched__free(memory->buffers[b].counts);
  }
  synched__free(memory->buffers);
}

static int init_buffers(struct synched_memory *memory) {
  int status = 0;
  memory->buffers = synched__alloc_lines(memory->buffer_count, sizeof *memory->buffers);
  if (memory->buffers == NULL)
    status = synched__fail(SYNCHED_ENOMEM, "no memory for %u buffers", memory->buffer_count);
  for (unsigned b = 0; status == 0 && b < memory->buffer_count; b++)
    status = init_buffer(&memory->buffers[b], memory);
  if (status != 0) {
    deinit_buffers(memory);
    return status;
  }
  memory->pair = (struct synched__buffer_pair){.current = &memory->buffers[0],
                                               .sequence = SYNCHED__SEQUENCE_STEP};
  synched__store_relaxed(&memory->buffers[0].sequence, SYNCHED__SEQUENCE_STEP);
  (void)synched__memory_take_next(memory, &memory->pair);
  return 0;
}

static int init_memory(struct synched_memory *memory,
                       const struct synched_memory_options *options) {
  memory->refill = options->refill;
  memory->huge_pages = (options->flags & SYNCHED_MEMORY_HUGE_PAGES) != 0;
  memory->generation = synched__process_count_forks();
  memory->buffer_count = 2 + options->lease_count;
  int status = synched__layout_init(&memory->layout, options);
  if (status != 0)
    return status;
  status = synched__mutex_init(&memory->mutex);
  if (status != 0)
    goto no_mutex;
  status = init_buffers(memory);
  if (status != 0)
    goto no_buffers;
  return 0;
no_buffers:
  synched__mutex_deinit(&memory->mutex);
no_mutex:
  synched__layout_deinit(&memory->layout);
  return status;
}

int synched_memory_create(struct synched_memory **out,
                          const struct synched_memory_options *options) {
  if (out == NULL)
    return synched__fail(SYNCHED_EINVAL, "the memory to create is NULL");
  *out = NULL;
  struct synched_memory_options read;
  int status = read_options(&read, options);
  if (status != 0)
    return status;
  struct synched_memory *memory = synched__alloc_lines(1, sizeof *memory);
  if (memory == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for a memory");
  status = init_memory(memory, &read);
  if (status != 0) {
    synched__free(memory);
    return status;
  }
  *out = memory;
  return 0;
}

static int check_unused(struct synched_memory *memory) {
  synched__mutex_lock(&memory->mutex);
  enum synched__owner owner = memory->owner;
  synched__mutex_unlock(&memory->mutex);
  if (owner == SYNCHED__OWNER_JOB)
    return synched__fail(SYNCHED_EBUSY, "a job was created with the memory; destroy that first");
  if (owner == SYNCHED__OWNER_WRITERS)
    return synched__fail(SYNCHED_EBUSY, "the memory has open writers; close them first");
  uint64_t retained = synched__load_acquire(&memory->retained); /* [memory-left] acquire */
  if (retained != 0)
    return synched__fail(SYNCHED_EBUSY, "snapshots of the memory are still retained: %llu",
                         (unsigned long long)retained);
  return 0;
}

int synched_memory_destroy(struct synched_memory *memory) {
  if (memory == NULL)
    return 0;
  if (synched__is_foreign(memory->generation))
    return synched__process_refuse("memory");
  int status = check_unused(memory);
  if (status != 0)
    return status;
  synched__writers_destroy(memory->writers);
  deinit_buffers(memory);
  synched__mutex_deinit(&memory->mutex);
  synched__layout_deinit(&memory->layout);
  synched__free(memory);
  return 0;
}

/* With the mutex held, so that neither a job's start nor a writer comes in between. */
static int load_locked(struct synched_memory *memory, size_t segment, const void *elements,
                       size_t count) {
  const struct synched__layout *layout = &memory->layout;
  const bool runs = synched__load_acquire(&memory->running) != 0; /* [memory-idle] acquire */
  if (runs || memory->owner == SYNCHED__OWNER_WRITERS)
    return synched__fail(SYNCHED_EBUSY, "the memory has %s",
                         runs ? "a running job" : "open writers");
  struct synched__buffer *buffer = memory->pair.current;
  uint32_t refs = 0;
  /* [reader-left] acquire */
  if (!synched__cas_acquire(&buffer->refs, &refs, SYNCHED__BUFFER_WRITING))
    return synched__fail(SYNCHED_EBUSY,
                         "the current snapshot is retained %u time%s; release it first",
                         (unsigned)refs, refs == 1 ? "" : "s");
  unsigned char *start = buffer->data + layout->offsets[segment] * layout->element_size;
  size_t bytes = count * layout->element_size;
  if (bytes != 0)
    memcpy(start, elements, bytes);
  memset(start + bytes, 0, layout->capacities[segment] * layout->element_size - bytes);
  buffer->counts[segment] = count;
  synched__store_release(&buffer->refs, 0); /* [buffer-written] release */
  return 0;
}

int synched_memory_load(struct synched_memory *memory, size_t segment, const void *elements,
                        size_t count) {
  if (memory == NULL)
    return synched__fail(SYNCHED_EINVAL, "the memory is NULL");
  if (synched__is_foreign(memory->generation))
    return synched__process_refuse("memory");
  if (segment >= memory->layout.segment_count)
    return synched__fail(SYNCHED_ERANGE, "segment is %zu; the memory has %zu", segment,
                         memory->layout.segment_count);
  if (count > memory->layout.capacities[segment])
    return synched__fail(SYNCHED_ERANGE, "count is %zu; segment %zu has room for %zu elements",
                         count, segment, memory->layout.capacities[segment]);
  if (elements == NULL && count != 0)
    return synched__fail(SYNCHED_EINVAL, "elements is NULL and count is %zu", count);
  synched__mutex_lock(&memory->mutex);
  int status = load_locked(memory, segment, elements, count);
  synched__mutex_unlock(&memory->mutex);
  return status;
}

int synched__memory_claim(struct synched_memory *memory) {
  int status = 0;
  if (synched__is_foreign(memory->generation))
    return synched__process_refuse("memory");
  synched__mutex_lock(&memory->mutex);
  if (memory->owner == SYNCHED__OWNER_NONE)
    memory->owner = SYNCHED__OWNER_JOB;
  else if (memory->owner == SYNCHED__OWNER_JOB)
    status = synched__fail(SYNCHED_EBUSY, "the memory has a job already");
  else
    status = synched__fail(SYNCHED_EBUSY, "the memory has open writers");
  synched__mutex_unlock(&memory->mutex);
  return status;
}

void synched__memory_unclaim(struct synched_memory *memory) {
  synched__mutex_lock(&memory->mutex);
  memory->owner = SYNCHED__OWNER_NONE;
  synched__mutex_unlock(&memory->mutex);
}
