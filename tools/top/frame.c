#include "frame.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/* --- fields: false where there is none, or of another kind --- */

static bool read_count(const json_t *object, const char *name, uint64_t *out) {
  const json_t *value = json_object_get(object, name);
  if (!json_is_integer(value) || json_integer_value(value) < 0)
    return false;
  *out = (uint64_t)json_integer_value(value);
  return true;
}

static bool read_text(const json_t *object, const char *name, char *out, size_t room) {
  const json_t *value = json_object_get(object, name);
  if (!json_is_string(value))
    return false;
  top_safe(out, room, json_string_value(value), json_string_length(value));
  return true;
}

/* Integers from `least` on, so many of them. */
static bool read_list(const json_t *object, const char *name, int64_t least, int64_t *out,
                      size_t count) {
  const json_t *list = json_object_get(object, name);
  if (!json_is_array(list) || json_array_size(list) != count)
    return false;
  for (size_t i = 0; i < count; i++) {
    const json_t *value = json_array_get(list, i);
    if (!json_is_integer(value) || json_integer_value(value) < least)
      return false;
    out[i] = json_integer_value(value);
  }
  return true;
}

/* --- lines --- */

static enum top_line read_hello(struct top_hello *hello, const json_t *line) {
  uint64_t version;
  const json_t *shares = json_object_get(line, "shares");
  if (!read_count(line, "synched_monitor", &version) || version != TOP_VERSION ||
      !read_count(line, "process", &hello->process) ||
      !read_count(line, "interval_ms", &hello->interval_ms) ||
      !read_text(line, "program", hello->program, sizeof hello->program) ||
      !read_text(line, "version", hello->version, sizeof hello->version) ||
      !json_is_array(shares) || json_array_size(shares) == 0 ||
      json_array_size(shares) > TOP_SHARES_MOST)
    return TOP_LINE_FOREIGN;
  hello->share_count = (unsigned)json_array_size(shares);
  for (unsigned s = 0; s < hello->share_count; s++) {
    const json_t *name = json_array_get(shares, s);
    if (!json_is_string(name))
      return TOP_LINE_FOREIGN;
    top_safe(hello->shares[s], sizeof hello->shares[s], json_string_value(name),
             json_string_length(name));
  }
  return TOP_LINE_HELLO;
}

static bool read_counts(struct top_job *job, const json_t *line) {
  const struct {
    const char *name;
    uint64_t *out;
  } counts[] = {
      {"job", &job->number},
      {"segments", &job->segments},
      {"start_ns", &job->start_ns},
      {"end_ns", &job->end_ns},
      {"rounds", &job->rounds},
      {"last_round", &job->last_round},
      {"dropped", &job->dropped},
      {"period_ns", &job->period_ns},
      {"started", &job->started},
      {"late", &job->late},
      {"skipped", &job->skipped},
      {"overruns", &job->overruns},
      {"lateness_last_ns", &job->lateness_last_ns},
      {"lateness_p50_ns", &job->lateness_p50_ns},
      {"lateness_p99_ns", &job->lateness_p99_ns},
      {"lateness_max_ns", &job->lateness_max_ns},
      {"deadline_ns", &job->deadline_ns},
      {"deadline_missed", &job->deadline_missed},
      {"calls", &job->calls},
      {"stolen", &job->stolen},
      {"solo", &job->solo},
      {"sleeps", &job->sleeps},
      {"total_ns", &job->total_ns},
      {"serial_ns", &job->serial_ns},
      {"imbalance_ns", &job->imbalance_ns},
  };
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
    if (!read_count(line, counts[i].name, counts[i].out))
      return false;
  return true;
}

static bool read_workers(struct top_job *job, const json_t *line) {
  uint64_t count;
  if (!read_count(line, "workers", &count) || count == 0 || count > TOP_WORKERS_MOST)
    return false;
  job->worker_count = (unsigned)count;
  job->compute_ns = calloc(count, sizeof *job->compute_ns);
  job->cpus = calloc(count, sizeof *job->cpus);
  return job->compute_ns != NULL && job->cpus != NULL &&
         read_list(line, "compute_ns", 0, (int64_t *)job->compute_ns, count) &&
         read_list(line, "cpus", -1, job->cpus, count);
}

static enum top_line read_job(struct top_job *job, const json_t *line, unsigned share_count) {
  const json_t *status = json_object_get(line, "status");
  *job = (struct top_job){.number = 0};
  if (json_is_integer(status))
    job->status = json_integer_value(status);
  if (read_counts(job, line) && read_text(line, "name", job->name, sizeof job->name) &&
      read_text(line, "state", job->state, sizeof job->state) &&
      read_text(line, "record", job->record, sizeof job->record) &&
      read_list(line, "share_ns", 0, (int64_t *)job->share_ns, share_count) &&
      read_workers(job, line))
    return TOP_LINE_JOB;
  top_job_free(job);
  return TOP_LINE_FOREIGN;
}

static enum top_line read_object(struct top_frame *frame, const json_t *line) {
  if (json_object_get(line, "error") != NULL)
    return read_text(line, "error", frame->error, sizeof frame->error) ? TOP_LINE_ERROR
                                                                       : TOP_LINE_FOREIGN;
  if (json_object_get(line, "synched_monitor") != NULL)
    return read_hello(&frame->hello, line);
  if (frame->hello.share_count == 0 || !read_count(line, "frame", &frame->number))
    return TOP_LINE_FOREIGN;
  if (json_object_get(line, "job") != NULL)
    return read_job(&frame->job, line, frame->hello.share_count);
  return read_count(line, "time_ns", &frame->time_ns) ? TOP_LINE_END : TOP_LINE_FOREIGN;
}

enum top_line top_frame_read(struct top_frame *frame, const char *line, size_t length) {
  json_t *object = json_loadb(line, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
  const enum top_line kind = json_is_object(object) ? read_object(frame, object) : TOP_LINE_FOREIGN;
  json_decref(object);
  return kind;
}

void top_job_free(struct top_job *job) {
  free(job->compute_ns);
  free(job->cpus);
  job->compute_ns = NULL;
  job->cpus = NULL;
}
