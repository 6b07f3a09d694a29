/*
 * solver.h: the engine at work. The only part of this program that knows Synched's rounds: one
 * round is one of conjugate gradients, of three stages; a segment is a range of rows with about as
 * many entries as any other.
 */
#ifndef CG_SOLVER_H
#define CG_SOLVER_H

#include <stdbool.h>

#include <synched/synched.h>

#include "common/checkpoint.h"
#include "common/error.h"
#include "common/ranks.h"
#include "common/report.h"
#include "run.h"

/* The job's fields, in their order. */
enum cg_field { CG_X, CG_R, CG_P, CG_Q, CG_FIELDS };

struct cg_solver {
  const struct cg_run *run;
  const struct example_ranks *ranks;
  unsigned worker_count; /* as obtained */
  struct synched_pool *pool;
  struct synched_memory *memories[CG_FIELDS];
  struct synched_job *job;
  struct example_checkpoint checkpoint;
  /* Written between rounds: r . r as the last one has left it, and which that was. */
  double square;
  uint64_t round_count;
};

struct cg_solver_options {
  const char *name;      /* for the report */
  unsigned worker_count; /* 0: the pool decides */
  const struct example_ranks *ranks;
  const struct example_report *report;
  const struct example_checkpoint_options *checkpoint;
  bool progress; /* on stderr, if that is a terminal */
};

/* Gets everything that the run needs; that stays the caller's. 0, to be ended with
 * cg_solver_destroy; or -1 and why, and nothing is left. */
int cg_solver_create(struct cg_solver *out, const struct cg_run *run,
                     const struct cg_solver_options *options, struct example_error *error);

/* Computes rounds until the equations are solved, or SIGTERM comes. Blocks. 0; or -1 and why: it
 * did not come to that, for one. */
int cg_solver_run(struct cg_solver *solver, struct example_error *error);

/* Brings a field to the first rank, after the run. 0; or -1 and why not. */
int cg_solver_gather(const struct cg_solver *solver, enum cg_field field,
                     struct example_error *error);

/* A field after the run, valid until cg_solver_destroy; of several ranks, on the first one, once it
 * is there. */
double *cg_solver_field(const struct cg_solver *solver, enum cg_field field);

void cg_solver_destroy(struct cg_solver *solver);

#endif
