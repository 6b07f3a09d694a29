/*
 * topology_test.c: what the public functions say of this machine, of one without tables, and of
 * descriptions of others.
 */
#include <synched/topology.h>

#include <criterion/criterion.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <synched/pool.h>
#include <synched/status.h>

#include "platform/cpus.h"
#include "platform/fault.h"
#include "support/machines.h"

/* --- a system without tables, and descriptions of other machines --- */

static struct synched_topology_info info_here(void) {
  struct synched_topology_info info = {.struct_size = sizeof info};
  cr_assert_eq(synched_topology_info(&info), 0, "%s", synched_error_message());
  return info;
}

static void expect_only_the_mask(const struct synched_topology_info *info) {
  cpu_set_t mask;
  cr_assert_eq(sched_getaffinity(0, sizeof mask, &mask), 0);
  cr_expect_eq(info->cpu_count, (unsigned)CPU_COUNT(&mask));
  cr_expect_eq(info->allowed_count, info->cpu_count);
  cr_expect_eq(info->core_count, info->cpu_count, "nobody knows which share one");
  cr_expect_eq(info->package_count, 1);
  cr_expect_not_null(strstr(info->warning, "/sys"), "%s", info->warning);
}

Test(topology, info_without_tables_has_the_mask_and_says_so) {
  synched__fault_arm(SYNCHED__FAULT_TABLES, 1);
  const struct synched_topology_info info = info_here();
  expect_only_the_mask(&info);
  for (size_t p = 0; p < sizeof permutations / sizeof permutations[0]; p++) {
    struct synched_place places[3];
    synched__fault_arm(SYNCHED__FAULT_TABLES, 1);
    cr_assert_eq(synched_topology_plan(places, 3, permutations[p], NULL), 0);
    cr_expect_geq(places[2].cpu, 0);
    cr_expect_eq(places[0].core, -1);
  }
}

/* Where this process may do that it really takes the tables away, to see that nobody complains on
 * standard error. */
Test(topology, load_without_sys_writes_nothing_to_standard_error) {
  if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
      mount("none", "/sys", "tmpfs", 0, NULL) != 0)
    cr_skip_test("this process may not change what is mounted");
  FILE *said = tmpfile();
  const int standard_error = dup(STDERR_FILENO);
  cr_assert_not_null(said);
  cr_assert_geq(dup2(fileno(said), STDERR_FILENO), 0);
  struct synched_topology_info info = {.struct_size = sizeof info};
  struct synched_pool *pool = NULL;
  const int info_status = synched_topology_info(&info);
  const int pool_status = synched_pool_create(&pool, NULL);
  (void)synched_pool_destroy(pool);
  (void)dup2(standard_error, STDERR_FILENO);
  (void)close(standard_error);
  const off_t said_bytes = lseek(fileno(said), 0, SEEK_END);
  (void)fclose(said);
  cr_assert_eq(said_bytes, 0, "%ld bytes", (long)said_bytes);
  cr_assert_eq(info_status, 0);
  cr_assert_eq(pool_status, 0);
  expect_only_the_mask(&info);
}

Test(topology, info_of_a_description_says_that_it_is_not_this_machine) {
  cr_assert_str_empty(info_here().warning);
  cr_assert_eq(setenv("HWLOC_SYNTHETIC", "package:3 numa:1 core:5 pu:2", 1), 0);
  const struct synched_topology_info info = info_here();
  cr_expect_eq(info.package_count, 3);
  cr_expect_eq(info.cpu_count, 30);
  cr_expect_not_null(strstr(info.warning, "not this machine's"), "%s", info.warning);
  cr_expect_not_null(strstr(info.warning, "HWLOC_SYNTHETIC"));
  struct synched_pool *pool;
  cr_assert_eq(
      synched_pool_create(
          &pool, SYNCHED_POOL_OPTIONS(.worker_count = 1, .affinity = SYNCHED_AFFINITY_COMPACT)),
      0);
  struct synched_pool_info pool_info = {.struct_size = sizeof pool_info};
  cr_assert_eq(synched_pool_info(pool, &pool_info), 0);
  cr_expect_not_null(strstr(pool_info.warning, "not this machine's"), "%s", pool_info.warning);
  cr_assert_eq(synched_pool_destroy(pool), 0);
  cr_assert_eq(unsetenv("HWLOC_SYNTHETIC"), 0);
}

/* What cannot be read hwloc passes over: then it is this machine. */
Test(topology, info_of_a_description_that_is_not_there_is_of_this_machine) {
  cr_assert_eq(setenv("HWLOC_XMLFILE", "/nonexistent.xml", 1), 0);
  const struct synched_topology_info info = info_here();
  cr_expect_str_empty(info.warning, "%s", info.warning);
  cr_assert_eq(unsetenv("HWLOC_XMLFILE"), 0);
}

