/*
 * options.c: what a job may be asked to be.
 */
#include "base/options.h"

#include "base/error.h"
#include "job/job.h"

#define REPORT_ROUNDS_DEFAULT 64u
#define REPORT_ROUNDS_MAX 65536u

static int check_enums(const struct synched_job_options *options) {
  if ((unsigned)options->delivery > SYNCHED_DELIVER_EVERY)
    return synched__fail(SYNCHED_EINVAL, "delivery is %d; there is no such delivery",
                         (int)options->delivery);
  if ((unsigned)options->balance > SYNCHED_BALANCE_STATIC)
    return synched__fail(SYNCHED_EINVAL, "balance is %d; there is no such balance",
                         (int)options->balance);
  if ((unsigned)options->fold > SYNCHED_FOLD_MAX)
    return synched__fail(SYNCHED_EINVAL, "fold is %d; there is no such fold", (int)options->fold);
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
  if ((unsigned)options->deadline_policy > SYNCHED_DEADLINE_FAIL)
    return synched__fail(SYNCHED_EINVAL, "deadline_policy is %d; there is no such policy",
                         (int)options->deadline_policy);
  if (options->deadline_ns != 0)
    return 0;
  if (options->deadline_policy != SYNCHED_DEADLINE_REPORT)
    return synched__fail(SYNCHED_EINVAL, "deadline_policy is given, but no deadline_ns");
  if (options->on_deadline != NULL)
    return synched__fail(SYNCHED_EINVAL, "on_deadline is given, but no deadline_ns");
  return 0;
}

static int check_time(const struct synched_job_options *options) {
  if ((unsigned)options->overrun > SYNCHED_OVERRUN_STRETCH)
    return synched__fail(SYNCHED_EINVAL, "overrun is %d; there is no such policy",
                         (int)options->overrun);
  if (options->period_ns == 0 && options->overrun != SYNCHED_OVERRUN_SKIP)
    return synched__fail(SYNCHED_EINVAL, "overrun is given, but no period_ns");
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

int synched__job_read_options(struct synched_job_options *read,
                              const struct synched_job_options *options,
                              const struct synched_memory *memory) {
  static const struct synched__options_spec spec = {
      "synched_job_options", sizeof(struct synched_job_options),
      offsetof(struct synched_job_options, period_ns)};
  const uint32_t known_flags =
      SYNCHED_JOB_EAGER | SYNCHED_JOB_NO_SEGMENT_TIMES | SYNCHED_JOB_START_PAUSED;
  int status = synched__options_read(read, options, &spec);
  if (status != 0)
    return status;
  if ((read->flags & ~known_flags) != 0)
    return synched__fail(SYNCHED_EINVAL, "flags has %#x set, which is no flag of a job",
                         (unsigned)(read->flags & ~known_flags));
  if (read->compute == NULL)
    return synched__fail(SYNCHED_EINVAL, "compute is NULL; a job needs it");
  if (read->on_init != NULL && read->init == NULL)
    return synched__fail(SYNCHED_EINVAL, "on_init is given, but no init");
  if (read->on_snapshot != NULL && memory->buffer_count < 3)
    return synched__fail(SYNCHED_EINVAL,
                         "on_snapshot needs a memory with lease_count 1 or more; it has 0");
  if (read->report_rounds > REPORT_ROUNDS_MAX)
    return synched__fail(SYNCHED_ERANGE, "report_rounds is %u; at most %u", read->report_rounds,
                         REPORT_ROUNDS_MAX);
  if (read->report_rounds == 0)
    read->report_rounds = REPORT_ROUNDS_DEFAULT;
  status = check_enums(read);
  if (status == 0)
    status = check_time(read);
  if (read->weight == 0)
    read->weight = 1;
  return status;
}
