#include "checkpoint/joint.h"

#include <string.h>

#include <xxhash.h>

#include "base/error.h"
#include "platform/alloc.h"
#include "platform/clock.h"
#include "platform/disk.h"
#include "platform/system_text.h"
#include "platform/thread.h"

/* Who waits for another rank's disk may take its time. */
#define NAP_NS 500000u

static unsigned rank_of(const struct synched__link *link) {
  return link->cluster->transport.rank;
}

/* --- what ranks tell each other --- */

/* The status of all, after they have told each other; this rank's own has its sentence. */
static int conclude(const struct synched__verdict *verdict, unsigned rank, const char *doing) {
  if (verdict->code == 0 || verdict->rank == rank)
    return verdict->code;
  return synched__fail(verdict->code, "rank %u could not %s: %s", verdict->rank, doing,
                       synched__system_text(-verdict->code).bytes);
}

int synched__joint_tell(struct synched__link *link, struct synched__verdict *verdict, int status,
                        const char *doing) {
  verdict->code = status;
  const int trouble = synched__link_agree(link, verdict);
  return trouble != 0 ? trouble : conclude(verdict, rank_of(link), doing);
}

/* The same of the thread that writes. */
static int tell(struct synched__joint *joint, struct synched__verdict *verdict, int status,
                const char *doing) {
  verdict->code = status;
  const int trouble = synched__agree(&joint->agreement, verdict);
  if (trouble != 0)
    return synched__fail(trouble, "%s", joint->wire.text);
  return conclude(verdict, joint->rank, doing);
}

/* --- a generation --- */

/* The name of an attempt, which no other one in the same folder has had. */
static uint64_t make_token(const struct synched__generations *generations) {
  uint64_t parts[4] = {synched__clock_ns(), synched__thread_id()};
  (void)synched__disk_identity(generations->folder, parts + 2);
  return XXH3_64bits_withSeed(parts, sizeof parts, generations->newest) | 1;
}

static int begin(struct synched__generations *generations, const struct synched__plan *plan,
                 uint64_t token) {
  const int status = synched__generation_begin(generations, token);
  return status != 0 ? status
                     : synched__files_make(&generations->files, plan, generations->writing);
}

/* The first rank makes the files, and all know where. */
static int begin_together(struct synched__joint *joint, struct synched__generations *generations,
                          const struct synched__manifest *manifest, uint64_t *token) {
  struct synched__verdict verdict = synched__verdict_begin(joint->rank);
  int status = 0;
  verdict.low[0] = verdict.high[0] = manifest->round;
  if (synched__joint_leads(joint)) {
    verdict.high[1] = make_token(generations);
    status = begin(generations, manifest->plan, verdict.high[1]);
  }
  status = tell(joint, &verdict, status, "begin a generation");
  *token = verdict.high[1];
  if (status == 0 && verdict.low[0] != verdict.high[0])
    return synched__fail(SYNCHED_EINVAL,
                         "the ranks write different rounds, %llu to %llu: they must save and be "
                         "asked alike",
                         (unsigned long long)verdict.low[0], (unsigned long long)verdict.high[0]);
  return status;
}

static int write_own(const struct synched__joint *joint, struct synched__generations *generations,
                     struct synched__manifest *manifest, const struct synched__files_data *data,
                     uint64_t token) {
  const int status = synched__joint_leads(joint) ? 0 : synched__generation_find(generations, token);
  return status != 0
             ? status
             : synched__files_write_part(&generations->files, manifest, data, generations->writing);
}

/* What each rank knows of its part goes to the first one, whatever has come of it; then all know
 * whether all parts are safe. */
static int finish_parts(struct synched__joint *joint, int status) {
  struct synched__verdict verdict = synched__verdict_begin(joint->rank);
  synched__wire_start(&joint->wire, &joint->parts);
  synched__wire_wait(&joint->wire, &joint->parts);
  return tell(joint, &verdict, status, "write its part");
}

