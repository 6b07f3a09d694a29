/*
 * cluster.h: one job on several ranks, which are processes on one machine or on many.
 *
 * Every rank has a pool and memories of its own, and makes the same job: the same memories, the
 * same options. The segments are dealt to the ranks in contiguous ranges, and each rank computes
 * its own; indices are those of the whole. A memory reserves the addresses of the whole on every
 * rank, and touches only its rank's part and what that reads. After each pass over the segments,
 * what other ranks read goes to them, as the job's `reads` say; while it is under way, segments
 * are computed that nobody else reads. Results are the same bits as on one rank.
 *
 *     for each round, on every rank:
 *       for each stage:
 *         for each segment of the rank that others read: compute
 *         their elements set out for the ranks that read them
 *         for each other segment of the rank: compute
 *         wait for what this rank reads of others
 *         if the stage folds: all contributions are known to all ranks, and folded in the order of
 *         segments
 *       all ranks agree: if a call has failed anywhere, or the job is cancelled anywhere, nothing
 *       of the round is published on any rank, and the job ends everywhere with that status. Else
 *       the round is published on every rank; on_round is called on every rank, and then they
 *       agree on what it said: any error ends the job, that of the lowest rank counts; else any
 *       SYNCHED_STOP ends it well
 *
 * So a rank has as many buffers as on one rank, but of each only as much as its part of the
 * segments, and what it reads of others; and some tens of bytes for each segment of the whole. A
 * plate of 4096 x 4096 doubles, which are 128 MiB, in three buffers has 413 MB on one rank, 223 MB
 * on the second of two, and 126 MB on the last three of four, MPI's own memory included. Where all
 * is gathered, on `root`, the others' parts of one buffer are touched, too: on the first one that
 * made 282 MB of two, and 217 MB of four.
 *
 * What a rank does not compute, and does not read either, is undefined in its snapshots;
 * synched_cluster_gather brings a whole one. Fields that the job only reads do not travel: each
 * rank fills in what its calls read. Of all others a rank may load its own part only. When a run
 * begins, or an advance, what ranks read of each other goes to them first.
 *
 * All ranks call, in the same order: synched_job_create with the cluster, start, run and advance of
 * such jobs, synched_cluster_gather, synched_checkpoint_resume, create and save. If one does not,
 * the others wait for it (timeout_ns).
 * Calls that steer a job, or end it, act on all ranks, whichever makes them; but for
 * synched_job_set_weight, which is of one rank's pool. They take effect in the same round
 * everywhere: at the end of the one that the ranks are in. on_steered is called on the rank that
 * made the call. Each call is accepted by the state that its own rank knows; ranks that ask for
 * different things at the same time get them one after the other, the lowest rank's first, each as
 * far as it makes sense then: a step that meets a job which goes on again completes with
 * SYNCHED_ECANCELED. What is set while the job does not run is to be set on all ranks alike.
 *
 * While the job is paused, or its next tick is far away, ranks look for each other's calls instead
 * of computing rounds: soon at first, then less often, about 60 times in a second; so a call takes
 * effect some 20 ms later at most, where messages do not take long. Between two looks nobody waits
 * awake, and the pool computes other jobs' rounds. A paused job keeps its libuv loop alive, for any
 * rank may let it go on. Ticks are those of rank 0's clock: at the end of each round it says how
 * long it is to the next tick, and the others have theirs then; so they begin as much later as that
 * message takes, and count no ticks as skipped that rank 0 leaves out.
 *
 * Where a rank has no buffer for its next round, the others wait for it; a cancel does not end
 * that.
 *
 * SYNCHED_JOB_SKIP_UNCHANGED, SYNCHED_HOMES_FOLLOW, SYNCHED_JOB_CHECKED (SYNCHED_CHECK in the
 * environment, too) and a deadline that drops rounds are refused for a job of a cluster, with
 * SYNCHED_ENOTSUP. A pool has one such job at a time, SYNCHED_EBUSY: two could wait for each other.
 * Where one rank cannot make its job, or the ranks' jobs are not the same (SYNCHED_EINVAL),
 * synched_job_create fails on all of them.
 *
 * Checkpoints of such jobs are in <synched/checkpoint.h>: ranks write them together, and go on from
 * what any number of ranks has written.
 *
 * <synched/mpi.h> makes clusters of MPI's communicators. Another way to carry messages is a
 * synched_transport.
 */
