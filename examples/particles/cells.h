/*
 * cells.h: makes the cells anew: puts the particles into the order of the cells that they are in.
 *
 * A counting sort in three steps. The first and the third are done part by part, by whoever likes,
 * in any order and at the same time; the second by one. Particles of a cell stay in the order in
 * which they were, so the result does not depend on who does what.
 */
#ifndef PARTICLES_CELLS_H
#define PARTICLES_CELLS_H

#include "world.h"

#ifdef __cplusplus
extern "C" {
#endif

/* 1: brings a part's particles back into the box, and counts them in their cells. */
void particles_cells_count(struct particles_world *world, size_t part);

/* 2: decides where they go. */
void particles_cells_place(struct particles_world *world);

/* 3: moves a part's particles there. */
void particles_cells_move(struct particles_world *world, size_t part);

#ifdef __cplusplus
}
#endif

#endif
