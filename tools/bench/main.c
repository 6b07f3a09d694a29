/*
 * main.c: the command line. See usage below.
 *
 * Absolute times mean little on a machine that others use, too, or whose CPUs are now near each
 * other and now far. So everything is measured in turn, several times over, in one run, and told as
 * medians with their spread, and in multiples of a cache line's round trip between two CPUs: the
 * least that two threads can agree by.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench.h"

#define REPEATS_MOST 1000u

static const char usage[] =
    "usage: synched-bench FAMILY [--workers N] [--case TEXT] [--sizes small] [--repeat K]\n"
    "                            [--json FILE] [--plot FILE.svg]\n"
    "       synched-bench all [--repeat K] [--out DIR]\n"
    "       synched-bench --compare OLD.json NEW.json\n\n"
    "Synched beside its peers, all contestants of a family in turn, each sample in a process of "
    "its\n"
    "own; medians of K samples, with the least and the most, also as multiples of a cache line's\n"
    "round trip between two CPUs (RT). Families:\n\n";

static const char usage_end[] =
    "\nContestants: synched (default balance), synched_static (every worker takes part in every "
    "round), synched_follow (static, and home ranges follow what segments cost), synched_fixed "
    "(default,\nand they do not),\n"
    "serial, libgomp and libomp (one parallel region; _region: one for each round; _dynamic: "
    "schedule\n"
    "(dynamic,1)), pthread_barrier, std_barrier, tbb, pthreadpool, libuv (uv_queue_work), and\n"
    "synched_memory_scheme, a rendering of the crate that Synched descends from.\n\n"
    "  --workers N   only cases with so many workers\n"
    "  --case TEXT   only cases whose parameter contains TEXT\n"
    "  --sizes small of codes, stencil and sparse: so small that it only shows whether they "
    "compute the same\n"
    "  --repeat K    samples of each case (default 7)\n"
    "  --json FILE   the rows; --plot draws them with gnuplot\n"
    "  all           every family, in some twelve minutes; writes bench.json, bench.md (tables of "
    "the\n"
    "                medians) and a picture for each family into DIR (default build/bench)\n"
    "  --compare     tells what changed beyond the noise; exit status 1 if Synched got worse\n";

/* Each family, and how often it is repeated under `all`. */
static const struct {
  const struct bench_family *family;
  unsigned repeats;
} families[] = {
    {&bench_family_round, 9},     {&bench_family_grain, 5},    {&bench_family_mixed, 3},
    {&bench_family_imbalance, 7}, {&bench_family_snapshot, 5}, {&bench_family_kernels, 7},
    {&bench_family_idle, 5},      {&bench_family_memory, 3},   {&bench_family_record, 3},
    {&bench_family_codes, 3},     {&bench_family_stencil, 3},  {&bench_family_sparse, 1}};
#define FAMILY_COUNT (sizeof families / sizeof *families)

struct request {
  const char *family, *json, *plot, *out;
  unsigned repeats; /* 0: not given */
  struct bench_choice choice;
};

static int wrong(const char *what, const char *argument) {
  (void)fprintf(stderr, "synched-bench: %s%s%s (--help tells more)\n", what,
                argument != NULL ? ": " : "", argument != NULL ? argument : "");
  return 2;
}

static void print_usage(FILE *file) {
  (void)fputs(usage, file);
  for (size_t f = 0; f < FAMILY_COUNT; f++)
    (void)fprintf(file, "  %-10s %s\n", families[f].family->name, families[f].family->title);
  (void)fputs(usage_end, file);
}

static int read_number(const char *text, unsigned *out) {
  char *end;
  errno = 0;
  unsigned long value = strtoul(text, &end, 10);
  if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value == 0 ||
      value > REPEATS_MOST)
    return -1;
  *out = (unsigned)value;
  return 0;
}

static int read_sizes(const char *text, struct bench_choice *out) {
  if (strcmp(text, "small") != 0)
    return wrong("--sizes takes small, not", text);
  out->small = true;
  return 0;
}

