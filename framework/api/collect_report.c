/*
 * collect_report.c: one report of all ranks, on one of them.
 *
 * Each rank makes its own report. How large that is goes ahead of it; so the root makes reports of
 * the same form, and the others' content arrives where it belongs. Before it sets out all ranks
 * agree that each has a report, and the root has room for them: who cannot would leave the others
 * waiting.
 */
#include <string.h>

#include "api/check.h"
#include "base/error.h"
#include "cluster/bring.h"
#include "cluster/link.h"
#include "platform/alloc.h"
#include "platform/machine_text.h"
#include "report/join.h"

#include <synched/report.h>
#include <synched/version.h>

/* What goes ahead. */
struct head {
  struct synched__report_shape shape;
  char clock[SYNCHED__CLOCK_NAME_BYTES];
};

/* A report's content. */
#define PIECES 9u

struct parcel {
  struct synched_report *report;
  /* as it was before another one's content came */
  struct synched_report kept;
  struct synched_piece pieces[PIECES];
  size_t piece_count;
};

/* On the root: of all ranks, [rank_count]; elsewhere there is one. */
struct collection {
  struct synched_cluster *cluster;
  unsigned root;
  unsigned count;
  struct head own, *heads;
  struct parcel *parcels;
  struct synched__lot *lots;
  struct synched__clock_offset *offsets;
};

static bool is_root(const struct collection *collection) {
  return collection->cluster->transport.rank == collection->root;
}

/* Of what there is. */
static struct synched__report_shape shape_of(const struct synched_report *report) {
  return (struct synched__report_shape){.worker_count = report->summary.worker_count,
                                        .segment_count = report->summary.segment_count,
                                        .round_count = report->recorded,
                                        .task_count = report->task_count,
                                        .worker_distributions = report->worker_distributions,
                                        .segment_distributions = report->segment_distributions,
                                        .rank_count = report->summary.rank_count,
                                        .exchange_count = report->exchange_count};
}

/* The struct itself is first. What has nothing in it has no address, and is left out. */
static void set_pieces(struct parcel *parcel, const struct synched__report_shape *shape) {
  struct synched_report *report = parcel->report;
  const size_t distributions =
      SYNCHED__JOB_DISTRIBUTIONS + shape->worker_distributions + shape->segment_distributions;
  const struct synched_piece pieces[PIECES] = {
      {report, sizeof *report},
      {report->workers, shape->worker_count * sizeof *report->workers},
      {report->segments, shape->segment_count * sizeof *report->segments},
      {report->rounds, shape->round_count * sizeof *report->rounds},
      {report->parts, shape->round_count * shape->worker_count * sizeof *report->parts},
      {report->tasks, shape->task_count * sizeof *report->tasks},
      {report->exchanges, shape->exchange_count * sizeof *report->exchanges},
      {report->ranks, shape->rank_count * sizeof *report->ranks},
      {report->buckets, distributions * SYNCHED__BUCKET_COUNT * sizeof *report->buckets},
  };
  parcel->piece_count = 0;
  for (unsigned p = 0; p < PIECES; p++)
    if (pieces[p].bytes != 0)
      parcel->pieces[parcel->piece_count++] = pieces[p];
}

/* The root makes what the others' reports arrive in. */
static int make_room(struct collection *collection) {
  int status = 0;
  for (unsigned r = 0; status == 0 && is_root(collection) && r < collection->count; r++) {
    struct parcel *parcel = &collection->parcels[r];
    if (r != collection->root)
      status = synched__report_create(&parcel->report, &collection->heads[r].shape);
    if (status == 0)
      set_pieces(parcel, &collection->heads[r].shape);
  }
  return status;
}

/* Waits for all ranks: `status` is this one's. */
static int agree(struct collection *collection, int status) {
  struct synched_cluster *cluster = collection->cluster;
  struct synched__verdict verdict = synched__verdict_begin(cluster->transport.rank);
  uint64_t version = sizeof(struct synched_report);
  for (const char *at = synched_version_string(); *at != '\0'; at++)
    version = version * 31 + (unsigned char)*at;
  verdict.code = status;
  verdict.low[0] = verdict.high[0] = version;
  const int trouble = synched__agree(&cluster->own, &verdict);
  if (status != 0)
    return status;
  if (trouble != 0)
    return synched__fail(trouble, "%s", cluster->wire.text);
  if (verdict.code != 0)
    return synched__fail(verdict.code, "rank %u has no report: %s", verdict.rank,
                         synched_strerror(verdict.code));
  if (verdict.low[0] != verdict.high[0])
    return synched__fail(SYNCHED_EINVAL, "the ranks have different versions of the library, and "
                                         "so of reports");
  return 0;
}

