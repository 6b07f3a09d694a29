/*
 * collect.h: making a report of a record (internal).
 */
#ifndef SYNCHED_REPORT_COLLECT_H
#define SYNCHED_REPORT_COLLECT_H

#include "report/model.h"
#include "report/record.h"

/* Makes an empty report that all of a record fits into. SYNCHED_ENOMEM. */
int synched__report_create_for(struct synched_report **out, const struct synched__record *record);

/* Fills a report with all that is recorded up to the last round that was published. Any thread;
 * holds up nobody. */
void synched__report_collect(struct synched_report *report, struct synched__record *record);

#endif
