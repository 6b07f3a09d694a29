/*
 * memory.c: creating, loading and ending a memory. Publishing is in snapshot.c.
 */
#include "memory/memory.h"

#include <string.h>

#include "base/error.h"
#include "base/options.h"
#include "platform/alloc.h"
#include "platform/process.h"

static int check_flags(const struct synched_memory_options *options) {
  const bool in_place = (options->flags & SYNCHED_MEMORY_IN_PLACE) != 0;
  if (in_place && options->refill != SYNCHED_REFILL_ZERO)
    return synched__fail(SYNCHED_EINVAL,
                         "refill is %d, and the memory is changed in place: out "
                         "holds what the segment holds",
                         (int)options->refill);
  if (!synched__blocks_may_grow(options) && (options->flags & SYNCHED_MEMORY_HUGE_PAGES) != 0)
    return synched__fail(SYNCHED_EINVAL, "HUGE_PAGES is for buffers of the library's own, and "
                                         "buffers is given");
  return 0;
}

int synched__memory_copy_options(struct synched_memory_options *read,
                                 const struct synched_memory_options *options) {
  static const struct synched__options_spec spec = {
      "synched_memory_options", sizeof(struct synched_memory_options),
      offsetof(struct synched_memory_options, buffers)};
  if (options == NULL)
    return synched__fail(SYNCHED_EINVAL, "the options are NULL; a memory needs its sizes");
  return synched__options_read(read, options, &spec);
}

/* All but sizes and buffers, which are checked where they are used. */
static int check_options(const struct synched_memory_options *options) {
  const uint32_t pages = SYNCHED_MEMORY_HUGE_PAGES | SYNCHED_MEMORY_SMALL_PAGES;
  if ((options->flags & ~(pages | SYNCHED_MEMORY_IN_PLACE | SYNCHED_MEMORY_MORE_BUFFERS)) != 0)
    return synched__fail(SYNCHED_EINVAL,
                         "flags is %#x; a memory knows HUGE_PAGES (%#x), SMALL_PAGES (%#x), "
                         "IN_PLACE (%#x) and MORE_BUFFERS (%#x)",
                         (unsigned)options->flags, SYNCHED_MEMORY_HUGE_PAGES,
                         SYNCHED_MEMORY_SMALL_PAGES, SYNCHED_MEMORY_IN_PLACE,
                         SYNCHED_MEMORY_MORE_BUFFERS);
  if ((options->flags & pages) == pages)
    return synched__fail(SYNCHED_EINVAL, "HUGE_PAGES and SMALL_PAGES are given; only one may be");
  int status = synched__check_enum("layout", (unsigned)options->layout, SYNCHED_LAYOUT_PADDED);
  if (status == 0)
    status = synched__check_enum("refill", (unsigned)options->refill, SYNCHED_REFILL_NONE);
  if (status != 0)
    return status;
  if (options->lease_count > SYNCHED_LEASES_MAX)
    return synched__fail(SYNCHED_ERANGE, "lease_count is %u; at most %u", options->lease_count,
                         SYNCHED_LEASES_MAX);
  return check_flags(options);
}

/* How many blocks the memory has before it has a job. */
static unsigned blocks_needed(const struct synched_memory_options *options) {
  return (options->flags & SYNCHED_MEMORY_IN_PLACE) != 0 ? 1 : 2 + options->lease_count;
}

void synched__buffer_map(struct synched__buffer *buffer, unsigned field,
                         struct synched__block *block) {
  struct synched_snapshot *view = buffer->views[field];
  buffer->blocks[field] = block;
  view->data = block == NULL ? NULL : block->data;
  view->counts = block == NULL ? NULL : block->counts;
}

