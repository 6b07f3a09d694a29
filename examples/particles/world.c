#include "world.h"

#include <math.h>
#include <stdlib.h>

#include "common/random.h"

#define DENSITY 4.0 /* particles in a square of side 1 */
#define SKIN 0.2    /* what two particles may come nearer to each other until cells are made anew */
#define JITTER 0.3  /* of the lattice's constant */
#define SPEED 0.5   /* at most, in each direction */

/* From -1 to 1. */
static double scattered(uint64_t seed, size_t index) {
  return (double)(example_random_at(seed, index) >> 11) * 0x1p-52 - 1.0;
}

static void place(struct particles_world *world) {
  const size_t across = (size_t)ceil(sqrt((double)world->count));
  const size_t rows = (world->count + across - 1) / across;
  for (size_t i = 0; i < world->count; i++) {
    const size_t column = i % across, row = i / across;
    const double x = (double)column + 0.5 + JITTER * scattered(1, i);
    const double y = (double)row + 0.5 + JITTER * scattered(2, i);
    world->positions[i].x = x * world->side / (double)across;
    world->positions[i].y = y * world->side / (double)rows;
  }
}

/* Together they stand still. */
static void push(struct particles_world *world) {
  struct particles_vector mean = {0, 0};
  for (size_t i = 0; i < world->count; i++) {
    world->velocities[i].x = SPEED * scattered(3, i);
    world->velocities[i].y = SPEED * scattered(4, i);
    mean.x += world->velocities[i].x / (double)world->count;
    mean.y += world->velocities[i].y / (double)world->count;
  }
  for (size_t i = 0; i < world->count; i++) {
    world->velocities[i].x -= mean.x;
    world->velocities[i].y -= mean.y;
  }
}

int particles_world_create(struct particles_world *out, size_t count, size_t part_count) {
  const double side = sqrt((double)count / DENSITY);
  const size_t across = (size_t)(side / (1 + SKIN));
  *out =
      (struct particles_world){.count = count,
                               .part_count = part_count,
                               .side = side,
                               .cells_across = across,
                               .cell_side = side / (double)across,
                               .positions = malloc(count * sizeof *out->positions),
                               .velocities = malloc(count * sizeof *out->velocities),
                               .forces = malloc(count * sizeof *out->forces),
                               .cells = malloc(count * sizeof *out->cells),
                               .firsts = malloc((across * across + 1) * sizeof *out->firsts),
                               .places = malloc(across * across * part_count * sizeof *out->places),
                               .old_positions = malloc(count * sizeof *out->old_positions),
                               .old_velocities = malloc(count * sizeof *out->old_velocities),
                               .old_cells = malloc(count * sizeof *out->old_cells)};
  if (!out->positions || !out->velocities || !out->forces || !out->cells || !out->firsts ||
      !out->places || !out->old_positions || !out->old_velocities || !out->old_cells) {
    particles_world_destroy(out);
    return -1;
  }
  place(out);
  push(out);
  return 0;
}

struct particles_range particles_part(const struct particles_world *world, size_t part) {
  const size_t each = world->count / world->part_count;
  const size_t longer = world->count % world->part_count;
  const size_t first = part * each + (part < longer ? part : longer);
  return (struct particles_range){first, first + each + (part < longer)};
}

void particles_world_destroy(struct particles_world *world) {
  free(world->positions);
  free(world->velocities);
  free(world->forces);
  free(world->cells);
  free(world->firsts);
  free(world->places);
  free(world->old_positions);
  free(world->old_velocities);
  free(world->old_cells);
  *world = (struct particles_world){0};
}
