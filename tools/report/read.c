/*
 * read.c: a report from its JSON, whoever may have written that.
 *
 * Nothing of the file is believed. jansson reads it, with no more memory than is allowed. Then each
 * member must be there, of its type, and within what its field can hold. How much there is of
 * anything is how many elements stand there, never a number that says so. What is an index is below
 * what it counts. Members that this program does not know are left alone: a later version 1 may
 * have more of them. And an earlier one has fewer: stages, the pool's name, and in which stage a
 * call has failed came later, and may be missing.
 */
#include "read.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <synched/memory.h>
#include <synched/pool.h>

#include "budget.h"
#include "members.h"

/* --- how much there is --- */

struct parts_of_file {
  const json_t *workers, *segments, *stages, *rounds, *tasks, *distributions;
  const json_t *worker_distributions, *segment_distributions;
  /* NULL: it is of before there were any */
  const json_t *ranks, *rank_rounds, *exchanges;
};

static bool find_parts(struct reader *reader, struct parts_of_file *parts, const json_t *root) {
  parts->workers = member(reader, root, "", "workers", JSON_ARRAY);
  if (parts->workers != NULL)
    parts->segments = member(reader, root, "", "segments", JSON_OBJECT);
  if (parts->segments != NULL && later_member(reader, &parts->stages, root, "stages", JSON_ARRAY))
    parts->rounds = member(reader, root, "", "rounds", JSON_ARRAY);
  if (parts->rounds != NULL)
    parts->tasks = member(reader, root, "", "tasks", JSON_OBJECT);
  if (parts->tasks != NULL)
    parts->distributions = member(reader, root, "", "distributions", JSON_OBJECT);
  if (parts->distributions != NULL)
    parts->worker_distributions =
        member(reader, parts->distributions, "distributions", "workers", JSON_ARRAY);
  if (parts->worker_distributions != NULL)
    parts->segment_distributions =
        member(reader, parts->distributions, "distributions", "segments", JSON_ARRAY);
  return parts->segment_distributions != NULL &&
         later_member(reader, &parts->ranks, root, "ranks", JSON_ARRAY) &&
         later_member(reader, &parts->rank_rounds, root, "rank_rounds", JSON_OBJECT) &&
         later_member(reader, &parts->exchanges, root, "exchanges", JSON_OBJECT);
}

static bool check_count(struct reader *reader, const char *what, size_t count, size_t least,
                        size_t most) {
  if (count >= least && count <= most)
    return true;
  return refuse(reader, "it has %zu %s; a report has %zu to %zu", count, what, least, most);
}

/* A distribution for each, or none. */
static bool check_each(struct reader *reader, const char *what, size_t count, size_t all) {
  if (count == 0 || count == all)
    return true;
  return refuse(reader, "distributions.%s has %zu elements; there are %zu of them", what, count,
                all);
}

static bool check_memory(struct reader *reader, const struct synched__report_shape *shape) {
  const double bytes =
      (double)shape->round_count * shape->worker_count * sizeof(struct synched_report_part) +
      (double)(shape->worker_distributions + shape->segment_distributions) * SYNCHED__BUCKET_COUNT *
          sizeof(uint64_t);
  if (bytes <= (double)REPORT_MEMORY_MOST_BYTES)
    return true;
  return refuse(reader, "it has %zu rounds of %u workers, which is too much to read",
                shape->round_count, shape->worker_count);
}

