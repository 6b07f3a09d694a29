/*
 * reads.h: what segments read, in worlds of jobs that say so.
 */
#ifndef SYNCHED_TESTS_SIMULATOR_WORLDS_READS_H
#define SYNCHED_TESTS_SIMULATOR_WORLDS_READS_H

#include <stddef.h>

#include <synched/job.h>

#define NEAR_1                                                                                     \
  { .reach = SYNCHED_REACH_NEAR, .radius = 1 }
#define WRAPPING                                                                                   \
  { .reach = SYNCHED_REACH_NEAR, .radius = 1, .wraps = 1 }
#define OWN                                                                                        \
  { .reach = SYNCHED_REACH_OWN }

/* Of four: nobody reads 0, which reads the last ones; 1 and 2 read each other, unsorted and
 * twice. */
static const size_t list_offsets[] = {0, 2, 5, 6, 6};
static const size_t list_segments[] = {3, 2, 2, 1, 2, 1};
#define LIST                                                                                       \
  { .reach = SYNCHED_REACH_LIST, .offsets = list_offsets, .segments = list_segments }

#endif
