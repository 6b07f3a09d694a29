/*
 * join.h: one report of several ranks' (internal).
 */
#ifndef SYNCHED_REPORT_JOIN_H
#define SYNCHED_REPORT_JOIN_H

#include "report/model.h"

/* Adds this to all of a report's times. */
void synched__report_shift(struct synched_report *report, int64_t ns);

/* Makes one report of `count` ranks' own, in the order of ranks, whose times are those of one
 * clock. SYNCHED_ENOMEM. */
int synched__report_join(struct synched_report **out, struct synched_report *const *reports,
                         unsigned count);

#endif
