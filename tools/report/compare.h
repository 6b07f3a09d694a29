/*
 * compare.h: what changed from one run to another, beyond the noise, and how sure that is.
 */
#ifndef SYNCHED_TOOLS_REPORT_COMPARE_H
#define SYNCHED_TOOLS_REPORT_COMPARE_H

#include <stdbool.h>
#include <stdio.h>

#include <synched/report.h>

/* Prints it as text. false: no memory. */
bool report_compare(const struct synched_report *before, const struct synched_report *after,
                    FILE *file);

#endif
