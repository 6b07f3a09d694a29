/*
 * frame.h: a monitor's lines, read and checked; README.md has the format.
 */
#ifndef TOP_FRAME_H
#define TOP_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The version of the format that this understands. */
#define TOP_VERSION 1

#define TOP_WORKERS_MOST 4096u
#define TOP_SHARES_MOST 16u
#define TOP_NAME_ROOM 256u

/* The line that comes first. */
struct top_hello {
  uint64_t process, interval_ms;
  char program[TOP_NAME_ROOM], version[32];
  unsigned share_count;
  char shares[TOP_SHARES_MOST][32];
};

/* A job, as it was at the end of its last round. Times are of one clock. */
struct top_job {
  uint64_t number;
  char name[TOP_NAME_ROOM];
  char state[16], record[16];
  int64_t status;
  uint64_t segments, start_ns, end_ns, rounds, last_round, dropped;
  uint64_t period_ns, started, late, skipped, overruns;
  uint64_t lateness_last_ns, lateness_p50_ns, lateness_p99_ns, lateness_max_ns;
  uint64_t deadline_ns, deadline_missed;
  uint64_t calls, stolen, solo, sleeps;
  uint64_t total_ns, serial_ns, imbalance_ns;
  uint64_t share_ns[TOP_SHARES_MOST];
  unsigned worker_count;
  uint64_t *compute_ns; /* [worker_count] */
  int64_t *cpus;        /* [worker_count] -1: bound to none */
};
void top_job_free(struct top_job *job);

enum top_line { TOP_LINE_HELLO, TOP_LINE_JOB, TOP_LINE_END, TOP_LINE_ERROR, TOP_LINE_FOREIGN };

struct top_frame {
  struct top_hello hello;
  struct top_job job;       /* to be freed, where the line is a job's */
  uint64_t number, time_ns; /* of the frame, at its end */
  char error[TOP_NAME_ROOM];
};

/* Reads a line into the part that it is of. FOREIGN: it is not what a monitor sends, and nothing
 * has to be freed. */
enum top_line top_frame_read(struct top_frame *frame, const char *line, size_t length);

#endif
