/*
 * machine_test.c: machines as hwloc describes them, and which CPUs of them are allowed.
 */
#include "topology/machine.h"

#include <criterion/criterion.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <synched/status.h>
#include <synched/topology.h>

#include "platform/fault.h"
#include "support/machines.h"
#include "support/unit_support.h"

Test(machine, load_two_packages_has_a_row_per_cpu) {
  struct synched__machine machine = load(TWO_PACKAGES, NULL);
  cr_assert_eq(machine.cpu_count, 32);
  cr_expect_eq(machine.allowed_count, 32);
  cr_expect_eq(machine.core_count, 16);
  cr_expect_eq(machine.numa_node_count, 2);
  cr_expect_eq(machine.package_count, 2);
  for (int cpu = 0; cpu < 32; cpu++) {
    expect_place(&machine.cpus[cpu].place,
                 (struct synched_place){cpu, cpu / 2, cpu / 8, cpu / 16, cpu / 16});
    cr_expect(machine.cpus[cpu].allowed);
    cr_expect_eq(synched__machine_find(&machine, (unsigned)cpu), &machine.cpus[cpu]);
  }
  cr_expect_null(synched__machine_find(&machine, 32));
  synched__machine_unload(&machine);
  cr_expect_null(machine.cpus);
}

Test(machine, load_linux_numbers_keeps_logical_order) {
  struct synched__machine machine = load(LINUX_NUMBERS, NULL);
  cr_assert_eq(machine.cpu_count, 4);
  expect_place(&machine.cpus[0].place, (struct synched_place){0, 0, 0, 0, 0});
  expect_place(&machine.cpus[1].place, (struct synched_place){2, 0, 0, 0, 0});
  expect_place(&machine.cpus[2].place, (struct synched_place){1, 1, 0, 0, 0});
  expect_place(&machine.cpus[3].place, (struct synched_place){3, 1, 0, 0, 0});
  for (unsigned i = 0; i < 4; i++)
    cr_expect_eq(machine.present.numbers[i], i);
  synched__machine_unload(&machine);
}

Test(machine, load_bare_cpu_has_unknown_neighbours) {
  struct synched__machine machine = load("numa:1 pu:1", NULL);
  cr_assert_eq(machine.cpu_count, 1);
  expect_place(&machine.cpus[0].place, (struct synched_place){0, -1, -1, 0, -1});
  cr_expect_eq(machine.core_count, 1);
  cr_expect_eq(machine.numa_node_count, 1);
  cr_expect_eq(machine.package_count, 1);
  synched__machine_unload(&machine);
}

Test(machine, load_several_near_nodes_takes_the_narrowest_then_the_first) {
  struct synched__machine machine =
      load("package:2 [numa] [numa] group:2 [numa] core:2 pu:1", NULL);
  cr_assert_eq(machine.cpu_count, 8);
  for (size_t i = 0; i < 8; i++) /* nodes of the groups are narrower than those of the packages */
    cr_expect_eq(machine.cpus[i].place.numa_node, machine.cpus[i / 2 * 2].place.numa_node);
  cr_expect_neq(machine.cpus[0].place.numa_node, machine.cpus[2].place.numa_node);
  synched__machine_unload(&machine);
  machine = load("package:1 [numa(indexes=3,5)] [numa] core:2 pu:1", NULL);
  cr_expect_eq(machine.cpus[0].place.numa_node, machine.cpus[1].place.numa_node);
  synched__machine_unload(&machine);
}

