/*
 * memory.h: the segmented memory of a job, its snapshots, and writers for threads of your own.
 *
 * A memory is `segment_count` segments of elements of one size. In every round each segment has one
 * writer, which writes the segment's `out`. Meanwhile all read `previous`, the snapshot that the
 * last round left. At the end of the round the whole becomes the new current snapshot in O(1):
 * nothing is copied, the buffers swap places.
 *
 * The memory numbers the rounds. Round 0 is what it was created or loaded with. The first computed
 * round is 1, and its `previous` is round 0.
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

/* segments of one memory */
#define SYNCHED_SEGMENTS_MAX 16777215u
#define SYNCHED_LEASES_MAX 254u

/* Asks for pages of 2 MiB, where the system has them, in buffers that are at least so large; or for
 * none. A walk through a large memory then misses the TLB less often: on a virtual machine rounds
 * that are bound by memory took a third less time. The system may refuse; pages are ordinary then.
 * Huge pages are placed, and take memory, 2 MiB at a time, so a large memory of which little is
 * ever written is better without them. With neither flag, buffers of SYNCHED_HUGE_PAGES_FROM bytes
 * or more get them. */
#define SYNCHED_MEMORY_HUGE_PAGES 1u
#define SYNCHED_MEMORY_SMALL_PAGES 4u
#define SYNCHED_HUGE_PAGES_FROM ((size_t)8 << 20)

/* One buffer, which calls change in place: half the memory and half the traffic, and a call finds
 * in `out` what its segment holds. In a stage that writes this memory, a call touches its own
 * segment of it only: others' it must not even read, for they change at the same time. Stages that
 * do not write it may read all of it.
 * What it costs: a round that fails, is cancelled or misses its deadline has changed the buffer
 * already; its content is undefined then, and synched_error_message() of the job's end says so. A
 * job that changes it cannot have SYNCHED_DEADLINE_CANCEL: its next round would begin with that.
 * Snapshots hold a copy, made by the workers at the end of a round, or nothing (`data` is NULL): a
 * copy is made only for on_snapshot, when the loop can take one, and only if lease_count is 1 or
 * more. synched_memory_elements is the buffer itself. Writers do not apply; `refill` must be 0. */
#define SYNCHED_MEMORY_IN_PLACE 2u

/* The library makes the buffers that are missing: `buffers` has the first ones, or one only. */
#define SYNCHED_MEMORY_MORE_BUFFERS 8u

/* Where segments lie in the one block that a snapshot's `data` points at. */
enum synched_layout {
  /* Without gaps. With even segments, element i of segment s is at s * capacity + i. Neighbours may
   * share a cache line at their seam. */
  SYNCHED_LAYOUT_PACKED = 0,
  /* Every segment starts on a cache line of its own (128 bytes), at offsets[s]. */
  SYNCHED_LAYOUT_PADDED
};

/* What a segment's `out` holds when its call starts. */
enum synched_refill {
  /* zeros, over the whole capacity */
  SYNCHED_REFILL_ZERO = 0,
  /* the segment's own content in `previous`, over the whole capacity */
  SYNCHED_REFILL_KEEP,
  /* anything: the cheapest, for calls that write all that they count */
  SYNCHED_REFILL_NONE
};

struct synched_memory_options {
  /* filled in by SYNCHED_MEMORY_OPTIONS */
  uint32_t struct_size;
  /* SYNCHED_MEMORY_... */
  uint32_t flags;
  /* 1 .. SYNCHED_SEGMENTS_MAX */
  size_t segment_count;
  /* elements per segment, 1 or more; 0 with segment_capacities or element_count */
  size_t segment_capacity;
  /* Bytes, 1 or more. The library's own buffers are aligned to 128 bytes, so every element is
   * aligned to the largest power of two in its size, up to 128. Large ones do not all begin with a
   * page, for then loops that read one buffer and write another one would be slower. */
  size_t element_size;
  /* Uneven segments: segment_count entries, of which some, not all, may be 0; copied. NULL: all
   * have segment_capacity. */
  const size_t *segment_capacities;
  /* 0: PACKED */
  enum synched_layout layout;
  /* 0: ZERO */
  enum synched_refill refill;
  /* How many snapshots besides the current one can be held while rounds go on. Each costs one more
   * buffer. 0 .. SYNCHED_LEASES_MAX. */
  unsigned lease_count;

