/*
 * environment.h: reports that the environment asks for, of any program's jobs (internal).
 *
 * <synched/report.h> says what may stand in SYNCHED_REPORT.
 */
#ifndef SYNCHED_REPORT_ENVIRONMENT_H
#define SYNCHED_REPORT_ENVIRONMENT_H

#include <synched/report.h>

/* How much is to be recorded of a job whose options leave it open: what the forms that are asked
 * for need. Complains of what is wrong with SYNCHED_REPORT, in a line on standard error, the first
 * time. Any thread. */
enum synched_record synched__environment_record(void);

/* Writes a run's report in all the forms that are asked for. What cannot be written is a line on
 * standard error. Neither errno nor synched_error_message() is another afterwards. Any thread;
 * blocks as long as the writing takes. */
void synched__environment_write(const struct synched_report *report);

#endif
