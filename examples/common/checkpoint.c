#include "common/checkpoint.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_NS 1e9
#define DEFAULT_NS UINT64_C(10000000000)
#define SECONDS_LEAST 0.001
#define SECONDS_MOST 1e9

static int parse_seconds(uint64_t *out, const char *text, struct example_error *error) {
  char number[24];
  double seconds = 0;
  const size_t length = strlen(text) - 1;
  if (length >= sizeof number)
    return example_fail(error, 0, "'%.40s' is too long for a time", text);
  memcpy(number, text, length);
  number[length] = '\0';
  if (example_positive_parse(&seconds, number, error) != 0)
    return -1;
  if (seconds < SECONDS_LEAST || seconds > SECONDS_MOST)
    return example_fail(error, 0, "'%s' is not within %gs and %gs", text, SECONDS_LEAST,
                        SECONDS_MOST);
  *out = (uint64_t)(seconds * SECOND_NS);
  return 0;
}

int example_every_parse(void *every, const char *text, struct example_error *error) {
  static const struct example_range rounds = {1, UINT64_MAX};
  struct example_every read = {0, 0};
  const size_t length = strlen(text);
  const int status = length > 1 && text[length - 1] == 's'
                         ? parse_seconds(&read.ns, text, error)
                         : example_number_parse(&read.rounds, text, rounds, error);
  if (status == 0)
    *(struct example_every *)every = read;
  return status;
}

int example_checkpoint_check(const struct example_checkpoint_options *options,
                             const char *program) {
  const bool has_every = options->every.rounds != 0 || options->every.ns != 0;
  if (options->folder != NULL || (!has_every && !options->resumes))
    return 0;
  fprintf(stderr, "%s: --%s needs --checkpoint FOLDER\n", program, has_every ? "every" : "resume");
  return -1;
}

/* --- the beginning --- */

static int resume(struct example_checkpoint *checkpoint,
                  const struct synched_checkpoint_options *options, struct example_error *error) {
  struct synched_checkpoint_resumed *const resumed = &checkpoint->resumed;
  resumed->struct_size = sizeof *resumed;
  const int status = synched_checkpoint_resume(checkpoint->job, options, resumed);
  if (status != 0 && status != SYNCHED_ENOENT)
    return example_fail(error, 0, "%s", synched_error_message());
  if (status == 0 && resumed->damaged_count != 0 && example_ranks_tells(checkpoint->ranks))
    fprintf(stderr, "%s: warning: %s\n", checkpoint->program, resumed->note);
  return 0;
}

static void tell_failure(struct synched_checkpoint *of,
                         const struct synched_checkpoint_written *written, void *user) {
  const struct example_checkpoint *const checkpoint = user;
  (void)of;
  if (written->status != 0 && example_ranks_tells(checkpoint->ranks))
    fprintf(stderr, "%s: warning: round %" PRIu64 " is not written: %s\n", checkpoint->program,
            written->round, written->message);
}

int example_checkpoint_open(struct example_checkpoint *out, struct synched_job *job,
                            const struct synched_checkpoint_options *how,
                            struct example_error *error) {
  const struct example_checkpoint_options *const options = out->options;
  struct synched_checkpoint_options complete = *how;
  out->job = job;
  if (options->folder == NULL)
    return 0;
  complete.folder = options->folder;
  complete.every_rounds = options->every.rounds;
  complete.every_ns =
      options->every.rounds == 0 && options->every.ns == 0 ? DEFAULT_NS : options->every.ns;
  complete.on_written = tell_failure;
  complete.user = out;
  if (options->resumes && resume(out, &complete, error) != 0)
    return -1;
  if (synched_checkpoint_create(&out->checkpoint, job, &complete) != 0)
    return example_fail(error, 0, "%s", synched_error_message());
  return 0;
}

void example_checkpoint_print(const struct example_checkpoint *checkpoint) {
  if (checkpoint->resumed.generation != 0)
    printf("Going on from %s\n", checkpoint->resumed.note);
  fflush(stdout);
}

