/*
 * run.c: every case in turn, repeat after repeat, each sample in a process of its own.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define SAMPLE_LIMIT_MS 60000

static double measure_trip(const struct bench_case *self) {
  (void)self;
  return bench_trip_ns();
}

static double measure_clock(const struct bench_case *self) {
  (void)self;
  return bench_clock_ns();
}

/* Waits for the child's figure, and not longer than a sample may take. */
static double receive(int from, pid_t child) {
  struct pollfd wait = {.fd = from, .events = POLLIN};
  double value = -1.0;
  int ready;
  do
    ready = poll(&wait, 1, SAMPLE_LIMIT_MS);
  while (ready < 0 && errno == EINTR);
  if (ready == 0) {
    (void)fprintf(stderr, "synched-bench: a sample took longer than %d s\n",
                  SAMPLE_LIMIT_MS / 1000);
    (void)kill(child, SIGKILL);
    return -1.0;
  }
  return read(from, &value, sizeof value) == (ssize_t)sizeof value ? value : -1.0;
}

/* One sample; negative: it failed. */
static double sample(const struct bench_case *one) {
  int ends[2];
  if (pipe(ends) != 0)
    return -1.0;
  (void)fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    double value = one->measure(one);
    _exit(write(ends[1], &value, sizeof value) == (ssize_t)sizeof value ? 0 : 1);
  }
  (void)close(ends[1]);
  double value = child < 0 ? -1.0 : receive(ends[0], child);
  (void)close(ends[0]);
  int status = 0;
  if (child > 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status) && value < 0)
    (void)fprintf(stderr, "synched-bench: %s ended by signal %d\n", one->contestant,
                  WTERMSIG(status));
  return value;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static bool summarise(const char *family, const struct bench_case *one, double *samples,
                      unsigned count, struct bench_rows *out) {
  struct bench_row *row = bench_rows_add(out);
  (void)snprintf(row->family, sizeof row->family, "%s", family);
  (void)snprintf(row->contestant, sizeof row->contestant, "%s", one->contestant);
  (void)snprintf(row->parameter, sizeof row->parameter, "%s", one->parameter);
  (void)snprintf(row->unit, sizeof row->unit, "%s", one->unit);
  row->workers = one->workers;
  row->segments = one->segments;
  qsort(samples, count, sizeof *samples, compare);
  row->least = samples[0];
  row->most = samples[count - 1];
  row->median = samples[0] < 0 ? -1.0 : samples[count / 2];
  if (row->median < 0)
    (void)fprintf(stderr, "synched-bench: %s/%s failed: %u workers, %zu segments, %s\n", family,
                  one->contestant, one->workers, one->segments, one->parameter);
  return row->median >= 0;
}

/* Expresses medians as multiples of the round trip measured beside them, which is the first row. */
static void relate(struct bench_rows *rows, size_t first) {
  const double trip_ns = rows->rows[first].median;
  for (size_t i = first; i < rows->count; i++) {
    struct bench_row *row = &rows->rows[i];
    if (trip_ns > 0 && row->median > 0 && strcmp(row->unit, "ns") == 0)
      row->rt_multiple = row->median / trip_ns;
  }
}

bool bench_run(const struct bench_family *family, unsigned workers, unsigned repeats,
               struct bench_rows *out) {
  struct bench_list list = {0};
  const size_t first = out->count;
  bench_add(&list, &(struct bench_case){.contestant = "cache_line_round_trip",
                                        .workers = 2,
                                        .unit = "ns",
                                        .measure = measure_trip});
  bench_add(&list, &(struct bench_case){.contestant = "clock_gettime",
                                        .workers = 1,
                                        .unit = "ns",
                                        .measure = measure_clock});
  list.workers = workers;
  family->list(&list);
  double *samples = calloc(list.count * repeats, sizeof *samples);
  if (samples == NULL) {
    (void)fprintf(stderr, "synched-bench: no memory\n");
    exit(1);
  }
  for (unsigned r = 0; r < repeats; r++)
    for (size_t i = 0; i < list.count; i++)
      samples[i * repeats + r] = sample(&list.cases[i]);
  bool good = true;
  for (size_t i = 0; i < list.count; i++)
    good &= summarise(family->name, &list.cases[i], &samples[i * repeats], repeats, out);
  relate(out, first);
  free(samples);
  free(list.cases);
  return good;
}
