/*
 * options.c: what a job may be asked to be.
 */
#include "job/options.h"

#include <stdio.h>

#include "base/error.h"
#include "base/options.h"
#include "engine/reads.h"
#include "job/ranks.h"

#define REPORT_ROUNDS_FEW 64u
#define REPORT_ROUNDS_MANY 4096u
#define REPORT_ROUNDS_MAX 65536u
#define REPORT_TASKS_DEFAULT 16384u
#define REPORT_TASKS_MAX 16777216u
/* Rounds for which ranks agree once, where that is left to the library. */
#define RANKS_ROUNDS 8u

static int check_enums(const struct synched_job_options *options) {
  int status = synched__check_enum("delivery", (unsigned)options->delivery, SYNCHED_DELIVER_EVERY);
  if (status == 0)
    status = synched__check_enum("balance", (unsigned)options->balance, SYNCHED_BALANCE_STATIC);
  if (status == 0)
    status = synched__check_enum("homes", (unsigned)options->homes, SYNCHED_HOMES_FOLLOW);
  if (status == 0)
    status = synched__check_enum("overrun", (unsigned)options->overrun, SYNCHED_OVERRUN_STRETCH);
  if (status == 0)
    status = synched__check_enum("deadline_policy", (unsigned)options->deadline_policy,
                                 SYNCHED_DEADLINE_FAIL);
  if (status == 0)
    status = synched__check_enum("record", (unsigned)options->record, SYNCHED_RECORD_TASKS);
  return status;
}

/* How much is recorded of a job that leaves it open. */
static enum synched_record allowed_record(const struct synched_job_options *options,
                                          enum synched_record record) {
  const bool has_times = (options->flags & SYNCHED_JOB_NO_SEGMENT_TIMES) == 0;
  return record == SYNCHED_RECORD_TASKS && !has_times ? SYNCHED_RECORD_ROUNDS : record;
}

static int check_record(const struct synched_job_options *options) {
  if (options->report_rounds > REPORT_ROUNDS_MAX)
    return synched__fail(SYNCHED_ERANGE, "report_rounds is %u; at most %u", options->report_rounds,
                         REPORT_ROUNDS_MAX);
  if (options->report_tasks > REPORT_TASKS_MAX)
    return synched__fail(SYNCHED_ERANGE, "report_tasks is %u; at most %u", options->report_tasks,
                         REPORT_TASKS_MAX);
  if (options->report_tasks != 0 && options->record != SYNCHED_RECORD_TASKS)
    return synched__fail(SYNCHED_EINVAL, "report_tasks is given, but record is not "
                                         "SYNCHED_RECORD_TASKS");
  if (options->record == SYNCHED_RECORD_TASKS &&
      (options->flags & SYNCHED_JOB_NO_SEGMENT_TIMES) != 0)
    return synched__fail(SYNCHED_EINVAL, "SYNCHED_RECORD_TASKS needs the times that "
                                         "SYNCHED_JOB_NO_SEGMENT_TIMES leaves out");
  return 0;
}

/* Reads what is recorded, and fills in the defaults. */
static int read_record(struct synched_job_options *options, enum synched_record record) {
  const int status = check_record(options);
  if (status != 0)
    return status;
  if (options->record == SYNCHED_RECORD_TOTALS)
    options->record = allowed_record(options, record);
  const bool many =
      options->record == SYNCHED_RECORD_ROUNDS || options->record == SYNCHED_RECORD_TASKS;
  if (options->report_rounds == 0)
    options->report_rounds = many ? REPORT_ROUNDS_MANY : REPORT_ROUNDS_FEW;
  if (options->report_tasks == 0)
    options->report_tasks = REPORT_TASKS_DEFAULT;
  return 0;
}

