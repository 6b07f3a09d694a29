/*
 * resume.c: a job goes on from a folder.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/check.h"
#include "api/start.h"
#include "base/error.h"
#include "base/options.h"
#include "checkpoint/joint.h"
#include "checkpoint/load.h"
#include "job/requests.h"
#include "platform/disk.h"
#include "platform/system_text.h"

/* So often the newest generation may be gone before it is opened, because somebody writes newer
 * ones. */
#define ATTEMPTS_MOST 100u

struct resuming {
  struct synched_job *job;
  struct synched__loading loading;
  /* what others see as the folder */
  const char *path;
  int folder;
  uint64_t identity[2];
  struct synched_checkpoint_resumed resumed;
};

/* --- several ranks: what one rank finds, all do; of one rank this does nothing --- */

static struct synched__verdict begin_verdict(const struct resuming *resuming) {
  const struct synched__link *link = resuming->job->work.link;
  return synched__verdict_begin(link == NULL ? 0 : link->cluster->transport.rank);
}

static bool leads(const struct resuming *resuming) {
  return begin_verdict(resuming).rank == 0;
}

/* All ranks' status, with a sentence. */
static int agree_with(const struct resuming *resuming, struct synched__verdict *verdict, int status,
                      const char *doing) {
  struct synched__link *link = resuming->job->work.link;
  return link == NULL ? status : synched__joint_tell(link, verdict, status, doing);
}

static int agree(const struct resuming *resuming, int status, const char *doing) {
  struct synched__verdict verdict = begin_verdict(resuming);
  return agree_with(resuming, &verdict, status, doing);
}

/* --- the newest generation that is whole --- */

/* What is wrong with a generation that is passed over. */
static void note_damage(struct resuming *resuming, unsigned generation) {
  struct synched_checkpoint_resumed *resumed = &resuming->resumed;
  const size_t length = strlen(resumed->note);
  (void)snprintf(resumed->note + length, sizeof resumed->note - length,
                 "; generation %u is damaged: %.100s", generation, synched_error_message());
  resumed->damaged_count++;
}

static int none(const struct resuming *resuming) {
  const unsigned damaged_count = resuming->resumed.damaged_count;
  if (damaged_count == 0)
    return synched__fail(SYNCHED_ENOENT, "there is no checkpoint in %s", resuming->path);
  return synched__fail(SYNCHED_EIO, "no checkpoint in %.60s can be read%s", resuming->path,
                       resuming->resumed.note);
}

/* The newest one below a limit, as the first rank sees it. */
static int look_below(const struct resuming *resuming, unsigned limit, unsigned *generation) {
  const int status = synched__generations_below(resuming->folder, limit, generation);
  if (status < 0)
    return synched__fail(status, "%s could not be listed: %s", resuming->path,
                         synched__system_text(-status).bytes);
  return status == 0 ? none(resuming) : 0;
}

static int find_below(const struct resuming *resuming, unsigned limit, unsigned *generation) {
  struct synched__verdict verdict = begin_verdict(resuming);
  *generation = 0;
  int status = leads(resuming) ? look_below(resuming, limit, generation) : 0;
  verdict.high[0] = *generation;
  status = agree_with(resuming, &verdict, status, "find a checkpoint");
  *generation = (unsigned)verdict.high[0];
  return status;
}

/* All ranks look at what they need of a generation. SYNCHED_ENOENT, SYNCHED_EIO as
 * synched__loading_verify. */
static int verify(struct resuming *resuming, unsigned generation) {
  int status = synched__loading_verify(&resuming->loading, resuming->folder, generation);
  if (status == SYNCHED_ENOENT)
    (void)synched__fail(status, "generation %u in %.80s is not there", generation, resuming->path);
  status = agree(resuming, status, "read it");
  if (status != 0)
    synched__loading_close_folder(&resuming->loading);
  return status;
}

static int find(struct resuming *resuming) {
  unsigned limit = UINT32_MAX;
  unsigned missing = 0;
  for (unsigned attempts = 0; attempts < ATTEMPTS_MOST;) {
    unsigned generation;
    int status = find_below(resuming, limit, &generation);
    if (status != 0)
      return status;
    status = verify(resuming, generation);
    if (status == 0) {
      resuming->resumed.generation = generation;
      return 0;
    }
    if (status == SYNCHED_ENOENT && generation == missing && resuming->job->work.link != NULL)
      return synched__fail(SYNCHED_EIO,
                           "generation %u in %.80s is there for the first rank, and not for each "
                           "other one; ranks need a folder that they share",
                           generation, resuming->path);
    if (status == SYNCHED_ENOENT) {
      missing = generation;
      attempts++;
      continue;
    }
    if (status != SYNCHED_EIO) {
      char reason[256];
      (void)snprintf(reason, sizeof reason, "%s", synched_error_message());
      return synched__fail(status, "generation %u in %.80s: %s", generation, resuming->path,
                           reason);
    }
    note_damage(resuming, generation);
    limit = generation;
  }
  return synched__fail(SYNCHED_EIO, "the checkpoints in %s are removed as they are read",
                       resuming->path);
}

/* --- the job's content --- */

static int read_content(struct resuming *resuming, const struct synched__restoring *restoring) {
  int status = synched__loading_read(&resuming->loading, restoring);
  status = agree(resuming, status, "read it");
  if (status == 0)
    return 0;
  char reason[256];
  (void)snprintf(reason, sizeof reason, "%s", synched_error_message());
  return synched__fail(SYNCHED_EIO,
                       "generation %u in %.60s has changed while it was read, and the job's "
                       "content is undefined: %s",
                       resuming->resumed.generation, resuming->path, reason);
}

