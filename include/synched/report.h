/*
 * report.h: what a job did, and where its time went.
 *
 * The workers record while a job runs, in memory of fixed size. A report is made of that: a copy
 * that nothing changes any more. on_done gets the report of the whole run. synched_job_report makes
 * one at any time, of all that was recorded up to the end of a round. Any number of threads may
 * read a report at once.
 *
 * Times are nanoseconds. Where a field says "start" or "end", they are the monotonic clock's.
 *
 * The words follow the bulk-synchronous model (L. G. Valiant, "A Bridging Model for Parallel
 * Computation", 1990), the POP project's efficiencies (Performance Optimisation and Productivity,
 * "Metrics"), and DLB's TALP, which reads them at the end of a run:
 *
 *   elapsed       from the start of the first round to the end of the last one.
 *   T             workers x elapsed, without waits for ticks, pauses, and other jobs' rounds.
 *   compute, U    time in compute calls, summed over workers.
 *   phase         of a round: from its opening to the end of its last call. What lies outside of
 *                 phases is serial: closing, callbacks, waits for a buffer.
 *   I(j, r)       the idle time of worker j in the phase of round r.
 *   serial        loss: workers x all of T's time outside of phases, or in waits for messages.
 *   scheduling    loss: the sum over rounds of workers x the least I(j, r): nobody computed.
 *   imbalance     loss: the sum over rounds and workers of I(j, r) less that least one.
 *
 *   serial efficiency      (T - serial) / T
 *   balance                (T - serial - imbalance) / (T - serial)
 *   scheduling efficiency  U / (T - serial - imbalance)
 *   efficiency             U / T, the product of the three
 *
 * Without a change to the program, the environment variable SYNCHED_REPORT makes each run of each
 * job write its report, in the loop's thread, just before on_done:
 *
 *   SYNCHED_REPORT=table,json:/tmp/%n-%p.json,html:report.html
 *
 * It has one or more of table, json, csv, trace, perfetto, html, prometheus, separated by commas,
 * each with a colon and the path of a file; "table" without one goes to standard error. In a path,
 * %p is the process's id, %n the job's name (with _ for what would lead into another folder, and
 * for controls), %% a %; a comma cannot be in it. A later run replaces what an earlier one wrote to
 * the same path. What is wrong, or cannot be written, is a line on standard error, and no failure
 * of the job. The variable is read when the process creates its first job; set-user-id programs
 * ignore it. Jobs that leave their level of recording open (SYNCHED_RECORD_TOTALS) record ROUNDS
 * for html, and TASKS for trace and perfetto, or ROUNDS with SYNCHED_JOB_NO_SEGMENT_TIMES.
 */
#ifndef SYNCHED_REPORT_H
#define SYNCHED_REPORT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <synched/export.h>

SYNCHED_BEGIN_DECLS

struct synched_report; /* opaque */

/* How much is recorded. Each level has what those before it have. */
enum synched_record {
  /* the default: totals, distributions, and the last rounds one by one (report_rounds: 64) */
  SYNCHED_RECORD_TOTALS = 0,
  /* rounds are counted, and that is all */
  SYNCHED_RECORD_OFF,
  /* many of the last rounds (report_rounds: 4096), and distributions of up to 1024 segments */
  SYNCHED_RECORD_ROUNDS,
  /* and every call, of which the last are kept (report_tasks of each worker) */
  SYNCHED_RECORD_TASKS
};

/* Frees a report that synched_job_report has made. NULL is allowed. Not for on_done's report, which
 * its job owns.
 * Any thread, when nobody reads the report any more; does not block; O(1). */
SYNCHED_API void synched_report_destroy(struct synched_report *report);

/* The job as a whole. In this and all other out-structs of this header, the caller sets struct_size
 * to the struct's size. */
