/*
 * forms.h: the forms of a report (internal).
 *
 * Each prints a whole report to a file. It need not look at what each print returns: whoever calls
 * it asks the file at the end. It returns 0, or SYNCHED_ENOMEM where it needs memory of its own.
 */
#ifndef SYNCHED_REPORT_FORMS_H
#define SYNCHED_REPORT_FORMS_H

#include "report/model.h"

typedef int (*synched__form_fn)(const struct synched_report *report, FILE *file);

int synched__table_print(const struct synched_report *report, FILE *file);
int synched__html_print(const struct synched_report *report, FILE *file);
int synched__json_print(const struct synched_report *report, FILE *file);
int synched__csv_print(const struct synched_report *report, FILE *file);
int synched__chrome_print(const struct synched_report *report, FILE *file);
int synched__perfetto_print(const struct synched_report *report, FILE *file);
int synched__prometheus_print(const struct synched_report *report, FILE *file);

#endif
