/*
 * machines.h: machines as hwloc describes them, and plans on them.
 */
#ifndef SYNCHED_TESTS_MACHINES_H
#define SYNCHED_TESTS_MACHINES_H

#include <criterion/criterion.h>

#include <string.h>

#include <synched/status.h>
#include <synched/topology.h>

#include "topology/machine.h"
#include "topology/plan.h"

/* Every description names its NUMA nodes: hwloc 2.9 adds a missing level with an overlapping
 * memcpy, which valgrind reports. */

/* Two packages of two caches of four cores of two threads: CPU = package * 16 + cache * 8 + core *
 * 2 + thread. */
#define TWO_PACKAGES "package:2 numa:1 l3:2 core:4 pu:2"
/* As Linux numbers them: all first threads, then all second ones. */
#define LINUX_NUMBERS "package:1 numa:1 l3:1 core:2 pu:2(indexes=0,2,1,3)"

enum { WORKERS = 600 };

static const enum synched_affinity permutations[] = {
    SYNCHED_AFFINITY_COMPACT,
    SYNCHED_AFFINITY_SCATTER,
    SYNCHED_AFFINITY_CORES,
};

static inline struct synched__machine load(const char *synthetic, const char *allowed) {
  struct synched__machine machine;
  cr_assert_eq(synched__machine_load(&machine, synthetic), 0, "%s: %s",
               synthetic == NULL ? "this machine" : synthetic, synched_error_message());
  if (allowed != NULL)
    cr_assert_eq(synched__machine_allow(&machine, allowed), 0, "%s", synched_error_message());
  return machine;
}

static inline void plan(struct synched_place *places, const struct synched__machine *machine,
                        enum synched_affinity affinity, unsigned worker_count) {
  struct synched__plan_request request = {.worker_count = worker_count, .affinity = affinity};
  cr_assert_eq(synched__plan_make(places, machine, &request), 0, "%s", synched_error_message());
}

static inline void expect_cpus(const struct synched__machine *machine,
                               enum synched_affinity affinity, unsigned count,
                               const int *expected) {
  struct synched_place places[WORKERS];
  plan(places, machine, affinity, count);
  for (unsigned i = 0; i < count; i++)
    cr_expect_eq(places[i].cpu, expected[i], "%s, worker %u: %d, expected %d",
                 synched_affinity_name(affinity), i, places[i].cpu, expected[i]);
}

static inline void expect_place(const struct synched_place *place, struct synched_place expected) {
  cr_expect_eq(memcmp(place, &expected, sizeof expected), 0, "{%d, %d, %d, %d, %d}", place->cpu,
               place->core, place->cache, place->numa_node, place->package);
}

#endif
