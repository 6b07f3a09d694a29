/*
 * checkpoint.c: which rounds are written, and the thread that writes them.
 *
 * The leader of the job's rounds puts retained snapshots into the queue, and wakes the thread; the
 * thread takes them one by one, and releases them. A snapshot is retained once for each place in
 * the queue, so there are never more than the memory has buffers. While the job runs only its
 * leader puts; what the thread writes with is its own, but when nothing is pending and the job does
 * not run: then it is that of who calls synched_checkpoint_save.
 *
 * Of a job on several ranks each has such a queue. All leaders put the same rounds, as they have
 * agreed, so all threads take the same ones in the same order, and write each together
 * (joint.h).
 *
 *   [round-queued]  a snapshot, and what belongs to it, to the thread.
 *   [round-saved]   what the thread has written with, and that it has released the snapshot, to
 *                   whoever finds that nothing is pending.
 *   [save-awaited]  who waits writes `awaited`, then reads pending_count; the thread writes that,
 *                   then reads `awaited`: one of them sees the other.
 *   [save-failed]   the status that ends the job, and of which attempt it is. Its bit stays until
 *                   the leader has seen it, whatever else is asked meanwhile.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "api/check.h"
#include "base/assert.h"
#include "base/error.h"
#include "base/options.h"
#include "checkpoint/joint.h"
#include "job/requests.h"
#include "platform/alloc.h"
#include "platform/clock.h"
#include "platform/park.h"
#include "platform/thread.h"

/* The thread shares CPUs with the workers, where these have all. It must not take them away from
 * who has just waked it, and may take its time: rounds go on meanwhile. */
#define NICE 10

struct queued {
  const struct synched_snapshot *snapshot;
  uint64_t counted_from;
};

struct synched_checkpoint {
  /* first: a checkpoint is found from it; the job's leader's */
  struct synched__saver saver;
  /* of rounds that were due while another one was written: the leader's, or of times, the thread's
   */
  _Atomic uint64_t skipped_count;
  /* what the leader did for it; the leader's */
  _Atomic uint64_t held_up_ns;
  /* the leader's: how many were queued, and how many when one that failed has ended the job: the
   * failures of these have had their effect */
  uint64_t put_count;
  uint64_t settled_count;

  /* Fixed. */
  _Alignas(SYNCHED__CACHE_LINE) struct synched_checkpoint_options options;
  struct synched__plan plan;
  /* [slot_count] */
  struct queued *queue;
  size_t slot_count;
  struct synched__thread thread;

  /* somebody waits until nothing is pending */
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint32_t awaited;
  _Atomic uint32_t stopping;
  /* what the job is to end with, where that is asked */
  _Atomic int failed;
  /* of how many attempts that was the last */
  _Atomic uint64_t failed_count;
  /* who calls on_written now; 0: nobody */
  _Atomic uint64_t caller_id;
  struct synched__parker wake;
  struct synched__parker idle;

  /* The thread's, or of who saves. */
  uint64_t taken_count;
  uint64_t due_ns;
  struct synched__generations generations;
  struct synched__manifest manifest;
  struct synched__files_data data;
  struct synched__joint joint;

  /* for `info` */
  struct synched__mutex mutex;
  struct synched_checkpoint_info info;
};

/* For the job's report. */
static void count(const struct synched_checkpoint *checkpoint, enum synched__saved kind,
                  uint64_t more) {
  (void)synched__add_relaxed(&checkpoint->plan.job->work.record->saved[kind], more);
}

static void skip(struct synched_checkpoint *checkpoint, uint64_t rounds) {
  (void)synched__add_relaxed(&checkpoint->skipped_count, rounds);
  count(checkpoint, SYNCHED__SAVED_SKIPPED, rounds);
}

/* --- the leader of the job's rounds --- */

/* Of what is changed in place there is a copy only where one was asked for in time. */
static bool is_whole(const struct synched_checkpoint *checkpoint,
                     const struct synched_snapshot *now) {
  const struct synched__plan *plan = &checkpoint->plan;
  for (unsigned f = 0; f < plan->field_count; f++)
    if (now->fields[plan->fields[f].index]->data == NULL)
      return false;
  return true;
}

/* Whether one can be retained now, on this rank. */
static bool has_room(const struct synched_checkpoint *checkpoint) {
  const struct synched_memory *memory = checkpoint->plan.job->work.memory;
  return checkpoint->saver.queues ||
         /* [round-saved] acquire */
         (synched__load_acquire(&checkpoint->saver.pending_count) == 0 &&
          synched__memory_leased(memory) < memory->buffer_count - 2);
}

