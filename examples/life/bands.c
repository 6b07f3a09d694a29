#include "bands.h"

#include <stdlib.h>
#include <string.h>

int life_bands_create(struct synched_memory **out, const struct life_grid *grid,
                      unsigned lease_count) {
  size_t *const capacities = malloc(grid->band_count * sizeof *capacities);
  *out = NULL;
  if (!capacities)
    return SYNCHED_ENOMEM;
  for (size_t band = 0; band < grid->band_count; band++)
    capacities[band] = life_grid_band_words(grid, band);
  const int status = synched_memory_create(
      out,
      SYNCHED_MEMORY_OPTIONS(.segment_count = grid->band_count, .segment_capacities = capacities,
                             .element_size = sizeof(uint64_t), .refill = SYNCHED_REFILL_NONE,
                             .lease_count = lease_count));
  free(capacities);
  return status;
}

struct life_view life_bands_view(const struct life_grid *grid,
                                 const struct synched_snapshot *snapshot) {
  return (struct life_view){grid, snapshot->data, snapshot->counts};
}

struct life_step life_bands_step(const struct life_grid *grid, const struct life_kernel *kernel,
                                 struct synched_task *task) {
  const struct life_view previous = life_bands_view(grid, task->previous);
  const struct life_step step = life_kernel_step(kernel, &previous, task->segment, task->out);
  task->count = step.alive ? task->capacity : 0;
  return step;
}

bool life_bands_is_same(const struct synched_task *task) {
  const struct synched_snapshot *const previous = task->previous;
  return task->count == previous->counts[task->segment] &&
         (task->count == 0 || memcmp(task->out, synched_snapshot_segment(previous, task->segment),
                                     task->count * previous->element_size) == 0);
}

int life_bands_load(struct synched_memory *memory, const struct life_grid *grid,
                    life_bands_draw_fn draw, const void *user) {
  /* The first band is as large as any. */
  uint64_t *const words = malloc(life_grid_band_words(grid, 0) * sizeof *words);
  int status = words ? 0 : SYNCHED_ENOMEM;
  for (size_t band = 0; status == 0 && band < grid->band_count; band++) {
    const size_t count = draw(user, band, words) ? life_grid_band_words(grid, band) : 0;
    status = synched_memory_load(memory, band, count > 0 ? words : NULL, count);
  }
  free(words);
  return status;
}
