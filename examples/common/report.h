/*
 * report.h: --report FORMAT[:PATH] of the examples, and which records that takes.
 */
#ifndef EXAMPLE_REPORT_H
#define EXAMPLE_REPORT_H

#include <stdbool.h>

#include <synched/report.h>

#include "common/error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct example_report {
  const char *form; /* as it was given; NULL: it was not */
  enum synched_format format;
  const char *path; /* NULL: standard output */
};

/* The option; `field` of `type` is a struct example_report. */
#define EXAMPLE_REPORT_OPTION(type, field)                                                         \
  {                                                                                                \
    .name = "report", .value = "FORM[:FILE]", EXAMPLE_MEMBER(type, field),                         \
    .parse = example_report_take, .help = EXAMPLE_REPORT_HELP                                      \
  }
/* The same for a const char *, which is looked at later. */
#define EXAMPLE_REPORT_TEXT_OPTION(type, field)                                                    \
  {                                                                                                \
    .name = "report", .value = "FORM[:FILE]", EXAMPLE_MEMBER(type, field),                         \
    .help = EXAMPLE_REPORT_HELP                                                                    \
  }
#define EXAMPLE_REPORT_HELP                                                                        \
  "write where the time went, as table, json, csv, trace, perfetto, html or prometheus; "          \
  "without a file, to standard output"

/* example_report_parse() for an option's member. */
int example_report_take(void *report, const char *form, struct example_error *error);

/* Reads the option's value; the string stays the caller's. 0; or -1 and why not. */
int example_report_parse(struct example_report *out, const char *form, struct example_error *error);

/* Whether a report to standard output was asked for, which takes the place of the usual table. */
bool example_report_is_printed(const struct example_report *report);

/* How much a job is to record for it. */
enum synched_record example_report_record(const struct example_report *report);

/* How many of the last rounds: `few` for the usual table; 0, the library's choice, for others. */
unsigned example_report_rounds(const struct example_report *report, unsigned few);

/* Tells before a long run whether the file can be written. Else -1, with a line on stderr. */
int example_report_check(const struct example_report *report, const char *program);

/* Both, for a program whose options do not print what is wrong with them. 0; or the program's exit
 * code, with a line on stderr. */
int example_report_read(struct example_report *out, const char *program, const char *form);

/* Writes it, if it was asked for. 0; or -1, with a line on stderr. */
int example_report_write(const struct example_report *report, const char *program,
                         const struct synched_report *from);

#ifdef __cplusplus
}
#endif

#endif