/* Brings the content, which comes with the pointers of its own rank. */
static int bring_reports(struct collection *collection) {
  for (unsigned r = 0; r < collection->count; r++) {
    struct parcel *parcel = &collection->parcels[r];
    parcel->kept = *parcel->report;
    collection->lots[r] = (struct synched__lot){parcel->pieces, parcel->piece_count};
  }
  const int status =
      synched__cluster_bring_lots(collection->cluster, collection->lots, collection->root);
  for (unsigned r = 0; r < collection->count; r++)
    synched__report_adopt(collection->parcels[r].report, &collection->parcels[r].kept);
  return status;
}

/* Makes all times those of the root's clock. */
static void set_clocks(struct collection *collection) {
  for (unsigned r = 0; r < collection->count; r++) {
    struct synched_report *report = collection->parcels[r].report;
    const struct synched__clock_offset *offset = &collection->offsets[r];
    const char *clock = collection->heads[r].clock;
    if (clock[0] != '\0' && strcmp(clock, collection->own.clock) == 0)
      continue;
    report->ranks[0].clock_ns = offset->ns;
    report->ranks[0].clock_error_ns = offset->error_ns;
    synched__report_shift(report, offset->ns);
  }
}

static int join(struct collection *collection, struct synched_report **out) {
  struct synched_report **reports = synched__alloc(collection->count, sizeof *reports);
  if (reports == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for a report of %u ranks", collection->count);
  set_clocks(collection);
  for (unsigned r = 0; r < collection->count; r++)
    reports[r] = collection->parcels[r].report;
  const int status = synched__report_join(out, reports, collection->count);
  synched__free(reports);
  return status;
}

static int allocate(struct collection *collection) {
  collection->heads = synched__alloc(collection->count, sizeof *collection->heads);
  collection->parcels = synched__alloc(collection->count, sizeof *collection->parcels);
  collection->lots = synched__alloc(collection->count, sizeof *collection->lots);
  collection->offsets = synched__alloc(collection->count, sizeof *collection->offsets);
  if (collection->heads != NULL && collection->parcels != NULL && collection->lots != NULL &&
      collection->offsets != NULL)
    return 0;
  return synched__fail(SYNCHED_ENOMEM, "no memory for the reports of %u ranks", collection->count);
}

/* `own` is this rank's, or NULL for `status`. */
static int collect(struct collection *collection, struct synched_report *own, int status,
                   struct synched_report **out) {
  struct synched_cluster *cluster = collection->cluster;
  if (status == 0)
    status = allocate(collection);
  if (status == 0) {
    struct parcel *parcel = &collection->parcels[is_root(collection) ? collection->root : 0];
    parcel->report = own;
    collection->own.shape = shape_of(own);
    synched__machine_clock(collection->own.clock);
    set_pieces(parcel, &collection->own.shape);
  }
  status = agree(collection, status);
  if (status == 0)
    status = synched__cluster_bring(cluster, &collection->own, collection->heads,
                                    sizeof collection->own, collection->root);
  if (status == 0)
    status = agree(collection, make_room(collection));
  if (status == 0)
    status = bring_reports(collection);
  if (status == 0)
    status = synched__cluster_compare_clocks(cluster, collection->offsets, collection->root);
  return status == 0 && is_root(collection) ? join(collection, out) : status;
}

static void end(struct collection *collection, const struct synched_report *own) {
  for (unsigned r = 0; collection->parcels != NULL && r < collection->count; r++)
    if (collection->parcels[r].report != own)
      synched_report_destroy(collection->parcels[r].report);
  synched__free(collection->offsets);
  synched__free(collection->lots);
  synched__free(collection->parcels);
  synched__free(collection->heads);
}

int synched_cluster_report(struct synched_job *job, struct synched_report **out, unsigned root) {
  if (out == NULL)
    return synched__fail(SYNCHED_EINVAL, "the report to make is NULL");
  *out = NULL;
  int status = synched__job_check(job);
  if (status != 0)
    return status;
  if (job->work.link == NULL)
    return synched__fail(SYNCHED_EINVAL, "the job is none of a cluster");
  struct synched_cluster *cluster = job->work.link->cluster;
  const unsigned rank_count = cluster->transport.rank_count;
  if (root >= rank_count)
    return synched__fail(SYNCHED_EINVAL, "the root is rank %u; there are %u", root, rank_count);
  struct synched_report *own = NULL;
  struct collection collection = {
      .cluster = cluster, .root = root, .count = cluster->transport.rank == root ? rank_count : 1};
  status = synched_job_report(job, &own);
  status = collect(&collection, own, status, out);
  end(&collection, own);
  synched_report_destroy(own);
  return status;
}
