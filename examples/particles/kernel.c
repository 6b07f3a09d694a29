/*
 * The loops are written to become vector instructions. Of a sum there are as many as a vector has
 * elements, which are added up at the end: the same bits from whoever computes these particles.
 */
#include "kernel.h"

#include <math.h>

#define TIME_STEP 0.01

/* Particles side by side that may be near, and what is to be added to where they are. */
struct span {
  size_t first, end;
  struct particles_vector shift;
};

struct spans {
  struct span spans[6]; /* a row of three cells is two spans where it leaves the box */
  size_t count;
};

/* A line of cells, which may be outside the box, as one inside and a shift. */
static size_t wrapped(const struct particles_world *world, ptrdiff_t line, double *shift) {
  const ptrdiff_t across = (ptrdiff_t)world->cells_across;
  *shift = line < 0 ? -world->side : line >= across ? world->side : 0;
  return (size_t)(line < 0 ? line + across : line >= across ? line - across : line);
}

static void add_span(struct spans *out, const struct particles_world *world, size_t first_cell,
                     size_t last_cell, struct particles_vector shift) {
  out->spans[out->count++] =
      (struct span){(size_t)world->firsts[first_cell], (size_t)world->firsts[last_cell + 1], shift};
}

/* The cell and the eight around it. */
static void find_spans(struct spans *out, const struct particles_world *world, size_t cell) {
  const size_t across = world->cells_across, column = cell % across;
  out->count = 0;
  for (ptrdiff_t beside = -1; beside <= 1; beside++) {
    struct particles_vector shift = {0, 0};
    const ptrdiff_t line = (ptrdiff_t)(cell / across) + beside;
    const size_t row = wrapped(world, line, &shift.y) * across;
    const size_t left = column > 0 ? column - 1 : 0;
    const size_t right = column < across - 1 ? column + 1 : column;
    add_span(out, world, row + left, row + right, shift);
    shift.x = column == 0 ? -world->side : world->side;
    if (column == 0)
      add_span(out, world, row + across - 1, row + across - 1, shift);
    else if (column == across - 1)
      add_span(out, world, row, row, shift);
  }
}

/* What a span's particles do to one. It may be among them, and then does nothing to itself but be
 * in the energy. */
struct push {
  struct particles_vector force;
  double energy;
};

static struct push push_of(const struct span *span, const struct particles_vector *positions,
                           struct particles_vector at) {
  double fx = 0, fy = 0, energy = 0;
  at.x -= span->shift.x;
  at.y -= span->shift.y;
#pragma omp simd reduction(+ : fx, fy, energy)
  for (size_t j = span->first; j < span->end; j++) {
    const double dx = at.x - positions[j].x, dy = at.y - positions[j].y;
    const double overlap = 1 - (dx * dx + dy * dy);
    const double near = overlap > 0 ? overlap : 0;
    const double strength = near * near;
    fx += strength * dx;
    fy += strength * dy;
    energy += strength * near;
  }
  return (struct push){{fx, fy}, energy};
}

double particles_pull(const struct particles_world *world, const struct particles_vector *positions,
                      const int32_t *cells, struct particles_range range,
                      struct particles_vector *forces) {
  struct spans spans = {.count = 0};
  double potential = 0;
  for (size_t i = range.first; i < range.end; i++) {
    struct push sum = {{0, 0}, -1}; /* its own energy is none */
    if (i == range.first || cells[i] != cells[i - 1])
      find_spans(&spans, world, (size_t)cells[i]);
    for (size_t s = 0; s < spans.count; s++) {
      const struct push push = push_of(&spans.spans[s], positions, positions[i]);
      sum.force.x += push.force.x;
      sum.force.y += push.force.y;
      sum.energy += push.energy;
    }
    forces[i - range.first] = (struct particles_vector){6 * sum.force.x, 6 * sum.force.y};
    potential += sum.energy / 2; /* the other half is the other one's */
  }
  return potential;
}

struct particles_sums particles_move(const struct particles_vector *forces,
                                     struct particles_vector *velocities,
                                     struct particles_vector *positions, size_t count) {
  double kinetic = 0, px = 0, py = 0, fastest = 0;
#pragma omp simd reduction(+ : kinetic, px, py) reduction(max : fastest)
  for (size_t i = 0; i < count; i++) {
    const struct particles_vector was = velocities[i];
    const double vx = was.x + TIME_STEP * forces[i].x, vy = was.y + TIME_STEP * forces[i].y;
    const double speed = vx * vx + vy * vy;
    kinetic += (was.x + vx) * (was.x + vx) + (was.y + vy) * (was.y + vy);
    px += vx;
    py += vy;
    fastest = fastest > speed ? fastest : speed;
    velocities[i].x = vx;
    velocities[i].y = vy;
    positions[i].x += TIME_STEP * vx;
    positions[i].y += TIME_STEP * vy;
  }
  return (struct particles_sums){kinetic / 8, {px, py}, fastest};
}

int particles_travel(const struct particles_world *world, double *travelled, double fastest) {
  *travelled += TIME_STEP * sqrt(fastest);
  if (1 + 2 * *travelled <= world->cell_side)
    return 0;
  *travelled = 0;
  return 1;
}
