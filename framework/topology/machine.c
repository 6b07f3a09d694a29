/*
 * machine.c: hwloc's tree, flattened into a row per CPU.
 *
 * The whole machine is loaded, also what this process may not use: a cache that is shared with
 * forbidden CPUs is still one cache, and the counts are those of the machine. The affinity mask
 * then says what is allowed, not hwloc, which would look at the cgroup's set only.
 *
 * hwloc's own probing of x86 CPUs visits every CPU by binding the calling thread to it in turn.
 * That would move the host's thread about and briefly undo its mask, so it is switched off; the
 * system's tables say the same. All else that placement does not need is switched off, too.
 *
 * Not every hwloc has what is switched off here: the component for x86 CPUs is there on those
 * only,and an older library knows fewer flags than the header that this was compiled with. To be
 * told that there is no such thing is then no failure.
 *
 * Where the system has no tables of its CPUs (a container without /sys), hwloc would find nothing,
 * and say so on the standard error of whoever uses us. So it is not asked; the affinity mask then
 * is all that is known. The environment may also tell hwloc to describe another machine; what hwloc
 * says is used, and info says that it was.
 */
#include "topology/machine.h"

#include <errno.h>
#include <hwloc.h>
#include <stdio.h>
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

/* Whether hwloc has refused to do without something for another reason than that it has no such
 * thing. */
static bool is_refused(int result) {
  return result != 0 && errno != EINVAL && errno != ENOSYS;
}

static bool lacks_feature(void) {
  return synched__fault_hit(SYNCHED__FAULT_FEATURE);
}

static int set_flags(hwloc_topology_t tree) {
  const unsigned long unknown = lacks_feature() ? 1ul << 30 : 0;
  const unsigned long least = HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED;
  if (hwloc_topology_set_flags(tree, load_flags() | unknown) == 0)
    return 0;
  return errno == EINVAL ? hwloc_topology_set_flags(tree, least) : -1;
}

/* What there is none of in the tests' seam, hwloc is asked for under a name that it does not know:
 * so it answers itself. */
