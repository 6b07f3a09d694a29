/*
 * engine.h: a pool, a memory and a job, and how a small program ends with them.
 */
#ifndef EXAMPLE_ENGINE_H
#define EXAMPLE_ENGINE_H

#include <synched/synched.h>

#include "common/report.h"

/* What there is of them; the rest is NULL. */
struct example_engine {
  struct synched_pool *pool;
  struct synched_memory *memory;
  struct synched_job *job;
  int ended; /* how the job ended, which on_done was told */
  struct example_report report;
  int unreported; /* 1: the report could not be written */
};

/* What --report was given, or NULL: it is looked at before anything runs. 0; or the program's exit
 * code, and what is wrong is on stderr. */
int example_engine_report(struct example_engine *engine, const char *program, const char *form);

/* For on_done: keeps the status, and prints the report behind an empty line, or writes the one that
 * was asked for. */
void example_engine_done(struct example_engine *engine, const char *program, int status,
                         const struct synched_report *report);

/* Destroys them, last made first. The program's exit code: 0 where `status`, that of all that was
 * tried, is 0, and the job ended well or was cancelled, which is how it is told to end. Otherwise
 * 1, and what was wrong is on stderr. */
int example_engine_end(struct example_engine *engine, const char *program, int status);

#endif
