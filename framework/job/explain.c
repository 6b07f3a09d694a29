#include "job/explain.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/error.h"
#include "cluster/link.h"
#include "job/job.h"

/* "in round 3"; "in round 3 in stage \"pressure\""; "in init". */
struct where {
  char text[100];
};

static struct where where_of_failure(const struct synched_job *job,
                                     const struct synched__failure *failure) {
  const uint64_t round = failure->round;
  struct where where = {"in init"};
  if (job->work.record->totals.init_missing != 0)
    return where;
  if (job->work.stage_count == 1)
    (void)snprintf(where.text, sizeof where.text, "in round %" PRIu64, round);
  else
    (void)snprintf(where.text, sizeof where.text, "in round %" PRIu64 " in stage \"%.40s\"", round,
                   job->work.stages[failure->stage]->name);
  return where;
}

/* A call that counted too much. */
static void explain_count(const struct synched_job *job, const struct synched__failure *failure) {
  const struct synched__fields *fields = job->work.fields;
  const size_t segment = (uint32_t)failure->key;
  const struct where where = where_of_failure(job, failure);
  if (fields == NULL || fields->count == 1)
    synched__explain("segment %zu failed %s: it set count to %zu, and has a capacity of %zu",
                     segment, where.text, failure->count,
                     job->work.memory->layout.capacities[segment]);
  else
    synched__explain("segment %zu failed %s: it set the count of field %u to %zu, and has a "
                     "capacity of %zu there",
                     segment, where.text, failure->field, failure->count,
                     fields->memories[failure->field]->layout.capacities[segment]);
}

/* A call of a checked job that did what it must not. */
static void explain_finding(const struct synched_job *job, const struct synched__failure *failure) {
  const struct where where = where_of_failure(job, failure);
  synched__explain("job \"%.24s\": segment %zu failed %s: %s", job->setup.options.name,
                   (size_t)(uint32_t)failure->key, where.text, failure->finding);
}

/* A call that returned a code, or counted too much. */
static void explain_failure(const struct synched_job *job) {
  const struct synched__totals *totals = &job->work.record->totals;
  const struct synched__failure *failure = synched__work_lowest_failure(&job->work);
  const size_t segment = (uint32_t)failure->key;
  const struct where where = where_of_failure(job, failure);
  if (job->setup.is_sweep)
    synched__explain("index %zu of a parallel loop returned %d (%s)", segment, failure->code,
                     synched_strerror(failure->code));
  else if (failure->finding != NULL)
    explain_finding(job, failure);
  else if (failure->count != 0)
    explain_count(job, failure);
  else if (failure->code == SYNCHED_STOP)
    synched__explain("segment %zu failed %s with code %d: SYNCHED_STOP is for on_round; a compute "
                     "call returns 0, or any other value to fail",
                     segment, where.text, failure->code);
  else
    synched__explain("segment %zu failed %s with code %d (%s)", segment, where.text,
                     (int)totals->failed_code, synched_strerror((int)totals->failed_code));
}

/* Fields that the last round, which was dropped, has changed in place. */
static uint32_t undefined_fields(const struct synched_job *job) {
  return job->work.fields == NULL ? 0 : job->work.fields->undefined;
}

static void explain_cancel(const struct synched_job *job) {
  const struct synched__totals *totals = &job->work.record->totals;
  const char *waited = job->delivery.waited_at_end
                           ? ", while it waited for a buffer: retained snapshots had taken all"
                           : "";
  if (totals->init_missing != 0)
    synched__explain("the job was cancelled before its init was complete%s",
                     undefined_fields(job) != 0 ? "" : "; the memory holds what it held before");
  else
    synched__explain("the job was cancelled after round %" PRIu64 "%s", totals->last_round, waited);
}

static void explain_answer(const struct synched_job *job) {
  const struct synched__answer *answer = &job->delivery.answer;
  const uint64_t round = job->work.record->totals.last_round;
  if (answer->code > 0)
    synched__explain("%s returned %d after round %" PRIu64 "; it returns SYNCHED_CONTINUE (%d), "
                     "SYNCHED_STOP (%d) or a negative code",
                     answer->callback, answer->code, round, SYNCHED_CONTINUE, SYNCHED_STOP);
  else
    synched__explain("%s ended the job after round %" PRIu64 " with code %d (%s)", answer->callback,
                     round, answer->code, synched_strerror(answer->code));
}

/* Adds them. */
static void explain_undefined(const struct synched_job *job) {
  const struct synched__fields *fields = job->work.fields;
  const uint32_t undefined = undefined_fields(job);
  char list[64] = "";
  size_t length = 0;
  if (undefined == 0)
    return;
  for (unsigned f = 0; f < fields->count; f++)
    if ((undefined >> f & 1) != 0)
      length +=
          (size_t)snprintf(list + length, sizeof list - length, "%s%u", length == 0 ? "" : ", ", f);
  const bool several = (undefined & (undefined - 1)) != 0;
  if (fields->count == 1)
    synched__explain("%s; the memory, changed in place, is undefined now", synched_error_message());
  else
    synched__explain("%s; field%s %s, changed in place, %s undefined now", synched_error_message(),
                     several ? "s" : "", list, several ? "are" : "is");
}

/* Whose it was that the job has ended, of a job of several ranks; SYNCHED__NO_RANK: a checkpoint
 * has failed, which all of them write together. */
static uint32_t rank_of_end(const struct synched_job *job) {
  const struct synched__verdict *verdict = &job->work.link->verdict;
  if (job->work.record->totals.failed_segment >= 0)
    return verdict->rank;
  if (job->delivery.answer.callback == NULL)
    return verdict->cancelled_by;
  return verdict->answer == 0 ? SYNCHED__NO_RANK : verdict->answered_by;
}

static void explain_rank(const struct synched_job *job) {
  const uint32_t rank = rank_of_end(job);
  if (rank != SYNCHED__NO_RANK)
    synched__explain("%s; that was on rank %u of %u", synched_error_message(), (unsigned)rank,
                     job->work.link->cluster->transport.rank_count);
}

/* Whether the ranks have lost each other, which is said then. */
static bool explain_trouble(const struct synched_job *job) {
  struct synched__link *link = job->work.link;
  if (link == NULL || synched__wire_status(&link->cluster->wire) == 0)
    return false;
  synched__explain("%s", link->cluster->wire.text);
  return true;
}

static void explain_status(const struct synched_job *job) {
  const struct synched__totals *totals = &job->work.record->totals;
  if (explain_trouble(job))
    return;
  if (totals->failed_segment >= 0)
    explain_failure(job);
  else if (job->delivery.answer.callback != NULL)
    explain_answer(job);
  else if (job->delivery.status == SYNCHED_ECANCELED)
    explain_cancel(job);
  else
    synched__explain("round %" PRIu64 " missed its deadline, %" PRIu64 " ns after it was due",
                     totals->last_round + 1, job->setup.options.deadline_ns);
  if (job->work.link != NULL)
    explain_rank(job);
}

void synched__explain_end(const struct synched_job *job) {
  if (job->delivery.status == 0)
    return;
  explain_status(job);
  explain_undefined(job);
}