static void init_buffer(struct synched__buffer *buffer, struct synched_memory *memory,
                        struct synched__block *block) {
  const struct synched__layout *layout = &memory->layout;
  buffer->memory = memory;
  buffer->own_view = &buffer->snapshot;
  buffer->views = &buffer->own_view;
  buffer->blocks = &buffer->block;
  buffer->snapshot =
      (struct synched_snapshot){.element_count = layout->offsets[layout->segment_count],
                                .element_size = layout->element_size,
                                .segment_count = layout->segment_count,
                                .offsets = layout->offsets,
                                .capacities = layout->capacities,
                                .fields = (const struct synched_snapshot *const *)buffer->views,
                                .field_count = 1};
  synched__buffer_map(buffer, 0, block);
}

static int init_buffers(struct synched_memory *memory) {
  memory->buffers = synched__alloc_lines(memory->buffer_count, sizeof *memory->buffers);
  if (memory->buffers == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for %u buffers", memory->buffer_count);
  for (unsigned b = 0; b < memory->buffer_count; b++)
    init_buffer(&memory->buffers[b], memory, memory->in_place ? NULL : memory->blocks.all[b]);
  memory->pair = (struct synched__buffer_pair){.current = &memory->buffers[0],
                                               .sequence = SYNCHED__SEQUENCE_STEP};
  synched__store_relaxed(&memory->buffers[0].sequence, SYNCHED__SEQUENCE_STEP);
  (void)synched__memory_take_next(memory, &memory->pair);
  return 0;
}

static bool wants_huge_pages(const struct synched__layout *layout,
                             const struct synched_memory_options *options) {
  if ((options->flags & (SYNCHED_MEMORY_HUGE_PAGES | SYNCHED_MEMORY_SMALL_PAGES)) != 0)
    return (options->flags & SYNCHED_MEMORY_HUGE_PAGES) != 0;
  return layout->data_bytes >= SYNCHED_HUGE_PAGES_FROM;
}

/* Of a memory with a layout. */
static int init_blocks(struct synched_memory *memory,
                       const struct synched_memory_options *options) {
  const unsigned count = blocks_needed(options);
  int status = synched__blocks_check(&memory->layout, options, count);
  if (status != 0)
    return status;
  memory->blocks.huge_pages = wants_huge_pages(&memory->layout, options);
  memory->blocks.is_fixed = !synched__blocks_may_grow(options);
  if (options->buffers != NULL)
    status = synched__blocks_adopt(&memory->blocks, &memory->layout, options);
  if (status == 0)
    status = synched__blocks_grow(&memory->blocks, &memory->layout, count);
  if (status != 0)
    synched__blocks_deinit(&memory->blocks, &memory->layout);
  return status;
}

static int init_memory(struct synched_memory *memory,
                       const struct synched_memory_options *options) {
  memory->refill = options->refill;
  memory->in_place = (options->flags & SYNCHED_MEMORY_IN_PLACE) != 0;
  memory->generation = synched__process_count_forks();
  memory->buffer_count = 2 + options->lease_count;
  synched__store_relaxed(&memory->lead, memory);
  int status = synched__layout_init(&memory->layout, options);
  if (status != 0)
    return status;
  status = synched__mutex_init(&memory->mutex);
  if (status != 0)
    goto no_mutex;
  status = init_blocks(memory, options);
  if (status != 0)
    goto no_blocks;
  status = init_buffers(memory);
  if (status != 0)
    goto no_buffers;
  return 0;
no_buffers:
  synched__blocks_deinit(&memory->blocks, &memory->layout);
no_blocks:
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
  int status = synched__memory_copy_options(&read, options);
  if (status == 0)
    status = check_options(&read);
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

int synched_memory_needs(const struct synched_memory_options *options,
                         struct synched_memory_needs *out) {
  if (out == NULL)
    return synched__fail(SYNCHED_EINVAL, "the needs to fill in are NULL");
  *out = (struct synched_memory_needs){0};
  struct synched_memory_options read;
  struct synched__layout layout;
  int status = synched__memory_copy_options(&read, options);
  read.buffers = NULL;
  if (status == 0)
    status = check_options(&read);
  if (status == 0)
    status = synched__layout_init(&layout, &read);
  if (status != 0)
    return status;
  *out = (struct synched_memory_needs){.bytes = layout.data_bytes,
                                       .alignment = synched__blocks_alignment(&read),
                                       .buffer_count = blocks_needed(&read)};
  synched__layout_deinit(&layout);
  return 0;
}

void *synched_memory_elements(const struct synched_memory *memory) {
  return memory == NULL || !memory->in_place ? NULL : memory->blocks.all[0]->data;
}

uint64_t synched__memory_retained_count(const struct synched_memory *memory) {
  return synched__load_acquire(&memory->retained); /* [memory-left] acquire */
}

static int check_unused(struct synched_memory *memory) {
  synched__mutex_lock(&memory->mutex);
  enum synched__owner owner = memory->owner;
  synched__mutex_unlock(&memory->mutex);
  if (owner == SYNCHED__OWNER_JOB)
    return synched__fail(SYNCHED_EBUSY, "a job was created with the memory; destroy that first");
  if (owner == SYNCHED__OWNER_WRITERS)
    return synched__fail(SYNCHED_EBUSY, "the memory has open writers; close them first");
  const uint64_t retained = synched__memory_retained_count(memory);
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
  synched__free(memory->buffers);
  synched__blocks_deinit(&memory->blocks, &memory->layout);
  synched__mutex_deinit(&memory->mutex);
  synched__layout_deinit(&memory->layout);
  synched__free(memory);
  return 0;
}

/* A block can be that of several rounds, where no stage has written the field in between. Returns a
 * buffer beside the current one that readers hold and that has this block, too; NULL: there is
 * none. */
static const struct synched__buffer *holder_of(const struct synched_memory *lead, unsigned field,
                                               const struct synched__block *block) {
  for (unsigned b = 0; b < lead->buffer_count; b++) {
    const struct synched__buffer *buffer = &lead->buffers[b];
    const uint32_t refs = synched__load_relaxed(&buffer->refs);
    if (buffer != lead->pair.current && buffer->blocks[field] == block && refs != 0 &&
        (refs & SYNCHED__BUFFER_WRITING) == 0)
      return buffer;
  }
  return NULL;
}

/* With the mutex held, so that neither a job's start nor a writer comes in between. */
static int load_locked(struct synched_memory *memory, size_t segment, const void *elements,
                       size_t count) {
  const struct synched__layout *layout = &memory->layout;
  const bool runs = synched__load_acquire(&memory->running) != 0; /* [memory-idle] acquire */
  if (runs || memory->owner == SYNCHED__OWNER_WRITERS)
    return synched__fail(SYNCHED_EBUSY, "the memory has %s",
                         runs ? "a running job" : "open writers");
  const struct synched_memory *lead = synched__load_relaxed(&memory->lead);
  struct synched__buffer *buffer = lead->pair.current;
  const struct synched__block *block =
      memory->in_place ? memory->blocks.all[0] : buffer->blocks[memory->field];
  const struct synched__buffer *holder = holder_of(lead, memory->field, block);
  if (holder != NULL)
    return synched__fail(SYNCHED_EBUSY,
                         "the snapshot of round %llu is retained, and has the same elements of the "
                         "memory as the current one; release it first",
                         (unsigned long long)holder->snapshot.round);
  uint32_t refs = 0;
  /* [reader-left] acquire */
  if (!synched__cas_acquire(&buffer->refs, &refs, SYNCHED__BUFFER_WRITING))
    return synched__fail(SYNCHED_EBUSY,
                         "the current snapshot is retained %u time%s; release it first",
                         (unsigned)refs, refs == 1 ? "" : "s");
  unsigned char *start = block->data + layout->offsets[segment] * layout->element_size;
  size_t bytes = count * layout->element_size;
  if (bytes != 0)
    memcpy(start, elements, bytes);
  memset(start + bytes, 0, layout->capacities[segment] * layout->element_size - bytes);
  block->counts[segment] = count;
  memory->load_count++;
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
