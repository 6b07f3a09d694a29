/*
 * fp_mode_test.c: which floating-point mode a thread is in, and that calls do not hand theirs on:
 * neither to later calls, rounds and jobs on the same worker, nor to on_round and the fold, nor
 * from the thread that made the pool.
 */
#include "platform/fp_mode.h"

#include <criterion/criterion.h>

#include <fenv.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include "support/support.h"
#include "support/unit_support.h"

static const int roundings[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};

static bool is_here(struct synched__fp_mode mode) {
  const struct synched__fp_mode here = synched__fp_mode_here();
  return synched__fp_mode_is_same(&here, &mode);
}

/* Computes so that the compiler cannot have done it before, in a mode of its own choice. */
static double third(void) {
  volatile double one = 1, three = 3;
  return one / three;
}

#if defined(__x86_64__)
static long double third_of_x87(void) {
  volatile long double one = 1, three = 3;
  return one / three;
}
#endif

/* --- modes --- */

Test(fp_mode, default_is_what_a_program_starts_in) {
  cr_assert(is_here(synched__fp_mode_default()));
}

Test(fp_mode, here_tells_roundings_apart_and_set_brings_them_back) {
  struct synched__fp_mode modes[LENGTH(roundings)];
  for (size_t i = 0; i < LENGTH(roundings); i++) {
    cr_assert_eq(fesetround(roundings[i]), 0);
    modes[i] = synched__fp_mode_here();
  }
  for (size_t a = 0; a < LENGTH(roundings); a++)
    for (size_t b = 0; b < LENGTH(roundings); b++)
      cr_assert_eq(synched__fp_mode_is_same(&modes[a], &modes[b]), a == b);
  for (size_t i = 0; i < LENGTH(roundings); i++) {
    synched__fp_mode_enter(&modes[i]);
    cr_assert_eq(fegetround(), roundings[i]);
  }
}

Test(fp_mode, sticky_flags_are_no_part_of_it) {
  const struct synched__fp_mode before = synched__fp_mode_here();
  cr_assert_eq(feraiseexcept(FE_DIVBYZERO | FE_INEXACT), 0);
  cr_assert(is_here(before));
}

Test(fp_mode, set_a_mode_that_traps_does_not_trap_for_the_past) {
#if defined(__x86_64__)
  const struct synched__fp_mode usual = synched__fp_mode_here();
  cr_assert_neq(feenableexcept(FE_DIVBYZERO | FE_INVALID), -1);
  const struct synched__fp_mode trapping = synched__fp_mode_here();
  synched__fp_mode_set(&usual);
  cr_assert_eq(fegetexcept(), 0);
  volatile double zero = 0;
  volatile long double long_zero = 0;
  volatile double infinite = 1 / zero;
  volatile long double long_infinite = 1 / long_zero;
  (void)infinite;
  (void)long_infinite;
  synched__fp_mode_set(&trapping);
  cr_assert_eq(fegetexcept(), FE_DIVBYZERO | FE_INVALID);
  volatile long double sum = third_of_x87() + (long double)third();
  (void)sum;
  synched__fp_mode_set(&usual);
#else
  cr_skip_test("other CPUs need not have traps");
#endif
}

/* --- calls --- */

enum { WORKERS = 3, SEGMENTS = 12, ROUNDS = 5, KINDS = 6 };

/* What calls find, and how they leave it. */
struct vandal {
  struct synched__fp_mode expected;
  _Atomic uint32_t call_count, other_count; /* calls, and those that found another mode */
  _Atomic uint32_t round_count, other_round_count;
  bool behaves;
};

/* Leaves one of several modes behind that are not the job's. */
static void vandalise(uint64_t number) {
  switch (number % KINDS) {
  case 0:
    (void)fesetround(FE_UPWARD);
    break;
  case 1:
    (void)fesetround(FE_DOWNWARD);
    break;
  case 2:
    (void)fesetround(FE_TOWARDZERO);
    break;
#if defined(__x86_64__)
  case 3:
    _mm_setcsr(_mm_getcsr() | 0x8040u); /* flush to zero, denormals are zero */
    break;
  case 4: {
    unsigned short x87;
    __asm__ volatile("fnstcw %0" : "=m"(x87));
    x87 = (unsigned short)(x87 & ~0x300u); /* single precision */
    __asm__ volatile("fldcw %0" : : "m"(x87));
    break;
  }
  case 5: /* whatever overflows or is divided by zero from now on traps */
    (void)feenableexcept(FE_DIVBYZERO | FE_OVERFLOW);
    break;
#endif
  default:
    (void)fesetround(FE_UPWARD);
  }
}

