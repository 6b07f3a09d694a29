#include "resample.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DRAW_COUNT 2000u
#define SEED UINT64_C(0x5eed5eed5eed5eed)

static int compare_numbers(const void *left, const void *right) {
  const double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

static double middle(const double *sorted, size_t count) {
  return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2.0;
}

double resample_median(double *values, size_t count) {
  qsort(values, count, sizeof *values, compare_numbers);
  return middle(values, count);
}

/* A row made ready to be drawn from: a draw counts how often each rank comes, so that its median is
 * found without sorting. */
struct urn {
  size_t count, stretch;
  double *sorted;
  uint32_t *ranks, *drawn; /* of each round; how often each was drawn */
};

static size_t rank_of(const struct urn *urn, double value) {
  size_t low = 0, high = urn->count - 1;
  while (low < high) {
    const size_t between = low + (high - low) / 2;
    if (urn->sorted[between] < value)
      low = between + 1;
    else
      high = between;
  }
  return low;
}

static void urn_deinit(struct urn *urn) {
  free(urn->sorted);
  free(urn->ranks);
  free(urn->drawn);
}

static bool urn_init(struct urn *urn, const struct resample_row *row) {
  *urn = (struct urn){.count = row->count, .stretch = (size_t)sqrt((double)row->count)};
  urn->sorted = malloc(row->count * sizeof *urn->sorted);
  urn->ranks = malloc(row->count * sizeof *urn->ranks);
  urn->drawn = malloc(row->count * sizeof *urn->drawn);
  if (urn->sorted == NULL || urn->ranks == NULL || urn->drawn == NULL) {
    urn_deinit(urn);
    return false;
  }
  memcpy(urn->sorted, row->values, row->count * sizeof *urn->sorted);
  qsort(urn->sorted, row->count, sizeof *urn->sorted, compare_numbers);
  for (size_t i = 0; i < row->count; i++)
    urn->ranks[i] = (uint32_t)rank_of(urn, row->values[i]);
  return true;
}

/* xorshift64*: S. Vigna, "An experimental exploration of Marsaglia's xorshift generators", 2016. */
static uint64_t draw_number(uint64_t *state) {
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return *state * UINT64_C(2685821657736338717);
}

/* The median of as many rounds as there are, drawn by stretches; the row's end is joined to its
 * beginning, so that each round is as likely as the others. */
static double draw_median(const struct urn *urn, uint64_t *state) {
  memset(urn->drawn, 0, urn->count * sizeof *urn->drawn);
  for (size_t count = 0; count < urn->count;) {
    size_t at = (size_t)(draw_number(state) % urn->count);
    for (size_t i = 0; i < urn->stretch && count < urn->count; i++, count++) {
      urn->drawn[urn->ranks[at]]++;
      at = at + 1 < urn->count ? at + 1 : 0;
    }
  }
  size_t passed = 0, rank = 0;
  const size_t lower = (urn->count - 1) / 2, upper = urn->count / 2;
  while (passed + urn->drawn[rank] <= lower)
    passed += urn->drawn[rank++];
  const double first = urn->sorted[rank];
  while (passed + urn->drawn[rank] <= upper)
    passed += urn->drawn[rank++];
  return (first + urn->sorted[rank]) / 2.0;
}

static void draw_all(struct resample_change *out, const struct urn *before,
                     const struct urn *after) {
  double ratios[DRAW_COUNT];
  uint64_t state = SEED;
  for (unsigned i = 0; i < DRAW_COUNT; i++) {
    const double from = draw_median(before, &state), to = draw_median(after, &state);
    ratios[i] = from > 0.0 ? to / from : (double)INFINITY;
  }
  qsort(ratios, DRAW_COUNT, sizeof *ratios, compare_numbers);
  out->before = middle(before->sorted, before->count);
  out->after = middle(after->sorted, after->count);
  out->least = ratios[DRAW_COUNT / 40];
  out->most = ratios[DRAW_COUNT - 1 - DRAW_COUNT / 40];
}

bool resample_compare(struct resample_change *out, const struct resample_row *before,
                      const struct resample_row *after) {
  struct urn first, second;
  if (!urn_init(&first, before))
    return false;
  const bool is_ready = urn_init(&second, after);
  if (is_ready) {
    draw_all(out, &first, &second);
    urn_deinit(&second);
  }
  urn_deinit(&first);
  return is_ready;
}
