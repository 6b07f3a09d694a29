/*
 * affinity.c: the names of affinities.
 */
#include <string.h>

#include "base/error.h"

#include <synched/topology.h>

static const char *const affinity_names[] = {
    [SYNCHED_AFFINITY_AUTO] = "auto",       [SYNCHED_AFFINITY_NONE] = "none",
    [SYNCHED_AFFINITY_COMPACT] = "compact", [SYNCHED_AFFINITY_SCATTER] = "scatter",
    [SYNCHED_AFFINITY_CORES] = "cores",     [SYNCHED_AFFINITY_LIST] = "list",
};

#define AFFINITY_COUNT (sizeof affinity_names / sizeof affinity_names[0])

const char *synched_affinity_name(enum synched_affinity affinity) {
  return (size_t)affinity < AFFINITY_COUNT ? affinity_names[affinity] : NULL;
}

int synched_affinity_parse(enum synched_affinity *out, const char *name) {
  if (out == NULL || name == NULL)
    return synched__fail(SYNCHED_EINVAL, "the %s is NULL", out == NULL ? "out" : "name");
  for (size_t i = 0; i < AFFINITY_COUNT; i++)
    if (strcmp(name, affinity_names[i]) == 0) {
      *out = (enum synched_affinity)i;
      return 0;
    }
  return synched__fail(
      SYNCHED_EINVAL,
      "\"%.40s\" is no affinity; there are auto, none, compact, scatter, cores and list", name);
}
