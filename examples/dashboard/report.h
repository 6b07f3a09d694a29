/*
 * report.h: the pages that the library itself writes: the job's report, in one of its forms.
 */
#ifndef DASHBOARD_REPORT_H
#define DASHBOARD_REPORT_H

#include <synched/synched.h>

#include "route.h"

/* Makes a page of what is recorded of the job by now, whether it runs or has ended. As a route's
 * content function. */
int dashboard_report_content(struct dashboard_content *out, const struct synched_job *job,
                             enum synched_format format);

#endif