  /* Arrays of the program's own as buffers: malloc's, mmap's, shared memory, huge pages, another
   * library's. buffer_count addresses, which are copied; NULL: the library makes its own. What the
   * first one holds is the initial content, and nothing is copied; the others may hold anything.
   * They stay the program's, who frees them after synched_memory_destroy. */
  void *const *buffers;
  /* as synched_memory_needs says: 2 + lease_count, or 1 in place (then copies for snapshots are the
   * library's); one more where several stages of a job write the memory. With
   * SYNCHED_MEMORY_MORE_BUFFERS 1 or more */
  unsigned buffer_count;
  /* the size of each buffer: at least what synched_memory_needs says */
  size_t buffer_bytes;

  /* Elements in all, in place of segment_capacity and segment_capacities: each segment gets the
   * same number of them, and the first ones one more where they cannot be dealt evenly. 0: one of
   * the other two is given. */
  size_t element_count;
};

/* Returns options with every default, for C++ and where a macro is unwelcome. */
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

/* What buffers of a memory's own arrays must be. */
struct synched_memory_needs {
  /* of each buffer; where it ends */
  size_t bytes;
  /* Of each buffer's first byte, a power of two: PACKED the largest one in element_size, but no
   * more than a double needs; PADDED 128. Vectors need more, to which their program sees itself. */
  size_t alignment;
  /* the fewest buffers */
  unsigned buffer_count;
};

/* Says what synched_memory_create would need with these options, of which `buffers`, buffer_count
 * and buffer_bytes are not looked at.
 * Any thread; does not block; O(segments). Errors as synched_memory_create; *out is all 0 then. */
SYNCHED_API int synched_memory_needs(const struct synched_memory_options *options,
                                     struct synched_memory_needs *out);

/* Creates a memory: 2 + lease_count buffers, all zeros, every count at its capacity, round 0.
 * options is required. This call allocates everything; no round allocates anything. It reserves
 * pages but does not touch them: a 4 GiB memory costs its pages when the workers at home there
 * first write them.
 * Any thread; waits for nobody. On success the caller owns *out and ends it with
 * synched_memory_destroy.
 * Errors: SYNCHED_EINVAL: a NULL; a size of zero; several or none of segment_capacity,
 * segment_capacities and element_count; an unknown flag or enum value, or bytes that are set behind
 * the known fields; buffers that are too few or too small, not aligned, NULL, too near the last
 * address, or overlap; HUGE_PAGES with SMALL_PAGES, or with buffers where the library makes none;
 * MORE_BUFFERS without buffers.
 * SYNCHED_ERANGE: too many segments or leases. SYNCHED_EOVERFLOW: more than SIZE_MAX / 4 bytes.
 * SYNCHED_ENOMEM. SYNCHED_ENOTSUP: the library was built with -fsanitize=thread and the caller was
 * not; the other way around the program does not link, see export.h. *out is NULL then. */
SYNCHED_API int synched_memory_create(struct synched_memory **out,
                                      const struct synched_memory_options *options)
    SYNCHED_AS_BUILT(synched_memory_create);

/* Frees a memory. NULL is allowed and does nothing.
 * Any thread; does not block.
 * Errors, after which the memory is as before: SYNCHED_EBUSY: it has a job, an open writer or a
 * retained snapshot. SYNCHED_ENOTSUP, here and below: the memory is a parent process's, see
 * synched.h. */
SYNCHED_API int synched_memory_destroy(struct synched_memory *memory);

