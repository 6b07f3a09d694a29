/*
 * table.c: rows for people: all rows of a family, and the tables of tools/bench/README.md, which
 * tools/measure puts there.
 */
#include <sched.h>
#include <string.h>
#include <sys/utsname.h>

#include "bench.h"

void bench_table_print(FILE *file, const char *family, const struct bench_rows *rows) {
  (void)fprintf(file, "%-24s %3s %5s %-16s %14s %14s %14s %9s\n", family, "w", "s", "parameter",
                "median", "least", "most", "RT");
  for (size_t i = 0; i < rows->count; i++) {
    const struct bench_row *row = &rows->rows[i];
    if (strcmp(row->family, family) != 0)
      continue;
    if (row->median < 0) {
      (void)fprintf(file, "%-24s %3u %5zu %-16s %14s\n", row->contestant, row->workers,
                    row->segments, row->parameter, "failed");
      continue;
    }
    const int digits = strcmp(row->unit, "ratio") == 0 ? 3 : 0;
    (void)fprintf(file, "%-24s %3u %5zu %-16s %14.*f %14.*f %14.*f", row->contestant, row->workers,
                  row->segments, row->parameter, digits, row->median, digits, row->least, digits,
                  row->most);
    if (row->rt_multiple > 0)
      (void)fprintf(file, " %9.2f", row->rt_multiple);
    (void)fputc('\n', file);
  }
}

/* What a contestant is given. */
struct setting {
  unsigned workers;
  size_t segments;
  const char *parameter;
};

/* The median of a case; negative: there is none. */
static double median(const struct bench_rows *rows, const char *family, const char *contestant,
                     struct setting setting) {
  struct bench_row wanted = {.workers = setting.workers, .segments = setting.segments};
  (void)snprintf(wanted.family, sizeof wanted.family, "%s", family);
  (void)snprintf(wanted.contestant, sizeof wanted.contestant, "%s", contestant);
  (void)snprintf(wanted.parameter, sizeof wanted.parameter, "%s", setting.parameter);
  const struct bench_row *row = bench_rows_find(rows, &wanted);
  return row != NULL ? row->median : -1.0;
}

static void cell(FILE *file, double ns) {
  if (ns < 0)
    (void)fputs(" -- |", file);
  else if (ns < 1e4)
    (void)fprintf(file, " %.0f ns |", ns);
  else if (ns < 1e7)
    (void)fprintf(file, " %.1f us |", ns / 1e3);
  else
    (void)fprintf(file, " %.1f ms |", ns / 1e6);
}

static void round_table(FILE *file, const struct bench_rows *rows) {
  static const char *const contestants[] = {
      "synched", "synched_static", "libgomp",         "libgomp_region",
      "libomp",  "libomp_region",  "pthread_barrier", "std_barrier",
      "tbb",     "pthreadpool",    "libuv",           "synched_memory_scheme"};
  static const unsigned workers[] = {1, 2, 4, 8, 16};
  const struct setting two = {2, 2, "0"}, clock = {1, 0, ""};
  const double trip_ns = median(rows, "round", "cache_line_round_trip", (struct setting){2, 0, ""});
  (void)fprintf(
      file,
      "An empty round, on %u CPUs; a cache line's round trip took %.0f ns, a read of the clock "
      "%.0f ns:\n\n"
      "| workers | 1 | 2 | 4 | 8 | 16 | 2, in round trips |\n|---|---|---|---|---|---|---|\n",
      bench_cpu_count(), trip_ns, median(rows, "round", "clock_gettime", clock));
  for (size_t c = 0; c < sizeof contestants / sizeof *contestants; c++) {
    if (median(rows, "round", contestants[c], two) < 0)
      continue;
    (void)fprintf(file, "| %s |", contestants[c]);
    for (size_t w = 0; w < 5; w++)
      cell(file,
           median(rows, "round", contestants[c], (struct setting){workers[w], workers[w], "0"}));
    (void)fprintf(file, " %.2f |\n", median(rows, "round", contestants[c], two) / trip_ns);
  }
}

static void compared(FILE *file, const struct bench_rows *rows, const char *const *names,
                     size_t count, const struct bench_row *where) {
  for (size_t n = 0; n < count; n++) {
    const bool serial = strcmp(names[n], "serial") == 0;
    const bool scheme =
        strcmp(names[n], "synched_memory_scheme") == 0 && strcmp(where->family, "snapshot") == 0;
    const struct setting setting = {
        serial   ? 1
        : scheme ? 4
                 : where->workers,
        serial && strcmp(where->family, "kernels") == 0 ? 1 : where->segments, where->parameter};
    cell(file, median(rows, where->family, names[n], setting));
  }
  (void)fputc('\n', file);
}

static void head(FILE *file, const char *first, const char *const *names, size_t count) {
  (void)fprintf(file, "\n| %s |", first);
  for (size_t n = 0; n < count; n++)
    (void)fprintf(file, " %s |", names[n]);
  (void)fputs("\n|---|", file);
  for (size_t n = 0; n < count; n++)
    (void)fputs("---|", file);
  (void)fputc('\n', file);
}

