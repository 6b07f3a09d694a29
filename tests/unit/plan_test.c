/*
 * plan_test.c: plans: which worker gets which CPU of a machine.
 */
#include "topology/plan.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include <synched/status.h>
#include <synched/topology.h>

#include "platform/cpus.h"
#include "platform/fault.h"
#include "support/machines.h"

/* --- plans --- */

Test(plan, none_binds_nobody_and_needs_no_machine) {
  struct synched_place places[3];
  plan(places, NULL, SYNCHED_AFFINITY_NONE, 3);
  for (int i = 0; i < 3; i++)
    expect_place(&places[i], (struct synched_place){-1, -1, -1, -1, -1});
}

Test(plan, compact_fills_cores) {
  struct synched__machine machine = load(TWO_PACKAGES, NULL);
  expect_cpus(&machine, SYNCHED_AFFINITY_COMPACT, 1, (int[]){0});
  expect_cpus(&machine, SYNCHED_AFFINITY_COMPACT, 7, (int[]){0, 1, 2, 3, 4, 5, 6});
  synched__machine_unload(&machine);
  machine = load(LINUX_NUMBERS, NULL);
  expect_cpus(&machine, SYNCHED_AFFINITY_COMPACT, 6, (int[]){0, 2, 1, 3, 0, 2});
  synched__machine_unload(&machine);
}

Test(plan, cores_takes_second_threads_last) {
  struct synched__machine machine = load(TWO_PACKAGES, NULL);
  int expected[34];
  for (int i = 0; i < 16; i++) {
    expected[i] = 2 * i;
    expected[16 + i] = 2 * i + 1;
  }
  expected[32] = 0;
  expected[33] = 2;
  expect_cpus(&machine, SYNCHED_AFFINITY_CORES, 1, expected);
  expect_cpus(&machine, SYNCHED_AFFINITY_CORES, 2, expected);
  expect_cpus(&machine, SYNCHED_AFFINITY_CORES, 34, expected);
  synched__machine_unload(&machine);
  machine = load(LINUX_NUMBERS, NULL);
  expect_cpus(&machine, SYNCHED_AFFINITY_CORES, 5, (int[]){0, 1, 2, 3, 0});
  synched__machine_unload(&machine);
}

Test(plan, scatter_takes_packages_then_caches_then_cores_then_threads) {
  struct synched__machine machine = load(TWO_PACKAGES, NULL);
  int expected[33];
  for (int i = 0; i < 32; i++) {
    int package = i % 2;
    int cache = i / 2 % 2;
    int core = i / 4 % 4;
    int thread = i / 16;
    expected[i] = package * 16 + cache * 8 + core * 2 + thread;
  }
  expected[32] = 0;
  expect_cpus(&machine, SYNCHED_AFFINITY_SCATTER, 1, expected);
  expect_cpus(&machine, SYNCHED_AFFINITY_SCATTER, 3, expected);
  expect_cpus(&machine, SYNCHED_AFFINITY_SCATTER, 32, expected);
  expect_cpus(&machine, SYNCHED_AFFINITY_SCATTER, 33, expected);
  synched__machine_unload(&machine);
}

Test(plan, scatter_takes_numa_nodes_before_caches) {
  struct synched__machine machine = load("package:2 numa:2 l3:2 core:1 pu:1", NULL);
  expect_cpus(&machine, SYNCHED_AFFINITY_SCATTER, 8, (int[]){0, 4, 2, 6, 1, 5, 3, 7});
  synched__machine_unload(&machine);
}

Test(plan, mask_with_holes_uses_what_is_allowed) {
  struct synched__machine machine = load(TWO_PACKAGES, "1,4-5,17,30-31");
  expect_cpus(&machine, SYNCHED_AFFINITY_COMPACT, 7, (int[]){1, 4, 5, 17, 30, 31, 1});
  expect_cpus(&machine, SYNCHED_AFFINITY_CORES, 7, (int[]){1, 4, 17, 30, 5, 31, 1});
  expect_cpus(&machine, SYNCHED_AFFINITY_SCATTER, 7, (int[]){1, 17, 4, 30, 5, 31, 1});
  synched__machine_unload(&machine);
}

Test(plan, unknown_cores_are_one_per_cpu) {
  struct synched__machine machine = load("package:2 numa:1 pu:2", NULL);
  cr_expect_eq(machine.core_count, 4);
  expect_cpus(&machine, SYNCHED_AFFINITY_CORES, 4, (int[]){0, 1, 2, 3});
  expect_cpus(&machine, SYNCHED_AFFINITY_SCATTER, 4, (int[]){0, 2, 1, 3});
  synched__machine_unload(&machine);
}