/* Sets the initial content of one segment: copies `count` elements, fills the rest of its capacity
 * with zeros, and sets its count. If count is 0, elements may be NULL. Call it before the first
 * round, or between jobs: it changes the current snapshot in place.
 * Any thread, one at a time for all fields of a job, and not while another thread is in
 * synched_snapshot_current. Does not wait for rounds; O(capacity of the segment).
 * Errors, after which nothing has changed: SYNCHED_EINVAL: a NULL. SYNCHED_ERANGE: there is no such
 * segment, or count is above its capacity. SYNCHED_EBUSY: a job runs on the memory, a writer is
 * open, or the current snapshot is retained, or an older one between which and this nothing has
 * written the memory. SYNCHED_ENOTSUP. */
SYNCHED_API int synched_memory_load(struct synched_memory *memory, size_t segment,
                                    const void *elements, size_t count);

/* Returns the first element of an in-place memory's one buffer; NULL for any other memory. Segments
 * lie in it as in a snapshot. The program may read and write it while no round runs: before the
 * start, in on_init and on_round, between two advances, after the end.
 * Any thread; does not block; O(1). NULL is allowed. */
SYNCHED_API void *synched_memory_elements(const struct synched_memory *memory);

/* The immutable whole as one round left it. Nobody writes it; fields are read directly. Segment s
 * has counts[s] valid elements, which start at element offsets[s] of `data`. */
struct synched_snapshot {
  /* the round that made it; 0: the initial content */
  uint64_t round;
  /* the first element; aligned to 128 bytes, if the buffer is the library's. NULL: an in-place
   * memory of which this snapshot has no copy */
  const void *data;
  /* the extent from data on, in elements: all capacities, and PADDED's padding */
  size_t element_count;
  /* bytes */
  size_t element_size;
  size_t segment_count;
  /* [segment_count + 1], in elements; the last one is element_count */
  const size_t *offsets;
  /* [segment_count], in elements */
  const size_t *counts;
  /* the contributions of the round, folded in segment order; 0 without a fold. With several stages:
   * that of the last one with a fold of one double */
  double fold;
  /* [field_count]: the snapshots of all fields of the job, which are retained and released
   * together; fields[0] is that of the job's memory. A memory without such a job is field 0 of 1 */
  const struct synched_snapshot *const *fields;
  unsigned field_count;
  /* entries of folds; 0: the job has no folds but that of one double */
  unsigned fold_count;
  /* [fold_count]: the fold of each stage, NULL where it has none */
  const void *const *folds;
  /* [segment_count], in elements: what each segment has room for; without PADDED's padding */
  const size_t *capacities;
};

/* Returns the current snapshot, retained for the caller, who releases it. It is never NULL for a
 * valid memory, with two exceptions: a memory that is changed in place, if there is no copy of it;
 * and in a child process after fork(), if a load, a job or an open writer of the parent was writing
 * the memory at that moment.
 * Any thread, also while rounds run. Lock-free: three atomic operations, a few loads per buffer. */
SYNCHED_API const struct synched_snapshot *synched_snapshot_current(struct synched_memory *memory);

/* Retains a snapshot once more, and returns it. The caller has retained it before, or is a callback
 * that got it and still runs. A retained snapshot never changes, however many rounds pass, even
 * after the job has ended. Once it is not the current one any more, it takes one of the memory's
 * leases. When all leases are taken the job waits: after a second on_stalled says so, and the
 * report says for how long.
 * What a stage sees in the middle of a round is not published: a field that an earlier stage of the
 * same round has written, or one that is changed in place. It cannot be retained; NULL then.
 * Any thread; wait-free; two atomic additions. NULL is allowed. */
SYNCHED_API const struct synched_snapshot *
synched_snapshot_retain(const struct synched_snapshot *snapshot);

/* Gives back what was retained. After the last release the snapshot may be overwritten.
 * Any thread; does not block; may wake a job that waits for a lease. NULL is allowed. */
SYNCHED_API void synched_snapshot_release(const struct synched_snapshot *snapshot);

/* Returns the address of the first element of segment s: data + offsets[s] * element_size. s is not
 * checked. Any thread; O(1). */
static inline const void *synched_snapshot_segment(const struct synched_snapshot *snapshot,
                                                   size_t s) {
  return SYNCHED_CAST(const unsigned char *, snapshot->data) +
         snapshot->offsets[s] * snapshot->element_size;
}