/* Pieces that no rank has the whole of: these have the end of one rank's segments in them. */
static int sum_borders(const struct synched__joint *joint, struct synched__generations *generations,
                       struct synched__manifest *manifest) {
  const struct synched__plan *plan = manifest->plan;
  const struct synched_cluster *cluster = joint->link->cluster;
  int status = 0;
  for (unsigned r = 1; status == 0 && r < cluster->transport.rank_count; r++) {
    const size_t first = synched_cluster_segments(cluster, plan->segment_count, r).first;
    if (first % plan->piece_segments != 0)
      status = synched__files_sum_piece(&generations->files, manifest, first / plan->piece_segments,
                                        generations->writing);
  }
  return status;
}

static int complete_together(struct synched__joint *joint, struct synched__generations *generations,
                             struct synched__manifest *manifest) {
  struct synched__verdict verdict = synched__verdict_begin(joint->rank);
  int status = 0;
  if (synched__joint_leads(joint)) {
    status = sum_borders(joint, generations, manifest);
    if (status == 0)
      status = synched__generation_complete(generations, manifest);
    verdict.high[1] = generations->newest;
  }
  status = tell(joint, &verdict, status, "complete the generation");
  if (verdict.high[1] != 0)
    generations->newest = (unsigned)verdict.high[1];
  return status;
}

int synched__joint_write(struct synched__joint *joint, struct synched__generations *generations,
                         struct synched__manifest *manifest,
                         const struct synched__files_data *data) {
  uint64_t token;
  int status = begin_together(joint, generations, manifest, &token);
  if (status == 0)
    status = finish_parts(joint, write_own(joint, generations, manifest, data, token));
  if (status == 0)
    status = complete_together(joint, generations, manifest);
  synched__generation_leave(generations);
  return status;
}

/* --- messages --- */

const size_t *synched__joint_counts(struct synched__joint *joint, const struct synched__plan *plan,
                                    unsigned field, const size_t *counts) {
  memcpy(joint->counts[field] + plan->own.first, counts + plan->own.first,
         plan->own.count * sizeof *counts);
  return joint->counts[field];
}

/* What is known of a rank's segments: two pieces of each field, or none. Returns how many. */
static size_t pack(const struct synched__joint *joint, const struct synched__manifest *manifest,
                   struct synched_segments segments, struct synched_piece *pieces) {
  const struct synched__plan *plan = manifest->plan;
  const struct synched__pieces whole = synched__plan_whole(plan, segments);
  size_t count = 0;
  for (unsigned f = 0; segments.count != 0 && f < plan->field_count; f++) {
    pieces[count++] =
        (struct synched_piece){joint->counts[f] + segments.first, segments.count * sizeof(size_t)};
    pieces[count++] = (struct synched_piece){manifest->sums[f] + whole.first,
                                             (whole.behind - whole.first) * sizeof(uint64_t)};
  }
  return count;
}

static int make_group(struct synched__joint *joint, const struct synched__manifest *manifest,
                      struct synched_message *messages, struct synched_piece *pieces) {
  const struct synched_cluster *cluster = joint->link->cluster;
  const bool leads = synched__joint_leads(joint);
  const unsigned end = leads ? cluster->transport.rank_count : joint->rank + 1;
  size_t count = 0;
  for (unsigned r = leads ? 1 : joint->rank; r < end; r++) {
    const struct synched_segments segments =
        synched_cluster_segments(cluster, manifest->plan->segment_count, r);
    const size_t packed = pack(joint, manifest, segments, pieces);
    if (packed == 0)
      continue;
    messages[count++] = (struct synched_message){.peer = leads ? r : 0,
                                                 .is_received = leads,
                                                 .tag = synched__link_saver_tag(joint->link) + 1,
                                                 .piece_count = packed,
                                                 .pieces = pieces};
    pieces += packed;
  }
  return synched__wire_make(&joint->wire, &joint->parts, messages, count);
}

static int make_parts(struct synched__joint *joint, const struct synched__manifest *manifest) {
  const size_t rank_count = joint->link->cluster->transport.rank_count;
  const size_t ranks = synched__joint_leads(joint) ? rank_count : 1;
  struct synched_message *messages = synched__alloc(ranks, sizeof *messages);
  struct synched_piece *pieces =
      synched__alloc(ranks * 2 * manifest->plan->field_count, sizeof *pieces);
  const int status = messages == NULL || pieces == NULL
                         ? synched__fail(SYNCHED_ENOMEM, "no memory for messages of a checkpoint")
                         : make_group(joint, manifest, messages, pieces);
  synched__free(messages);
  synched__free(pieces);
  return status;
}

