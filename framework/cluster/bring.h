/*
 * bring.h: what all ranks have, brought to one of them (internal).
 */
#ifndef SYNCHED_CLUSTER_BRING_H
#define SYNCHED_CLUSTER_BRING_H

#include "cluster/cluster.h"

/* Memory of one rank: [piece_count]. */
struct synched__lot {
  const struct synched_piece *pieces;
  size_t piece_count;
};

/* Brings each rank's lot to the rank `root`, piece by piece, into a lot of the same form there;
 * lots: on the root [rank_count], of which its own is left alone, elsewhere one. Waits. A status
 * with a sentence. */
int synched__cluster_bring_lots(struct synched_cluster *cluster, const struct synched__lot *lots,
                                unsigned root);

/* How a rank's clock differs. */
struct synched__clock_offset {
  /* the root's clock less the rank's, and how far that can be off */
  int64_t ns;
  uint64_t error_ns;
};

/* Compares all ranks' clocks with that of the rank `root`, where offsets[rank_count] are filled in.
 * Waits for some messages to go back and forth, of all ranks at the same time: of each rank, the
 * pair that took least tells (Cristian 1989). A status with a sentence. */
int synched__cluster_compare_clocks(struct synched_cluster *cluster,
                                    struct synched__clock_offset *offsets, unsigned root);

#endif