int synched__check_period(uint64_t period_ns, uint64_t deadline_ns) {
  if (period_ns < SYNCHED_PERIOD_MIN_NS || period_ns > SYNCHED_PERIOD_MAX_NS)
    return synched__fail(SYNCHED_ERANGE, "period_ns is %llu; %llu to %llu",
                         (unsigned long long)period_ns, (unsigned long long)SYNCHED_PERIOD_MIN_NS,
                         (unsigned long long)SYNCHED_PERIOD_MAX_NS);
  if (deadline_ns > period_ns)
    return synched__fail(SYNCHED_EINVAL, "period_ns is %llu, below the deadline of %llu",
                         (unsigned long long)period_ns, (unsigned long long)deadline_ns);
  return 0;
}

static int check_deadline(const struct synched_job_options *options) {
  if (options->deadline_ns > SYNCHED_PERIOD_MAX_NS)
    return synched__fail(SYNCHED_ERANGE, "deadline_ns is %llu; at most %llu",
                         (unsigned long long)options->deadline_ns,
                         (unsigned long long)SYNCHED_PERIOD_MAX_NS);
  if (options->deadline_ns != 0)
    return 0;
  if (options->deadline_policy != SYNCHED_DEADLINE_REPORT)
    return synched__fail(SYNCHED_EINVAL, "deadline_policy is %d, but deadline_ns is 0",
                         (int)options->deadline_policy);
  if (options->on_deadline != NULL)
    return synched__fail(SYNCHED_EINVAL, "on_deadline is given, but deadline_ns is 0");
  return 0;
}

/* Reads what is told of the progress, and fills in the default. */
static int read_progress(struct synched_job_options *options) {
  if (options->progress_ns != 0 && options->on_progress == NULL)
    return synched__fail(SYNCHED_EINVAL, "progress_ns is given, but no on_progress");
  if (options->progress_ns > SYNCHED_PERIOD_MAX_NS)
    return synched__fail(SYNCHED_ERANGE, "progress_ns is %llu; at most %llu",
                         (unsigned long long)options->progress_ns,
                         (unsigned long long)SYNCHED_PERIOD_MAX_NS);
  if (options->progress_ns == 0)
    options->progress_ns = SYNCHED_PROGRESS_NS;
  return 0;
}

/* Whether it is known what segments cost that workers have at home. */
static bool knows_costs(const struct synched_job_options *options) {
  return options->record != SYNCHED_RECORD_OFF &&
         (options->balance == SYNCHED_BALANCE_STATIC ||
          (options->flags & SYNCHED_JOB_NO_SEGMENT_TIMES) == 0);
}

/* Reads whether home ranges follow what segments cost, and fills in the default. */
static int read_homes(struct synched_job_options *options) {
  const bool skips = (options->flags & SYNCHED_JOB_SKIP_UNCHANGED) != 0;
  if (options->homes == SYNCHED_HOMES_AUTO)
    options->homes = options->balance == SYNCHED_BALANCE_STEAL && !skips &&
                             options->cluster == NULL && knows_costs(options)
                         ? SYNCHED_HOMES_FOLLOW
                         : SYNCHED_HOMES_FIXED;
  if (options->homes == SYNCHED_HOMES_FOLLOW && skips)
    return synched__fail(SYNCHED_EINVAL,
                         "homes is SYNCHED_HOMES_FOLLOW, and SYNCHED_JOB_SKIP_UNCHANGED deals home "
                         "ranges anew for each round");
  if (options->homes == SYNCHED_HOMES_FOLLOW && !knows_costs(options))
    return synched__fail(SYNCHED_EINVAL, "homes is SYNCHED_HOMES_FOLLOW, which needs what %s",
                         options->record == SYNCHED_RECORD_OFF
                             ? "SYNCHED_RECORD_OFF does not record"
                             : "SYNCHED_JOB_NO_SEGMENT_TIMES does not measure");
  return 0;
}

/* What a dropped round has changed in place would be the next one's past. */
static int check_drops(const struct synched_job_options *options,
                       const struct synched_memory *memory) {
  if (options->deadline_policy != SYNCHED_DEADLINE_CANCEL)
    return 0;
  for (unsigned f = 0; f < options->field_count; f++) {
    const struct synched_memory *field = f == 0 ? memory : options->fields[f - 1];
    if (field->in_place && (options->reads_only >> f & 1) == 0)
      return synched__fail(SYNCHED_EINVAL,
                           "deadline_policy is SYNCHED_DEADLINE_CANCEL, and field %u is changed in "
                           "place: it would be undefined after a round that is dropped",
                           f);
  }
  return 0;
}

