/*
 * agreement.h: what all ranks come to know of each other at the end of a round (internal).
 *
 * In step k each rank sends what it knows to the rank 2^k above, and hears from the rank 2^k below:
 * after ceil(log2 ranks) steps every rank knows of all (dissemination: Hensgen, Finkel and Manber
 * 1988). It may have heard of a rank twice: so what verdicts are combined with must not mind that.
 * Contributions to a fold go the same way, in the same messages (Bruck et al. 1997): in step k each
 * rank passes on those of the 2^k ranks that it knows of, or as many as are missing.
 */
#ifndef SYNCHED_CLUSTER_AGREEMENT_H
#define SYNCHED_CLUSTER_AGREEMENT_H

#include <stddef.h>
#include <stdint.h>

#include "cluster/saving.h"
#include "cluster/wire.h"

/* 2^16 ranks. */
#define SYNCHED__STEPS_MAX 16u

/* What ranks look at to find that they do the same. */
#define SYNCHED__CHECKS 4u

/* What is agreed on: a rank's own, or that of all. */
struct synched__verdict {
  /* each rank's numbers, of which the lowest and the highest are known in the end */
  uint64_t low[SYNCHED__CHECKS], high[SYNCHED__CHECKS];
  /* The first call that has failed, in the order of the serial loop: its code, or 0. */
  int32_t code;
  uint32_t rank;
  uint64_t round;
  /* the stage, and below it the segment */
  uint64_t place;
  /* beyond the capacity, and of which field; else 0 */
  uint64_t count;
  uint32_t field;
  /* the lowest rank that asks for it; SYNCHED__NO_RANK: none */
  uint32_t cancelled_by, stopped_by;
  /* what on_round or on_init has answered: the first error, or STOP, or 0; and which rank */
  int32_t answer;
  uint32_t answered_by;
  struct synched__saving saving;
  /* the lowest rank on which the job is steered, by which call (enum synched_steer), and its
   * value */
  uint32_t steered_by, steer;
  uint32_t reserved;
  uint64_t steer_value;
  /* how long it is to the next tick by the first rank's clock; SYNCHED__NO_TICK: there is none */
  uint64_t tick_in_ns;
};

#define SYNCHED__NO_RANK UINT32_MAX
#define SYNCHED__NO_TICK UINT64_MAX

/* Contributions that all ranks get: those of segments, which lie one behind the other. */
struct synched__shares {
  unsigned char *first;
  /* of each */
  size_t bytes;
  size_t segment_count;
};

struct synched__agreement {
  struct synched__wire *wire;
  unsigned step_count;
  /* the step that is under way */
  unsigned step;
  struct synched__group groups[SYNCHED__STEPS_MAX];
  struct synched__verdict sent[SYNCHED__STEPS_MAX];
  struct synched__verdict received[SYNCHED__STEPS_MAX];
};

/* One of this rank's, with nothing in it. */
struct synched__verdict synched__verdict_begin(unsigned rank);

/* Makes one over a cluster's ranks, of which `segments` says what each computes. `shares`: NULL:
 * none. A status with a sentence; synched__agreement_deinit all the same. The struct stays where it
 * is, until then. */
int synched__agreement_init(struct synched__agreement *agreement, struct synched_cluster *cluster,
                            struct synched__wire *wire, unsigned tag,
                            const struct synched__shares *shares);
void synched__agreement_deinit(struct synched__agreement *agreement);

/* Waits for all ranks. *verdict: this rank's own, and then that of all. 0, or the wire's
 * trouble. */
int synched__agree(struct synched__agreement *agreement, struct synched__verdict *verdict);

/* The same in pieces: begins it; */
void synched__agree_begin(struct synched__agreement *agreement,
                          const struct synched__verdict *verdict);

/* and goes on with it. false: a message has not arrived yet; else it is over, or the wire is in
 * trouble. `wait` says how long it waits for each. */
bool synched__agree_on(struct synched__agreement *agreement, struct synched__verdict *verdict,
                       const struct synched__wire_wait *wait);

#endif
