/*
 * memory.h: the buffers of a memory, and which of them are current and next (internal).
 *
 * A buffer is what readers of one round hold: a snapshot, and the count of them. Its elements lie
 * in a block. A memory by itself has a block for each buffer. The buffers of a job's first memory
 * stand for all fields of the job (fields.h): each has a snapshot and a block of every field.
 *
 * A buffer is one of: current (published last), next (being written), leased (retained by readers
 * and not current) or free. One thread at a time, the one that closes rounds, moves buffers from
 * one to the other; here it is the closing side. Readers, on any thread, only count themselves in
 * and out.
 *
 * No word that readers and the closing side share in every round says which buffer is current: it
 * is the one with the highest sequence number. A reader first counts itself in `retained`, then
 * looks at all sequence numbers, then counts itself in the refs of the highest. The closing side
 * first stores the sequence number of what it publishes, then loads `retained`. These are
 * sequentially consistent. So when the closing side finds retained at 0, no reader is on its way to
 * the buffer that it has just retired, and it takes that one for writing without touching its refs.
 * Otherwise it takes a buffer whose refs it can move from 0 to WRITING, and marks its sequence
 * number, too; a reader that comes there too late sees one or the other and looks again.
 *
 * So a round that nobody retains costs one atomic exchange, on a line of the published buffer. And
 * since two workers that close rounds in turn publish the two buffers in turn, that line mostly
 * stays where it is.
 *
 *   [reader-counted]    a reader writes retained, then reads the sequence numbers; the closing side
 *                       writes a sequence number, then reads retained: one of them sees the other.
 *   [buffer-published]  a buffer's content, to whoever reads its sequence number.
 *   [buffer-marked]     all publications before the mark, so that whoever reads the mark takes no
 *                       older buffer for the newest.
 *   [buffer-written]    a buffer's content and its mark, to a reader that enters its refs.
 *   [reader-left]       a reader's last look at a buffer, to whoever writes that buffer.
 *   [memory-left]       a reader's last touch of the memory, to whoever writes a buffer or ends it.
 *   [buffer-freed]      a reader writes refs, then reads awaiting; the closing side writes
 *                       awaiting, then reads refs: one of them sees the other.
 *   [buffer-awaited]    all that the closing side wrote before it asked for on_free, to whoever
 *                       takes the request back or answers it.
 *   [memory-idle]       the end of the job's run; the memory can be loaded again.
 *   [lead-changed]      who keeps readers out of the buffers writes the lead, then lets them in; a
 *                       reader enters a buffer, then reads the lead.
 *   [lead-visited]      a reader of another memory than the lead counts itself in there, then reads
 *                       the lead; who parts the two writes the lead, then reads the count: one of
 *                       them sees the other.
 *   [visit-over]        the reader's last touch of the lead, unless it is in one of its buffers, to
 *                       whoever parts the two.
 */
#ifndef SYNCHED_MEMORY_MEMORY_H
#define SYNCHED_MEMORY_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "memory/block.h"
#include "memory/layout.h"
#include "platform/atomic.h"
#include "platform/thread.h"

#include <synched/memory.h>

#define SYNCHED__BUFFER_WRITING 0x80000000u

/* Sequence numbers are even. An odd one is the buffer's last number, marked while the buffer is
 * written where readers might look. */
#define SYNCHED__SEQUENCE_STEP 2u
#define SYNCHED__SEQUENCE_WRITING 1u

struct synched__buffer {
  /* what readers get; its first 64 bytes are all that they read of it in a job of one field */
  _Alignas(SYNCHED__CACHE_LINE) struct synched_snapshot snapshot;
  /* of its publication; or its last, marked */
  _Atomic uint64_t sequence;
  /* how often readers retain it; or WRITING */
  _Atomic uint32_t refs;

  /* Hardly ever written. */
  _Alignas(SYNCHED__CACHE_LINE) struct synched_memory *memory;
  /* [snapshot.field_count] the snapshots of all fields, and where their elements lie; the first is
   * the one above. Those of a memory by itself are `own_view` and `block` */
  struct synched_snapshot **views;
  struct synched__block **blocks;
  struct synched_snapshot *own_view;
  struct synched__block *block;
};

_Static_assert(offsetof(struct synched__buffer, sequence) >= 64 &&
                   SYNCHED__SHARE_LINE(struct synched__buffer, snapshot, refs),
               "the number does not share the 64 bytes that every call reads");

enum synched__owner { SYNCHED__OWNER_NONE, SYNCHED__OWNER_JOB, SYNCHED__OWNER_WRITERS };

struct synched__writers;

/* Which buffer is current and which is next; the closing side's own. A memory's own pair is right
 * unless the memory is bound to a pool (engine/open_round.h): then the pool's pair is, on the line
 * that moves with every round anyway. */
struct synched__buffer_pair {
  struct synched__buffer *current;
  /* what is being written; NULL: no buffer is free */
  struct synched__buffer *next;
  /* the number of the last publication */
  uint64_t sequence;
  /* the refs of next are WRITING */
  bool next_marked;
};

struct synched_memory {
  _Alignas(SYNCHED__CACHE_LINE) struct synched__buffer_pair pair;