static int check_time(const struct synched_job_options *options) {
  if (options->period_ns == 0 && options->overrun != SYNCHED_OVERRUN_SKIP)
    return synched__fail(SYNCHED_EINVAL, "overrun is %d, but period_ns is 0",
                         (int)options->overrun);
  int status = 0;
  if (options->period_ns != 0)
    status = synched__check_period(options->period_ns, options->deadline_ns);
  if (status == 0)
    status = check_deadline(options);
  if (status == 0 && options->weight > SYNCHED_WEIGHT_MAX)
    status = synched__fail(SYNCHED_ERANGE, "weight is %u; at most %u", options->weight,
                           SYNCHED_WEIGHT_MAX);
  return status;
}

/* --- fields and stages --- */

static int check_field(const struct synched_job_options *options,
                       const struct synched_memory *memory, unsigned field) {
  const struct synched_memory *other = options->fields[field - 1];
  if (other == NULL)
    return synched__fail(SYNCHED_EINVAL, "field %u is NULL", field);
  for (unsigned f = 0; f < field; f++)
    if (other == (f == 0 ? memory : options->fields[f - 1]))
      return synched__fail(SYNCHED_EINVAL, "fields %u and %u are the same memory", f, field);
  if (other->layout.segment_count != memory->layout.segment_count)
    return synched__fail(SYNCHED_EINVAL, "field %u has %zu segments, and field 0 has %zu", field,
                         other->layout.segment_count, memory->layout.segment_count);
  return 0;
}

/* Reads the fields, and fills in the default. */
static int read_fields(struct synched_job_options *options, const struct synched_memory *memory) {
  if (options->field_count == 0)
    options->field_count = 1;
  if (options->field_count > SYNCHED_FIELDS_MAX)
    return synched__fail(SYNCHED_ERANGE, "field_count is %u; at most %u", options->field_count,
                         SYNCHED_FIELDS_MAX);
  if ((options->field_count > 1) != (options->fields != NULL))
    return synched__fail(SYNCHED_EINVAL,
                         "field_count is %u, and fields is %s; it is the job's own "
                         "memory and those in fields",
                         options->field_count, options->fields == NULL ? "NULL" : "given");
  int status = 0;
  for (unsigned f = 1; status == 0 && f < options->field_count; f++)
    status = check_field(options, memory, f);
  if (status == 0 && options->reads_only >> options->field_count != 0)
    status = synched__fail(SYNCHED_EINVAL, "reads_only is %#x; the job has %u field%s",
                           (unsigned)options->reads_only, options->field_count,
                           options->field_count == 1 ? "" : "s");
  return status;
}

static int check_writes(const struct synched_job_options *options, unsigned index) {
  const struct synched_stage *stage = &options->stages[index];
  const uint32_t writes = stage->writes;
  const uint32_t all = (UINT32_C(1) << options->field_count) - 1;
  if (writes != SYNCHED_WRITES_NONE && (writes & ~all) != 0)
    return synched__fail(SYNCHED_EINVAL, "stage %u writes the fields in %#x; the job has %u", index,
                         (unsigned)writes, options->field_count);
  if (writes != SYNCHED_WRITES_NONE && (writes & options->reads_only) != 0)
    return synched__fail(SYNCHED_EINVAL,
                         "stage %u writes the fields in %#x, of which the job only "
                         "reads %#x",
                         index, (unsigned)writes, (unsigned)(writes & options->reads_only));
  const uint32_t written = writes == 0 ? all & ~options->reads_only : writes;
  if ((stage->overwrites & ~written) != 0 ||
      (writes == SYNCHED_WRITES_NONE && stage->overwrites != 0))
    return synched__fail(SYNCHED_EINVAL, "stage %u overwrites the fields in %#x, and writes %#x",
                         index, (unsigned)stage->overwrites, (unsigned)written);
  return 0;
}