static void queue(struct synched_checkpoint *checkpoint, const struct synched_snapshot *now) {
  struct queued *slot = &checkpoint->queue[checkpoint->put_count % checkpoint->slot_count];
  slot->snapshot = synched_snapshot_retain(now);
  slot->counted_from = checkpoint->plan.job->setup.counted_from;
  checkpoint->put_count++;
  /* [round-queued] release. Not more: among as many puts as there are places, one has a buffer
   * again that the thread has let go, and so has read the place before. */
  (void)synched__add_release(&checkpoint->saver.pending_count, 1);
  synched__unpark(&checkpoint->wake);
}

/* What this rank would end the job with; 0: nothing. */
static int own_failure(const struct synched_checkpoint *checkpoint) {
  /* [save-failed] acquire */
  const uint32_t asked = synched__load_acquire(&checkpoint->saver.asked);
  return (asked & SYNCHED__SAVER_FAILED) != 0 &&
                 synched__load_relaxed(&checkpoint->failed_count) > checkpoint->settled_count
             ? synched__load_relaxed(&checkpoint->failed)
             : 0;
}

static inline bool is_requested(const struct synched__saver *saver) {
  return (synched__load_relaxed(&saver->asked) & SYNCHED__SAVER_WANTED) != 0;
}

static struct synched__saving say(const struct synched__saving_rank *rank) {
  const struct synched_checkpoint *checkpoint =
      (const struct synched_checkpoint *)((const char *)rank -
                                          offsetof(struct synched_checkpoint, saver.rank));
  const int failure = own_failure(checkpoint);
  const bool wants = failure != 0 || is_requested(&checkpoint->saver);
  return (struct synched__saving){(wants ? SYNCHED__SAVING_WANTED : 0) |
                                      (has_room(checkpoint) ? 0 : SYNCHED__SAVING_BUSY),
                                  failure};
}

/* What the job is to end with, on all ranks. */
static int take_failure(struct synched_checkpoint *checkpoint) {
  struct synched__saver *saver = &checkpoint->saver;
  const int failure = saver->is_joint ? saver->rank.all.status : own_failure(checkpoint);
  if (failure == 0)
    return 0;
  /* On another rank it may not have been noticed yet, and must not end the next run there. */
  checkpoint->settled_count = checkpoint->put_count;
  synched__store_relaxed(&saver->asked, 0);
  return failure;
}

/* Whether it is asked for, on any rank; a failure that has had its effect asks for nothing. */
static bool is_asked(const struct synched__saver *saver) {
  return saver->is_joint ? (saver->rank.all.bits & SYNCHED__SAVING_WANTED) != 0
                         : is_requested(saver);
}

static int take(struct synched__saver *saver, const struct synched_snapshot *now) {
  struct synched_checkpoint *checkpoint = (struct synched_checkpoint *)saver;
  const bool is_due = now->round >= saver->due_round;
  const int failure = take_failure(checkpoint);
  if (failure != 0)
    return failure;
  if (!is_due && !is_asked(saver))
    return 0;
  if (saver->is_joint ? !synched__saver_takes(saver) : !has_room(checkpoint)) {
    if (is_due)
      skip(checkpoint, 1);
    synched__saver_pass(saver, now->round);
    return 0;
  }
  if (!is_whole(checkpoint, now))
    return 0;
  const uint64_t begin_ns = synched__tick_ns();
  synched__saver_pass(saver, now->round);
  (void)synched__and_relaxed(&saver->asked, ~(uint32_t)SYNCHED__SAVER_WANTED);
  queue(checkpoint, now);
  const uint64_t held_up_ns = synched__span_ns(begin_ns, synched__tick_ns());
  (void)synched__add_relaxed(&checkpoint->held_up_ns, held_up_ns);
  count(checkpoint, SYNCHED__SAVED_HELD_NS, held_up_ns);
  return 0;
}

/* --- one round --- */

