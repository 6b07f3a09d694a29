#include "steer.h"

#include <inttypes.h>

static int restart(struct dashboard_world *world, uv_loop_t *loop) {
  const int state = synched_job_state(world->job);
  if (state != SYNCHED_JOB_ENDED)
    return SYNCHED_EBUSY;
  const int status = dashboard_world_sow(world);
  return status != 0 ? status : synched_job_start(world->job, loop);
}

static int call(struct dashboard_world *world, uv_loop_t *loop,
                const struct dashboard_command *command) {
  switch (command->verb) {
  case DASHBOARD_PAUSE:
    return synched_job_pause(world->job);
  case DASHBOARD_RESUME:
    return synched_job_resume(world->job);
  case DASHBOARD_STEP:
    return synched_job_step(world->job, command->value);
  case DASHBOARD_PERIOD:
    return synched_job_set_period(world->job, command->value);
  case DASHBOARD_CANCEL:
    return synched_job_cancel(world->job);
  default:
    return restart(world, loop);
  }
}

int dashboard_steer(struct dashboard_world *world, uv_loop_t *loop,
                    const struct dashboard_command *command, struct example_error *error) {
  const char *const state = dashboard_steer_state(world);
  const int status = call(world, loop, command);
  if (status == 0)
    return 0;
  return example_fail(error, 0, "%s is not possible now: the job is %s (%s)",
                      dashboard_verb_name(command->verb), state, synched_err_name(status));
}

const char *dashboard_steer_state(const struct dashboard_world *world) {
  switch (synched_job_state(world->job)) {
  case SYNCHED_JOB_READY:
    return "ready";
  case SYNCHED_JOB_RUNNING:
    return "running";
  case SYNCHED_JOB_PAUSED:
    return "paused";
  case SYNCHED_JOB_STEPPING:
    return "stepping";
  case SYNCHED_JOB_ENDING:
    return "ending";
  default:
    return "ended";
  }
}

const char *dashboard_steer_verb(const struct synched_steered *steered) {
  switch (steered->call) {
  case SYNCHED_STEER_PAUSE:
    return "pause";
  case SYNCHED_STEER_RESUME:
    return "resume";
  case SYNCHED_STEER_STEP:
    return "step";
  case SYNCHED_STEER_PERIOD:
    return "period";
  default:
    return "weight";
  }
}
