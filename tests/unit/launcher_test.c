/*
 * launcher_test.c: what is said of a rank that its launcher has bound.
 */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <unistd.h>

#include "platform/launcher.h"
#include "support/support.h"

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

/* --- what the environment says: each test is a process, which reads it once --- */

static struct synched__launcher found_with(const char *sign, const char *count_sign,
                                           const char *count) {
  struct synched__launcher found;
  cr_assert_eq(setenv(sign, "0", 1), 0);
  if (count != NULL)
    cr_assert_eq(setenv(count_sign, count, 1), 0);
  synched__launcher_find(&found);
  return found;
}

Test(launcher, open_mpi_is_known_by_its_variables) {
  const struct synched__launcher found =
      found_with("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE", "2");
  cr_expect_eq(found.kind, SYNCHED__LAUNCHER_OPEN_MPI);
  cr_expect_eq(found.local_ranks, 2);
  cr_expect_gt(found.own_cpus, 0);
  cr_expect_geq(found.launcher_cpus, found.own_cpus);
}

Test(launcher, hydra_is_known_by_its_variables_and_may_not_say_how_many_ranks) {
  const struct synched__launcher found = found_with("PMI_RANK", "MPI_LOCALNRANKS", NULL);
  cr_expect_eq(found.kind, SYNCHED__LAUNCHER_HYDRA);
  cr_expect_eq(found.local_ranks, 0);
}

Test(launcher, number_of_ranks_that_cannot_be_is_not_known) {
  const struct synched__launcher found =
      found_with("SLURM_PROCID", "SLURM_NTASKS_PER_NODE", "99999999999");
  cr_expect_eq(found.kind, SYNCHED__LAUNCHER_SLURM);
  cr_expect_eq(found.local_ranks, 0);
}

static struct synched__launcher found_as_bound(const char *bound) {
  cr_assert_eq(setenv("OMPI_MCA_orte_bound_at_launch", bound, 1), 0);
  return found_with("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE", "1");
}

/* Of a rank behind a shell the parent is bound, too; then there are all CPUs of the machine. The
 * system does not tell the parent's in these tests, which is as if there were fewer. */
Test(launcher, rank_that_was_bound_behind_a_shell_knows_the_whole_machine) {
  synched__fault_arm(SYNCHED__FAULT_MASK, 2);
  const struct synched__launcher found = found_as_bound("1");
  cr_expect(!disarm(SYNCHED__FAULT_MASK, 2));
  cr_expect_eq(found.launcher_cpus, (unsigned)sysconf(_SC_NPROCESSORS_ONLN));
}

Test(launcher, rank_that_was_bound_has_no_more_than_its_parent_where_that_has_all) {
  const struct synched__launcher found = found_as_bound("1");
  cr_expect_geq(found.launcher_cpus, (unsigned)sysconf(_SC_NPROCESSORS_ONLN));
}

Test(launcher, rank_that_was_not_bound_has_no_more_than_its_parent) {
  synched__fault_arm(SYNCHED__FAULT_MASK, 2);
  const struct synched__launcher found = found_as_bound("0");
  cr_expect(!disarm(SYNCHED__FAULT_MASK, 2));
  cr_expect_gt(found.own_cpus, 0);
  cr_expect_eq(found.launcher_cpus, 0);
}

Test(launcher, cpus_that_the_system_does_not_tell_are_none) {
  synched__fault_arm(SYNCHED__FAULT_MASK, 1);
  const struct synched__launcher found = found_as_bound("0");
  cr_expect(!disarm(SYNCHED__FAULT_MASK, 1));
  cr_expect_eq(found.own_cpus, 0);
  cr_expect_gt(found.launcher_cpus, 0);
}