/* Package 0 keeps one core, package 1 all eight: the second thread of package 0 still comes after
 * every core of package 1. */
Test(plan, scatter_uneven_packages_take_turns_while_they_last) {
  struct synched__machine machine = load(TWO_PACKAGES, "0-1,16-31");
  expect_cpus(&machine, SYNCHED_AFFINITY_SCATTER, 11,
              (int[]){0, 16, 24, 18, 26, 20, 28, 22, 30, 1, 17});
  cr_assert_eq(synched__machine_allow(&machine, "0-2,4,16-19"), 0);
  expect_cpus(&machine, SYNCHED_AFFINITY_SCATTER, 8, (int[]){0, 16, 2, 18, 4, 1, 17, 19});
  synched__machine_unload(&machine);
}

/* What every permutation keeps on every machine: nobody outside the mask, each CPU once before any
 * is dealt again, the same plan every time, and a longer plan goes on where a shorter one ends. */
static void check_permutation(const struct synched__machine *machine,
                              enum synched_affinity affinity) {
  struct synched_place all[WORKERS];
  struct synched_place some[WORKERS];
  plan(all, machine, affinity, WORKERS);
  for (size_t i = 0; i < WORKERS; i++) {
    cr_assert(synched__cpus_contains(&machine->allowed, (unsigned)all[i].cpu));
    for (size_t j = 0; i < machine->allowed_count && j < i; j++)
      cr_assert_neq(all[i].cpu, all[j].cpu);
    if (i >= machine->allowed_count)
      cr_assert_eq(all[i].cpu, all[i - machine->allowed_count].cpu);
  }
  const unsigned counts[] = {1, 2, 3, 7, (unsigned)machine->allowed_count, WORKERS};
  for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
    plan(some, machine, affinity, counts[i]);
    cr_assert_eq(memcmp(some, all, counts[i] * sizeof *some), 0);
  }
}

Test(plan, any_machine_is_a_repeatable_permutation) {
  static const struct {
    const char *synthetic;
    const char *allowed;
  } machines[] = {
      {"numa:1 pu:1", NULL},
      {"numa:1 pu:3", "0,2"},
      {"numa:1 core:1 pu:2", NULL},
      {TWO_PACKAGES, NULL},
      {TWO_PACKAGES, "7"},
      {TWO_PACKAGES, "0,3,9-12,15,31"},
      {LINUX_NUMBERS, "1-3"},
      {"package:4 numa:2 l3:4 core:4 pu:2", NULL},
      {"package:4 numa:2 l3:4 core:4 pu:2", "1-100,130,251-255"},
      {"numa:3 core:5 pu:4", "0-58"},
      {NULL, NULL},
  };
  for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++) {
    struct synched__machine machine = load(machines[i].synthetic, machines[i].allowed);
    for (size_t p = 0; p < sizeof permutations / sizeof permutations[0]; p++)
      check_permutation(&machine, permutations[p]);
    synched__machine_unload(&machine);
  }
}

Test(plan, big_machine_scatters_evenly) {
  struct synched__machine machine = load("package:4 numa:2 l3:4 core:4 pu:2", NULL);
  struct synched_place places[256];
  plan(places, &machine, SYNCHED_AFFINITY_SCATTER, 256);
  for (int i = 0; i < 128; i++) {
    cr_expect_eq(places[i].package, i % 4);
    cr_expect_eq(places[i].numa_node, i % 4 * 2 + i / 4 % 2);
    cr_expect_eq(places[i].cache, i % 4 * 8 + i / 4 % 2 * 4 + i / 8 % 4);
    cr_expect_eq(places[i].core, places[i + 128].core, "second threads come in the same order");
  }
  synched__machine_unload(&machine);
}

/* --- lists --- */

static int plan_list(struct synched_place *places, const struct synched__machine *machine,
                     unsigned worker_count, const char *cpu_list) {
  struct synched__plan_request request = {
      .worker_count = worker_count, .affinity = SYNCHED_AFFINITY_LIST, .cpu_list = cpu_list};
  return synched__plan_make(places, machine, &request);
}

