/*
 * cg.c: conjugate gradients serially and with Synched: three stages, of which two fold what the
 * next one reads.
 */
#include <string.h>
#include <synched/synched.h>

#include "cg/kernel.h"
#include "codes.h"

int cg_serial(struct code_run *run) {
  struct cg_matrix matrix;
  struct example_error error;
  if (cg_matrix_make_grid(&matrix, run->size, &error) != 0)
    return -1;
  const size_t count = matrix.row_count, bytes = count * sizeof(double);
  double *x = code_allocate(bytes), *r = code_allocate(bytes);
  double *p = code_allocate(bytes), *q = code_allocate(bytes);
  if (x == NULL || r == NULL || p == NULL || q == NULL)
    return -1;
  for (size_t i = 0; i < count; i++) {
    x[i] = 0;
    r[i] = p[i] = 1;
  }
  double square = (double)count;
  for (uint64_t step = 1; step <= run->steps; step++) {
    const double product = cg_multiply(&matrix, (struct cg_rows){0, count}, p, q);
    const double alpha = square / product, last = square;
    square = cg_reduce(count, alpha, q, r);
    cg_turn(count, (struct cg_factors){alpha, square / last}, r, x, p);
    code_step_done(run, step);
  }
  run->value = square;
  cg_matrix_deinit(&matrix);
  free(x);
  free(r);
  free(p);
  free(q);
  return 0;
}

/* --- Synched --- */

#define SEGMENTS_PER_WORKER 16u

enum { X, R, P, Q, FIELDS };
enum { MULTIPLY, REDUCE, TURN, STAGES };

struct equations {
  struct cg_matrix matrix;
  double square; /* of the round before */
  struct code_run *run;
};

/* What is written first has huge pages where it can; zeros that are read first have small ones. */
static int start(struct synched_task *task, void *user) {
  double *r = synched_task_out(task, R), *p = synched_task_out(task, P);
  (void)user;
  memset(synched_task_out(task, X), 0, task->capacity * sizeof(double));
  for (size_t i = 0; i < task->capacity; i++)
    r[i] = p[i] = 1;
  return 0;
}

static int multiply(struct synched_task *task, void *user) {
  const struct equations *equations = user;
  const struct cg_rows rows = {task->first, task->first + task->capacity};
  task->contribution =
      cg_multiply(&equations->matrix, rows, synched_task_all(task, P), synched_task_out(task, Q));
  return 0;
}

static int reduce(struct synched_task *task, void *user) {
  const struct equations *equations = user;
  const double alpha = equations->square / synched_task_folded_double(task, MULTIPLY);
  task->contribution =
      cg_reduce(task->capacity, alpha, synched_task_in(task, Q), synched_task_out(task, R));
  return 0;
}

static int turn(struct synched_task *task, void *user) {
  const double square = ((const struct equations *)user)->square;
  const struct cg_factors factors = {square / synched_task_folded_double(task, MULTIPLY),
                                     synched_task_folded_double(task, REDUCE) / square};
  cg_turn(task->capacity, factors, synched_task_in(task, R), synched_task_out(task, X),
          synched_task_out(task, P));
  return 0;
}

static const struct synched_stage stages[STAGES] = {
    {.compute = multiply, .writes = SYNCHED_FIELD(Q), .fold = SYNCHED_FOLD_SUM},
    {.compute = reduce, .writes = SYNCHED_FIELD(R), .fold = SYNCHED_FOLD_SUM},
    {.compute = turn, .writes = SYNCHED_FIELD(X) | SYNCHED_FIELD(P)}};

static int step_done(const struct synched_snapshot *now, void *user) {
  struct equations *equations = user;
  equations->square = now->fold;
  code_step_done(equations->run, now->round);
  return SYNCHED_CONTINUE;
}

int cg_synched(struct code_run *run) {
  struct equations equations = {.run = run};
  struct example_error error;
  if (cg_matrix_make_grid(&equations.matrix, run->size, &error) != 0)
    return -1;
  equations.square = (double)equations.matrix.row_count;
  const int status = synched_run(
      SYNCHED_POOL_OPTIONS(.worker_count = run->workers),
      SYNCHED_MEMORY_OPTIONS(.flags = SYNCHED_MEMORY_IN_PLACE | SYNCHED_MEMORY_HUGE_PAGES,
                             .segment_count = (size_t)SEGMENTS_PER_WORKER * run->workers,
                             .element_count = equations.matrix.row_count,
                             .element_size = sizeof(double)),
      NULL,
      SYNCHED_JOB_OPTIONS(.user = &equations, .init = start, .on_round = step_done,
                          .field_count = FIELDS, .stages = stages, .stage_count = STAGES,
                          .round_count = run->steps));
  run->value = equations.square;
  cg_matrix_deinit(&equations.matrix);
  return status;
}