static int set_content(struct resuming *resuming) {
  const struct synched__manifest *manifest = &resuming->loading.manifest;
  struct synched__restoring restoring = {.fields = resuming->job->work.fields};
  const struct synched__restored now = {manifest->round, manifest->fold, manifest->folds};
  restoring.count = synched__plan_memories(resuming->job, restoring.memories);
  const int opened = synched__restoring_open(&restoring);
  int status = agree(resuming, opened, "change its memories");
  if (status == 0)
    status = read_content(resuming, &restoring);
  if (opened == 0)
    synched__restoring_close(&restoring, status == 0 ? &now : NULL);
  return status;
}

/* What the job knows of itself. */
static void set_job(struct resuming *resuming) {
  const struct synched__manifest *manifest = &resuming->loading.manifest;
  struct synched__setup *setup = &resuming->job->setup;
  struct synched_checkpoint_resumed *resumed = &resuming->resumed;
  char passed_over[sizeof resumed->note];
  setup->initialised = true;
  setup->counted_from = manifest->counted_from;
  setup->is_rest = true;
  memcpy(setup->resumed.folder, resuming->identity, sizeof resuming->identity);
  setup->resumed.generation = resumed->generation;
  resumed->round = manifest->round;
  resumed->fold = manifest->fold;
  resumed->rounds_left =
      synched__job_rounds_left(resuming->job, manifest->counted_from, manifest->round);
  memcpy(passed_over, resumed->note, sizeof passed_over);
  (void)snprintf(resumed->note, sizeof resumed->note, "round %" PRIu64 " of generation %u%.190s",
                 resumed->round, resumed->generation, passed_over);
}

static int resume_from(struct resuming *resuming) {
  int status = find(resuming);
  if (status == 0) {
    synched__job_end_advances(resuming->job);
    status = set_content(resuming);
  }
  if (status == 0)
    set_job(resuming);
  return status;
}

static int open_folder(struct resuming *resuming) {
  resuming->folder = synched__disk_open_folder(resuming->path);
  if (resuming->folder == SYNCHED_ENOENT)
    return synched__fail(SYNCHED_ENOENT, "there is no folder %s", resuming->path);
  const int status = resuming->folder < 0
                         ? resuming->folder
                         : synched__disk_identity(resuming->folder, resuming->identity);
  return status == 0 ? 0
                     : synched__fail(status, "%s could not be opened: %s", resuming->path,
                                     synched__system_text(-status).bytes);
}

/* Whether all ranks have come so far, and are asked for the same. A folder that the first rank has,
 * and another one has not, is no beginning. */
static int open_together(const struct resuming *resuming,
                         const struct synched_checkpoint_options *options, int status) {
  struct synched__verdict verdict = begin_verdict(resuming);
  const bool lacks = status == SYNCHED_ENOENT && !leads(resuming);
  const struct synched_checkpoint_options same = {.dtypes = options->dtypes,
                                                  .dtype_count = options->dtype_count,
                                                  .leaves_out = options->leaves_out};
  if (lacks)
    status = SYNCHED_EIO;
  verdict.low[0] = verdict.high[0] = status == 0 ? synched__joint_digest(&same) : 0;
  status = agree_with(resuming, &verdict, status, "open the folder, which ranks must share");
  return status == 0 && verdict.low[0] != verdict.high[0]
             ? synched__fail(SYNCHED_EINVAL, "the ranks differ in what they resume")
             : status;
}

static int resume_by(struct resuming *resuming, const struct synched_checkpoint_options *options,
                     int status) {
  if (status == 0)
    status = open_folder(resuming);
  status = open_together(resuming, options, status);
  if (status == 0)
    status = resume_from(resuming);
  if (resuming->folder >= 0)
    (void)synched__disk_close(resuming->folder);
  return status;
}

/* What this rank needs. */
static int prepare(struct resuming *resuming, struct synched__plan *plan,
                   const struct synched_checkpoint_options *options) {
  const int status = synched__plan_init(plan, resuming->job, options);
  return status != 0 ? status : synched__loading_init(&resuming->loading, plan);
}

static bool is_at_rest(struct synched_job *job) {
  const enum synched_job_state state = synched__requests_state(job);
  return state == SYNCHED_JOB_READY || state == SYNCHED_JOB_ENDED;
}

int synched_checkpoint_resume(struct synched_job *job,
                              const struct synched_checkpoint_options *options,
                              struct synched_checkpoint_resumed *out) {
  static const struct synched__options_spec spec = {"synched_checkpoint_resumed",
                                                    sizeof(struct synched_checkpoint_resumed),
                                                    sizeof(struct synched_checkpoint_resumed)};
  struct synched_checkpoint_options read = synched_checkpoint_options_default();
  struct synched__plan plan;
  struct resuming resuming = {.job = job, .folder = -1, .loading = {.folder = -1}};
  int status = synched__job_check(job);
  if (status != 0)
    return status;
  /* Of several ranks that run nobody listens. */
  if (job->work.link != NULL && !is_at_rest(job))
    return synched__fail(SYNCHED_EBUSY, "the job is running");
  status = synched__plan_read_options(&read, options);
  if (status == 0 && (out == NULL || out->struct_size < sizeof out->struct_size))
    status = synched__out_write(out, &resuming.resumed, &spec);
  if (status == 0)
    status = prepare(&resuming, &plan, &read);
  if (status == 0 && !is_at_rest(job))
    status = synched__fail(SYNCHED_EBUSY, "the job is running");
  resuming.path = read.folder;
  status = resume_by(&resuming, &read, status);
  synched__loading_deinit(&resuming.loading);
  return status != 0 ? status : synched__out_write(out, &resuming.resumed, &spec);
}