static int check_stages(const struct synched_job_options *options) {
  if (options->compute != NULL)
    return synched__fail(SYNCHED_EINVAL, "compute and stages are given; only one may be");
  if (options->stage_count > SYNCHED_STAGES_MAX)
    return synched__fail(SYNCHED_ERANGE, "stage_count is %u; at most %u", options->stage_count,
                         SYNCHED_STAGES_MAX);
  if (options->fold != SYNCHED_FOLD_NONE || options->fold_type != SYNCHED_FOLD_DOUBLE ||
      options->fold_length != 0 || options->fold_size != 0 || options->fold_combine != NULL ||
      options->fold_identity != NULL || options->fold_user != NULL)
    return synched__fail(SYNCHED_EINVAL, "a fold and stages are given; each stage has its own");
  int status = 0;
  for (unsigned s = 0; status == 0 && s < options->stage_count; s++) {
    if (options->stages[s].compute == NULL)
      status = synched__fail(SYNCHED_EINVAL, "stage %u has no compute", s);
    if (status == 0)
      status = check_writes(options, s);
  }
  return status;
}

static int check_reads(const struct synched_job_options *options,
                       const struct synched_memory *memory) {
  const size_t segment_count = memory->layout.segment_count;
  int status = synched__reads_check(&options->reads, segment_count, "");
  if (status == 0 && options->stage_count != 0 && options->reads.reach != SYNCHED_REACH_ALL)
    status = synched__fail(SYNCHED_EINVAL, "reads and stages are given; each stage has its own");
  for (unsigned s = 0; status == 0 && s < options->stage_count; s++) {
    char where[24];
    (void)snprintf(where, sizeof where, "stage %u: ", s);
    status = synched__reads_check(&options->stages[s].reads, segment_count, where);
  }
  return status;
}

/* A stage that reads ALL; stage_count, or 1: there is none. */
static unsigned first_reading_all(const struct synched_job_options *options) {
  const unsigned count = options->stage_count == 0 ? 1 : options->stage_count;
  unsigned s = 0;
  while (s < count &&
         (options->stage_count == 0 ? &options->reads : &options->stages[s].reads)->reach !=
             SYNCHED_REACH_ALL)
    s++;
  return s;
}

static unsigned first_folding(const struct synched_job_options *options) {
  unsigned s = 0;
  while (s < options->stage_count && options->stages[s].fold == SYNCHED_FOLD_NONE)
    s++;
  return s;
}

/* What does not go together with several rounds between two barriers. */
static int check_barrier(const struct synched_job_options *options) {
  const unsigned rounds = options->rounds_per_barrier;
  const unsigned all = first_reading_all(options);
  const unsigned folding = first_folding(options);
  if (rounds > SYNCHED_ROUNDS_PER_BARRIER_MAX)
    return synched__fail(SYNCHED_ERANGE, "rounds_per_barrier is %u; at most %u", rounds,
                         SYNCHED_ROUNDS_PER_BARRIER_MAX);
  if (options->stage_count == 0 && all == 0)
    return synched__fail(SYNCHED_EINVAL, "rounds_per_barrier is %u, and compute reads all segments",
                         rounds);
  if (all < options->stage_count)
    return synched__fail(SYNCHED_EINVAL,
                         "rounds_per_barrier is %u, and stage %u reads all segments", rounds, all);
  if (folding < options->stage_count)
    return synched__fail(SYNCHED_EINVAL,
                         "rounds_per_barrier is %u, and stage %u folds, which takes a barrier",
                         rounds, folding);
  if (options->period_ns != 0)
    return synched__fail(SYNCHED_EINVAL,
                         "rounds_per_barrier is %u, and period_ns gives each round a time of its "
                         "own",
                         rounds);
  return 0;
}

/* Whether a field has a buffer more than it would need with a barrier after each round, or can have
 * one: the program's own cannot. */
static bool has_spare(const struct synched_memory *memory, const struct synched_memory *lead) {
  return !memory->blocks.is_fixed || memory->in_place || memory->blocks.count > lead->buffer_count;
}

/* Whether it is the library's choice how many rounds run between two barriers: nobody asks for each
 * of them. */
