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
extern const struct sim_world sim_world_endless_first;
extern const struct sim_world sim_world_called;
extern const struct sim_world sim_world_dropped;
extern const struct sim_world sim_world_restarted;
extern const struct sim_world sim_world_load;
extern const struct sim_world sim_world_loaded;
extern const struct sim_world sim_world_allocator;
extern const struct sim_world sim_world_again;
extern const struct sim_world sim_world_destroyed;
extern const struct sim_world sim_world_destroyed_early;
extern const struct sim_world sim_world_gone_cancelled;
extern const struct sim_world sim_world_gone_stopped;
extern const struct sim_world sim_world_gone_paused;
extern const struct sim_world sim_world_gone_freed;
extern const struct sim_world sim_world_publish_1;
extern const struct sim_world sim_world_publish_leased;
extern const struct sim_world sim_world_publish_2;
extern const struct sim_world sim_world_publish_held;
extern const struct sim_world sim_world_publications;
extern const struct sim_world sim_world_turn_uneven;
extern const struct sim_world sim_world_turn_untimed;
extern const struct sim_world sim_world_turn_groups;
extern const struct sim_world sim_world_slow_every;
extern const struct sim_world sim_world_slow_latest;
extern const struct sim_world sim_world_seen;
extern const struct sim_world sim_world_held_cancelled;
extern const struct sim_world sim_world_held_steered;
extern const struct sim_world sim_world_stalled_both;
extern const struct sim_world sim_world_long_pause;
extern const struct sim_world sim_world_step_pause;
extern const struct sim_world sim_world_ask_end;
extern const struct sim_world sim_world_withdrawn;
extern const struct sim_world sim_world_turns;
extern const struct sim_world sim_world_three;
extern const struct sim_world sim_world_record;
extern const struct sim_world sim_world_rows;
extern const struct sim_world sim_world_totals;
extern const struct sim_world sim_world_reset;
extern const struct sim_world sim_world_ending;
extern const struct sim_world sim_world_interrupt;
extern const struct sim_world sim_world_state;
extern const struct sim_world sim_world_branch;
extern const struct sim_world sim_world_late;
extern const struct sim_world sim_world_writers_held;
extern const struct sim_world sim_world_leaves;
extern const struct sim_world sim_world_stages;
extern const struct sim_world sim_world_stages_lease;
extern const struct sim_world sim_world_stages_failing;
extern const struct sim_world sim_world_stages_cancelled;
extern const struct sim_world sim_world_fold_pass;
extern const struct sim_world sim_world_in_place;
extern const struct sim_world sim_world_in_place_every;
extern const struct sim_world sim_world_parted;
extern const struct sim_world sim_world_joined;
extern const struct sim_world sim_world_advance;
extern const struct sim_world sim_world_advance_home;
extern const struct sim_world sim_world_sweep;
extern const struct sim_world sim_world_tile_near;
extern const struct sim_world sim_world_tile_list;
extern const struct sim_world sim_world_tile_static;
extern const struct sim_world sim_world_tile_steal;
extern const struct sim_world sim_world_tile_half;
extern const struct sim_world sim_world_tile_sleep;
extern const struct sim_world sim_world_tile_sleepers;
extern const struct sim_world sim_world_tile_sleep_steal;
extern const struct sim_world sim_world_tile_late;
extern const struct sim_world sim_world_tile_failure;
extern const struct sim_world sim_world_tile_cancel;
extern const struct sim_world sim_world_tile_stop;
extern const struct sim_world sim_world_tile_turn;
extern const struct sim_world sim_world_tile_turn_last;
extern const struct sim_world sim_world_tile_turn_own;
extern const struct sim_world sim_world_tile_plain;
extern const struct sim_world sim_world_tile_crowd;
extern const struct sim_world sim_world_tile_few;
extern const struct sim_world sim_world_turn_last;
extern const struct sim_world sim_world_released;
extern const struct sim_world sim_world_awaiting;
extern const struct sim_world sim_world_wanted;
extern const struct sim_world sim_world_place_timed;
extern const struct sim_world sim_world_late_waker;
extern const struct sim_world sim_world_enqueued;
extern const struct sim_world sim_world_skip_near;
extern const struct sim_world sim_world_skip_list;
extern const struct sim_world sim_world_skip_all;
extern const struct sim_world sim_world_skip_static;
extern const struct sim_world sim_world_skip_stale;
extern const struct sim_world sim_world_skip_joined;
extern const struct sim_world sim_world_skip_failure;
extern const struct sim_world sim_world_skip_again;
extern const struct sim_world sim_world_skip_cancel;
extern const struct sim_world sim_world_skip_reader;
extern const struct sim_world sim_world_skip_crowd;
extern const struct sim_world sim_world_checked;
extern const struct sim_world sim_world_checked_wrong;
extern const struct sim_world sim_world_redeal_static;
extern const struct sim_world sim_world_redeal_steal;
extern const struct sim_world sim_world_redeal_sleep;
extern const struct sim_world sim_world_redeal_turn;
extern const struct sim_world sim_world_redeal_two;
extern const struct sim_world sim_world_tile_redeal;
extern const struct sim_world sim_world_redeal_crowd;
extern const struct sim_world sim_world_sweep_started;
extern const struct sim_world sim_world_advance_by_two;
extern const struct sim_world sim_world_advance_beside;
extern const struct sim_world sim_world_advance_ticks;
extern const struct sim_world sim_world_advanced;
extern const struct sim_world sim_world_stall_due;
extern const struct sim_world sim_world_deadline_due;
extern const struct sim_world sim_world_forgotten;
extern const struct sim_world sim_world_claims;
extern const struct sim_world sim_world_awaited;
extern const struct sim_world sim_world_in_vain;
extern const struct sim_world sim_world_place;
extern const struct sim_world sim_world_place_alarm;
extern const struct sim_world sim_world_part;
extern const struct sim_world sim_world_row;
extern const struct sim_world sim_world_task;
extern const struct sim_world sim_world_exchange;
extern const struct sim_world sim_world_emptied;
extern const struct sim_world sim_world_interrupt_woken;