struct synched_report_summary {
  uint32_t struct_size;
  /* what on_done got; 0 while the job runs */
  int status;
  /* the job's; the report owns it */
  const char *name;
  unsigned worker_count;
  size_t segment_count;
  /* rounds completed and published */
  uint64_t round_count;
  /* compute calls, also those of a round that was dropped; 0 at SYNCHED_RECORD_OFF */
  uint64_t call_count;
  /* of those, calls that another worker took from the home worker */
  uint64_t stolen_count;
  /* start of the first round, on the monotonic clock */
  uint64_t start_ns;
  /* end of the last round, or of the one that failed */
  uint64_t end_ns;
  /* summed over workers */
  uint64_t compute_ns;
  /* summed over rounds */
  uint64_t closing_ns;
  /* summed over workers: end_ns - start_ns, less their compute and closing */
  uint64_t wait_ns;
  /* the lowest segment that failed; -1: none */
  int64_t failed_segment;
  /* its code; 0: none */
  int failed_code;
  /* rounds that had to wait for a free buffer, and how long */
  uint64_t lease_wait_count;
  uint64_t lease_wait_ns;
  /* on_snapshot calls */
  uint64_t delivered_count;
  /* published rounds that on_snapshot did not get */
  uint64_t missed_count;

  /* Of a periodic job. Every tick is started or skipped: tick_count is the sum of the two. */

  /* the last one in force; 0: free-running */
  uint64_t period_ns;
  /* ticks that came due, without those while the job was paused */
  uint64_t tick_count;
  /* of those, ticks whose round was opened */
  uint64_t started_count;
  /* of the started ones, those more than a tenth of the period, or 1 ms, late */
  uint64_t late_count;
  /* ticks left out: after an overrun, or as another job kept the pool busy for over a period */
  uint64_t skipped_count;
  /* rounds that still ran when the next tick came due */
  uint64_t overrun_count;
  /* From due time to opening: half of the started ticks, and 99 % of them, were not later than
   * this, to within 1 %. */
  uint64_t lateness_p50_ns, lateness_p99_ns;
  uint64_t lateness_max_ns;
  /* rounds that were not complete at their deadline */
  uint64_t deadline_missed_count;
  /* of those, rounds dropped for it */
  uint64_t dropped_count;
  /* waits for a free buffer of SYNCHED_STALL_NS (a second) or more, and how long they were */
  uint64_t stalled_count, stalled_ns;
  /* 1: the job has an init that was never completed, in this run or one before: it was stopped or
   * cancelled before that, or init failed. The memory holds what it held without init. Else 0. */
  int init_missing;

  /* what was recorded */
  enum synched_record record;
  /* 1: the job had ended; 0: the report was made while it ran */
  int ended;
  /* rounds that one worker computed alone as they were too small to share, and the others */
  uint64_t solo_count, shared_count;
  /* how often workers slept between their parts, how often another thread woke them, and how long
   * they slept, summed over workers */
  uint64_t sleep_count, wake_count, slept_ns;
  /* in on_round, summed over rounds; a part of closing_ns */
  uint64_t callback_ns;
  uint64_t deadline_ns;
  /* the number of the last published round */
  uint64_t last_round;
  /* the stage in which failed_segment failed: 0 where the job has one; -1: none, or in init */
  int failed_stage;
  /* how many there are for synched_report_stage */
  unsigned stage_count;
  /* calls that were skipped, for nothing that they read had changed (SYNCHED_JOB_SKIP_UNCHANGED) */
  uint64_t unchanged_count;
  /* how often home ranges were dealt anew (SYNCHED_HOMES_FOLLOW) */
  uint64_t redealt_count;
  /* segments that are at home on another NUMA node since then than at first, where the library's
   * memory was touched: their pages are there still */
  uint64_t strayed_count;

  /* Checkpoints (<synched/checkpoint.h>) of this run: generations that were written, due rounds
   * that were left out, and attempts that failed; bytes to the disk, and how long that took, beside
   * the rounds; and how long rounds had to wait for it, in closing_ns. */
  uint64_t checkpoint_count, checkpoint_skipped_count, checkpoint_failed_count;
  uint64_t checkpoint_bytes, checkpoint_ns, checkpoint_held_ns;

  /* Of a job of a cluster (<synched/cluster.h>). */

  /* ranks that this report tells of: 1, or all of them (synched_cluster_report); 0: no cluster */
  unsigned rank_count;
  /* how long rounds waited for other ranks: for their messages, and to agree; summed over ranks */
  uint64_t message_ns, agreement_ns;
  /* of fields' elements, and their counts, that rounds have sent to other ranks, without the 8
   * bytes that each message begins with; without what travels before the first round */
  uint64_t sent_bytes, sent_messages;
};

/* Gives the totals of the job, in *out.
 * Any thread; does not block; O(1).
 * SYNCHED_EINVAL: a NULL, or an unknown struct_size. */