static int tree_configure(hwloc_topology_t tree, const char *synthetic) {
  const unsigned long without = HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST;
  const enum hwloc_type_filter_e none = HWLOC_TYPE_FILTER_KEEP_NONE;
  const hwloc_obj_type_t misc = lacks_feature() ? HWLOC_OBJ_TYPE_MAX : HWLOC_OBJ_MISC;
  if (is_refused(hwloc_topology_set_components(tree, without, lacks_feature() ? "none" : "x86")) ||
      set_flags(tree) != 0 || is_refused(hwloc_topology_set_io_types_filter(tree, none)) ||
      is_refused(hwloc_topology_set_icache_types_filter(tree, none)) ||
      is_refused(hwloc_topology_set_type_filter(tree, misc, none)))
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

/* What makes hwloc look at something else than this machine's tables. */
static const char *const redirections[] = {"HWLOC_SYNTHETIC", "HWLOC_XMLFILE", "HWLOC_FSROOT",
                                           "HWLOC_CPUID_PATH", "HWLOC_COMPONENTS"};

static bool is_redirected(void) {
  for (size_t i = 0; i < sizeof redirections / sizeof *redirections; i++)
    if (getenv(redirections[i]) != NULL) /* NOLINT(concurrency-mt-unsafe): as hwloc itself does */
      return true;
  return false;
}

/* Whether the system has tables of a CPU that this thread may use, and that is so running. */
static bool has_tables(const struct synched__cpus *mask) {
  char path[64];
  if (synched__fault_hit(SYNCHED__FAULT_TABLES))
    return false;
  (void)snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%u/topology/core_id",
                 mask->count == 0 ? 0 : mask->numbers[0]);
  FILE *file = fopen(path, "re");
  if (file == NULL)
    return errno != ENOENT && errno != ENOTDIR;
  (void)fclose(file);
  return true;
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

/* Where several nodes are near (fast and large memory side by side), it is the one that the fewest
 * CPUs share: hwloc tells of the nodes of a part before those of the whole. Among equals it is the
 * first, which is the ordinary one. */
static int numa_node_of(hwloc_topology_t tree, hwloc_obj_t cpu) {
  for (hwloc_obj_t node = hwloc_get_next_obj_by_type(tree, HWLOC_OBJ_NUMANODE, NULL); node != NULL;
       node = hwloc_get_next_obj_by_type(tree, HWLOC_OBJ_NUMANODE, node))
    if (hwloc_bitmap_isset(node->cpuset, cpu->os_index))
      return (int)node->os_index;
  return -1;
}

/* hwloc counts caches by level, and the last level may differ within a machine; so caches are
 * counted here. The CPUs of one cache follow one another. */
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

static int room_make(struct synched__machine *machine, size_t cpu_count) {
  machine->cpu_count = cpu_count;
  machine->cpus = synched__alloc(cpu_count, sizeof *machine->cpus);
  if (machine->cpus == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for a table of %zu CPUs", cpu_count);
  int status = set_make(&machine->present, machine);
  if (status == 0)
    status = set_make(&machine->allowed, machine);
  return status;
}

static void present_fill(struct synched__machine *machine) {
  for (size_t i = 0; i < machine->cpu_count; i++)
    machine->present.numbers[machine->present.count++] = (unsigned)machine->cpus[i].place.cpu;
  qsort(machine->present.numbers, machine->present.count, sizeof(unsigned), ascending);
}

static int rows_make(struct synched__machine *machine, hwloc_topology_t tree) {
  int count = hwloc_get_nbobjs_by_type(tree, HWLOC_OBJ_PU);
  if (count <= 0)
    return synched__fail(SYNCHED_EIO, "hwloc found no CPU");
  int status = room_make(machine, (size_t)count);
  if (status != 0)
    return status;
  rows_fill(machine, tree);
  counts_fill(machine, tree);
  present_fill(machine);
  machine->source =
      hwloc_topology_is_thissystem(tree) ? SYNCHED__MACHINE_HERE : SYNCHED__MACHINE_ELSEWHERE;
  return 0;
}

/* A machine of the CPUs in the mask, of which nothing else is known. */
static int rows_from_mask(struct synched__machine *machine, const struct synched__cpus *mask) {
  int status = room_make(machine, mask->count);
  if (status != 0)
    return status;
  for (size_t i = 0; i < mask->count; i++)
    machine->cpus[i].place = (struct synched_place){(int)mask->numbers[i], -1, -1, -1, -1};
  machine->core_count = (unsigned)mask->count;
  machine->numa_node_count = 1;
  machine->package_count = 1;
  present_fill(machine);
  machine->source = SYNCHED__MACHINE_MASK;
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

static int allow_mask(struct synched__machine *machine, const struct synched__cpus *mask) {
  char text[64];
  allow(machine, mask);
  if (machine->allowed_count != 0)
    return 0;
  return synched__fail(
      SYNCHED_EIO, "this process may use the CPUs %s, and hwloc knows none of them%s",
      synched__cpus_format(text, sizeof text, mask),
      machine->source == SYNCHED__MACHINE_ELSEWHERE ? ": it describes another machine" : "");
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

static int load_tree(struct synched__machine *out, const char *synthetic) {
  hwloc_topology_t tree = NULL;
  int status = tree_load(&tree, synthetic);
  if (status != 0)
    return status;
  status = rows_make(out, tree);
  tree_unload(tree);
  return status;
}

/* If a system does not tell the mask (some sandboxes do not), all CPUs are ours, as far as we
 * know. */
static int load_here(struct synched__machine *out) {
  struct synched__cpus mask;
  int status = synched__cpus_allowed(&mask, 0);
  const bool is_known = status == 0 && mask.count != 0;
  if (status == SYNCHED_ENOMEM)
    return status;
  if (is_known && !is_redirected() && !has_tables(&mask))
    status = rows_from_mask(out, &mask);
  else
    status = load_tree(out, NULL);
  if (status == 0)
    status = allow_mask(out, is_known ? &mask : &out->present);
  synched__cpus_free(&mask);
  return status;
}

int synched__machine_load(struct synched__machine *out, const char *synthetic) {
  *out = (struct synched__machine){0};
  int status = synthetic == NULL ? load_here(out) : load_tree(out, synthetic);
  if (status == 0 && synthetic != NULL)
    allow(out, &out->present);
  if (status != 0)
    synched__machine_unload(out);
  return status;
}

const char *synched__machine_doubt(const struct synched__machine *machine) {
  switch (machine->source) {
  case SYNCHED__MACHINE_MASK:
    return "the system has no tables of its CPUs (/sys): cores, caches and NUMA nodes are unknown";
  case SYNCHED__MACHINE_ELSEWHERE:
    return "the description is not this machine's: the environment gives hwloc another one "
           "(HWLOC_SYNTHETIC, HWLOC_XMLFILE, HWLOC_FSROOT)";
  default:
    return "";
  }
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