/* Two cores, of which the first has the one NUMA node. */
static const char lopsided[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<!DOCTYPE topology SYSTEM \"hwloc2.dtd\">\n"
    "<topology version=\"2.0\">\n"
    "<object type=\"Machine\" os_index=\"0\" cpuset=\"0x3\" complete_cpuset=\"0x3\" "
    "allowed_cpuset=\"0x3\" nodeset=\"0x1\" complete_nodeset=\"0x1\" allowed_nodeset=\"0x1\" "
    "gp_index=\"1\">\n"
    "<object type=\"Core\" os_index=\"0\" cpuset=\"0x1\" complete_cpuset=\"0x1\" nodeset=\"0x1\" "
    "complete_nodeset=\"0x1\" gp_index=\"2\">\n"
    "<object type=\"NUMANode\" os_index=\"0\" cpuset=\"0x1\" complete_cpuset=\"0x1\" "
    "nodeset=\"0x1\" complete_nodeset=\"0x1\" gp_index=\"3\"/>\n"
    "<object type=\"PU\" os_index=\"0\" cpuset=\"0x1\" complete_cpuset=\"0x1\" nodeset=\"0x1\" "
    "complete_nodeset=\"0x1\" gp_index=\"4\"/>\n"
    "</object>\n"
    "<object type=\"Core\" os_index=\"1\" cpuset=\"0x2\" complete_cpuset=\"0x2\" nodeset=\"0x0\" "
    "complete_nodeset=\"0x0\" gp_index=\"5\">\n"
    "<object type=\"PU\" os_index=\"1\" cpuset=\"0x2\" complete_cpuset=\"0x2\" nodeset=\"0x0\" "
    "complete_nodeset=\"0x0\" gp_index=\"6\"/>\n"
    "</object>\n"
    "</object>\n"
    "</topology>\n";

Test(machine, load_cpu_far_from_all_nodes_is_near_none) {
  struct synched__machine machine;
  char path[] = "/tmp/synched-machine-XXXXXX";
  FILE *file = fdopen(mkstemp(path), "w");
  cr_assert_not_null(file);
  cr_assert_geq(fputs(lopsided, file), 0);
  cr_assert_eq(fclose(file), 0);
  cr_assert_eq(setenv("HWLOC_XMLFILE", path, 1), 0);
  const int status = synched__machine_load(&machine, NULL);
  cr_assert_eq(unsetenv("HWLOC_XMLFILE") + unlink(path), 0);
  if (status == SYNCHED_EIO)
    cr_skip_test("this process may use neither CPU 0 nor CPU 1");
  cr_assert_eq(status, 0, "%s", synched_error_message());
  cr_assert_eq(machine.cpu_count, 2);
  cr_expect_eq(machine.cpus[0].place.numa_node, 0);
  cr_expect_eq(machine.cpus[1].place.numa_node, -1);
  synched__machine_unload(&machine);
}

Test(machine, load_bad_description_is_refused) {
  struct synched__machine machine;
  memset(&machine, 1, sizeof machine);
  cr_expect_eq(synched__machine_load(&machine, "nonsense"), SYNCHED_EINVAL);
  cr_expect_str_eq(synched_error_message(), "hwloc does not take the description \"nonsense\"");
  cr_expect_null(machine.cpus);
  synched__machine_unload(&machine);
}

Test(machine, load_this_machine_allows_own_mask_and_leaves_it) {
  cpu_set_t before;
  cpu_set_t after;
  cr_assert_eq(sched_getaffinity(0, sizeof before, &before), 0);
  struct synched__machine machine = load(NULL, NULL);
  cr_assert_eq(sched_getaffinity(0, sizeof after, &after), 0);
  cr_expect(CPU_EQUAL(&before, &after));
  cr_expect_eq(machine.allowed_count, (size_t)CPU_COUNT(&before));
  for (size_t i = 0; i < machine.cpu_count; i++)
    cr_expect_eq(machine.cpus[i].allowed,
                 CPU_ISSET((size_t)machine.cpus[i].place.cpu, &before) != 0);
  synched__machine_unload(&machine);
}

Test(machine, load_after_narrowing_allows_one) {
  struct synched__machine machine = load(NULL, NULL);
  size_t cpu_count = machine.cpu_count;
  unsigned last = machine.allowed.numbers[machine.allowed_count - 1];
  synched__machine_unload(&machine);
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(last, &one);
  cr_assert_eq(sched_setaffinity(0, sizeof one, &one), 0);
  machine = load(NULL, NULL);
  cr_expect_eq(machine.cpu_count, cpu_count, "the whole machine is still seen");
  cr_expect_eq(machine.allowed_count, 1);
  expect_cpus(&machine, SYNCHED_AFFINITY_CORES, 2, (int[]){(int)last, (int)last});
  synched__machine_unload(&machine);
}

Test(machine, load_refused_leaves_it_empty) {
  struct synched__machine machine;
  synched__fault_arm(SYNCHED__FAULT_TOPOLOGY, 1);
  cr_expect_eq(synched__machine_load(&machine, NULL), SYNCHED_EIO);
  cr_expect_null(machine.cpus);
  int status = SYNCHED_ENOMEM;
  unsigned allocations = 0;
  while (status == SYNCHED_ENOMEM && allocations < 50) {
    synched__fault_arm(SYNCHED__FAULT_ALLOCATE, ++allocations);
    status = synched__machine_load(&machine, NULL);
    cr_expect(status == 0 || machine.cpus == NULL);
  }
  synched__fault_arm(SYNCHED__FAULT_ALLOCATE, 0);
  cr_expect_eq(status, 0);
  cr_expect_gt(allocations, 3);
  synched__machine_unload(&machine);
}

Test(machine, load_without_tables_refused_leaves_it_empty) {
  struct synched__machine machine;
  int status = SYNCHED_ENOMEM;
  unsigned allocations = 0;
  while (status == SYNCHED_ENOMEM && allocations < 50) {
    synched__fault_arm(SYNCHED__FAULT_TABLES, 1);
    synched__fault_arm(SYNCHED__FAULT_ALLOCATE, ++allocations);
    status = synched__machine_load(&machine, NULL);
    cr_expect(status == 0 || machine.cpus == NULL);
  }
  synched__fault_arm(SYNCHED__FAULT_ALLOCATE, 0);
  cr_expect_eq(status, 0);
  cr_expect_geq(allocations, 4);
  synched__machine_unload(&machine);
}

/* A description may be of another machine, or said to be of this one. */
Test(machine, load_of_none_of_our_cpus_is_refused) {
  struct synched__machine machine;
  cr_assert_eq(setenv("HWLOC_SYNTHETIC", "core:2 pu:1(indexes=8190,8191)", 1), 0);
  expect_refused(synched__machine_load(&machine, NULL), SYNCHED_EIO,
                 "it describes another machine");
  cr_assert_eq(setenv("HWLOC_THISSYSTEM", "1", 1), 0);
  expect_refused(synched__machine_load(&machine, NULL), SYNCHED_EIO, "hwloc knows none of them");
  cr_expect_null(strstr(synched_error_message(), "another machine"), "%s", synched_error_message());
  cr_assert_eq(unsetenv("HWLOC_THISSYSTEM") + unsetenv("HWLOC_SYNTHETIC"), 0);
}

/* What is not there need not be switched off. On a CPU that is not x86, hwloc has no component for
 * x86; an older hwloc has fewer flags, or fewer types of objects. The seam asks the real one for
 * what it does not have. */
Test(machine, load_hwloc_without_what_is_switched_off_is_the_same) {
  struct synched__machine whole = load(NULL, NULL);
  for (unsigned nth = 1; nth <= 3; nth++) {
    synched__fault_arm(SYNCHED__FAULT_FEATURE, nth);
    struct synched__machine machine = load(NULL, NULL);
    cr_expect_not(synched__fault_hit(SYNCHED__FAULT_FEATURE), "%u was not asked for", nth);
    cr_expect_eq(machine.cpu_count, whole.cpu_count);
    cr_expect_eq(machine.allowed_count, whole.allowed_count);
    for (size_t i = 0; i < machine.cpu_count && i < whole.cpu_count; i++)
      expect_place(&machine.cpus[i].place, whole.cpus[i].place);
    synched__machine_unload(&machine);
  }
  synched__machine_unload(&whole);
}

Test(machine, load_without_an_affinity_mask_allows_all) {
  synched__fault_arm(SYNCHED__FAULT_MASK, 1);
  struct synched__machine machine = load(NULL, NULL);
  cr_expect_eq(machine.allowed_count, machine.cpu_count);
  synched__machine_unload(&machine);
}

Test(machine, allow_unknown_cpu_changes_nothing) {
  struct synched__machine machine = load(TWO_PACKAGES, "3-4");
  cr_expect_eq(synched__machine_allow(&machine, "0,32"), SYNCHED_ENOENT);
  cr_expect_eq(synched__machine_allow(&machine, "0,"), SYNCHED_EINVAL);
  cr_assert_eq(machine.allowed_count, 2);
  cr_expect_eq(machine.allowed.numbers[0], 3);
  cr_expect(machine.cpus[4].allowed);
  cr_expect_not(machine.cpus[0].allowed);
  synched__machine_unload(&machine);
}
