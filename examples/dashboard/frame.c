#include "frame.h"

#include <string.h>

size_t dashboard_frame_bytes(const struct life_grid *grid) {
  return DASHBOARD_FRAME_HEADER_BYTES + grid->height * ((grid->width + 7) / 8);
}

static unsigned char *put_number(unsigned char *out, uint64_t value, size_t byte_count) {
  for (size_t i = 0; i < byte_count; i++)
    *out++ = (unsigned char)(value >> (8 * i));
  return out;
}

void dashboard_frame_write(unsigned char *out, const struct life_view *view, uint64_t round) {
  const size_t row_bytes = (view->grid->width + 7) / 8;
  out = put_number(out, view->grid->width, 4);
  out = put_number(out, view->grid->height, 4);
  out = put_number(out, round, 8);
  for (size_t y = 0; y < view->grid->height; y++) {
    const uint64_t *const row = life_view_row(view, y);
    if (!row) {
      memset(out, 0, row_bytes);
      out += row_bytes;
      continue;
    }
    for (size_t at = 0; at < row_bytes; at += 8)
      out = put_number(out, row[at / 8], row_bytes - at < 8 ? row_bytes - at : 8);
  }
}
