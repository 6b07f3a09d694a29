/*
 * wait_test.c: parking and gates. No wake-up is lost, also where threads interleave in ways that
 * the machine by itself hardly makes; a thread that should sleep sleeps.
 */
#include "platform/wait.h"

#include <criterion/criterion.h>

#include "platform/clock.h"
#include "support/unit_support.h"

enum { MS = 1000000 };

/* --- tokens --- */

static struct synched__parker made_parker(void) {
  struct synched__parker parker;
  cr_assert_eq(synched__parker_init(&parker), 0);
  return parker;
}

/* A thread that parks, and says how often it has come back. */
struct sleeper {
  struct synched__parker *parker;
  unsigned count;
  _Atomic uint32_t woken;
};

static void *park_repeatedly(void *argument) {
  struct sleeper *sleeper = argument;
  for (unsigned i = 0; i < sleeper->count; i++) {
    synched__park(sleeper->parker);
    (void)atomic_fetch_add(&sleeper->woken, 1);
  }
  return NULL;
}

Test(wait, token_left_before_the_park_is_taken_by_it) {
  struct synched__parker parker = made_parker();
  struct sleeper sleeper = {.parker = &parker, .count = 1};
  struct crew crew = {0};
  for (int i = 0; i < 10; i++) {
    synched__unpark(&parker);
    crew_add(&crew, park_repeatedly, &sleeper);
    crew_join(&crew);
  }
  synched__parker_deinit(&parker);
}

Test(wait, tokens_left_twice_are_one) {
  struct synched__parker parker = made_parker();
  synched__unpark(&parker);
  synched__unpark(&parker);
  struct sleeper sleeper = {.parker = &parker, .count = 2};
  struct crew crew = {0};
  crew_add(&crew, park_repeatedly, &sleeper);
  cr_assert(reaches(&sleeper.woken, 1));
  nap_ms(20);
  cr_assert_eq(atomic_load(&sleeper.woken), 1, "one unpark too many was kept");
  synched__unpark(&parker);
  crew_join(&crew);
  synched__parker_deinit(&parker);
}

/* Two threads that wake each other in turn. */
struct partner {
  struct synched__parker *own, *other;
  uint64_t *turns; /* not atomic: the tokens order it */
  unsigned rounds;
};

static void *alternate(void *argument) {
  const struct partner *partner = argument;
  for (unsigned i = 0; i < partner->rounds; i++) {
    synched__park(partner->own);
    ++*partner->turns;
    synched__unpark(partner->other);
  }
  return NULL;
}

Test(wait, tokens_passed_to_and_fro_are_never_lost) {
  enum { ROUNDS = 1500 };
  for (uint64_t seed = 0; seed < 4; seed++) {
    struct synched__parker a = made_parker(), b = made_parker();
    uint64_t turns = 0;
    struct partner first = {&a, &b, &turns, ROUNDS}, second = {&b, &a, &turns, ROUNDS};
    struct crew crew = {0};
    synched__schedule_seed(seed);
    crew_add(&crew, alternate, &first);
    crew_add(&crew, alternate, &second);
    synched__unpark(&a);
    crew_join(&crew);
    synched__schedule_seed(0);
    cr_assert_eq(turns, 2 * ROUNDS);
    synched__parker_deinit(&a);
    synched__parker_deinit(&b);
  }
}

Test(wait, init_refused_says_so) {
  struct synched__parker parker;
  synched__fault_arm(SYNCHED__FAULT_SYNC, 1);
  expect_refused(synched__parker_init(&parker), SYNCHED_ENOMEM, "parking place");
  struct synched__waiter waiter;
  synched__fault_arm(SYNCHED__FAULT_SYNC, 1);
  expect_refused(synched__waiter_init(&waiter, (struct synched__spin){0}), SYNCHED_ENOMEM,
                 "parking place");
}

/* --- gates --- */

enum { WAITERS = 3 };

