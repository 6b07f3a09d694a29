/*
 * check.h: calls of a checked job (internal).
 *
 * A call is made in two lanes (engine/lane.h), one after the other, and only what it may write is
 * copied to where it belongs, when nothing is found. So a wrong call does no harm, but for what it
 * does by pointers of its own.
 *
 * The lanes are the job's: one call is made at a time, so that a pointer which a call has kept
 * leads to the same lanes, whoever computes the next one. Only calls of an eager job may wait for
 * each other, and so each worker has lanes of its own there.
 */
#ifndef SYNCHED_ENGINE_CHECK_H
#define SYNCHED_ENGINE_CHECK_H

#include "engine/call.h"

struct synched__check;

struct synched__check_options {
  const struct synched__work *work;
  /* [field_count] */
  const struct synched_memory *const *memories;
  unsigned field_count;
  /* [stage_count]: what each stage declares; it has been checked */
  const struct synched_reads *const *reads;
  unsigned stage_count;
  /* it is found, too, that a call is not the same when it is made twice */
  bool wants_same;
};

/* Makes what the work needs to be checked; its pool is known. SYNCHED_ENOMEM, or what a mutex fails
 * with. O(bytes of the fields). */
int synched__check_create(struct synched__check **out,
                          const struct synched__check_options *options);
void synched__check_destroy(struct synched__check *check);

/* Worker: makes a call, whose site has its access, and checks it. As synched__call_at. */
bool synched__check_call(struct synched__run *run, const struct synched__site *site,
                         size_t segment);

/* The same, checked or not, in a job of several fields or stages. */
static inline bool synched__make_call(struct synched__run *run, const struct synched__site *site,
                                      size_t segment) {
  const struct synched__stage *stage = site->stage;
  /* The library's own passes are as they are. */
  if (stage->work->check != NULL && (stage->is_recorded || stage->is_init))
    return synched__check_call(run, site, segment);
  return synched__call_at(run, site, segment);
}

/* Leader: a round has been published. What is in no snapshot that anybody may have is poison, until
 * it is written. */
void synched__check_poison(const struct synched__check *check, const struct synched__work *work);

#endif
