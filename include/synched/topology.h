/*
 * topology.h: the machine as a pool sees it, and where it would put its workers.
 *
 * Nobody needs this header to run a job: synched_pool_create plans by itself. It is here to look
 * before creating, and to make sense of what synched_pool_info tells.
 */
#ifndef SYNCHED_TOPOLOGY_H
#define SYNCHED_TOPOLOGY_H

#include <stddef.h>
#include <stdint.h>

#include <synched/export.h>

SYNCHED_BEGIN_DECLS

/* How workers are bound to CPUs. A "CPU" is what the system schedules on (a hardware thread). */
enum synched_affinity {
  /* For a program that may not be alone on its machine. A pool that has a worker for every CPU that
   * the process may use: CORES, those CPUs first to which no other pool of the process is bound,
   * and workers beyond them bound to nothing. A smaller pool: NONE, for nobody but the system knows
   * which CPUs others leave. Where the cgroup grants less time than the CPUs have, be it half a CPU
   * less: NONE, for the system must move them. What it came to, and why, synched_pool_info says */
  SYNCHED_AFFINITY_AUTO = 0,
  SYNCHED_AFFINITY_NONE,    /* bound to nothing: each worker may run on every allowed CPU */
  SYNCHED_AFFINITY_COMPACT, /* close together: hardware threads of one core, then the next core */
  SYNCHED_AFFINITY_SCATTER, /* far apart: packages in turn, then their cores, hardware threads last */
  SYNCHED_AFFINITY_CORES, /* one per core, neighbours first; hardware threads only when cores run out */
  SYNCHED_AFFINITY_LIST /* exactly the CPUs of cpu_list, in its order */
};

/* Where one worker is put. Numbers are the system's for `cpu` and `numa_node`, and counted from 0
 * across the machine for the others; -1 where there is none (a worker bound to nothing) or unknown. */
struct synched_place {
  int cpu;
  int core;
  int cache; /* the last-level cache that this CPU shares */
  int numa_node;
  int package;
};

/* The machine, as far as this process may use it. */
struct synched_topology_info {
  uint32_t struct_size;   /* set by the caller: sizeof(struct synched_topology_info) */
  unsigned package_count; /* of the whole machine, like the next two */
  unsigned numa_node_count;
  unsigned core_count;
  unsigned cpu_count;
  unsigned allowed_count; /* CPUs in this process's affinity mask */
  double quota_cpus;      /* CPU time that the cgroup grants, in CPUs (1.5); 0: no limit */
  unsigned usable_count;  /* min(allowed_count, quota_cpus rounded up): the default worker count */
  /* "": none; else, in a sentence, why the counts and places may not be this machine's: the
   * environment has hwloc, which reads the tables, describe another one (HWLOC_SYNTHETIC,
   * HWLOC_XMLFILE ...), or there are no tables (no /sys) */
  char warning[160];
};

/* Tells what the machine has and what of it this process may use.
 * Any thread; reads the system's tables (some milliseconds); keeps nothing.
 * SYNCHED_EINVAL: out NULL or of an unknown struct_size. SYNCHED_ENOMEM, SYNCHED_EIO: the tables
 * could not be read. */
SYNCHED_API int synched_topology_info(struct synched_topology_info *out);

/* Plans places for `worker_count` workers (1 or more) into the array `places` of that length.
 * The plan is deterministic, and does not look at the pools that there are. With more workers than
 * CPUs, places are dealt again from the start.
 * `cpu_list` ("0-3,8") is for SYNCHED_AFFINITY_LIST and must be NULL for all others. A list may
 * name a CPU twice; it is dealt from the start again where it is shorter than worker_count.
 * Any thread; some milliseconds; keeps nothing.
 * SYNCHED_EINVAL: worker_count 0, unknown affinity, a list that cannot be read or is missing.
 * SYNCHED_ENOENT: the list names a CPU that the machine does not have. SYNCHED_EPERM: one that this
 * process is not allowed to use. SYNCHED_ENOMEM, SYNCHED_EIO: the system's tables could not be
 * read. `places` is then untouched. */
SYNCHED_API int synched_topology_plan(struct synched_place *places, unsigned worker_count,
                                      enum synched_affinity affinity, const char *cpu_list);

/* The lower-case name of an affinity, "scatter"; NULL for an unknown one. Any thread. */
SYNCHED_API const char *synched_affinity_name(enum synched_affinity affinity);

/* The reverse: 0 and *out, or SYNCHED_EINVAL. Any thread. */
SYNCHED_API int synched_affinity_parse(enum synched_affinity *out, const char *name);

SYNCHED_END_DECLS

#endif
