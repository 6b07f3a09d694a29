/*
 * machine.c: hwloc's tree, flattened into a row per CPU.
 *
 * The whole machine is loaded, also what this process may not use: a cache that is shared with
 * forbidden CPUs is still one cache, and the counts are those of the machine. What is allowed is then
 * taken from the affinity mask, not from hwloc, which would look at the cgroup's set only.
 *
 * hwloc's own probing of x86 CPUs visits every CPU by binding the calling thread to it in turn. That
 * would move the host's thread about and briefly undo its mask, so it is switched off; the system's tables
 * say the same. With all else that placement does not need, it is not looked at either.
 */
#include "topology/machine.h"

#include <errno.h>
#include <hwloc.h>
#include <stdlib.h>

#include "base/error.h"
#include "platform/alloc.h"
#include "platform/fault.h"
#include "platform/process.h"

/* --- hwloc's tree --- */

static int hwloc_refused(int reason, const char *what) {
  if (reason == ENOMEM)
    return synched__fail(SYNCHED_ENOMEM, "no memory for hwloc to %s", what);
  return synched__fail(SYNCHED_EIO, "hwloc could not %s (errno %d)", what, reason);
}

static unsigned long load_flags(void) {
  unsigned long flags = HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED;
#if HWLOC_API_VERSION >= 0x00020800
  flags |= HWLOC_TOPOLOGY_FLAG_NO_DISTANCES | HWLOC_TOPOLOGY_FLAG_NO_MEMATTRS |
           HWLOC_TOPOLOGY_FLAG_NO_CPUKINDS;
#endif
  return flags;
}

static int tree_configure(hwloc_topology_t tree, const char *synthetic) {
  const unsigned long without = HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST;
  if (hwloc_topology_set_components(tree, without, "x86") != 0 ||
      hwloc_topology_set_flags(tree, load_flags()) != 0 ||
      hwloc_topology_set_io_types_filter(tree, HWLOC_TYPE_FILTER_KEEP_NONE) != 0 ||
      hwloc_topology_set_icache_types_filter(tree, HWLOC_TYPE_FILTER_KEEP_NONE) != 0 ||
      hwloc_topology_set_type_filter(tree, HWLOC_OBJ_MISC, HWLOC_TYPE_FILTER_KEEP_NONE) != 0)
    return hwloc_refused(errno, "be told what to look for");
  if (synthetic != NULL && hwloc_topology_set_synthetic(tree, synthetic) != 0)
    return synched__fail(SYNCHED_EINVAL, "hwloc does not take the description \"%.100s\"",
                         synthetic);
  return 0;
}

/* hwloc's list of its components has a lock. */
static void tree_unload(hwloc_topology_t tree) {
  synched__process_hold();
  hwloc_topology_destroy(tree);
  synched__process_release();
}

static int tree_load(hwloc_topology_t *out, const char *synthetic) {
  if (synched__fault_hit(SYNCHED__FAULT_TOPOLOGY))
    return hwloc_refused(EIO, "read the system's tables");
  hwloc_topology_t tree = NULL;
  synched__process_hold();
  int status = hwloc_topology_init(&tree) != 0 ? hwloc_refused(errno, "start") : 0;
  if (status == 0)
    status = tree_configure(tree, synthetic);
  if (status == 0 && hwloc_topology_load(tree) != 0)
    status = hwloc_refused(errno, "read the system's tables");
  if (status != 0 && tree != NULL)
    hwloc_topology_destroy(tree);
  synched__process_release();
  if (status == 0)
    *out = tree;
  return status;
}

/* --- rows --- */

static int logical_index(hwloc_topology_t tree, hwloc_obj_type_t type, hwloc_obj_t cpu) {
  hwloc_obj_t ancestor = hwloc_get_ancestor_obj_by_type(tree, type, cpu);
  return ancestor == NULL ? -1 : (int)ancestor->logical_index;
}

static hwloc_obj_t last_level_cache(hwloc_obj_t cpu) {
  hwloc_obj_t last = NULL;
  for (hwloc_obj_t above = cpu->parent; above != NULL; above = above->parent)
    if (hwloc_obj_type_is_dcache(above->type))
      last = above;
  return last;
}

/* Where several nodes are near (fast and large memory side by side), the one that fewest CPUs share; among
 * equals the first, which is the ordinary one. */
static int numa_node_of(hwloc_topology_t tree, hwloc_obj_t cpu) {
  hwloc_obj_t nearest = NULL;
  for (hwloc_obj_t node = hwloc_get_next_obj_by_type(tree, HWLOC_OBJ_NUMANODE, NULL); node != NULL;
       node = hwloc_get_next_obj_by_type(tree, HWLOC_OBJ_NUMANODE, node)) {
    if (!hwloc_bitmap_isset(node->cpuset, cpu->os_index))
      continue;
    if (nearest == NULL || hwloc_bitmap_weight(node->cpuset) < hwloc_bitmap_weight(nearest->cpuset))
      nearest = node;
  }
  return nearest == NULL ? -1 : (int)nearest->os_index;
}

/* hwloc counts caches by level, and the last level may differ within a machine; so they are counted here.
 * One cache's CPUs follow one another. */
static void rows_fill(struct synched__machine *machine, hwloc_topology_t tree) {
  hwloc_obj_t cache_before = NULL;
  int cache_count = 0;
  hwloc_obj_t cpu = NULL;
  for (size_t i = 0; i < machine->cpu_count; i++) {
    cpu = hwloc_get_next_obj_by_type(tree, HWLOC_OBJ_PU, cpu);
    hwloc_obj_t cache = last_level_cache(cpu);
    if (cache != NULL && cache != cache_before)
      cache_count++;
    if (cache != NULL)
      cache_before = cache;
    machine->cpus[i].allowed = true;
    machine->cpus[i].place = (struct synched_place){
        .cpu = (int)cpu->os_index,
        .core = logical_index(tree, HWLOC_OBJ_CORE, cpu),
        .cache = cache == NULL ? -1 : cache_count - 1,
        .numa_node = numa_node_of(tree, cpu),
        .package = logical_index(tree, HWLOC_OBJ_PACKAGE, cpu),
    };
  }
}

