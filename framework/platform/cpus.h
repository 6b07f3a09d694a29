/*
 * cpus.h: sets of CPUs, and which of them this process may use.
 *
 * Two things limit a process: the affinity mask says where it may run, and the cgroup's quota says
 * for how much time. A container with a mask of 64 CPUs and a quota of 2 runs 64 threads badly.
 */
#ifndef SYNCHED_PLATFORM_CPUS_H
#define SYNCHED_PLATFORM_CPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* CPUs are numbered by the system, below this. */
#define SYNCHED__CPUS_MAX 1048576u

/* Some CPUs: ascending where they come from the system, in the written order where they come from a
 * list. All zero is an empty set. Ended by synched__cpus_free. */
struct synched__cpus {
  unsigned *numbers;
  size_t count;
};

/* Frees the numbers and makes it empty. */
void synched__cpus_free(struct synched__cpus *cpus);

/* Where a thread may run, ascending: its mask as the system has it now. thread_id is as in
 * synched_pool_worker_info; 0: the calling thread, whose mask every thread that it creates
 * inherits. SYNCHED_ENOMEM; SYNCHED_EIO: the system does not tell. *out is then empty. */
int synched__cpus_allowed(struct synched__cpus *out, uint64_t thread_id);

/* Reads a list like "0-3,8": numbers and ascending ranges between commas, nothing else, no blanks.
 * Keeps the order and repetitions. SYNCHED_EINVAL: the sentence names what is wrong and at which
 * character, counted from 1; SYNCHED_ENOMEM. *out is then empty. */
int synched__cpus_parse(struct synched__cpus *out, const char *list);

/* Writes the set as "0-3,8" into text_bytes bytes at `text`, 1 or more: whole items, and "..."
 * where they do not all fit. Returns `text`, always terminated. */
char *synched__cpus_format(char *text, size_t text_bytes, const struct synched__cpus *cpus);

/* Whether an ascending set has this CPU. */
bool synched__cpus_contains(const struct synched__cpus *ascending, unsigned cpu);

/* The CPU time that the process's cgroup and those above it grant, in CPUs (1.5); 0: no limit.
 * Reads cgroup v2 and v1, also where a system has both. Files that are missing, unreadable or odd
 * limit nothing. Every file is looked for under the folder `root`: "" for the real ones. */
double synched__cpus_quota(const char *root);

/* What this process may use, all told. */
struct synched__cpus_budget {
  /* CPUs in the calling thread's mask; 1 or more */
  unsigned allowed_count;
  /* 0: no limit */
  double quota_cpus;
  /* the smaller of the two, the quota rounded up; 1 or more */
  unsigned usable_count;
};

/* Whether the quota is less than the mask: then the system must be free to move threads. The exact
 * quota counts: a rounded one does not tell how much is missing. */
static inline bool synched__cpus_are_rationed(const struct synched__cpus_budget *budget) {
  return budget->quota_cpus > 0 && budget->quota_cpus < budget->allowed_count;
}

/* Whether so many threads that are all busy get less time than they ask for. The exact quota
 * counts. */
static inline bool synched__cpus_are_short(const struct synched__cpus_budget *budget,
                                           unsigned thread_count) {
  return thread_count > budget->allowed_count ||
         (budget->quota_cpus > 0 && thread_count > budget->quota_cpus);
}

/* Cannot fail: what the system does not tell is no limit. Reads some small files; asks
 * platform/alloc.h for memory only where there are more than 1024 CPUs. */
void synched__cpus_budget(struct synched__cpus_budget *out);

/* usable_count alone: the default number of workers. */
unsigned synched__cpus_usable(void);

/* The rule by itself: max(1, min(allowed_count, quota_cpus rounded up)). */
unsigned synched__cpus_usable_of(unsigned allowed_count, double quota_cpus);

#endif
