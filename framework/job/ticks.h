/*
 * ticks.h: when a periodic job's rounds are due, and how punctual they were (internal).
 *
 * The schedule is absolute: tick k is due at the start plus k periods, computed with integers, so
 * that it does not drift, however late single rounds are. It knows no clock: it is told what time
 * it is.
 */
#ifndef SYNCHED_JOB_TICKS_H
#define SYNCHED_JOB_TICKS_H

#include <stdbool.h>
#include <stdint.h>

#include <synched/job.h>

struct synched__ticks {
  /* 0: the job is free-running */
  uint64_t period_ns;
  enum synched_overrun overrun;
  /* there has been a tick */
  bool begun;
  /* the next tick that is to be started */
  uint64_t due_ns;
  /* the last tick that was started */
  uint64_t last_ns;
  uint64_t started_count, late_count, skipped_count, overrun_count;
  uint64_t lateness_max_ns;
};

/* Before a run: forgets everything. */
void synched__ticks_reset(struct synched__ticks *ticks, uint64_t period_ns,
                          enum synched_overrun overrun);

/* The first tick is due now. */
void synched__ticks_start(struct synched__ticks *ticks, uint64_t now_ns);

/* A round is opened now. Returns the tick that it is for; others may be left out. */
uint64_t synched__ticks_begin(struct synched__ticks *ticks, uint64_t now_ns);

/* That round has ended now; sets due_ns. */
void synched__ticks_end(struct synched__ticks *ticks, uint64_t now_ns);

/* Goes on after a pause, with the next tick in the same phase; those in between never were. */
void synched__ticks_realign(struct synched__ticks *ticks, uint64_t now_ns);

/* How long it is to the next tick; is_open: if the open round, which is a tick's, ended now. 0: it
 * is due. */
uint64_t synched__ticks_left(const struct synched__ticks *ticks, bool is_open, uint64_t now_ns);

/* The next tick is due then, or was: for another clock says so. is_open: a tick's round is open,
 * and began a period before that. */
void synched__ticks_follow(struct synched__ticks *ticks, bool is_open, uint64_t due_ns);

/* The next tick is due one new period after the last one, or now if that has passed. */
void synched__ticks_set_period(struct synched__ticks *ticks, uint64_t period_ns, uint64_t now_ns);

#endif
