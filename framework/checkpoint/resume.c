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
#include "checkpoint/generation.h"
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

/* Finds the newest generation that is whole. */
static int find(struct resuming *resuming) {
  unsigned limit = UINT32_MAX;
  for (unsigned attempts = 0; attempts < ATTEMPTS_MOST;) {
    unsigned generation;
    int status = synched__generations_below(resuming->folder, limit, &generation);
    if (status < 0)
      return synched__fail(status, "%s could not be listed: %s", resuming->path,
                           synched__system_text(-status).bytes);
    if (status == 0)
      return none(resuming);
    status = synched__loading_verify(&resuming->loading, resuming->folder, generation);
    if (status == 0) {
      resuming->resumed.generation = generation;
      return 0;
    }
    synched__loading_close_folder(&resuming->loading);
    if (status == SYNCHED_ENOENT) {
      attempts++;
      continue;
    }
    if (status != SYNCHED_EIO)
      return synched__fail(status, "generation %u in %.80s: %s", generation, resuming->path,
                           synched_error_message());
    note_damage(resuming, generation);
    limit = generation;
  }
  return synched__fail(SYNCHED_EIO, "the checkpoints in %s are removed as they are read",
                       resuming->path);
}

static int set_content(struct resuming *resuming) {
  const struct synched__manifest *manifest = &resuming->loading.manifest;
  struct synched__restoring restoring = {.fields = resuming->job->work.fields};
  const struct synched__restored now = {manifest->round, manifest->fold, manifest->folds};
  restoring.count = synched__plan_memories(resuming->job, restoring.memories);
  int status = synched__restoring_open(&restoring);
  if (status != 0)
    return status;
  status = synched__loading_read(&resuming->loading, &restoring);
  synched__restoring_close(&restoring, status == 0 ? &now : NULL);
  if (status != 0)
    return synched__fail(SYNCHED_EIO,
                         "generation %u in %.60s has changed while it was read, and the job's "
                         "content is undefined: %s",
                         resuming->resumed.generation, resuming->path, synched_error_message());
  return 0;
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

static int resume_by(struct resuming *resuming, const struct synched__plan *plan) {
  int status = synched__loading_init(&resuming->loading, plan);
  if (status == 0)
    status = open_folder(resuming);
  if (status == 0)
    status = resume_from(resuming);
  if (resuming->folder >= 0)
    (void)synched__disk_close(resuming->folder);
  synched__loading_deinit(&resuming->loading);
  return status;
}

int synched_checkpoint_resume(struct synched_job *job,
                              const struct synched_checkpoint_options *options,
                              struct synched_checkpoint_resumed *out) {
  static const struct synched__options_spec spec = {"synched_checkpoint_resumed",
                                                    sizeof(struct synched_checkpoint_resumed),
                                                    sizeof(struct synched_checkpoint_resumed)};
  struct synched_checkpoint_options read;
  struct synched__plan plan;
  struct resuming resuming = {.job = job, .folder = -1};
  int status = synched__job_check(job);
  if (status == 0)
    status = synched__plan_read_options(&read, options);
  if (status == 0 && (out == NULL || out->struct_size < sizeof out->struct_size))
    status = synched__out_write(out, &resuming.resumed, &spec);
  if (status == 0)
    status = synched__plan_init(&plan, job, &read);
  if (status != 0)
    return status;
  const enum synched_job_state state = synched__requests_state(job);
  if (state != SYNCHED_JOB_READY && state != SYNCHED_JOB_ENDED)
    return synched__fail(SYNCHED_EBUSY, "the job is running");
  resuming.path = read.folder;
  status = resume_by(&resuming, &plan);
  return status != 0 ? status : synched__out_write(out, &resuming.resumed, &spec);
}
