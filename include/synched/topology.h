/*
 * topology.h: the machine as a pool sees it, and where a pool would put its workers.
 *
 * No program needs this header to run a job: synched_pool_create plans by itself. It serves to look
 * before a pool is created, and to understand what synched_pool_info says.
 */
#ifndef SYNCHED_TOPOLOGY_H
#define SYNCHED_TOPOLOGY_H

#include <stddef.h>
#include <stdint.h>

#include <synched/export.h>

SYNCHED_BEGIN_DECLS

/* How workers are bound to CPUs. A "CPU" is what the system schedules on (a hardware thread). */
enum synched_affinity {
  /* For a program that may share its machine.
   * - A pool with a worker for every CPU that the process may use gets CORES. It takes those CPUs
   *   first to which no other pool of the process is bound. Workers beyond them are bound to
   *   nothing.
   * - A smaller pool gets NONE: only the system knows which CPUs are free.
   * - Where the cgroup grants less time than the CPUs have, be it half a CPU less, a pool gets
   *   NONE: the system must move its workers.
   * synched_pool_info says what was chosen, and why. */
  SYNCHED_AFFINITY_AUTO = 0,
  /* Bound to nothing: each worker may run on every allowed CPU. */
  SYNCHED_AFFINITY_NONE,
  /* Close together: the hardware threads of one core, then those of the next core. */
  SYNCHED_AFFINITY_COMPACT,
  /* Far apart: packages in turn, then their cores, hardware threads last. */
  SYNCHED_AFFINITY_SCATTER,
  /* One worker per core, neighbours first; hardware threads only when the cores run out. */
  SYNCHED_AFFINITY_CORES,
  /* Exactly the CPUs of cpu_list, in its order. */
  SYNCHED_AFFINITY_LIST
};

/* Where one worker is put. `cpu` and `numa_node` are the system's numbers. The others count from 0
 * across the machine. -1: unknown, or none, as for a worker that is bound to nothing. */
struct synched_place {
  int cpu;
  int core;
  /* the last-level cache that this CPU shares */
  int cache;
  int numa_node;
  int package;
};

/* The machine, as far as this process may use it. */
struct synched_topology_info {
  /* set by the caller: sizeof(struct synched_topology_info) */
  uint32_t struct_size;
  /* of the whole machine, like the next three */
  unsigned package_count;
  unsigned numa_node_count;
  unsigned core_count;
  unsigned cpu_count;
  /* CPUs in this process's affinity mask */
  unsigned allowed_count;
  /* the CPU time that the cgroup grants, in CPUs (1.5); 0: no limit */
  double quota_cpus;
  /* min(allowed_count, quota_cpus rounded up): the default worker count */
  unsigned usable_count;
  /* "": none. Else a sentence that says why the counts and places may not be this machine's: the
   * environment makes hwloc describe another one (HWLOC_SYNTHETIC, HWLOC_XMLFILE ...), or the
   * system has no tables (no /sys). */
  char warning[160];
};

/* Says what the machine has and what of it this process may use, in *out.
 * Any thread; waits for nobody; reads the system's tables in some milliseconds; keeps nothing.
 * Errors: SYNCHED_EINVAL: out is NULL or has an unknown struct_size. SYNCHED_ENOMEM, SYNCHED_EIO:
 * the tables could not be read. */
SYNCHED_API int synched_topology_info(struct synched_topology_info *out);

/* Plans places for `worker_count` workers (1 or more) into the array `places` of that length.
 * The plan is deterministic and does not look at the pools that exist. With more workers than CPUs,
 * places are dealt again from the start. `cpu_list` ("0-3,8") is for SYNCHED_AFFINITY_LIST and must
 * be NULL for all others. It may name a CPU twice. If it is shorter than worker_count, it is dealt
 * again from its start.
 * Any thread; waits for nobody; takes some milliseconds. Keeps nothing.
 * Errors: SYNCHED_EINVAL: worker_count is 0, the affinity is unknown, or the list is missing,
 * superfluous or unreadable. SYNCHED_ENOENT: the list names a CPU that the machine does not have.
 * SYNCHED_EPERM: it names one that this process is not allowed to use. SYNCHED_ENOMEM, SYNCHED_EIO:
 * the system's tables could not be read. `places` is untouched then. */
SYNCHED_API int synched_topology_plan(struct synched_place *places, unsigned worker_count,
                                      enum synched_affinity affinity, const char *cpu_list);

/* Returns the lower-case name of an affinity, "scatter"; NULL for an unknown one.
 * Any thread; does not block; O(1). The text is static. */
SYNCHED_API const char *synched_affinity_name(enum synched_affinity affinity);

/* Finds the affinity of a name, in *out.
 * Any thread; does not block; O(1). SYNCHED_EINVAL: no affinity has that name. */
SYNCHED_API int synched_affinity_parse(enum synched_affinity *out, const char *name);

SYNCHED_END_DECLS

#endif
