/*
 * kernel.h: the two halves of a time step: forces from positions, and then new velocities and
 * positions from forces (leapfrog: velocities are half a step behind the positions).
 *
 * Two particles at a distance r below 1 push each other apart: their energy is (1 - r * r) to the
 * third. Each particle adds up its own force, so a pair is computed twice, and nobody writes what
 * is another's.
 */
#ifndef PARTICLES_KERNEL_H
#define PARTICLES_KERNEL_H

#include "world.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Computes the forces on some particles, whose first one is forces[0], from the positions and cells
 * of all. Returns their potential energy. */
double particles_pull(const struct particles_world *world, const struct particles_vector *positions,
                      const int32_t *cells, struct particles_range range,
                      struct particles_vector *forces);

/* What some particles have together. */
struct particles_sums {
  double kinetic;                   /* at the time of the forces */
  struct particles_vector momentum; /* after the step */
  double fastest;                   /* the square of the highest speed */
};

/* Moves some particles, `count` of each array. */
struct particles_sums particles_move(const struct particles_vector *forces,
                                     struct particles_vector *velocities,
                                     struct particles_vector *positions, size_t count);

/* Adds what others have. */
static inline void particles_sums_add(struct particles_sums *sums,
                                      const struct particles_sums *more) {
  sums->kinetic += more->kinetic;
  sums->momentum.x += more->momentum.x;
  sums->momentum.y += more->momentum.y;
  sums->fastest = sums->fastest > more->fastest ? sums->fastest : more->fastest;
}

/* Adds a step to how far a particle may have gone since cells were made, if it was the fastest one
 * each time. Whether cells are to be made anew, as two could be near each other now, and in cells
 * that are not; if so, counts from 0 again. */
int particles_travel(const struct particles_world *world, double *travelled, double fastest);

#ifdef __cplusplus
}
#endif

#endif
