/*
 * model.c: what an empty round should cost on machines with more cores than are at hand. Modelled,
 * not measured.
 *
 * Every worker takes part (static balance). What takes time then is a few cache lines on their way
 * from core to core:
 *
 *   release   Who opens the round writes the line with the epoch, and all others read it. The first
 *             reader in another cache waits a whole transfer. The others' requests come while it is
 *             on its way, and are served one after the other, each in a quarter of a transfer (an
 *             assumption: reads overlap, how far is not published), first across the machine, one
 *             for each shared cache, then within each of these.
 *   count     Each worker subtracts its segments from a counter, and that cannot overlap: each
 *             needs the line for itself. In one level that is a transfer for every worker but the
 *             last who had it, most of them across the machine. In two levels (above 16 workers) it
 *             is a transfer within the group for each of its members, all groups at the same time,
 *             then one across the machine for each group.
 *   serial    What the closing worker does by itself: publishing, recording, the callback.
 *             Measured: about 40 ns.
 *
 * A transfer is what programs that bounce a line between two cores report: half of a round trip.
 * For two workers the model gives one round trip and the serial part; measured on such a machine it
 * is 0.6 of a round trip, for there the worker that opens the round has computed its own part
 * before, and nobody needs the counter's line.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_ranks.h"

#define SERIAL_NS 40.0
#define READ_OVERLAP 4.0
#define GROUP_MOST 16u /* as in framework/pool/pool.c */
#define TWO_LEVELS_ABOVE 16u
#define CORES_MOST 65536u

static const char usage[] =
    "usage: synched-model [--cores N --group G --near NS --far NS [--socket CORES --socket-ns "
    "NS]]\n\n"
    "The cost of an empty round with static balance, from the time that a cache line takes from "
    "core to\n"
    "core: modelled, not measured. Without arguments: 16, 64 and 256 cores of machines for which\n"
    "such times are published. Else: N cores, G of them to a shared cache, NS from one core to "
    "another\n"
    "within that, across them, and across sockets of so many cores.\n";

/* Half round trips of a line, in ns. Groups share a cache; 0 cores to a socket: there is one. */
struct machine {
  const char *name;
  unsigned group_cores, socket_cores;
  double near_ns, far_ns, socket_ns;
};

/* Medians from the repository nviennot/core-to-core-latency (README, 2022), measured there on bare
 * metal by compare-exchange; two sockets where it has figures for them. */
static const struct machine published[] = {
    {"AMD EPYC 7R13 (Milan)", 8, 48, 23, 107, 197},
    {"Intel Xeon 8375C (Ice Lake)", 32, 32, 51, 51, 108},
    {"AWS Graviton3", 64, 0, 46, 46, 46},
};

static double least(double a, double b) {
  return a < b ? a : b;
}

/* How many of `cores` are in one group for counting, and how many such groups there are. */
static unsigned group_size(const struct machine *machine, unsigned cores) {
  unsigned size = machine->group_cores < GROUP_MOST ? machine->group_cores : GROUP_MOST;
  return size < cores ? size : cores;
}

/* The mean transfer from a core to another of `cores`. `outside` leaves out its own group. */
static double transfer_ns(const struct machine *machine, unsigned cores, int outside) {
  const double near = least(machine->group_cores, cores) - 1;
  const double socket_cores = machine->socket_cores == 0 ? cores : machine->socket_cores;
  const double here = least(socket_cores, cores) - 1 - near;
  const double elsewhere = cores - 1 - near - here;
  const double sum_ns = here * machine->far_ns + elsewhere * machine->socket_ns;
  if (outside)
    return here + elsewhere > 0 ? sum_ns / (here + elsewhere) : machine->near_ns;
  return cores > 1 ? (near * machine->near_ns + sum_ns) / (cores - 1) : 0;
}

static double release_ns(const struct machine *machine, unsigned cores) {
  const unsigned in_cache = (unsigned)least(machine->group_cores, cores);
  const unsigned caches = (cores + in_cache - 1) / in_cache;
  double ns = 0;
  if (caches > 1)
    ns += transfer_ns(machine, cores, 1) * (1 + (caches - 2) / READ_OVERLAP);
  if (in_cache > 1)
    ns += machine->near_ns * (1 + (in_cache - 2) / READ_OVERLAP);
  return ns;
}