#ifndef SYNCHED_CLUSTER_H
#define SYNCHED_CLUSTER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <synched/export.h>
#include <synched/memory.h>

SYNCHED_BEGIN_DECLS

struct synched_cluster; /* opaque */
struct synched_report;  /* <synched/report.h> */
struct synched_job;     /* <synched/job.h> */

/* The most ranks of a cluster. */
#define SYNCHED_RANKS_MAX 65536u

struct synched_cluster_options {
  /* filled in by SYNCHED_CLUSTER_OPTIONS */
  uint32_t struct_size;
  /* 0 */
  uint32_t flags;
  /* [rank_count], the same on every rank: how much of the segments each rank gets, in proportion;
   * 0 or more each, not all 0; copied. NULL: as many for each; or see synched_cluster_learn */
  const double *weights;
  /* How long a rank waits for others, in one go. Then its job ends with SYNCHED_ETIMEDOUT, the
   * message names a rank that was waited for, and the cluster is of no more use: end the program
   * then, for messages may still be under way. 0: for ever */
  uint64_t timeout_ns;
};

/* Returns options with every default, for C++ and where a macro is unwelcome. */
static inline struct synched_cluster_options synched_cluster_options_default(void) {
  struct synched_cluster_options options;
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  return options;
}

#if !defined(__cplusplus)
/* SYNCHED_CLUSTER_OPTIONS(.timeout_ns = ...): a pointer to options in the enclosing block. */
#define SYNCHED_CLUSTER_OPTIONS(...)                                                               \
  (&(struct synched_cluster_options){                                                              \
      .struct_size = (uint32_t)sizeof(struct synched_cluster_options), __VA_ARGS__})
#endif

/* What a cluster is, and what its jobs have sent so far. */
struct synched_cluster_info {
  /* set by the caller: sizeof this */
  uint32_t struct_size;
  uint32_t reserved;
  /* of this process, 0 .. rank_count - 1 */
  unsigned rank;
  unsigned rank_count;
  /* of fields' elements, and their counts: what this rank has sent so far to ranks that read it;
   * without the 8 bytes that each message begins with */
  uint64_t sent_bytes;
  uint64_t sent_messages;
  /* messages of agreements, which bring contributions to folds, too; and their bytes */
  uint64_t agreed_messages;
  uint64_t agreed_bytes;
  /* how long this rank has waited for others */
  uint64_t waited_ns;
};

/* Fills in *out, whose struct_size is set. Any thread; does not block; O(1).
 * SYNCHED_EINVAL: a NULL, or a struct_size that cannot be. */
SYNCHED_API int synched_cluster_info(const struct synched_cluster *cluster,
                                     struct synched_cluster_info *out);

/* Segments that follow each other. */
struct synched_segments {
  size_t first, count;
};

/* Returns which of segment_count segments a rank computes; none for NULL, or for a rank that there
 * is not. Any thread; does not block; O(1). */
SYNCHED_API struct synched_segments synched_cluster_segments(const struct synched_cluster *cluster,
                                                             size_t segment_count, unsigned rank);

/* Brings all ranks' parts of a snapshot to the rank `root`, into that rank's own snapshot, whose
 * `data` and `counts` are whole then. Each rank gives the same round's snapshot of the same memory,
 * which it holds: retained, or in a callback on the loop. Of several fields each is gathered by
 * itself. Those who read the same snapshot on `root` meanwhile may see its other ranks' parts
 * change.
 * Any thread, one at a time for each cluster, also while rounds go on; blocks until this rank's
 * part is done; O(bytes).
 * Errors: SYNCHED_EINVAL: a NULL; there is no such rank; a snapshot without data. SYNCHED_ENOMEM.
 * SYNCHED_ETIMEDOUT. SYNCHED_EIO: the transport has failed. The snapshot on `root` has some of the
 * parts then. */
SYNCHED_API int synched_cluster_gather(struct synched_cluster *cluster,
                                       const struct synched_snapshot *snapshot, unsigned root);

/* The same for a memory between two runs of its job: one that is changed in place, of which no
 * snapshot has the content; of any other one, its current snapshot.
 * Errors, beside those of synched_cluster_gather: SYNCHED_EBUSY: its job runs. */
SYNCHED_API int synched_cluster_gather_memory(struct synched_cluster *cluster,
                                              struct synched_memory *memory, unsigned root);

