/*
 * stencil.c: stencils (stencil/) with several rounds between two barriers, beside OpenMP.
 *
 * A sample runs OpenMP with a static schedule, OpenMP with tiles of several rounds by hand, and
 * Synched with 1, 4, 8 and 16 rounds between two barriers and as many as it chooses, in turn and in
 * processes of their own, several times over where that is short. All must come to the same bits.
 * What is told of each is the median of its turns, and of the ratios within each turn: its time
 * over that of the static schedule.
 *
 * Two cases have a slow call in each round, ten times as long as the others, and always somewhere
 * else (stencil/slow.c): Synched with 8 rounds between two barriers over Synched with 1.
 */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "stencil/slow.h"
#include "stencil/stencil.h"
#include "turns.h"

#define TURNS_MOST 9u
/* for as long there are more turns */
#define SAMPLE_NS 1.2e9

struct point {
  /* the parameter, as in the JSON */
  const char *name;
  enum stencil_kind kind;
  size_t side, small;
  uint64_t warm_up, timed;
  bool small_pages;
};

static const struct point points[] = {
    {"heat_1024", STENCIL_HEAT, 1024, 60, 16, 512, false},
    {"heat_2048", STENCIL_HEAT, 2048, 61, 16, 128, false},
    {"heat_4096", STENCIL_HEAT, 4096, 62, 4, 32, false},
    {"heat_8192", STENCIL_HEAT, 8192, 63, 2, 16, false},
    {"heat_8192_small", STENCIL_HEAT, 8192, 63, 2, 16, true},
    {"cube_256", STENCIL_CUBE, 256, 24, 2, 16, false},
    {"life_8192", STENCIL_LIFE, 8192, 70, 16, 128, false},
};

static const struct point *find(const char *name) {
  size_t p = 0;
  while (strcmp(points[p].name, name) != 0)
    p++;
  return &points[p];
}

/* Who runs it, in the order of the figures. */
enum side { SIDE_OMP, SIDE_OMP_TILES, SIDE_1, SIDE_4, SIDE_8, SIDE_16, SIDE_AUTOMATIC, SIDE_COUNT };

/* And the times of all but the first over that one's. */
#define FIGURES (2 * SIDE_COUNT - 1)

static const struct bench_figure_name names[] = {{"libgomp", "ns"},
                                                 {"libgomp_tiles", "ns"},
                                                 {"synched_1", "ns"},
                                                 {"synched_4", "ns"},
                                                 {"synched_8", "ns"},
                                                 {"synched_16", "ns"},
                                                 {"synched_auto", "ns"},
                                                 {"libgomp_tiles_by_libgomp", "ratio"},
                                                 {"synched_1_by_libgomp", "ratio"},
                                                 {"synched_4_by_libgomp", "ratio"},
                                                 {"synched_8_by_libgomp", "ratio"},
                                                 {"synched_16_by_libgomp", "ratio"},
                                                 {"synched_auto_by_libgomp", "ratio"},
                                                 {NULL, NULL}};

static const unsigned rounds_per_barrier[SIDE_COUNT] = {1, 1, 1, 4, 8, 16, 0};

/* A run of one side. */
struct side_run {
  enum side side;
  struct stencil_run run;
};

static int run_omp(enum side side, struct stencil_run *run) {
  stencil_fn omp;
  bench_set_openmp(run->workers);
  *(void **)&omp =
      bench_symbol("libgomp", side == SIDE_OMP_TILES ? "stencil_omp_tiles" : "stencil_omp");
  return omp != NULL ? omp(run) : -1;
}

static int run_here(void *what) {
  struct side_run *one = what;
  return one->side <= SIDE_OMP_TILES ? run_omp(one->side, &one->run) : stencil_synched(&one->run);
}

/* One round's time of each side, in this order or in the reverse one. */
static int take_turn(const struct bench_case *self, bool reversed, double round_ns[SIDE_COUNT]) {
  const struct point *point = find(self->parameter);
  uint64_t checksum = 0;
  for (unsigned i = 0; i < SIDE_COUNT; i++) {
    const enum side side = (enum side)(reversed ? SIDE_COUNT - 1 - i : i);
    struct side_run one = {side,
                           {.kind = point->kind,
                            .side = (size_t)self->value,
                            .workers = self->workers,
                            .rounds_per_barrier = rounds_per_barrier[side],
                            .small_pages = point->small_pages,
                            .warm_up = point->warm_up,
                            .timed = point->timed}};
    if (bench_run_apart(run_here, &one, sizeof one) != 0) {
      (void)fprintf(stderr, "synched-bench: %s of %s failed\n", names[side].contestant,
                    point->name);
      return -1;
    }
    if (i == 0)
      checksum = one.run.checksum;
    if (one.run.checksum != checksum) {
      (void)fprintf(stderr, "synched-bench: %s computes %s otherwise than another one\n",
                    names[side].contestant, point->name);
      return -1;
    }
    round_ns[side] = one.run.ns / (double)point->timed;
  }
  return 0;
}

