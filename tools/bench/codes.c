/*
 * codes.c: simulations and solvers as a whole (codes/), beside their twins with OpenMP.
 *
 * A sample runs the serial loop, the twin with one thread, the twin, and Synched by default, in
 * turn and in processes of their own, several times over. All of them must come to the same bits,
 * or, where a dot product is added up in another order, nearly so.
 * What is told of each is the median of its turns, and of the ratios within each turn, too:
 * Synched's time over the twin's, and that of the twin with one thread over the serial loop's. The
 * latter tells whether the twin is as good as it can be: where it is far from 1 the former says
 * little.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <synched/status.h>

#include "bench.h"
#include "codes/codes.h"
#include "peers_found.h"
#include "turns.h"

#define ROUNDING 1e-6
#define TURNS_MOST 9u
#define SAMPLE_NS 1.2e9 /* for as long there are more turns */

struct code {
  const char *name; /* the parameter, as in the JSON */
  size_t size, small;
  uint64_t warm_up, timed; /* steps */
  code_fn serial, synched;
  const char *twin; /* its function in the OpenMP modules */
};

/* To hook up another one is a line here; see codes/codes.h. */
static const struct code codes[] = {
    {"maxwell_1000", 1000, 60, 40, 160, maxwell_serial, maxwell_synched, "maxwell_omp"},
    {"maxwell_6000", 6000, 40, 1, 5, maxwell_serial, maxwell_synched, "maxwell_omp"},
    {"buffered_1000", 1000, 60, 40, 160, maxwell_serial, maxwell_buffered_synched, "maxwell_omp"},
    {"buffered_6000", 6000, 40, 1, 5, maxwell_serial, maxwell_buffered_synched, "maxwell_omp"},
    {"blocked_1000", 1000, 60, 40, 160, maxwell_serial, maxwell_blocked_synched, "maxwell_omp"},
    {"blocked_6000", 6000, 40, 8, 16, maxwell_serial, maxwell_blocked_synched, "maxwell_omp"},
    {"buffered_blocked_1000", 1000, 60, 40, 160, maxwell_serial, maxwell_buffered_blocked_synched,
     "maxwell_omp"},
    {"buffered_blocked_6000", 6000, 40, 8, 16, maxwell_serial, maxwell_buffered_blocked_synched,
     "maxwell_omp"},
    {"cg", 1000, 30, 5, 30, cg_serial, cg_synched, "cg_omp"},
#if BENCH_HAS_CXX
    {"lattice", 480, 24, 5, 30, lattice_serial, lattice_synched, "lattice_omp"},
    {"lattice_blocked", 480, 24, 5, 30, lattice_serial, lattice_blocked_synched, "lattice_omp"},
#endif
    {"particles", 48000, 800, 5, 20, particles_serial, particles_synched, "particles_omp"},
};

static const struct code *find(const char *name) {
  size_t c = 0;
  while (strcmp(codes[c].name, name) != 0)
    c++;
  return &codes[c];
}

/* Who runs it, in the order of the figures. */
enum side { SIDE_SERIAL, SIDE_TWIN_OF_ONE, SIDE_TWIN, SIDE_SYNCHED, SIDE_COUNT };

enum { BY_TWIN = SIDE_COUNT, TWIN_BY_SERIAL, FIGURES };

static const struct bench_figure_name names[] = {{"serial", "ns"},
                                                 {"libgomp_1", "ns"},
                                                 {"libgomp", "ns"},
                                                 {"synched", "ns"},
                                                 {"synched_by_libgomp", "ratio"},
                                                 {"libgomp_1_by_serial", "ratio"},
                                                 {NULL, NULL}};

static int run_twin(const struct code *code, struct code_run *run) {
  code_fn twin;
  bench_set_openmp(run->workers);
  *(void **)&twin = bench_symbol("libgomp", code->twin);
  return twin != NULL ? twin(run) : -1;
}

