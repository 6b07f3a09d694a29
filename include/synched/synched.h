/*
 * synched.h: all headers. README.md has a start; memory.h, pool.h and job.h explain the words;
 * run.h has all of it in one call.
 *
 * fork(): pools, memories, writers and jobs belong to the process that made them.
 * - In a child, a call that would need their workers, lock or wait returns SYNCHED_ENOTSUP at once.
 *   The functions that destroy and close do so, too, and free nothing: what the child inherited
 *   goes when it calls exec or ends.
 * - What only reads goes on working: a pool's infos, and snapshots. synched_snapshot_current names
 *   the one exception.
 * - What the child makes itself works as anywhere.
 * - A compute call or a callback that forks must not return in the child: it ends there with exec
 *   or _exit. A child that is forked on a worker has that worker's CPU and priority.
 *
 * Sanitizers: a program that is compiled with -fsanitize=thread needs a library that is compiled
 * so, too; export.h says why. With any other sanitizer, both builds of the library work.
 */
#ifndef SYNCHED_SYNCHED_H
#define SYNCHED_SYNCHED_H

#include <synched/allocator.h>
#include <synched/checkpoint.h>
#include <synched/cluster.h>
#include <synched/job.h>
#include <synched/memory.h>
#include <synched/monitor.h>
#include <synched/pool.h>
#include <synched/progress.h>
#include <synched/report.h>
#include <synched/run.h>
#include <synched/status.h>
#include <synched/topology.h>
#include <synched/version.h>

#endif