static void note(struct synched_checkpoint *checkpoint,
                 const struct synched_checkpoint_written *written) {
  struct synched_checkpoint_info *info = &checkpoint->info;
  synched__mutex_lock(&checkpoint->mutex);
  info->last_status = written->status;
  info->bytes += written->bytes;
  info->elapsed_ns += written->elapsed_ns;
  (void)snprintf(info->message, sizeof info->message, "%s", written->message);
  if (written->status == 0)
    info->written_count++;
  else
    info->failed_count++;
  if (checkpoint->generations.newest == written->generation) {
    info->generation = written->generation;
    info->round = written->round;
  }
  synched__mutex_unlock(&checkpoint->mutex);
  count(checkpoint, written->status == 0 ? SYNCHED__SAVED_ROUNDS : SYNCHED__SAVED_FAILED, 1);
  count(checkpoint, SYNCHED__SAVED_BYTES, written->bytes);
  count(checkpoint, SYNCHED__SAVED_NS, written->elapsed_ns);
}

static void tell(struct synched_checkpoint *checkpoint,
                 const struct synched_checkpoint_written *written) {
  if (checkpoint->options.on_written == NULL)
    return;
  synched__store_relaxed(&checkpoint->caller_id, synched__thread_id());
  checkpoint->options.on_written(checkpoint, written, checkpoint->options.user);
  synched__store_relaxed(&checkpoint->caller_id, 0);
}

/* Writes what the manifest and data say. */
static int write_round(struct synched_checkpoint *checkpoint) {
  char message[256];
  const uint64_t begin_ns = synched__clock_ns();
  struct synched_checkpoint_written written = {.generation = checkpoint->generations.newest + 1,
                                               .round = checkpoint->manifest.round,
                                               .message = message};
  checkpoint->generations.files.bytes = 0;
  written.status = checkpoint->saver.is_joint
                       ? synched__joint_write(&checkpoint->joint, &checkpoint->generations,
                                              &checkpoint->manifest, &checkpoint->data)
                       : synched__generation_write(&checkpoint->generations, &checkpoint->manifest,
                                                   &checkpoint->data);
  written.bytes = checkpoint->generations.files.bytes;
  written.elapsed_ns = synched__clock_ns() - begin_ns;
  (void)snprintf(message, sizeof message, "%s", written.status == 0 ? "" : synched_error_message());
  note(checkpoint, &written);
  tell(checkpoint, &written);
  return written.status == 0 ? 0 : synched__fail(written.status, "%s", message);
}

/* Where a field's content is. */
static void describe_field(struct synched_checkpoint *checkpoint, unsigned f, const void *data,
                           const size_t *counts) {
  checkpoint->data.fields[f] = data;
  checkpoint->manifest.counts[f] =
      checkpoint->saver.is_joint
          ? synched__joint_counts(&checkpoint->joint, &checkpoint->plan, f, counts)
          : counts;
}

static void describe(struct synched_checkpoint *checkpoint, const struct synched_snapshot *now,
                     uint64_t counted_from) {
  struct synched__manifest *manifest = &checkpoint->manifest;
  const struct synched__plan *plan = &checkpoint->plan;
  manifest->round = now->round;
  manifest->counted_from = counted_from;
  manifest->fold = now->fold;
  for (unsigned s = 0; s < plan->stage_count; s++)
    manifest->folds[s] = now->folds[s];
  for (unsigned f = 0; f < plan->field_count; f++) {
    const struct synched_snapshot *field = now->fields[plan->fields[f].index];
    /* Of what is changed in place there may be no copy: see synched_checkpoint_save. */
    if (field->data != NULL)
      describe_field(checkpoint, f, field->data, field->counts);
  }
}

/* --- the thread --- */

/* The oldest that is queued; false: none is. */
static bool take_queued(struct synched_checkpoint *checkpoint, struct queued *out) {
  if (synched__load_acquire(&checkpoint->saver.pending_count) == 0) /* [round-queued] acquire */
    return false;
  *out = checkpoint->queue[checkpoint->taken_count++ % checkpoint->slot_count];
  return true;
}

static void save_queued(struct synched_checkpoint *checkpoint, const struct queued *queued) {
  describe(checkpoint, queued->snapshot, queued->counted_from);
  const int status = write_round(checkpoint);
  if (status != 0 && (checkpoint->options.flags & SYNCHED_CHECKPOINT_REQUIRED) != 0) {
    synched__store_relaxed(&checkpoint->failed_count, checkpoint->taken_count);
    synched__store_relaxed(&checkpoint->failed, status);
    /* [save-failed] release */
    (void)synched__or_release(&checkpoint->saver.asked, SYNCHED__SAVER_FAILED);
  }
  synched_snapshot_release(queued->snapshot);
  /* [round-saved] release, [save-awaited] seq_cst */
  (void)synched__sub_seq_cst(&checkpoint->saver.pending_count, 1);
  if (synched__load_seq_cst(&checkpoint->awaited) != 0) /* [save-awaited] seq_cst */
    synched__unpark(&checkpoint->idle);
}

