/*
 * ranks.c: several ranks together, after POP's model; and as a table.
 */
#include "report/ranks.h"

#include <inttypes.h>

#include "base/error.h"

/* The mean time of a rank's workers in calls. */
static double computed_ns(const struct synched_rank_summary *rank) {
  return rank->worker_count == 0 ? 0 : (double)rank->compute_ns / rank->worker_count;
}

/* Of the mean rank's time in calls, the most that one has, and the longest run. */
static struct synched_ranks_efficiency rate(double mean_ns, double most_ns, double elapsed_ns) {
  if (most_ns <= 0 || elapsed_ns <= 0)
    return (struct synched_ranks_efficiency){0, 0, 0};
  return (struct synched_ranks_efficiency){.efficiency = mean_ns / elapsed_ns,
                                           .balance = mean_ns / most_ns,
                                           .communication = most_ns / elapsed_ns};
}

struct synched_ranks_efficiency synched_ranks_efficiency(const struct synched_rank_summary *ranks,
                                                         unsigned count) {
  double sum = 0, most = 0, elapsed = 0;
  for (unsigned r = 0; ranks != NULL && r < count; r++) {
    const double one = computed_ns(&ranks[r]);
    sum += one;
    most = one > most ? one : most;
    elapsed = (double)ranks[r].elapsed_ns > elapsed ? (double)ranks[r].elapsed_ns : elapsed;
  }
  return rate(sum / (count == 0 ? 1 : count), most, elapsed);
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
    return synched__fail(SYNCHED_EINVAL, "the %s is NULL", file == NULL ? "file" : "ranks");
  const struct synched_ranks_efficiency all = synched_ranks_efficiency(ranks, count);
  bool written = fprintf(file,
                         "Ranks: efficiency %.2f = balance %.2f x communication %.2f\n"
                         "  rank  workers  segments  computing  waiting  sent in a round\n",
                         all.efficiency, all.balance, all.communication) > 0;
  for (unsigned r = 0; written && r < count; r++)
    written = fprintf(file, "%6u %8u %9" PRIu64 " %8.1f %% %6.1f %%  %.1f bytes in %.2f messages\n",
                      ranks[r].rank, ranks[r].worker_count, ranks[r].segment_count,
                      part_of(computed_ns(&ranks[r]), &ranks[r]),
                      part_of((double)ranks[r].waited_ns, &ranks[r]),
                      per_round(ranks[r].sent_bytes, &ranks[r]),
                      per_round(ranks[r].sent_messages, &ranks[r])) > 0;
  return written ? 0 : synched__fail(SYNCHED_EIO, "the ranks' table cannot be written");
}

struct synched_ranks_efficiency synched__ranks_rate(const struct synched_report *report) {
  double sum = 0, most = 0, elapsed = 0;
  const unsigned count = report->summary.rank_count;
  for (unsigned r = 0; r < count; r++) {
    const struct synched_report_rank *rank = &report->ranks[r];
    const double one = rank->worker_count == 0 ? 0 : (double)rank->compute_ns / rank->worker_count;
    sum += one;
    most = one > most ? one : most;
    elapsed = (double)rank->elapsed_ns > elapsed ? (double)rank->elapsed_ns : elapsed;
  }
  return rate(sum / (count == 0 ? 1 : count), most, elapsed);
}
