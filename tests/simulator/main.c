/*
 * main.c: see usage below.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore.h"
#include "orders.h"

struct arguments {
  const char *world, *schedule;
  const char *weaker;
  bool has_seed, list, trace, brief, sites;
  uint64_t seed, seeds;
  int bound;
  double seconds, seconds_most;
};

static void usage(FILE *out) {
  (void)fprintf(
      out,
      "usage: synched-prove [OPTION...]\n"
      "\n"
      "Runs the library's own code in a simulator, in small worlds: under every schedule with at\n"
      "most so many deviations, and under random ones.\n"
      "\n"
      "  --list            the worlds\n"
      "  --world NAME      only this one\n"
      "  --bound N         deviations (a world's own number by default)\n"
      "  --seeds N         random executions of each world (200)\n"
      "  --seconds S       per world, for both together (0: as long as it takes)\n"
      "  --seed S          one random execution, of --world\n"
      "  --schedule TEXT   one execution as a failure has named it, of --world\n"
      "  --trace           what happens in it\n"
      "  --brief           says of a failure only what it is\n"
      "  --at-most S       stops after so long, per world\n"
      "  --sites           also prints which atomic operations were executed, where and in which\n"
      "                    memory order; not those that are relaxed\n"
      "  --weaken SITE[,SITE...]:ORDER[/ORDER]\n"
      "                    these have that order instead; the second one is that of a\n"
      "                    compare-exchange that fails\n");
}

static bool parse(struct arguments *out, int count, char **texts) {
  *out = (struct arguments){.bound = -1, .seeds = 200};
  for (int i = 1; i < count; i++) {
    const char *name = texts[i];
    if (strcmp(name, "--list") == 0) {
      out->list = true;
      continue;
    }
    if (strcmp(name, "--trace") == 0) {
      out->trace = true;
      continue;
    }
    if (strcmp(name, "--brief") == 0) {
      out->brief = true;
      continue;
    }
    if (strcmp(name, "--sites") == 0) {
      out->sites = true;
      continue;
    }
    if (i + 1 == count)
      return false;
    const char *value = texts[++i];
    if (strcmp(name, "--world") == 0)
      out->world = value;
    else if (strcmp(name, "--bound") == 0)
      out->bound = atoi(value);
    else if (strcmp(name, "--seeds") == 0)
      out->seeds = strtoull(value, NULL, 10);
    else if (strcmp(name, "--seconds") == 0)
      out->seconds = strtod(value, NULL);
    else if (strcmp(name, "--at-most") == 0)
      out->seconds_most = strtod(value, NULL);
    else if (strcmp(name, "--weaken") == 0)
      out->weaker = value;
    else if (strcmp(name, "--schedule") == 0)
      out->schedule = value;
    else if (strcmp(name, "--seed") == 0) {
      out->seed = strtoull(value, NULL, 10);
      out->has_seed = true;
    } else
      return false;
  }
  return (!out->has_seed && out->schedule == NULL) || out->world != NULL;
}

/* Prints how to see it again, with few deviations. */
static void report(const struct sim_world *world, const struct arguments *arguments,
                   bool is_seeds) {
  struct sim_choices choices = {0};
  sim_choices_copy(&choices, &sim->made);
  (void)printf("%s: %s\n", world->name, sim->failure);
  if (arguments->brief) {
    free(choices.list);
    return;
  }
  sim->all_shared = true;
  if (!is_seeds)
    sim_adapt(world, &choices);
  sim_minimise(world, &choices);
  sim->tracing = true;
  const bool well = sim_replay(world, &choices);
  (void)printf("%s: with fewest deviations: %s\n", world->name,
               well ? "it does not fail again" : sim->failure);
  if (arguments->trace)
    sim_trace_print();
  (void)printf("again: synched-prove --world %s --trace --schedule ", world->name);
  sim_choices_print(&choices);
  (void)printf("\n");
  sim->tracing = sim->all_shared = false;
  free(choices.list);
}