/* When a round is due again. */
static uint64_t due_after(uint64_t every_ns, uint64_t now_ns) {
  return every_ns < SYNCHED__NEVER - now_ns ? now_ns + every_ns : SYNCHED__NEVER;
}

/* Wants a round, if the time has come. Returns when the next one is due. Of several ranks the first
 * one has the clock, so that all of them write once. */
static uint64_t look_at_clock(struct synched_checkpoint *checkpoint) {
  const uint64_t every_ns = checkpoint->options.every_ns;
  const uint64_t now_ns = synched__clock_ns();
  if (every_ns == 0 || !synched__joint_leads(&checkpoint->joint))
    return SYNCHED__NEVER;
  if (now_ns < checkpoint->due_ns)
    return checkpoint->due_ns;
  /* Those that came due meanwhile. */
  if (now_ns - checkpoint->due_ns >= every_ns)
    skip(checkpoint, (now_ns - checkpoint->due_ns) / every_ns);
  (void)synched__or_relaxed(&checkpoint->saver.asked, SYNCHED__SAVER_WANTED);
  checkpoint->due_ns = due_after(every_ns, now_ns);
  return checkpoint->due_ns;
}

static void run(void *argument) {
  struct synched_checkpoint *checkpoint = argument;
  synched__thread_set_name("synched-save");
  (void)synched__thread_set_nice(NICE); /* where it is refused, rounds share their CPUs with it */
  for (;;) {
    struct queued queued;
    if (take_queued(checkpoint, &queued)) {
      save_queued(checkpoint, &queued);
      continue;
    }
    if (synched__load_relaxed(&checkpoint->stopping) != 0)
      return;
    (void)synched__park_until(&checkpoint->wake, look_at_clock(checkpoint));
  }
}

/* Of a job that does not run: returns when nothing is pending any more. */
static void await_idle(struct synched_checkpoint *checkpoint) {
  synched__store_seq_cst(&checkpoint->awaited, 1); /* [save-awaited] seq_cst */
  /* [save-awaited] seq_cst, [round-saved] acquire */
  while (synched__load_seq_cst(&checkpoint->saver.pending_count) != 0)
    synched__park(&checkpoint->idle);
  synched__store_relaxed(&checkpoint->awaited, 0);
}

/* --- making one --- */

static bool is_at_rest(struct synched_job *job) {
  const enum synched_job_state state = synched__requests_state(job);
  return state == SYNCHED_JOB_READY || state == SYNCHED_JOB_ENDED;
}

static int check_in_place(const struct synched__plan *plan) {
  const struct synched__fields *fields = plan->job->work.fields;
  for (unsigned f = 0; fields != NULL && f < plan->field_count; f++) {
    const unsigned index = plan->fields[f].index;
    if (synched__fields_has(fields->in_place, index) && !synched__fields_has(fields->copied, index))
      return synched__fail(
          SYNCHED_EINVAL,
          "field %u is changed in place; the job needs SYNCHED_JOB_COPIES, and the "
          "memory a lease",
          index);
  }
  return 0;
}

static int check_job(const struct synched__plan *plan) {
  struct synched_job *job = plan->job;
  if (!is_at_rest(job))
    return synched__fail(SYNCHED_EBUSY, "the job is running");
  if (job->setup.saver != NULL)
    return synched__fail(SYNCHED_EEXIST, "the job has a checkpoint already");
  if (job->work.memory->buffer_count < 3)
    return synched__fail(SYNCHED_EINVAL,
                         "a checkpoint needs a memory with lease_count 1 or more; it has 0");
  return check_in_place(plan);
}