static void work_tables(FILE *file, const struct bench_rows *rows) {
  static const char *const grain[] = {"serial",          "synched", "libgomp",
                                      "libgomp_dynamic", "libomp",  "libomp_dynamic"};
  static const char *const works[] = {"300", "1000", "3000", "10000", "100000", "1000000"};
  static const char *const mixed[] = {"serial", "synched", "synched_static", "libgomp"};
  static const char *const patterns[] = {"2ms_5us_5us", "2ms_200ns_x7", "20us_1us_x5",
                                         "eight_kinds", "all_small",    "random_200ns_2ms"};
  static const char *const heavy[] = {
      "serial",          "best_schedule",        "synched", "synched_static", "libgomp",
      "libgomp_dynamic", "synched_memory_scheme"};
  static const char *const shapes[] = {"one_heavy", "linear", "heavy_tail", "fibonacci"};
  static const char *const kernels[] = {"serial", "synched", "synched_static", "libgomp", "libomp"};
  static const char *const names[] = {"nbody128", "heat1024", "life2048"};
  static const char *const sizes[] = {"64", "65536", "3200000", "32000000", "268435456"};
  static const char *const shots[] = {"serial", "synched", "synched_static",
                                      "synched_memory_scheme"};
  head(file, "2 workers, 2 segments, work of", grain, 6);
  for (size_t i = 0; i < sizeof works / sizeof *works; i++) {
    (void)fprintf(file, "| %s ns |", works[i]);
    struct bench_row where = {.family = "grain", .workers = 2, .segments = 2};
    (void)snprintf(where.parameter, sizeof where.parameter, "%s", works[i]);
    compared(file, rows, grain, 6, &where);
  }
  head(file, "rounds of a pattern of sizes, 2 workers, 2 segments; the mean round", mixed, 4);
  for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
    struct bench_row where = {.family = "mixed", .workers = 2, .segments = 2};
    (void)fprintf(file, "| %s |", patterns[i]);
    (void)snprintf(where.parameter, sizeof where.parameter, "%s", patterns[i]);
    compared(file, rows, mixed, 4, &where);
  }
  head(file, "uneven segments, 2 workers", heavy, 7);
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    struct bench_row where = {.family = "imbalance", .workers = 2, .segments = i == 3 ? 4 : 16};
    (void)fprintf(file, "| %s |", shapes[i]);
    (void)snprintf(where.parameter, sizeof where.parameter, "%s", shapes[i]);
    compared(file, rows, heavy, 7, &where);
  }
  head(file, "a step, 2 workers", kernels, 5);
  for (size_t i = 0; i < 3; i++) {
    struct bench_row where = {.family = "kernels", .workers = 2, .segments = 2};
    (void)fprintf(file, "| %s |", names[i]);
    (void)snprintf(where.parameter, sizeof where.parameter, "%s", names[i]);
    compared(file, rows, kernels, 5, &where);
  }
  head(file, "a memory written and read, 2 workers, bytes", shots, 4);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    struct bench_row where = {.family = "snapshot", .workers = 2, .segments = 4};
    (void)fprintf(file, "| %s |", sizes[i]);
    (void)snprintf(where.parameter, sizeof where.parameter, "%s", sizes[i]);
    compared(file, rows, shots, 4, &where);
  }
}

/* What the figures were measured on, without which they say nothing. */
static void machine(FILE *file) {
  char line[256] = "", model[128] = "an unknown CPU";
  struct utsname system = {.sysname = "an unknown system"};
  FILE *cpus = fopen("/proc/cpuinfo", "re");
  while (cpus != NULL && fgets(line, sizeof line, cpus) != NULL)
    if (sscanf(line, "model name : %127[^\n]", model) == 1)
      break;
  if (cpus != NULL)
    (void)fclose(cpus);
  (void)uname(&system);
  const int policy = sched_getscheduler(0);
  (void)fprintf(file, "Measured on %s, %u CPUs,\n%s %.40s, compiler %s, %s priority.\n\n", model,
                bench_cpu_count(), system.sysname, system.release, __VERSION__,
                policy == SCHED_FIFO || policy == SCHED_RR ? "real-time" : "ordinary");
}

/* What recording costs, with 2 workers: of an empty round, and of a call. */
static void record_table(FILE *file, const struct bench_rows *rows) {
  static const char *const names[] = {
      "synched",        "synched, on_round",        "synched, a call",
      "synched_static", "synched_static, on_round", "synched_static, a call"};
  static const char *const levels[] = {"totals", "rounds", "tasks"};
  static const char *const suffixes[] = {"", "_on_round", "_a_call"};
  head(file, "recording, over SYNCHED_RECORD_OFF, 2 workers", names, 6);
  for (size_t i = 0; i < 3; i++) {
    (void)fprintf(file, "| %s |", levels[i]);
    for (size_t k = 0; k < 6; k++) {
      char parameter[32];
      (void)snprintf(parameter, sizeof parameter, "%s%s", levels[i], suffixes[k % 3]);
      const bool per_call = k % 3 == 2;
      const double found = median(rows, "record", k < 3 ? "synched" : "synched_static",
                                  (struct setting){2, per_call ? 1000 : 2, parameter});
      if (found < 0)
        (void)fputs(" -- |", file);
      else
        (void)fprintf(file, per_call ? " %.1f ns |" : " %.3f |", found / 1000.0);
    }
    (void)fputc('\n', file);
  }
}