static bool make_report(struct reader *reader, const struct parts_of_file *parts) {
  struct synched__report_shape shape = {
      .round_count = json_array_size(parts->rounds),
      .worker_distributions = json_array_size(parts->worker_distributions),
      .segment_distributions = json_array_size(parts->segment_distributions)};
  const size_t worker_count = json_array_size(parts->workers);
  if (!measure(reader, &shape.segment_count, parts->segments, "segments", "home") ||
      !measure(reader, &shape.task_count, parts->tasks, "tasks", "worker") ||
      !check_count(reader, "workers", worker_count, 1, SYNCHED_WORKERS_MAX) ||
      !check_count(reader, "segments", shape.segment_count, 1, SYNCHED_SEGMENTS_MAX) ||
      (parts->exchanges != NULL &&
       !measure(reader, &shape.exchange_count, parts->exchanges, "exchanges", "rank")) ||
      !check_count(reader, "ranks", json_array_size(parts->ranks), 0, worker_count) ||
      !check_count(reader, "stages", json_array_size(parts->stages), 0, SYNCHED__STAGES_SHOWN) ||
      !check_each(reader, "workers", shape.worker_distributions, worker_count) ||
      !check_each(reader, "segments", shape.segment_distributions, shape.segment_count))
    return false;
  shape.worker_count = (unsigned)worker_count;
  shape.rank_count = (unsigned)json_array_size(parts->ranks);
  if (!check_memory(reader, &shape))
    return false;
  if (synched__report_create(&reader->report, &shape) != 0)
    return refuse(reader, "there is no memory for it");
  return true;
}

/* --- what it says --- */

static bool read_binding(struct reader *reader, const json_t *root) {
  struct synched_report *report = reader->report;
  const json_t *binding;
  return later_member(reader, &binding, root, "binding", JSON_STRING) &&
         (binding == NULL ||
          read_text(reader, report->binding, sizeof report->binding, binding, "binding"));
}

static bool read_pool(struct reader *reader, const json_t *root) {
  struct synched_report *report = reader->report;
  const json_t *pool;
  return later_member(reader, &pool, root, "pool", JSON_STRING) &&
         (pool == NULL || read_text(reader, report->pool, sizeof report->pool, pool, "pool"));
}

static bool read_job(struct reader *reader, const json_t *root) {
  struct synched_report *report = reader->report;
  const json_t *job = member(reader, root, "", "job", JSON_OBJECT);
  const json_t *machine = job == NULL ? NULL : member(reader, root, "", "machine", JSON_OBJECT);
  return machine != NULL &&
         read_text(reader, report->name, sizeof report->name,
                   member(reader, job, "job", "name", JSON_STRING), "job.name") &&
         read_members(reader, report, &synched__json_job, job, "job") &&
         read_text(reader, report->machine, sizeof report->machine,
                   member(reader, machine, "machine", "description", JSON_STRING),
                   "machine.description") &&
         read_members(reader, report, &synched__json_machine, machine, "machine") &&
         read_pool(reader, root) && read_binding(reader, root) &&
         read_text(reader, report->placement, sizeof report->placement,
                   member(reader, root, "", "placement", JSON_STRING), "placement");
}

static bool read_summary(struct reader *reader, const json_t *root) {
  struct synched_report_summary *summary = &reader->report->summary;
  const unsigned worker_count = summary->worker_count;
  const size_t segment_count = summary->segment_count;
  const unsigned rank_count = summary->rank_count;
  const json_t *object = member(reader, root, "", "summary", JSON_OBJECT);
  const bool is_read =
      object != NULL && read_members(reader, summary, &synched__json_summary, object, "summary");
  const unsigned said_workers = summary->worker_count;
  const size_t said_segments = summary->segment_count;
  /* The report's arrays are as long as this, whatever the file says. */
  summary->worker_count = worker_count;
  summary->segment_count = segment_count;
  summary->rank_count = rank_count;
  if (!is_read)
    return false;
  if (said_workers != worker_count || said_segments != segment_count)
    return refuse(reader, "its summary is of %u workers and %zu segments; it has %u and %zu",
                  said_workers, said_segments, worker_count, segment_count);
  if (summary->failed_segment < -1 || summary->failed_segment >= (int64_t)segment_count)
    return refuse(reader, "summary.failed_segment is no segment");
  if (summary->failed_stage < -1 || summary->failed_stage >= (int)SYNCHED__STAGES_SHOWN)
    return refuse(reader, "summary.failed_stage is no stage");
  return true;
}

static bool read_efficiency(struct reader *reader, const json_t *root) {
  struct synched_report_efficiency *efficiency = &reader->report->efficiency;
  efficiency->struct_size = sizeof *efficiency;
  const json_t *object = member(reader, root, "", "efficiency", JSON_OBJECT);
  const json_t *shares =
      object == NULL ? NULL : member(reader, object, "efficiency", "share_ns", JSON_OBJECT);
  return shares != NULL &&
         read_members(reader, efficiency, &synched__json_efficiency, object, "efficiency") &&
         read_members(reader, efficiency, &synched__json_shares, shares, "efficiency.share_ns");
}

