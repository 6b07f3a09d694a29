/* pinning.c: the same small job with its workers placed in every way, side by side. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <synched/synched.h>

#include "common/options.h"

#define SEGMENT_CELLS 8192u
#define TEXT_BYTES 80
#define PLACEMENTS_MAX 5

struct settings {
  unsigned worker_count; /* 0: as many as this process may use */
  uint64_t round_count;
  const char *cpu_list; /* NULL: without this placement */
};

/* One column of the table: what one placement came to. */
struct column {
  enum synched_affinity affinity;
  struct synched_pool_info pool;
  char (*places)[TEXT_BYTES]; /* one text per worker */
  int width;                  /* of the longest */
  double rounds_per_second;
  double compute_ratio;
  double heat; /* the result, which is to be the same everywhere */
};

/* Heat in a rod: each cell becomes the mean of its neighbours, across segments, too. */
static int spread(struct synched_task *task, void *user) {
  (void)user;
  const double *was = task->previous->data;
  double *is = task->out;
  const size_t last = task->previous->element_count - 1;
  for (size_t i = 0; i < task->capacity; i++) {
    const size_t cell = task->first + i;
    const double left = cell == 0 ? 100.0 : was[cell - 1];
    is[i] = (left + (cell == last ? 0.0 : was[cell + 1])) / 2.0;
    task->contribution += is[i];
  }
  return 0;
}

static int describe_worker(struct column *column, const struct synched_pool *pool,
                           unsigned worker) {
  char *text = column->places[worker];
  struct synched_pool_worker_info info = {.struct_size = sizeof info};
  const int status = synched_pool_worker_info(pool, worker, &info);
  if (status != 0)
    return status;
  int length;
  if (info.pin_status != 0)
    length = snprintf(text, TEXT_BYTES, "refused: %s", synched_err_name(info.pin_status));
  else if (info.place.cpu < 0)
    length = snprintf(text, TEXT_BYTES, "any of %s", info.cpus);
  else
    length = snprintf(text, TEXT_BYTES, "%d (%d, %d)", info.place.cpu, info.place.core,
                      info.place.package);
  if (length > column->width)
    column->width = length;
  return 0;
}

static int describe_pool(struct column *column, const struct synched_pool *pool) {
  column->pool.struct_size = sizeof column->pool;
  int status = synched_pool_info(pool, &column->pool);
  if (status != 0)
    return status;
  column->places = calloc(column->pool.worker_count, sizeof *column->places);
  if (column->places == NULL)
    return SYNCHED_ENOMEM;
  for (unsigned worker = 0; status == 0 && worker < column->pool.worker_count; worker++)
    status = describe_worker(column, pool, worker);
  return status;
}

/* With static balance every segment stays with its worker: only the placement differs. */
static int run_job(struct column *column, struct synched_pool *pool, uint64_t round_count) {
  struct synched_memory *rod = NULL;
  struct synched_job *job = NULL;
  struct synched_report *report = NULL;
  struct synched_report_summary sum = {.struct_size = sizeof sum};
  int status = synched_memory_create(
      &rod, SYNCHED_MEMORY_OPTIONS(.segment_count = column->pool.worker_count,
                                   .segment_capacity = SEGMENT_CELLS,
                                   .element_size = sizeof(double), .refill = SYNCHED_REFILL_NONE));
  if (status == 0)
    status = synched_job_create(&job, pool, rod,
                                SYNCHED_JOB_OPTIONS(.name = synched_affinity_name(column->affinity),
                                                    .compute = spread, .round_count = round_count,
                                                    .balance = SYNCHED_BALANCE_STATIC,
                                                    .fold = SYNCHED_FOLD_SUM));
  if (status == 0)
    status = synched_job_run(job);
  if (status == 0)
    status = synched_job_report(job, &report);
  if (status == 0)
    status = synched_report_summary(report, &sum);
  synched_report_destroy(report);
  if (status == 0) {
    const double total_ns = (double)(sum.end_ns - sum.start_ns);
    column->rounds_per_second = (double)sum.round_count * 1e9 / total_ns;
    column->compute_ratio = 100.0 * (double)sum.compute_ns / (total_ns * sum.worker_count);
    const struct synched_snapshot *now = synched_snapshot_current(rod);
    column->heat = now->fold;
    synched_snapshot_release(now);
  }
  synched_job_destroy(job);
  synched_memory_destroy(rod);
  return status;
}

static int run_placement(struct column *column, const struct settings *settings) {
  struct synched_pool *pool = NULL;
  const char *list = column->affinity == SYNCHED_AFFINITY_LIST ? settings->cpu_list : NULL;
  int status = synched_pool_create(
      &pool, SYNCHED_POOL_OPTIONS(.worker_count = settings->worker_count,
                                  .affinity = column->affinity, .cpu_list = list));
  if (status == 0)
    status = describe_pool(column, pool);
  if (status == 0)
    status = run_job(column, pool, settings->round_count);
  synched_pool_destroy(pool);
  return status;
}

