/*
 * compare.c: what changed between two runs, beyond the noise.
 *
 * A figure has changed if the medians differ by more than a twentieth, and by more than the two
 * runs' spreads together: of some hundred rows of a few samples each, some medians always lie
 * outside of the other run's spread. And that not only in nanoseconds but also in multiples of what
 * was measured beside it, the round trip and the serial loop: for the machine itself is faster on
 * one day than on another. Peers' changes are told, but are not this library's.
 */
#include <math.h>
#include <string.h>

#include "bench.h"

#define LEAST_CHANGE 0.05

static double trip_of(const struct bench_rows *rows, const char *family) {
  struct bench_row wanted = {.workers = 2, .contestant = "cache_line_round_trip"};
  (void)snprintf(wanted.family, sizeof wanted.family, "%s", family);
  const struct bench_row *row = bench_rows_find(rows, &wanted);
  return row != NULL && row->median > 0 ? row->median : 1.0;
}

/* What the serial loop took for the same; 1 where there is none. */
static double serial_of(const struct bench_rows *rows, const struct bench_row *where) {
  double ns = 1.0;
  for (size_t i = 0; i < rows->count; i++) {
    const struct bench_row *row = &rows->rows[i];
    if (strcmp(row->contestant, "serial") == 0 && strcmp(row->family, where->family) == 0 &&
        strcmp(row->parameter, where->parameter) == 0 && row->median > 0 &&
        (ns == 1.0 || row->segments == where->segments))
      ns = row->median;
  }
  return ns;
}

/* Compares the figures, divided by these. -1: better; 1: worse; 0: no change beyond the noise. */
static int judge(const struct bench_row *old, double old_by, const struct bench_row *now,
                 double now_by) {
  const double before = old->median / old_by, after = now->median / now_by;
  const double spread = (old->most - old->least) / old_by + (now->most - now->least) / now_by;
  if (fabs(after - before) <= LEAST_CHANGE * before || fabs(after - before) <= spread)
    return 0;
  return after > before ? 1 : -1;
}

static bool is_yardstick(const struct bench_row *row) {
  return strcmp(row->contestant, "serial") == 0 || strcmp(row->contestant, "best_schedule") == 0 ||
         strcmp(row->contestant, "clock_gettime") == 0 ||
         strcmp(row->contestant, "cache_line_round_trip") == 0;
}

static bool is_peer(const struct bench_row *row) {
  return strncmp(row->contestant, "synched", 7) != 0 ||
         strcmp(row->contestant, "synched_memory_scheme") == 0;
}

static int compare_row(const struct bench_rows *all_old, const struct bench_row *old,
                       const struct bench_rows *all_new, const struct bench_row *now) {
  int verdict = is_yardstick(old) ? 0 : judge(old, 1.0, now, 1.0);
  if (old->rt_multiple > 0 &&
      (verdict != judge(old, trip_of(all_old, old->family), now, trip_of(all_new, now->family)) ||
       verdict != judge(old, serial_of(all_old, old), now, serial_of(all_new, now))))
    verdict = 0;
  if (verdict != 0)
    (void)printf(
        "%-6s %-10s %-22s %2u workers %4zu segments %-12s %12.0f -> %.0f %s (%+.0f %%)%s\n",
        verdict > 0 ? "worse" : "better", old->family, old->contestant, old->workers, old->segments,
        old->parameter, old->median, now->median, now->unit,
        100.0 * (now->median / old->median - 1.0), is_peer(old) ? ", a peer" : "");
  return is_peer(old) ? 0 : verdict;
}

static void tell_missing(const char *where, const struct bench_row *row) {
  (void)printf("only in %s: %s %s, %u workers, %zu segments, %s\n", where, row->family,
               row->contestant, row->workers, row->segments, row->parameter);
}

int bench_compare(const char *old_path, const char *new_path) {
  struct bench_rows old = {0}, now = {0};
  unsigned worse = 0, better = 0, same = 0;
  if (bench_json_read(old_path, &old) != 0 || bench_json_read(new_path, &now) != 0)
    return -1;
  for (size_t i = 0; i < old.count; i++) {
    const struct bench_row *row = bench_rows_find(&now, &old.rows[i]);
    if (row == NULL) {
      tell_missing(old_path, &old.rows[i]);
      continue;
    }
    int verdict = compare_row(&old, &old.rows[i], &now, row);
    worse += verdict > 0;
    better += verdict < 0;
    same += verdict == 0;
  }
  for (size_t i = 0; i < now.count; i++)
    if (bench_rows_find(&old, &now.rows[i]) == NULL)
      tell_missing(new_path, &now.rows[i]);
  (void)printf("%u worse, %u better, %u without a change that can be told from noise\n", worse,
               better, same);
  bench_rows_free(&old);
  bench_rows_free(&now);
  return worse > 0;
}