/* Whole codes beside their twins: times, and the ratios within a turn. */
static void codes_table(FILE *file, const struct bench_rows *rows) {
  static const char *const names[] = {"serial",  "libgomp_1",          "libgomp",
                                      "synched", "synched_by_libgomp", "libgomp_1_by_serial"};
  head(file, "a step of whole codes, 2 workers", names, 6);
  for (size_t i = 0; i < rows->count; i++) {
    const struct bench_row *row = &rows->rows[i];
    if (strcmp(row->family, "codes") != 0 || strcmp(row->contestant, "serial") != 0)
      continue;
    (void)fprintf(file, "| %s |", row->parameter);
    for (size_t n = 0; n < 6; n++) {
      const double found = median(rows, "codes", names[n], (struct setting){2, 0, row->parameter});
      if (n < 4 || found < 0)
        cell(file, found);
      else
        (void)fprintf(file, " %.3f |", found);
    }
    (void)fputc('\n', file);
  }
}

/* Stencils: the time of the static schedule, and all others' over it. */
static void stencil_table(FILE *file, const struct bench_rows *rows) {
  static const char *const names[] = {"libgomp",
                                      "libgomp_tiles_by_libgomp",
                                      "synched_1_by_libgomp",
                                      "synched_4_by_libgomp",
                                      "synched_8_by_libgomp",
                                      "synched_16_by_libgomp",
                                      "synched_auto_by_libgomp"};
  static const char *const heads[] = {"libgomp",   "libgomp_tiles", "synched_1",   "synched_4",
                                      "synched_8", "synched_16",    "synched_auto"};
  head(file, "a round of a stencil, 2 workers; the others over libgomp", heads, 7);
  for (size_t i = 0; i < rows->count; i++) {
    const struct bench_row *row = &rows->rows[i];
    if (strcmp(row->family, "stencil") != 0 || strcmp(row->contestant, "libgomp") != 0)
      continue;
    (void)fprintf(file, "| %s |", row->parameter);
    for (size_t n = 0; n < 7; n++) {
      const double found =
          median(rows, "stencil", names[n], (struct setting){2, 0, row->parameter});
      if (n == 0 || found < 0)
        cell(file, found);
      else
        (void)fprintf(file, " %.3f |", found);
    }
    (void)fputc('\n', file);
  }
}

/* Two ways to run one case of a family, and the ratio of their times: names[0 .. 2]. */
static void ways_row(FILE *file, const struct bench_rows *rows, const char *family,
                     const char *const *names, struct setting setting) {
  (void)fprintf(file, "| %s, %u workers |", setting.parameter, setting.workers);
  for (size_t n = 0; n < 3; n++) {
    const double found = median(rows, family, names[n], setting);
    if (n < 2 || found < 0)
      cell(file, found);
    else
      (void)fprintf(file, " %.3f |", found);
  }
  (void)fputc('\n', file);
}

/* One slow call in each round, by whoever is there. */
static void slow_table(FILE *file, const struct bench_rows *rows) {
  static const char *const names[] = {"synched_1", "synched_8", "synched_8_by_1"};
  static const struct setting settings[] = {{2, 64, "slow_call"}, {16, 64, "slow_call_naps"}};
  head(file, "64 calls a round, one of them ten times as long", names, 3);
  for (size_t i = 0; i < 2; i++)
    ways_row(file, rows, "stencil", names, settings[i]);
}

/* Rounds in which some segments change. */
static void sparse_table(FILE *file, const struct bench_rows *rows) {
  static const char *const names[] = {"synched_all", "synched_skips", "synched_all_by_skips"};
  static const struct setting settings[] = {{2, 100000, "active_100"},
                                            {2, 100000, "active_10"},
                                            {2, 100000, "active_1"},
                                            {2, 100000, "active_0.01"}};
  head(file, "100,000 segments of 4 kB, of which some change", names, 3);
  for (size_t i = 0; i < 4; i++)
    ways_row(file, rows, "sparse", names, settings[i]);
}

void bench_table_medians(FILE *file, const struct bench_rows *rows) {
  static const char *const idle[] = {"serial", "synched", "synched_static", "libgomp", "libomp"};
  static const char *const windows[] = {"between_5ms", "after_0_10ms", "after_10_300ms"};
  machine(file);
  round_table(file, rows);
  work_tables(file, rows);
  head(file, "CPU time burned", idle, 5);
  for (size_t i = 0; i < 3; i++) {
    struct bench_row where = {.family = "idle", .workers = 2, .segments = 2};
    (void)fprintf(file, "| %s |", windows[i]);
    (void)snprintf(where.parameter, sizeof where.parameter, "%s", windows[i]);
    compared(file, rows, idle, 5, &where);
  }
  record_table(file, rows);
  codes_table(file, rows);
  stencil_table(file, rows);
  slow_table(file, rows);
  sparse_table(file, rows);
}
