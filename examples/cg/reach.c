#include "reach.h"

#include <stdint.h>
#include <stdlib.h>

/* Which segment each row is in, which the caller frees; NULL: out of memory. */
static uint32_t *segments_of_rows(const struct cg_matrix *matrix, const struct cg_cut *cut) {
  uint32_t *const of = malloc(matrix->row_count * sizeof *of);
  for (size_t s = 0; of && s < cut->segment_count; s++)
    for (size_t row = cut->first_row[s]; row < cut->first_row[s + 1]; row++)
      of[row] = (uint32_t)s;
  return of;
}

/* What is known while segments are listed. */
struct listing {
  const struct cg_matrix *matrix;
  const struct cg_cut *cut;
  /* [row_count]: the segment of each row */
  const uint32_t *of;
  /* [segment_count]: 1 more than the last segment that has listed each one */
  size_t *last;
};

/* Lists the segments in which a segment's columns lie; returns how many these are. */
static size_t list(const struct listing *listing, size_t segment, size_t *to) {
  const struct cg_matrix *const matrix = listing->matrix;
  const struct cg_rows rows = cg_cut_rows(listing->cut, segment);
  size_t count = 0;
  for (size_t i = matrix->rows[rows.first]; i < matrix->rows[rows.end]; i++) {
    const size_t other = listing->of[matrix->columns[i]];
    if (listing->last[other] != segment + 1) {
      listing->last[other] = segment + 1;
      to[count++] = other;
    }
  }
  return count;
}

bool cg_reach_init(struct cg_reach *out, const struct cg_matrix *matrix, const struct cg_cut *cut) {
  const size_t count = cut->segment_count;
  uint32_t *const of = segments_of_rows(matrix, cut);
  size_t *const last = calloc(count, sizeof *last);
  out->offsets = calloc(count + 1, sizeof *out->offsets);
  out->segments = malloc(count * count * sizeof *out->segments);
  const bool complete = of && last && out->offsets && out->segments;
  const struct listing listing = {matrix, cut, of, last};
  for (size_t s = 0; complete && s < count; s++)
    out->offsets[s + 1] = out->offsets[s] + list(&listing, s, out->segments + out->offsets[s]);
  free(of);
  free(last);
  if (!complete)
    cg_reach_deinit(out);
  return complete;
}

void cg_reach_deinit(struct cg_reach *reach) {
  free(reach->offsets);
  free(reach->segments);
  *reach = (struct cg_reach){NULL, NULL};
}
