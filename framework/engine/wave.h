/*
 * wave.h: a worker's part in a tile (internal).
 */
#ifndef SYNCHED_ENGINE_WAVE_H
#define SYNCHED_ENGINE_WAVE_H

#include "engine/round.h"

/* As synched__round_take_part, once the run has joined. */
bool synched__wave_take_part(struct synched__run *run);

/* As synched__round_run_solo. */
bool synched__wave_run_solo(struct synched__run *run);

#endif