static int measure(const struct bench_case *self, struct bench_figure *out) {
  double values[FIGURES][TURNS_MOST];
  const bool small = self->value < (double)find(self->parameter)->side;
  const double until_ns = bench_now_ns() + (small ? 0 : SAMPLE_NS);
  size_t turns = 0;
  while (turns < TURNS_MOST && (turns == 0 || bench_now_ns() < until_ns)) {
    double round_ns[SIDE_COUNT];
    if (take_turn(self, turns % 2 == 1, round_ns) != 0)
      return -1;
    for (unsigned side = 0; side < SIDE_COUNT; side++)
      values[side][turns] = round_ns[side];
    for (unsigned side = 1; side < SIDE_COUNT; side++)
      values[SIDE_COUNT + side - 1][turns] = round_ns[side] / round_ns[SIDE_OMP];
    turns++;
  }
  for (unsigned f = 0; f < FIGURES; f++)
    out[f] = bench_figure_of(values[f], turns);
  return 0;
}

/* --- a slow call in each round --- */

#define SLOW_TURNS 5u
#define SLOW_UNIT_NS 20000.0
#define SLOW_NAP_NS 300000.0

enum { SLOW_1, SLOW_8, SLOW_8_BY_1, SLOW_FIGURES };

static const struct bench_figure_name slow_names[] = {
    {"synched_1", "ns"}, {"synched_8", "ns"}, {"synched_8_by_1", "ratio"}, {NULL, NULL}};

static int run_slow(void *what) {
  return slow_synched(what);
}

static int measure_slow(const struct bench_case *self, struct bench_figure *out) {
  double values[SLOW_FIGURES][SLOW_TURNS];
  const bool naps = strcmp(self->parameter, "slow_call_naps") == 0;
  const unsigned turns = self->value < SLOW_UNIT_NS ? 1 : SLOW_TURNS;
  const double steps_per_ns = bench_steps_per_ns();
  for (unsigned t = 0; t < turns; t++) {
    uint64_t checksums[2];
    for (unsigned i = 0; i < 2; i++) {
      const unsigned side = t % 2 == 0 ? i : 1 - i;
      struct slow_run run = {.workers = self->workers,
                             .rounds_per_barrier = side == SLOW_1 ? 1 : 8,
                             .unit_ns = self->value,
                             .naps = naps,
                             .steps_per_ns = steps_per_ns};
      if (bench_run_apart(run_slow, &run, sizeof run) != 0)
        return -1;
      values[side][t] = run.round_ns;
      checksums[side] = run.checksum;
    }
    if (checksums[0] != checksums[1]) {
      (void)fprintf(stderr, "synched-bench: 8 rounds a barrier compute otherwise than 1\n");
      return -1;
    }
    values[SLOW_8_BY_1][t] = values[SLOW_8][t] / values[SLOW_1][t];
  }
  for (unsigned f = 0; f < SLOW_FIGURES; f++)
    out[f] = bench_figure_of(values[f], turns);
  return 0;
}

static void list_slow(struct bench_list *out) {
  static const char *const parameters[] = {"slow_call", "slow_call_naps"};
  for (unsigned c = 0; c < 2; c++) {
    struct bench_case one = {.contestant = "synched",
                             .workers = c == 0 ? 2 : 16,
                             .segments = SLOW_SEGMENTS,
                             .value = c == 0 ? SLOW_UNIT_NS : SLOW_NAP_NS,
                             .measure_several = measure_slow,
                             .names = slow_names};
    if (out->choice.small)
      one.value /= 20;
    (void)snprintf(one.parameter, sizeof one.parameter, "%s", parameters[c]);
    bench_add(out, &one);
  }
}

static void list(struct bench_list *out) {
  for (size_t p = 0; p < sizeof points / sizeof *points; p++) {
    struct bench_case one = {.contestant = "stencil",
                             .workers = 2,
                             .value =
                                 (double)(out->choice.small ? points[p].small : points[p].side),
                             .measure_several = measure,
                             .names = names};
    (void)snprintf(one.parameter, sizeof one.parameter, "%s", points[p].name);
    bench_add(out, &one);
  }
  list_slow(out);
}

const struct bench_family bench_family_stencil = {
    .name = "stencil",
    .title = "a round of stencils, several between two barriers, beside OpenMP, 2 workers",
    .list = list};