static int make_counts(struct synched__joint *joint, const struct synched__plan *plan) {
  for (unsigned f = 0; f < plan->field_count; f++) {
    joint->counts[f] = synched__alloc(plan->segment_count, sizeof *joint->counts[f]);
    if (joint->counts[f] == NULL)
      return synched__fail(SYNCHED_ENOMEM, "no memory for the counts of %zu segments",
                           plan->segment_count);
  }
  return 0;
}

int synched__joint_init(struct synched__joint *joint, struct synched__manifest *manifest) {
  const struct synched__plan *plan = manifest->plan;
  struct synched__link *link = plan->job->work.link;
  *joint = (struct synched__joint){.link = link};
  if (link == NULL)
    return 0;
  if (link->saver_trouble != 0)
    return synched__fail(link->saver_trouble, "messages of an earlier checkpoint of the job have "
                                              "not arrived; it can have no other one");
  joint->rank = rank_of(link);
  joint->wire.transport = &link->cluster->transport;
  joint->wire.timeout_ns = link->cluster->wire.timeout_ns;
  joint->wire.nap_ns = NAP_NS;
  int status = make_counts(joint, plan);
  if (status == 0)
    status = make_parts(joint, manifest);
  if (status != 0)
    return status;
  status = synched__agreement_init(&joint->agreement, link->cluster, &joint->wire,
                                   synched__link_saver_tag(link), NULL);
  return status == SYNCHED_ENOMEM ? synched__fail(status, "no memory for messages of a checkpoint")
                                  : status;
}

void synched__joint_deinit(struct synched__joint *joint) {
  if (joint->link == NULL)
    return;
  if (joint->agreement.wire != NULL)
    synched__agreement_deinit(&joint->agreement);
  if (joint->wire.transport != NULL) {
    synched__wire_unmake(&joint->wire, &joint->parts);
    if (synched__wire_status(&joint->wire) != 0)
      joint->link->saver_trouble = synched__wire_status(&joint->wire);
  }
  for (unsigned f = 0; f < SYNCHED_FIELDS_MAX; f++)
    synched__free(joint->counts[f]);
}

/* --- the beginning --- */

uint64_t synched__joint_digest(const struct synched_checkpoint_options *options) {
  const uint64_t numbers[] = {options->flags, options->every_rounds, options->overlap,
                              options->leaves_out};
  uint64_t digest = XXH3_64bits(numbers, sizeof numbers);
  for (unsigned f = 0; f < options->dtype_count; f++) {
    const char *dtype = options->dtypes[f] == NULL ? "" : options->dtypes[f];
    digest = XXH3_64bits_withSeed(dtype, strlen(dtype) + 1, digest);
  }
  return digest;
}

/* Whether this rank sees what the first one has just made. */
static int look_for(struct synched__generations *generations, const char *path, uint64_t token) {
  const int status = synched__generations_join(generations, path);
  return status != 0 ? status : synched__generation_find(generations, token);
}

int synched__joint_open(struct synched__link *link, struct synched__generations *generations,
                        const struct synched_checkpoint_options *options, int status) {
  struct synched__verdict verdict = synched__verdict_begin(rank_of(link));
  const bool leads = rank_of(link) == 0;
  verdict.low[0] = verdict.high[0] = status == 0 ? synched__joint_digest(options) : 0;
  if (leads && status == 0) {
    verdict.high[1] = make_token(generations);
    verdict.high[2] = generations->newest;
    status = synched__generation_begin(generations, verdict.high[1]);
  }
  status = synched__joint_tell(link, &verdict, status, "make its checkpoint");
  if (status == 0 && verdict.low[0] != verdict.high[0])
    status = synched__fail(SYNCHED_EINVAL, "the ranks' checkpoints differ in their options");
  if (status == 0) {
    struct synched__verdict seen = synched__verdict_begin(rank_of(link));
    const int own = leads ? 0 : look_for(generations, options->folder, verdict.high[1]);
    status = synched__joint_tell(link, &seen, own,
                                 "find the folder of the first rank, which all must share");
    generations->newest = (unsigned)verdict.high[2];
  }
  synched__generation_leave(generations);
  return status;
}
