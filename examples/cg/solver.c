/*
 * Who may touch what: in each stage a call writes its own rows of one or two fields. Only p is read
 * by others than its own call, in the first stage, in which nobody writes it. So all fields can be
 * changed in place. What is common to a round is either a fold, which the next stages read, or
 * written between rounds, by whoever closes one.
 */
#include "solver.h"

#include <inttypes.h>
#include <string.h>

#include "reach.h"

#define REPORT_ROUNDS 8
#define HUGE_BYTES ((size_t)4 << 20) /* from here on, huge pages are worth asking for */

enum stage { MULTIPLY, REDUCE, TURN, STAGES };

static double folded(const struct synched_task *task, enum stage stage) {
  return *(const double *)synched_task_folded(task, stage);
}

/* Before the first round. */
static int begin(struct synched_task *task, void *user) {
  const struct cg_solver *const solver = user;
  const double *const right = solver->run->system->right + task->first;
  const size_t bytes = task->capacity * sizeof *right;
  memset(synched_task_out(task, CG_X), 0, bytes);
  memcpy(synched_task_out(task, CG_R), right, bytes);
  memcpy(synched_task_out(task, CG_P), right, bytes);
  return 0;
}

static int multiply(struct synched_task *task, void *user) {
  const struct cg_solver *const solver = user;
  const struct cg_rows rows = cg_cut_rows(&solver->run->cut, task->segment);
  task->contribution =
      cg_multiply(&solver->run->system->matrix, rows, synched_task_field(task, CG_P)->data,
                  synched_task_out(task, CG_Q));
  return 0;
}

static int reduce(struct synched_task *task, void *user) {
  const struct cg_solver *const solver = user;
  const double product = folded(task, MULTIPLY);
  const int trouble = cg_look(product);
  if (trouble != 0)
    return trouble;
  task->contribution = cg_reduce(task->capacity, solver->square / product,
                                 synched_task_in(task, CG_Q), synched_task_out(task, CG_R));
  return 0;
}

static int turn(struct synched_task *task, void *user) {
  const struct cg_solver *const solver = user;
  const struct cg_factors factors = {solver->square / folded(task, MULTIPLY),
                                     folded(task, REDUCE) / solver->square};
  cg_turn(task->capacity, factors, synched_task_in(task, CG_R), synched_task_out(task, CG_X),
          synched_task_out(task, CG_P));
  return 0;
}

/* The job does not know the last round that is allowed: its progress would be shown in proportion
 * to that, although it should not come nearly so far. */
static int go_on(const struct cg_solver *solver) {
  const struct cg_run *const run = solver->run;
  return cg_is_solved(run, solver->square) || solver->round_count == run->rounds_max
             ? SYNCHED_STOP
             : SYNCHED_CONTINUE;
}

/* Zeros on the right-hand side need no round. */
static int has_begun(const struct synched_snapshot *now, void *user) {
  (void)now;
  return go_on(user);
}

static int end_round(const struct synched_snapshot *now, void *user) {
  struct cg_solver *const solver = user;
  solver->square = now->fold;
  solver->round_count = now->round;
  return go_on(solver);
}

static int create_pool(struct cg_solver *solver, unsigned worker_count) {
  struct synched_pool_info info = {.struct_size = sizeof info};
  int status = synched_pool_create(
      &solver->pool, SYNCHED_POOL_OPTIONS(.worker_count = worker_count, .name = "cg"));
  if (status == 0)
    status = synched_pool_info(solver->pool, &info);
  solver->worker_count = info.worker_count;
  return status;
}

static int create_fields(struct cg_solver *solver, bool saves) {
  const struct cg_cut *const cut = &solver->run->cut;
  const bool huge = solver->run->system->matrix.row_count * sizeof(double) >= HUGE_BYTES;
  size_t capacities[CG_SEGMENTS_MAX];
  int status = 0;
  for (size_t s = 0; s < cut->segment_count; s++)
    capacities[s] = cut->first_row[s + 1] - cut->first_row[s];
  for (int field = 0; status == 0 && field < CG_FIELDS; field++)
    status = synched_memory_create(
        &solver->memories[field],
        SYNCHED_MEMORY_OPTIONS(.flags =
                                   SYNCHED_MEMORY_IN_PLACE | (huge ? SYNCHED_MEMORY_HUGE_PAGES : 0),
                               .segment_count = cut->segment_count,
                               .segment_capacities = capacities, .element_size = sizeof(double),
                               .lease_count = saves ? 1 : 0));
  return status;
}

static int make_job(struct cg_solver *solver, const struct cg_solver_options *options,
                    struct synched_reads reads) {
  const struct example_report *const report = options->report;
  /* But for p, which others' rows are multiplied with, a call reads its own rows. */
  const struct synched_reads own = {.reach = SYNCHED_REACH_OWN};
  const struct synched_stage stages[STAGES] = {
      [MULTIPLY] = {.name = "q = A p",
                    .compute = multiply,
                    .writes = SYNCHED_FIELD(CG_Q),
                    .reads = reads,
                    .fold = SYNCHED_FOLD_SUM},
      [REDUCE] = {.name = "r",
                  .compute = reduce,
                  .writes = SYNCHED_FIELD(CG_R),
                  .reads = own,
                  .fold = SYNCHED_FOLD_SUM},
      [TURN] = {.name = "x, p",
                .compute = turn,
                .writes = SYNCHED_FIELD(CG_X) | SYNCHED_FIELD(CG_P),
                .reads = own},
  };
  return synched_job_create(
      &solver->job, solver->pool, solver->memories[CG_X],
      SYNCHED_JOB_OPTIONS(.name = options->name, .user = solver, .init = begin,
                          .on_init = has_begun, .on_round = end_round,
                          .fields = &solver->memories[CG_X + 1], .field_count = CG_FIELDS,
                          .stages = stages, .stage_count = STAGES,
                          .cluster = solver->ranks->cluster,
                          .flags = options->checkpoint->folder ? SYNCHED_JOB_COPIES : 0,
                          .on_progress = options->progress ? synched_progress_bar : NULL,
                          .record = example_report_record(report),
                          .report_rounds = example_report_rounds(report, REPORT_ROUNDS)));
}

