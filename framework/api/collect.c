/*
 * collect.c: what all ranks of a job did, on one of them.
 */
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
