/*
 * efficiency.h: where the time went, from what a record has added up (internal).
 */
#ifndef SYNCHED_REPORT_EFFICIENCY_H
#define SYNCHED_REPORT_EFFICIENCY_H

#include "report/record.h"

/* worker_count: 0 where nothing was recorded; then all is 0, and the efficiencies are 1. */
void synched__efficiency_fill(struct synched_report_efficiency *out,
                              const struct synched__reading *reading, unsigned worker_count);

/* Makes the ratios of the times and shares that are there. */
void synched__efficiency_rate(struct synched_report_efficiency *out);

#endif
