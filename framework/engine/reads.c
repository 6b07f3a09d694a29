/*
 * reads.c: see reads.h.
 */
#include "engine/reads.h"

#include <string.h>

#include "base/error.h"
#include "platform/alloc.h"

/* More than that no program of 32 bits can list. */
#define ENTRIES_MAX (UINT64_C(1) << 32)

/* --- what is declared --- */

static int check_list(const struct synched_reads *given, size_t segment_count, const char *where) {
  const size_t *offsets = given->offsets;
  if (offsets == NULL)
    return synched__fail(SYNCHED_EINVAL, "%sreads is a list without offsets", where);
  if (offsets[0] != 0)
    return synched__fail(SYNCHED_EINVAL, "%sthe offsets of reads begin with %zu, not 0", where,
                         offsets[0]);
  for (size_t s = 0; s < segment_count; s++)
    if (offsets[s + 1] < offsets[s])
      return synched__fail(SYNCHED_EINVAL,
                           "%sthe offsets of reads descend behind segment %zu, from %zu to %zu",
                           where, s, offsets[s], offsets[s + 1]);
  const size_t entry_count = offsets[segment_count];
#if SIZE_MAX > UINT32_MAX
  if (entry_count > ENTRIES_MAX)
    return synched__fail(SYNCHED_ERANGE, "%sreads lists %zu segments; at most 2^32", where,
                         entry_count);
#endif
  if (entry_count != 0 && given->segments == NULL)
    return synched__fail(SYNCHED_EINVAL, "%sreads is a list of %zu segments, and segments is NULL",
                         where, entry_count);
  for (size_t s = 0; s < segment_count; s++)
    for (size_t i = offsets[s]; i < offsets[s + 1]; i++)
      if (given->segments[i] >= segment_count)
        return synched__fail(SYNCHED_ERANGE,
                             "%sby entry %zu of reads, segment %zu reads segment %zu; there are "
                             "%zu",
                             where, i, s, given->segments[i], segment_count);
  return 0;
}

int synched__reads_check(const struct synched_reads *given, size_t segment_count,
                         const char *where) {
  if ((unsigned)given->reach > SYNCHED_REACH_LIST)
    return synched__fail(SYNCHED_EINVAL, "%sthe reach of reads is %u; at most %d", where,
                         (unsigned)given->reach, SYNCHED_REACH_LIST);
  if (given->reach != SYNCHED_REACH_NEAR && (given->radius != 0 || given->wraps != 0))
    return synched__fail(SYNCHED_EINVAL, "%sreads has a radius or wraps, and is not NEAR", where);
  if (given->reach != SYNCHED_REACH_LIST && (given->offsets != NULL || given->segments != NULL))
    return synched__fail(SYNCHED_EINVAL, "%sreads has offsets or segments, and is not a LIST",
                         where);
  if (given->reach != SYNCHED_REACH_NEAR && given->reach != SYNCHED_REACH_LIST &&
      (given->first != 0 || given->last != 0))
    return synched__fail(SYNCHED_EINVAL,
                         "%sreads has first or last elements, and is neither NEAR nor a LIST",
                         where);
  return given->reach == SYNCHED_REACH_LIST ? check_list(given, segment_count, where) : 0;
}

/* --- lists --- */

/* Room for so many entries. */
static bool make_list(struct synched__reads *reads, size_t segment_count, size_t entry_count) {
  *reads = (struct synched__reads){.segment_count = segment_count, .reach = SYNCHED_REACH_LIST};
  reads->offsets = synched__alloc(segment_count + 1, sizeof *reads->offsets);
  reads->segments = synched__alloc(entry_count == 0 ? 1 : entry_count, sizeof *reads->segments);
  if (reads->offsets != NULL && reads->segments != NULL)
    return true;
  synched__reads_deinit(reads);
  return false;
}

/* Whom each segment is read by. The readers of each are ascending, whatever `reads` is. */
static bool transpose(struct synched__reads *readers, const struct synched__reads *reads) {
  const size_t segment_count = reads->segment_count;
  size_t entry_count = 0;
  for (size_t s = 0; s < segment_count; s++)
    entry_count += synched__reads_count(reads, s);
  if (!make_list(readers, segment_count, entry_count))
    return false;
  /* Entry x + 1 counts the readers of x, then is where the next one of them goes. */
  size_t *ends = readers->offsets;
  for (size_t s = 0; s < segment_count; s++)
    for (size_t i = synched__reads_count(reads, s); i-- > 0;)
      ends[synched__reads_at(reads, s, i) + 1]++;
  for (size_t s = 0; s < segment_count; s++)
    ends[s + 1] += ends[s];
  for (size_t s = segment_count; s-- > 0;)
    ends[s + 1] = ends[s];
  for (size_t s = 0; s < segment_count; s++)
    for (size_t i = 0; i < synched__reads_count(reads, s); i++)
      readers->segments[ends[synched__reads_at(reads, s, i) + 1]++] = (uint32_t)s;
  return true;
}