/* Between ranks only that part of p travels which rows are multiplied with: of each segment, a list
 * of those in which its columns lie. */
static int create_job(struct cg_solver *solver, const struct cg_solver_options *options) {
  struct cg_reach reach;
  if (!solver->ranks->cluster)
    return make_job(solver, options, (struct synched_reads){.reach = SYNCHED_REACH_ALL});
  if (!cg_reach_init(&reach, &solver->run->system->matrix, &solver->run->cut))
    return SYNCHED_ENOMEM;
  const struct synched_reads reads = {
      .reach = SYNCHED_REACH_LIST, .offsets = reach.offsets, .segments = reach.segments};
  const int status = make_job(solver, options, reads);
  cg_reach_deinit(&reach);
  return status;
}

/* Each round makes q anew. What is common to a round is the fold that it has left. */
static int open_checkpoint(struct cg_solver *solver,
                           const struct example_checkpoint_options *options,
                           struct example_error *error) {
  static const char *const dtypes[CG_FIELDS] = {"<f8", "<f8", "<f8", "<f8"};
  struct example_checkpoint *const checkpoint = &solver->checkpoint;
  *checkpoint =
      (struct example_checkpoint){.options = options, .program = "cg", .ranks = solver->ranks};
  if (example_checkpoint_open(checkpoint, solver->job,
                              SYNCHED_CHECKPOINT_OPTIONS(.dtypes = dtypes, .dtype_count = CG_FIELDS,
                                                         .leaves_out = SYNCHED_FIELD(CG_Q)),
                              error) != 0)
    return -1;
  if (checkpoint->resumed.generation != 0 && checkpoint->resumed.round != 0) {
    solver->square = checkpoint->resumed.fold;
    solver->round_count = checkpoint->resumed.round;
  }
  return 0;
}

int cg_solver_create(struct cg_solver *out, const struct cg_run *run,
                     const struct cg_solver_options *options, struct example_error *error) {
  *out = (struct cg_solver){.run = run, .ranks = options->ranks, .square = run->first_square};
  if (create_pool(out, options->worker_count) == 0 &&
      create_fields(out, options->checkpoint->folder != NULL) == 0 &&
      create_job(out, options) == 0) {
    if (open_checkpoint(out, options->checkpoint, error) == 0)
      return 0;
  } else {
    example_fail(error, 0, "%s", synched_error_message());
  }
  cg_solver_destroy(out);
  return -1;
}

static int refuse_result(const struct cg_solver *solver, struct example_error *error) {
  return example_fail(error, 0,
                      "the equations are not solved: round %" PRIu64
                      ", the last one allowed, has left a residual of %.3g, and %.3g is the "
                      "tolerance",
                      solver->round_count, sqrt(solver->square / solver->run->first_square),
                      solver->run->tolerance);
}

int cg_solver_run(struct cg_solver *solver, struct example_error *error) {
  const bool is_over = solver->checkpoint.resumed.generation != 0 && go_on(solver) == SYNCHED_STOP;
  const int status = is_over ? 0 : example_checkpoint_run(&solver->checkpoint);
  if (status == CG_NOT_DEFINITE)
    return example_fail(error, 0, "the matrix is not positive definite, as round %" PRIu64 " shows",
                        solver->round_count + 1);
  if (status == CG_NOT_FINITE)
    return example_fail(error, 0, "round %" PRIu64 " has numbers beyond the range of a double",
                        solver->round_count + 1);
  if (status != 0)
    return example_fail(error, 0, "%s", synched_error_message());
  if (solver->checkpoint.stopped)
    return 0;
  return cg_is_solved(solver->run, solver->square) ? 0 : refuse_result(solver, error);
}

int cg_solver_gather(const struct cg_solver *solver, enum cg_field field,
                     struct example_error *error) {
  struct synched_cluster *const cluster = solver->ranks->cluster;
  return !cluster || synched_cluster_gather_memory(cluster, solver->memories[field], 0) == 0
             ? 0
             : example_fail(error, 0, "%s", synched_error_message());
}

double *cg_solver_field(const struct cg_solver *solver, enum cg_field field) {
  return synched_memory_elements(solver->memories[field]);
}

void cg_solver_destroy(struct cg_solver *solver) {
  (void)synched_checkpoint_destroy(solver->checkpoint.checkpoint);
  synched_job_destroy(solver->job);
  for (int field = 0; field < CG_FIELDS; field++)
    synched_memory_destroy(solver->memories[field]);
  synched_pool_destroy(solver->pool);
  *solver = (struct cg_solver){0};
}