/* A program that was compiled when there was no warning. */
Test(topology, info_of_the_first_version_is_filled_as_far_as_it_goes) {
  struct synched_topology_info info;
  memset(&info, 0x5a, sizeof info);
  info.struct_size = 40;
  cr_assert_eq(synched_topology_info(&info), 0, "%s", synched_error_message());
  cr_expect_eq(info.usable_count, synched__cpus_usable_of(info.allowed_count, info.quota_cpus));
  cr_expect_eq((unsigned char)info.warning[sizeof info.warning - 1], 0x5a);
}

/* --- the public functions --- */

Test(topology, info_this_machine_adds_up) {
  struct synched_topology_info info = {.struct_size = sizeof info};
  cr_assert_eq(synched_topology_info(&info), 0, "%s", synched_error_message());
  cr_expect_eq(info.struct_size, sizeof info);
  cr_expect_geq(info.package_count, 1);
  cr_expect_geq(info.numa_node_count, 1);
  cr_expect_leq(info.core_count, info.cpu_count);
  cr_expect_leq(info.allowed_count, info.cpu_count);
  cr_expect_geq(info.core_count, info.package_count);
  cr_expect_eq(info.usable_count, synched__cpus_usable_of(info.allowed_count, info.quota_cpus));
}

Test(topology, info_bad_out_is_refused) {
  struct synched_topology_info info = {.struct_size = 3};
  cr_expect_eq(synched_topology_info(NULL), SYNCHED_EINVAL);
  cr_expect_eq(synched_topology_info(&info), SYNCHED_EINVAL);
  info.struct_size = sizeof info;
  synched__fault_arm(SYNCHED__FAULT_TOPOLOGY, 1);
  cr_expect_eq(synched_topology_info(&info), SYNCHED_EIO);
  cr_expect_eq(info.cpu_count, 0);
}

Test(topology, plan_public_is_checked_and_planned) {
  struct synched_place places[3];
  cr_expect_eq(synched_topology_plan(NULL, 1, SYNCHED_AFFINITY_NONE, NULL), SYNCHED_EINVAL);
  cr_expect_eq(synched_topology_plan(places, 0, SYNCHED_AFFINITY_NONE, NULL), SYNCHED_EINVAL);
  cr_expect_eq(synched_topology_plan(places, 1, SYNCHED_AFFINITY_LIST, "1048575"), SYNCHED_ENOENT);
  cr_expect_eq(synched_topology_plan(places, 1, SYNCHED_AFFINITY_LIST, "x"), SYNCHED_EINVAL);
  cr_expect_eq(synched_topology_plan(places, 1, SYNCHED_AFFINITY_NONE, "0"), SYNCHED_EINVAL);
  cr_assert_eq(synched_topology_plan(places, 3, SYNCHED_AFFINITY_SCATTER, NULL), 0);
  cr_expect_geq(places[2].cpu, 0);
  cr_assert_eq(synched_topology_plan(places, 3, SYNCHED_AFFINITY_NONE, NULL), 0);
  cr_expect_eq(places[2].cpu, -1);
}

Test(topology, affinity_names_go_both_ways) {
  for (int i = SYNCHED_AFFINITY_AUTO; i <= SYNCHED_AFFINITY_LIST; i++) {
    enum synched_affinity affinity = SYNCHED_AFFINITY_AUTO;
    const char *name = synched_affinity_name((enum synched_affinity)i);
    cr_assert_not_null(name);
    cr_expect_eq(synched_affinity_parse(&affinity, name), 0);
    cr_expect_eq((int)affinity, i);
  }
  cr_expect_str_eq(synched_affinity_name(SYNCHED_AFFINITY_SCATTER), "scatter");
  cr_expect_null(synched_affinity_name((enum synched_affinity)6));
  cr_expect_null(synched_affinity_name((enum synched_affinity) - 1));
}

Test(topology, affinity_parse_bad_names_are_refused) {
  enum synched_affinity affinity = SYNCHED_AFFINITY_LIST;
  cr_expect_eq(synched_affinity_parse(&affinity, "Cores"), SYNCHED_EINVAL);
  cr_expect_str_eq(
      synched_error_message(),
      "\"Cores\" is no affinity; there are auto, none, compact, scatter, cores and list");
  cr_expect_eq(synched_affinity_parse(&affinity, ""), SYNCHED_EINVAL);
  cr_expect_eq(synched_affinity_parse(&affinity, "core"), SYNCHED_EINVAL);
  cr_expect_eq(synched_affinity_parse(&affinity, NULL), SYNCHED_EINVAL);
  cr_expect_eq(synched_affinity_parse(NULL, "cores"), SYNCHED_EINVAL);
  cr_expect_eq(affinity, SYNCHED_AFFINITY_LIST);
}
