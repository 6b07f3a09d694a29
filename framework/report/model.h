/*
 * model.h: a report, as everything above the record sees it (internal).
 *
 * It is plain data that nothing changes once it is filled: by collect.c from a record, or by a tool
 * from a file. All forms of a report are made of this.
 */
#ifndef SYNCHED_REPORT_MODEL_H
#define SYNCHED_REPORT_MODEL_H

#include <stdbool.h>

#include "report/record.h"

#include <synched/report.h>

/* The distributions of which there is one for the job. */
#define SYNCHED__JOB_DISTRIBUTIONS ((size_t)SYNCHED_DISTRIBUTION_LATENESS + 1)

struct synched_report {
  /* its name is the one below */
  struct synched_report_summary summary;
  struct synched_report_efficiency efficiency;
  char name[64];
  /* "AMD EPYC, 2 CPUs, Linux 6.1" */
  char machine[128];
  /* of the pool: whether its workers are bound, and why */
  char placement[160];
  /* its name, as its threads have it; "": it is not known */
  char pool[16];
  /* its id */
  unsigned process;
  /* default balance */
  bool can_steal;
  bool has_on_round, has_on_snapshot, delivers_every;
  /* of the memory */
  unsigned lease_count;
  unsigned usable_cpus;
  /* of a rank that its launcher has bound badly; "": nothing is wrong */
  char binding[SYNCHED__BINDING_BYTES];
  double binding_gain;

  /* [summary.stage_count]; their names are those below */
  struct synched_report_stage stages[SYNCHED__STAGES_SHOWN];
  char stage_names[SYNCHED__STAGES_SHOWN][64];
  /* rounds */
  size_t recorded;
  /* calls */
  size_t task_count;
  /* [worker_count] */
  struct synched_report_worker *workers;
  /* [segment_count] */
  struct synched_report_segment *segments;
  /* [recorded] */
  struct synched_report_round *rounds;
  /* [recorded * worker_count] */
  struct synched_report_part *parts;
  /* [task_count] */
  struct synched_report_task *tasks;
  /* exchanges with other ranks */
  size_t exchange_count;
  /* [exchange_count] */
  struct synched_report_exchange *exchanges;
  /* [summary.rank_count] */
  struct synched_report_rank *ranks;
  /* [recorded * summary.rank_count], of several ranks: each rank's own of a round; NULL: `rounds`
   * are those of the only one */
  struct synched_report_round *rank_rounds;

  /* [worker_count] where collect.c reads them first */
  struct synched__worker_totals *reading;

  /* Buckets of the job's distributions, then of each worker's, then of each segment's. */
  uint64_t *buckets;
  /* how many; 0: they are not recorded */
  size_t worker_distributions, segment_distributions;
};

/* How much room a report has. */
struct synched__report_shape {
  unsigned worker_count;
  size_t segment_count;
  /* recorded ones, at most */
  size_t round_count;
  /* the same */
  size_t task_count;
  size_t worker_distributions, segment_distributions;
  /* 0: the job is of no cluster */
  unsigned rank_count;
  size_t exchange_count;
};

/* Makes an empty report. SYNCHED_ENOMEM. Ended by synched_report_destroy. */
int synched__report_create(struct synched_report **out, const struct synched__report_shape *shape);

/* Of the worker that is one of several ranks' or not: its rank's own index, and what that had of a
 * recorded round. */
unsigned synched__report_rank_of(const struct synched_report *report, unsigned worker);
static inline const struct synched_report_round *
synched__report_round_of(const struct synched_report *report, size_t index, unsigned worker) {
  return report->rank_rounds == NULL
             ? &report->rounds[index]
             : &report->rank_rounds[index * report->summary.rank_count +
                                    synched__report_rank_of(report, worker)];
}

/* A report whose struct was overwritten with another one's: points at its own arrays again, which
 * are those that `own` points at. */
void synched__report_adopt(struct synched_report *report, const struct synched_report *own);

/* The buckets [SYNCHED__BUCKET_COUNT] of a distribution; NULL: it is not recorded. */
uint64_t *synched__report_buckets(const struct synched_report *report,
                                  enum synched_distribution distribution, size_t index);

/* The name of the stage that has failed. NULL: none has, or there is one only. */
const char *synched__report_failed_stage(const struct synched_report *report);

/* What all stages took together. */
double synched__report_stages_ns(const struct synched_report *report);

/* When a distribution's values are summed up: how many, and about how much. */
struct synched__report_sum {
  uint64_t count;
  double ns;
};
struct synched__report_sum synched__report_sum_of(const struct synched_report *report,
                                                  enum synched_distribution distribution,
                                                  size_t index);

#endif
