/*
 * stencil.c: see stencil.h.
 */
#include "stencil.h"

#include <stdlib.h>
#include <string.h>

#include "common/random.h"

#define FLOW 0.15

static int open_life(struct stencil *out) {
  struct example_error error;
  struct life_rule rule;
  out->grid = (struct life_grid){.width = out->side,
                                 .height = out->side,
                                 .row_words = (out->side + 63) / 64,
                                 .torus = true,
                                 .band_count = out->side};
  out->row_bytes = out->grid.row_words * sizeof(uint64_t);
  out->wraps = true;
  out->counts = malloc(out->side * sizeof *out->counts);
  if (out->counts == NULL || life_rule_parse(&rule, "B3/S23", 0, &error) != 0 ||
      !life_kernel_init(&out->kernel, &rule, &out->grid))
    return -1;
  for (size_t i = 0; i < out->side; i++)
    out->counts[i] = out->grid.row_words;
  return 0;
}

int stencil_open(struct stencil *out, enum stencil_kind kind, size_t side) {
  *out = (struct stencil){.kind = kind, .side = side, .row_count = side};
  if (kind == STENCIL_LIFE && open_life(out) != 0) {
    stencil_close(out);
    return -1;
  }
  if (kind == STENCIL_HEAT)
    out->row_bytes = side * sizeof(double);
  if (kind == STENCIL_CUBE)
    out->row_bytes = side * side * sizeof(double);
  out->plate = (struct heat_plate){side, side};
  return 0;
}

void stencil_close(struct stencil *stencil) {
  life_kernel_deinit(&stencil->kernel);
  free(stencil->counts);
  stencil->counts = NULL;
}

void stencil_start(const struct stencil *stencil, size_t first, size_t end, void *now) {
  const size_t count = (end - first) * stencil->row_bytes / sizeof(double);
  const size_t at = first * stencil->row_bytes / sizeof(double);
  double *numbers = now;
  uint64_t *words = now;
  switch (stencil->kind) {
  case STENCIL_HEAT:
    heat_start(&stencil->plate, (struct heat_rows){first, end}, now);
    return;
  case STENCIL_CUBE:
    for (size_t i = 0; i < count; i++)
      numbers[i] = 20 + (double)(example_random_at(1, at + i) >> 58);
    return;
  default:
    for (size_t i = 0; i < count; i++)
      words[i] = example_random_at(1, 2 * (at + i)) & example_random_at(1, 2 * (at + i) + 1);
  }
}

/* A line of a plane inside the cube. */
static void cube_line(size_t side, const double *restrict here, double *restrict now) {
  const double *restrict above = here - side * side, *restrict below = here + side * side;
  const double *restrict north = here - side, *restrict south = here + side;
#pragma omp simd
  for (size_t j = 1; j < side - 1; j++)
    now[j] = here[j] + FLOW * ((above[j] + below[j]) + (north[j] + south[j]) +
                               (here[j - 1] + here[j + 1]) - 6 * here[j]);
  now[0] = here[0];
  now[side - 1] = here[side - 1];
}

static void cube_plane(size_t side, size_t plane, const double *here, double *now) {
  if (plane == 0 || plane == side - 1) {
    memcpy(now, here, side * side * sizeof *now);
    return;
  }
  memcpy(now, here, side * sizeof *now);
  for (size_t i = 1; i < side - 1; i++)
    cube_line(side, here + i * side, now + i * side);
  memcpy(now + (side - 1) * side, here + (side - 1) * side, side * sizeof *now);
}

void stencil_step(const struct stencil *stencil, const void *old, size_t first, size_t end,
                  void *now) {
  const size_t side = stencil->side;
  const struct life_view view = {&stencil->grid, old, stencil->counts};
  switch (stencil->kind) {
  case STENCIL_HEAT:
    heat_step(&stencil->plate, old, (struct heat_rows){first, end}, now);
    return;
  case STENCIL_CUBE:
    for (size_t i = first; i < end; i++)
      cube_plane(side, i, (const double *)old + i * side * side,
                 (double *)now + (i - first) * side * side);
    return;
  default:
    for (size_t i = first; i < end; i++)
      (void)life_kernel_step(&stencil->kernel, &view, i,
                             (uint64_t *)now + (i - first) * stencil->grid.row_words);
  }
}
