/*
 * ranks.c: several ranks together, after POP's model; and as a table.
 */
#include "report/ranks.h"

#include <inttypes.h>

#include "base/error.h"

/* The mean time of a rank's workers in calls. */
static double mean_ns(uint64_t compute_ns, unsigned worker_count) {
  return worker_count == 0 ? 0 : (double)compute_ns / worker_count;
}

/* Of some ranks: their times in calls, the most that one has, and the longest run. */
struct times {
  double sum_ns, most_ns, elapsed_ns;
};

static void add(struct times *times, double computed_ns, uint64_t elapsed_ns) {
  times->sum_ns += computed_ns;
  if (computed_ns > times->most_ns)
    times->most_ns = computed_ns;
  if ((double)elapsed_ns > times->elapsed_ns)
    times->elapsed_ns = (double)elapsed_ns;
}

static struct synched_ranks_efficiency rate(const struct times *times, unsigned count) {
  if (times->most_ns <= 0 || times->elapsed_ns <= 0)
    return (struct synched_ranks_efficiency){0, 0, 0};
  return (struct synched_ranks_efficiency){.efficiency = times->sum_ns / count / times->elapsed_ns,
                                           .balance = times->sum_ns / count / times->most_ns,
                                           .communication = times->most_ns / times->elapsed_ns};
}

struct synched_ranks_efficiency synched_ranks_efficiency(const struct synched_rank_summary *ranks,
                                                         unsigned count) {
  struct times times = {0, 0, 0};
  for (unsigned r = 0; ranks != NULL && r < count; r++)
    add(&times, mean_ns(ranks[r].compute_ns, ranks[r].worker_count), ranks[r].elapsed_ns);
  return rate(&times, count);
}

/* Of its time, in per cent. */
static double part_of(double ns, const struct synched_rank_summary *rank) {
  return rank->elapsed_ns == 0 ? 0 : 100 * ns / (double)rank->elapsed_ns;
}

static double per_round(uint64_t number, const struct synched_rank_summary *rank) {
  return rank->round_count == 0 ? 0 : (double)number / (double)rank->round_count;
}

int synched_ranks_print(const struct synched_rank_summary *ranks, unsigned count, FILE *file) {
  if (ranks == NULL || file == NULL)
    return synched__fail(SYNCHED_EINVAL, "the %s is NULL",
                         file == NULL ? "file" : "array of ranks");
  const struct synched_ranks_efficiency all = synched_ranks_efficiency(ranks, count);
  bool written = fprintf(file,
                         "Ranks: efficiency %.2f = balance %.2f x communication %.2f\n"
                         "  rank  workers  segments  computing  waiting  sent in a round\n",
                         all.efficiency, all.balance, all.communication) > 0;
  for (unsigned r = 0; written && r < count; r++)
    written = fprintf(file, "%6u %8u %9" PRIu64 " %8.1f %% %6.1f %%  %.1f bytes in %.2f messages\n",
                      ranks[r].rank, ranks[r].worker_count, ranks[r].segment_count,
                      part_of(mean_ns(ranks[r].compute_ns, ranks[r].worker_count), &ranks[r]),
                      part_of((double)ranks[r].waited_ns, &ranks[r]),
                      per_round(ranks[r].sent_bytes, &ranks[r]),
                      per_round(ranks[r].sent_messages, &ranks[r])) > 0;
  return written ? 0 : synched__fail(SYNCHED_EIO, "the ranks' table cannot be written");
}

struct synched_ranks_efficiency synched__ranks_rate(const struct synched_report *report) {
  const struct synched_report_rank *ranks = report->ranks;
  const unsigned count = report->summary.rank_count;
  struct times times = {0, 0, 0};
  for (unsigned r = 0; r < count; r++)
    add(&times, mean_ns(ranks[r].compute_ns, ranks[r].worker_count), ranks[r].elapsed_ns);
  return rate(&times, count);
}
