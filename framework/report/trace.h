/*
 * trace.h: a report as events on tracks, whatever bytes they become (internal).
 *
 * There is a track for each worker, and one for each counter. An encoder is told of all of them,
 * one after the other, and of each track's events in the order of time. Slices on a worker's track
 * nest: one that begins within another ends within it.
 */
#ifndef SYNCHED_REPORT_TRACE_H
#define SYNCHED_REPORT_TRACE_H

#include "report/model.h"

enum synched__trace_kind {
  SYNCHED__TRACE_SLEEP,   /* before a part, all its sleeps in one */
  SYNCHED__TRACE_PART,    /* a worker's part in a round */
  SYNCHED__TRACE_TASK,    /* a call: within its part, if that is recorded, too */
  SYNCHED__TRACE_CLOSING, /* of a round, on the track of the worker that closed it */
  SYNCHED__TRACE_CALLBACK /* on_round, within that */
};
#define SYNCHED__TRACE_KINDS ((unsigned)SYNCHED__TRACE_CALLBACK + 1)

/* "segment": tasks are "segment 3", as each has a number. */
const char *synched__trace_kind_name(enum synched__trace_kind kind);
const char *synched__trace_kind_category(enum synched__trace_kind kind);

/* What slices tell beside their names. */
enum synched__trace_argument {
  SYNCHED__TRACE_ROUND,
  SYNCHED__TRACE_SEGMENT,
  SYNCHED__TRACE_CALLS,
  SYNCHED__TRACE_STOLEN,
  SYNCHED__TRACE_COMPUTE_NS,
  SYNCHED__TRACE_LONGEST_SEGMENT,
  SYNCHED__TRACE_LONGEST_NS,
  SYNCHED__TRACE_WORKERS,
  SYNCHED__TRACE_SOLO,
  SYNCHED__TRACE_SLEEPS,
  SYNCHED__TRACE_WAKES,
  SYNCHED__TRACE_SLEPT_NS
};
#define SYNCHED__TRACE_ARGUMENTS ((unsigned)SYNCHED__TRACE_SLEPT_NS + 1)

const char *synched__trace_argument_name(enum synched__trace_argument argument);

#define SYNCHED__TRACE_VALUES_MAX 6u

struct synched__trace_slice {
  enum synched__trace_kind kind;
  unsigned worker;
  uint64_t start_ns, end_ns;
  bool numbered; /* the number belongs to its name */
  uint64_t number;
  struct {
    enum synched__trace_argument argument;
    uint64_t value;
  } values[SYNCHED__TRACE_VALUES_MAX];
  unsigned value_count;
  /* Flows, from the end of a part to the closing of its round. Each has an id of its own. */
  uint64_t departure;       /* 0: none */
  const uint64_t *arrivals; /* [arrival_count] */
  size_t arrival_count;
};

/* One value for each recorded round, as of its start. In nanoseconds. */
enum synched__trace_counter {
  SYNCHED__TRACE_COUNTER_ROUND,
  SYNCHED__TRACE_COUNTER_COMPUTE, /* of all workers */
  SYNCHED__TRACE_COUNTER_LATENESS /* of jobs that have a period */
};
#define SYNCHED__TRACE_COUNTERS ((unsigned)SYNCHED__TRACE_COUNTER_LATENESS + 1)

const char *synched__trace_counter_name(enum synched__trace_counter counter);

/* What is known of the whole: "job", "machine" ... */
struct synched__trace_fact {
  const char *name;
  char text[192];
};
#define SYNCHED__TRACE_FACTS 7u

struct synched__trace_head {
  const struct synched_report *report;
  struct synched__trace_fact facts[SYNCHED__TRACE_FACTS];
};

/* What an encoder does with what there is. */
struct synched__trace_encoder {
  void (*open)(void *state, const struct synched__trace_head *head);
  void (*track)(void *state, unsigned worker, const char *thread_name);
  void (*begin)(void *state, const struct synched__trace_slice *slice);
  void (*end)(void *state, const struct synched__trace_slice *slice);
  void (*counter)(void *state, enum synched__trace_counter counter);
  void (*sample)(void *state, enum synched__trace_counter counter, uint64_t at_ns, uint64_t value);
};

/* The number by which a trace names a worker's thread: never that of the process. */
uint64_t synched__trace_thread_id(const struct synched_report *report, unsigned worker);

/* Tells the encoder all of it. SYNCHED_ENOMEM. */
int synched__trace_walk(const struct synched_report *report,
                        const struct synched__trace_encoder *encoder, void *state);

#endif
