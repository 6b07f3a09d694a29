/*
 * layout.c: sizes, checked once, so that nothing later has to.
 *
 * In the padded layout a segment starts on a cache line of its own. Offsets are in elements, so a
 * start must be a multiple of the element size, too. So the step is line / gcd(line, element_size)
 * elements: for instance 128 elements of 3 bytes (384 bytes, three lines), or 1 element of 4096
 * bytes.
 */
#include "memory/layout.h"

#include <stdint.h>

#include "base/error.h"
#include "platform/alloc.h"
#include "platform/atomic.h"

/* A quarter of the address space: sums of a few of them, and pointer differences, stay in range. */
#define BYTES_MAX (SIZE_MAX / 4)

static size_t padding_step(size_t element_size) {
  size_t divisor = SYNCHED__CACHE_LINE;
  while (element_size % divisor != 0)
    divisor /= 2;
  return SYNCHED__CACHE_LINE / divisor;
}

static int check_dealt(const struct synched_memory_options *options) {
  if (options->segment_capacity == 0 && options->segment_capacities == NULL)
    return 0;
  return synched__fail(SYNCHED_EINVAL, "element_count is %zu and %s is given, too; only one may be",
                       options->element_count,
                       options->segment_capacity != 0 ? "segment_capacity" : "segment_capacities");
}

static int check_options(const struct synched_memory_options *options) {
  if (options->segment_count == 0)
    return synched__fail(SYNCHED_EINVAL, "segment_count is 0; a memory needs at least one segment");
  if (options->segment_count > SYNCHED_SEGMENTS_MAX)
    return synched__fail(SYNCHED_ERANGE, "segment_count is %zu; at most %u", options->segment_count,
                         SYNCHED_SEGMENTS_MAX);
  if (options->element_size == 0)
    return synched__fail(SYNCHED_EINVAL, "element_size is 0; it is the bytes of one element");
  if (options->element_count != 0)
    return check_dealt(options);
  if (options->segment_capacity == 0 && options->segment_capacities == NULL)
    return synched__fail(SYNCHED_EINVAL,
                         "segment_capacity is 0 and segment_capacities is NULL; one must be given");
  if (options->segment_capacity != 0 && options->segment_capacities != NULL)
    return synched__fail(
        SYNCHED_EINVAL,
        "segment_capacity is %zu and segment_capacities is given, too; only one may be",
        options->segment_capacity);
  return 0;
}

static int overflow(size_t segment, size_t capacity, size_t element_size) {
  return synched__fail(SYNCHED_EOVERFLOW,
                       "segments 0 to %zu, the last of which has %zu elements, of %zu bytes each, "
                       "need more than %zu bytes, which is the most",
                       segment, capacity, element_size, BYTES_MAX);
}

static size_t capacity_of(const struct synched_memory_options *options, size_t segment) {
  const size_t count = options->segment_count;
  if (options->element_count != 0)
    return options->element_count / count + (segment < options->element_count % count);
  return options->segment_capacities != NULL ? options->segment_capacities[segment]
                                             : options->segment_capacity;
}

/* Fills offsets and capacities. */
static int place_segments(struct synched__layout *layout,
                          const struct synched_memory_options *options) {
  const size_t elements_max = BYTES_MAX / options->element_size;
  const size_t step =
      options->layout == SYNCHED_LAYOUT_PADDED ? padding_step(options->element_size) : 1;
  size_t offset = 0;
  size_t last_end = 0;
  for (size_t s = 0; s < layout->segment_count; s++) {
    const size_t capacity = capacity_of(options, s);
    if (capacity > elements_max || offset > elements_max - capacity)
      return overflow(s, capacity, options->element_size);
    layout->offsets[s] = offset;
    layout->capacities[s] = capacity;
    last_end = offset + capacity;
    size_t past_step = last_end % step;
    offset = past_step == 0 ? last_end : last_end + (step - past_step);
    if (offset > elements_max)
      return overflow(s, capacity, options->element_size);
  }
  if (last_end == 0)
    return synched__fail(SYNCHED_EINVAL, "all %zu entries of segment_capacities are 0",
                         layout->segment_count);
  layout->offsets[layout->segment_count] = offset;
  layout->data_bytes = offset * options->element_size;
  return 0;
}

int synched__layout_init(struct synched__layout *layout,
                         const struct synched_memory_options *options) {
  int status = check_options(options);
  if (status != 0)
    return status;
  const size_t count = options->segment_count;
  *layout = (struct synched__layout){.segment_count = count, .element_size = options->element_size};
  layout->offsets = synched__alloc(count + 1, sizeof *layout->offsets);
  layout->capacities = synched__alloc(count, sizeof *layout->capacities);
  status = layout->offsets == NULL || layout->capacities == NULL
               ? synched__fail(SYNCHED_ENOMEM, "no memory for the layout of %zu segments", count)
               : place_segments(layout, options);
  if (status != 0)
    synched__layout_deinit(layout);
  return status;
}

void synched__layout_deinit(struct synched__layout *layout) {
  synched__free(layout->capacities);
  synched__free(layout->offsets);
  *layout = (struct synched__layout){0};
}