static void print_table(const struct column *columns, size_t count) {
  printf("%-14s", "");
  for (size_t i = 0; i < count; i++)
    printf("  %*s", columns[i].width, synched_affinity_name(columns[i].pool.affinity));
  for (unsigned worker = 0; worker < columns[0].pool.worker_count; worker++) {
    printf("\nworker %-7u", worker);
    for (size_t i = 0; i < count; i++)
      printf("  %*s", columns[i].width, columns[i].places[worker]);
  }
  printf("\n%-14s", "Rounds/s");
  for (size_t i = 0; i < count; i++)
    printf("  %*.0f", columns[i].width, columns[i].rounds_per_second);
  printf("\n%-14s", "Comp Ratio (%)");
  for (size_t i = 0; i < count; i++)
    printf("  %*.1f", columns[i].width, columns[i].compute_ratio);
  putchar('\n');
  for (size_t i = 0; i < count; i++)
    if (columns[i].pool.warning[0] != '\0')
      printf("%s: %s\n", synched_affinity_name(columns[i].affinity), columns[i].pool.warning);
}

static void print_machine(void) {
  struct synched_topology_info info = {.struct_size = sizeof info};
  if (synched_topology_info(&info) != 0) {
    printf("The machine is unknown: %s\n\n", synched_error_message());
    return;
  }
  printf("Machine: packages %u, NUMA nodes %u, cores %u, CPUs %u; for this process: CPUs %u, ",
         info.package_count, info.numa_node_count, info.core_count, info.cpu_count,
         info.allowed_count);
  if (info.quota_cpus > 0)
    printf("quota %.2f\n", info.quota_cpus);
  else
    printf("no quota\n");
  printf("Each worker's CPU (its core, its package), as pinned:\n\n");
}

static const struct example_option known[] = {
    {.name = "workers",
     .letter = 'w',
     .value = "N",
     EXAMPLE_MEMBER(struct settings, worker_count),
     .range = {0, SYNCHED_WORKERS_MAX},
     .help = "workers; 0, the default: as many CPUs as this process may use"},
    {.name = "rounds",
     .letter = 'g',
     .value = "N",
     EXAMPLE_MEMBER(struct settings, round_count),
     .range = {1, 1000000000},
     .help = "rounds under each placement; default 2000"},
    {.name = "list",
     .value = "CPUS",
     EXAMPLE_MEMBER(struct settings, cpu_list),
     .help = "also on exactly these CPUs, such as 0-3,8"},
    {.name = NULL},
};

static const struct example_command command = {
    .program = "pinning",
    .synopsis = "pinning [-w WORKERS] [-g ROUNDS] [--list CPUS]",
    .about =
        "Runs the same small job with its workers placed in every way, and prints side by side "
        "where they were put, how many rounds they made a second, and how much of their time "
        "they computed.",
    .options = known};

int main(int argc, char **argv) {
  struct settings settings = {.round_count = 2000};
  const enum example_options_result parsed =
      example_options_read_only(&command, argc, argv, &settings);
  if (parsed != EXAMPLE_OPTIONS_RUN)
    return parsed == EXAMPLE_OPTIONS_DONE ? 0 : 2;
  struct column columns[PLACEMENTS_MAX] = {
      {.width = 9, .affinity = SYNCHED_AFFINITY_NONE},
      {.width = 9, .affinity = SYNCHED_AFFINITY_COMPACT},
      {.width = 9, .affinity = SYNCHED_AFFINITY_SCATTER},
      {.width = 9, .affinity = SYNCHED_AFFINITY_CORES},
      {.width = 9, .affinity = SYNCHED_AFFINITY_LIST},
  };
  const size_t count = settings.cpu_list != NULL ? PLACEMENTS_MAX : PLACEMENTS_MAX - 1;
  print_machine();
  int failed = 0;
  for (size_t i = 0; !failed && i < count; i++) {
    const int status = run_placement(&columns[i], &settings);
    failed = status != 0 || columns[i].heat != columns[0].heat;
    if (status != 0)
      fprintf(stderr, "pinning: %s: %s (%s)\n", synched_affinity_name(columns[i].affinity),
              synched_error_message(), synched_strerror(status));
    else if (failed)
      fputs("pinning: the placements did not come to the same result\n", stderr);
  }
  if (!failed)
    print_table(columns, count);
  for (size_t i = 0; i < count; i++)
    free(columns[i].places);
  return failed;
}