  /* Immutable. */
  _Alignas(SYNCHED__CACHE_LINE) struct synched__layout layout;
  enum synched_refill refill;
  /* it has one block, and others for copies of that */
  bool in_place;
  /* the generation of the process that made it */
  uint32_t generation;
  unsigned buffer_count;
  struct synched__buffer *buffers;

  /* Changed while a job of several fields is created or destroyed: see fields.h. */
  struct synched__blocks blocks;
  /* whose buffers hold its snapshots: itself, or field 0 of its job */
  _Atomic(struct synched_memory *) lead;
  /* which field of the lead's buffers it is */
  unsigned field;

  /* The closing side waits for a free buffer; whoever exchanges it for 0 must call on_free. */
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint32_t awaiting;
  void (*on_free)(void *argument);
  void *on_free_argument;

  /* every retain, less every release */
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint64_t retained;
  /* a job is started on it */
  _Atomic uint32_t running;
  /* readers of this memory that are in the buffers of another one, its lead, to enter one */
  _Atomic uint32_t visiting;

  /* for `owner`, and for opening and closing writers */
  struct synched__mutex mutex;
  enum synched__owner owner;
  /* made when the first one opens */
  struct synched__writers *writers;
  /* how often it has been loaded, under the mutex; read while nobody may load it */
  uint64_t load_count;
};

_Static_assert(!SYNCHED__SHARE_LINE(struct synched_memory, pair, layout) &&
                   !SYNCHED__SHARE_LINE(struct synched_memory, field, awaiting),
               "what is fixed stays in every cache");
_Static_assert(!SYNCHED__SHARE_LINE(struct synched_memory, on_free_argument, retained),
               "readers take nothing away that the closing side looks at");

/* The buffer that holds a snapshot, of whatever field. */
static inline struct synched__buffer *
synched__snapshot_buffer(const struct synched_snapshot *snapshot) {
  return (struct synched__buffer *)((uintptr_t)snapshot->fields[0] -
                                    offsetof(struct synched__buffer, snapshot));
}

/* Closing side: where the elements of next lie, field 0's, and its counts. */
static inline unsigned char *synched__buffer_data(const struct synched__buffer *buffer) {
  return (unsigned char *)(uintptr_t)buffer->snapshot.data;
}
static inline size_t *synched__buffer_counts(const struct synched__buffer *buffer) {
  return (size_t *)(uintptr_t)buffer->snapshot.counts;
}

/* Closing side, or before anybody reads it: the elements of field `field` in a buffer are those of
 * `block` from now on; NULL: the buffer has none. */
void synched__buffer_map(struct synched__buffer *buffer, unsigned field,
                         struct synched__block *block);

/* Keeps readers out of all buffers, so that they can be rearranged; nobody must be the closing side
 * meanwhile. false: a snapshot is retained, and nothing has changed. */
bool synched__memory_lock_buffers(struct synched_memory *memory);
void synched__memory_unlock_buffers(struct synched_memory *memory);

/* Whoever keeps readers out of the lead's buffers: the memory is by itself again, and its readers
 * touch the former lead no more, which may be destroyed. Waits for those that are on their way. */
void synched__memory_leave_lead(struct synched_memory *memory);

/* Copies the caller's options, of whatever version. SYNCHED_EINVAL: NULL, or a struct of no version
 * that this one knows. */
int synched__memory_copy_options(struct synched_memory_options *read,
                                 const struct synched_memory_options *options);

/* Makes a memory a job's. SYNCHED_EBUSY: it has another owner; SYNCHED_ENOTSUP: it is a parent
 * process's. synched__memory_unclaim makes it free again. */
int synched__memory_claim(struct synched_memory *memory);
void synched__memory_unclaim(struct synched_memory *memory);

/* Closing side: takes a free buffer as next, if there is one. false: all are leased. */
bool synched__memory_take_next(struct synched_memory *memory, struct synched__buffer_pair *pair);

/* Closing side, when that failed: asks for on_free at the next release that frees a buffer. true: a
 * buffer was freed meanwhile and is next; then nobody will call on_free. */
bool synched__memory_await_buffer(struct synched_memory *memory);

/* Takes the request back; true if this call did, false if somebody calls on_free or has called it.
 * Any thread. */
bool synched__memory_stop_awaiting(struct synched_memory *memory);

/* What a publication adds to the content of next. */
struct synched__publication {
  uint64_t round;
  double fold;
};

/* Closing side: makes next the current snapshot, and takes a new next if a buffer is free. held:
 * the snapshot is retained once, on the caller's behalf. */
struct synched_snapshot *synched__memory_publish(struct synched_memory *memory,
                                                 struct synched__buffer_pair *pair,
                                                 struct synched__publication publication,
                                                 bool held);

/* How many buffers readers hold now. Any thread; a moment's picture. */
unsigned synched__memory_leased(const struct synched_memory *memory);

/* How often readers hold a snapshot of it, the current one included. Of a job's field 1 and up they
 * count at the job's memory. Any thread. */
uint64_t synched__memory_retained_count(const struct synched_memory *memory);

void synched__writers_destroy(struct synched__writers *writers);

#endif
