#include "report/histogram.h"

uint64_t synched__buckets_quantile_ns(const uint64_t *buckets, double share) {
  uint64_t all = 0, count = 0;
  unsigned last = 0;
  for (unsigned i = 0; i < SYNCHED__BUCKET_COUNT; i++)
    all += buckets[i];
  if (all == 0)
    return 0;
  const double wanted = share * (double)all;
  for (unsigned i = 0; i < SYNCHED__BUCKET_COUNT; i++) {
    if (buckets[i] == 0)
      continue;
    count += buckets[i];
    last = i;
    if ((double)count >= wanted)
      break;
  }
  return (synched__bucket_first_ns(last) + synched__bucket_last_ns(last)) / 2;
}
