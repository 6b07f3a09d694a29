/*
 * explore.h: executions of a world.
 *
 * An execution is what its choices are: who goes on at each point, which value a load reads, what
 * the system refuses. By default a thread goes on, and a load reads the newest. Whatever else is
 * chosen is a deviation.
 */
#ifndef SIMULATOR_EXPLORE_H
#define SIMULATOR_EXPLORE_H

#include "internal.h"

struct sim_counts {
  uint64_t executions, steps;
  uint64_t simulated_ns;
  uint64_t choices_most; /* of an execution */
};

/* All executions with at most `bound` deviations, or until `until_s` by the clock (0: all).
 * *whole: all of them. true: none failed. Otherwise sim->failure says what, and the choices are in
 * sim->made. */
bool sim_explore(const struct sim_world *world, unsigned bound, double until_s,
                 struct sim_counts *counts, bool *whole);

/* One execution, by a seed. */
bool sim_seed(const struct sim_world *world, uint64_t seed, struct sim_counts *counts);

/* One execution with these choices; what is beyond them is the default. */
bool sim_replay(const struct sim_world *world, const struct sim_choices *choices);

/* From choices of sim_explore to the same where every word counts as shared, from now on. */
void sim_adapt(const struct sim_world *world, struct sim_choices *choices);

/* From choices that fail to few deviations that fail, too. */
void sim_minimise(const struct sim_world *world, struct sim_choices *choices);

/* "12:1,40:2", and back. */
void sim_choices_print(const struct sim_choices *choices);
bool sim_choices_read(struct sim_choices *out, const char *text);
void sim_choices_copy(struct sim_choices *to, const struct sim_choices *from);

double sim_seconds(void);

#endif
