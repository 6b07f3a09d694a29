/*
 * checkpoint.h: a job's state in files, from which it can go on after its process has ended.
 *
 * A checkpoint of a job writes published rounds to a folder while rounds go on. What is written is
 * a retained snapshot: nothing is copied, and the worker that closes the round does no more than
 * retain it and wake the checkpoint's own thread, which writes. (It is no thread of libuv's: those
 * belong to the program, a job need not have a libuv loop, and a disk can take its time.)
 *
 *     synched_job_create(&job, pool, memory, ...);
 *     const struct synched_checkpoint_options *options =
 *         SYNCHED_CHECKPOINT_OPTIONS(.folder = "state", .every_ns = UINT64_C(10000000000));
 *     struct synched_checkpoint_resumed resumed = {.struct_size = sizeof resumed};
 *     if (synched_checkpoint_resume(job, options, &resumed) == SYNCHED_ENOENT)
 *       load the beginning;                  // there is no checkpoint yet
 *     synched_checkpoint_create(&checkpoint, job, options);
 *     synched_job_run(job);                  // or start, or advance
 *     synched_checkpoint_save(checkpoint);   // the last round, whatever ended the job
 *     synched_checkpoint_destroy(checkpoint);
 *
 * The folder. Each complete checkpoint is a folder in it, a generation:
 *
 *     state/generation-00000041/field0.npy, field1.npy ..., manifest.json
 *     state/generation-00000042/...
 *     state/lock
 *
 * fieldN.npy is field N, as NumPy's and Julia's readers know it, also memory-mapped: all segments,
 * one after the other, each with its whole capacity, without PADDED's padding. So element i of
 * segment s is at (the capacities of the segments before s) + i. Its type is the option's dtype; an
 * element of several numbers makes a row. manifest.json has the rest: round, counts, folds,
 * capacities, and XXH3-64 sums of each segment, each file, and itself.
 *
 * What survives. A generation is written under another name, in the same folder; its files are
 * synced, the manifest last; then it is renamed, and the folder synced. Only then are generations
 * beyond `keep` removed. So whenever the process or the machine stops, the folder has the newest
 * complete generation or the one before, and never half of one. What a process has left unfinished
 * is removed by the next one. Two processes do not write to one folder at once: the file `lock` is
 * locked (flock), which the system undoes when a process ends in whatever way.
 *
 * Going on. A job that is resumed computes the same bits as if it had never stopped, with any
 * number of workers, balance, placement and layout. What is not in the fields is the program's to
 * restore: its own random numbers, files that it writes, what `user` points at.
 */
#ifndef SYNCHED_CHECKPOINT_H
#define SYNCHED_CHECKPOINT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <synched/export.h>
#include <synched/job.h>

SYNCHED_BEGIN_DECLS

struct synched_checkpoint; /* opaque */

/* What happens to a round that is due while another one is still being written. */
enum synched_checkpoint_overlap {
  /* It is left out, and counted. A request stays, until there is time for it. */
  SYNCHED_CHECKPOINT_SKIP = 0,
  /* It is retained until its turn comes. It holds a lease of the memory meanwhile, so when all are
   * taken the job waits: every due round is written. */
  SYNCHED_CHECKPOINT_WAIT
};

/* Ends the job with the status of a checkpoint that could not be written, at its next published
 * round. Otherwise on_written and the statistics say so, and the job goes on. */
#define SYNCHED_CHECKPOINT_REQUIRED 1u

/* One that has been written, or could not be. */
struct synched_checkpoint_written {
  /* 0; or why not, which is libuv's code for what the system said: SYNCHED_EIO, -ENOSPC ... */
  int status;
  /* the number of the generation that it is, or would have been */
  unsigned generation;
  uint64_t round;
  /* to the disk, all files together */
  uint64_t bytes;
  /* how long it took */
  uint64_t elapsed_ns;
  /* a sentence, "" if status is 0; valid during the call */
  const char *message;
};

/* Called after each attempt, on the checkpoint's own thread, or in synched_checkpoint_save. It must
 * not call save or destroy; the next one waits for it. */
typedef void (*synched_checkpoint_fn)(struct synched_checkpoint *checkpoint,
                                      const struct synched_checkpoint_written *written, void *user);

#define SYNCHED_CHECKPOINT_KEEP_MAX 1000u

