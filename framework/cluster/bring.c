/*
 * bring.c: see bring.h.
 */
#include "cluster/bring.h"

#include "base/error.h"
#include "platform/alloc.h"
#include "platform/clock.h"

/* How often a clock is asked for. */
#define LOOKS 10u

static int status_of(struct synched__wire *wire) {
  const int status = synched__wire_status(wire);
  return status == 0 ? 0 : synched__fail(status, "%s", wire->text);
}

/* One message of so many pieces. */
static struct synched_message message_of(unsigned peer, bool is_received,
                                         const struct synched__lot *lot) {
  return (struct synched_message){.peer = peer,
                                  .is_received = is_received,
                                  .tag = SYNCHED__TAG_GATHER,
                                  .piece_count = lot->piece_count,
                                  .pieces = lot->pieces};
}

int synched__cluster_bring_lots(struct synched_cluster *cluster, const struct synched__lot *lots,
                                unsigned root) {
  struct synched__wire *wire = &cluster->wire;
  const unsigned rank = cluster->transport.rank;
  const unsigned count = rank == root ? cluster->transport.rank_count : 1;
  struct synched_message *messages = synched__alloc(count, sizeof *messages);
  size_t message_count = 0;
  if (messages == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory to hear of %u ranks", count);
  for (unsigned r = 0; r < count; r++)
    if (rank != root || r != root)
      messages[message_count++] = message_of(rank == root ? r : root, rank == root, &lots[r]);
  struct synched__group group;
  int status = synched__wire_make(wire, &group, messages, message_count);
  synched__free(messages);
  if (status != 0)
    return status;
  synched__wire_start(wire, &group);
  synched__wire_wait(wire, &group);
  synched__wire_unmake(wire, &group);
  return status_of(wire);
}

/* --- clocks --- */

/* Between the root and one rank. */
struct look {
  struct synched__group ask, answer;
  uint64_t asked, answered_ns;
};

/* Makes both messages of one side. */
static int make_look(struct synched_cluster *cluster, struct look *look, unsigned peer,
                     bool is_root) {
  const struct synched_piece pieces[2] = {{&look->asked, sizeof look->asked},
                                          {&look->answered_ns, sizeof look->answered_ns}};
  const struct synched_message ask =
      message_of(peer, !is_root, &(struct synched__lot){&pieces[0], 1});
  const struct synched_message answer =
      message_of(peer, is_root, &(struct synched__lot){&pieces[1], 1});
  const int status = synched__wire_make(&cluster->wire, &look->ask, &ask, 1);
  return status != 0 ? status : synched__wire_make(&cluster->wire, &look->answer, &answer, 1);
}

static void free_look(struct synched_cluster *cluster, struct look *look) {
  synched__wire_unmake(&cluster->wire, &look->ask);
  synched__wire_unmake(&cluster->wire, &look->answer);
}

static int answer_looks(struct synched_cluster *cluster, unsigned root) {
  struct synched__wire *wire = &cluster->wire;
  struct look look = {.asked = 0};
  int status = make_look(cluster, &look, root, false);
  for (unsigned i = 0; status == 0 && i < LOOKS; i++) {
    synched__wire_start(wire, &look.ask);
    synched__wire_wait(wire, &look.ask);
    look.answered_ns = synched__clock_ns();
    synched__wire_start(wire, &look.answer);
    synched__wire_wait(wire, &look.answer);
    status = status_of(wire);
  }
  free_look(cluster, &look);
  return status;
}

static void note_answer(struct synched__clock_offset *offset, uint64_t asked_ns,
                        uint64_t answered_ns, uint64_t arrived_ns) {
  const uint64_t error_ns = (arrived_ns - asked_ns) / 2;
  if (error_ns >= offset->error_ns)
    return;
  offset->error_ns = error_ns;
  offset->ns = (int64_t)(asked_ns + error_ns - answered_ns);
}

/* Asks all ranks once. They are waited for one after the other, each time from another one on: who
 * is looked at late seems to have answered late, which its error says. */
static void ask_all(struct synched_cluster *cluster, struct look *looks,
                    struct synched__clock_offset *offsets, unsigned first) {
  struct synched__wire *wire = &cluster->wire;
  const unsigned rank_count = cluster->transport.rank_count;
  const uint64_t asked_ns = synched__clock_ns();
  for (unsigned r = 0; r < rank_count; r++) {
    synched__wire_start(wire, &looks[r].answer);
    synched__wire_start(wire, &looks[r].ask);
  }
  for (unsigned i = 0; i < rank_count; i++) {
    const unsigned r = (first + i) % rank_count;
    synched__wire_wait(wire, &looks[r].answer);
    if (looks[r].answer.handle != NULL && synched__wire_status(wire) == 0)
      note_answer(&offsets[r], asked_ns, looks[r].answered_ns, synched__clock_ns());
    synched__wire_wait(wire, &looks[r].ask);
  }
}

int synched__cluster_compare_clocks(struct synched_cluster *cluster,
                                    struct synched__clock_offset *offsets, unsigned root) {
  const unsigned rank_count = cluster->transport.rank_count;
  if (cluster->transport.rank != root)
    return answer_looks(cluster, root);
  struct look *looks = synched__alloc(rank_count, sizeof *looks);
  int status = looks == NULL ? synched__fail(SYNCHED_ENOMEM,
                                             "no memory to ask %u ranks for their "
                                             "clocks",
                                             rank_count)
                             : 0;
  for (unsigned r = 0; status == 0 && r < rank_count; r++) {
    offsets[r] = (struct synched__clock_offset){0, r == root ? 0 : UINT64_MAX};
    if (r != root)
      status = make_look(cluster, &looks[r], r, true);
  }
  for (unsigned i = 0; status == 0 && i < LOOKS; i++) {
    ask_all(cluster, looks, offsets, i * (rank_count / LOOKS + 1));
    status = status_of(&cluster->wire);
  }
  for (unsigned r = 0; looks != NULL && r < rank_count; r++)
    free_look(cluster, &looks[r]);
  synched__free(looks);
  return status;
}
