/*
 * made_reports [--small] DIR: writes reports that were filled in by hand into DIR/NAME.json, for
 * the scripts that give them to synched-report; --small, those of some KiB alone. They are the
 * same every time.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "report/json.h"
#include "report/model.h"

#include <synched/status.h>

static const char *folder;

static struct synched_report *create(const struct synched__report_shape *shape) {
  struct synched_report *report;
  if (synched__report_create(&report, shape) != 0)
    return NULL;
  (void)snprintf(report->name, sizeof report->name, "heat");
  (void)snprintf(report->machine, sizeof report->machine, "a machine, 2 CPUs, Linux 6.1.0");
  (void)snprintf(report->placement, sizeof report->placement, "bound, as always");
  report->process = 4711;
  report->can_steal = true;
  report->usable_cpus = 2;
  report->summary.ended = 1;
  report->summary.start_ns = 1000000;
  report->efficiency = (struct synched_report_efficiency){
      .struct_size = sizeof report->efficiency, .serial = 1, .balance = 1, .scheduling = 1};
  return report;
}

/* Writes it, and destroys it. */
static bool keep(struct synched_report *report, const char *name) {
  char path[4096];
  if (report == NULL)
    return false;
  (void)snprintf(path, sizeof path, "%s/%s.json", folder, name);
  const int status = synched_report_write(report, SYNCHED_FORMAT_JSON, path);
  if (status != 0)
    fprintf(stderr, "%s: %s\n", path, synched_error_message());
  synched_report_destroy(report);
  return status == 0;
}

static void count(struct synched_report *report, enum synched_distribution distribution,
                  size_t index, uint64_t ns) {
  uint64_t *buckets = synched__report_buckets(report, distribution, index);
  if (buckets != NULL)
    buckets[synched__bucket_of(ns)]++;
}

/* --- rounds --- */

/* From 0 to 1, the same for the same numbers. */
static double noise(uint64_t seed, uint64_t number) {
  uint64_t mixed = (seed << 32 ^ number) * UINT64_C(0x9E3779B97F4A7C15);
  mixed ^= mixed >> 29;
  mixed *= UINT64_C(0xBF58476D1CE4E5B9);
  return (double)(mixed >> 40) / (double)(1u << 24);
}

struct course {
  uint64_t round_count, seed;
  double mean_ns, noise_ns;
};

static void add_part(struct synched_report *report, uint64_t index, unsigned worker, uint64_t ns) {
  struct synched_report_round *round = &report->rounds[index];
  report->parts[index * report->summary.worker_count + worker] =
      (struct synched_report_part){.struct_size = sizeof *report->parts,
                                   .start_ns = round->start_ns + 1000,
                                   .end_ns = round->start_ns + 1000 + ns,
                                   .compute_ns = ns,
                                   .call_count = 1,
                                   .longest_segment = worker % report->summary.segment_count,
                                   .longest_ns = ns};
  report->workers[worker].compute_ns += ns;
  report->workers[worker].round_count++;
  round->compute_ns += ns;
  round->part_count++;
  count(report, SYNCHED_DISTRIBUTION_WORKER, worker, ns);
}

/* Rounds one after the other; of every third, only worker 0 had a part. */
static void run(struct synched_report *report, const struct course *course) {
  uint64_t now_ns = report->summary.start_ns;
  for (uint64_t i = 0; i < course->round_count; i++) {
    const double ns = course->mean_ns + course->noise_ns * noise(course->seed, i);
    const uint64_t longest_ns = (uint64_t)ns;
    const bool solo = i % 3 == 2;
    report->rounds[i] = (struct synched_report_round){.struct_size = sizeof *report->rounds,
                                                      .round = i + 1,
                                                      .start_ns = now_ns,
                                                      .total_ns = longest_ns + 3000,
                                                      .phase_ns = longest_ns + 2000,
                                                      .callback_ns = 500,
                                                      .longest_ns = longest_ns,
                                                      .critical_ns = longest_ns,
                                                      .solo = solo};
    for (unsigned w = 0; w < (solo ? 1 : report->summary.worker_count); w++)
      add_part(report, i, w, longest_ns - w * 10);
    count(report, SYNCHED_DISTRIBUTION_ROUND, 0, longest_ns + 3000);
    count(report, SYNCHED_DISTRIBUTION_WORK, 0, report->rounds[i].compute_ns);
    count(report, SYNCHED_DISTRIBUTION_CALLBACK, 0, 500);
    report->summary.compute_ns += report->rounds[i].compute_ns;
    now_ns += longest_ns + 3000;
  }
  report->recorded = course->round_count;
  report->summary.round_count = report->summary.last_round = course->round_count;
  report->summary.end_ns = now_ns;
  report->efficiency.total_ns = (now_ns - report->summary.start_ns) * report->summary.worker_count;
  report->efficiency.share_ns[SYNCHED_SHARE_COMPUTE] = report->summary.compute_ns;
  report->efficiency.share_ns[SYNCHED_SHARE_SLOWEST] =
      report->efficiency.total_ns - report->summary.compute_ns;
  report->efficiency.efficiency = report->efficiency.utilisation =
      (double)report->summary.compute_ns / (double)report->efficiency.total_ns;
}

static struct synched_report *made_run(unsigned worker_count, const struct course *course) {
  struct synched_report *report =
      create(&(struct synched__report_shape){.worker_count = worker_count,
                                             .segment_count = 3,
                                             .round_count = course->round_count,
                                             .task_count = 4,
                                             .worker_distributions = worker_count,
                                             .segment_distributions = 3});
  if (report != NULL)
    run(report, course);
  return report;
}

