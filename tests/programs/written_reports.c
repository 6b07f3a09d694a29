/*
 * written_reports SCENE FORM PATH [FORM PATH]...: writes the report of a scene in some forms, for
 * the scripts that look at what was written. Most scenes are reports made by hand; "run" and
 * "ticks-run" are those of jobs that run here and now. The exit status is 2 for an unknown scene, 1
 * for any other failure.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <synched/synched.h>

#include "report/join.h"

#define MS 1000000u
#define ROUND_NS (1u * MS)

struct scene {
  const char *name;
  unsigned workers;
  size_t rounds, tasks_per_part;
  void (*adjust)(struct synched_report *report); /* NULL: none */
};

/* --- a report by hand --- */

static void fill_part(struct synched_report *report, size_t index, unsigned worker) {
  const struct synched_report_round *round = &report->rounds[index];
  const uint64_t compute_ns = 400000 + 10000u * (worker % 7) + 1000 * index;
  report->parts[index * report->summary.worker_count + worker] = (struct synched_report_part){
      .struct_size = sizeof(struct synched_report_part),
      .start_ns = round->start_ns + 1000 + worker,
      .end_ns = round->start_ns + 1000 + worker + compute_ns,
      .compute_ns = compute_ns,
      .call_count = 3,
      .stolen_count = worker % 2,
      .longest_segment = worker,
      .longest_ns = compute_ns / 2,
      .sleep_count = worker % 2,
      .wake_count = worker % 2,
      .slept_ns = worker % 2 == 0 ? 0 : 100000,
  };
}

static void fill_round(struct synched_report *report, size_t index) {
  const unsigned workers = report->summary.worker_count;
  struct synched_report_round *round = &report->rounds[index];
  *round = (struct synched_report_round){
      .struct_size = sizeof *round,
      .round = index + 1,
      .start_ns = report->summary.start_ns + index * ROUND_NS,
      .total_ns = ROUND_NS,
      .callback_ns = 50000,
      .part_count = workers,
      .closer = (unsigned)(index % workers),
  };
  for (unsigned w = 0; w < workers; w++) {
    fill_part(report, index, w);
    const struct synched_report_part *part = &report->parts[index * workers + w];
    round->compute_ns += part->compute_ns;
    if (part->end_ns - round->start_ns > round->phase_ns)
      round->phase_ns = part->end_ns - round->start_ns;
    if (part->compute_ns > round->longest_ns) {
      round->longest_ns = part->compute_ns;
      round->longest_worker = w;
      round->critical_segment = w;
      round->critical_ns = part->longest_ns;
    }
  }
}

static void fill_tasks(struct synched_report *report, size_t per_part) {
  const unsigned workers = report->summary.worker_count;
  for (unsigned w = 0; w < workers; w++) {
    for (size_t r = 0; r < report->recorded; r++) {
      const struct synched_report_part *part = &report->parts[r * workers + w];
      const uint64_t ns = part->compute_ns / per_part;
      for (size_t t = 0; t < per_part; t++)
        report->tasks[report->task_count++] = (struct synched_report_task){
            .struct_size = sizeof(struct synched_report_task),
            .worker = w,
            .round = r + 1,
            .segment = (w * per_part + t) % report->summary.segment_count,
            .start_ns = part->start_ns + t * ns,
            .compute_ns = ns,
        };
    }
  }
}

static void fill_totals(struct synched_report *report) {
  struct synched_report_summary *summary = &report->summary;
  summary->round_count = summary->last_round = report->recorded;
  summary->end_ns = summary->start_ns + report->recorded * ROUND_NS;
  summary->ended = 1;
  for (size_t r = 0; r < report->recorded; r++)
    synched__report_buckets(report, SYNCHED_DISTRIBUTION_ROUND,
                            0)[synched__bucket_of(report->rounds[r].total_ns)]++;
  for (unsigned w = 0; w < summary->worker_count; w++) {
    for (size_t r = 0; r < report->recorded; r++) {
      const struct synched_report_part *part = &report->parts[r * summary->worker_count + w];
      report->workers[w].compute_ns += part->compute_ns;
      report->workers[w].call_count += part->call_count;
      synched__report_buckets(report, SYNCHED_DISTRIBUTION_WORKER,
                              w)[synched__bucket_of(part->compute_ns)]++;
    }
    report->efficiency.share_ns[SYNCHED_SHARE_COMPUTE] += report->workers[w].compute_ns;
    summary->compute_ns += report->workers[w].compute_ns;
    summary->call_count += report->workers[w].call_count;
  }
  report->efficiency.share_ns[SYNCHED_SHARE_SLOWEST] = 3 * MS;
  report->efficiency.efficiency = 0.5;
}

