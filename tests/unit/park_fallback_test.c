/*
 * park_fallback_test.c: parking without a futex, which no build on Linux uses otherwise. The source
 * is compiled into this file under other names.
 */
#define SYNCHED_NO_FUTEX
#define synched__parker fallback_parker
#define synched__parker_init fallback_parker_init
#define synched__parker_deinit fallback_parker_deinit
#define synched__park fallback_park
#define synched__park_until fallback_park_until
#define synched__unpark fallback_unpark

/* On some systems libuv's clock is another than the monotonic one; here it is far ahead of it. */
#include <uv.h>
__attribute__((unused)) static uint64_t foreign_clock(void) {
  return uv_hrtime() + UINT64_C(3600000000000);
}
#define uv_hrtime foreign_clock

#include "platform/park.c"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "support/unit_support.h"

static struct fallback_parker *made_parker(void) {
  struct fallback_parker *parker = malloc(sizeof *parker);
  cr_assert_not_null(parker);
  cr_assert_eq(fallback_parker_init(parker), 0);
  return parker;
}

static void unmake_parker(struct fallback_parker *parker) {
  fallback_parker_deinit(parker);
  free(parker);
}

/* A thread that parks, and says how often it has come back. */
struct sleeper {
  struct fallback_parker *parker;
  unsigned count;
  _Atomic uint32_t woken;
};

static void *park_repeatedly(void *argument) {
  struct sleeper *sleeper = argument;
  for (unsigned i = 0; i < sleeper->count; i++) {
    fallback_park(sleeper->parker);
    (void)atomic_fetch_add(&sleeper->woken, 1);
  }
  return NULL;
}

Test(park_fallback, token_left_before_the_park_is_taken_by_it) {
  struct sleeper sleeper = {.parker = made_parker(), .count = 1};
  struct crew crew = {0};
  for (int i = 0; i < 10; i++) {
    fallback_unpark(sleeper.parker);
    crew_add(&crew, park_repeatedly, &sleeper);
    crew_join(&crew);
  }
  unmake_parker(sleeper.parker);
}

Test(park_fallback, tokens_left_twice_are_one) {
  struct sleeper sleeper = {.parker = made_parker(), .count = 2};
  fallback_unpark(sleeper.parker);
  fallback_unpark(sleeper.parker);
  struct crew crew = {0};
  crew_add(&crew, park_repeatedly, &sleeper);
  cr_assert(reaches(&sleeper.woken, 1));
  nap_ms(20);
  cr_assert_eq(atomic_load(&sleeper.woken), 1, "one unpark too many was kept");
  fallback_unpark(sleeper.parker);
  crew_join(&crew);
  unmake_parker(sleeper.parker);
}

struct partner {
  struct fallback_parker *own, *other;
  uint64_t *turns; /* not atomic: the tokens order it */
  unsigned rounds;
};

static void *alternate(void *argument) {
  const struct partner *partner = argument;
  for (unsigned i = 0; i < partner->rounds; i++) {
    fallback_park(partner->own);
    ++*partner->turns;
    fallback_unpark(partner->other);
  }
  return NULL;
}

Test(park_fallback, tokens_passed_to_and_fro_are_never_lost) {
  enum { ROUNDS = 1500 };
  for (uint64_t seed = 0; seed < 3; seed++) {
    struct fallback_parker *a = made_parker(), *b = made_parker();
    uint64_t turns = 0;
    struct partner first = {a, b, &turns, ROUNDS}, second = {b, a, &turns, ROUNDS};
    struct crew crew = {0};
    synched__schedule_seed(seed);
    crew_add(&crew, alternate, &first);
    crew_add(&crew, alternate, &second);
    fallback_unpark(a);
    crew_join(&crew);
    synched__schedule_seed(0);
    cr_assert_eq(turns, 2 * ROUNDS);
    unmake_parker(a);
    unmake_parker(b);
  }
}

Test(park_fallback, init_refused_says_so) {
  struct fallback_parker parker;
  synched__fault_arm(SYNCHED__FAULT_SYNC, 1);
  expect_refused(fallback_parker_init(&parker), SYNCHED_ENOMEM, "parking place");
}

Test(park_fallback, park_until_goes_by_the_monotonic_clock) {
  struct fallback_parker *parker = made_parker();
  const uint64_t until_ns = synched__clock_ns() + 20000000u;
  cr_assert_not(fallback_park_until(parker, until_ns));
  cr_assert_geq(synched__clock_ns(), until_ns, "it came back early");
  fallback_unpark(parker);
  cr_assert(fallback_park_until(parker, until_ns), "a token that is there is taken");
  unmake_parker(parker);
}
