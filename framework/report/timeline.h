/*
 * timeline.h: a report as events on tracks, whatever bytes they become (internal).
 *
 * There is a track for each worker, then one for the messages of each rank, where there are any,
 * and one for each counter. An encoder is told of all of them, one after the other, and of each
 * track's events in the order of time. Slices on a track nest: one that begins within another ends
 * within it. Of several ranks each is a process.
 */
#ifndef SYNCHED_REPORT_TIMELINE_H
#define SYNCHED_REPORT_TIMELINE_H

#include "report/model.h"
#include "report/out.h"

enum synched__timeline_kind {
  SYNCHED__TIMELINE_SLEEP,    /* before a part, all its sleeps in one */
  SYNCHED__TIMELINE_PART,     /* a worker's part in a round */
  SYNCHED__TIMELINE_TASK,     /* a call: within its part, if that is recorded, too */
  SYNCHED__TIMELINE_CLOSING,  /* of a round, on the track of the worker that closed it */
  SYNCHED__TIMELINE_CALLBACK, /* on_round, within that */
  /* On the track of a rank's messages. */
  SYNCHED__TIMELINE_MESSAGES,     /* they are under way, and those of other ranks to this one */
  SYNCHED__TIMELINE_MESSAGE_WAIT, /* the rank waits for them: within that */
  SYNCHED__TIMELINE_AGREEMENT     /* ranks agree */
};
#define SYNCHED__TIMELINE_KINDS ((unsigned)SYNCHED__TIMELINE_AGREEMENT + 1)

/* "segment": tasks are "segment 3", as each has a number. */
const char *synched__timeline_kind_name(enum synched__timeline_kind kind);
const char *synched__timeline_kind_category(enum synched__timeline_kind kind);

/* What slices tell beside their names. */
enum synched__timeline_argument {
  SYNCHED__TIMELINE_ROUND,
  SYNCHED__TIMELINE_SEGMENT,
  SYNCHED__TIMELINE_CALLS,
  SYNCHED__TIMELINE_STOLEN,
  SYNCHED__TIMELINE_COMPUTE_NS,
  SYNCHED__TIMELINE_LONGEST_SEGMENT,
  SYNCHED__TIMELINE_LONGEST_NS,
  SYNCHED__TIMELINE_WORKERS,
  SYNCHED__TIMELINE_SOLO,
  SYNCHED__TIMELINE_SLEEPS,
  SYNCHED__TIMELINE_WAKES,
  SYNCHED__TIMELINE_SLEPT_NS,
  SYNCHED__TIMELINE_STAGE,
  SYNCHED__TIMELINE_SENT_MESSAGES,
  SYNCHED__TIMELINE_SENT_BYTES
};
#define SYNCHED__TIMELINE_ARGUMENTS ((unsigned)SYNCHED__TIMELINE_SENT_BYTES + 1)

const char *synched__timeline_argument_name(enum synched__timeline_argument argument);

#define SYNCHED__TIMELINE_VALUES_MAX 6u

struct synched__timeline_slice {
  enum synched__timeline_kind kind;
  /* of the worker; of the rank-th rank's messages: worker_count + rank */
  unsigned track;
  uint64_t start_ns, end_ns;
  /* the number belongs to its name */
  bool numbered;
  uint64_t number;
  struct {
    enum synched__timeline_argument argument;
    uint64_t value;
  } values[SYNCHED__TIMELINE_VALUES_MAX];
  unsigned value_count;
  /* Flows, from the end of a part to the closing of its round. Each has an id of its own. */
  /* 0: none */
  uint64_t departure;
  /* [arrival_count] */
  const uint64_t *arrivals;
  size_t arrival_count;
};

/* One value for each recorded round, as of its start. In nanoseconds. */
enum synched__timeline_counter {
  SYNCHED__TIMELINE_COUNTER_ROUND,
  SYNCHED__TIMELINE_COUNTER_COMPUTE, /* of all workers */
  SYNCHED__TIMELINE_COUNTER_LATENESS /* of jobs that have a period */
};
#define SYNCHED__TIMELINE_COUNTERS ((unsigned)SYNCHED__TIMELINE_COUNTER_LATENESS + 1)

const char *synched__timeline_counter_name(enum synched__timeline_counter counter);

/* What is known of the whole: "job", "machine" ... */
struct synched__timeline_fact {
  const char *name;
  char text[192];
};
#define SYNCHED__TIMELINE_FACTS 7u

struct synched__timeline_head {
  const struct synched_report *report;
  struct synched__timeline_fact facts[SYNCHED__TIMELINE_FACTS];
};

/* What an encoder does with what there is. */
struct synched__timeline_encoder {
  void (*open)(void *state, const struct synched__timeline_head *head);
  void (*track)(void *state, unsigned track, const char *thread_name);
  void (*begin)(void *state, const struct synched__timeline_slice *slice);
  void (*end)(void *state, const struct synched__timeline_slice *slice);
  void (*counter)(void *state, enum synched__timeline_counter counter);
  void (*sample)(void *state, enum synched__timeline_counter counter, uint64_t at_ns,
                 uint64_t value);
  /* at the end of a file; NULL: nothing is there */
  void (*close)(void *state);
};

/* How many processes a trace has: one for each rank. */
unsigned synched__timeline_process_count(const struct synched_report *report);

/* The process that a track is of; its number, which is the system's, or, of several ranks, the rank
 * + 1, for machines may have the same numbers; its name and its label, in [size of
 * synched__timeline_text]. */
struct synched__timeline_text {
  char name[96];
  const char *label;
};
unsigned synched__timeline_process_of(const struct synched_report *report, unsigned track);
uint64_t synched__timeline_process_id(const struct synched_report *report, unsigned process);
void synched__timeline_process_text(struct synched__timeline_text *out,
                                    const struct synched_report *report, unsigned process);

/* The number by which a trace names a track's thread: never that of a process. */
uint64_t synched__timeline_thread_id(const struct synched_report *report, unsigned track);

/* Tells the encoder all of it. SYNCHED_ENOMEM. */
int synched__timeline_walk(const struct synched_report *report,
                           const struct synched__timeline_encoder *encoder, void *state);

/* The same to a file, through `out`, which the encoder writes to. */
int synched__timeline_print(const struct synched_report *report,
                            const struct synched__timeline_encoder *encoder, void *state,
                            struct synched__out *out, FILE *file);

#endif
