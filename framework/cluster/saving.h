/*
 * saving.h: how ranks decide together which rounds are kept (internal).
 */
#ifndef SYNCHED_CLUSTER_SAVING_H
#define SYNCHED_CLUSTER_SAVING_H

#include <stdint.h>

/* A rank wants the next round that there is. */
#define SYNCHED__SAVING_WANTED 1u
/* It cannot take one now. */
#define SYNCHED__SAVING_BUSY 2u
/* It has nobody who keeps rounds. */
#define SYNCHED__SAVING_ABSENT 4u

/* What a rank says at the end of a round; of all ranks: the bits of any, and the lowest status. */
struct synched__saving {
  uint32_t bits;
  /* what the job is to end with; 0: nothing */
  int32_t status;
};

struct synched__saving_rank {
  /* Leader: what this rank says. */
  struct synched__saving (*say)(const struct synched__saving_rank *rank);
  /* the leader's: what all ranks have said at the end of the open round */
  struct synched__saving all;
};

#endif
