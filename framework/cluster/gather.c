/*
 * gather.c: a whole snapshot on one rank. Its parts arrive where they belong, for the addresses of
 * the whole are reserved on every rank.
 */
#include <string.h>

#include "base/error.h"
#include "cluster/cluster.h"
#include "memory/memory.h"
#include "platform/alloc.h"

/* A rank's part: its elements, and how many of each segment are valid. */
static void set_pieces(struct synched_piece *pieces, const struct synched_snapshot *snapshot,
                       struct synched_segments segments) {
  const size_t end = segments.first + segments.count;
  const size_t first = snapshot->offsets[segments.first];
  unsigned char *data = (unsigned char *)(uintptr_t)snapshot->data;
  size_t *counts = (size_t *)(uintptr_t)snapshot->counts;
  pieces[0] = (struct synched_piece){counts + segments.first, segments.count * sizeof *counts};
  pieces[1] = (struct synched_piece){data + first * snapshot->element_size,
                                     (snapshot->offsets[end] - first) * snapshot->element_size};
}

/* To the root, or from the rank `peer`. Returns whether there is anything. */
static bool set_message(struct synched_message *message, const struct synched_cluster *cluster,
                        const struct synched_snapshot *snapshot, unsigned from) {
  const struct synched_segments segments =
      synched_cluster_segments(cluster, snapshot->segment_count, from);
  if (segments.count == 0)
    return false;
  set_pieces((struct synched_piece *)(uintptr_t)message->pieces, snapshot, segments);
  message->tag = SYNCHED__TAG_GATHER;
  message->piece_count = 2;
  return true;
}

static int exchange(struct synched_cluster *cluster, const struct synched_message *messages,
                    size_t count) {
  struct synched__group group;
  struct synched__wire *wire = &cluster->wire;
  int status = synched__wire_make(wire, &group, messages, count);
  if (status != 0)
    return status;
  synched__wire_start(wire, &group);
  synched__wire_wait(wire, &group);
  synched__wire_unmake(wire, &group);
  status = synched__wire_status(wire);
  return status == 0 ? 0 : synched__fail(status, "%s", wire->text);
}

/* All that this rank sends or receives. */
static int gather(struct synched_cluster *cluster, const struct synched_snapshot *snapshot,
                  unsigned root) {
  const unsigned rank = cluster->transport.rank;
  const unsigned from_first = rank == root ? 0 : rank;
  const unsigned from_end = rank == root ? cluster->transport.rank_count : rank + 1;
  const size_t most = from_end - from_first;
  struct synched_message *messages = synched__alloc(most, sizeof *messages);
  struct synched_piece *pieces = synched__alloc(most * 2, sizeof *pieces);
  int status = messages == NULL || pieces == NULL ? SYNCHED_ENOMEM : 0;
  size_t count = 0;
  for (unsigned from = from_first; status == 0 && from < from_end; from++) {
    struct synched_message *message = &messages[count];
    *message = (struct synched_message){.peer = rank == root ? from : root,
                                        .is_received = rank == root,
                                        .pieces = pieces + 2 * count};
    if (from != root && set_message(message, cluster, snapshot, from))
      count++;
  }
  if (status == 0)
    status = exchange(cluster, messages, count);
  else
    (void)synched__fail(status, "no memory to gather from %zu ranks", most);
  synched__free(messages);
  synched__free(pieces);
  return status;
}

int synched_cluster_gather(struct synched_cluster *cluster, const struct synched_snapshot *snapshot,
                           unsigned root) {
  if (cluster == NULL || snapshot == NULL)
    return synched__fail(SYNCHED_EINVAL, "the %s is NULL",
                         cluster == NULL ? "cluster" : "snapshot");
  if (root >= cluster->transport.rank_count)
    return synched__fail(SYNCHED_EINVAL, "the root is rank %u; there are %u", root,
                         cluster->transport.rank_count);
  if (snapshot->data == NULL)
    return synched__fail(SYNCHED_EINVAL, "the snapshot has no data: its memory is changed in "
                                         "place, and there is no copy of it");
  return gather(cluster, snapshot, root);
}

int synched_cluster_gather_memory(struct synched_cluster *cluster, struct synched_memory *memory,
                                  unsigned root) {
  if (memory == NULL)
    return synched__fail(SYNCHED_EINVAL, "the memory is NULL");
  if (synched__load_acquire(&memory->running) != 0) /* [memory-idle] acquire */
    return synched__fail(SYNCHED_EBUSY, "the memory has a running job");
  if (!memory->in_place) {
    const struct synched_snapshot *now = synched_snapshot_current(memory);
    const int status = synched_cluster_gather(cluster, now, root);
    synched_snapshot_release(now);
    return status;
  }
  const struct synched__layout *layout = &memory->layout;
  const struct synched_snapshot whole = {.data = memory->blocks.all[0]->data,
                                         .element_size = layout->element_size,
                                         .segment_count = layout->segment_count,
                                         .offsets = layout->offsets,
                                         .counts = memory->blocks.all[0]->counts};
  return synched_cluster_gather(cluster, &whole, root);
}

int synched__cluster_bring(struct synched_cluster *cluster, void *own, void *all, size_t bytes,
                           unsigned root) {
  const unsigned rank_count = cluster->transport.rank_count;
  const unsigned rank = cluster->transport.rank;
  const unsigned most = rank == root ? rank_count : 1;
  struct synched_message *messages = synched__alloc(most, sizeof *messages);
  struct synched_piece *pieces = synched__alloc(most, sizeof *pieces);
  int status = SYNCHED_ENOMEM;
  size_t count = 0;
  for (unsigned m = 0; messages != NULL && pieces != NULL && m < most; m++) {
    if (rank == root && m == root)
      continue;
    pieces[count] = (struct synched_piece){
        rank == root ? (unsigned char *)all + m * bytes : (unsigned char *)own, bytes};
    messages[count] = (struct synched_message){.peer = rank == root ? m : root,
                                               .is_received = rank == root,
                                               .tag = SYNCHED__TAG_GATHER,
                                               .piece_count = 1,
                                               .pieces = &pieces[count]};
    count++;
  }
  if (messages != NULL && pieces != NULL)
    status = exchange(cluster, messages, count);
  else
    (void)synched__fail(status, "no memory to hear of %u ranks", most);
  if (status == 0 && rank == root)
    memcpy((unsigned char *)all + rank * bytes, own, bytes);
  synched__free(messages);
  synched__free(pieces);
  return status;
}