static bool check_index(struct reader *reader, const char *path, uint64_t index, size_t count) {
  if (index < count)
    return true;
  return refuse(reader, "%s is %" PRIu64 "; there are %zu", path, index, count);
}

static bool read_workers(struct reader *reader, const json_t *workers) {
  for (unsigned w = 0; w < reader->report->summary.worker_count; w++) {
    struct synched_report_worker *worker = &reader->report->workers[w];
    const struct place here = place("workers[%u]", w);
    const json_t *object = json_array_get(workers, w);
    worker->struct_size = sizeof *worker;
    if (!json_is_object(object))
      return refuse(reader, "%s is not an object", here.path);
    if (!read_members(reader, worker, &synched__json_worker, object, here.path))
      return false;
  }
  return true;
}

static bool read_segments(struct reader *reader, const json_t *segments) {
  struct synched_report *report = reader->report;
  const struct rows rows = {.first = report->segments,
                            .count = report->summary.segment_count,
                            .bytes = sizeof *report->segments};
  if (!read_columns(reader, &rows, &synched__json_segment, segments, "segments"))
    return false;
  for (size_t s = 0; s < rows.count; s++) {
    report->segments[s].struct_size = sizeof *report->segments;
    if (!check_index(reader, "a segment's home", report->segments[s].home,
                     report->summary.worker_count))
      return false;
  }
  return true;
}

static bool read_stages(struct reader *reader, const json_t *stages) {
  struct synched_report *report = reader->report;
  for (unsigned s = 0; s < json_array_size(stages); s++) {
    const struct place here = place("stages[%u]", s), name = place("stages[%u].name", s);
    const json_t *object = json_array_get(stages, s);
    report->stages[s].struct_size = sizeof *report->stages;
    if (!json_is_object(object))
      return refuse(reader, "%s is not an object", here.path);
    if (!read_text(reader, report->stage_names[s], sizeof report->stage_names[s],
                   member(reader, object, here.path, "name", JSON_STRING), name.path) ||
        !read_members(reader, &report->stages[s], &synched__json_stage, object, here.path))
      return false;
  }
  report->summary.stage_count = (unsigned)json_array_size(stages);
  return true;
}

/* --- rounds and calls --- */

/* Which workers' the parts are, in `at`: rising. */
static bool read_part_workers(struct reader *reader, unsigned *at, const json_t *workers,
                              const char *path) {
  const unsigned worker_count = reader->report->summary.worker_count;
  json_int_t before = -1;
  if (json_array_size(workers) > worker_count)
    return refuse(reader, "%s has more parts than there are workers", path);
  for (size_t i = 0; i < json_array_size(workers); i++) {
    const json_t *worker = json_array_get(workers, i);
    if (!json_is_integer(worker) || json_integer_value(worker) <= before ||
        json_integer_value(worker) >= worker_count)
      return refuse(reader, "%s.worker[%zu] is no worker, or out of order", path, i);
    before = json_integer_value(worker);
    at[i] = (unsigned)before;
  }
  return true;
}

static bool read_parts(struct reader *reader, struct synched_report_part *parts, unsigned *at,
                       const json_t *round, const char *path) {
  const struct synched_report_summary *summary = &reader->report->summary;
  const struct place here = place("%s.parts", path);
  const json_t *object = member(reader, round, path, "parts", JSON_OBJECT);
  const json_t *workers =
      object == NULL ? NULL
                     : member(reader, object, here.path, SYNCHED__JSON_PART_WORKER, JSON_ARRAY);
  if (workers == NULL || !read_part_workers(reader, at, workers, here.path))
    return false;
  const struct rows rows = {
      .first = parts, .count = json_array_size(workers), .bytes = sizeof *parts, .at = at};
  if (!read_columns(reader, &rows, &synched__json_part, object, here.path))
    return false;
  for (unsigned w = 0; w < summary->worker_count; w++) {
    parts[w].struct_size = sizeof *parts;
    if (!check_index(reader, "a part's longest segment", parts[w].longest_segment,
                     summary->segment_count))
      return false;
  }
  return true;
}