/* Deals segments to the ranks of a job anew, by what each has cost in the job's last run, or in its
 * advances so far; so that all ranks take about as long. What the job has written of a segment goes
 * to the rank that gets it; results are the same bits. Fields that the job only reads do not
 * travel: each rank fills in what its calls read from then on, before the next run. Where that
 * would not make the slowest rank faster by 2 % at least, nothing changes.
 *
 *   synched_job_advance(job, 1);     the first round shows what segments cost
 *   synched_cluster_learn(job);
 *   synched_job_run(job);            the rest
 *
 * Costs are means over all calls of a segment, as its rank has measured them; where calls are not
 * timed (SYNCHED_JOB_NO_SEGMENT_TIMES), those of a rank's segments are its mean. A rank with more
 * workers gets more. Where a segment costs more on one rank than on another, for that machine is
 * slower, nobody knows before it has been there: so learn twice. From here on
 * synched_cluster_segments says what each rank computes, also of later jobs of the cluster. The
 * job's memories hold what they held; a rank's pages of segments that it has no more stay its own.
 *
 * All ranks call this, between runs or advances of the job; not while another thread uses the
 * cluster, or reads the job's current snapshot. Any thread but a worker of the pool; blocks until
 * all ranks have agreed and this one's elements have arrived; allocates; O(segments + bytes).
 * Errors, on all ranks, after which nothing has changed: SYNCHED_EINVAL: NULL; the job is none of a
 * cluster; the ranks are in different rounds. SYNCHED_ENOENT: the job was never started.
 * SYNCHED_EBUSY: it runs, or has a checkpoint, or the cluster has another job. SYNCHED_ENOMEM.
 * SYNCHED_EDEADLK: on a worker of the pool. SYNCHED_ENOTSUP: the job is a parent process's. And
 * SYNCHED_ETIMEDOUT, SYNCHED_EIO: the transport has failed, and the job is of no more use. */
SYNCHED_API int synched_cluster_learn(struct synched_job *job);

/* What one rank did in the last run of a job. */
struct synched_rank_summary {
  unsigned rank;
  unsigned worker_count;
  /* how many segments it computes */
  uint64_t segment_count;
  uint64_t round_count;
  /* from the start of the first round to the end of the last one */
  uint64_t elapsed_ns;
  /* in compute calls, summed over its workers */
  uint64_t compute_ns;
  /* how long its rounds waited for other ranks */
  uint64_t waited_ns;
  /* as in synched_cluster_info, of this run, without its agreements */
  uint64_t sent_bytes;
  uint64_t sent_messages;
};

/* Of all ranks together, after POP's model: efficiency = balance x communication. */
struct synched_ranks_efficiency {
  /* the part of all workers' time that they computed */
  double efficiency;
  /* how even the computing is: the mean rank's time to the busiest one's */
  double balance;
  /* the part of the time that the busiest rank computed; the rest is waiting for messages, and what
   * is lost within a rank, which its own report shows */
  double communication;
};

/* Brings what each rank did in a job's last run to the rank `root`, to [rank_count] at `out`, which
 * other ranks may leave NULL. All ranks call this, when the job has ended.
 * Any thread; blocks until this rank's part is done.
 * Errors: SYNCHED_EINVAL: a NULL; there is no such rank; the job is none of a cluster.
 * SYNCHED_ENOENT: the job was never started. SYNCHED_ENOMEM. SYNCHED_ETIMEDOUT, SYNCHED_EIO as in
 * synched_cluster_gather. */
SYNCHED_API int synched_cluster_collect(struct synched_job *job, struct synched_rank_summary *out,
                                        unsigned root);

/* Makes that of `count` ranks; all 0 if there are none, or none has computed.
 * Any thread; does not block; O(count). */
SYNCHED_API struct synched_ranks_efficiency
synched_ranks_efficiency(const struct synched_rank_summary *ranks, unsigned count);

/* Prints both as a table. Any thread; blocks as `file` does; O(count). SYNCHED_EINVAL: a NULL.
 * SYNCHED_EIO: it cannot be written. */
SYNCHED_API int synched_ranks_print(const struct synched_rank_summary *ranks, unsigned count,
                                    FILE *file);