/* A gate, and threads that wait for `rounds` advances of it, or for its end. */
struct scene {
  struct synched__gate gate;
  _Atomic uint64_t epoch;
  _Atomic uint32_t sleeper_count;
  _Atomic uint32_t seen_count; /* waits that have returned */
  struct synched__waiter waiters[WAITERS];
  uint64_t last[WAITERS];  /* what the last wait returned */
  uint64_t content;        /* written before the gate advances, read after a wait */
  uint64_t stale[WAITERS]; /* waits after which the content was older than the epoch */
  unsigned rounds;
};

struct member {
  struct scene *scene;
  unsigned index;
};

static void scene_init(struct scene *scene, struct synched__spin spin, unsigned rounds) {
  memset(scene, 0, sizeof *scene);
  scene->gate = (struct synched__gate){&scene->epoch, &scene->sleeper_count};
  scene->rounds = rounds;
  for (unsigned w = 0; w < WAITERS; w++)
    cr_assert_eq(synched__waiter_init(&scene->waiters[w], spin), 0);
}

static void scene_deinit(struct scene *scene) {
  for (unsigned w = 0; w < WAITERS; w++)
    synched__waiter_deinit(&scene->waiters[w]);
}

static void *wait_repeatedly(void *argument) {
  const struct member *member = argument;
  struct scene *scene = member->scene;
  uint64_t seen = 0;
  for (unsigned i = 0; i < scene->rounds; i++) {
    seen = synched__gate_wait(&scene->gate, &scene->waiters[member->index], seen, UINT64_MAX);
    scene->last[member->index] = seen;
    scene->stale[member->index] += scene->content < seen;
    (void)atomic_fetch_add(&scene->seen_count, 1);
  }
  return NULL;
}

static void scene_start(struct scene *scene, struct crew *crew, struct member *members,
                        unsigned count) {
  for (unsigned w = 0; w < count; w++) {
    members[w] = (struct member){scene, w};
    crew_add(crew, wait_repeatedly, &members[w]);
  }
}

/* Waits until so many of the first waiters sleep. Each counts itself first, and then looks at the
 * epoch once more. */
static void expect_asleep(struct scene *scene, unsigned count) {
  cr_assert(reaches(&scene->sleeper_count, count));
#if SYNCHED__FUTEX
  for (unsigned w = 0; w < count; w++)
    for (unsigned ms = 0; atomic_load(&scene->waiters[w].parker.token) == 0; ms++) {
      cr_assert_lt(ms, HANG_SECONDS * 1000u);
      nap_ms(1);
    }
#else
  nap_ms(100);
#endif
}

/* Returns how many were woken. */
static unsigned wake_all(struct scene *scene) {
  unsigned woken = 0;
  for (unsigned w = 0; w < WAITERS; w++)
    woken += synched__waiter_wake(&scene->gate, &scene->waiters[w]);
  return woken;
}

static const struct synched__spin asleep_at_once = {0};

Test(wait, gate_that_has_advanced_lets_through_at_once) {
  struct scene scene;
  scene_init(&scene, asleep_at_once, 0);
  cr_assert_not(synched__gate_advance(&scene.gate, 5), "nobody sleeps");
  cr_assert_eq(synched__gate_wait(&scene.gate, &scene.waiters[0], 4, UINT64_MAX), 5);
  cr_assert_eq(synched__gate_wait(&scene.gate, &scene.waiters[0], 6, UINT64_MAX), 5,
               "different, not later");
  cr_assert_eq(synched__gate_spin(&scene.gate, 3, 4), 5);
  cr_assert_eq(synched__gate_spin(&scene.gate, 3, 5), 5);
  cr_assert_eq(synched__gate_spin(&scene.gate, 0, 5), 5);
  cr_assert_not(synched__waiter_wake(&scene.gate, &scene.waiters[0]), "it does not sleep");
  scene_deinit(&scene);
}

