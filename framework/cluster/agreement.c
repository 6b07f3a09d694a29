#include "cluster/agreement.h"

#include "base/error.h"
#include "platform/alloc.h"

struct synched__verdict synched__verdict_begin(unsigned rank) {
  struct synched__verdict verdict = {.rank = rank,
                                     .cancelled_by = SYNCHED__NO_RANK,
                                     .stopped_by = SYNCHED__NO_RANK,
                                     .answered_by = rank,
                                     .steered_by = SYNCHED__NO_RANK,
                                     .tick_in_ns = SYNCHED__NO_TICK};
  for (unsigned c = 0; c < SYNCHED__CHECKS; c++)
    verdict.low[c] = verdict.high[c] = 0;
  return verdict;
}

/* --- combining; each is the same however often a rank comes in --- */

/* Whether a failure comes before another one in the serial loop. */
static bool is_before(const struct synched__verdict *a, const struct synched__verdict *b) {
  if (a->code == 0 || b->code == 0)
    return a->code != 0;
  if (a->round != b->round)
    return a->round < b->round;
  return a->place != b->place ? a->place < b->place : a->rank < b->rank;
}

static void join_failures(struct synched__verdict *into, const struct synched__verdict *other) {
  if (!is_before(other, into))
    return;
  into->code = other->code;
  into->rank = other->rank;
  into->round = other->round;
  into->place = other->place;
  into->count = other->count;
  into->field = other->field;
}

/* Errors come before STOP, and STOP before CONTINUE. */
static unsigned weight_of(int32_t answer) {
  if (answer == 0)
    return 0;
  return answer == 1 ? 1 : 2;
}

static void join_answers(struct synched__verdict *into, const struct synched__verdict *other) {
  const unsigned own = weight_of(into->answer);
  const unsigned others = weight_of(other->answer);
  if (others < own || (others == own && other->answered_by >= into->answered_by))
    return;
  into->answer = other->answer;
  into->answered_by = other->answered_by;
}

static void join_steering(struct synched__verdict *into, const struct synched__verdict *other) {
  if (other->steered_by >= into->steered_by)
    return;
  into->steered_by = other->steered_by;
  into->steer = other->steer;
  into->steer_value = other->steer_value;
}

static void join(struct synched__verdict *into, const struct synched__verdict *other) {
  for (unsigned c = 0; c < SYNCHED__CHECKS; c++) {
    into->low[c] = other->low[c] < into->low[c] ? other->low[c] : into->low[c];
    into->high[c] = other->high[c] > into->high[c] ? other->high[c] : into->high[c];
  }
  join_failures(into, other);
  join_answers(into, other);
  join_steering(into, other);
  if (other->tick_in_ns < into->tick_in_ns)
    into->tick_in_ns = other->tick_in_ns;
  if (other->cancelled_by < into->cancelled_by)
    into->cancelled_by = other->cancelled_by;
  if (other->stopped_by < into->stopped_by)
    into->stopped_by = other->stopped_by;
  into->saving.bits |= other->saving.bits;
  if (other->saving.status < into->saving.status)
    into->saving.status = other->saving.status;
}

/* --- steps --- */

static unsigned count_steps(unsigned rank_count) {
  unsigned count = 0;
  while (UINT32_C(1) << count < rank_count)
    count++;
  return count;
}

/* A message of a step: a verdict, and the contributions of `count` ranks that end with `last`. */
struct parcel {
  struct synched_cluster *cluster;
  const struct synched__shares *shares;
  unsigned last, count;
};

/* Its pieces, which are 1 + parcel->count at most; returns how many. */
static size_t pack(const struct parcel *parcel, struct synched_piece *pieces,
                   struct synched__verdict *verdict, unsigned rank_count) {
  const struct synched__shares *shares = parcel->shares;
  size_t count = 0;
  pieces[count++] = (struct synched_piece){verdict, sizeof *verdict};
  for (unsigned r = 0; shares != NULL && r < parcel->count; r++) {
    const unsigned rank = (parcel->last + rank_count - r) % rank_count;
    const struct synched_segments segments =
        synched_cluster_segments(parcel->cluster, shares->segment_count, rank);
    if (segments.count != 0)
      pieces[count++] = (struct synched_piece){shares->first + segments.first * shares->bytes,
                                               segments.count * shares->bytes};
  }
  return count;
}