static bool read_round(struct reader *reader, size_t index, unsigned *at, const json_t *object) {
  struct synched_report *report = reader->report;
  const struct synched_report_summary *summary = &report->summary;
  struct synched_report_round *round = &report->rounds[index];
  const struct place here = place("rounds[%zu]", index);
  round->struct_size = sizeof *round;
  if (!json_is_object(object))
    return refuse(reader, "%s is not an object", here.path);
  if (!read_members(reader, round, &synched__json_round, object, here.path))
    return false;
  if (index > 0 && round->round <= report->rounds[index - 1].round)
    return refuse(reader, "%s is not later than the one before it", here.path);
  return check_index(reader, "a round's longest worker", round->longest_worker,
                     summary->worker_count) &&
         check_index(reader, "a round's closer", round->closer, summary->worker_count) &&
         check_index(reader, "a round's critical segment", round->critical_segment,
                     summary->segment_count) &&
         read_parts(reader, &report->parts[index * summary->worker_count], at, object, here.path);
}

static bool read_rounds(struct reader *reader, const json_t *rounds) {
  struct synched_report *report = reader->report;
  unsigned *at = calloc(report->summary.worker_count, sizeof *at);
  if (at == NULL)
    return refuse(reader, "there is no memory for it");
  bool is_read = true;
  for (size_t r = 0; is_read && r < json_array_size(rounds); r++)
    is_read = read_round(reader, r, at, json_array_get(rounds, r));
  report->recorded = json_array_size(rounds);
  free(at);
  return is_read;
}

static bool read_tasks(struct reader *reader, const json_t *tasks) {
  struct synched_report *report = reader->report;
  struct rows rows = {.first = report->tasks, .bytes = sizeof *report->tasks};
  if (!measure(reader, &rows.count, tasks, "tasks", "worker") ||
      !read_columns(reader, &rows, &synched__json_task, tasks, "tasks"))
    return false;
  for (size_t i = 0; i < rows.count; i++) {
    struct synched_report_task *task = &report->tasks[i];
    task->struct_size = sizeof *task;
    if (!check_index(reader, "a call's worker", task->worker, report->summary.worker_count) ||
        !check_index(reader, "a call's segment", task->segment, report->summary.segment_count))
      return false;
    if (i > 0 && task->worker < task[-1].worker)
      return refuse(reader, "the calls are not in the order of their workers");
  }
  report->task_count = rows.count;
  return true;
}

/* --- ranks --- */

/* The ranks' workers and segments are one behind the other. */
static bool check_rank(struct reader *reader, unsigned index, const char *path) {
  const struct synched_report *report = reader->report;
  const struct synched_report_summary *summary = &report->summary;
  const struct synched_report_rank *rank = &report->ranks[index];
  const unsigned first = index == 0 ? 0 : rank[-1].first_worker + rank[-1].worker_count;
  const bool is_last = index + 1 == summary->rank_count;
  if (rank->first_worker != first || rank->worker_count == 0 ||
      rank->worker_count > summary->worker_count - first ||
      (is_last && rank->worker_count != summary->worker_count - first))
    return refuse(reader, "%s has other workers than those behind the rank before it", path);
  if (index > 0 && rank->rank <= rank[-1].rank)
    return refuse(reader, "%s is out of order", path);
  if (rank->first_segment > summary->segment_count ||
      rank->segment_count > summary->segment_count - rank->first_segment)
    return refuse(reader, "%s has segments that there are not", path);
  return true;
}

static bool read_ranks(struct reader *reader, const json_t *ranks) {
  struct synched_report *report = reader->report;
  for (unsigned r = 0; r < report->summary.rank_count; r++) {
    const struct place here = place("ranks[%u]", r), host = place("ranks[%u].host", r);
    const json_t *object = json_array_get(ranks, r);
    report->ranks[r].struct_size = sizeof *report->ranks;
    if (!json_is_object(object))
      return refuse(reader, "%s is not an object", here.path);
    if (!read_text(reader, report->ranks[r].host, sizeof report->ranks[r].host,
                   member(reader, object, here.path, "host", JSON_STRING), host.path) ||
        !read_members(reader, &report->ranks[r], &synched__json_rank, object, here.path) ||
        !check_rank(reader, r, here.path))
      return false;
  }
  return true;
}