static int run_synched(const struct code *code, struct code_run *run) {
  const int status = code->synched(run);
  if (status != 0 && status != -1)
    (void)fprintf(stderr, "synched-bench: %s\n", synched_error_message());
  return status;
}

static int run_side(const struct code *code, enum side side, struct code_run *run) {
  switch (side) {
  case SIDE_SERIAL:
    return code->serial(run);
  case SIDE_SYNCHED:
    return run_synched(code, run);
  default:
    return run_twin(code, run);
  }
}

/* A run of one side. */
struct side_run {
  const struct code *code;
  enum side side;
  struct code_run run;
};

static int run_here(void *what) {
  struct side_run *one = what;
  return run_side(one->code, one->side, &one->run);
}

static bool is_same(const struct code_run *one, const struct code_run *other) {
  return one->checksum == other->checksum &&
         fabs(one->value - other->value) <= ROUNDING * fabs(other->value);
}

/* One step's time of each side, in this order or in the reverse one. */
static int take_turn(const struct bench_case *self, bool reversed, double step_ns[SIDE_COUNT]) {
  const struct code *code = find(self->parameter);
  struct code_run first = {.size = 0};
  for (unsigned i = 0; i < SIDE_COUNT; i++) {
    const enum side side = (enum side)(reversed ? SIDE_COUNT - 1 - i : i);
    struct side_run one = {code,
                           side,
                           {.size = (size_t)self->value,
                            .workers = side >= SIDE_TWIN ? self->workers : 1,
                            .warm_up = code->warm_up,
                            .steps = code->warm_up + code->timed}};
    const struct code_run *run = &one.run;
    if (bench_run_apart(run_here, &one, sizeof one) != 0) {
      (void)fprintf(stderr, "synched-bench: %s of %s failed\n", names[side].contestant, code->name);
      return -1;
    }
    if (i > 0 && !is_same(run, &first)) {
      (void)fprintf(stderr, "synched-bench: %s computes %s otherwise than another one\n",
                    names[side].contestant, code->name);
      return -1;
    }
    if (i == 0)
      first = *run;
    step_ns[side] = run->ns / (double)code->timed;
  }
  return 0;
}

static int measure(const struct bench_case *self, struct bench_figure *out) {
  double values[FIGURES][TURNS_MOST];
  const bool small = self->value < (double)find(self->parameter)->size;
  const double until_ns = bench_now_ns() + (small ? 0 : SAMPLE_NS);
  size_t turns = 0;
  while (turns < TURNS_MOST && (turns == 0 || bench_now_ns() < until_ns)) {
    double step_ns[SIDE_COUNT];
    if (take_turn(self, turns % 2 == 1, step_ns) != 0)
      return -1;
    for (unsigned side = 0; side < SIDE_COUNT; side++)
      values[side][turns] = step_ns[side];
    values[BY_TWIN][turns] = step_ns[SIDE_SYNCHED] / step_ns[SIDE_TWIN];
    values[TWIN_BY_SERIAL][turns] = step_ns[SIDE_TWIN_OF_ONE] / step_ns[SIDE_SERIAL];
    turns++;
  }
  for (unsigned f = 0; f < FIGURES; f++)
    out[f] = bench_figure_of(values[f], turns);
  return 0;
}

static void list(struct bench_list *out) {
  for (size_t c = 0; c < sizeof codes / sizeof *codes; c++) {
    struct bench_case one = {.contestant = "codes",
                             .workers = 2,
                             .value = (double)(out->choice.small ? codes[c].small : codes[c].size),
                             .measure_several = measure,
                             .names = names};
    (void)snprintf(one.parameter, sizeof one.parameter, "%s", codes[c].name);
    bench_add(out, &one);
  }
}

const struct bench_family bench_family_codes = {
    .name = "codes", .title = "a step of whole codes beside OpenMP, 2 workers", .list = list};
