/*
 * model_ranks.c: what a round of a stencil should cost on 2 to 1,000 ranks. Modelled, not measured.
 *
 * Rows are dealt to ranks; each sends a row to either neighbour in each round. Parameters as those
 * of LogGP (Alexandrov, Ionescu, Schauser and Scheiman 1995) are enough for that: latency, time per
 * byte, and what a message costs the CPU.
 *
 *   message   latency + bytes / bandwidth, after `overhead` of the CPU on both sides
 *   edge      the segments that others read, one at each border: computed first
 *   inner     the other segments, while messages are under way
 *   Synched   edge + greater(inner + overheads, message); and, once in B rounds, the agreement:
 *             ceil(log2 ranks) steps of a message of some bytes, one after the other
 *   plain     all rows, then a swap with each neighbour, one after the other: MPI_Sendrecv
 *
 * What it leaves out: ranks that take longer than others, what else is on the network, and what a
 * rank's workers wait for each other.
 */
#include "model_ranks.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* sizeof struct synched__verdict, about. */
#define AGREEMENT_BYTES 168.0
/* What each message has besides its row: a word, and the count of its segment. */
#define HEAD_BYTES 16.0

const char model_ranks_usage[] =
    "       synched-model ranks [--columns N] [--rows N] [--strong 0|1] [--cell-ns NS]\n"
    "                           [--workers N] [--segments N] [--latency-us US]\n"
    "                           [--gigabits GBIT] [--overhead-us US] [--barrier ROUNDS]\n\n"
    "The cost of a round of a stencil on 2 to 1,000 ranks: modelled, not measured. Each rank has "
    "so\n"
    "many rows (with --strong 1: all ranks together have), of so many columns of 8 bytes, in so\n"
    "many segments; a cell takes NS of one worker. A message takes its latency and its bytes over\n"
    "the bandwidth, and its overhead of the CPU. Ranks agree once in so many rounds.\n";

enum parameter {
  COLUMNS,
  ROWS,
  STRONG,
  CELL_NS,
  WORKERS,
  SEGMENTS,
  LATENCY_US,
  GIGABITS,
  OVERHEAD_US,
  BARRIER,
  PARAMETERS
};

static const struct {
  const char *name;
  double least, most, usual;
} parameters[PARAMETERS] = {
    [COLUMNS] = {"--columns", 3, 1e9, 8192},
    [ROWS] = {"--rows", 1, 1e9, 1024},
    [STRONG] = {"--strong", 0, 1, 0},
    [CELL_NS] = {"--cell-ns", 1e-6, 1e9, 0.5},
    [WORKERS] = {"--workers", 1, 4096, 1},
    [SEGMENTS] = {"--segments", 1, 1e6, 16},
    [LATENCY_US] = {"--latency-us", 0, 1e9, 2},
    [GIGABITS] = {"--gigabits", 1e-6, 1e6, 100},
    [OVERHEAD_US] = {"--overhead-us", 0, 1e9, 1},
    [BARRIER] = {"--barrier", 1, 1e9, 8},
};

struct cost {
  double compute_us, message_us, agreement_us;
  double synched_us, plain_us;
};

/* How many neighbours a rank in the middle has. */
static double neighbours_of(double ranks) {
  return ranks < 2 ? 0 : ranks < 3 ? 1 : 2;
}

static double message_us(const double *values, double bytes) {
  return values[LATENCY_US] + bytes * 8 / (values[GIGABITS] * 1e3);
}

static struct cost cost_of(const double *values, double ranks) {
  const double rows = values[STRONG] > 0 ? values[ROWS] / ranks : values[ROWS];
  const double neighbours = neighbours_of(ranks);
  const double edges = neighbours < values[SEGMENTS] ? neighbours : values[SEGMENTS];
  const double overhead_us = 2 * values[OVERHEAD_US];
  struct cost cost = {.compute_us =
                          rows * values[COLUMNS] * values[CELL_NS] / values[WORKERS] / 1e3};
  const double edge_us = cost.compute_us * edges / values[SEGMENTS];
  const double inner_us = cost.compute_us - edge_us;
  cost.message_us = neighbours == 0 ? 0 : message_us(values, values[COLUMNS] * 8 + HEAD_BYTES);
  cost.agreement_us =
      ceil(log2(ranks)) * (message_us(values, AGREEMENT_BYTES) + overhead_us) / values[BARRIER];
  const double meanwhile_us = inner_us + neighbours * overhead_us;
  cost.synched_us = edge_us + (meanwhile_us > cost.message_us ? meanwhile_us : cost.message_us) +
                    cost.agreement_us;
  cost.plain_us = cost.compute_us + neighbours * (cost.message_us + overhead_us);
  return cost;
}

static int print_table(const double *values) {
  static const double counts[] = {1, 2, 4, 8, 16, 64, 256, 1000};
  (void)printf("Modelled, not measured: a round of a stencil, %.0f columns, %.0f rows %s, %.3g us "
               "and\n%.3g Gbit/s, agreed on once in %.0f rounds; us.\n\n"
               "%6s %10s %10s %10s %10s %10s %8s %14s\n",
               values[COLUMNS], values[ROWS], values[STRONG] > 0 ? "in all" : "a rank",
               values[LATENCY_US], values[GIGABITS], values[BARRIER], "ranks", "compute", "message",
               "agreement", "Synched", "plain MPI", "ratio", "bytes a round");
  for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
    const struct cost cost = cost_of(values, counts[c]);
    (void)printf("%6.0f %10.1f %10.1f %10.2f %10.1f %10.1f %8.2f %14.0f\n", counts[c],
                 cost.compute_us, cost.message_us, cost.agreement_us, cost.synched_us,
                 cost.plain_us, cost.plain_us / cost.synched_us,
                 neighbours_of(counts[c]) * (values[COLUMNS] * 8 + 8));
  }
  (void)printf("\nBytes: what a rank in the middle sends, as its report counts them: rows, and the "
               "counts of\ntheir segments. ratio: plain over Synched.\n");
  return 0;
}

static int wrong(const char *what, const char *argument) {
  (void)fprintf(stderr, "synched-model: %s %s (--help tells more)\n", what, argument);
  return 2;
}

int model_ranks(int argc, char **argv) {
  double values[PARAMETERS];
  for (unsigned p = 0; p < PARAMETERS; p++)
    values[p] = parameters[p].usual;
  for (int i = 0; i < argc; i += 2) {
    unsigned p = 0;
    char *end;
    while (p < PARAMETERS && strcmp(argv[i], parameters[p].name) != 0)
      p++;
    if (p == PARAMETERS)
      return wrong("unknown argument", argv[i]);
    if (i + 1 == argc)
      return wrong("a number is missing after", argv[i]);
    errno = 0;
    values[p] = strtod(argv[i + 1], &end);
    if (end == argv[i + 1] || *end != '\0' || errno != 0 ||
        !(values[p] >= parameters[p].least && values[p] <= parameters[p].most))
      return wrong("this is no number that fits:", argv[i + 1]);
  }
  return print_table(values);
}
