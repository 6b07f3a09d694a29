/*
 * checkpoint.h: --checkpoint FOLDER, --every and --resume of the examples: a job is written while
 * it runs, stops well and is written once more on SIGTERM, and goes on from there the next time. Of
 * several ranks all do that together; the first one says so.
 */
#ifndef EXAMPLE_CHECKPOINT_H
#define EXAMPLE_CHECKPOINT_H

#include <stdbool.h>

#include <synched/synched.h>
#include <uv.h>

#include "common/error.h"
#include "common/options.h"
#include "common/ranks.h"

/* A checkpoint only fits the segments that it was made of. So whoever cuts by the number of workers
 * cuts for so many where there is a checkpoint, whatever it has. */
#define EXAMPLE_CHECKPOINT_WORKERS 16u

/* The exit code of a program that SIGTERM has stopped, as of one that it has ended. */
#define EXAMPLE_CHECKPOINT_STOPPED 143

/* Both 0: every ten seconds. */
struct example_every {
  uint64_t rounds;
  uint64_t ns;
};

struct example_checkpoint_options {
  const char *folder; /* NULL: there is no checkpoint */
  struct example_every every;
  bool resumes;
};

/* "100": rounds; "2.5s": seconds. */
int example_every_parse(void *every, const char *text, struct example_error *error);

/* The three options; `field` of `type` is the member of a struct example_checkpoint_options. */
#define EXAMPLE_CHECKPOINT_OPTION(type, field)                                                     \
  {                                                                                                \
    .name = "checkpoint", .value = "FOLDER", EXAMPLE_MEMBER(type, field),                          \
    .help = "write the state there while it runs, and at its end; on SIGTERM, stop, write and "    \
            "exit"                                                                                 \
  }
#define EXAMPLE_EVERY_OPTION(type, field)                                                          \
  {                                                                                                \
    .name = "every", .value = "N|Ts", EXAMPLE_MEMBER(type, field), .parse = example_every_parse,   \
    .help = "with --checkpoint: after so many rounds, or so many seconds, such as 0.5s; "          \
            "default 10s"                                                                          \
  }
#define EXAMPLE_RESUME_OPTION(type, field)                                                         \
  {                                                                                                \
    .name = "resume", EXAMPLE_MEMBER(type, field),                                                 \
    .help = "with --checkpoint: go on from the newest state there, if there is one"                \
  }

/* Whether the options go together. Else -1, with a line on stderr. */
int example_checkpoint_check(const struct example_checkpoint_options *options, const char *program);

struct example_checkpoint {
  const struct example_checkpoint_options *options;
  const char *program;
  const struct example_ranks *ranks;
  struct synched_job *job;
  /* NULL: none was asked for */
  struct synched_checkpoint *checkpoint;
  /* what the job goes on from; generation 0: it begins at its beginning */
  struct synched_checkpoint_resumed resumed;
  /* SIGTERM has come; after the run: on any rank */
  bool stopped;
  /* what was reached could not be written */
  bool is_lost;
  /* `terminate` is a live handle */
  bool listens;
  uv_signal_t terminate;
};

/* Of a job that has not run: goes on from what is there, if that is wanted, and writes from now on.
 * how: fields, dtypes and what else the program knows. out->options, program and ranks are set. 0,
 * to be ended with example_checkpoint_close; or -1 and why. */
int example_checkpoint_open(struct example_checkpoint *out, struct synched_job *job,
                            const struct synched_checkpoint_options *how,
                            struct example_error *error);

/* Says on stdout what the job goes on from, if it does. */
void example_checkpoint_print(const struct example_checkpoint *checkpoint);

/* Whether the job is one that was complete when it was written: there is nothing to run. */
bool example_checkpoint_is_complete(const struct example_checkpoint *checkpoint);

/* Stops the job when SIGTERM comes, on the loop; and does not any more. Does nothing without a
 * checkpoint. */
void example_checkpoint_listen(struct example_checkpoint *checkpoint, uv_loop_t *loop);
void example_checkpoint_deafen(struct example_checkpoint *checkpoint);

/* Runs the job, as synched_job_run does, and listens meanwhile. If that goes well, writes what was
 * reached and ends: see example_checkpoint_close. */
int example_checkpoint_run(struct example_checkpoint *checkpoint);

/* After the run, on all ranks: writes what was reached, says so if that was early, and ends. Until
 * then the checkpoint may use MPI. Does nothing the second time. 0; or -1, when there was a line on
 * stderr. */
int example_checkpoint_close(struct example_checkpoint *checkpoint);

#endif
