/*
 * launcher_test.c: what is said of a rank that its launcher has bound.
 */
#include <criterion/criterion.h>

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