/* Makes the group of step k. `pieces`: room for two messages. */
static int make_step(struct synched__agreement *agreement, const struct parcel *like, unsigned k,
                     unsigned tag, struct synched_piece *pieces) {
  const struct synched_transport *transport = agreement->wire->transport;
  const unsigned rank_count = transport->rank_count;
  const unsigned distance = 1u << k;
  const unsigned missing = rank_count - distance;
  struct parcel out = *like;
  struct parcel in = *like;
  out.count = in.count = distance < missing ? distance : missing;
  out.last = transport->rank;
  in.last = (transport->rank + rank_count - distance) % rank_count;
  const size_t sent = pack(&out, pieces, &agreement->sent[k], rank_count);
  const size_t received = pack(&in, pieces + sent, &agreement->received[k], rank_count);
  const struct synched_message messages[2] = {{.peer = (transport->rank + distance) % rank_count,
                                               .tag = tag,
                                               .piece_count = sent,
                                               .pieces = pieces},
                                              {.peer = in.last,
                                               .is_received = 1,
                                               .tag = tag,
                                               .piece_count = received,
                                               .pieces = pieces + sent}};
  return synched__wire_make(agreement->wire, &agreement->groups[k], messages, 2);
}

int synched__agreement_init(struct synched__agreement *agreement, struct synched_cluster *cluster,
                            struct synched__wire *wire, unsigned tag,
                            const struct synched__shares *shares) {
  const unsigned rank_count = wire->transport->rank_count;
  const struct parcel like = {.cluster = cluster, .shares = shares};
  *agreement = (struct synched__agreement){.wire = wire};
  struct synched_piece *pieces = synched__alloc((size_t)rank_count + 2, sizeof *pieces);
  int status = pieces == NULL ? synched__fail(SYNCHED_ENOMEM,
                                              "no memory for messages between %u ranks", rank_count)
                              : 0;
  const unsigned step_count = count_steps(rank_count);
  for (unsigned k = 0; status == 0 && k < step_count; k++) {
    agreement->step_count = k + 1;
    status = make_step(agreement, &like, k, tag, pieces);
  }
  synched__free(pieces);
  return status;
}

void synched__agreement_deinit(struct synched__agreement *agreement) {
  for (unsigned k = 0; k < agreement->step_count; k++)
    synched__wire_unmake(agreement->wire, &agreement->groups[k]);
  *agreement = (struct synched__agreement){0};
}

static void start_step(struct synched__agreement *agreement,
                       const struct synched__verdict *verdict) {
  struct synched__wire *wire = agreement->wire;
  if (agreement->step == agreement->step_count || synched__wire_status(wire) != 0)
    return;
  const struct synched__group *group = &agreement->groups[agreement->step];
  agreement->sent[agreement->step] = *verdict;
  synched__wire_start(wire, group);
  (void)synched__add_relaxed(&wire->agreed_messages, group->messages);
  (void)synched__add_relaxed(&wire->agreed_bytes, group->bytes);
}

static void end_step(struct synched__agreement *agreement, struct synched__verdict *verdict) {
  if (synched__wire_status(agreement->wire) == 0)
    join(verdict, &agreement->received[agreement->step]);
  agreement->step++;
  start_step(agreement, verdict);
}

void synched__agree_begin(struct synched__agreement *agreement,
                          const struct synched__verdict *verdict) {
  agreement->step = 0;
  start_step(agreement, verdict);
}

bool synched__agree_on(struct synched__agreement *agreement, struct synched__verdict *verdict,
                       const struct synched__wire_wait *wait) {
  struct synched__wire *wire = agreement->wire;
  while (agreement->step < agreement->step_count && synched__wire_status(wire) == 0) {
    if (!synched__wire_wait_for(wire, &agreement->groups[agreement->step], wait))
      return false;
    end_step(agreement, verdict);
  }
  return true;
}

int synched__agree(struct synched__agreement *agreement, struct synched__verdict *verdict) {
  struct synched__wire *wire = agreement->wire;
  synched__agree_begin(agreement, verdict);
  while (agreement->step < agreement->step_count && synched__wire_status(wire) == 0) {
    synched__wire_wait(wire, &agreement->groups[agreement->step]);
    end_step(agreement, verdict);
  }
  return synched__wire_status(wire);
}
