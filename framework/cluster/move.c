#include "cluster/move.h"

#include "base/error.h"
#include "platform/alloc.h"

/* --- where to cut --- */

static uint64_t dearest(const uint64_t *costs, const size_t *firsts, unsigned rank_count) {
  uint64_t most = 0;
  for (unsigned r = 0; r < rank_count; r++) {
    uint64_t sum = 0;
    for (size_t s = firsts[r]; s < firsts[r + 1]; s++)
      sum += costs[s];
    most = sum > most ? sum : most;
  }
  return most;
}

bool synched__ranks_cut(const uint64_t *costs, size_t segment_count, unsigned rank_count,
                        const size_t *before, size_t *firsts) {
  uint64_t left = 0;
  size_t segment = 0;
  for (size_t s = 0; s < segment_count; s++)
    left += costs[s];
  for (unsigned r = 0; r < rank_count; r++) {
    /* An even part of what those before have left. A segment goes to the side on which most of it
     * lies. */
    const uint64_t wanted = left / (rank_count - r);
    uint64_t sum = 0;
    firsts[r] = segment;
    while (segment < segment_count && sum + costs[segment] / 2 < wanted)
      sum += costs[segment++];
    left -= sum;
  }
  firsts[rank_count] = segment_count;
  const uint64_t most = dearest(costs, before, rank_count);
  return dearest(costs, firsts, rank_count) < most - most / 50;
}

/* --- what goes from one rank to another --- */

/* Of two ranges, what is in both. */
static struct synched_segments common(const size_t *a, unsigned rank_a, const size_t *b,
                                      unsigned rank_b) {
  const size_t first = a[rank_a] > b[rank_b] ? a[rank_a] : b[rank_b];
  const size_t end = a[rank_a + 1] < b[rank_b + 1] ? a[rank_a + 1] : b[rank_b + 1];
  return (struct synched_segments){first, end > first ? end - first : 0};
}

/* Adds the pieces of the segments; returns how many these are. */
static size_t pack(const struct synched__move *move, struct synched_segments segments,
                   struct synched_piece *pieces) {
  const size_t end = segments.first + segments.count;
  size_t count = 0;
  for (unsigned f = 0; f < move->field_count; f++) {
    const struct synched__layout *layout = move->fields[f].layout;
    const struct synched__block *block = move->fields[f].block;
    const size_t from = layout->offsets[segments.first] * layout->element_size;
    const size_t to = layout->offsets[end] * layout->element_size;
    pieces[count++] = (struct synched_piece){block->counts + segments.first,
                                             segments.count * sizeof *block->counts};
    pieces[count++] = (struct synched_piece){(unsigned char *)block->data + from, to - from};
  }
  return count;
}

struct draft {
  struct synched_message *messages;
  size_t message_count;
  struct synched_piece *pieces;
  size_t piece_count;
};

static void add(struct draft *draft, const struct synched__move *move, unsigned peer,
                bool is_received) {
  const unsigned rank = move->cluster->transport.rank;
  const struct synched_segments segments = is_received
                                               ? common(move->after, rank, move->before, peer)
                                               : common(move->before, rank, move->after, peer);
  if (peer == rank || segments.count == 0)
    return;
  struct synched_piece *pieces = draft->pieces + draft->piece_count;
  const size_t count = pack(move, segments, pieces);
  draft->piece_count += count;
  draft->messages[draft->message_count++] = (struct synched_message){.peer = peer,
                                                                     .is_received = is_received,
                                                                     .tag = SYNCHED__TAG_GATHER,
                                                                     .piece_count = count,
                                                                     .pieces = pieces};
}

int synched__move_make(struct synched__group *group, const struct synched__move *move) {
  const unsigned rank_count = move->cluster->transport.rank_count;
  const size_t most = (size_t)rank_count * 2;
  struct draft draft = {
      .messages = synched__alloc(most, sizeof(struct synched_message)),
      .pieces = synched__alloc(most * (move->field_count + 1) * 2, sizeof(struct synched_piece))};
  int status = 0;
  *group = (struct synched__group){0};
  if (draft.messages == NULL || draft.pieces == NULL) {
    status = synched__fail(SYNCHED_ENOMEM, "no memory for what goes to %u ranks", rank_count);
  } else {
    for (unsigned r = 0; r < rank_count; r++) {
      add(&draft, move, r, true);
      add(&draft, move, r, false);
    }
    status = synched__wire_make(&move->cluster->wire, group, draft.messages, draft.message_count);
  }
  synched__free(draft.messages);
  synched__free(draft.pieces);
  return status;
}