Test(wait, sleeping_waiter_is_woken_once) {
  struct scene scene;
  struct crew crew = {0};
  struct member members[WAITERS];
  scene_init(&scene, asleep_at_once, 1);
  scene_start(&scene, &crew, members, 1);
  expect_asleep(&scene, 1);
  scene.content = 1;
  cr_assert(synched__gate_advance(&scene.gate, 1), "somebody sleeps");
  cr_assert(synched__waiter_wake(&scene.gate, &scene.waiters[0]));
  cr_assert_not(synched__waiter_wake(&scene.gate, &scene.waiters[0]));
  crew_join(&crew);
  cr_assert_eq(atomic_load(&scene.sleeper_count), 0);
  cr_assert_eq(scene.last[0], 1);
  scene_deinit(&scene);
}

Test(wait, waiter_that_nobody_wakes_sleeps_on) {
  struct scene scene;
  struct crew crew = {0};
  struct member members[WAITERS];
  scene_init(&scene, asleep_at_once, 1);
  scene_start(&scene, &crew, members, 2);
  expect_asleep(&scene, 2);
  for (scene.content = 1; scene.content < 20; scene.content++)
    cr_assert(synched__gate_advance(&scene.gate, scene.content));
  nap_ms(30);
  cr_assert_eq(atomic_load(&scene.seen_count), 0);
  cr_assert(synched__waiter_wake(&scene.gate, &scene.waiters[1]));
  cr_assert(reaches(&scene.seen_count, 1));
  nap_ms(10);
  cr_assert_eq(atomic_load(&scene.seen_count), 1, "only the other one was woken");
  cr_assert(synched__gate_advance(&scene.gate, 20));
  cr_assert(synched__waiter_wake(&scene.gate, &scene.waiters[0]));
  crew_join(&crew);
  cr_assert_eq(scene.last[1], 19, "the newest epoch, not the one after what it had seen");
  cr_assert_eq(scene.last[0], 20);
  scene_deinit(&scene);
}

Test(wait, wake_without_an_advance_lets_nobody_through) {
  struct scene scene;
  struct crew crew = {0};
  struct member members[WAITERS];
  scene_init(&scene, asleep_at_once, 1);
  scene_start(&scene, &crew, members, 1);
  for (int i = 0; i < 5; i++) {
    expect_asleep(&scene, 1);
    cr_assert(synched__waiter_wake(&scene.gate, &scene.waiters[0]));
  }
  expect_asleep(&scene, 1);
  cr_assert_eq(atomic_load(&scene.seen_count), 0);
  (void)synched__gate_advance(&scene.gate, 1);
  cr_assert_eq(wake_all(&scene), 1);
  crew_join(&crew);
  scene_deinit(&scene);
}

/* Advances `rounds` times, each time when everybody has come through, and wakes whoever sleeps. */
static void advance_repeatedly(struct scene *scene, uint64_t seed) {
  struct crew crew = {0};
  struct member members[WAITERS];
  synched__schedule_seed(seed);
  scene_start(scene, &crew, members, WAITERS);
  for (uint64_t epoch = 1; epoch <= scene->rounds; epoch++) {
    scene->content = epoch;
    if (synched__gate_advance(&scene->gate, epoch))
      (void)wake_all(scene);
    const uint64_t start_ns = synched__clock_ns();
    while (atomic_load(&scene->seen_count) != epoch * WAITERS) {
      synched__cpu_pause();
      cr_assert_lt(synched__clock_ns() - start_ns, HANG_SECONDS * UINT64_C(1000000000),
                   "seed %u, epoch %u: a wake-up was lost", (unsigned)seed, (unsigned)epoch);
      if (synched__clock_ns() - start_ns > 100000)
        nap_ms(0);
    }
  }
  crew_join(&crew);
  synched__schedule_seed(0);
}

