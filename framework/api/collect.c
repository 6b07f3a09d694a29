/*
 * collect.c: what all ranks of a job did, on one of them.
 */
#include <inttypes.h>

#include "api/check.h"
#include "base/error.h"
#include "cluster/link.h"

#include <synched/report.h>

/* What this rank did. */
static int summarise(struct synched_job *job, struct synched_rank_summary *own) {
  struct synched_report *report;
  struct synched_report_summary summary = {.struct_size = sizeof summary};
  const struct synched__link *link = job->work.link;
  int status = synched_job_report(job, &report);
  if (status != 0)
    return status;
  status = synched_report_summary(report, &summary);
  *own = (struct synched_rank_summary){.rank = link->cluster->transport.rank,
                                       .worker_count = summary.worker_count,
                                       .segment_count = link->own.count,
                                       .round_count = summary.round_count,
                                       .elapsed_ns = summary.end_ns - summary.start_ns,
                                       .compute_ns = summary.compute_ns,
                                       .waited_ns = link->waited_ns,
                                       .sent_bytes = link->sent_bytes,
                                       .sent_messages = link->sent_messages};
  synched_report_destroy(report);
  return status;
}

int synched_cluster_collect(struct synched_job *job, struct synched_rank_summary *out,
                            unsigned root) {
  struct synched_rank_summary own;
  int status = synched__job_check(job);
  if (status != 0)
    return status;
  struct synched__link *link = job->work.link;
  if (link == NULL)
    return synched__fail(SYNCHED_EINVAL, "the job is none of a cluster");
  const struct synched_transport *transport = &link->cluster->transport;
  if (root >= transport->rank_count)
    return synched__fail(SYNCHED_EINVAL, "the root is rank %u; there are %u", root,
                         transport->rank_count);
  if (out == NULL && transport->rank == root)
    return synched__fail(SYNCHED_EINVAL, "the summaries to fill in are NULL");
  status = summarise(job, &own);
  return status != 0 ? status : synched__cluster_bring(link->cluster, &own, out, sizeof own, root);
}

/* The mean time of a rank's workers in calls. */
static double computed_ns(const struct synched_rank_summary *rank) {
  return rank->worker_count == 0 ? 0 : (double)rank->compute_ns / rank->worker_count;
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
  if (most <= 0 || elapsed <= 0)
    return (struct synched_ranks_efficiency){0, 0, 0};
  return (struct synched_ranks_efficiency){.efficiency = sum / count / elapsed,
                                           .balance = sum / count / most,
                                           .communication = most / elapsed};
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