SYNCHED_API int synched_report_summary(const struct synched_report *report,
                                       struct synched_report_summary *out);

/* What the workers' time went into. Each moment of each worker belongs to one of these. */
enum synched_share {
  /* in compute calls */
  SYNCHED_SHARE_COMPUTE = 0,
  /* had done its part, and waited for the slowest worker of the round */
  SYNCHED_SHARE_SLOWEST,
  /* took no part in the round: there was too little work to share, or it was gone */
  SYNCHED_SHARE_ASLEEP,
  /* waking and opening: in and between rounds, when not even the slowest worker computed */
  SYNCHED_SHARE_OPENING,
  /* one worker closed the round (fold, publish, on_round), and the others waited for that */
  SYNCHED_SHARE_CLOSING,
  /* all buffers were held by readers */
  SYNCHED_SHARE_BUFFER,
  /* the next tick was not due */
  SYNCHED_SHARE_TICK,
  /* the job was paused */
  SYNCHED_SHARE_PAUSED,
  /* the pool computed rounds of its other jobs */
  SYNCHED_SHARE_OTHERS,
  /* the rank waited for other ranks, who had not sent, or not agreed, yet */
  SYNCHED_SHARE_MESSAGES,
  SYNCHED_SHARE_COUNT
};

/* Returns a share's name, "waiting for the slowest"; NULL for an unknown one. */
SYNCHED_API const char *synched_share_name(enum synched_share share);

struct synched_report_efficiency {
  uint32_t struct_size;
  /* 0 .. 1, as defined above; 1 where there is nothing to divide by */
  double serial, balance, scheduling, efficiency;
  /* U / (workers x elapsed): with waits for ticks, pauses and other jobs */
  double utilisation;
  /* T and its losses */
  uint64_t total_ns, serial_ns, imbalance_ns, scheduling_ns;
  /* Together workers x elapsed. */
  uint64_t share_ns[SYNCHED_SHARE_COUNT];
};

/* Gives the efficiencies, in *out. As synched_report_summary; all shares are 0 at
 * SYNCHED_RECORD_OFF. */
SYNCHED_API int synched_report_efficiency(const struct synched_report *report,
                                          struct synched_report_efficiency *out);

struct synched_report_worker {
  uint32_t struct_size;
  /* rounds in which it computed something */
  uint64_t round_count;
  /* its compute calls */
  uint64_t call_count;
  /* of those, calls for other workers' home segments */
  uint64_t stolen_count;
  /* rounds that it closed */
  uint64_t closed_count;
  uint64_t compute_ns;
  uint64_t closing_ns;
  /* end_ns - start_ns of the job, less the two above */
  uint64_t wait_ns;
  /* of its last round, on the monotonic clock: when its first call began, and its last one ended */
  uint64_t last_start_ns;
  uint64_t last_end_ns;
  /* as in the summary */
  uint64_t sleep_count, wake_count, slept_ns;
  /* where it is bound, as in synched_place: -1: nowhere, or unknown */
  int cpu, core, package;
};

/* Gives one worker's totals, in *out; worker: 0 .. worker_count - 1.
 * As synched_report_summary. SYNCHED_ERANGE: there is no such worker. */
SYNCHED_API int synched_report_worker(const struct synched_report *report, unsigned worker,
                                      struct synched_report_worker *out);

struct synched_report_segment {
  uint32_t struct_size;
  /* timed calls; 0 with SYNCHED_JOB_NO_SEGMENT_TIMES */
  uint64_t call_count;
  uint64_t compute_ns;
  uint64_t longest_ns;
  /* calls that another than its home worker ran */
  uint64_t stolen_count;
  /* its home worker; the last one, where home ranges were dealt anew */
  unsigned home;
};

/* Gives one segment's totals, in *out; segment: 0 .. segment_count - 1.
 * As synched_report_summary. SYNCHED_ERANGE: there is no such segment. */
SYNCHED_API int synched_report_segment(const struct synched_report *report, size_t segment,
                                       struct synched_report_segment *out);

/* One of a job's stages; or, the last, its copies of what is changed in place. */
struct synched_report_stage {
  uint32_t struct_size;
  /* the stage's; of the copies, "copies"; cut to 63 bytes; the report owns it */
  const char *name;
  /* rounds in which it was computed, also those that were dropped */
  uint64_t round_count;
  /* from its opening to its end, and to that of its fold; summed over rounds */
  uint64_t total_ns;
  /* in its calls, and in combining its fold; summed over rounds and workers */
  uint64_t compute_ns;
};