static void expect_no_loss(struct synched__spin spin, unsigned rounds) {
  for (uint64_t seed = 0; seed < 4; seed++) {
    struct scene scene;
    scene_init(&scene, spin, rounds);
    advance_repeatedly(&scene, seed);
    cr_assert_eq(atomic_load(&scene.sleeper_count), 0);
    for (unsigned w = 0; w < WAITERS; w++) {
      cr_assert_eq(scene.last[w], rounds);
      cr_assert_eq(scene.stale[w], 0);
    }
    scene_deinit(&scene);
  }
}

Test(wait, wake_ups_of_threads_that_sleep_at_once_are_never_lost) {
  expect_no_loss(asleep_at_once, 250);
}

Test(wait, wake_ups_of_threads_that_spin_first_are_never_lost) {
  expect_no_loss((struct synched__spin){.limit_ns = 2000}, 250);
}

Test(wait, wake_ups_of_threads_that_yield_are_never_lost) {
  expect_no_loss((struct synched__spin){.limit_ns = 2000, .yields = true}, 150);
}

/* Advances and never waits for anybody: waiters may miss epochs, but not the last. */
Test(wait, last_advance_of_many_is_seen_by_all) {
  enum { LAST = 300 };
  for (uint64_t seed = 1; seed <= 30; seed++) {
    struct scene scene;
    struct crew crew = {0};
    struct member members[WAITERS];
    scene_init(&scene, asleep_at_once, 1);
    scene.content = LAST;
    synched__schedule_seed(seed);
    scene_start(&scene, &crew, members, WAITERS);
    for (uint64_t epoch = 1; epoch <= LAST; epoch++)
      if (synched__gate_advance(&scene.gate, epoch))
        (void)wake_all(&scene);
    crew_join(&crew);
    synched__schedule_seed(0);
    cr_assert_eq(atomic_load(&scene.sleeper_count), 0);
    scene_deinit(&scene);
  }
}

/* --- how long they spin --- */

Test(wait, waiter_that_is_told_to_never_sleep_does_not_sleep) {
  static _Atomic uint32_t never_sleep = 1;
  struct scene scene;
  struct crew crew = {0};
  struct member members[WAITERS];
  scene_init(&scene, (struct synched__spin){.limit_ns = 1000, .never_sleep = &never_sleep}, 1);
  scene_start(&scene, &crew, members, 1);
  for (int ms = 0; ms < 30; ms++) {
    nap_ms(1);
    cr_assert_eq(atomic_load(&scene.sleeper_count), 0);
  }
  /* Now it may. */
  atomic_store(&never_sleep, 0);
  expect_asleep(&scene, 1);
  (void)synched__gate_advance(&scene.gate, 1);
  cr_assert_eq(wake_all(&scene), 1);
  crew_join(&crew);
  scene_deinit(&scene);
}

/* How long a waiter that nobody lets through is awake. */
static uint64_t spin_ns_up_to(uint64_t most_ns, uint64_t limit_ns, uint64_t usual_ns) {
  struct scene scene;
  struct crew crew = {0};
  struct member members[WAITERS];
  scene_init(&scene, (struct synched__spin){.limit_ns = limit_ns, .most_ns = most_ns}, 1);
  scene.waiters[0].usual_ns = usual_ns;
  const uint64_t start_ns = synched__clock_ns();
  scene_start(&scene, &crew, members, 1);
  expect_asleep(&scene, 1);
  const uint64_t awake_ns = synched__clock_ns() - start_ns;
  (void)synched__gate_advance(&scene.gate, 1);
  (void)wake_all(&scene);
  crew_join(&crew);
  scene_deinit(&scene);
  return awake_ns;
}

static uint64_t spin_ns(uint64_t limit_ns, uint64_t usual_ns) {
  return spin_ns_up_to(0, limit_ns, usual_ns);
}

Test(wait, spinning_lasts_twice_the_usual_wait_where_that_is_worth_it) {
  cr_assert_geq(spin_ns_up_to(100 * MS, 1 * MS, 20 * MS), 40u * MS);
  cr_assert_geq(spin_ns_up_to(100 * MS, 1 * MS, 90 * MS), 100u * MS);
  cr_assert_geq(spin_ns_up_to(100 * MS, 20 * MS, 5 * MS), 20u * MS);
}

