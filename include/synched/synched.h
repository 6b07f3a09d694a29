/*
 * synched.h: everything. See memory.h, pool.h and job.h for the words; README.md for a start.
 *
 * fork(): pools, memories, writers and jobs are of use to the process that made them. In a child, calls that would
 * need their workers, lock or wait return SYNCHED_ENOTSUP at once. So do the functions that destroy and close: they
 * free nothing; what was inherited goes when the child calls exec or ends. What only reads works on: the infos of
 * a pool, and snapshots, with the exception that synched_snapshot_current names. What the child makes itself works
 * as anywhere. A compute call or a callback that forks must not return in the child: there it ends with exec or
 * _exit. A child that is forked on a worker has that worker's CPU and priority.
 *
 * Sanitizers: a program that is compiled with -fsanitize=thread needs a library that is, too
 * (export.h); with any other, both builds do.
 */
#ifndef SYNCHED_SYNCHED_H
#define SYNCHED_SYNCHED_H

#include <synched/allocator.h>
#include <synched/job.h>
#include <synched/memory.h>
#include <synched/pool.h>
#include <synched/report.h>
#include <synched/status.h>
#include <synched/topology.h>
#include <synched/version.h>

#endif