static struct synched_report *make(const struct scene *scene, bool is_rank) {
  struct synched_report *report;
  const struct synched__report_shape shape = {
      .worker_count = scene->workers,
      .segment_count = 1000,
      .round_count = scene->rounds,
      .task_count = scene->rounds * scene->workers * scene->tasks_per_part + 4,
      .worker_distributions = scene->workers,
      .rank_count = is_rank ? 1 : 0,
      .exchange_count = is_rank ? scene->rounds : 0,
  };
  if (synched__report_create(&report, &shape) != 0)
    return NULL;
  (void)snprintf(report->name, sizeof report->name, "heat");
  (void)snprintf(report->machine, sizeof report->machine, "a machine, 2 CPUs");
  (void)snprintf(report->pool, sizeof report->pool, "heaters");
  report->process = 4711;
  report->summary.start_ns = UINT64_C(86400000000001);
  report->recorded = scene->rounds;
  for (size_t r = 0; r < scene->rounds; r++)
    fill_round(report, r);
  if (scene->tasks_per_part > 0)
    fill_tasks(report, scene->tasks_per_part);
  fill_totals(report);
  if (scene->adjust != NULL)
    scene->adjust(report);
  return report;
}

/* --- what is special in a scene --- */

static void adjust_names(struct synched_report *report) {
  /* The last character is cut off in its middle. */
  (void)snprintf(report->name, sizeof report->name, "%s",
                 "=a \"b\",\\ <b>&\n\r\t\x01\x7f \xff\xc3\xa4\xf0\x9f\x98\x80 {c=\"d\"} \xe2\x82");
  (void)snprintf(report->machine, sizeof report->machine, "%s", "\"\\\n\xed\xa0\x80");
  (void)snprintf(report->placement, sizeof report->placement, "%s", "</script>\x1b[31m");
  (void)snprintf(report->pool, sizeof report->pool, "%s", "p\"\\\xff");
  report->summary.stage_count = 2; /* of one name */
  for (unsigned s = 0; s < 2; s++)
    memcpy(report->stage_names[s], report->name, sizeof report->name);
}

/* The first rounds are not recorded any more, but their calls are; the last one has failed. */
static void adjust_loose(struct synched_report *report) {
  const unsigned workers = report->summary.worker_count;
  memmove(report->rounds, report->rounds + 2, (report->recorded - 2) * sizeof *report->rounds);
  memmove(report->parts, report->parts + (size_t)2 * workers,
          (report->recorded - 2) * workers * sizeof *report->parts);
  report->recorded -= 2;
  report->tasks[report->task_count++] = (struct synched_report_task){
      .worker = workers - 1,
      .round = 99,
      .start_ns = report->summary.end_ns + 1000,
      .compute_ns = 5000,
  };
}

/* Clocks that disagree a little, and then times that mean nothing, in no order. */
static void adjust_odd(struct synched_report *report) {
  const unsigned workers = report->summary.worker_count;
  for (size_t i = 0; i < report->task_count; i++) {
    const size_t other = (i * 7919) % report->task_count;
    const struct synched_report_task kept = report->tasks[i];
    report->tasks[i] = report->tasks[other];
    report->tasks[other] = kept;
    report->tasks[i].start_ns += i % 5;
    report->tasks[i].compute_ns += i % 3;
  }
  for (size_t r = 0; r < report->recorded; r++) {
    report->rounds[r].phase_ns -= r % 3;
    report->rounds[r].total_ns += r % 4;
  }
  report->tasks[0].start_ns = UINT64_MAX;
  report->tasks[1].compute_ns = UINT64_MAX;
  report->tasks[2].start_ns = 0;
  report->rounds[1].callback_ns = UINT64_MAX;
  report->rounds[2].start_ns = 5;
  report->rounds[3].closer = workers + 7;
  report->parts[(size_t)4 * workers].end_ns = 1;
  report->parts[(size_t)5 * workers].slept_ns = UINT64_MAX;
}

