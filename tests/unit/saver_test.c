/*
 * saver_test.c: which rounds somebody wants to be kept.
 */
#include "job/saver.h"

#include <criterion/criterion.h>

static uint64_t due_after(uint64_t every, uint64_t round) {
  struct synched__saver saver = {.every_rounds = every};
  synched__saver_pass(&saver, round);
  return saver.due_round;
}

Test(saver, rounds_are_due_at_multiples) {
  cr_expect_eq(due_after(10, 0), 10);
  cr_expect_eq(due_after(10, 9), 10);
  cr_expect_eq(due_after(10, 10), 20);
  cr_expect_eq(due_after(1, 41), 42);
}

Test(saver, rounds_that_never_come_are_never_due) {
  cr_expect_eq(due_after(0, 7), UINT64_MAX);
  cr_expect_eq(due_after(UINT64_MAX, 1), UINT64_MAX);
  cr_expect_eq(due_after(100, UINT64_MAX - 50), UINT64_MAX);
}
