/*
 * roster.c: a list under the lock that forks wait for, so that the child finds it whole. The
 * parent's jobs are in the child's list, too, and stay there, pinned or not; they are passed over.
 */
#include "job/roster.h"

#include "job/job.h"
#include "platform/process.h"
#include "platform/thread.h"

/* Held, as the entries that they lead to. */
static struct synched_job *first, *last;
static uint64_t job_count;

void synched__roster_add(struct synched_job *job) {
  synched__process_hold();
  job->roster = (struct synched__roster_entry){.before = last, .number = ++job_count};
  if (last != NULL)
    last->roster.next = job;
  else
    first = job;
  last = job;
  synched__process_release();
}

void synched__roster_remove(struct synched_job *job) {
  struct synched__roster_entry *entry = &job->roster;
  synched__process_hold();
  while (entry->pin_count != 0) {
    synched__process_release();
    synched__thread_nap();
    synched__process_hold();
  }
  if (entry->before != NULL)
    entry->before->roster.next = entry->next;
  else
    first = entry->next;
  if (entry->next != NULL)
    entry->next->roster.before = entry->before;
  else
    last = entry->before;
  synched__process_release();
}

struct synched_job *synched__roster_next(struct synched_job *job) {
  synched__process_hold();
  struct synched_job *next = job == NULL ? first : job->roster.next;
  if (job != NULL)
    job->roster.pin_count--;
  while (next != NULL && synched__is_foreign(next->setup.generation))
    next = next->roster.next;
  if (next != NULL)
    next->roster.pin_count++;
  synched__process_release();
  return next;
}