static int compute_and_vandalise(struct synched_task *task, void *user) {
  struct vandal *vandal = user;
  (void)atomic_fetch_add(&vandal->call_count, 1);
  if (!is_here(vandal->expected))
    (void)atomic_fetch_add(&vandal->other_count, 1);
  double *out = task->out;
  out[0] = third() * (double)(task->segment + 1);
  task->count = 1;
  task->contribution = out[0] * 1e-3 + third();
  if (!vandal->behaves)
    vandalise(task->segment + task->round);
  return 0;
}

static int round_and_vandalise(const struct synched_snapshot *now, void *user) {
  struct vandal *vandal = user;
  (void)atomic_fetch_add(&vandal->round_count, 1);
  if (!is_here(vandal->expected))
    (void)atomic_fetch_add(&vandal->other_round_count, 1);
  if (!vandal->behaves)
    vandalise(now->round + 3);
  return SYNCHED_CONTINUE;
}

static const struct synched_memory_options numbers = {.struct_size = sizeof numbers,
                                                      .segment_count = SEGMENTS,
                                                      .segment_capacity = 1,
                                                      .element_size = sizeof(double)};

struct kind {
  unsigned worker_count;
  enum synched_balance balance;
  uint32_t flags;
};

static const struct kind kinds[] = {
    {1, SYNCHED_BALANCE_STEAL, 0},
    {2, SYNCHED_BALANCE_STATIC, 0},
    {WORKERS, SYNCHED_BALANCE_STEAL, SYNCHED_JOB_EAGER},
    {WORKERS, SYNCHED_BALANCE_STEAL, SYNCHED_JOB_NO_SEGMENT_TIMES},
};

/* One run of a job that is created in the mode which is in force; its memory's sum. */
static uint64_t run_vandal(struct synched_pool *pool, const struct kind *kind,
                           struct vandal *vandal) {
  vandal->expected = synched__fp_mode_here();
  struct engine engine =
      engine_new(pool, &numbers,
                 SYNCHED_JOB_OPTIONS(.compute = compute_and_vandalise, .user = vandal,
                                     .init = compute_and_vandalise, .flags = kind->flags,
                                     .on_round = round_and_vandalise, .balance = kind->balance,
                                     .fold = SYNCHED_FOLD_SUM, .round_count = ROUNDS));
  cr_assert_eq(synched_job_run(engine.job), 0);
  const uint64_t sum = memory_sum(engine.memory);
  engine_end(&engine);
  cr_assert_eq(atomic_load(&vandal->call_count), SEGMENTS * (ROUNDS + 1));
  cr_assert_eq(atomic_load(&vandal->other_count), 0, "%u of %u calls began in another mode",
               atomic_load(&vandal->other_count), atomic_load(&vandal->call_count));
  cr_assert_eq(atomic_load(&vandal->round_count), ROUNDS);
  cr_assert_eq(atomic_load(&vandal->other_round_count), 0);
  return sum;
}

Test(fp_mode, calls_and_folds_do_not_see_what_others_left) {
  for (size_t k = 0; k < LENGTH(kinds); k++) {
    struct synched_pool *pool = pool_new(kinds[k].worker_count);
    struct vandal well = {.behaves = true};
    struct vandal badly = {.behaves = false};
    const uint64_t expected = run_vandal(pool, &kinds[k], &well);
    cr_assert_eq(run_vandal(pool, &kinds[k], &badly), expected, "kind %zu", k);
    struct vandal again = {.behaves = true};
    cr_assert_eq(run_vandal(pool, &kinds[k], &again), expected, "the next job, kind %zu", k);
    pool_end(pool);
  }
}

/* The job's is that of the thread that creates it, at that moment; two jobs on one pool have each
 * their own. */
Test(fp_mode, calls_are_in_the_mode_that_the_job_was_created_in) {
  struct synched_pool *pool = pool_new(2);
  uint64_t sums[LENGTH(roundings)];
  for (size_t i = 0; i < LENGTH(roundings); i++) {
    struct vandal vandal = {.behaves = false};
    cr_assert_eq(fesetround(roundings[i]), 0);
    sums[i] = run_vandal(pool, &kinds[1], &vandal);
    cr_assert_eq(fegetround(), roundings[i], "the caller's own is left alone");
  }
  cr_assert_eq(fesetround(FE_TONEAREST), 0);
  cr_assert_neq(sums[0], sums[1], "rounding shows in the results");
  pool_end(pool);
}

Test(fp_mode, calls_do_not_depend_on_who_made_the_pool) {
  cr_assert_eq(fesetround(FE_DOWNWARD), 0);
  struct synched_pool *pool = pool_new(2);
  cr_assert_eq(fesetround(FE_TONEAREST), 0);
  struct vandal vandal = {.behaves = true};
  const uint64_t sum = run_vandal(pool, &kinds[1], &vandal);
  pool_end(pool);
  pool = pool_new(2);
  struct vandal other = {.behaves = true};
  cr_assert_eq(run_vandal(pool, &kinds[1], &other), sum);
  pool_end(pool);
}