bool example_checkpoint_is_complete(const struct example_checkpoint *checkpoint) {
  return checkpoint->resumed.generation != 0 && checkpoint->resumed.rounds_left == 0;
}

/* --- the run --- */

static void on_terminate(uv_signal_t *terminate, int number) {
  struct example_checkpoint *const checkpoint = terminate->data;
  (void)number;
  checkpoint->stopped = synched_job_stop(checkpoint->job) == 0 || checkpoint->stopped;
}

void example_checkpoint_listen(struct example_checkpoint *checkpoint, uv_loop_t *loop) {
  uv_signal_t *const terminate = &checkpoint->terminate;
  if (checkpoint->checkpoint == NULL || uv_signal_init(loop, terminate) != 0)
    return;
  checkpoint->listens = true;
  terminate->data = checkpoint;
  uv_signal_start(terminate, on_terminate, SIGTERM);
  uv_unref((uv_handle_t *)terminate);
}

void example_checkpoint_deafen(struct example_checkpoint *checkpoint) {
  if (checkpoint->listens)
    uv_close((uv_handle_t *)&checkpoint->terminate, NULL);
  checkpoint->listens = false;
}

/* How a run has ended that has a report. */
static int status_of(const struct synched_job *job) {
  struct synched_report_summary summary = {.struct_size = sizeof summary};
  struct synched_report *report = NULL;
  int status = synched_job_report(job, &report);
  if (status == 0)
    status = synched_report_summary(report, &summary);
  synched_report_destroy(report);
  return status != 0 ? status : summary.status;
}

int example_checkpoint_run(struct example_checkpoint *checkpoint) {
  uv_loop_t loop;
  if (checkpoint->checkpoint == NULL)
    return synched_job_run(checkpoint->job);
  if (example_checkpoint_is_complete(checkpoint))
    return 0;
  int status = uv_loop_init(&loop);
  if (status != 0)
    return status;
  example_checkpoint_listen(checkpoint, &loop);
  status = synched_job_start(checkpoint->job, &loop);
  if (status == 0) {
    uv_run(&loop, UV_RUN_DEFAULT);
    status = status_of(checkpoint->job);
  }
  example_checkpoint_deafen(checkpoint);
  uv_run(&loop, UV_RUN_DEFAULT);
  uv_loop_close(&loop);
  if (status == 0)
    (void)example_checkpoint_close(checkpoint);
  return status;
}

/* --- the end --- */

static void tell_end(const struct example_checkpoint *checkpoint, int status, uint64_t round) {
  if (!example_ranks_tells(checkpoint->ranks))
    return;
  if (status != 0)
    fprintf(stderr, "%s: what was reached is not written: %s\n", checkpoint->program,
            synched_error_message());
  else if (checkpoint->stopped)
    fprintf(stderr, "%s: stopped in round %" PRIu64 ", from which --resume goes on\n",
            checkpoint->program, round);
}

int example_checkpoint_close(struct example_checkpoint *checkpoint) {
  struct synched_checkpoint_info info = {.struct_size = sizeof info};
  if (checkpoint->checkpoint == NULL)
    return checkpoint->is_lost ? -1 : 0;
  const bool is_written = example_checkpoint_is_complete(checkpoint);
  const int status = is_written ? 0 : synched_checkpoint_save(checkpoint->checkpoint);
  (void)synched_checkpoint_info(checkpoint->checkpoint, &info);
  /* What the checkpoint has written before may be in MPI until then. */
  (void)synched_checkpoint_destroy(checkpoint->checkpoint);
  checkpoint->checkpoint = NULL;
  checkpoint->stopped = example_ranks_any(checkpoint->ranks, checkpoint->stopped);
  checkpoint->is_lost = status != 0;
  tell_end(checkpoint, status, info.round);
  return checkpoint->is_lost ? -1 : 0;
}
