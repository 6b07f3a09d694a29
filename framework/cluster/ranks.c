/*
 * ranks.c: which segments a rank computes.
 */
#include "cluster/cluster.h"

/* Where the segments of a rank begin; of the rank behind the last one: where they all end. */
static size_t first_of(const struct synched_cluster *cluster, size_t segment_count, unsigned rank) {
  const unsigned rank_count = cluster->transport.rank_count;
  if (rank == rank_count)
    return segment_count;
  if (cluster->weights == NULL)
    return (size_t)((uint64_t)segment_count * rank / rank_count);
  const double part = cluster->weights[rank] / cluster->weights[rank_count];
  const size_t first = (size_t)((double)segment_count * part + 0.5);
  return first < segment_count ? first : segment_count;
}

struct synched_segments synched_cluster_segments(const struct synched_cluster *cluster,
                                                 size_t segment_count, unsigned rank) {
  if (cluster == NULL || rank >= cluster->transport.rank_count)
    return (struct synched_segments){0, 0};
  const size_t first = first_of(cluster, segment_count, rank);
  return (struct synched_segments){first, first_of(cluster, segment_count, rank + 1) - first};
}