static void adjust_solo(struct synched_report *report) {
  const unsigned workers = report->summary.worker_count;
  for (size_t r = 0; r < report->recorded; r++) {
    report->rounds[r].solo = 1;
    report->rounds[r].part_count = 1;
    for (unsigned w = 0; w < workers; w++)
      if (w != report->rounds[r].closer)
        report->parts[r * workers + w] = (struct synched_report_part){0};
  }
  report->summary.solo_count = report->recorded;
}

static void adjust_ticks(struct synched_report *report) {
  report->summary.period_ns = ROUND_NS;
  report->summary.tick_count = report->summary.started_count = report->recorded;
  for (size_t r = 0; r < report->recorded; r++) {
    report->rounds[r].lateness_ns = 1000 * r;
    synched__report_buckets(report, SYNCHED_DISTRIBUTION_LATENESS,
                            0)[synched__bucket_of(1000 * r)]++;
  }
}

static void adjust_off(struct synched_report *report) {
  report->summary.record = SYNCHED_RECORD_OFF;
}

static void adjust_running(struct synched_report *report) {
  report->summary.ended = 0;
}

static void adjust_failed(struct synched_report *report) {
  report->summary.status = SYNCHED_EINVAL;
  report->summary.failed_segment = 3;
  report->tasks[report->task_count++] =
      (struct synched_report_task){.round = 1, .segment = 3, .start_ns = 5000, .compute_ns = 700};
}

static const struct scene scenes[] = {
    {"small", 2, 3, 0, NULL},
    {"names", 2, 3, 2, adjust_names},
    {"none", 2, 0, 0, NULL},
    {"one", 1, 5, 2, adjust_solo},
    {"wide", 100, 20, 1, NULL},
    {"tasks", 3, 10, 4, NULL},
    {"loose", 3, 10, 4, adjust_loose},
    {"odd", 3, 10, 4, adjust_odd},
    {"solo", 3, 10, 2, adjust_solo},
    {"ticks", 2, 10, 0, adjust_ticks},
    {"off", 2, 0, 0, adjust_off},
    {"running", 2, 4, 1, adjust_running},
    {"failed", 2, 0, 0, adjust_failed},
    {"many", 2, 1000, 500, NULL},
};

/* --- a report of several ranks --- */

static struct synched_report *make_rank(unsigned rank) {
  const struct scene scene = {"rank", 2, 6, 3, NULL};
  struct synched_report *report = make(&scene, true);
  if (report == NULL)
    return NULL;
  report->ranks[0] = (struct synched_report_rank){.struct_size = sizeof *report->ranks,
                                                  .rank = rank,
                                                  .worker_count = scene.workers,
                                                  .first_segment = 500 * (size_t)rank,
                                                  .segment_count = 500,
                                                  .elapsed_ns = 6 * ROUND_NS,
                                                  .compute_ns = report->summary.compute_ns,
                                                  .message_ns = 6 * 50000,
                                                  .agreement_ns = 5 * 20000,
                                                  .sent_bytes = 6000,
                                                  .sent_messages = 6,
                                                  .process = 4711};
  (void)snprintf(report->ranks[0].host, sizeof report->ranks[0].host, "host%u", rank);
  for (size_t i = 0; i < scene.rounds; i++) {
    const uint64_t start_ns = report->rounds[i].start_ns;
    /* In the last round they have all come before they are waited for, and ranks do not agree. */
    const bool is_last = i + 1 == scene.rounds;
    report->exchanges[report->exchange_count++] =
        (struct synched_report_exchange){.struct_size = sizeof *report->exchanges,
                                         .rank = rank,
                                         .round = i + 1,
                                         .sent_messages = 1,
                                         .sent_bytes = 1000,
                                         .start_ns = start_ns + 200000,
                                         .arrived_ns = start_ns + (is_last ? 300000 : 550000),
                                         .wait_start_ns = start_ns + 500000,
                                         .wait_end_ns = start_ns + 550000,
                                         .agreed_ns = is_last ? 0 : start_ns + 570000};
  }
  return report;
}