/* --- reports of every kind --- */

static bool keep_smallest(void) {
  const struct synched__report_shape one = {.worker_count = 1, .segment_count = 1};
  struct synched_report *off = create(&one), *running = create(&one), *failed = create(&one);
  if (off == NULL || running == NULL || failed == NULL)
    return false;
  off->summary.record = SYNCHED_RECORD_OFF;
  running->summary.ended = 0;
  failed->summary.status = -77;
  failed->summary.failed_segment = 0;
  failed->summary.failed_code = -77;
  failed->summary.call_count = failed->summary.dropped_count = 1;
  return keep(off, "off") && keep(running, "running") && keep(failed, "failed");
}

static void add_stage(struct synched_report *report, const char *name, uint64_t ns) {
  const unsigned stage = report->summary.stage_count++;
  (void)snprintf(report->stage_names[stage], sizeof report->stage_names[stage], "%s", name);
  report->stages[stage].round_count = report->summary.round_count;
  report->stages[stage].total_ns = ns;
  report->stages[stage].compute_ns = ns / 2;
}

/* Every byte that a name can have; and numbers as large as a reader takes them. */
static bool keep_extremes(void) {
  struct synched_report *report = made_run(2, &(struct course){2, 1, 100000, 0});
  if (report == NULL)
    return false;
  const char name[] =
      "\"<b>&amp;</b></script>\\\n\r\t\x01\x7f\xc3\xa4\xff\xc3(\xed\xa0\x80\xf4\x90";
  memcpy(report->name, name, sizeof name);
  for (unsigned s = 0; s < SYNCHED__STAGES_SHOWN; s++)
    add_stage(report, name, INT64_MAX);
  report->summary.failed_stage = SYNCHED__STAGES_SHOWN - 1;
  memset(report->machine, 0xff, sizeof report->machine - 1);
  memset(report->placement, 0xc3, sizeof report->placement - 1);
  for (unsigned i = 0; i < synched__json_worker.count; i++) {
    const struct synched__json_field *field = &synched__json_worker.list[i];
    const uint64_t most = INT64_MAX;
    if (field->bytes == sizeof most)
      memcpy((char *)&report->workers[1] + field->offset, &most, sizeof most);
  }
  report->workers[0].cpu = report->workers[0].core = report->workers[0].package = -1;
  report->workers[1].cpu = INT32_MIN;
  report->efficiency.serial = 0.1;
  report->efficiency.balance = 1.0 / 3.0;
  report->efficiency.scheduling = 4.9406564584124654e-324;
  report->efficiency.utilisation = 0.12345678901234567;
  return keep(report, "extremes");
}

static bool keep_tasks(void) {
  struct synched_report *report = made_run(2, &(struct course){3, 1, 100000, 1000});
  if (report == NULL)
    return false;
  report->summary.record = SYNCHED_RECORD_TASKS;
  add_stage(report, "forces", 200000);
  add_stage(report, "moves", 90000);
  for (size_t i = 0; i < 4; i++)
    report->tasks[i] = (struct synched_report_task){.struct_size = sizeof *report->tasks,
                                                    .worker = i / 2 != 0,
                                                    .round = i + 1,
                                                    .segment = i % 3,
                                                    .start_ns = 1000000 + i,
                                                    .compute_ns = 50 * i};
  report->task_count = 4;
  for (size_t s = 0; s < 3; s++)
    count(report, SYNCHED_DISTRIBUTION_SEGMENT, s, 50);
  return keep(report, "tasks");
}

/* A million of each thing that there may be a million of. */
static bool keep_many(void) {
  const size_t many = 1000000;
  struct synched_report *report = create(&(struct synched__report_shape){
      .worker_count = 4, .segment_count = many, .task_count = many});
  if (report == NULL)
    return false;
  for (size_t i = 0; i < many; i++) {
    report->segments[i].home = (unsigned)(i * 4 / many);
    report->segments[i].call_count = i;
    report->segments[i].compute_ns = i * 1000;
    report->tasks[i] = (struct synched_report_task){.worker = (unsigned)(i * 4 / many),
                                                    .round = i,
                                                    .segment = i,
                                                    .start_ns = UINT64_C(14664092573953) + i,
                                                    .compute_ns = i};
  }
  report->task_count = many;
  return keep(report, "many");
}

/* Runs to compare: another one of the same kind, and a faster one. */
static bool keep_runs(void) {
  const struct course usual = {2000, 1, 100000, 20000}, again = {2000, 2, 100000, 20000};
  const struct course faster = {2000, 3, 88000, 17600}, few = {5, 1, 100000, 20000};
  return keep(made_run(2, &usual), "usual") && keep(made_run(2, &again), "again") &&
         keep(made_run(2, &faster), "faster") && keep(made_run(100, &few), "hundred");
}

static bool keep_short_runs(void) {
  const struct course few = {5, 1, 100000, 20000}, several = {9, 1, 100000, 20000};
  return keep(made_run(2, &few), "few") && keep(made_run(1, &several), "one");
}

int main(int argc, char **argv) {
  const bool is_small = argc == 3 && strcmp(argv[1], "--small") == 0;
  if (argc != 2 && !is_small) {
    fputs("usage: made_reports [--small] DIR\n", stderr);
    return 2;
  }
  folder = argv[argc - 1];
  const bool is_well = keep_smallest() && keep_extremes() && keep_tasks() && keep_short_runs();
  return is_well && (is_small || (keep_many() && keep_runs())) ? 0 : 1;
}
