/*
 * memory.h: the buffers of a memory, and which of them are current and next (internal).
 *
 * A buffer is one of: current (published last), next (being written), leased (retained by readers and not
 * current) or free. One thread at a time, the one that closes rounds, moves buffers from one to the other; it
 * is called the closing side here. Readers, on any thread, only count themselves in and out.
 *
 * What is current is written nowhere that readers share with the closing side in every round: the current
 * buffer is the one with the highest sequence number. A reader first counts itself in `retained`, then looks at all
 * sequence numbers, then counts itself in the refs of the highest. The closing side first stores the sequence
 * number of what it publishes, then loads `retained`. These are sequentially consistent, so when it finds
 * retained at 0, no reader is on its way to the buffer that it just retired, and it takes that one for
 * writing without touching its refs. Otherwise it takes a buffer whose refs it can move from 0 to WRITING, and marks
 * its sequence number, too; a reader that comes there too late sees one or the other and looks again.
 *
 * So a round that nobody watches costs one atomic exchange, on a line of the published buffer; and since two
 * workers that close rounds in turn publish the two buffers in turn, that line mostly stays where it is.
 *
 *   [reader-counted]    a reader writes retained, then reads the sequence numbers; the closing side
 *                       writes a sequence number, then reads retained: one of them sees the other.
 *   [buffer-published]  a buffer's content, to whoever reads its sequence number.
 *   [buffer-marked]     all publications before the mark, so that whoever reads the mark takes no older
 *                       buffer for the newest.
 *   [buffer-written]    a buffer's content and its mark, to a reader that counts itself in its refs.
 *   [reader-left]       a reader's last look at a buffer, to whoever writes that buffer.
 *   [memory-left]       a reader's last touch of the memory, to whoever writes any buffer or ends it.
 *   [buffer-freed]      a reader writes refs, then reads awaiting; the closing side writes awaiting,
 *                       then reads refs: one of them sees the other.
 *   [buffer-awaited]    all that the closing side wrote before it asked for on_free, to whoever takes
 *                       the request back or answers it.
 *   [memory-idle]       the end of the job's run; the memory can be loaded again.
 */
#ifndef SYNCHED_MEMORY_MEMORY_H
#define SYNCHED_MEMORY_MEMORY_H

#include <stdbool.h>

#include "memory/layout.h"
#include "platform/atomic.h"
#include "platform/thread.h"

#include <synched/memory.h>

#define SYNCHED__BUFFER_WRITING 0x80000000u

/* Sequence numbers are even; odd: the buffer's last one, while it is written where readers might look. */
#define SYNCHED__SEQUENCE_STEP 2u
#define SYNCHED__SEQUENCE_WRITING 1u

/* Memories whose buffers are smaller than this are not worth placing page by page. */
#define SYNCHED__PLACED_BYTES 65536u

struct synched__buffer {
  _Alignas(SYNCHED__CACHE_LINE) struct synched_snapshot snapshot; /* what readers get: 64 bytes */
  _Alignas(64) _Atomic uint64_t sequence; /* of its publication; or its last, marked */
  _Atomic uint32_t refs;                  /* retained by readers; or WRITING */
  _Alignas(
      SYNCHED__CACHE_LINE) struct synched_memory *memory; /* from here on: hardly ever written */
  unsigned char *data;
  size_t *counts; /* snapshot.counts, writable; on lines of its own */
  bool placed;    /* its pages have been written, so they are where they will stay */
};

enum synched__owner { SYNCHED__OWNER_NONE, SYNCHED__OWNER_JOB, SYNCHED__OWNER_WRITERS };

struct synched__writers;

/* Which buffer is current and which is next; the closing side's own. A memory's pair is right unless the memory is
 * bound to a pool (engine/open_round.h): then the pool's is, in the line that moves with every round anyway. */
struct synched__buffer_pair {
  struct synched__buffer *current;
  struct synched__buffer *next; /* being written; NULL: none is free */
  uint64_t sequence;            /* of the last publication */
  bool next_marked;             /* the refs of next are WRITING */
};

struct synched_memory {
  _Alignas(SYNCHED__CACHE_LINE) struct synched__buffer_pair pair;

  /* Immutable. */
  _Alignas(SYNCHED__CACHE_LINE) struct synched__layout layout;
  enum synched_refill refill;
  bool huge_pages;
  uint32_t generation; /* of the process that made it */
  unsigned buffer_count;
  struct synched__buffer *buffers;

  /* The closing side waits for a free buffer; who exchanges it for 0 must call on_free. */
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint32_t awaiting;
  void (*on_free)(void *argument);
  void *on_free_argument;

  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint64_t retained; /* every retain, less every release */
  _Atomic uint32_t running;                                /* a job is started on it */

  struct synched__mutex mutex; /* owner, and opening and closing of writers */
  enum synched__owner owner;
  struct synched__writers *writers; /* made when the first one opens */
};

static inline struct synched__buffer *
synched__snapshot_buffer(const struct synched_snapshot *snapshot) {
  return (struct synched__buffer *)((uintptr_t)snapshot -
                                    offsetof(struct synched__buffer, snapshot));
}

/* Makes a memory a job's, or free again. SYNCHED_EBUSY if it has another owner; SYNCHED_ENOTSUP: it is a parent
 * process's. */
int synched__memory_claim(struct synched_memory *memory);
void synched__memory_unclaim(struct synched_memory *memory);

/* Closing side: takes a free buffer as next, if it has none. false: all are leased. */
bool synched__memory_take_next(struct synched_memory *memory, struct synched__buffer_pair *pair);

/* Closing side, when that failed: asks for on_free at the next release that frees a buffer. Returns true if a
 * buffer was freed meanwhile and is now out; then on_free will not be called. */
bool synched__memory_await_buffer(struct synched_memory *memory);

/* Takes the request back; true if this call did, false if on_free was or is being called. Any thread. */
bool synched__memory_stop_awaiting(struct synched_memory *memory);

/* What a publication adds to the content of out. */
struct synched__publication {
  uint64_t round;
  double fold;
  bool held; /* it is retained once, on the caller's behalf */
};

/* Closing side: makes out the current snapshot, and takes a new out if one is free. */
struct synched_snapshot *synched__memory_publish(struct synched_memory *memory,
                                                 struct synched__buffer_pair *pair,
                                                 struct synched__publication publication);

/* How many buffers readers hold now. Any thread; a moment's picture. */
unsigned synched__memory_leased(const struct synched_memory *memory);

void synched__writers_destroy(struct synched__writers *writers);

#endif