static int read_option(struct request *request, const char *name, const char *value) {
  const bool all = strcmp(request->family, "all") == 0;
  if (value == NULL)
    return wrong("a value is missing after", name);
  if (strcmp(name, "--repeat") == 0)
    return read_number(value, &request->repeats) == 0
               ? 0
               : wrong("--repeat takes a number from 1 to 1000, not", value);
  if (strcmp(name, "--workers") == 0 && !all)
    return read_number(value, &request->choice.workers) == 0
               ? 0
               : wrong("--workers takes a number from 1 to 1000, not", value);
  if (strcmp(name, "--sizes") == 0 && !all)
    return read_sizes(value, &request->choice);
  if (strcmp(name, "--case") == 0 && !all)
    request->choice.text = value;
  else if (strcmp(name, "--json") == 0 && !all)
    request->json = value;
  else if (strcmp(name, "--plot") == 0 && !all)
    request->plot = value;
  else if (strcmp(name, "--out") == 0 && all)
    request->out = value;
  else
    return wrong("unknown argument", name);
  return 0;
}

static int run_family(const struct request *request) {
  const struct bench_family *family = NULL;
  for (size_t f = 0; f < FAMILY_COUNT; f++)
    if (strcmp(families[f].family->name, request->family) == 0)
      family = families[f].family;
  if (family == NULL)
    return wrong("there is no family", request->family);
  struct bench_rows rows = {0};
  bool good =
      bench_run(family, request->choice, request->repeats != 0 ? request->repeats : 7, &rows);
  bench_table_print(stdout, family->name, &rows);
  bench_print_absent(stdout);
  if (request->json != NULL)
    good &= bench_json_write(request->json, &rows) == 0;
  if (request->plot != NULL)
    good &= bench_plot(request->plot, family, &rows) == 0;
  bench_rows_free(&rows);
  return good ? 0 : 1;
}

static bool write_medians(const char *path, const struct bench_rows *rows) {
  FILE *file = fopen(path, "we");
  if (file != NULL)
    bench_table_medians(file, rows);
  if (file != NULL && fclose(file) == 0)
    return true;
  (void)fprintf(stderr, "synched-bench: %s cannot be written: %s\n", path, strerror(errno));
  return false;
}

static int run_all(const struct request *request) {
  const char *out = request->out != NULL ? request->out : "build/bench";
  struct bench_rows rows = {0};
  char path[4096];
  bool good = true;
  if (mkdir(out, 0777) != 0 && errno != EEXIST)
    return wrong("the folder cannot be made", out);
  for (size_t f = 0; f < FAMILY_COUNT; f++) {
    const struct bench_family *family = families[f].family;
    good &= bench_run(family, request->choice,
                      request->repeats != 0 ? request->repeats : families[f].repeats, &rows);
    bench_table_print(stdout, family->name, &rows);
    (void)fflush(stdout);
    (void)snprintf(path, sizeof path, "%s/%s.svg", out, family->name);
    good &= bench_plot(path, family, &rows) == 0;
  }
  bench_print_absent(stdout);
  (void)snprintf(path, sizeof path, "%s/bench.json", out);
  good &= bench_json_write(path, &rows) == 0;
  (void)snprintf(path, sizeof path, "%s/bench.md", out);
  good &= write_medians(path, &rows);
  bench_rows_free(&rows);
  return good ? 0 : 1;
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "--help") == 0) {
    print_usage(stdout);
    return 0;
  }
  if (argc < 2)
    return wrong("which family?", NULL);
  if (strcmp(argv[1], "--compare") == 0) {
    if (argc != 4)
      return wrong("--compare takes two files", NULL);
    int status = bench_compare(argv[2], argv[3]);
    return status < 0 ? 2 : status;
  }
  struct request request = {.family = argv[1]};
  for (int i = 2; i < argc; i += 2) {
    int status = read_option(&request, argv[i], i + 1 < argc ? argv[i + 1] : NULL);
    if (status != 0)
      return status;
  }
  return strcmp(request.family, "all") == 0 ? run_all(&request) : run_family(&request);
}
