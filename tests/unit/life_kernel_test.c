/*
 * life_kernel_test.c: the word-at-a-time kernel against one that counts neighbours one by one, and
 * against what has long been known about some patterns.
 */
#include <inttypes.h>

#include "support/life_world.h"

/* --- the plain one --- */

static unsigned plain_neighbours(const struct life_grid *grid, const uint8_t *cells, size_t x,
                                 size_t y) {
  const long width = (long)grid->width, height = (long)grid->height;
  unsigned count = 0;
  for (long dy = -1; dy <= 1; dy++)
    for (long dx = -1; dx <= 1; dx++) {
      const long nx = (long)x + dx, ny = (long)y + dy;
      const bool inside = nx >= 0 && nx < width && ny >= 0 && ny < height;
      if ((dx == 0 && dy == 0) || (!inside && !grid->torus))
        continue;
      count += cells[(ny + height) % height * width + (nx + width) % width];
    }
  return count;
}

static void plain_step(const struct life_grid *grid, const struct life_rule *rule,
                       const uint8_t *cells, uint8_t *out) {
  for (size_t y = 0; y < grid->height; y++)
    for (size_t x = 0; x < grid->width; x++) {
      const size_t i = y * grid->width + x;
      const unsigned fates = cells[i] ? rule->survival : rule->birth;
      out[i] = fates >> plain_neighbours(grid, cells, x, y) & 1;
    }
}

/* --- both on the same random cells --- */

static uint32_t random_state;

static uint32_t next_random(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 17;
  random_state ^= random_state << 5;
  return random_state;
}

struct trial {
  const char *rule; /* without the grid */
  char space;       /* T or P */
  unsigned width, height, bands;
};

/* A third of the cells alive; in every third trial only in the upper rows, to have dead bands. */
static void make_soup(struct world *world, const struct trial *trial, uint8_t *cells) {
  struct life_pattern pattern;
  struct example_error error;
  char text[LIFE_RULE_TEXT_BYTES];
  snprintf(text, sizeof text, "%s:%c%u,%u", trial->rule, trial->space, trial->width, trial->height);
  life_pattern_init(&pattern);
  cr_assert_eq(life_rule_parse(&pattern.rule, text, 1, &error), 0, "%s", error.text);
  pattern.width = trial->width;
  pattern.height = trial->height;
  const uint32_t rows = next_random() % 3 == 0 ? (trial->height + 2) / 3 : trial->height;
  for (uint32_t y = 0; y < rows; y++)
    for (uint32_t x = 0; x < trial->width; x++)
      if (next_random() % 3 == 0) {
        cr_assert(life_pattern_add(&pattern, (struct life_run){y, x, 1}));
        cells[y * trial->width + x] = 1;
      }
  world_open(world, &pattern, 0, trial->bands);
}

static void compare_cells(const struct world *world, const struct trial *trial,
                          const uint8_t *cells, unsigned generation) {
  uint64_t population = 0;
  for (size_t y = 0; y < trial->height; y++)
    for (size_t x = 0; x < trial->width; x++) {
      population += cells[y * trial->width + x];
      if (world_alive(world, x, y) != (bool)cells[y * trial->width + x])
        cr_assert_fail("%s:%c%u,%u in %u bands: cell %zu, %zu in generation %u", trial->rule,
                       trial->space, trial->width, trial->height, trial->bands, x, y, generation);
    }
  cr_assert_eq(world_population(world), population);
}

static void try_it(const struct trial *trial) {
  struct world world;
  uint8_t *cells[2];
  for (int i = 0; i < 2; i++) {
    cells[i] = calloc((size_t)trial->width * trial->height, 1);
    cr_assert_not_null(cells[i]);
  }
  make_soup(&world, trial, cells[0]);
  compare_cells(&world, trial, cells[0], 0);
  for (unsigned generation = 1; generation <= 6; generation++) {
    world_step(&world);
    plain_step(&world.grid, &world.pattern.rule, cells[(generation - 1) % 2],
               cells[generation % 2]);
    compare_cells(&world, trial, cells[generation % 2], generation);
  }
  cr_assert_not(world.at_edge, "a bounded grid has the edge that was asked for");
  world_close(&world);
  free(cells[0]);
  free(cells[1]);
}

static void try_all_sizes(const char *rule) {
  static const unsigned widths[] = {1, 2, 3, 63, 64, 65, 127, 128, 200, 261};
  static const unsigned heights[] = {1, 2, 3, 7, 13};
  static const unsigned bands[] = {1, 2, 7};
  random_state = 2463534242u;
  for (size_t w = 0; w < sizeof widths / sizeof *widths; w++)
    for (size_t h = 0; h < sizeof heights / sizeof *heights; h++)
      for (size_t b = 0; b < sizeof bands / sizeof *bands; b++) {
        if (bands[b] > heights[h])
          continue;
        try_it(&(struct trial){rule, 'T', widths[w], heights[h], bands[b]});
        try_it(&(struct trial){rule, 'P', widths[w], heights[h], bands[b]});
      }
}

Test(life_kernel, step_conway_is_as_plain) {
  try_all_sizes("B3/S23");
}

Test(life_kernel, step_highlife_is_as_plain) {
  try_all_sizes("B36/S23");
}

Test(life_kernel, step_seeds_is_as_plain) {
  try_all_sizes("B2/S");
}

Test(life_kernel, step_day_and_night_is_as_plain) {
  try_all_sizes("B3678/S34678");
}