Test(plan, list_keeps_its_order_and_is_dealt_again) {
  struct synched__machine machine = load(TWO_PACKAGES, "0-20");
  struct synched_place places[6];
  cr_assert_eq(plan_list(places, &machine, 6, "17,2-3,17"), 0);
  const int expected[] = {17, 2, 3, 17, 17, 2};
  for (int i = 0; i < 6; i++)
    cr_expect_eq(places[i].cpu, expected[i]);
  expect_place(&places[0], (struct synched_place){17, 8, 2, 1, 1});
  synched__machine_unload(&machine);
}

Test(plan, list_bad_cpus_are_refused_and_places_untouched) {
  static const struct {
    const char *list;
    int status;
    const char *message;
  } cases[] = {
      {"0,32", SYNCHED_ENOENT, "cpu_list names CPU 32; this machine has 0-31"},
      {"1048575", SYNCHED_ENOENT, "cpu_list names CPU 1048575; this machine has 0-31"},
      {"0-2", SYNCHED_EPERM, "cpu_list names CPU 2; this process may use 0-1,4 only"},
      {"4,5,99", SYNCHED_EPERM, "cpu_list names CPU 5; this process may use 0-1,4 only"},
      {"0-", SYNCHED_EINVAL, "cpu_list ends at character 3, where the number of a CPU is expected"},
      {NULL, SYNCHED_EINVAL, "cpu_list is NULL; it names CPUs like \"0-3,8\""},
  };
  struct synched__machine machine = load(TWO_PACKAGES, "0-1,4");
  struct synched_place places[2];
  struct synched_place before[2];
  memset(places, 0x5a, sizeof places);
  memcpy(before, places, sizeof places);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cr_expect_eq(plan_list(places, &machine, 2, cases[i].list), cases[i].status, "case %zu", i);
    cr_expect_str_eq(synched_error_message(), cases[i].message);
    cr_expect_eq(memcmp(places, before, sizeof places), 0);
  }
  synched__machine_unload(&machine);
}

/* --- checking and choosing --- */

