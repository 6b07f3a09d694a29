/*
 * steer.h: a client's command, as calls that steer the job.
 */
#ifndef DASHBOARD_STEER_H
#define DASHBOARD_STEER_H

#include <uv.h>

#include "command.h"
#include "common/error.h"
#include "world.h"

/* Asks the job for what the command says; on_steered, or on_ended, follows when it has taken
 * effect. A restart goes on counting rounds where the job ended, on a torus sown anew. 0; or -1 and
 * why not: then nothing has changed. */
int dashboard_steer(struct dashboard_world *world, uv_loop_t *loop,
                    const struct dashboard_command *command, struct example_error *error);

/* "running", "paused" ... */
const char *dashboard_steer_state(const struct dashboard_world *world);

/* The name of the command that this was the completion of. */
const char *dashboard_steer_verb(const struct synched_steered *steered);

#endif