struct synched_checkpoint_options {
  /* filled in by SYNCHED_CHECKPOINT_OPTIONS */
  uint32_t struct_size;
  /* SYNCHED_CHECKPOINT_REQUIRED */
  uint32_t flags;
  /* required; made if only it is missing; copied. One folder is one job's */
  const char *folder;
  /* The rounds whose number is a multiple of this; where several rounds are published together, the
   * first published round from there on. 0: none */
  uint64_t every_rounds;
  /* After so long on the monotonic clock, the next published round. 0: none */
  uint64_t every_ns;
  /* complete generations that stay in the folder; 0: 2; at most SYNCHED_CHECKPOINT_KEEP_MAX */
  unsigned keep;
  /* 0: SKIP */
  enum synched_checkpoint_overlap overlap;
  /* [dtype_count]: what field f is made of, in NumPy's words: "<f8", "<i4", "|u1", "<c16" ...: byte
   * order, kind (b i u f c S V) and bytes, by which the element's size can be divided. NULL, or
   * behind the last: bytes, "|u1" where elements are one byte, else "|V<size>". Copied */
  const char *const *dtypes;
  unsigned dtype_count;
  /* fields that are not written, and that a resume leaves as they are: input that no stage writes,
   * which the program can fill in again. Bit f is field f */
  uint32_t leaves_out;
  /* NULL: none */
  synched_checkpoint_fn on_written;
  /* handed to it */
  void *user;
};

/* Returns options with every default, for C++ and where a macro is unwelcome. */
static inline struct synched_checkpoint_options synched_checkpoint_options_default(void) {
  struct synched_checkpoint_options options;
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  return options;
}

#if !defined(__cplusplus)
/* SYNCHED_CHECKPOINT_OPTIONS(.folder = "state", ...): a pointer to options in the enclosing
 * block. */
#define SYNCHED_CHECKPOINT_OPTIONS(...)                                                            \
  (&(struct synched_checkpoint_options){                                                           \
      .struct_size = (uint32_t)sizeof(struct synched_checkpoint_options), __VA_ARGS__})
#endif

/* What a job goes on from. */
struct synched_checkpoint_resumed {
  /* the caller's sizeof */
  uint32_t struct_size;
  /* the generation that was taken */
  unsigned generation;
  /* newer ones that are damaged, and were passed over */
  unsigned damaged_count;
  /* of the job, from here on its current one */
  uint64_t round;
  /* Rounds of the job's round_count that the run still had. UINT64_MAX: it had no limit; 0: it was
   * complete */
  uint64_t rounds_left;
  /* of the snapshot of that round */
  double fold;
  /* one line: "round 500 of generation 7"; and what is wrong with those passed over */
  char note[256];
};

/* Takes a job's content, folds and round from the newest generation in options->folder that is not
 * damaged. All of it is read and compared with its sums before anything is changed. init does not
 * run any more, and the job's next run is the rest of the one that was written: round_count counts
 * from where that began. If that was complete, the next run is one of its own.
 * Of the options only folder, dtypes and leaves_out are looked at. The folder may be one that
 * another process writes to.
 * For a job that does not run; one thread; blocks, for two readings of all files; allocates. Pages
 * of the memory that nobody has written yet are placed where the calling thread runs.
 * Errors: SYNCHED_ENOENT: there is no folder, or no generation in it: nothing has changed, and the
 * job begins at its beginning. SYNCHED_EINVAL: a NULL; wrong options; the newest generation does
 * not fit the job, in its fields, segments, capacities, sizes of elements, folds or dtypes: the
 * sentence says in which. SYNCHED_ENOTSUP: it was written by a newer version of the library, or on
 * a machine of another byte order; or the job has a cluster. SYNCHED_EBUSY: the job runs, or a
 * snapshot of it is retained. SYNCHED_EIO: there are generations, but all are damaged.
 * SYNCHED_ENOMEM. Or libuv's code for what the system said. Nothing has changed then, but for an
 * SYNCHED_EIO whose sentence says that the files changed while they were read: the content is
 * undefined. *out is as before. */
SYNCHED_API int synched_checkpoint_resume(struct synched_job *job,
                                          const struct synched_checkpoint_options *options,
                                          struct synched_checkpoint_resumed *out);