/* Gives what one stage took, in *out; stage: 0 .. stage_count of the summary - 1. A job of a single
 * stage, without copies, has none of this: its figures are the summary's. What rounds take beyond
 * their stages is their publishing, and on_round. The times are 0 at SYNCHED_RECORD_OFF.
 * As synched_report_summary. SYNCHED_ERANGE: there is no such stage. */
SYNCHED_API int synched_report_stage(const struct synched_report *report, unsigned stage,
                                     struct synched_report_stage *out);

/* One of the last rounds. */
struct synched_report_round {
  uint32_t struct_size;
  /* its number, as in snapshot.round */
  uint64_t round;
  /* when it was opened, on the monotonic clock */
  uint64_t start_ns;
  /* from there to its end, with on_round: the next one may have been opened then */
  uint64_t total_ns;
  /* summed over workers */
  uint64_t compute_ns;
  /* from its opening to the end of its last call */
  uint64_t phase_ns;
  /* of these, in on_round */
  uint64_t callback_ns;
  /* of a tick: from its due time to the opening */
  uint64_t lateness_ns;
  /* the worker that computed longest, and how long */
  unsigned longest_worker;
  uint64_t longest_ns;
  /* the segment whose call took longest, and how long; 0 where calls are not timed */
  size_t critical_segment;
  uint64_t critical_ns;
  /* workers that took part; 1 with solo: it was not shared */
  unsigned part_count;
  int solo;
  /* the worker that closed it */
  unsigned closer;
};

/* Returns how many of the last rounds can be asked for: 0 .. report_rounds of the job's options.
 * Any thread; does not block; O(1). */
SYNCHED_API size_t synched_report_recorded(const struct synched_report *report);

/* Gives a recorded round, in *out; index: 0 .. synched_report_recorded() - 1, oldest first.
 * As synched_report_summary. SYNCHED_ERANGE: there is no such index. */
SYNCHED_API int synched_report_round(const struct synched_report *report, size_t index,
                                     struct synched_report_round *out);

/* One worker's part in one round. All 0: it took none. */
struct synched_report_part {
  uint32_t struct_size;
  /* its first call began, its last one ended; on the monotonic clock */
  uint64_t start_ns, end_ns;
  uint64_t compute_ns;
  uint32_t call_count, stolen_count;
  size_t longest_segment;
  uint64_t longest_ns;
  /* between its part before and this one */
  unsigned sleep_count, wake_count;
  uint64_t slept_ns;
};

/* Gives a worker's part in a recorded round, in *out. As synched_report_round. */
SYNCHED_API int synched_report_part(const struct synched_report *report, size_t index,
                                    unsigned worker, struct synched_report_part *out);

/* Returns one worker's compute time in that round. 0: it took no part, or there is no such index or
 * worker. Any thread; does not block; O(1). */
SYNCHED_API uint64_t synched_report_round_compute_ns(const struct synched_report *report,
                                                     size_t index, unsigned worker);

/* One of the last calls, at SYNCHED_RECORD_TASKS. */
struct synched_report_task {
  uint32_t struct_size;
  unsigned worker;
  uint64_t round;
  size_t segment;
  /* on the monotonic clock */
  uint64_t start_ns;
  uint64_t compute_ns;
};

/* Returns how many calls can be asked for. Any thread; does not block; O(1). */
SYNCHED_API size_t synched_report_task_count(const struct synched_report *report);

/* Gives a recorded call, in *out; index: 0 .. synched_report_task_count() - 1, worker by worker, of
 * each the oldest first. As synched_report_summary. SYNCHED_ERANGE: there is no such index. */
SYNCHED_API int synched_report_task(const struct synched_report *report, size_t index,
                                    struct synched_report_task *out);

