/*
 * bench.h: what the benchmark's families and its harness agree on.
 *
 * A family is a list of cases. The harness measures all of them in turn, repeat after repeat, each
 * sample in a child process of its own: so no contestant finds another's threads still spinning, or
 * its caches warm, and the machine's slow changes meet all of them alike. Beside the samples of
 * each repeat stands what the machine could do at that time: a cache line's round trip between two
 * CPUs, and a read of the clock.
 */
#ifndef SYNCHED_BENCH_H
#define SYNCHED_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "peer.h"

/* Something measured, with its spread. */
struct bench_figure {
  double median, least, most;
};

#define BENCH_FIGURES_MOST 16u

/* What one of several figures of a case is called, as if it were a contestant's, and its unit. */
struct bench_figure_name {
  const char *contestant, *unit;
};

/* One point of a family: a contestant at one setting. */
struct bench_case {
  /* "synched", "libgomp" ...: as in the JSON; "slices": what bench_slices measures; "codes" */
  const char *contestant;
  unsigned workers;
  size_t segments;
  char parameter[32]; /* as in the JSON: work in ns, bytes, a kernel's name */
  const char *unit; /* of what measure returns: "ns", "ps", "bytes", "threads", "x1000" (a ratio) */
  double value;     /* the parameter as a number, for measure; 0 where it is none */
  /* One sample. Runs in a child process, single-threaded when called. Negative: it failed, and has
   * said why on stderr. */
  double (*measure)(const struct bench_case *self);
  /* The same, where a sample has several figures: fills in as many as there are names. 0, or -1. */
  int (*measure_several)(const struct bench_case *self, struct bench_figure *out);
  /* of those, with a NULL behind them; at most BENCH_FIGURES_MOST with that */
  const struct bench_figure_name *names;
};

/* Several samples of a case, and what came of them. */
struct bench_row {
  char family[16], contestant[32], parameter[32], unit[8];
  unsigned workers;
  size_t segments;
  double median, least, most; /* negative median: it failed */
  double rt_multiple;         /* of the median; 0 where it is no time */
};

struct bench_rows {
  struct bench_row *rows;
  size_t count, capacity;
};

/* Which cases are wanted. */
struct bench_choice {
  unsigned workers; /* only those with so many; 0: all */
  const char *text; /* only those whose parameter contains it; NULL: all */
  bool small;       /* of codes: only to see whether they compute the same */
};

struct bench_list {
  struct bench_case *cases;
  size_t count, capacity;
  struct bench_choice choice;
};

/* Copies the case to the end of the list, if its contestant is there and it is chosen. */
void bench_add(struct bench_list *list, const struct bench_case *one);

struct bench_family {
  const char *name;
  const char *title; /* one line, for --help and plots */
  void (*list)(struct bench_list *list);
  const char *axis; /* what the parameter is, where it is a number; NULL: a name */
};

extern const struct bench_family bench_family_round;     /* round.c */
extern const struct bench_family bench_family_grain;     /* grain.c */
extern const struct bench_family bench_family_mixed;     /* mixed.c */
extern const struct bench_family bench_family_imbalance; /* imbalance.c */
extern const struct bench_family bench_family_snapshot;  /* snapshot.c */
extern const struct bench_family bench_family_kernels;   /* kernels.c */
extern const struct bench_family bench_family_idle;      /* idle.c */
extern const struct bench_family bench_family_memory;    /* footprint.c */
extern const struct bench_family bench_family_record;    /* record.c */
extern const struct bench_family bench_family_codes;     /* codes.c */
extern const struct bench_family bench_family_stencil;   /* stencil.c */
extern const struct bench_family bench_family_sparse;    /* sparse.c */

/* run.c: runs every case of a family `repeats` times, in turn, and adds the rows, yardsticks first.
 * false: a case failed. */
bool bench_run(const struct bench_family *family, struct bench_choice choice, unsigned repeats,
               struct bench_rows *out);

/* rows.c: NULL: no memory. The row is cleared. */
struct bench_row *bench_rows_add(struct bench_rows *rows);
void bench_rows_free(struct bench_rows *rows);

/* The row of a case; NULL: there is none. A parameter of NULL is any. */
const struct bench_row *bench_rows_find(const struct bench_rows *rows,
                                        const struct bench_row *wanted);

/* json.c: 0, or -1 and a line on stderr. */
int bench_json_write(const char *path, const struct bench_rows *rows);
int bench_json_read(const char *path, struct bench_rows *out);

/* compare.c: prints what changed beyond the noise. 1: something of Synched got worse; 0: nothing
 * did; -1: a file cannot be read. */
int bench_compare(const char *old_path, const char *new_path);

/* plot.c: draws one family's rows as SVG with gnuplot; 0, or -1 and a line on stderr. */
int bench_plot(const char *path, const struct bench_family *family, const struct bench_rows *rows);

/* table.c: for people. The second one prints the tables of tools/bench/README.md. */
void bench_table_print(FILE *file, const char *family, const struct bench_rows *rows);
void bench_table_medians(FILE *file, const struct bench_rows *rows);

/* measure.c */
double bench_trip_ns(void);  /* a cache line's round trip between two CPUs; 0: only one CPU */
double bench_clock_ns(void); /* one clock_gettime */
unsigned bench_cpu_count(void);
/* Runs `measure` on two CPUs at once, or on the only one, and returns the mean. */
double bench_on_both(double (*measure)(void));

/* spin.c: work of a known length: a chain of `steps` dependent operations. Use the result. */
uint64_t bench_spin(uint64_t steps, uint64_t seed);
/* How many steps take a nanosecond here and now; measured, some 2 ms. */
double bench_steps_per_ns(void);

/* contestants.c: whether this build has it; "synched", "synched_static" and "serial" always. */
bool bench_has(const char *contestant);
/* Those it has not, with the package that would bring them; for the table. */
void bench_print_absent(FILE *file);

/* Runs the work with a contestant, in a child only. Returns the ns of all timed rounds together;
 * negative: it failed. */
double bench_rounds(const char *contestant, const struct bench_work *work);

/* Rounds of Synched that are measured in slices (slices.c). */
struct bench_slices {
  unsigned workers;
  size_t segments;
  void (*compute)(void *user, size_t segment, uint64_t round);
  void *user;
  double round_ns;        /* about, the mean of all rounds */
  unsigned pattern_count; /* rounds after which their sizes repeat */
};

/* slices.c: in a child only. Fills in six figures: the mean round by the default
 * balance, by the static one and by one worker, ns; the first over the second, the first over the
 * better of the other two; and a cache line's round trip, measured beside them. The spread is that
 * of the quartiles. 0, or -1: it failed, and has said why on stderr. */
int bench_slices(const struct bench_slices *what, struct bench_figure *out);
extern const struct bench_figure_name bench_slices_names[];

/* Looks up a function of a contestant's module, in a child only. NULL: it is absent. */
void *bench_symbol(const char *contestant, const char *name);

/* built_in.c: the contestants that need no module, run as bench_peer_rounds says. */
int bench_synched_rounds(const struct bench_work *work, const char *contestant);
int bench_serial_rounds(const struct bench_work *work);

#endif