static int at_least(int minimum, int count) {
  return count < minimum ? minimum : count;
}

static void counts_fill(struct synched__machine *machine, hwloc_topology_t tree) {
  unsigned unknown = 0;
  for (size_t i = 0; i < machine->cpu_count; i++)
    unknown += machine->cpus[i].place.core == -1;
  int cores = at_least(0, hwloc_get_nbobjs_by_type(tree, HWLOC_OBJ_CORE));
  machine->core_count = (unsigned)cores + unknown;
  machine->numa_node_count =
      (unsigned)at_least(1, hwloc_get_nbobjs_by_type(tree, HWLOC_OBJ_NUMANODE));
  machine->package_count = (unsigned)at_least(1, hwloc_get_nbobjs_by_type(tree, HWLOC_OBJ_PACKAGE));
}

static int ascending(const void *left, const void *right) {
  unsigned a = *(const unsigned *)left;
  unsigned b = *(const unsigned *)right;
  return (a > b) - (a < b);
}

/* A set with room for every CPU of the machine. */
static int set_make(struct synched__cpus *out, const struct synched__machine *machine) {
  *out = (struct synched__cpus){.numbers = synched__alloc(machine->cpu_count, sizeof(unsigned))};
  if (out->numbers == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for a set of %zu CPUs", machine->cpu_count);
  return 0;
}

static int rows_make(struct synched__machine *machine, hwloc_topology_t tree) {
  int count = hwloc_get_nbobjs_by_type(tree, HWLOC_OBJ_PU);
  if (count <= 0)
    return synched__fail(SYNCHED_EIO, "hwloc found no CPU");
  machine->cpu_count = (size_t)count;
  machine->cpus = synched__alloc(machine->cpu_count, sizeof *machine->cpus);
  if (machine->cpus == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for a table of %d CPUs", count);
  int status = set_make(&machine->present, machine);
  if (status == 0)
    status = set_make(&machine->allowed, machine);
  if (status != 0)
    return status;
  rows_fill(machine, tree);
  counts_fill(machine, tree);
  for (size_t i = 0; i < machine->cpu_count; i++)
    machine->present.numbers[machine->present.count++] = (unsigned)machine->cpus[i].place.cpu;
  qsort(machine->present.numbers, machine->present.count, sizeof(unsigned), ascending);
  return 0;
}

/* --- what is allowed --- */

/* Both sides stay one: the flags in the rows, and the ascending set. `wanted` is ascending. */
static void allow(struct synched__machine *machine, const struct synched__cpus *wanted) {
  machine->allowed.count = 0;
  for (size_t i = 0; i < machine->present.count; i++)
    if (synched__cpus_contains(wanted, machine->present.numbers[i]))
      machine->allowed.numbers[machine->allowed.count++] = machine->present.numbers[i];
  for (size_t i = 0; i < machine->cpu_count; i++)
    machine->cpus[i].allowed =
        synched__cpus_contains(&machine->allowed, (unsigned)machine->cpus[i].place.cpu);
  machine->allowed_count = machine->allowed.count;
}

static int allow_own_mask(struct synched__machine *machine) {
  struct synched__cpus mask;
  int status = synched__cpus_allowed(&mask, 0);
  if (status != 0)
    return status;
  allow(machine, &mask);
  if (machine->allowed_count == 0) {
    char text[64];
    status =
        synched__fail(SYNCHED_EIO, "this process may use the CPUs %s, and hwloc knows none of them",
                      synched__cpus_format(text, sizeof text, &mask));
  }
  synched__cpus_free(&mask);
  return status;
}

int synched__machine_allow(struct synched__machine *machine, const char *cpu_list) {
  struct synched__cpus wanted;
  int status = synched__cpus_parse(&wanted, cpu_list);
  if (status != 0)
    return status;
  qsort(wanted.numbers, wanted.count, sizeof(unsigned), ascending);
  for (size_t i = 0; status == 0 && i < wanted.count; i++)
    if (!synched__cpus_contains(&machine->present, wanted.numbers[i]))
      status = synched__fail(SYNCHED_ENOENT, "the machine has no CPU %u", wanted.numbers[i]);
  if (status == 0)
    allow(machine, &wanted);
  synched__cpus_free(&wanted);
  return status;
}

/* --- the machine --- */

int synched__machine_load(struct synched__machine *out, const char *synthetic) {
  *out = (struct synched__machine){0};
  hwloc_topology_t tree = NULL;
  int status = tree_load(&tree, synthetic);
  if (status != 0)
    return status;
  status = rows_make(out, tree);
  tree_unload(tree);
  if (status == 0 && synthetic != NULL)
    allow(out, &out->present);
  else if (status == 0)
    status = allow_own_mask(out);
  if (status != 0)
    synched__machine_unload(out);
  return status;
}

void synched__machine_unload(struct synched__machine *machine) {
  synched__free(machine->cpus);
  synched__cpus_free(&machine->present);
  synched__cpus_free(&machine->allowed);
  *machine = (struct synched__machine){0};
}

const struct synched__machine_cpu *synched__machine_find(const struct synched__machine *machine,
                                                         unsigned cpu) {
  for (size_t i = 0; i < machine->cpu_count; i++)
    if (machine->cpus[i].place.cpu == (int)cpu)
      return &machine->cpus[i];
  return NULL;
}
