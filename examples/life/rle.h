/*
 * rle.h: Golly's extended RLE, the usual file format of patterns, packed by gzip or not.
 *
 *   #N Glider
 *   #CXRLE Pos=-1,-1 Gen=0
 *   x = 3, y = 3, rule = B3/S23:T100,100
 *   bo$2bo$3o!
 *
 * A run is a count (1 where it is missing) and what is repeated: b or . for dead cells, o or A
 * for live ones, $ for the end of a row. ! ends the pattern, and what follows it is not looked
 * at. Lines end with a newline, a carriage return, or both.
 *
 * As in Golly, the header or the ! may be missing, and the header's box may be too small. A note
 * tells of it, for the file may as well be damaged. A file that ends with a count is refused: it
 * has been cut short.
 */
#ifndef LIFE_RLE_H
#define LIFE_RLE_H

#include <stdint.h>
#include <stdio.h>

#include "common/error.h"
#include "common/source.h"
#include "pattern.h"

struct life_view;

/* Reads a whole file. 0 and *out, to be ended with life_pattern_deinit; or -1 and why, and *out
 * holds nothing. The memory used is in proportion to the file's length. */
int life_rle_read(struct life_pattern *out, struct example_source *source,
                  struct example_error *error);

/* Writes the live cells of `view` as a pattern that reads back to the same cells at the same place,
 * with the rule and comments of `pattern`. 0, or -1 when writing failed (errno says why); whether
 * everything has arrived on the disk is known only after fclose. */
int life_rle_write(FILE *out, const struct life_pattern *pattern, const struct life_view *view,
                   uint64_t generation);

#endif