/* One rank of a job of a cluster. */
struct synched_report_rank {
  uint32_t struct_size;
  unsigned rank;
  /* which of the report's workers are its own */
  unsigned first_worker, worker_count;
  /* which segments it computes */
  size_t first_segment, segment_count;
  /* from the start of its first round to the end of its last one */
  uint64_t elapsed_ns;
  /* in compute calls, summed over its workers */
  uint64_t compute_ns;
  /* as in the summary */
  uint64_t message_ns, agreement_ns, sent_bytes, sent_messages;
  /* What was added to its times: so they are those of the monotonic clock of the rank that made the
   * report, give or take the error. Both are 0 for ranks on one machine, which have one clock. */
  int64_t clock_ns;
  uint64_t clock_error_ns;
  /* its id there */
  unsigned process;
  /* the machine's name, cut to 63 bytes */
  char host[64];
};

/* Gives one rank's totals, in *out; index: 0 .. rank_count of the summary - 1, in their order.
 * As synched_report_summary. SYNCHED_ERANGE: there is no such rank. */
SYNCHED_API int synched_report_rank(const struct synched_report *report, unsigned index,
                                    struct synched_report_rank *out);

/* What one rank exchanged with others after one stage of one of the last rounds. On the monotonic
 * clock. Between start and arrival its workers computed segments that no other rank reads, as far
 * as there are any; from the beginning of the wait on they had none left. */
struct synched_report_exchange {
  uint32_t struct_size;
  unsigned rank;
  uint64_t round;
  unsigned stage;
  /* what it sent */
  unsigned sent_messages;
  uint64_t sent_bytes;
  /* its messages set out; all of its own had left, and all of others' had arrived */
  uint64_t start_ns, arrived_ns;
  /* all was computed; the rank went on */
  uint64_t wait_start_ns, wait_end_ns;
  /* all ranks had agreed; 0: they did not, after this stage */
  uint64_t agreed_ns;
};

/* Returns how many can be asked for. Any thread; does not block; O(1). */
SYNCHED_API size_t synched_report_exchange_count(const struct synched_report *report);

/* Gives one, in *out; index: 0 .. synched_report_exchange_count() - 1, rank by rank, of each the
 * oldest first. As synched_report_summary. SYNCHED_ERANGE: there is no such index. */
SYNCHED_API int synched_report_exchange(const struct synched_report *report, size_t index,
                                        struct synched_report_exchange *out);

/* What there are distributions of. Each is good to 1 %. */
enum synched_distribution {
  /* rounds, from the opening to the end */
  SYNCHED_DISTRIBUTION_ROUND = 0,
  /* the workers' compute time in a round, summed */
  SYNCHED_DISTRIBUTION_WORK,
  /* their idle time in the round's phase, summed */
  SYNCHED_DISTRIBUTION_WAIT,
  SYNCHED_DISTRIBUTION_CLOSING,
  SYNCHED_DISTRIBUTION_CALLBACK,
  SYNCHED_DISTRIBUTION_LATENESS,
  /* one worker's compute time in the rounds that it took part in; index: the worker */
  SYNCHED_DISTRIBUTION_WORKER,
  /* one segment's calls; index: the segment. Of up to 64 segments, or 1024 from
   * SYNCHED_RECORD_ROUNDS on; else they are empty */
  SYNCHED_DISTRIBUTION_SEGMENT
};

/* Returns the time that a `share` (0 .. 1) of them did not exceed: 0.5 for the median. 0: there are
 * none, or no such distribution. Any thread; does not block; O(buckets). */
SYNCHED_API uint64_t synched_report_quantile(const struct synched_report *report,
                                             enum synched_distribution distribution, size_t index,
                                             double share);

struct synched_report_bucket {
  uint32_t struct_size;
  /* times from .. to */
  uint64_t first_ns, last_ns;
  uint64_t count;
};

/* Gives the next bucket that is not empty, in *out, from bucket `*at` on (0 to begin with), and
 * moves *at behind it. 0: there was one. SYNCHED_ENOENT: there are no more. SYNCHED_EINVAL: a NULL,
 * or an unknown struct_size. Any thread; does not block. */
SYNCHED_API int synched_report_bucket(const struct synched_report *report,
                                      enum synched_distribution distribution, size_t index,
                                      unsigned *at, struct synched_report_bucket *out);