static int make_parts(struct synched_checkpoint *checkpoint) {
  struct synched_job *job = checkpoint->plan.job;
  checkpoint->slot_count = job->work.memory->buffer_count;
  checkpoint->queue = synched__alloc(checkpoint->slot_count, sizeof *checkpoint->queue);
  if (checkpoint->queue == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for a checkpoint");
  int status = synched__manifest_init(&checkpoint->manifest, &checkpoint->plan);
  if (status == 0)
    status = synched__joint_init(&checkpoint->joint, &checkpoint->manifest);
  if (status != 0 || !synched__joint_leads(&checkpoint->joint))
    return status; /* other ranks' folder is opened when the first one has it */
  return synched__generations_open(&checkpoint->generations, checkpoint->options.folder,
                                   checkpoint->options.keep, &job->setup.resumed);
}

static void free_parts(struct synched_checkpoint *checkpoint) {
  synched__generations_close(&checkpoint->generations);
  synched__joint_deinit(&checkpoint->joint);
  synched__manifest_deinit(&checkpoint->manifest);
  synched__free(checkpoint->queue);
}

/* From here on there is a thread. */
static int begin(struct synched_checkpoint *checkpoint) {
  int status = synched__mutex_init(&checkpoint->mutex);
  if (status != 0)
    return synched__fail(status, "no lock for a checkpoint");
  status = synched__parker_init(&checkpoint->wake);
  if (status != 0)
    goto no_wake;
  status = synched__parker_init(&checkpoint->idle);
  if (status != 0)
    goto no_idle;
  checkpoint->due_ns = due_after(checkpoint->options.every_ns, synched__clock_ns());
  status = synched__thread_create(&checkpoint->thread, 0, run, checkpoint);
  if (status == 0)
    return 0;
  synched__parker_deinit(&checkpoint->idle);
no_idle:
  synched__parker_deinit(&checkpoint->wake);
no_wake:
  synched__mutex_deinit(&checkpoint->mutex);
  return synched__fail(status, "no thread for a checkpoint");
}

static void end(struct synched_checkpoint *checkpoint) {
  synched__store_relaxed(&checkpoint->stopping, 1);
  synched__unpark(&checkpoint->wake);
  synched__thread_join(&checkpoint->thread);
  synched__parker_deinit(&checkpoint->idle);
  synched__parker_deinit(&checkpoint->wake);
  synched__mutex_deinit(&checkpoint->mutex);
}

static int init(struct synched_checkpoint *checkpoint, struct synched_job *job) {
  int status = synched__plan_init(&checkpoint->plan, job, &checkpoint->options);
  if (status == 0)
    status = check_job(&checkpoint->plan);
  if (status != 0)
    return status;
  checkpoint->saver.take = take;
  checkpoint->saver.every_rounds = checkpoint->options.every_rounds;
  checkpoint->saver.queues = checkpoint->options.overlap == SYNCHED_CHECKPOINT_WAIT;
  checkpoint->saver.is_joint = job->work.link != NULL;
  checkpoint->saver.rank.say = say;
  status = make_parts(checkpoint);
  if (status == 0)
    status = begin(checkpoint);
  if (status != 0)
    free_parts(checkpoint);
  return status;
}

static int make(struct synched_checkpoint **out, struct synched_job *job,
                const struct synched_checkpoint_options *options) {
  struct synched_checkpoint_options read;
  *out = NULL;
  int status = synched__plan_read_options(&read, options);
  if (status != 0)
    return status;
  struct synched_checkpoint *checkpoint = synched__alloc_lines(1, sizeof *checkpoint);
  if (checkpoint == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for a checkpoint");
  checkpoint->options = read;
  checkpoint->generations = synched__generations_none();
  status = init(checkpoint, job);
  if (status == 0)
    *out = checkpoint;
  else
    synched__free(checkpoint);
  return status;
}

static void unmake(struct synched_checkpoint *checkpoint) {
  end(checkpoint);
  free_parts(checkpoint);
  synched__free(checkpoint);
}

/* All ranks have made one, or none has. `status`: this rank's. */
static int make_together(struct synched_checkpoint **made, struct synched__link *link, int status) {
  struct synched__generations none = synched__generations_none();
  struct synched_checkpoint_options unknown = synched_checkpoint_options_default();
  struct synched_checkpoint *checkpoint = *made;
  status = synched__joint_open(link, checkpoint == NULL ? &none : &checkpoint->generations,
                               checkpoint == NULL ? &unknown : &checkpoint->options, status);
  if (status == 0) {
    link->saver = &checkpoint->saver.rank;
  } else if (checkpoint != NULL) {
    unmake(checkpoint);
    *made = NULL;
  }
  return status;
}

int synched_checkpoint_create(struct synched_checkpoint **out, struct synched_job *job,
                              const struct synched_checkpoint_options *options) {
  if (out == NULL)
    return synched__fail(SYNCHED_EINVAL, "the checkpoint to create is NULL");
  *out = NULL;
  int status = synched__job_check(job);
  if (status != 0)
    return status;
  struct synched__link *link = job->work.link;
  if (link != NULL && !is_at_rest(job))
    return synched__fail(SYNCHED_EBUSY, "the job is running");
  struct synched_checkpoint *checkpoint;
  status = make(&checkpoint, job, options);
  if (link != NULL)
    status = make_together(&checkpoint, link, status);
  if (status != 0)
    return status;
  SYNCHED_ASSERT(checkpoint != NULL); /* or this rank would have told the others of it */
  /* The caller's to free. */
  checkpoint->options.folder = NULL;
  checkpoint->options.dtypes = NULL;
  job->setup.saver = &checkpoint->saver;
  *out = checkpoint;
  return 0;
}

/* --- its calls --- */

static int check(const struct synched_checkpoint *checkpoint) {
  if (checkpoint == NULL)
    return synched__fail(SYNCHED_EINVAL, "the checkpoint is NULL");
  return synched__is_foreign(checkpoint->plan.job->setup.generation)
             ? synched__process_refuse("checkpoint")
             : 0;
}

/* For calls that wait for what is under way. */
static int check_wait(struct synched_checkpoint *checkpoint) {
  const int status = check(checkpoint);
  if (status != 0)
    return status;
  if (synched__load_relaxed(&checkpoint->caller_id) == synched__thread_id())
    return synched__fail(SYNCHED_EDEADLK, "on_written waits for the checkpoint that it is told of");
  return is_at_rest(checkpoint->plan.job) ? 0 : synched__fail(SYNCHED_EBUSY, "the job is running");
}

int synched_checkpoint_request(struct synched_checkpoint *checkpoint) {
  const int status = check(checkpoint);
  if (status == 0)
    (void)synched__or_relaxed(&checkpoint->saver.asked, SYNCHED__SAVER_WANTED);
  return status;
}

int synched_checkpoint_save(struct synched_checkpoint *checkpoint) {
  const int status = check_wait(checkpoint);
  if (status != 0)
    return status;
  struct synched_job *job = checkpoint->plan.job;
  if (job->setup.options.init != NULL && !job->setup.initialised)
    return synched__fail(SYNCHED_ENOENT, "the job has not run its init yet: there is no state");
  await_idle(checkpoint);
  const struct synched__buffer *current = job->work.memory->pair.current;
  describe(checkpoint, &current->snapshot, job->setup.counted_from);
  for (unsigned f = 0; f < checkpoint->plan.field_count; f++) {
    struct synched_memory *memories[SYNCHED_FIELDS_MAX];
    (void)synched__plan_memories(job, memories);
    const struct synched_memory *memory = memories[checkpoint->plan.fields[f].index];
    if (memory->in_place)
      describe_field(checkpoint, f, memory->blocks.all[0]->data, memory->blocks.all[0]->counts);
  }
  return write_round(checkpoint);
}

int synched_checkpoint_info(const struct synched_checkpoint *checkpoint,
                            struct synched_checkpoint_info *out) {
  static const struct synched__options_spec spec = {"synched_checkpoint_info",
                                                    sizeof(struct synched_checkpoint_info),
                                                    sizeof(struct synched_checkpoint_info)};
  struct synched_checkpoint *shared = (struct synched_checkpoint *)checkpoint;
  const int status = check(checkpoint);
  if (status != 0)
    return status;
  synched__mutex_lock(&shared->mutex);
  struct synched_checkpoint_info info = checkpoint->info;
  synched__mutex_unlock(&shared->mutex);
  info.skipped_count = synched__load_relaxed(&checkpoint->skipped_count);
  info.held_up_ns = synched__load_relaxed(&checkpoint->held_up_ns);
  info.pending_count = synched__load_relaxed(&checkpoint->saver.pending_count);
  return synched__out_write(out, &info, &spec);
}

int synched_checkpoint_destroy(struct synched_checkpoint *checkpoint) {
  if (checkpoint == NULL)
    return 0;
  const int status = check_wait(checkpoint);
  if (status != 0)
    return status;
  struct synched_job *job = checkpoint->plan.job;
  job->setup.saver = NULL;
  if (job->work.link != NULL)
    job->work.link->saver = NULL;
  await_idle(checkpoint);
  unmake(checkpoint);
  return 0;
}