static double one_level_ns(const struct machine *machine, unsigned cores) {
  return (cores - 1) * transfer_ns(machine, cores, 0);
}

static double two_levels_ns(const struct machine *machine, unsigned cores) {
  const unsigned size = group_size(machine, cores);
  const unsigned groups = (cores + size - 1) / size;
  return (size - 1) * machine->near_ns + (groups - 1) * transfer_ns(machine, cores, 1);
}

static void print_row(const struct machine *machine, unsigned cores) {
  const double release = release_ns(machine, cores);
  const double one = release + one_level_ns(machine, cores) + SERIAL_NS;
  const double two = release + two_levels_ns(machine, cores) + SERIAL_NS;
  const int is_two = cores > TWO_LEVELS_ABOVE;
  const double socket_ns =
      machine->socket_cores != 0 && cores > machine->socket_cores ? machine->socket_ns : 0;
  const double far = cores > machine->group_cores ? machine->far_ns : machine->near_ns;
  const double trip_ns = 2 * (socket_ns > far ? socket_ns : far);
  (void)printf("%-28s %6u %10.0f %10.0f %10.0f %10.0f %8.1f\n", machine->name, cores, release, one,
               two, is_two ? two : one, (is_two ? two : one) / trip_ns);
}

static void print_head(void) {
  (void)printf("Modelled, not measured: an empty round in which every core takes part; ns.\n\n"
               "%-28s %6s %10s %10s %10s %10s %8s\n",
               "machine", "cores", "release", "one level", "two levels", "round", "RT");
}

static int print_published(void) {
  static const unsigned cores[] = {2, 16, 64, 256};
  print_head();
  for (size_t m = 0; m < sizeof published / sizeof *published; m++)
    for (size_t c = 0; c < sizeof cores / sizeof *cores; c++)
      print_row(&published[m], cores[c]);
  (void)printf(
      "\nTransfers from core to core: medians in the repository nviennot/core-to-core-latency "
      "(README,\n"
      "2022). Where there are more cores than two sockets have, more sockets of the same kind are\n"
      "assumed. RT: the round in round trips between the farthest two cores. Assumed: reads of\n"
      "one line overlap by %.0f, and the serial part takes %.0f ns.\n",
      READ_OVERLAP, SERIAL_NS);
  return 0;
}

/* A number in (0, most]; else -1. */
static double read_number(const char *text, double most) {
  char *end;
  errno = 0;
  const double value = strtod(text, &end);
  return end != text && *end == '\0' && errno == 0 && value > 0 && value <= most ? value : -1.0;
}

static int wrong(const char *what, const char *argument) {
  (void)fprintf(stderr, "synched-model: %s %s (--help tells more)\n", what, argument);
  return 2;
}

int main(int argc, char **argv) {
  static const char *const names[] = {"--cores", "--group",  "--near",
                                      "--far",   "--socket", "--socket-ns"};
  double values[6] = {0};
  if (argc == 2 && strcmp(argv[1], "--help") == 0)
    return fputs(usage, stdout) < 0 || fputs("\n", stdout) < 0 ||
           fputs(model_ranks_usage, stdout) < 0;
  if (argc > 1 && strcmp(argv[1], "ranks") == 0)
    return model_ranks(argc - 2, argv + 2);
  if (argc == 1)
    return print_published();
  for (int i = 1; i < argc; i += 2) {
    size_t n = 0;
    while (n < 6 && strcmp(argv[i], names[n]) != 0)
      n++;
    if (n == 6)
      return wrong("unknown argument", argv[i]);
    if (i + 1 == argc)
      return wrong("a number is missing after", argv[i]);
    values[n] = read_number(argv[i + 1], n == 2 || n == 3 || n == 5 ? 1e9 : CORES_MOST);
    if (values[n] < 0 || ((n < 2 || n == 4) && values[n] != (unsigned)values[n]))
      return wrong("this is no number that fits:", argv[i + 1]);
  }
  for (size_t n = 0; n < 4; n++)
    if (values[n] == 0)
      return wrong("a machine needs", names[n]);
  if ((values[4] == 0) != (values[5] == 0))
    return wrong("sockets need both --socket and", "--socket-ns");
  const struct machine machine = {"this machine", (unsigned)values[1], (unsigned)values[4],
                                  values[2],      values[3],           values[5]};
  print_head();
  print_row(&machine, (unsigned)values[0]);
  return 0;
}