static struct synched_report *make_ranks(void) {
  struct synched_report *reports[2] = {make_rank(0), make_rank(1)};
  struct synched_report *report = NULL;
  if (reports[0] != NULL && reports[1] != NULL) {
    synched__report_shift(reports[1], -30000);
    (void)synched__report_join(&report, reports, 2);
  }
  synched_report_destroy(reports[0]);
  synched_report_destroy(reports[1]);
  return report;
}

/* --- a report of a job that runs --- */

static int compute(struct synched_task *task, void *user) {
  volatile uint32_t number = (uint32_t)task->segment;
  (void)user;
  for (unsigned i = 0; i < 2000; i++)
    number = number * 1664525u + 1013904223u;
  memset(task->out, (int)(number & 1), task->capacity);
  task->count = task->capacity;
  return 0;
}

static int on_round(const struct synched_snapshot *now, void *user) {
  (void)now;
  (void)user;
  return SYNCHED_CONTINUE;
}

static struct synched_report *run(uint64_t period_ns) {
  struct synched_pool *pool = NULL;
  struct synched_memory *memory = NULL;
  struct synched_job *job = NULL;
  struct synched_report *report = NULL;
  int status = synched_pool_create(&pool, SYNCHED_POOL_OPTIONS(.worker_count = 3));
  if (status == 0)
    status = synched_memory_create(
        &memory,
        SYNCHED_MEMORY_OPTIONS(.segment_count = 12, .segment_capacity = 64, .element_size = 1));
  if (status == 0)
    status = synched_job_create(&job, pool, memory,
                                SYNCHED_JOB_OPTIONS(.name = "run", .compute = compute,
                                                    .on_round = on_round, .round_count = 200,
                                                    .period_ns = period_ns,
                                                    .record = SYNCHED_RECORD_TASKS));
  if (status == 0)
    status = synched_job_run(job);
  if (status == 0)
    status = synched_job_report(job, &report);
  if (status != 0)
    fprintf(stderr, "written_reports: %s\n", synched_error_message());
  (void)synched_job_destroy(job);
  (void)synched_memory_destroy(memory);
  (void)synched_pool_destroy(pool);
  return report;
}

/* --- the program --- */

static bool find(const struct scene **scene, const char *name) {
  *scene = NULL;
  for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++)
    if (strcmp(scenes[i].name, name) == 0)
      *scene = &scenes[i];
  return *scene != NULL || strcmp(name, "run") == 0 || strcmp(name, "ticks-run") == 0 ||
         strcmp(name, "ranks") == 0;
}

static int write_all(const struct synched_report *report, char **forms, int count) {
  for (int i = 0; i + 1 < count; i += 2) {
    enum synched_format format;
    if (synched_format_parse(&format, forms[i]) != 0 ||
        synched_report_write(report, format, forms[i + 1]) != 0) {
      fprintf(stderr, "written_reports: %s\n", synched_error_message());
      return 1;
    }
  }
  return 0;
}

int main(int argc, char **argv) {
  const struct scene *scene;
  if (argc < 4 || argc % 2 != 0 || !find(&scene, argv[1])) {
    fputs("usage: written_reports SCENE FORM PATH [FORM PATH]...\n", stderr);
    return 2;
  }
  struct synched_report *report = scene != NULL                   ? make(scene, false)
                                  : strcmp(argv[1], "ranks") == 0 ? make_ranks()
                                                                  : run(argv[1][0] == 'r' ? 0 : MS);
  if (report == NULL)
    return 1;
  const int status = write_all(report, argv + 2, argc - 2);
  synched_report_destroy(report);
  return status;
}
