#include "topology/place.h"

#include <stddef.h>

int synched__place_order(const struct synched_place *a, const struct synched_place *b) {
  const int differences[] = {a->package - b->package, a->numa_node - b->numa_node,
                             a->cache - b->cache, a->core - b->core, a->cpu - b->cpu};
  for (size_t i = 0; i < sizeof differences / sizeof *differences; i++)
    if (differences[i] != 0)
      return differences[i];
  return 0;
}