Test(wait, spinning_lasts_as_long_as_the_limit) {
  cr_assert_geq(spin_ns(40 * MS, 0), 40u * MS);
  cr_assert_geq(spin_ns(40 * MS, 4 * 40 * MS), 40u * MS);
}

/* How long a waiter would spin. On a busy machine it is awake for longer than that, so this is not
 * measured. */
static uint64_t budget_ns(uint64_t most_ns, uint64_t limit_ns, uint64_t usual_ns) {
  const struct synched__waiter waiter = {.spin = {.limit_ns = limit_ns, .most_ns = most_ns},
                                         .usual_ns = usual_ns};
  return synched__waiter_spin_ns(&waiter);
}

Test(wait, spinning_in_vain_of_late_is_cut_short) {
  cr_assert_eq(budget_ns(0, 800, 800 * 4), 800u);
  cr_assert_eq(budget_ns(0, 800, 800 * 4 + 1), 100u);
  cr_assert_eq(budget_ns(1000, 80, 1000), 1000u);
  cr_assert_eq(budget_ns(1000, 80, 1001), 10u);
}

Test(wait, usual_wait_follows_the_waits_there_were) {
  struct scene scene;
  struct crew crew = {0};
  struct member members[WAITERS];
  scene_init(&scene, (struct synched__spin){.most_ns = UINT64_C(100000) * MS}, 1);
  scene_start(&scene, &crew, members, 1);
  nap_ms(20);
  const uint64_t start_ns = synched__clock_ns();
  expect_asleep(&scene, 1);
  nap_ms(20);
  (void)synched__gate_advance(&scene.gate, 1);
  (void)wake_all(&scene);
  crew_join(&crew);
  cr_assert_geq(scene.waiters[0].usual_ns, 20u * MS / 2);
  cr_assert_leq(scene.waiters[0].usual_ns, synched__clock_ns() - start_ns + 60u * MS);
  scene_deinit(&scene);
}

Test(wait, usual_wait_is_not_spoilt_by_a_very_long_one) {
  struct scene scene;
  struct crew crew = {0};
  struct member members[WAITERS];
  scene_init(&scene, (struct synched__spin){.limit_ns = MS / 1000, .most_ns = MS}, 1);
  scene_start(&scene, &crew, members, 1);
  nap_ms(50);
  (void)synched__gate_advance(&scene.gate, 1);
  (void)wake_all(&scene);
  crew_join(&crew);
  cr_assert_eq(scene.waiters[0].usual_ns, MS); /* half of twice the longest that is spun out */
  scene_deinit(&scene);
}

/* --- parking --- */

/* CPU time of this thread. */
static uint64_t burned_ns(void) {
  struct timespec now;
  cr_assert_eq(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now), 0);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* A kernel that is handed a time in another shape than its own refuses it, or finds it past;
 * then parking spins. */
Test(wait, park_until_a_time_takes_no_cpu) {
  struct synched__parker parker;
  cr_assert_eq(synched__parker_init(&parker), 0);
  const uint64_t before_ns = burned_ns(), until_ns = synched__clock_ns() + 300000000u;
  cr_assert_not(synched__park_until(&parker, until_ns));
  cr_assert_geq(synched__clock_ns(), until_ns, "it came back early");
  cr_assert_lt(burned_ns() - before_ns, 100000000u, "it has not slept");
  synched__parker_deinit(&parker);
}

/* A number of looks is a time, if a rough one: a CPU that hurries through its pauses would be
 * done with all of them at once. */
Test(wait, pauses_take_time) {
  enum { PAUSES = 100000 };
  const uint64_t start_ns = synched__clock_ns();
  for (int i = 0; i < PAUSES; i++)
    synched__cpu_pause();
  cr_assert_geq(synched__clock_ns() - start_ns, (uint64_t)PAUSES);
}