static bool read_rank_rounds(struct reader *reader, const json_t *rounds) {
  struct synched_report *report = reader->report;
  struct rows rows = {.first = report->rank_rounds,
                      .count = report->recorded * report->summary.rank_count,
                      .bytes = sizeof *report->rank_rounds};
  if (report->rank_rounds == NULL)
    return true;
  if (rounds == NULL)
    return refuse(reader, "rank_rounds is missing");
  if (!read_columns(reader, &rows, &synched__json_round, rounds, "rank_rounds"))
    return false;
  for (size_t i = 0; i < rows.count; i++) {
    report->rank_rounds[i].struct_size = sizeof *report->rank_rounds;
    if (!check_index(reader, "a rank's closer", report->rank_rounds[i].closer,
                     report->summary.worker_count))
      return false;
  }
  return true;
}

static bool read_exchanges(struct reader *reader, const json_t *exchanges) {
  struct synched_report *report = reader->report;
  struct rows rows = {.first = report->exchanges, .bytes = sizeof *report->exchanges};
  if (exchanges == NULL)
    return true;
  if (!measure(reader, &rows.count, exchanges, "exchanges", "rank") ||
      !read_columns(reader, &rows, &synched__json_exchange, exchanges, "exchanges"))
    return false;
  for (size_t i = 0; i < rows.count; i++) {
    report->exchanges[i].struct_size = sizeof *report->exchanges;
    if (i > 0 && report->exchanges[i].rank < report->exchanges[i - 1].rank)
      return refuse(reader, "the exchanges are not in the order of their ranks");
  }
  report->exchange_count = rows.count;
  return true;
}

/* --- distributions --- */

static bool read_buckets(struct reader *reader, uint64_t *buckets, const json_t *object,
                         const char *path) {
  size_t count;
  if (!json_is_object(object))
    return refuse(reader, "%s is not an object", path);
  if (!measure(reader, &count, object, path, "count"))
    return false;
  const json_t *counts = json_object_get(object, "count");
  const json_t *firsts = column(reader, object, path, "first_ns", count);
  const json_t *lasts = firsts == NULL ? NULL : column(reader, object, path, "last_ns", count);
  unsigned next = 0;
  for (size_t i = 0; lasts != NULL && i < count; i++) {
    const json_t *first = json_array_get(firsts, i), *last = json_array_get(lasts, i);
    const json_t *counted = json_array_get(counts, i);
    if (!json_is_integer(first) || !json_is_integer(last) || !json_is_integer(counted) ||
        json_integer_value(first) < 0 || json_integer_value(counted) <= 0)
      return refuse(reader, "%s: row %zu is no bucket", path, i);
    const uint64_t first_ns = (uint64_t)json_integer_value(first);
    const unsigned bucket = synched__bucket_of(first_ns);
    if (bucket < next || first_ns != synched__bucket_first_ns(bucket) ||
        (uint64_t)json_integer_value(last) != synched__bucket_last_ns(bucket))
      return refuse(reader, "%s: row %zu is no bucket, or out of order", path, i);
    buckets[bucket] = (uint64_t)json_integer_value(counted);
    next = bucket + 1;
  }
  return lasts != NULL;
}

static bool read_each(struct reader *reader, enum synched_distribution distribution,
                      const char *what, const json_t *list) {
  for (size_t i = 0; i < json_array_size(list); i++) {
    const struct place here = place("distributions.%s[%zu]", what, i);
    uint64_t *buckets = synched__report_buckets(reader->report, distribution, i);
    if (!read_buckets(reader, buckets, json_array_get(list, i), here.path))
      return false;
  }
  return true;
}

