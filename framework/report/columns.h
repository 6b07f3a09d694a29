/*
 * columns.h: a report's rounds and workers as tables (internal).
 */
#ifndef SYNCHED_REPORT_COLUMNS_H
#define SYNCHED_REPORT_COLUMNS_H

#include "report/model.h"

/* Prints a table of the recorded rounds with a column for each worker; of more than eight workers,
 * a row for each round, then one for each worker. */
void synched__columns_print(const struct synched_report *report, FILE *file);

#endif
