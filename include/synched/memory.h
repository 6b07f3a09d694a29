/*
 * memory.h: the segmented memory of a job, its snapshots, and writers for threads of your own.
 *
 * A memory is `segment_count` segments of elements of one size. In every round each segment has
 * exactly one writer, which writes the segment's `out`, while everybody reads `previous`, the
 * snapshot that the last round left. At the end of the round the whole becomes the new current
 * snapshot in O(1): nothing is copied, the buffers change roles.
 *
 * Rounds are numbered by the memory. Round 0 is what it was created or loaded with; the first
 * computed round is 1, and its `previous` is round 0.
 */
#ifndef SYNCHED_MEMORY_H
#define SYNCHED_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <synched/export.h>

SYNCHED_BEGIN_DECLS

struct synched_memory; /* opaque */
struct synched_writer; /* opaque */

#define SYNCHED_SEGMENTS_MAX 16777215u /* segments of one memory */
#define SYNCHED_LEASES_MAX 254u

/* Asks for pages of 2 MiB, where the system has them, in buffers that are at least so large: fewer misses in
 * the TLB when a large memory is walked through. A request: where it is not granted, pages are ordinary. Pages
 * are then placed, and take memory, 2 MiB at a time. */
#define SYNCHED_MEMORY_HUGE_PAGES 1u

/* Where segments lie in the one block that a snapshot's `data` points at. */
enum synched_layout {
  SYNCHED_LAYOUT_PACKED = 0, /* without gaps: even segments have element i of segment s at
                                s * capacity + i. Neighbours may share a cache line at their seam */
  SYNCHED_LAYOUT_PADDED /* every segment starts on a cache line of its own (128 bytes); its place
                                is offsets[s] */
};

/* What a segment's `out` holds when its call starts. */
enum synched_refill {
  SYNCHED_REFILL_ZERO = 0, /* zeros, over the whole capacity */
  SYNCHED_REFILL_KEEP,     /* the segment's own content in `previous`, over the whole capacity */
  SYNCHED_REFILL_NONE      /* unspecified: cheapest, for calls that write all that they count */
};

struct synched_memory_options {
  uint32_t struct_size;             /* filled in by SYNCHED_MEMORY_OPTIONS */
  uint32_t flags;                   /* 0 or SYNCHED_MEMORY_HUGE_PAGES */
  size_t segment_count;             /* 1 .. SYNCHED_SEGMENTS_MAX */
  size_t segment_capacity;          /* elements per segment, 1 or more; 0 with segment_capacities */
  size_t element_size;              /* bytes, 1 or more; `data` is aligned to 4096 bytes, so every
                                       element is aligned to the largest power of two in its size */
  const size_t *segment_capacities; /* uneven segments: segment_count entries (0 allowed, not all);
                                       copied; NULL: all segment_capacity */
  enum synched_layout layout;       /* 0: PACKED */
  enum synched_refill refill;       /* 0: ZERO */
  unsigned lease_count; /* snapshots that can be held besides the current one while rounds go on;
                                       each costs one more buffer. 0 .. SYNCHED_LEASES_MAX */
};

/* Options with every default; then assign fields. For C++, and where a macro is unwelcome. */
static inline struct synched_memory_options synched_memory_options_default(void) {
  struct synched_memory_options options;
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  return options;
}

#if !defined(__cplusplus)
/* SYNCHED_MEMORY_OPTIONS(.segment_count = 4, ...): a pointer to options in the enclosing block. */
#define SYNCHED_MEMORY_OPTIONS(...)                                                                \
  (&(struct synched_memory_options){                                                               \
      .struct_size = (uint32_t)sizeof(struct synched_memory_options), __VA_ARGS__})
#endif