/* What the report advises. */
enum synched_advice {
  /* a few segments take longer than the others: cut the memory into more */
  SYNCHED_ADVICE_MORE_SEGMENTS = 0,
  /* static balance, and workers with less to do wait: let them steal */
  SYNCHED_ADVICE_STEAL,
  /* rounds are too small for several workers: one is as fast, or let each round do more */
  SYNCHED_ADVICE_LARGER_ROUNDS,
  /* there are more workers than segments */
  SYNCHED_ADVICE_FEWER_WORKERS,
  /* workers share a core, or a CPU */
  SYNCHED_ADVICE_CORES,
  /* on_round takes much of the time: move work to the segments, or to on_snapshot */
  SYNCHED_ADVICE_CALLBACK,
  /* rounds wait for a free buffer: one lease more, or deliver LATEST */
  SYNCHED_ADVICE_LEASES,
  /* workers sleep between short rounds */
  SYNCHED_ADVICE_SPIN,
  /* rounds last longer than the period */
  SYNCHED_ADVICE_PERIOD,
  /* segments are at home on another NUMA node than their pages */
  SYNCHED_ADVICE_HOMES,
  /* an MPI launcher has bound the rank to fewer CPUs than its pool has workers, or there are */
  SYNCHED_ADVICE_BINDING,
  SYNCHED_ADVICE_COUNT
};

struct synched_report_advice {
  uint32_t struct_size;
  enum synched_advice kind;
  /* which part of T, of the time without waits for ticks, pauses and other jobs, it would save:
   * 0 .. 1; 0 where the record does not tell */
  double gain;
  /* a sentence or two with its figures */
  char text[256];
};

/* Gives the advice with the index-th largest gain, in *out. As synched_report_summary.
 * SYNCHED_ENOENT: there is no more. */
SYNCHED_API int synched_report_advice(const struct synched_report *report, size_t index,
                                      struct synched_report_advice *out);

/* The forms of a report. */
enum synched_format {
  /* text for people: efficiencies, advice, and a row per round with a column per worker */
  SYNCHED_FORMAT_TABLE = 0,
  /* all of it, for programs */
  SYNCHED_FORMAT_JSON,
  /* a row per recorded round, columns per worker, for spreadsheets */
  SYNCHED_FORMAT_CSV,
  /* Chrome's trace events (JSON): a track per worker */
  SYNCHED_FORMAT_TRACE,
  /* the same in Perfetto's binary form */
  SYNCHED_FORMAT_PERFETTO,
  /* one page for a browser, with everything in it */
  SYNCHED_FORMAT_HTML,
  /* OpenMetrics text of the totals */
  SYNCHED_FORMAT_PROMETHEUS,
  SYNCHED_FORMAT_COUNT
};

/* Returns a form's name: "table", "json", "csv", "trace", "perfetto", "html", "prometheus"; NULL
 * for an unknown one. Any thread; does not block; O(1). The text is static. */
SYNCHED_API const char *synched_format_name(enum synched_format format);

/* Finds the form of a name, in *out. Any thread; does not block. SYNCHED_EINVAL: a NULL, or no form
 * has that name. */
SYNCHED_API int synched_format_parse(enum synched_format *out, const char *name);

/* Writes the report to an open file, flushes it, and leaves it open.
 * Any thread; blocks as long as the writing takes.
 * SYNCHED_EINVAL: a NULL, or an unknown form. SYNCHED_EIO: writing failed. SYNCHED_ENOMEM. */
SYNCHED_API int synched_report_write_to(const struct synched_report *report,
                                        enum synched_format format, FILE *file);

/* Writes the report to a file of its own. What was there is replaced when all is written, or not at
 * all; a path that is no ordinary file (a pipe, /dev/stdout) is written to as it is.
 * Any thread; blocks as long as the writing takes.
 * As synched_report_write_to; and the system's reason as a status where the file cannot be made
 * (SYNCHED_ENOENT, SYNCHED_EPERM, SYNCHED_EIO ...): the message has the path. */
SYNCHED_API int synched_report_write(const struct synched_report *report,
                                     enum synched_format format, const char *path);

/* Writes the report as "FORMAT" or "FORMAT:PATH" says, as a user would name it on a command line:
 * "table", "html:run.html". Without a path, to standard output.
 * As synched_report_write; SYNCHED_EINVAL, too: no form has that name, or the path is empty. */
SYNCHED_API int synched_report_write_as(const struct synched_report *report, const char *form);

/* Prints the report as text: synched_report_write_to with SYNCHED_FORMAT_TABLE. */
SYNCHED_API int synched_report_print(const struct synched_report *report, FILE *file);

SYNCHED_END_DECLS

#endif