/* Small ones first. */ extern const struct sim_world sim_world_saves;
extern const struct sim_world sim_world_saves_queued;
extern const struct sim_world sim_world_saves_failed;
extern const struct sim_world sim_world_saves_requested;
extern const struct sim_world sim_world_saves_required;
extern const struct sim_world sim_world_saves_timed;
extern const struct sim_world sim_world_saves_put;
extern const struct sim_world sim_world_saves_room;
extern const struct sim_world sim_world_saves_refused;
extern const struct sim_world sim_world_saves_refused_once;
extern const struct sim_world sim_world_ranks;
extern const struct sim_world sim_world_ranks_driven;
extern const struct sim_world sim_world_ranks_tiled;
extern const struct sim_world sim_world_ranks_failure;
extern const struct sim_world sim_world_ranks_cancel;
extern const struct sim_world sim_world_ranks_stop;
extern const struct sim_world sim_world_ranks_answer;
extern const struct sim_world sim_world_ranks_lost;
extern const struct sim_world sim_world_driven;
extern const struct sim_world sim_world_trouble;
extern const struct sim_world sim_world_gathered;
extern const struct sim_world sim_world_restored;
extern const struct sim_world sim_world_alone;
extern const struct sim_world sim_world_stepped;
extern const struct sim_world sim_world_changed;

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
    &sim_world_endless_first,
    &sim_world_called,
    &sim_world_dropped,
    &sim_world_restarted,
    &sim_world_load,
    &sim_world_loaded,
    &sim_world_allocator,
    &sim_world_again,
    &sim_world_destroyed,
    &sim_world_destroyed_early,
    &sim_world_gone_cancelled,
    &sim_world_gone_stopped,
    &sim_world_gone_paused,
    &sim_world_gone_freed,
    &sim_world_publish_1,
    &sim_world_publish_leased,
    &sim_world_publish_2,
    &sim_world_publish_held,
    &sim_world_publications,
    &sim_world_turn_uneven,
    &sim_world_turn_untimed,
    &sim_world_turn_groups,
    &sim_world_slow_every,
    &sim_world_slow_latest,
    &sim_world_seen,
    &sim_world_held_cancelled,
    &sim_world_held_steered,
    &sim_world_stalled_both,
    &sim_world_long_pause,
    &sim_world_step_pause,
    &sim_world_ask_end,
    &sim_world_withdrawn,
    &sim_world_turns,
    &sim_world_three,
    &sim_world_rows,
    &sim_world_totals,
    &sim_world_record,
    &sim_world_reset,
    &sim_world_ending,
    &sim_world_interrupt,
    &sim_world_state,
    &sim_world_branch,
    &sim_world_late,
    &sim_world_writers_held,
    &sim_world_leaves,
    &sim_world_stages,
    &sim_world_stages_lease,
    &sim_world_stages_failing,
    &sim_world_stages_cancelled,
    &sim_world_fold_pass,
    &sim_world_in_place,
    &sim_world_in_place_every,
    &sim_world_parted,
    &sim_world_joined,
    &sim_world_advance,
    &sim_world_advance_home,
    &sim_world_sweep,
    &sim_world_sweep_started,
    &sim_world_advance_by_two,
    &sim_world_advance_beside,
    &sim_world_advance_ticks,
    &sim_world_advanced,
    &sim_world_stall_due,
    &sim_world_deadline_due,
    &sim_world_forgotten,
    &sim_world_claims,
    &sim_world_awaited,
    &sim_world_in_vain,
    &sim_world_place,
    &sim_world_place_alarm,
    &sim_world_part,
    &sim_world_row,
    &sim_world_task,
    &sim_world_exchange,
    &sim_world_emptied,
    &sim_world_interrupt_woken,
    &sim_world_tile_near,
    &sim_world_tile_list,
    &sim_world_tile_static,
    &sim_world_tile_steal,
    &sim_world_tile_half,
    &sim_world_tile_sleep,
    &sim_world_tile_sleepers,
    &sim_world_tile_sleep_steal,
    &sim_world_tile_late,
    &sim_world_tile_failure,
    &sim_world_tile_cancel,
    &sim_world_tile_stop,
    &sim_world_tile_turn,
    &sim_world_tile_turn_last,
    &sim_world_tile_turn_own,
    &sim_world_tile_plain,
    &sim_world_tile_crowd,
    &sim_world_tile_few,
    &sim_world_turn_last,
    &sim_world_released,
    &sim_world_awaiting,
    &sim_world_wanted,
    &sim_world_place_timed,
    &sim_world_late_waker,
    &sim_world_enqueued,
    &sim_world_skip_near,
    &sim_world_skip_list,
    &sim_world_skip_all,
    &sim_world_skip_static,
    &sim_world_skip_stale,
    &sim_world_skip_joined,
    &sim_world_skip_failure,
    &sim_world_skip_again,
    &sim_world_skip_cancel,
    &sim_world_skip_reader,
    &sim_world_skip_crowd,
    &sim_world_checked,
    &sim_world_checked_wrong,
    &sim_world_redeal_static,
    &sim_world_redeal_steal,
    &sim_world_redeal_sleep,
    &sim_world_redeal_turn,
    &sim_world_redeal_two,
    &sim_world_tile_redeal,
    &sim_world_redeal_crowd,
    &sim_world_saves,
    &sim_world_saves_queued,
    &sim_world_saves_failed,
    &sim_world_saves_requested,
    &sim_world_saves_required,
    &sim_world_saves_timed,
    &sim_world_saves_put,
    &sim_world_saves_room,
    &sim_world_saves_refused,
    &sim_world_saves_refused_once,
    &sim_world_ranks,
    &sim_world_ranks_driven,
    &sim_world_ranks_tiled,
    &sim_world_ranks_failure,
    &sim_world_ranks_cancel,
    &sim_world_ranks_stop,
    &sim_world_ranks_answer,
    &sim_world_ranks_lost,
    &sim_world_driven,
    &sim_world_trouble,
    &sim_world_gathered,
    &sim_world_restored,
    &sim_world_alone,
    &sim_world_stepped,
    &sim_world_changed,
    NULL,
};