/* Creates a memory: 2 + lease_count buffers, all zeros, every count at its capacity, round 0.
 * Everything is allocated here, and no round allocates anything. Pages are reserved, not touched: a
 * 4 GiB memory costs its pages when they are first written, by the worker at home there.
 * options is required. Any thread; does not wait for anybody.
 * On success the caller owns *out and ends it with synched_memory_destroy.
 * SYNCHED_EINVAL: a size of zero, both or neither of segment_capacity and segment_capacities, an unknown
 * flag, enum value or bytes behind the known fields; SYNCHED_ERANGE: too many segments or leases;
 * SYNCHED_EOVERFLOW: the bytes do not fit in size_t; SYNCHED_ENOMEM; SYNCHED_ENOTSUP: the library
 * was built with -fsanitize=thread and the caller was not (the other way around it does not link:
 * see export.h). */
SYNCHED_API int synched_memory_create(struct synched_memory **out,
                                      const struct synched_memory_options *options)
    SYNCHED_AS_BUILT(synched_memory_create);

/* Frees a memory. NULL is allowed and does nothing. Any thread; does not block.
 * SYNCHED_EBUSY: a job was created with it, a writer is open, or a snapshot is still retained;
 * SYNCHED_ENOTSUP: in a child process after fork(), of its parent's memory (see synched.h; so for every
 * call below that names it). The memory is then as before. */
SYNCHED_API int synched_memory_destroy(struct synched_memory *memory);

/* Sets the initial content of one segment: copies `count` elements, zeroes the rest of its capacity,
 * and sets its count. count may be 0, and elements NULL then. For use before the first round; also
 * between jobs, when it changes the current snapshot in place.
 * Any thread, one at a time; no synched_snapshot_current may run at the same moment.
 * SYNCHED_EINVAL: a NULL; SYNCHED_ERANGE: no such segment, or count above its capacity;
 * SYNCHED_EBUSY: a job runs on it, a writer is open, or the current snapshot is retained; SYNCHED_ENOTSUP. */
SYNCHED_API int synched_memory_load(struct synched_memory *memory, size_t segment,
                                    const void *elements, size_t count);

/* The immutable whole as one round left it. Read-only for everybody; fields are read directly.
 * Segment s has counts[s] valid elements; they start at element offsets[s] of `data`. */
struct synched_snapshot {
  uint64_t round;       /* the round that made it; 0: the initial content */
  const void *data;     /* the first element; aligned to 4096 bytes */
  size_t element_count; /* extent in elements from data on: all capacities, and PADDED's padding */
  size_t element_size;  /* bytes */
  size_t segment_count;
  const size_t *offsets; /* [segment_count + 1], in elements; the last one is element_count */
  const size_t *counts;  /* [segment_count], in elements */
  double fold; /* the contributions of the round, folded in segment order; 0 without a fold */
};

/* The current snapshot, retained for the caller, who releases it. Never NULL for a valid memory; but NULL in a child
 * process after fork(), for a memory that a load, a job or an open writer of its parent was writing at that moment.
 * Any thread, also while rounds run; lock-free; three atomic operations and
 * a few loads per buffer. */
SYNCHED_API const struct synched_snapshot *synched_snapshot_current(struct synched_memory *memory);

/* Retains a snapshot once more: one that the caller has retained, or one handed to a callback, while
 * that callback runs. Returns its argument. A retained snapshot never changes, however many rounds
 * pass, also after the job has ended. It occupies one of the memory's leases as soon as it is no
 * longer the current one; when all are taken the job waits: after a second on_stalled says so, and its
 * report how long.
 * Any thread; wait-free; NULL is allowed. */
SYNCHED_API const struct synched_snapshot *
synched_snapshot_retain(const struct synched_snapshot *snapshot);

/* Gives back what was retained; after the last release the snapshot may be overwritten.
 * Any thread; NULL is allowed. Does not block; may wake a job that waits for a lease. */
SYNCHED_API void synched_snapshot_release(const struct synched_snapshot *snapshot);

/* Segment s of a snapshot: the address of its first element. A convenience for
 * data + offsets[s] * element_size. s is not checked. */