/*
 * Writers: rounds on threads that the caller owns, without a pool. Each segment has one seat, and
 * the barrier waits for the writers of all segments. With a writer per segment, the equivalent
 * serial loop is:
 *
 *   for (;;) {
 *     for each segment s: its thread writes s;
 *     publish;
 *     for each segment s: its thread reads all;
 *   }
 *
 * One thread at a time uses a writer. A round ends when all `segment_count` writers have called
 * sync. If one closes or fails before that, the round is dropped: nothing of it is published, and
 * all others get a status. The memory starts anew, from its last published snapshot, when every
 * seat has been closed. The barrier spins for a bounded time, then sleeps.
 */

/* Takes the seat of one segment.
 * Any thread; does not block. On success the caller owns *out and ends it with
 * synched_writer_close.
 * Errors: SYNCHED_EINVAL: a NULL; the memory is changed in place. SYNCHED_ERANGE: there is no such
 * segment, or the memory has over 65536 of them. SYNCHED_EEXIST: the seat is taken. SYNCHED_EBUSY:
 * the memory has a job. SYNCHED_ECANCELED: a writer left or failed, and the others have not all
 * left yet. SYNCHED_ENOMEM. SYNCHED_ENOTSUP. *out is NULL then. */
SYNCHED_API int synched_writer_open(struct synched_writer **out, struct synched_memory *memory,
                                    size_t segment);

/* Writes the segment for the open round: copies `count` elements, and fills the rest with zeros. Of
 * several writes the last one counts.
 * One thread at a time; does not block; O(capacity of the segment).
 * Errors, after which nothing is written: SYNCHED_EINVAL: a NULL. SYNCHED_ERANGE: count is above
 * the capacity. SYNCHED_EBUSY: retained snapshots hold all leases, so that there is no buffer to
 * write to; release one, then call again. SYNCHED_ENOTSUP. */
SYNCHED_API int synched_writer_write(struct synched_writer *writer, const void *elements,
                                     size_t count);

/* The barrier: waits until every segment's writer is here, then gives the round's snapshot in *now.
 * A segment that was not written in this round keeps its previous content and count. *now is valid,
 * without being retained, until this writer's next sync or close.
 * One thread at a time. Blocks. Costs one atomic read-modify-write on a shared line, and no system
 * call while nobody has to sleep. The last writer to arrive publishes, in O(1).
 * Errors, after which *now is NULL: SYNCHED_EINVAL: a NULL. SYNCHED_EBUSY: as for write, and only
 * if this segment was not written. SYNCHED_ECANCELED if another writer left, or the code with which
 * one failed: nothing is published, and every later sync returns the same. SYNCHED_ENOTSUP. */
SYNCHED_API int synched_writer_sync(struct synched_writer *writer,
                                    const struct synched_snapshot **now);

/* Writes, waits at the barrier and reads in one call, with the errors of synched_writer_write and
 * synched_writer_sync. After a failed write it does not wait at the barrier. */
SYNCHED_API int synched_writer_write_sync_read(struct synched_writer *writer, const void *elements,
                                               size_t count, const struct synched_snapshot **now);

/* Fails the open round for all: the sync of every writer, this one included, returns `code`, which
 * is any value but 0. The first failure counts.
 * One thread at a time; does not block.
 * Errors: SYNCHED_EINVAL: a NULL, or code is 0. SYNCHED_EALREADY: a writer failed or left before.
 * SYNCHED_ENOTSUP. */
SYNCHED_API int synched_writer_fail(struct synched_writer *writer, int code);

/* Gives the seat back. If the others are in a round that now can never be complete, or enter one
 * later, their sync returns SYNCHED_ECANCELED. NULL is allowed and does nothing.
 * One thread at a time; does not block.
 * Errors: SYNCHED_EINVAL: the seat is not open. SYNCHED_ENOTSUP. */
SYNCHED_API int synched_writer_close(struct synched_writer *writer);

SYNCHED_END_DECLS

#endif
