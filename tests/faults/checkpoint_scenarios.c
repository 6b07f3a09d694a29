/*
 * checkpoint_scenarios.c: a job's round is written to a folder, and a job goes on from one: on one
 * rank, and on the only rank of a cluster, where it is done in the steps that ranks share.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <synched/synched.h>

#include "faults/scenario.h"
#include "support/local_ranks.h"
#include "support/saved.h"

#define ROUND 3u

static struct saved saved;
static struct local_ranks *ranks;
static struct synched_cluster *cluster;
/* the content of the job when it has done so many rounds, and at an attempt's beginning */
static uint64_t reached_sum, before_sum;

static const char *state_folder(void) {
  return faults_path("state");
}

static struct synched_checkpoint_options options(void) {
  return saved_checkpoint(state_folder());
}

/* --- the job --- */

static void open_job(void) {
  saved_open(&saved, &(struct saved_options){.worker_count = 1, .cluster = cluster});
  FAULTS_MUST(synched_job_advance(saved.job, ROUND));
  reached_sum = saved_sum(&saved);
}

static void open_cluster(void) {
  ranks = local_ranks_new(1, 0);
  FAULTS_CHECK(ranks != NULL, "no ranks");
  const struct synched_transport transport = local_ranks_transport(ranks, 0);
  FAULTS_MUST(synched_cluster_create_over(&cluster, &transport, NULL));
}

static void open_joint(void) {
  open_cluster();
  open_job();
}

static void close_job(void) {
  saved_close(&saved);
  saved_remove(state_folder());
  FAULTS_MUST(synched_cluster_destroy(cluster));
  cluster = NULL;
  if (ranks != NULL)
    local_ranks_end(ranks);
  ranks = NULL;
}

/* --- writing --- */

/* Whether anything is refused in the attempt. */
static bool is_refused;

static int save(void) {
  const struct synched_checkpoint_options how = options();
  struct synched_checkpoint *checkpoint = (struct synched_checkpoint *)&saved;
  is_refused = faults_armed() != NULL;
  int status = synched_checkpoint_create(&checkpoint, saved.job, &how);
  FAULTS_CHECK(status == 0 || checkpoint == NULL, "a checkpoint that was refused is not NULL");
  if (status == 0)
    status = synched_checkpoint_save(checkpoint);
  FAULTS_MUST(synched_checkpoint_destroy(checkpoint));
  return status;
}

static void resume_at(uint64_t round) {
  const struct synched_checkpoint_options how = options();
  struct synched_checkpoint_resumed resumed = {.struct_size = sizeof resumed};
  FAULTS_MUST(synched_checkpoint_resume(saved.job, &how, &resumed));
  FAULTS_CHECK(resumed.round == round && resumed.damaged_count == 0, "%s", resumed.note);
  FAULTS_CHECK(saved_sum(&saved) == reached_sum, "what was written is another content");
}

/* Into a folder that is missing; the same must be missing for the next attempt. */
static void verify_new(int status) {
  FAULTS_CHECK(saved_sum(&saved) == reached_sum, "the job has another content");
  if (status == 0)
    resume_at(ROUND);
  saved_remove(state_folder());
}

/* Where there are as many generations as are kept. */
static void open_again(void) {
  open_job();
  FAULTS_MUST(save());
  FAULTS_MUST(save());
}

/* Whatever was refused, the newest generation is whole; and who comes next tidies up. */
static void verify_again(int status) {
  (void)status;
  const struct saved_entries entries = saved_entries(state_folder());
  FAULTS_CHECK(entries.generations >= 2, "%u generations are left", entries.generations);
  FAULTS_CHECK(is_refused || (entries.generations == 2 && entries.others == 0),
               "%u generations, and %u besides", entries.generations, entries.others);
  resume_at(ROUND);
}

/* --- going on --- */

static int resume(void) {
  const struct synched_checkpoint_options how = options();
  struct synched_checkpoint_resumed resumed = {.struct_size = sizeof resumed};
  before_sum = saved_sum(&saved);
  return synched_checkpoint_resume(saved.job, &how, &resumed);
}

/* A job at its beginning, and a folder with one generation. */
static void begin_anew(void) {
  saved_close(&saved);
  saved_open(&saved, &(struct saved_options){.worker_count = 1, .cluster = cluster});
}

static void open_resume(void) {
  open_job();
  FAULTS_MUST(save());
  begin_anew();
}

static void open_resume_joint(void) {
  open_cluster();
  open_resume();
}

/* All of it or nothing; where the files fail at their second reading, it is said to be neither. */
static void verify_resume(int status) {
  const uint64_t sum = saved_sum(&saved);
  if (status == 0)
    FAULTS_CHECK(sum == reached_sum, "it is another content");
  else if (strstr(synched_error_message(), "has changed while it was read") == NULL)
    FAULTS_CHECK(sum == before_sum, "what was refused has changed the content");
  begin_anew();
}

/* A file that cannot be read is damage, and so is all that fails when the job's content is being
 * replaced. */
#define READS .also = {SYNCHED_EIO, SYNCHED_ENOENT}

#define SAVES .attempt = save, .close = close_job
#define RESUMES .attempt = resume, .verify = verify_resume, .close = close_job

const struct faults_scenario faults_checkpoint_scenarios[] = {
    {.name = "checkpoint_again", .open = open_again, .verify = verify_again, SAVES},
    /* Where it is said to be there already, and is not, it cannot be opened. */
    {.name = "checkpoint", .also = {SYNCHED_ENOENT}, .open = open_job, .verify = verify_new, SAVES},
    /* Ranks look for a folder, and remove it; or the next checkpoint does. One that they do not
     * find is on another disk. */
    {.name = "checkpoint_joint",
     .gets_over = FAULTS_FILE,
     .also = {SYNCHED_ENOENT, SYNCHED_EIO},
     .open = open_joint,
     .verify = verify_new,
     SAVES},
    {.name = "resume", READS, .open = open_resume, RESUMES},
    {.name = "resume_joint", READS, .open = open_resume_joint, RESUMES},
    FAULTS_LIST_END};
