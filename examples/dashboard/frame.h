/*
 * frame.h: the picture as one binary message:
 *
 *   width, height, 4 bytes each; round, 8 bytes, the least significant byte first everywhere;
 *   then row by row (width + 7) / 8 bytes, with cell x as bit x % 8 of byte x / 8.
 */
#ifndef DASHBOARD_FRAME_H
#define DASHBOARD_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "grid.h"

#define DASHBOARD_FRAME_HEADER_BYTES 16u

size_t dashboard_frame_bytes(const struct life_grid *grid);

/* Writes dashboard_frame_bytes(view->grid) bytes. */
void dashboard_frame_write(unsigned char *out, const struct life_view *view, uint64_t round);

#endif
