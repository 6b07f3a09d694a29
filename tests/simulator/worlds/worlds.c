#include "simulator.h"

extern const struct sim_world sim_world_rounds;

const struct sim_world *const sim_worlds[] = {&sim_world_rounds, NULL};