static inline const void *synched_snapshot_segment(const struct synched_snapshot *snapshot,
                                                   size_t s) {
  return SYNCHED_CAST(const unsigned char *, snapshot->data) +
         snapshot->offsets[s] * snapshot->element_size;
}

/*
 * Writers: rounds on threads that the caller owns, without a pool. Each segment has one seat; the
 * barrier waits for the writers of all segments. The equivalent serial loop of one writer per segment:
 *
 *   for (;;) { for each segment s: its thread writes s;  publish;  for each s: its thread reads all; }
 *
 * A writer is used by one thread at a time. The round of a memory with writers ends when all
 * `segment_count` writers have called sync. If one closes or fails before that, the round is dropped:
 * nothing of it is published, all others get a status, and the memory starts anew, from its last
 * published snapshot, when every seat has been closed. The barrier spins for a bounded time, then sleeps.
 */

/* Takes the seat of one segment.
 * Any thread; does not block. On success the caller owns *out and ends it with synched_writer_close.
 * SYNCHED_EINVAL: a NULL; SYNCHED_ERANGE: no such segment; SYNCHED_EEXIST: its seat is taken;
 * SYNCHED_EBUSY: a job was created with this memory; SYNCHED_ECANCELED: the other seats are
 * leaving after one of them left or failed; SYNCHED_ERANGE: more than 65536 segments; SYNCHED_ENOMEM;
 * SYNCHED_ENOTSUP. */
SYNCHED_API int synched_writer_open(struct synched_writer **out, struct synched_memory *memory,
                                    size_t segment);

/* Writes the segment for the round that is open: copies `count` elements, zeroes the rest. The last of
 * several writes counts. Does not block.
 * SYNCHED_EINVAL: a NULL; SYNCHED_ERANGE: count above the capacity; SYNCHED_EBUSY: all leases are held by
 * retained snapshots, so that there is no buffer to write to: release one, then call again;
 * SYNCHED_ENOTSUP. Nothing is written then. */
SYNCHED_API int synched_writer_write(struct synched_writer *writer, const void *elements,
                                     size_t count);

/* The barrier: waits until every segment's writer is here, then gives the snapshot of the round in *now. A
 * segment not written in this round keeps its previous content and count.
 * *now is valid without being retained until this writer's next sync or close. Blocks; one atomic
 * read-modify-write on a shared line per call, no system call while nobody has to sleep; the last one
 * to arrive publishes, in O(1).
 * After a failure *now is NULL. SYNCHED_EINVAL: a NULL; SYNCHED_EBUSY: as for write, only where this
 * segment was not written; SYNCHED_ECANCELED: another writer left, or the code with which one failed: nothing
 * was published, and every later sync returns the same; SYNCHED_ENOTSUP. */
SYNCHED_API int synched_writer_sync(struct synched_writer *writer,
                                    const struct synched_snapshot **now);

/* Write, barrier and read in one call; the errors of both. After a failed write it does not sync. */
SYNCHED_API int synched_writer_write_sync_read(struct synched_writer *writer, const void *elements,
                                               size_t count, const struct synched_snapshot **now);

/* Fails the open round for everybody: every other writer's sync returns `code`, and so does this
 * one's. code: any value but 0; the first failure counts. Does not block.
 * SYNCHED_EINVAL: a NULL, or code 0. SYNCHED_EALREADY: a writer failed or left before; SYNCHED_ENOTSUP. */
SYNCHED_API int synched_writer_fail(struct synched_writer *writer, int code);

/* Gives the seat back. If the others are in, or later enter, a round that now can never be complete,
 * their sync returns SYNCHED_ECANCELED. Does not block. NULL is allowed.
 * SYNCHED_EINVAL: the seat is not open; SYNCHED_ENOTSUP. */
SYNCHED_API int synched_writer_close(struct synched_writer *writer);

SYNCHED_END_DECLS

#endif
