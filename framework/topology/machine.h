/*
 * machine.h: the machine as plain numbers, so that nothing above this needs hwloc.
 */
#ifndef SYNCHED_TOPOLOGY_MACHINE_H
#define SYNCHED_TOPOLOGY_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

#include <synched/topology.h>

#include "platform/cpus.h"

struct synched__machine_cpu {
  /* cpu is always known; the others may be -1 */
  struct synched_place place;
  bool allowed;
};

/* Where the knowledge of a machine comes from. */
enum synched__machine_source {
  /* this machine's tables */
  SYNCHED__MACHINE_HERE = 0,
  /* the affinity mask: without tables, only the CPUs that this thread may use are known */
  SYNCHED__MACHINE_MASK,
  /* a description that the environment names (HWLOC_SYNTHETIC ...) */
  SYNCHED__MACHINE_ELSEWHERE,
};

/* All zero is one with nothing in it. */
struct synched__machine {
  /* [cpu_count] in logical order: what shares a core, then a cache, a NUMA node, a package, stands
   * together */
  struct synched__machine_cpu *cpus;
  size_t cpu_count;
  /* of those; never 0 after a load that succeeded */
  size_t allowed_count;
  /* a CPU whose core is unknown counts as a core */
  unsigned core_count;
  /* 1 where the system names none; so for packages */
  unsigned numa_node_count;
  unsigned package_count;
  /* the same CPUs, ascending */
  struct synched__cpus present;
  struct synched__cpus allowed;
  enum synched__machine_source source;
};

/* Loads a machine. synthetic NULL: this one, with what the calling thread's affinity mask allows;
 * takes some milliseconds, and touches no thread's mask, not even for a moment. Otherwise one as
 * hwloc describes them ("package:2 core:4 pu:2"), all of it allowed. SYNCHED_ENOMEM; SYNCHED_EIO:
 * hwloc cannot read the machine, or knows none of the CPUs that are allowed; SYNCHED_EINVAL: hwloc
 * does not take the description. *out is then empty. */
int synched__machine_load(struct synched__machine *out, const char *synthetic);

/* Allows exactly the CPUs of a list ("0-3,8"), which the machine must have; for tests.
 * SYNCHED_EINVAL, SYNCHED_ENOENT, SYNCHED_ENOMEM; the machine is then as before. */
int synched__machine_allow(struct synched__machine *machine, const char *cpu_list);

void synched__machine_unload(struct synched__machine *machine);

/* Says in a sentence what is doubtful about a machine that was loaded; "" where nothing is. */
const char *synched__machine_doubt(const struct synched__machine *machine);

/* The row of a CPU; NULL if the machine does not have it. */
const struct synched__machine_cpu *synched__machine_find(const struct synched__machine *machine,
                                                         unsigned cpu);

#endif