/* Adds an ascending list to one of `count` segments in room for both; returns how many it has
 * then. Segments that are there already are not added. */
static size_t merge(uint32_t *into, size_t count, const struct synched__reads *from, size_t segment,
                    uint32_t *spare) {
  const size_t from_count = synched__reads_count(from, segment);
  const uint32_t *list = from->segments + from->offsets[segment];
  size_t a = 0, b = 0, merged = 0;
  while (a < count || b < from_count) {
    const uint32_t next =
        b == from_count || (a < count && into[a] <= list[b]) ? into[a++] : list[b++];
    if (merged == 0 || spare[merged - 1] != next)
      spare[merged++] = next;
  }
  memcpy(into, spare, merged * sizeof *into);
  return merged;
}

/* Each segment's neighbours in these lists, every one of them with itself. */
static bool unite(struct synched__reads *neighbours, const struct synched__reads *lists,
                  unsigned count) {
  const size_t segment_count = lists[0].segment_count;
  size_t entry_count = segment_count;
  size_t most = 1;
  for (size_t s = 0; s < segment_count; s++) {
    size_t all = 1;
    for (unsigned k = 0; k < count; k++)
      all += synched__reads_count(&lists[k], s);
    entry_count += all - 1;
    most = all > most ? all : most;
  }
  uint32_t *spare = synched__alloc(most, sizeof *spare);
  if (spare == NULL || !make_list(neighbours, segment_count, entry_count)) {
    synched__free(spare);
    return false;
  }
  for (size_t s = 0; s < segment_count; s++) {
    uint32_t *into = neighbours->segments + neighbours->offsets[s];
    size_t found = 1;
    into[0] = (uint32_t)s;
    for (unsigned k = 0; k < count; k++)
      found = merge(into, found, &lists[k], s, spare);
    neighbours->offsets[s + 1] = neighbours->offsets[s] + found;
  }
  synched__free(spare);
  return true;
}

/* --- --- */

bool synched__reads_init(struct synched__reads *reads, const struct synched_reads *given,
                         size_t segment_count) {
  if (given->reach != SYNCHED_REACH_LIST) {
    const size_t most = segment_count - 1;
    *reads = (struct synched__reads){
        .segment_count = segment_count,
        .reach = given->reach == SYNCHED_REACH_ALL ? SYNCHED_REACH_ALL : SYNCHED_REACH_NEAR,
        .radius = given->radius < most ? given->radius : most,
        .wraps = given->wraps != 0 && given->radius != 0};
    return true;
  }
  struct synched__reads written;
  struct synched__reads readers;
  if (!make_list(&written, segment_count, given->offsets[segment_count]))
    return false;
  memcpy(written.offsets, given->offsets, (segment_count + 1) * sizeof *written.offsets);
  for (size_t i = 0; i < given->offsets[segment_count]; i++)
    written.segments[i] = (uint32_t)given->segments[i];
  bool complete = transpose(&readers, &written);
  synched__reads_deinit(&written);
  if (!complete)
    return false;
  complete = transpose(&written, &readers); /* sorted */
  synched__reads_deinit(&readers);
  complete = complete && unite(reads, &written, 1);
  synched__reads_deinit(&written);
  return complete;
}

bool synched__reads_transpose(struct synched__reads *readers, const struct synched__reads *reads) {
  if (reads->reach == SYNCHED_REACH_LIST)
    return transpose(readers, reads);
  *readers = *reads;
  return true;
}

void synched__reads_deinit(struct synched__reads *reads) {
  synched__free(reads->offsets);
  synched__free(reads->segments);
  *reads = (struct synched__reads){0};
}

static bool join_lists(struct synched__reads *neighbours,
                       const struct synched__reads *const *stages, unsigned count) {
  struct synched__reads lists[2 * SYNCHED_STAGES_MAX] = {{0}};
  unsigned made = 0;
  bool complete = true;
  for (unsigned k = 0; complete && k < count; k++) {
    complete = transpose(&lists[made], stages[k]);
    made += complete;
    complete = complete && transpose(&lists[made], &lists[made - 1]);
    made += complete;
  }
  complete = complete && unite(neighbours, lists, made);
  while (made-- > 0)
    synched__reads_deinit(&lists[made]);
  return complete;
}

bool synched__reads_join(struct synched__reads *neighbours,
                         const struct synched__reads *const *stages, unsigned count) {
  *neighbours = (struct synched__reads){.segment_count = stages[0]->segment_count,
                                        .reach = SYNCHED_REACH_NEAR};
  for (unsigned k = 0; k < count; k++) {
    const struct synched__reads *stage = stages[k];
    const bool is_like =
        neighbours->radius == 0 || stage->radius == 0 || neighbours->wraps == stage->wraps;
    if (stage->reach == SYNCHED_REACH_LIST || !is_like)
      return join_lists(neighbours, stages, count);
    neighbours->radius = stage->radius > neighbours->radius ? stage->radius : neighbours->radius;
    neighbours->wraps = neighbours->wraps || stage->wraps;
  }
  return true;
}
