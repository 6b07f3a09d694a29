#include "simulator.h"

extern const struct sim_world sim_world_gate_1;
extern const struct sim_world sim_world_gate_2;
extern const struct sim_world sim_world_gate_spin;
extern const struct sim_world sim_world_pool;
extern const struct sim_world sim_world_static_2;
extern const struct sim_world sim_world_late_open;
extern const struct sim_world sim_world_steal_2;
extern const struct sim_world sim_world_steal_3;
extern const struct sim_world sim_world_thieves;
extern const struct sim_world sim_world_solo;
extern const struct sim_world sim_world_sleepers;
extern const struct sim_world sim_world_thieves_sleep;
extern const struct sim_world sim_world_failure;
extern const struct sim_world sim_world_cancel;
extern const struct sim_world sim_world_stop;
extern const struct sim_world sim_world_deadline;
extern const struct sim_world sim_world_retain;
extern const struct sim_world sim_world_readers;
extern const struct sim_world sim_world_lease;
extern const struct sim_world sim_world_mailbox;
extern const struct sim_world sim_world_pause;
extern const struct sim_world sim_world_step;
extern const struct sim_world sim_world_pause_paced;
extern const struct sim_world sim_world_periodic;
extern const struct sim_world sim_world_two_jobs;
extern const struct sim_world sim_world_two_paces;
extern const struct sim_world sim_world_writers;
extern const struct sim_world sim_world_leaver;
extern const struct sim_world sim_world_held_up;
extern const struct sim_world sim_world_crowd;
extern const struct sim_world sim_world_leases;
extern const struct sim_world sim_world_any_writers;
extern const struct sim_world sim_world_jobs;
extern const struct sim_world sim_world_refused;
extern const struct sim_world sim_world_unlike;
extern const struct sim_world sim_world_elsewhere;
extern const struct sim_world sim_world_batches;
extern const struct sim_world sim_world_groups;
extern const struct sim_world sim_world_reported;
extern const struct sim_world sim_world_fork;
extern const struct sim_world sim_world_turn;
extern const struct sim_world sim_world_endless;
extern const struct sim_world sim_world_stalled;
extern const struct sim_world sim_world_gate_timed;
extern const struct sim_world sim_world_ticks;
extern const struct sim_world sim_world_advance;
extern const struct sim_world sim_world_advance_home;
extern const struct sim_world sim_world_sweep;

/* Small ones first. */
const struct sim_world *const sim_worlds[] = {
    &sim_world_gate_1,
    &sim_world_gate_2,
    &sim_world_gate_spin,
    &sim_world_pool,
    &sim_world_static_2,
    &sim_world_late_open,
    &sim_world_steal_2,
    &sim_world_steal_3,
    &sim_world_thieves,
    &sim_world_solo,
    &sim_world_sleepers,
    &sim_world_thieves_sleep,
    &sim_world_failure,
    &sim_world_cancel,
    &sim_world_stop,
    &sim_world_deadline,
    &sim_world_retain,
    &sim_world_readers,
    &sim_world_lease,
    &sim_world_mailbox,
    &sim_world_pause,
    &sim_world_step,
    &sim_world_pause_paced,
    &sim_world_periodic,
    &sim_world_two_jobs,
    &sim_world_two_paces,
    &sim_world_writers,
    &sim_world_leaver,
    &sim_world_held_up,
    &sim_world_crowd,
    &sim_world_leases,
    &sim_world_any_writers,
    &sim_world_jobs,
    &sim_world_refused,
    &sim_world_unlike,
    &sim_world_elsewhere,
    &sim_world_batches,
    &sim_world_groups,
    &sim_world_reported,
    &sim_world_fork,
    &sim_world_turn,
    &sim_world_endless,
    &sim_world_stalled,
    &sim_world_gate_timed,
    &sim_world_ticks,
    &sim_world_advance,
    &sim_world_advance_home,
    &sim_world_sweep,
    NULL,
};
