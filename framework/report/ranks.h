/*
 * ranks.h: the ranks of a report together (internal).
 */
#ifndef SYNCHED_REPORT_RANKS_H
#define SYNCHED_REPORT_RANKS_H

#include "report/model.h"

#include <synched/cluster.h>

/* As synched_ranks_efficiency; of the ranks that the report tells of. */
struct synched_ranks_efficiency synched__ranks_rate(const struct synched_report *report);

#endif
