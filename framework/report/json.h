/*
 * json.h: what a report is in JSON (internal).
 *
 * Here are the members' names, types and places, once: json.c writes by these tables, and the tools
 * that read a report read by them. report.schema.json says the same to everybody else.
 *
 * What there are few of (workers, rounds) are objects. What there may be a million of (segments,
 * calls), and a round's parts and a distribution's buckets, are columns: an object with an array
 * for each member, all of the same length.
 *
 * Version 1 may get more members. What changes or leaves out one of these is version 2.
 */
#ifndef SYNCHED_REPORT_JSON_H
#define SYNCHED_REPORT_JSON_H

#include "report/model.h"

#define SYNCHED__JSON_FORM "synched report"
#define SYNCHED__JSON_VERSION 1

enum synched__json_kind {
  SYNCHED__JSON_UNSIGNED,
  SYNCHED__JSON_SIGNED,
  SYNCHED__JSON_REAL, /* 0 .. 1 */
  SYNCHED__JSON_FLAG, /* an int or bool that is 0 or 1: false, true */
  SYNCHED__JSON_LEVEL /* enum synched_record, by its name */
};

struct synched__json_field {
  const char *name;
  enum synched__json_kind kind;
  /* in its struct */
  unsigned offset, bytes;
};

struct synched__json_fields {
  const struct synched__json_field *list;
  unsigned count;
};

/* Members of struct synched_report itself. */
extern const struct synched__json_fields synched__json_job, synched__json_machine;
/* Of the structs of <synched/report.h>. */
extern const struct synched__json_fields synched__json_summary, synched__json_efficiency,
    synched__json_shares, synched__json_worker, synched__json_segment, synched__json_stage,
    synched__json_round, synched__json_part, synched__json_task, synched__json_rank,
    synched__json_exchange;

/* "round" .. "lateness": the job's distributions; [SYNCHED__JOB_DISTRIBUTIONS]. */
extern const char *const synched__json_distributions[];

/* "totals", "off", "rounds", "tasks"; [SYNCHED_RECORD_TASKS + 1]. */
extern const char *const synched__json_levels[];

/* The columns of a round's parts begin with this: which worker's each is. Of the others, who took
 * no part, there is nothing. */
#define SYNCHED__JSON_PART_WORKER "worker"

#endif
