/*
 * launcher_test.c: what is said of a rank that its launcher has bound.
 */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <unistd.h>

#include "platform/cpus.h"
#include "platform/fault.h"
#include "platform/launcher.h"

static void expect(struct synched__launcher launcher, unsigned worker_count, double gain,
                   const char *text) {
  char found[SYNCHED__BINDING_BYTES];
  const double found_gain = synched__launcher_judge(found, &launcher, worker_count);
  cr_expect_str_eq(found, text);
  cr_expect_float_eq(found_gain, gain, 1e-9);
}

Test(launcher, ranks_that_are_bound_to_too_few_are_told) {
  expect((struct synched__launcher){SYNCHED__LAUNCHER_OPEN_MPI, 2, 16, 1}, 4, 0.75,
         "the launcher has bound this rank to 1 of 16 CPUs, and its pool has 4 workers: start it "
         "with mpirun --bind-to none, or --map-by slot:PE=4");
  expect((struct synched__launcher){SYNCHED__LAUNCHER_HYDRA, 0, 8, 2}, 4, 0.5,
         "the launcher has bound this rank to 2 of 8 CPUs, and its pool has 4 workers: start it "
         "with mpiexec -bind-to none, or -bind-to core:4");
  expect((struct synched__launcher){SYNCHED__LAUNCHER_SLURM, 1, 2, 1}, 8, 0.5,
         "the launcher has bound this rank to 1 of 2 CPUs, and its pool has 8 workers: start it "
         "with srun --cpu-bind=none, or --cpus-per-task=8");
}

Test(launcher, cpus_that_nobody_may_use_are_told) {
  expect((struct synched__launcher){SYNCHED__LAUNCHER_OPEN_MPI, 2, 16, 1}, 1, 0.875,
         "the launcher has bound this rank, one of 2 here, to 1 of 16 CPUs, and leaves others "
         "idle: start it with mpirun --bind-to none, or --map-by slot:PE=8");
}

Test(launcher, ranks_with_cpus_enough_are_told_nothing) {
  expect((struct synched__launcher){SYNCHED__LAUNCHER_NONE, 2, 16, 1}, 4, 0, "");
  /* not bound: the machine has no more */
  expect((struct synched__launcher){SYNCHED__LAUNCHER_OPEN_MPI, 2, 2, 2}, 4, 0, "");
  /* as many for each as there are */
  expect((struct synched__launcher){SYNCHED__LAUNCHER_OPEN_MPI, 2, 2, 1}, 1, 0, "");
  expect((struct synched__launcher){SYNCHED__LAUNCHER_OPEN_MPI, 2, 16, 8}, 8, 0, "");
  /* how many share the machine is not known */
  expect((struct synched__launcher){SYNCHED__LAUNCHER_SLURM, 0, 16, 2}, 2, 0, "");
  /* the system does not tell */
  expect((struct synched__launcher){SYNCHED__LAUNCHER_HYDRA, 1, 0, 0}, 2, 0, "");
}

Test(launcher, this_test_has_none) {
  struct synched__launcher found;
  synched__launcher_find(&found);
  cr_expect_eq(found.kind, SYNCHED__LAUNCHER_NONE);
}

/* --- what it says in the environment, which is read once in a process: as is each test --- */

static struct synched__launcher find_with(const char *sign, const char *count_name,
                                          const char *count) {
  struct synched__launcher found;
  cr_assert_eq(setenv(sign, "1", 1), 0);
  if (count != NULL)
    cr_assert_eq(setenv(count_name, count, 1), 0);
  synched__launcher_find(&found);
  return found;
}

static unsigned own_cpus(void) {
  struct synched__cpus cpus;
  cr_assert_eq(synched__cpus_allowed(&cpus, 0), 0);
  const unsigned count = (unsigned)cpus.count;
  synched__cpus_free(&cpus);
  return count;
}

Test(launcher, one_that_says_how_many_ranks_are_here) {
  const struct synched__launcher found = find_with("PMI_RANK", "MPI_LOCALNRANKS", "3");
  cr_expect_eq(found.kind, SYNCHED__LAUNCHER_HYDRA);
  cr_expect_eq(found.local_ranks, 3);
  cr_expect_eq(found.own_cpus, own_cpus());
  /* This process's parent has not bound it. */
  cr_expect_eq(found.launcher_cpus, found.own_cpus);
}

Test(launcher, one_that_does_not_say_how_many_ranks_are_here) {
  const struct synched__launcher found = find_with("SLURM_PROCID", "", NULL);
  cr_expect_eq(found.kind, SYNCHED__LAUNCHER_SLURM);
  cr_expect_eq(found.local_ranks, 0);
}

Test(launcher, a_number_of_ranks_that_cannot_be_is_none) {
  const struct synched__launcher found =
      find_with("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE", "123456789");
  cr_expect_eq(found.kind, SYNCHED__LAUNCHER_OPEN_MPI);
  cr_expect_eq(found.local_ranks, 0);
}

/* Behind a shell that was bound with its rank, the parent has no more CPUs than that. */
static struct synched__launcher find_behind_shell(const char *bound) {
  cr_assert_eq(setenv("OMPI_MCA_orte_bound_at_launch", bound, 1), 0);
  return find_with("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE", "1");
}

Test(launcher, one_that_says_that_it_has_bound_the_rank_had_all_cpus) {
  const unsigned online = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
  const struct synched__launcher found = find_behind_shell("1");
  cr_expect_eq(found.launcher_cpus, online > found.own_cpus ? online : found.own_cpus);
}

Test(launcher, one_that_says_that_it_has_not_bound_the_rank_has_its_own_cpus) {
  cr_expect_eq(find_behind_shell("0").launcher_cpus, own_cpus());
}

Test(launcher, cpus_that_the_system_does_not_tell_are_none) {
  synched__fault_arm(SYNCHED__FAULT_MASK, 1);
  const struct synched__launcher found = find_with("PMI_RANK", "MPI_LOCALNRANKS", "2");
  cr_expect_eq(found.own_cpus, 0);
  cr_expect_gt(found.launcher_cpus, 0);
}
