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

static unsigned figure_count(const struct bench_case *one) {
  unsigned count = 0;
  if (one->measure_several == NULL)
    return 1;
  while (one->names[count].contestant != NULL)
    count++;
  return count;
}

/* Waits for the child's figures, and not longer than a sample may take. */
static bool receive(int from, struct bench_figure *out, size_t size) {
  struct pollfd wait = {.fd = from, .events = POLLIN};
  int ready;
  do
    ready = poll(&wait, 1, SAMPLE_LIMIT_MS);
  while (ready < 0 && errno == EINTR);
  if (ready == 0)
    (void)fprintf(stderr, "synched-bench: a sample took longer than %d s\n",
                  SAMPLE_LIMIT_MS / 1000);
  return ready > 0 && read(from, out, size) == (ssize_t)size;
}

/* In the child. */
static void measure(const struct bench_case *one, struct bench_figure *out) {
  if (one->measure_several == NULL) {
    const double value = one->measure(one);
    out[0] = (struct bench_figure){value, value, value};
  } else if (one->measure_several(one, out) != 0) {
    for (unsigned f = 0; f < figure_count(one); f++)
      out[f] = (struct bench_figure){-1, -1, -1};
  }
}

/* One sample; negative figures: it failed. */
static void sample(const struct bench_case *one, struct bench_figure *out) {
  const size_t size = figure_count(one) * sizeof *out;
  for (unsigned f = 0; f < figure_count(one); f++)
    out[f] = (struct bench_figure){-1, -1, -1};
  int ends[2];
  if (pipe(ends) != 0)
    return;
  (void)fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    measure(one, out);
    _exit(write(ends[1], out, size) == (ssize_t)size ? 0 : 1);
  }
  (void)close(ends[1]);
  const bool good = child > 0 && receive(ends[0], out, size);
  (void)close(ends[0]);
  if (child > 0 && !good)
    (void)kill(child, SIGKILL);
  int status = 0;
  if (child > 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status) && !good)
    (void)fprintf(stderr, "synched-bench: %s ended by signal %d\n", one->contestant,
                  WTERMSIG(status));
}

static int compare(const void *a, const void *b) {
  const struct bench_figure *x = a, *y = b;
  return (x->median > y->median) - (x->median < y->median);
}

/* The median of the samples' medians, between the least and the most of all. */
static struct bench_figure summary_of(struct bench_figure *samples, unsigned count) {
  qsort(samples, count, sizeof *samples, compare);
  struct bench_figure all = samples[count / 2];
  for (unsigned i = 0; i < count; i++) {
    all.least = samples[i].least < all.least ? samples[i].least : all.least;
    all.most = samples[i].most > all.most ? samples[i].most : all.most;
  }
  if (samples[0].median < 0)
    all.median = -1.0;
  return all;
}

/* Adds the row of figure `f` of a case. */
static bool summarise(const char *family, const struct bench_case *one, unsigned f,
                      const struct bench_figure *figure, struct bench_rows *out) {
  const bool several = one->measure_several != NULL;
  struct bench_row *row = bench_rows_add(out);
  (void)snprintf(row->family, sizeof row->family, "%s", family);
  (void)snprintf(row->contestant, sizeof row->contestant, "%s",
                 several ? one->names[f].contestant : one->contestant);
  (void)snprintf(row->parameter, sizeof row->parameter, "%s", one->parameter);
  (void)snprintf(row->unit, sizeof row->unit, "%s", several ? one->names[f].unit : one->unit);
  row->workers = one->workers;
  row->segments = one->segments;
  row->median = figure->median;
  row->least = figure->least;
  row->most = figure->most;
  if (row->median < 0)
    (void)fprintf(stderr, "synched-bench: %s/%s failed: %u workers, %zu segments, %s\n", family,
                  row->contestant, one->workers, one->segments, one->parameter);
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

bool bench_run(const struct bench_family *family, struct bench_choice choice, unsigned repeats,
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
  list.choice = choice;
  family->list(&list);
  const size_t stride = (size_t)repeats * BENCH_FIGURES_MOST;
  struct bench_figure *samples = calloc(list.count * stride, sizeof *samples);
  if (samples == NULL) {
    (void)fprintf(stderr, "synched-bench: no memory\n");
    exit(1);
  }
  for (unsigned r = 0; r < repeats; r++)
    for (size_t i = 0; i < list.count; i++) {
      struct bench_figure figures[BENCH_FIGURES_MOST];
      sample(&list.cases[i], figures);
      for (unsigned f = 0; f < figure_count(&list.cases[i]); f++)
        samples[i * stride + (size_t)f * repeats + r] = figures[f];
    }
  bool good = true;
  for (size_t i = 0; i < list.count; i++)
    for (unsigned f = 0; f < figure_count(&list.cases[i]); f++) {
      const struct bench_figure all =
          summary_of(&samples[i * stride + (size_t)f * repeats], repeats);
      good &= summarise(family->name, &list.cases[i], f, &all, out);
    }
  relate(out, first);
  free(samples);
  free(list.cases);
  return good;
}