static int run_one(const struct sim_world *world, const struct arguments *arguments) {
  struct sim_choices choices = {0};
  bool well;
  sim->tracing = arguments->trace;
  if (arguments->schedule != NULL) {
    if (!sim_choices_read(&choices, arguments->schedule)) {
      (void)fprintf(stderr, "synched-prove: '%s' is no schedule\n", arguments->schedule);
      return 2;
    }
    sim->all_shared = true;
    well = sim_replay(world, &choices);
    if (arguments->trace)
      sim_trace_print();
    (void)printf("%s: %s\n", world->name, well ? "nothing is wrong" : sim->failure);
  } else {
    sim->tracing = false;
    well = sim_seed(world, arguments->seed, NULL);
    if (!well)
      report(world, arguments, true);
    else
      (void)printf("%s: nothing is wrong\n", world->name);
  }
  return well ? 0 : 1;
}

static bool prove(const struct sim_world *world, const struct arguments *arguments,
                  struct sim_counts *sum) {
  struct sim_counts all = {0}, random = {0};
  bool whole = true;
  const double begin_s = sim_seconds();
  const unsigned bound = arguments->bound >= 0 ? (unsigned)arguments->bound : world->bound;
  const double limit_s = arguments->seconds;
  const double most_s = limit_s != 0 ? limit_s : arguments->seconds_most;
  if (world->bound != 0 &&
      !sim_explore(world, bound, most_s == 0 ? 0 : begin_s + most_s / 2, &all, &whole)) {
    report(world, arguments, false);
    return false;
  }
  for (uint64_t seed = 1;
       limit_s != 0 ? sim_seconds() < begin_s + limit_s
                    : seed <= arguments->seeds && (most_s == 0 || sim_seconds() < begin_s + most_s);
       seed++)
    if (!sim_seed(world, seed, &random)) {
      (void)printf("%s: seed %llu\n", world->name, (unsigned long long)seed);
      report(world, arguments, true);
      return false;
    }
  (void)printf("%-24s", world->name);
  if (world->bound != 0)
    (void)printf(" %s %10llu with up to %u deviations,",
                 whole ? "all" : "not all:", (unsigned long long)all.executions, bound);
  (void)printf(" %8llu random; %llu choices at most; %.3f s simulated in %.1f s\n",
               (unsigned long long)random.executions,
               (unsigned long long)(all.choices_most > random.choices_most ? all.choices_most
                                                                           : random.choices_most),
               (double)(all.simulated_ns + random.simulated_ns) / 1e9, sim_seconds() - begin_s);
  (void)fflush(stdout);
  sum->executions += all.executions + random.executions;
  sum->steps += all.steps + random.steps;
  sum->simulated_ns += all.simulated_ns + random.simulated_ns;
  return true;
}

int main(int argument_count, char **texts) {
  struct arguments arguments;
  if (argument_count == 2 && strcmp(texts[1], "--help") == 0) {
    usage(stdout);
    return 0;
  }
  if (!parse(&arguments, argument_count, texts)) {
    usage(stderr);
    return 2;
  }
  sim_heap_set_up();
  sim_fibres_set_up();
  if (arguments.sites)
    sim_orders_watch();
  if (arguments.weaker != NULL && !sim_orders_weaken(arguments.weaker)) {
    (void)fprintf(stderr, "synched-prove: '%s' weakens nothing\n", arguments.weaker);
    return 2;
  }
  struct sim_counts sum = {0};
  unsigned found = 0;
  bool well = true;
  for (size_t i = 0; sim_worlds[i] != NULL; i++) {
    const struct sim_world *world = sim_worlds[i];
    if (arguments.list)
      (void)printf("%-24s %s\n", world->name, world->about);
    if (arguments.list || (arguments.world != NULL && strcmp(arguments.world, world->name) != 0))
      continue;
    found++;
    if (arguments.has_seed || arguments.schedule != NULL)
      return run_one(world, &arguments);
    well = prove(world, &arguments, &sum) && well;
    if (!well && arguments.brief)
      return 1;
  }
  if (found == 0 && !arguments.list) {
    (void)fprintf(stderr, "synched-prove: there is no world %s\n", arguments.world);
    return 2;
  }
  if (arguments.sites)
    sim_orders_print();
  if (!arguments.list)
    (void)printf("%u worlds, %llu executions, %llu steps, %.3f s simulated: %s\n", found,
                 (unsigned long long)sum.executions, (unsigned long long)sum.steps,
                 (double)sum.simulated_ns / 1e9, well ? "nothing is wrong" : "FAILED");
  return well ? 0 : 1;
}