/* Makes one report of all ranks of a job's last run, on the rank `root`; on others *out is NULL.
 * All of <synched/report.h> knows it, and all forms show it: the ranks' workers are numbered one
 * behind the other; each segment's figures are those of the rank that computes it; a round lasts
 * from its opening on the first rank to its end on the last one; times and counts of ranks are
 * added up. A trace has a process for each rank, and a page a group of lanes. Of the last rounds it
 * has those that are written down on all ranks.
 * Machines' clocks differ: some messages go back and forth first, and show by how much. What is
 * left of it is clock_error_ns of each rank.
 * All ranks call this, when the job has ended. *out is the caller's, to be ended with
 * synched_report_destroy.
 * Any thread; blocks until this rank's part is done; O(what is recorded).
 * Errors, with *out NULL: SYNCHED_EINVAL: a NULL; there is no such rank; the job is none of a
 * cluster; the ranks' libraries are not the same. SYNCHED_ENOENT: the job was never started on some
 * rank. SYNCHED_ENOMEM, on any rank; where it is for the messages themselves, the others wait for
 * that rank. SYNCHED_ETIMEDOUT, SYNCHED_EIO as in synched_cluster_gather. */
SYNCHED_API int synched_cluster_report(struct synched_job *job, struct synched_report **out,
                                       unsigned root);

/* Frees a cluster. NULL is allowed and does nothing.
 * Any thread; the ranks need not call it together. Errors, after which it is as before:
 * SYNCHED_EBUSY: it has a job. */
SYNCHED_API int synched_cluster_destroy(struct synched_cluster *cluster);

/* --- what carries messages --- */

/* Some memory. It has an address even where it has no bytes. */
struct synched_piece {
  void *address;
  size_t bytes;
};

/* One message of a group, always from or to the same memory. The two ranks' messages have the same
 * tag, and as many bytes in all. */
struct synched_message {
  /* the other rank */
  unsigned peer;
  /* 1: it comes from there into the pieces; 0: what the pieces hold goes there */
  int is_received;
  /* below SYNCHED_TAGS */
  unsigned tag;
  unsigned reserved;
  /* one behind the other */
  size_t piece_count;
  const struct synched_piece *pieces;
};

#define SYNCHED_TAGS 32767u

/* A way to carry messages between ranks. All functions: any thread, several at once, but one at a
 * time for each group. None of them blocks. They return 0 or a status, after which the cluster is
 * of no more use; `explain` says what was wrong. Messages between two ranks with the same tag
 * arrive in the order in which they set out. */
struct synched_transport {
  uint32_t struct_size;
  /* of this process */
  unsigned rank;
  unsigned rank_count;
  unsigned reserved;
  /* handed to all functions */
  void *context;
  /* Makes a group of messages that can set out again and again; what `messages` points at is
   * copied. *out is NULL after a failure. */
  int (*make)(void *context, void **out, const struct synched_message *messages, size_t count);
  /* All of a group set out, or may arrive from now on; none of them is under way. Allocates
   * nothing. */
  int (*start)(void *context, void *group);
  /* Moves messages on. 1: all of the group have arrived, or left their memory, also where it has
   * not been started; 0: not yet. */
  int (*test)(void *context, void *group);
  /* Ends a group, also one that is under way: then its memory is not used any more, if that can be
   * had. */
  void (*unmake)(void *context, void *group);
  /* What was wrong, after a failure; never NULL. */
  const char *(*explain)(void *context);
  /* Ends the transport itself, after its last group. */
  void (*destroy)(void *context);
};

/* Makes a cluster of what carries messages, which is the cluster's from here on: also after a
 * failure, transport->destroy is called. Every rank calls this; does not wait for others.
 * Errors: SYNCHED_EINVAL: a NULL; a rank that cannot be; weights that are negative, or all 0, or no
 * numbers; an unknown flag, or bytes that are set behind the known fields. SYNCHED_ERANGE: too many
 * ranks. SYNCHED_ENOMEM, or what the transport fails with. *out is NULL then. */
SYNCHED_API int synched_cluster_create_over(struct synched_cluster **out,
                                            const struct synched_transport *transport,
                                            const struct synched_cluster_options *options);

/* For who makes a transport, and cannot: keeps the sentence for synched_error_message (this
 * thread), and returns the status. */
SYNCHED_API int synched_cluster_refuse(int status, const char *sentence);

SYNCHED_END_DECLS

#endif
