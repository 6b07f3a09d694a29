#include "simulator.h"

#define EACH_WORLD(X)                                                                              \
  X(gate_1)                                                                                        \
  X(gate_2)                                                                                        \
  X(gate_spin)                                                                                     \
  X(pool)                                                                                          \
  X(static_2)                                                                                      \
  X(late_open)                                                                                     \
  X(steal_2)                                                                                       \
  X(steal_3)                                                                                       \
  X(thieves) X(solo) X(sleepers) X(thieves_sleep) X(failure) X(cancel) X(stop) X(deadline)         \
      X(retain) X(readers) X(lease) X(mailbox) X(pause) X(step) X(pause_paced) X(periodic)         \
          X(two_jobs) X(two_paces) X(writers) X(leaver) X(held_up) X(crowd) X(leases)              \
              X(any_writers) X(jobs) X(refused) X(unlike) X(elsewhere) X(batches) X(groups)        \
                  X(reported) X(fork) X(turn) X(endless) X(stalled) X(gate_timed) X(ticks)

#define DECLARE(name) extern const struct sim_world sim_world_##name;
EACH_WORLD(DECLARE)

#define ENTER(name) &sim_world_##name,
const struct sim_world *const sim_worlds[] = {EACH_WORLD(ENTER) NULL};
