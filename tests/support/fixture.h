/*
 * fixture.h: one of everything, on which calls are made wrongly; afterwards it must be as it was.
 */
#ifndef SYNCHED_TESTS_FIXTURE_H
#define SYNCHED_TESTS_FIXTURE_H

#include <uv.h>

#include "support/support.h"

struct fixture {
  struct synched_pool *pool;
  struct synched_memory *idle; /* three segments of four elements of eight bytes; nobody's */
  struct synched_memory *kept; /* the same; its current snapshot is retained */
  const struct synched_snapshot *held; /* that one */
  struct synched_memory *seated;       /* two segments, a writer on the first */
  struct synched_writer *writer;
  struct synched_memory *owned; /* of a job that has ended */
  struct synched_job *ended;
  struct synched_report *report; /* of that */
  struct synched_memory *ready;  /* of a job that has never run */
  struct synched_job *unstarted;
  struct synched_memory *busy; /* of a job that runs, on the loop, until the end of the test */
  struct synched_job *running;
  uv_loop_t loop;
};

void fixture_init(struct fixture *fixture);

/* Everything must still work and be free to go. */
void fixture_deinit(struct fixture *fixture);

/* One call, with one thing wrong. `out` is what the call may make; it is not NULL before. */
typedef int (*attempt_fn)(struct fixture *fixture, void **out);

struct row {
  const char *what;
  int expected;
  const char *says; /* what its sentence must have in it: the name of the field or thing */
  attempt_fn attempt;
  bool makes; /* it has an out-parameter */
};

/* The status is the expected one, a sentence says why, nothing was made and nothing has changed. */
void fixture_expect(struct fixture *fixture, const struct row *row);

/* All rows on one fixture. */
void fixture_expect_rows(const struct row *rows, size_t row_count);

/* A function for a row: ATTEMPT(name, call). `f` is the fixture, `out` what the call may make. */
#define ATTEMPT(name, call)                                                                        \
  static int name(struct fixture *f, void **out) {                                                 \
    (void)f;                                                                                       \
    (void)out;                                                                                     \
    return call;                                                                                   \
  }

/* The last call on this thread has left a sentence with `says` in it. Use sentence_forget before
 * the call. */
void sentence_forget(void);
void sentence_expect(const char *what, const char *says);

#endif
