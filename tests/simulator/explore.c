/*
 * explore.c: see explore.h.
 *
 * To explore all executions of up to a number of deviations, the last choice that can still be
 * made otherwise is, and the world runs again. Bounding deviations, from a scheduler that is
 * otherwise fixed, is delay bounding (Emmi, Qadeer, Rakamaric 2011); here a stale value counts as
 * one, too. Where only one thread has ever been, in any execution of the world, a switch changes
 * nothing; such places are passed over, and if one of them turns out to be shared, the world begins
 * anew.
 */
#include "explore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STEPS_MOST 3000000u
#define PAUSE_NS 400u

/* Of the processor: what is found in so long is the same on a busy machine. */
double sim_seconds(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* --- choices --- */

static void add(struct sim_choices *choices, struct sim_choice choice) {
  if (choices->count == choices->room) {
    choices->room = choices->room == 0 ? 1024 : 2 * choices->room;
    choices->list = realloc(choices->list, choices->room * sizeof *choices->list);
    if (choices->list == NULL) {
      (void)fprintf(stderr, "simulator: no memory for choices\n");
      exit(2);
    }
  }
  choices->list[choices->count++] = choice;
}

void sim_choices_copy(struct sim_choices *to, const struct sim_choices *from) {
  to->count = 0;
  for (size_t i = 0; i < from->count; i++)
    add(to, from->list[i]);
}

uint64_t sim_random(void) {
  uint64_t *state = &sim->strategy.state;
  *state += 0x9e3779b97f4a7c15u; /* Steele, Lea, Flood 2014: splitmix64 */
  uint64_t z = *state;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

static bool one_in(unsigned count) {
  return count != 0 && sim_random() % count == 0;
}

static unsigned random_thread(unsigned count) {
  struct sim_strategy *strategy = &sim->strategy;
  if (strategy->style == SIM_STYLE_STALL && one_in(400)) {
    struct sim_fibre *fibre = &sim->fibres[sim_random() % sim->thread_count];
    fibre->stalled_until = sim->step + (UINT64_C(1) << sim_random() % 18);
  }
  return one_in(strategy->switch_one_in) ? (unsigned)(sim_random() % count) : 0;
}

static unsigned by_seed(enum sim_kind kind, unsigned count) {
  switch (kind) {
  case SIM_CHOOSE_THREAD:
    return random_thread(count);
  case SIM_CHOOSE_VALUE:
    return one_in(sim->strategy.stale_one_in) ? (unsigned)(sim_random() % count) : 0;
  case SIM_CHOOSE_FAILURE:
    return one_in(sim->strategy.fail_one_in);
  case SIM_CHOOSE_WORLD:
    return (unsigned)(sim_random() % count);
  }
  return 0;
}

unsigned sim_choose(enum sim_kind kind, unsigned count) {
  if (sim->quiet && kind != SIM_CHOOSE_WORLD)
    return 0;
  const size_t index = sim->adapting ? sim->adapted_count : sim->made.count;
  const bool passes_over = sim->adapting && sim->passes_over;
  sim->adapted_count += !passes_over;
  const struct sim_choices *prefix = sim->strategy.prefix;
  unsigned chosen = 0;
  if (passes_over)
    chosen = 0;
  else if (prefix != NULL && index < prefix->count)
    chosen = prefix->list[index].chosen;
  else if (sim->strategy.random)
    chosen = by_seed(kind, count);
  if (chosen >= count)
    chosen = 0; /* a replay of something else */
  add(&sim->made, (struct sim_choice){(uint8_t)kind, (uint16_t)count, (uint16_t)chosen});
  if (chosen != 0 && kind == SIM_CHOOSE_THREAD)
    sim_note("is held up", 0, 0, 0, 0, NULL);
  return chosen;
}

/* Of a world whose schedules are all explored there is only one. */
unsigned sim_any(unsigned count) {
  return sim->world->bound == 0 ? sim_choose(SIM_CHOOSE_WORLD, count) : 0;
}

/* --- one execution --- */

static void check_end(void) {
  if (_setjmp(sim->explorer) != 0)
    return;
  sim_heap_check_end();
  for (unsigned i = 0; i < SIM_DESCRIPTORS; i++)
    if (sim->descriptors[i].open)
      sim_fail("descriptor %u is still open at the end", i);
}

static bool run(const struct sim_world *world, struct sim_counts *counts) {
  sim->world = world;
  sim->failed = false;
  sim->quiet = false;
  sim->told = 0;
  sim->made.count = 0;
  sim->adapted_count = 0;
  sim->passes_over = false;
  sim->step = 0;
  sim->step_most = STEPS_MOST;
  sim->pause_ns = PAUSE_NS;
  sim->now_ns = 1000000000;
  sim->lock_count = 0;
  sim->event_count = 0;
  sim->promise_count = 0;
  memset(sim->descriptors, 0, sizeof sim->descriptors);
  for (unsigned t = 0; t < SIM_THREADS; t++)
    sim->fibres[t].state = SIM_UNUSED;
  const uint64_t began_ns = sim->now_ns;
  sim_heap_reset();
  sim_fibres_run();
  if (!sim->failed)
    check_end();
  if (counts != NULL) {
    counts->executions++;
    counts->steps += sim->step;
    counts->simulated_ns += sim->now_ns - began_ns;
    if (sim->made.count > counts->choices_most)
      counts->choices_most = sim->made.count;
  }
  return !sim->failed;
}

/* Where the execution finds more words that are shared, there are more choices: again. */
static bool execute(const struct sim_world *world, const struct sim_strategy *strategy,
                    struct sim_counts *counts) {
  bool well;
  do {
    sim->shared_grew = false;
    sim->strategy = *strategy;
    well = run(world, counts);
  } while (sim->shared_grew);
  return well;
}

bool sim_replay(const struct sim_world *world, const struct sim_choices *choices) {
  const struct sim_strategy strategy = {.prefix = choices, .may_fail = true};
  return execute(world, &strategy, NULL);
}

/* Half of the seeds hold threads up often, a quarter lets each run for long, a quarter stalls
 * some. */
bool sim_seed(const struct sim_world *world, uint64_t seed, struct sim_counts *counts) {
  static const unsigned switches[] = {2, 5, 20, 100};
  sim->strategy = (struct sim_strategy){.random = true, .state = seed * 0x9e3779b97f4a7c15u + seed};
  sim->strategy.switch_one_in = switches[sim_random() % 4];
  sim->strategy.stale_one_in = one_in(3) ? 0 : 2 + (unsigned)(sim_random() % 8);
  sim->strategy.style = one_in(4) ? SIM_STYLE_STALL : SIM_STYLE_SWITCH;
  sim->strategy.may_fail = world->may_fail && one_in(2);
  sim->strategy.fail_one_in = 1 + (unsigned)(sim_random() % 60);
  const struct sim_strategy strategy = sim->strategy;
  sim->all_shared = true;
  const bool well = execute(world, &strategy, counts);
  sim->all_shared = false;
  return well;
}

/* --- all executions --- */

static unsigned deviations(const struct sim_choices *choices, size_t count) {
  unsigned sum = 0;
  for (size_t i = 0; i < count; i++)
    sum += choices->list[i].chosen != 0 && choices->list[i].kind != SIM_CHOOSE_WORLD;
  return sum;
}

/* Makes the last choice that can be made otherwise; false: there is none. */
static bool advance(struct sim_choices *choices, unsigned bound) {
  unsigned before = deviations(choices, choices->count);
  while (choices->count > 0) {
    struct sim_choice *last = &choices->list[choices->count - 1];
    const bool counts = last->kind != SIM_CHOOSE_WORLD;
    if (counts && last->chosen != 0)
      before--;
    if (last->chosen + 1u < last->count && (!counts || before < bound)) {
      last->chosen++;
      return true;
    }
    choices->count--;
  }
  return false;
}

bool sim_explore(const struct sim_world *world, unsigned bound, double until_s,
                 struct sim_counts *counts, bool *whole) {
  struct sim_choices prefix = {0};
  *whole = false;
  for (;;) {
    const struct sim_strategy strategy = {.prefix = &prefix, .may_fail = bound > 0};
    const uint64_t executions = counts->executions;
    if (!execute(world, &strategy, counts))
      break;
    if (counts->executions > executions + 1) {
      prefix.count = 0;
      continue;
    }
    sim_choices_copy(&prefix, &sim->made);
    if (!advance(&prefix, bound)) {
      *whole = true;
      break;
    }
    if (until_s != 0 && sim_seconds() > until_s)
      break;
  }
  free(prefix.list);
  return !sim->failed;
}

/* --- from a failure to what it needs --- */

void sim_adapt(const struct sim_world *world, struct sim_choices *choices) {
  sim->all_shared = sim->adapting = true;
  (void)sim_replay(world, choices);
  sim->adapting = false;
  sim_choices_copy(choices, &sim->made);
}

static size_t last_deviation(const struct sim_choices *choices) {
  size_t end = choices->count;
  while (end > 0 && choices->list[end - 1].chosen == 0)
    end--;
  return end;
}

/* Whether it fails, too, without the deviations between two places. */
static bool fails_without(const struct sim_world *world, struct sim_choices *choices, size_t from,
                          size_t to) {
  struct sim_choices fewer = {0};
  sim_choices_copy(&fewer, choices);
  for (size_t i = from; i < to; i++)
    fewer.list[i].chosen = 0;
  const bool fails = !sim_replay(world, &fewer);
  if (fails) {
    sim_choices_copy(choices, &sim->made);
    choices->count = last_deviation(choices);
  }
  free(fewer.list);
  return fails;
}

void sim_minimise(const struct sim_world *world, struct sim_choices *choices) {
  choices->count = last_deviation(choices);
  for (size_t span = choices->count / 2 + 1; span > 0; span /= 2) {
    bool shrunk = true;
    while (shrunk) {
      shrunk = false;
      for (size_t from = 0; from < choices->count; from += span) {
        const size_t to = from + span < choices->count ? from + span : choices->count;
        unsigned within = 0;
        for (size_t i = from; i < to; i++)
          within += choices->list[i].chosen != 0;
        if (within != 0 && fails_without(world, choices, from, to))
          shrunk = true;
      }
    }
    if (span == 1)
      break;
  }
  (void)sim_replay(world, choices);
}

/* --- as text --- */

void sim_choices_print(const struct sim_choices *choices) {
  const char *separator = "";
  for (size_t i = 0; i < choices->count; i++)
    if (choices->list[i].chosen != 0) {
      (void)printf("%s%zu:%u", separator, i, choices->list[i].chosen);
      separator = ",";
    }
  if (separator[0] == '\0')
    (void)printf("-");
}

bool sim_choices_read(struct sim_choices *out, const char *text) {
  out->count = 0;
  if (strcmp(text, "-") == 0)
    return true;
  while (*text != '\0') {
    char *end;
    const unsigned long place = strtoul(text, &end, 10);
    if (end == text || *end != ':' || place > 100000000 || place < out->count)
      return false;
    text = end + 1;
    const unsigned long chosen = strtoul(text, &end, 10);
    if (end == text || (*end != ',' && *end != '\0') || chosen > UINT16_MAX)
      return false;
    while (out->count < place)
      add(out, (struct sim_choice){0, 1, 0});
    add(out, (struct sim_choice){0, UINT16_MAX, (uint16_t)chosen});
    text = *end == ',' ? end + 1 : end;
  }
  return true;
}
