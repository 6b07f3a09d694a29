/*
 * world.h: particles in a box without walls: what leaves it on one side comes back on the other.
 *
 * The arrays are the program's own, and plain ones. Particles lie in them by cell: the box is cut
 * into square cells, row by row, and a particle's neighbours are those of its cell and of the eight
 * around it. All lengths are in units of how far a particle reaches.
 */
#ifndef PARTICLES_WORLD_H
#define PARTICLES_WORLD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PARTICLES_LEAST ((size_t)100) /* so that a box has three cells across, or more */
#define PARTICLES_MOST ((size_t)100000000)

struct particles_vector {
  double x, y;
};

/* Particles first .. end - 1. */
struct particles_range {
  size_t first, end;
};

struct particles_world {
  size_t count;        /* of particles */
  size_t part_count;   /* into which they are dealt, in their order */
  double side;         /* of the box */
  size_t cells_across; /* of them, in each direction */
  double cell_side;    /* a particle's reach and what it may travel until cells are made anew */
  struct particles_vector *positions, *velocities, *forces; /* [count] */
  int32_t *cells;                                           /* [count]: each particle's */
  int32_t *firsts; /* [cells_across * cells_across + 1]: the first particle of each cell */
  /* for who makes cells anew: how many particles of each part are in each cell, and then where the
   * next one goes: those of a cell side by side */
  int32_t *places;
  /* [count]: in the order before */
  struct particles_vector *old_positions, *old_velocities;
  int32_t *old_cells;
};

/* Makes a world of particles that nearly lie on a lattice and hardly move, the same each time.
 * Cells are still to be made. 0, to be ended with particles_world_destroy; or -1: out of memory. */
int particles_world_create(struct particles_world *out, size_t count, size_t part_count);

/* A part of them; the first ones have one more where they cannot be dealt evenly. */
struct particles_range particles_part(const struct particles_world *world, size_t part);

void particles_world_destroy(struct particles_world *world);

#ifdef __cplusplus
}
#endif

#endif
