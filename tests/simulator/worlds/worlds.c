#include "simulator.h"

#define EACH_WORLD(X)                                                                              \
  X(static_2) X(late_open) X(steal_2) X(steal_3) X(thieves) X(solo) X(sleepers) X(thieves_sleep)   \
  X(held_up) X(crowd)

#define DECLARE(name) extern const struct sim_world sim_world_##name;
EACH_WORLD(DECLARE)

#define ENTER(name) &sim_world_##name,
const struct sim_world *const sim_worlds[] = {EACH_WORLD(ENTER) NULL};