static bool read_distributions(struct reader *reader, const struct parts_of_file *parts) {
  for (unsigned d = 0; d < SYNCHED__JOB_DISTRIBUTIONS; d++) {
    const char *name = synched__json_distributions[d];
    const struct place here = place("distributions.%s", name);
    uint64_t *buckets = synched__report_buckets(reader->report, (enum synched_distribution)d, 0);
    const json_t *object = member(reader, parts->distributions, "distributions", name, JSON_OBJECT);
    if (object == NULL || !read_buckets(reader, buckets, object, here.path))
      return false;
  }
  return read_each(reader, SYNCHED_DISTRIBUTION_WORKER, "workers", parts->worker_distributions) &&
         read_each(reader, SYNCHED_DISTRIBUTION_SEGMENT, "segments", parts->segment_distributions);
}

/* --- the file --- */

static bool check_version(struct reader *reader, const json_t *root) {
  const json_t *form = json_object_get(root, "form");
  const json_t *version = json_object_get(root, "version");
  if (!json_is_string(form) || strcmp(json_string_value(form), SYNCHED__JSON_FORM) != 0 ||
      !json_is_integer(version))
    return refuse(reader, "it is JSON, but no report of Synched");
  if (json_integer_value(version) != SYNCHED__JSON_VERSION)
    return refuse(reader, "it is a report of version %" PRId64 "; this program reads version %d",
                  (int64_t)json_integer_value(version), SYNCHED__JSON_VERSION);
  return true;
}

static bool read_all(struct reader *reader, const json_t *root) {
  struct parts_of_file parts = {0};
  return check_version(reader, root) && find_parts(reader, &parts, root) &&
         make_report(reader, &parts) && read_job(reader, root) && read_summary(reader, root) &&
         read_efficiency(reader, root) && read_workers(reader, parts.workers) &&
         read_segments(reader, parts.segments) && read_stages(reader, parts.stages) &&
         read_rounds(reader, parts.rounds) && read_tasks(reader, parts.tasks) &&
         read_ranks(reader, parts.ranks) && read_rank_rounds(reader, parts.rank_rounds) &&
         read_exchanges(reader, parts.exchanges) && read_distributions(reader, &parts);
}

struct source {
  FILE *file;
  size_t bytes; /* read so far */
  bool is_too_large;
  int reason; /* errno, of a failure */
};

static size_t more(void *buffer, size_t room, void *data) {
  struct source *source = data;
  const size_t bytes = fread(buffer, 1, room, source->file);
  source->bytes += bytes;
  if (ferror(source->file) != 0) {
    source->reason = errno;
    return (size_t)-1;
  }
  source->is_too_large = source->bytes > REPORT_FILE_MOST_BYTES;
  return source->is_too_large ? (size_t)-1 : bytes;
}

/* jansson's sentence quotes what it found. */
static void make_harmless(char *text) {
  for (; *text != '\0'; text++)
    if ((unsigned char)*text < 0x20 || (unsigned char)*text >= 0x7f)
      *text = '?';
}

static bool explain(struct reader *reader, const struct source *source, const json_error_t *error) {
  if (source->reason != 0)
    return refuse(reader, "cannot be read: %s", strerror(source->reason));
  if (source->is_too_large)
    return refuse(reader, "is too large: more than %zu MiB", REPORT_FILE_MOST_BYTES >> 20);
  if (json_error_code(error) == json_error_out_of_memory)
    return refuse(reader, "is too large: it would need more than %zu MiB of memory",
                  REPORT_MEMORY_MOST_BYTES >> 20);
  (void)refuse(reader, "is not JSON: line %d: %s", error->line, error->text);
  make_harmless(reader->problem->text);
  return false;
}

int report_read(struct synched_report **out, FILE *file, struct report_problem *problem) {
  struct reader reader = {.problem = problem};
  struct source source = {.file = file};
  json_error_t error;
  *out = NULL;
  budget_set(REPORT_MEMORY_MOST_BYTES);
  json_t *root = json_load_callback(more, &source, JSON_REJECT_DUPLICATES, &error);
  const bool is_read = root != NULL ? read_all(&reader, root) : explain(&reader, &source, &error);
  json_decref(root);
  if (!is_read) {
    synched_report_destroy(reader.report);
    return -1;
  }
  *out = reader.report;
  return 0;
}
