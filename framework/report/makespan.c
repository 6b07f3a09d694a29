#include "report/makespan.h"

/* Looks at loads; more would take longer than the answer is worth. */
#define STEPS_MOST 2000000u

static double bound(const struct synched__pieces *pieces, unsigned workers) {
  double sum = 0.0;
  for (size_t i = 0; i < pieces->count; i++)
    sum += pieces->sizes[i];
  const double share = sum / workers;
  const double largest = pieces->count == 0 ? 0.0 : pieces->sizes[0] / pieces->cut;
  return share > largest ? share : largest;
}

static void add_to_least(double *loads, unsigned workers, double size) {
  unsigned least = 0;
  for (unsigned w = 1; w < workers; w++)
    if (loads[w] < loads[least])
      least = w;
  loads[least] += size;
}

double synched__makespan(const struct synched__pieces *pieces, unsigned workers, double *loads) {
  const size_t count = pieces->count * pieces->cut;
  double most = 0.0;
  if (count > STEPS_MOST / workers)
    return bound(pieces, workers);
  for (unsigned w = 0; w < workers; w++)
    loads[w] = 0.0;
  for (size_t i = 0; i < count; i++)
    add_to_least(loads, workers, pieces->sizes[i / pieces->cut] / pieces->cut);
  for (unsigned w = 0; w < workers; w++)
    most = loads[w] > most ? loads[w] : most;
  return most;
}