Test(life_kernel, step_replicator_is_as_plain) {
  try_all_sizes("B1357/S1357");
}

Test(life_kernel, step_birth_from_nothing_is_as_plain) {
  try_all_sizes("B01/S");
  try_all_sizes("B0123478/S34678");
}

Test(life_kernel, step_every_count_alone_is_as_plain) {
  char rule[16];
  for (int count = 0; count <= 8; count++) {
    snprintf(rule, sizeof rule, "B%d/S%d", count, 8 - count);
    random_state = 88675123u + (uint32_t)count;
    try_it(&(struct trial){rule, 'T', 131, 9, 2});
    try_it(&(struct trial){rule, 'P', 131, 9, 2});
  }
}

/* B3/S23 by the special and by the general loop, each for this CPU and for any. */
Test(life_kernel, step_every_loop_gives_the_same_cells) {
  struct world worlds[4];
  const struct life_rule conway = {.birth = 1u << 3, .survival = 1u << 2 | 1u << 3};
  const struct life_rule other = {.birth = 1u << 2};
  for (int i = 0; i < 4; i++) {
    uint8_t cells[700 * 20] = {0};
    random_state = 123456789u;
    make_soup(&worlds[i], &(struct trial){"B3/S23", 'T', 700, 20, 1}, cells);
    worlds[i].kernel.words = life_kernel_words(i % 2 == 0 ? &conway : &other, i / 2 == 1);
    world_run(&worlds[i], 50);
    const size_t bytes = worlds[i].grid.row_words * 20 * sizeof(uint64_t);
    cr_assert_arr_eq(worlds[0].cells[worlds[0].now], worlds[i].cells[worlds[i].now], bytes);
  }
  cr_assert_gt(world_population(&worlds[0]), 0);
  for (int i = 0; i < 4; i++)
    world_close(&worlds[i]);
}

/* --- what is known --- */

static const char r_pentomino[] = "x = 3, y = 3\nb2o$2o$bo!\n";
static const char gun[] = "x = 36, y = 9\n"
                          "24bo$22bobo$12b2o6b2o12b2o$11bo3bo4b2o12b2o$2o8bo5bo3b2o$2o8bo3bob2o4b\n"
                          "obo$10bo5bo7bo$11bo3bo$12b2o!\n";

Test(life_kernel, step_r_pentomino_settles_at_116) {
  struct world world;
  world_open_text(&world, r_pentomino, 1103, 0);
  world_run(&world, 1103);
  cr_assert_eq(world_population(&world), 116);
  cr_assert_not(world.at_edge);
  world_close(&world);
}

Test(life_kernel, step_gun_makes_five_cells_in_thirty_generations) {
  struct world world;
  world_open_text(&world, gun, 600, 13);
  uint64_t population = world_population(&world);
  for (int glider = 1; glider <= 20; glider++) {
    world_run(&world, 30);
    cr_assert_eq(world_population(&world), population + 5);
    population += 5;
  }
  cr_assert_not(world.at_edge);
  world_close(&world);
}

Test(life_kernel, step_glider_on_torus_comes_home) {
  struct world world;
  world_open_text(&world, "x = 3, y = 3, rule = B3/S23:T70,35\nbo$2bo$3o!", 0, 3);
  char *const before = world_write(&world, 0);
  world_run(&world, 4 * 70);
  char *const after = world_write(&world, 0);
  cr_assert_str_eq(before, after);
  free(before);
  free(after);
  world_close(&world);
}

Test(life_kernel, step_glider_on_chosen_plane_reports_edge) {
  struct world world;
  world_open_text(&world, "x = 3, y = 3\nbo$2bo$3o!", 10, 2);
  cr_assert(world.grid.open_x && world.grid.open_y);
  cr_assert_eq(world.grid.width, 3 + 2 * 11);
  world_run(&world, 10);
  cr_assert_not(world.at_edge);
  world_run(&world, 90);
  cr_assert(world.at_edge);
  world_close(&world);
}

Test(life_kernel, step_light_speed_stays_inside_chosen_plane) {
  struct world world;
  world_open_text(&world, "x = 2, y = 1, rule = B2/S\n2o!", 40, 5);
  world_run(&world, 40);
  cr_assert_not(world.at_edge);
  const struct life_view view = world_view(&world);
  const struct life_box box = life_view_bounds(&view);
  cr_assert_eq(box.row, 1, "it does run at the speed of light");
  world_close(&world);
}

/* What a call on a plane reads is what a job declares for it: the other end may be anything. */
Test(life_kernel, step_on_plane_does_not_look_at_the_other_end) {
  struct world world;
  world_open_text(&world, "x = 3, y = 3, rule = B3/S23:P64,40\n3o!", 0, 4);
  const size_t words = life_grid_band_words(&world.grid, 0), last = world.grid.band_count - 1;
  uint64_t *const cells = calloc(world.grid.height, sizeof *cells);
  uint64_t *const out = malloc(words * sizeof *out);
  cr_assert(cells && out && last == 3);
  memset(out, 0xff, words * sizeof *out);
  for (size_t far = 0; far <= last; far += last) {
    size_t counts[4] = {0};
    counts[far] = words;
    const struct life_view view = {&world.grid, cells, counts};
    cr_expect_not(life_kernel_step(&world.kernel, &view, last - far, out).alive);
    cr_expect_eq(out[0], UINT64_MAX, "nothing was computed");
  }
  free(cells);
  free(out);
  world_close(&world);
}
