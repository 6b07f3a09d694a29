/*
 * plot.c: a family as an SVG picture, drawn by gnuplot.
 *
 * Where the parameter is a number, each contestant is a line over it; in the family `round`, over
 * the workers; else bars, a group for each parameter.
 */
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define SERIES_MOST 64u

/* One line or colour: a contestant at some workers and segments. */
struct series {
  const char *contestant;
  unsigned workers;
  size_t segments;
};

static bool is_yardstick(const struct bench_row *row) {
  return strcmp(row->unit, "ratio") == 0 || strcmp(row->contestant, "cache_line_round_trip") == 0 ||
         strcmp(row->contestant, "clock_gettime") == 0;
}

static bool belongs(const struct series *series, const struct bench_row *row, bool by_workers) {
  return strcmp(series->contestant, row->contestant) == 0 &&
         (by_workers || (series->workers == row->workers && series->segments == row->segments));
}

static size_t collect(struct series *out, const char *family, const struct bench_rows *rows,
                      bool by_workers) {
  size_t count = 0;
  for (size_t i = 0; i < rows->count; i++) {
    const struct bench_row *row = &rows->rows[i];
    size_t s = 0;
    if (strcmp(row->family, family) != 0 || is_yardstick(row) || row->median < 0)
      continue;
    while (s < count && !belongs(&out[s], row, by_workers))
      s++;
    if (s == count && count < SERIES_MOST)
      out[count++] = (struct series){row->contestant, row->workers, row->segments};
  }
  return count;
}

static void write_data(FILE *gnuplot, const struct series *series, const char *family,
                       const struct bench_rows *rows, bool by_workers) {
  for (size_t i = 0; i < rows->count; i++) {
    const struct bench_row *row = &rows->rows[i];
    if (strcmp(row->family, family) != 0 || !belongs(series, row, by_workers) || row->median < 0)
      continue;
    if (by_workers)
      (void)fprintf(gnuplot, "%u %g %g %g\n", row->workers, row->median, row->least, row->most);
    else
      (void)fprintf(gnuplot, "%s %g %g %g\n", row->parameter, row->median, row->least, row->most);
  }
  (void)fputs("e\n", gnuplot);
}

static void title(FILE *gnuplot, const struct series *series, bool by_workers) {
  if (by_workers)
    (void)fprintf(gnuplot, "title '%s' noenhanced", series->contestant);
  else
    (void)fprintf(gnuplot, "title '%s, %u w, %zu s' noenhanced", series->contestant,
                  series->workers, series->segments);
}

static void draw_lines(FILE *gnuplot, const struct bench_family *family,
                       const struct bench_rows *rows) {
  static struct series series[SERIES_MOST];
  const bool by_workers = strcmp(family->name, "round") == 0;
  const size_t count = collect(series, family->name, rows, by_workers);
  (void)fprintf(gnuplot, "set logscale xy\nset xlabel '%s'\nset ylabel 'ns, median of a run'\n",
                by_workers ? "workers" : family->axis);
  (void)fputs("plot ", gnuplot);
  for (size_t s = 0; s < count; s++) {
    (void)fputs("'-' using 1:2:3:4 with yerrorlines ", gnuplot);
    title(gnuplot, &series[s], by_workers);
    (void)fputs(s + 1 < count ? ", " : "\n", gnuplot);
  }
  for (size_t s = 0; s < count; s++)
    write_data(gnuplot, &series[s], family->name, rows, by_workers);
}

static void draw_bars(FILE *gnuplot, const struct bench_family *family,
                      const struct bench_rows *rows) {
  (void)fputs("set style fill solid 0.6\nset boxwidth 0.8\nset xtics rotate by -60\n"
              "set xtics noenhanced\nset logscale y\nset ylabel 'median of a run'\n"
              "plot '-' using 0:2:xtic(1) with boxes notitle\n",
              gnuplot);
  for (size_t i = 0; i < rows->count; i++) {
    const struct bench_row *row = &rows->rows[i];
    if (strcmp(row->family, family->name) == 0 && !is_yardstick(row) && row->median > 0)
      (void)fprintf(gnuplot, "\"%s, %u w: %s\" %g\n", row->parameter, row->workers, row->contestant,
                    row->median);
  }
  (void)fputs("e\n", gnuplot);
}

int bench_plot(const char *path, const struct bench_family *family, const struct bench_rows *rows) {
  if (strpbrk(path, "'\n\\") != NULL) {
    (void)fprintf(stderr, "synched-bench: gnuplot cannot take a path with ' or \\: %s\n", path);
    return -1;
  }
  FILE *gnuplot = popen("gnuplot", "w");
  if (gnuplot != NULL) {
    (void)fprintf(gnuplot,
                  "set terminal svg size 1000,600 background '#ffffff'\nset output '%s'\n"
                  "set title '%s'\nset key outside\nset grid\n",
                  path, family->title);
    if (family->axis != NULL || strcmp(family->name, "round") == 0)
      draw_lines(gnuplot, family, rows);
    else
      draw_bars(gnuplot, family, rows);
  }
  if (gnuplot == NULL || pclose(gnuplot) != 0) {
    (void)fprintf(stderr, "synched-bench: %s was not drawn: is gnuplot installed?\n", path);
    return -1;
  }
  return 0;
}
