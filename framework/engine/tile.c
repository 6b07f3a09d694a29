/*
 * tile.c: see tile.h.
 */
#include "engine/tile.h"

#include "base/error.h"
#include "platform/alloc.h"

static bool make_arrays(struct synched__tile *tile) {
  const size_t segment_count = tile->neighbours.segment_count;
  tile->steps = synched__alloc_lines(segment_count, sizeof *tile->steps);
  tile->owners = synched__alloc_lines(segment_count, sizeof *tile->owners);
  tile->segments = synched__alloc_lines(segment_count, sizeof *tile->segments);
  return tile->steps != NULL && tile->owners != NULL && tile->segments != NULL;
}

static bool make_sleepers(struct synched__tile *tile, unsigned worker_count) {
  tile->sleepers = synched__alloc_lines(worker_count, sizeof *tile->sleepers);
  if (tile->sleepers == NULL)
    return false;
  while (tile->worker_count < worker_count &&
         synched__parker_init(&tile->sleepers[tile->worker_count].parker) == 0)
    tile->worker_count++;
  return tile->worker_count == worker_count;
}

int synched__tile_create(struct synched__tile **out, const struct synched__reads *const *stages,
                         unsigned stage_count, unsigned round_most, unsigned worker_count) {
  struct synched__tile *tile = synched__alloc_lines(1, sizeof *tile);
  *out = tile;
  if (tile != NULL) {
    tile->stage_count = stage_count;
    tile->round_most = round_most;
    if (synched__reads_join(&tile->neighbours, stages, stage_count) && make_arrays(tile) &&
        make_sleepers(tile, worker_count))
      return 0;
  }
  synched__tile_destroy(tile);
  *out = NULL;
  return synched__fail(SYNCHED_ENOMEM,
                       "no memory for %u rounds between two barriers, of %zu "
                       "segments",
                       round_most, stages[0]->segment_count);
}

void synched__tile_destroy(struct synched__tile *tile) {
  if (tile == NULL)
    return;
  for (unsigned w = 0; w < tile->worker_count; w++)
    synched__parker_deinit(&tile->sleepers[w].parker);
  synched__versions_destroy(tile->versions);
  synched__reads_deinit(&tile->neighbours);
  synched__free(tile->sleepers);
  synched__free(tile->segments);
  synched__free(tile->owners);
  synched__free(tile->steps);
  synched__free(tile);
}

void synched__tile_open(struct synched__tile *tile, uint64_t first, unsigned round_count) {
  tile->first = first;
  tile->step_count = round_count * tile->stage_count;
  tile->serial++;
}

void synched__tile_close(struct synched__tile *tile) {
  tile->base += tile->step_count * SYNCHED__STEP;
  tile->step_count = 0;
}
