/*
 * members.h: members of a report's JSON, each checked as it is read.
 *
 * Each function returns false, or NULL, for what is not as it must be, and then the problem says
 * where that is: "rounds[3].start_ns is missing". What is given as NULL was refused before.
 */
#ifndef SYNCHED_TOOLS_REPORT_MEMBERS_H
#define SYNCHED_TOOLS_REPORT_MEMBERS_H

#include <jansson.h>
#include <stdbool.h>

#include "read.h"
#include "report/json.h"

struct reader {
  struct synched_report *report;
  struct report_problem *problem;
};

/* Where in the report we are: "rounds[3].parts". */
struct place {
  char path[64];
};
__attribute__((format(printf, 1, 2))) struct place place(const char *format, ...);

/* Makes the problem's sentence; false. */
__attribute__((format(printf, 2, 3))) bool refuse(struct reader *reader, const char *format, ...);

/* The member of an object, which must have that type. */
const json_t *member(struct reader *reader, const json_t *object, const char *path,
                     const char *name, json_type type);

/* The same of one of the report's own that the first reports did not have. *found is NULL where it
 * is missing. */
bool later_member(struct reader *reader, const json_t **found, const json_t *root, const char *name,
                  json_type type);

/* Into an array of so many bytes. */
bool read_text(struct reader *reader, char *to, size_t room, const json_t *text, const char *path);

/* An object's members, into the struct that begins at `base`; what the first reports did not have
 * stays as it is there. */
bool read_members(struct reader *reader, void *base, const struct synched__json_fields *fields,
                  const json_t *object, const char *path);

/* Rows that columns are read into; row i of the file is row at[i], or row i where at is NULL. */
struct rows {
  void *first;
  size_t count, bytes; /* of each */
  const unsigned *at;
};
bool read_columns(struct reader *reader, const struct rows *rows,
                  const struct synched__json_fields *fields, const json_t *object,
                  const char *path);

/* One of an object's columns, of so many elements. */
const json_t *column(struct reader *reader, const json_t *object, const char *path,
                     const char *name, size_t count);

/* How long a column is. */
bool measure(struct reader *reader, size_t *count, const json_t *object, const char *path,
             const char *name);

#endif
