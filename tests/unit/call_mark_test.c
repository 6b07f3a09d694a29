/*
 * call_mark_test.c: which call a worker is in and since when, read by another thread while calls
 * follow each other.
 */
#include "engine/call_mark.h"

#include <criterion/criterion.h>

#include "support/support.h"
#include "support/unit_support.h"

#define CALLS 200000u

/* Call n begins at this time, and no other does. */
static uint64_t begins_ns(uint64_t call) {
  return call * 1000 + 7;
}

struct scene {
  struct synched__call_mark mark;
  _Atomic uint32_t over;
};

/* One call straight after the other, as in a range of segments; now and then none. */
static void *call_on(void *argument) {
  struct scene *scene = argument;
  for (unsigned call = 1; call <= at_most(CALLS, CALLS / 20); call++) {
    synched__call_mark_enter(&scene->mark, call - 1, begins_ns(call));
    if (call % 1000 == 0)
      synched__call_mark_leave(&scene->mark);
  }
  synched__call_mark_leave(&scene->mark);
  atomic_store(&scene->over, 1);
  return NULL;
}

static void expect_each_with_its_own_time(uint64_t seed) {
  struct scene scene = {.over = 0};
  struct crew crew = {0};
  uint64_t wrong_call = 0, wrong_ns = 0;
  synched__schedule_seed(seed);
  crew_add(&crew, call_on, &scene);
  while (atomic_load(&scene.over) == 0) {
    uint64_t since_ns;
    const uint64_t call = synched__call_mark_read(&scene.mark, &since_ns);
    if (call != 0 && since_ns != begins_ns(call)) {
      wrong_call = call;
      wrong_ns = since_ns;
    }
  }
  crew_join(&crew);
  synched__schedule_seed(0);
  cr_assert_eq(wrong_call, 0, "seed %u: call %u with the time of call %u", (unsigned)seed,
               (unsigned)wrong_call, (unsigned)(wrong_ns / 1000));
}

Test(call_mark, read_while_calls_follow_each_other_is_one_call_with_its_own_time) {
  for (uint64_t seed = 0; seed < 4; seed++)
    expect_each_with_its_own_time(seed);
}

Test(call_mark, read_between_calls_is_none) {
  struct synched__call_mark mark = {.call = 0};
  uint64_t since_ns;
  cr_assert_eq(synched__call_mark_read(&mark, &since_ns), 0);
  synched__call_mark_enter(&mark, 5, 70);
  cr_assert_eq(synched__call_mark_read(&mark, &since_ns), 6);
  cr_assert_eq(since_ns, 70);
  synched__call_mark_leave(&mark);
  cr_assert_eq(synched__call_mark_read(&mark, &since_ns), 0);
}
