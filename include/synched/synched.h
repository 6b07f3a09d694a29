/*
 * synched.h: everything. See memory.h, pool.h and job.h for the words; README.md for a start.
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