static bool can_choose_rounds(const struct synched_job_options *options,
                              const struct synched_memory *memory) {
  const unsigned stage_count = options->stage_count == 0 ? 1 : options->stage_count;
  bool can = (options->flags & SYNCHED_JOB_SKIP_UNCHANGED) == 0 &&
             first_reading_all(options) == stage_count &&
             first_folding(options) == options->stage_count && options->fold == SYNCHED_FOLD_NONE &&
             options->on_round == NULL && options->period_ns == 0 && options->deadline_ns == 0 &&
             (options->on_snapshot == NULL || options->delivery != SYNCHED_DELIVER_EVERY);
  for (unsigned f = 0; can && f < options->field_count; f++)
    can = (options->reads_only >> f & 1) != 0 ||
          has_spare(f == 0 ? memory : options->fields[f - 1], memory);
  return can;
}

/* rounds_per_barrier stays 0 where the library chooses. */
static int read_work(struct synched_job_options *options, const struct synched_memory *memory) {
  int status = read_fields(options, memory);
  if (status == 0 && (options->stage_count != 0) != (options->stages != NULL))
    status = synched__fail(SYNCHED_EINVAL, "stage_count is %u, and stages is %s",
                           options->stage_count, options->stages == NULL ? "NULL" : "given");
  if (status == 0 && options->stages != NULL)
    status = check_stages(options);
  if (status == 0)
    status = check_reads(options, memory);
  if (status == 0 && options->rounds_per_barrier > 1)
    status = check_barrier(options);
  if (status != 0)
    return status;
  if (options->rounds_per_barrier == 0 && !can_choose_rounds(options, memory))
    options->rounds_per_barrier = 1;
  if (options->rounds_per_barrier == 0 && options->cluster != NULL)
    options->rounds_per_barrier = RANKS_ROUNDS;
  if (options->compute == NULL && options->stages == NULL)
    return synched__fail(SYNCHED_EINVAL, "compute is NULL; a job needs it, or stages");
  return 0;
}

int synched__job_copy_options(struct synched_job_options *copy,
                              const struct synched_job_options *options) {
  static const struct synched__options_spec spec = {
      "synched_job_options", sizeof(struct synched_job_options),
      offsetof(struct synched_job_options, period_ns)};
  if (options == NULL)
    return synched__fail(SYNCHED_EINVAL, "the job's options is NULL");
  return synched__options_read(copy, options, &spec);
}

int synched__job_read_options(struct synched_job_options *read,
                              const struct synched_job_options *options,
                              const struct synched_memory *memory, enum synched_record record) {
  const uint32_t known_flags = SYNCHED_JOB_EAGER | SYNCHED_JOB_NO_SEGMENT_TIMES |
                               SYNCHED_JOB_START_PAUSED | SYNCHED_JOB_SKIP_UNCHANGED |
                               SYNCHED_JOB_CHECKED | SYNCHED_JOB_CHECKED_TWICE | SYNCHED_JOB_COPIES;
  int status = synched__job_copy_options(read, options);
  if (status != 0)
    return status;
  if ((read->flags & ~known_flags) != 0)
    return synched__fail(SYNCHED_EINVAL, "flags is %#x; a job knows those in %#x",
                         (unsigned)read->flags, (unsigned)known_flags);
  status = read_work(read, memory);
  if (status != 0)
    return status;
  if (read->on_init != NULL && read->init == NULL)
    return synched__fail(SYNCHED_EINVAL, "on_init is given, but no init");
  if (read->on_snapshot != NULL && memory->buffer_count < 3)
    return synched__fail(SYNCHED_EINVAL,
                         "on_snapshot needs a memory with lease_count 1 or more; it has 0");
  status = check_enums(read);
  if (status == 0)
    status = read_record(read, record);
  if (status == 0)
    status = read_homes(read);
  if (status == 0)
    status = check_time(read);
  if (status == 0)
    status = check_drops(read, memory);
  if (status == 0)
    status = read_progress(read);
  if (read->weight == 0)
    read->weight = 1;
  return status;
}