Test(plan, check_bad_requests_are_refused) {
  static const struct {
    struct synched__plan_request request;
    const char *message;
  } cases[] = {
      {{0, SYNCHED_AFFINITY_NONE, NULL, NULL},
       "worker_count is 0; a plan is for at least one worker"},
      {{1, (enum synched_affinity)6, NULL, NULL},
       "affinity is 6, which is none of synched_affinity"},
      {{1, (enum synched_affinity) - 1, NULL, NULL},
       "affinity is -1, which is none of synched_affinity"},
      {{1, SYNCHED_AFFINITY_CORES, "0", NULL},
       "cpu_list is set, but affinity is cores; a list goes with list only"},
      {{1, SYNCHED_AFFINITY_LIST, NULL, NULL}, "cpu_list is NULL; it names CPUs like \"0-3,8\""},
      {{1, SYNCHED_AFFINITY_LIST, "", NULL}, "cpu_list is empty; it names CPUs like \"0-3,8\""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cr_expect_eq(synched__plan_check(&cases[i].request), SYNCHED_EINVAL, "case %zu", i);
    cr_expect_str_eq(synched_error_message(), cases[i].message);
  }
  struct synched__plan_request good = {4000000000u, SYNCHED_AFFINITY_LIST, "0-3", NULL};
  cr_expect_eq(synched__plan_check(&good), 0);
}

static enum synched_affinity chosen(enum synched_affinity affinity, unsigned worker_count,
                                    unsigned allowed, double quota) {
  struct synched__plan_request request = {.worker_count = worker_count, .affinity = affinity};
  struct synched__cpus_budget budget = {.allowed_count = allowed,
                                        .quota_cpus = quota,
                                        .usable_count = synched__cpus_usable_of(allowed, quota)};
  return synched__plan_choose(&request, &budget);
}

Test(plan, choose_auto_binds_who_takes_every_cpu) {
  cr_expect_eq(chosen(SYNCHED_AFFINITY_AUTO, 4, 4, 0), SYNCHED_AFFINITY_CORES);
  cr_expect_eq(chosen(SYNCHED_AFFINITY_AUTO, 5, 4, 0), SYNCHED_AFFINITY_CORES);
  cr_expect_eq(chosen(SYNCHED_AFFINITY_AUTO, 1, 1, 0), SYNCHED_AFFINITY_CORES);
  cr_expect_eq(chosen(SYNCHED_AFFINITY_AUTO, 3, 4, 0), SYNCHED_AFFINITY_NONE);
  cr_expect_eq(chosen(SYNCHED_AFFINITY_AUTO, 1, 2, 0), SYNCHED_AFFINITY_NONE);
  cr_expect_eq(chosen(SYNCHED_AFFINITY_CORES, 1, 2, 0), SYNCHED_AFFINITY_CORES, "as asked for");
}

/* A quota is rounded up to a count of CPUs in many places; whether one is in the way it decides as
 * it is. */
Test(plan, choose_auto_is_none_with_any_quota_below_the_mask) {
  cr_expect_eq(chosen(SYNCHED_AFFINITY_AUTO, 2, 2, 1.5), SYNCHED_AFFINITY_NONE);
  cr_expect_eq(chosen(SYNCHED_AFFINITY_AUTO, 2, 2, 1.99), SYNCHED_AFFINITY_NONE);
  cr_expect_eq(chosen(SYNCHED_AFFINITY_AUTO, 1, 1, 0.5), SYNCHED_AFFINITY_NONE);
  cr_expect_eq(chosen(SYNCHED_AFFINITY_AUTO, 4, 4, 2), SYNCHED_AFFINITY_NONE);
  cr_expect_eq(chosen(SYNCHED_AFFINITY_AUTO, 2, 2, 2), SYNCHED_AFFINITY_CORES);
  cr_expect_eq(chosen(SYNCHED_AFFINITY_AUTO, 2, 2, 7.5), SYNCHED_AFFINITY_CORES);
  cr_expect_eq(chosen(SYNCHED_AFFINITY_SCATTER, 5, 4, 2), SYNCHED_AFFINITY_SCATTER);
  cr_expect_eq(chosen(SYNCHED_AFFINITY_NONE, 4, 4, 0), SYNCHED_AFFINITY_NONE);
}

Test(plan, taken_cpus_come_last) {
  struct synched__machine machine = load(TWO_PACKAGES, "0-7");
  unsigned numbers[] = {0, 2, 5};
  const struct synched__cpus taken = {numbers, sizeof numbers / sizeof *numbers};
  struct synched__plan_request request = {
      .worker_count = 9, .affinity = SYNCHED_AFFINITY_CORES, .taken = &taken};
  struct synched_place places[9];
  const int expected[] = {4, 6, 1, 3, 7, 0, 2, 5, 4};
  cr_assert_eq(synched__plan_make(places, &machine, &request), 0);
  for (int i = 0; i < 9; i++)
    cr_expect_eq(places[i].cpu, expected[i], "worker %d: %d", i, places[i].cpu);
  synched__machine_unload(&machine);
}

/* --- the whole way, on this machine --- */

/* All that this machine has, without a quota. */
static struct synched__cpus_budget plenty_here(void) {
  struct synched__cpus_budget budget;
  synched__cpus_budget(&budget);
  budget.quota_cpus = 0;
  budget.usable_count = budget.allowed_count;
  return budget;
}

static struct synched__plan_result plan_here(struct synched_place *places,
                                             const struct synched__plan_request *request,
                                             const struct synched__cpus_budget *budget) {
  struct synched__plan_result result;
  cr_assert_eq(synched__plan_here(places, &result, request, budget), 0, "%s",
               synched_error_message());
  return result;
}

static void expect_decision(const struct synched__plan_result *result, const char *part) {
  cr_expect_not_null(strstr(result->decision, part), "\"%s\" does not say \"%s\"", result->decision,
                     part);
}

Test(plan, here_unreadable_machine_degrades_auto_only) {
  const struct synched__cpus_budget plenty = plenty_here();
  struct synched_place places[WORKERS];
  struct synched__plan_result result;
  struct synched__plan_request request = {.worker_count = plenty.allowed_count,
                                          .affinity = SYNCHED_AFFINITY_AUTO};
  synched__fault_arm(SYNCHED__FAULT_TOPOLOGY, 1);
  result = plan_here(places, &request, &plenty);
  cr_expect_eq(result.affinity, SYNCHED_AFFINITY_NONE);
  cr_expect_eq(result.topology_status, SYNCHED_EIO);
  cr_expect_eq(places[0].cpu, -1);
  expect_decision(&result, "could not be read");
  request.affinity = SYNCHED_AFFINITY_COMPACT;
  synched__fault_arm(SYNCHED__FAULT_TOPOLOGY, 1);
  cr_expect_eq(synched__plan_here(places, &result, &request, &plenty), SYNCHED_EIO);
  request.affinity = SYNCHED_AFFINITY_NONE; /* does not look at the machine at all */
  synched__fault_arm(SYNCHED__FAULT_TOPOLOGY, 1);
  result = plan_here(places, &request, &plenty);
  cr_expect_eq(result.topology_status, 0);
  expect_decision(&result, "as asked for");
  cr_expect(synched__fault_hit(SYNCHED__FAULT_TOPOLOGY), "still armed");
}

Test(plan, here_auto_says_what_it_decided_and_why) {
  struct synched__cpus_budget budget = plenty_here();
  const unsigned cpus = budget.allowed_count;
  struct synched_place places[WORKERS];
  struct synched__plan_request request = {.worker_count = cpus + 6,
                                          .affinity = SYNCHED_AFFINITY_AUTO};
  struct synched__plan_result result = plan_here(places, &request, &budget);
  cr_expect_eq(result.affinity, SYNCHED_AFFINITY_CORES);
  for (unsigned w = 0; w < cpus + 6; w++) /* there is no CPU of its own for the last six */
    cr_expect_eq(places[w].cpu >= 0, w < cpus);
  expect_decision(&result, "one worker to each");
  expect_decision(&result, "6 more bound to nothing");
  unsigned first = (unsigned)places[0].cpu;
  const struct synched__cpus taken = {&first, 1};
  request.taken = &taken;
  result = plan_here(places, &request, &budget);
  cr_expect_eq(places[cpus - 1].cpu, (int)first);
  expect_decision(&result, "last those of its other pools");
  budget.allowed_count++; /* a CPU more than there are workers */
  request.worker_count = cpus;
  result = plan_here(places, &request, &budget);
  cr_expect_eq(result.affinity, SYNCHED_AFFINITY_NONE);
  cr_expect_eq(places[0].cpu, -1);
  expect_decision(&result, "fewer workers");
  budget = plenty_here();
  budget.quota_cpus = cpus - 0.5;
  result = plan_here(places, &request, &budget);
  cr_expect_eq(result.affinity, SYNCHED_AFFINITY_NONE);
  expect_decision(&result, "quota");
  request.affinity = SYNCHED_AFFINITY_SCATTER;
  result = plan_here(places, &request, &budget);
  expect_decision(&result, "as asked for: scatter");
}

/* All of the sentence is there, however large the machine: only a list of CPUs may be cut, and says
 * so. */
Test(plan, here_decision_on_a_large_machine_is_whole) {
  unsigned odd[128];
  for (unsigned i = 0; i < 128; i++)
    odd[i] = 2 * i + 1;
  const struct synched__cpus taken = {odd, 128};
  const struct synched__cpus_budget budget = {.allowed_count = 256, .usable_count = 256};
  const struct synched__plan_request request = {
      .worker_count = WORKERS, .affinity = SYNCHED_AFFINITY_AUTO, .taken = &taken};
  struct synched_place places[WORKERS];
  cr_assert_eq(setenv("HWLOC_SYNTHETIC", "package:2 numa:1 l3:8 core:8 pu:2", 1), 0);
  const struct synched__plan_result result = plan_here(places, &request, &budget);
  cr_assert_eq(unsetenv("HWLOC_SYNTHETIC"), 0);
  cr_expect_eq(result.affinity, SYNCHED_AFFINITY_CORES);
  expect_decision(&result, "one worker to each of the 256 CPUs that the process may use; "
                           "344 more bound to nothing; last those of its other pools: 1,3,5,");
  cr_expect_str_eq(result.decision + strlen(result.decision) - 4, ",...", "%s", result.decision);
}

Test(plan, here_memory_refused_anywhere_leaves_places_untouched) {
  const struct synched__cpus_budget plenty = plenty_here();
  struct synched_place before[3];
  memset(before, 0x5a, sizeof before);
  for (size_t p = 0; p < sizeof permutations / sizeof permutations[0]; p++) {
    struct synched__plan_request request = {.worker_count = 3, .affinity = permutations[p]};
    int status = SYNCHED_ENOMEM;
    for (unsigned allocation = 1; status == SYNCHED_ENOMEM && allocation < 50; allocation++) {
      struct synched_place places[3];
      struct synched__plan_result result;
      memcpy(places, before, sizeof places);
      synched__fault_arm(SYNCHED__FAULT_ALLOCATE, allocation);
      status = synched__plan_here(places, &result, &request, &plenty);
      cr_expect_eq(memcmp(places, before, sizeof places) == 0, status != 0);
    }
    synched__fault_arm(SYNCHED__FAULT_ALLOCATE, 0);
    cr_expect_eq(status, 0);
  }
}
