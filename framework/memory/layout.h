/*
 * layout.h: where the segments of a memory lie.
 */
#ifndef SYNCHED_MEMORY_LAYOUT_H
#define SYNCHED_MEMORY_LAYOUT_H

#include <stddef.h>

#include <synched/memory.h>

/* Immutable after creation. */
struct synched__layout {
  size_t segment_count;
  size_t element_size;
  /* [segment_count + 1], in elements; the last is the extent */
  size_t *offsets;
  /* [segment_count], in elements */
  size_t *capacities;
  /* extent * element_size */
  size_t data_bytes;
};

/* Checks every size and fills the layout. Statuses as synched_memory_create; after one, nothing is
 * left. */
int synched__layout_init(struct synched__layout *layout,
                         const struct synched_memory_options *options);
void synched__layout_deinit(struct synched__layout *layout);

#endif
