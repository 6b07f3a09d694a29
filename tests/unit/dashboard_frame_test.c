/*
 * dashboard_frame_test.c: the picture that the example `dashboard` sends.
 */
#include "frame.h"

#include "support/life_world.h"

/* What the page does with a frame. */
static bool frame_cell(const unsigned char *frame, size_t width, size_t x, size_t y) {
  const unsigned char *const row = frame + DASHBOARD_FRAME_HEADER_BYTES + y * ((width + 7) / 8);
  return row[x / 8] >> (x % 8) & 1;
}

static void expect_picture(const char *rule, size_t bands) {
  char text[400];
  struct world world;
  snprintf(text, sizeof text, "x = 5, y = 6, rule = %s\nobobo$5o$b3o2$o3bo$5o!", rule);
  world_open_text(&world, text, 0, bands);
  world_run(&world, 3);
  const struct life_view view = world_view(&world);
  const size_t width = world.grid.width, bytes = dashboard_frame_bytes(&world.grid);
  unsigned char *const frame = malloc(bytes + 1);
  cr_assert_not_null(frame);
  memset(frame, 0xa5, bytes + 1);
  dashboard_frame_write(frame, &view, UINT64_C(0x0123456789abcdef));
  cr_expect_eq(frame[bytes], 0xa5, "written beyond the end");
  const unsigned char header[] = {(unsigned char)width,
                                  (unsigned char)(width >> 8),
                                  0,
                                  0,
                                  (unsigned char)world.grid.height,
                                  0,
                                  0,
                                  0,
                                  0xef,
                                  0xcd,
                                  0xab,
                                  0x89,
                                  0x67,
                                  0x45,
                                  0x23,
                                  0x01};
  cr_expect_arr_eq(frame, header, sizeof header);
  for (size_t y = 0; y < world.grid.height; y++)
    for (size_t x = 0; x < width; x++)
      cr_expect_eq(frame_cell(frame, width, x, y), world_alive(&world, x, y), "%zu, %zu", x, y);
  free(frame);
  world_close(&world);
}

Test(dashboard_frame, write_has_every_cell_where_it_belongs) {
  expect_picture("B3/S23:T16,16", 1);
  expect_picture("B3/S23:T300,20", 3);
  expect_picture("B3/S23:T64,64", 64); /* most bands are dead */
  expect_picture("B3/S23:T65,17", 5);
  expect_picture("B36/S23:T71,33", 2);
}