/* Makes a checkpoint of a job that does not run; from then on, in whatever way that is run, its
 * rounds are written. What a process has left unfinished in the folder is removed, and generations
 * beyond `keep` are.
 * The job's memory needs a lease for the round that is being written: one more than others hold,
 * for when all leases are held, the job waits. Of a memory that is changed in place, the workers
 * copy a round that is to be written: for that the job needs SYNCHED_JOB_COPIES.
 * One thread; waits for the disk. On success the caller owns *out, and ends it with
 * synched_checkpoint_destroy, before the job.
 * Errors: SYNCHED_EINVAL: a NULL; no folder; an unknown flag or enum value, or bytes that are set
 * behind the known fields; a dtype that is none, or does not fit the field's elements; leaves_out
 * of fields that there are not, or of all; a memory without leases; a memory that is changed in
 * place, of a job without SYNCHED_JOB_COPIES. SYNCHED_ERANGE: keep. SYNCHED_EEXIST: the job has a
 * checkpoint. SYNCHED_EBUSY: the job runs, or another checkpoint writes to the folder.
 * SYNCHED_EAGAIN: there is no thread for now; for that, the other statuses that synched_pool_create
 * has on threads hold, too. SYNCHED_ENOMEM. SYNCHED_ENOTSUP: the job has a cluster, or is a parent
 * process's. Or libuv's code for what the system said of the folder. *out is NULL then. */
SYNCHED_API int synched_checkpoint_create(struct synched_checkpoint **out, struct synched_job *job,
                                          const struct synched_checkpoint_options *options);

/* Asks for the next published round to be written, or for the one that is just being published: in
 * on_round, the round of that call. Several requests before that are one. One that finds another
 * round being written waits until that is over, whatever the overlap.
 * Any thread, callbacks and calls included; does not block; one atomic operation. Nothing is
 * written if the job does not publish a round any more: see synched_checkpoint_save.
 * SYNCHED_EINVAL: NULL. SYNCHED_ENOTSUP: the checkpoint is a parent process's. */
SYNCHED_API int synched_checkpoint_request(struct synched_checkpoint *checkpoint);

/* Writes the current round of a job that does not run, and returns when it is safe: before a
 * program ends, or between two advances. Waits first until all that is under way is written.
 * One thread at a time, and the job must not be started meanwhile; blocks.
 * Errors: SYNCHED_EINVAL: NULL. SYNCHED_EBUSY: the job runs. SYNCHED_ENOENT: it has an init that
 * has not run, so there is no state yet. SYNCHED_EDEADLK: in on_written. SYNCHED_ENOTSUP. Or why it
 * could not be written, as in synched_checkpoint_written: what was there before is still there. */
SYNCHED_API int synched_checkpoint_save(struct synched_checkpoint *checkpoint);

/* What a checkpoint has done since it was created. */
struct synched_checkpoint_info {
  /* the caller's sizeof */
  uint32_t struct_size;
  /* the status of the last attempt; 0: it went well, or there was none */
  int last_status;
  /* complete generations that were written, due rounds that were left out, and attempts that
   * failed */
  uint64_t written_count, skipped_count, failed_count;
  /* to the disk, and how long that took, of all attempts */
  uint64_t bytes, elapsed_ns;
  /* What the job's rounds had to do for it, between rounds. That memory and disk are shared with
   * whoever writes is not in it; waits for a buffer are in the job's report. */
  uint64_t held_up_ns;
  /* the last complete generation, and its round; 0: there is none */
  unsigned generation;
  uint64_t round;
  /* rounds that are being written, or wait for that */
  unsigned pending_count;
  /* a sentence on last_status; "": it is 0 */
  char message[256];
};

/* Any thread; waits for no disk. SYNCHED_EINVAL: a NULL, or a struct_size of no version.
 * SYNCHED_ENOTSUP. */
SYNCHED_API int synched_checkpoint_info(const struct synched_checkpoint *checkpoint,
                                        struct synched_checkpoint_info *out);

/* Waits until what is under way is written, then frees the checkpoint; its folder is as it is. NULL
 * is allowed and does nothing.
 * One thread; blocks. Errors, after which the checkpoint is as before: SYNCHED_EBUSY: the job runs.
 * SYNCHED_EDEADLK: in on_written. SYNCHED_ENOTSUP. */
SYNCHED_API int synched_checkpoint_destroy(struct synched_checkpoint *checkpoint);

SYNCHED_END_DECLS

#endif
