/*
 * writer.c: rounds on threads that the caller owns.
 *
 * Every segment has a seat, and a round ends when all seats have arrived. The last to arrive is the
 * closing side: it publishes, resets the count and advances the gate. The gate's epoch is twice the
 * number of rounds that have ended, plus 1 once the open round can never end because somebody left
 * or failed. A waiter that sees the number of rounds grow has its round, whatever else happened
 * since; it learns of the break when it next arrives. A seat that breaks the open round has not
 * arrived in it, so the round cannot end at the same moment. The memory's mutex, which no round
 * takes, orders two seats that break.
 *
 * Seats live until the memory is destroyed: the closing side may still be waking a seat whose
 * thread has already returned and closed it.
 *
 *   [out-found]     the buffer that one writer has taken for the open round, to the others.
 *   [all-arrived]   what each seat has written, to the last to arrive.
 *   [round-broken]  who broke the round, and how.
 */
#include "memory/memory.h"

#include <string.h>

#include "base/error.h"
#include "platform/alloc.h"
#include "platform/cpus.h"
#include "platform/process.h"
#include "platform/wait.h"

#define SEATS_MAX 65536u
#define SPIN_NS 50000u

struct synched_writer {
  struct synched__waiter waiter;
  struct synched_memory *memory;
  size_t segment;
  /* under the memory's mutex */
  bool open;
  /* in the open round; its thread's own, like seen */
  bool written;
  uint64_t seen;
};

struct synched__writers {
  struct synched__gate gate;
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint64_t epoch;
  _Alignas(SYNCHED__CACHE_LINE) _Atomic size_t arrived_count;
  /* NULL: no buffer was free when the last round ended */
  _Atomic(struct synched__buffer *) out;
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint32_t sleeper_count;
  /* 0, or the status of every sync from now on */
  _Atomic int broken;
  /* Whose writer broke the round, and whether it left; else it failed. Written before broken, under
   * the memory's mutex. */
  struct {
    size_t segment;
    bool left;
  } breaker;
  /* under the memory's mutex */
  size_t open_count;
  /* seats whose waiters are initialised */
  size_t seat_count;
  struct synched_writer *seats;
};

_Static_assert(!SYNCHED__SHARE_LINE(struct synched__writers, gate, epoch) &&
                   !SYNCHED__SHARE_LINE(struct synched__writers, epoch, arrived_count) &&
                   !SYNCHED__SHARE_LINE(struct synched__writers, out, sleeper_count),
               "who arrives or falls asleep takes nothing away that waiters poll");

static int init_seats(struct synched__writers *writers, struct synched_memory *memory) {
  const size_t count = memory->layout.segment_count;
  const struct synched__spin spin = {.limit_ns = SPIN_NS, .yields = count > synched__cpus_usable()};
  writers->seats = synched__alloc_lines(count, sizeof *writers->seats);
  if (writers->seats == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for %zu writers", count);
  for (size_t s = 0; s < count; s++) {
    int status = synched__waiter_init(&writers->seats[s].waiter, spin);
    if (status != 0)
      return status;
    writers->seats[s].memory = memory;
    writers->seats[s].segment = s;
    writers->seat_count++;
  }
  return 0;
}

void synched__writers_destroy(struct synched__writers *writers) {
  if (writers == NULL)
    return;
  for (size_t s = 0; s < writers->seat_count; s++)
    synched__waiter_deinit(&writers->seats[s].waiter);
  synched__free(writers->seats);
  synched__free(writers);
}

static int make_writers(struct synched_memory *memory) {
  if (memory->layout.segment_count > SEATS_MAX)
    return synched__fail(SYNCHED_ERANGE, "the memory has %zu segments; writers can have up to %u",
                         memory->layout.segment_count, SEATS_MAX);
  struct synched__writers *writers = synched__alloc_lines(1, sizeof *writers);
  if (writers == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for the writers");
  writers->gate = (struct synched__gate){&writers->epoch, &writers->sleeper_count};
  int status = init_seats(writers, memory);
  if (status != 0) {
    synched__writers_destroy(writers);
    return status;
  }
  memory->writers = writers;
  return 0;
}

/* Of who broke the round; after broken has been seen. */
static const char *deed_of(const struct synched__writers *writers) {
  return writers->breaker.left ? "left" : "failed";
}

static int check_seat(struct synched_memory *memory, size_t segment) {
  if (memory->owner == SYNCHED__OWNER_JOB)
    return synched__fail(SYNCHED_EBUSY, "the memory has a job");
  if (memory->writers == NULL)
    return make_writers(memory);
  if (memory->writers->seats[segment].open)
    return synched__fail(SYNCHED_EEXIST, "segment %zu has a writer already", segment);
  if (synched__load_relaxed(&memory->writers->broken) != 0)
    return synched__fail(SYNCHED_ECANCELED,
                         "the writer of segment %zu %s; the %zu that are still open must close "
                         "before any can open",
                         memory->writers->breaker.segment, deed_of(memory->writers),
                         memory->writers->open_count);
  return 0;
}

static int open_locked(struct synched_writer **out, struct synched_memory *memory, size_t segment) {
  int status = check_seat(memory, segment);
  if (status != 0)
    return status;
  struct synched__writers *writers = memory->writers;
  struct synched_writer *writer = &writers->seats[segment];
  memory->owner = SYNCHED__OWNER_WRITERS;
  if (writers->open_count++ == 0) {
    (void)synched__memory_take_next(memory, &memory->pair);
    synched__store_relaxed(&writers->out, memory->pair.next);
  }
  writer->open = true;
  writer->written = false;
  writer->seen = synched__load_relaxed(&writers->epoch);
  *out = writer;
  return 0;
}

int synched_writer_open(struct synched_writer **out, struct synched_memory *memory,
                        size_t segment) {
  if (out == NULL)
    return synched__fail(SYNCHED_EINVAL, "the writer to open is NULL");
  *out = NULL;
  if (memory == NULL)
    return synched__fail(SYNCHED_EINVAL, "the memory is NULL");
  if (synched__is_foreign(memory->generation))
    return synched__process_refuse("memory");
  if (memory->in_place)
    return synched__fail(SYNCHED_EINVAL, "the memory is changed in place; writers need one whose "
                                         "rounds are published, without IN_PLACE");
  if (segment >= memory->layout.segment_count)
    return synched__fail(SYNCHED_ERANGE, "segment is %zu; the memory has %zu", segment,
                         memory->layout.segment_count);
  synched__mutex_lock(&memory->mutex);
  int status = open_locked(out, memory, segment);
  synched__mutex_unlock(&memory->mutex);
  return status;
}

/* The buffer of the open round. Mostly the closing side has found one; else the first writer that
 * needs it does. */
static struct synched__buffer *open_buffer(struct synched_memory *memory) {
  struct synched__writers *writers = memory->writers;
  struct synched__buffer *out = synched__load_acquire(&writers->out); /* [out-found] acquire */
  if (out != NULL)
    return out;
  synched__mutex_lock(&memory->mutex);
  if (synched__load_relaxed(&writers->out) == NULL &&
      synched__memory_take_next(memory, &memory->pair))
    synched__store_release(&writers->out, memory->pair.next); /* [out-found] release */
  out = synched__load_relaxed(&writers->out);
  synched__mutex_unlock(&memory->mutex);
  if (out == NULL)
    synched__explain("snapshots retained besides the current one: %u, of lease_count %u; release "
                     "one",
                     memory->buffer_count - 1, memory->buffer_count - 2);
  return out;
}

static void fill_segment(struct synched__buffer *out, size_t segment, const void *elements,
                         size_t count) {
  const struct synched__layout *layout = &out->memory->layout;
  unsigned char *start =
      synched__buffer_data(out) + layout->offsets[segment] * layout->element_size;
  size_t bytes = count * layout->element_size;
  if (bytes != 0)
    memcpy(start, elements, bytes);
  memset(start + bytes, 0, layout->capacities[segment] * layout->element_size - bytes);
  size_t *counts = synched__buffer_counts(out);
  if (counts[segment] != count)
    counts[segment] = count;
}

static int check_open(const struct synched_writer *writer) {
  if (writer == NULL)
    return synched__fail(SYNCHED_EINVAL, "the writer is NULL");
  if (synched__is_foreign(writer->memory->generation))
    return synched__process_refuse("writer");
  return writer->open ? 0
                      : synched__fail(SYNCHED_EINVAL, "the writer of segment %zu is closed",
                                      writer->segment);
}

int synched_writer_write(struct synched_writer *writer, const void *elements, size_t count) {
  int status = check_open(writer);
  if (status != 0)
    return status;
  size_t capacity = writer->memory->layout.capacities[writer->segment];
  if (count > capacity)
    return synched__fail(SYNCHED_ERANGE, "count is %zu; segment %zu has room for %zu elements",
                         count, writer->segment, capacity);
  if (elements == NULL && count != 0)
    return synched__fail(SYNCHED_EINVAL, "elements is NULL and count is %zu", count);
  struct synched__buffer *out = open_buffer(writer->memory);
  if (out == NULL)
    return SYNCHED_EBUSY;
  fill_segment(out, writer->segment, elements, count);
  writer->written = true;
  return 0;
}

static int carry_over(struct synched_writer *writer) {
  struct synched_memory *memory = writer->memory;
  struct synched__buffer *out = open_buffer(memory);
  if (out == NULL)
    return SYNCHED_EBUSY;
  const struct synched_snapshot *previous = &memory->pair.current->snapshot;
  fill_segment(out, writer->segment, synched_snapshot_segment(previous, writer->segment),
               previous->counts[writer->segment]);
  writer->written = true;
  return 0;
}

static void wake_seats(struct synched__writers *writers) {
  for (size_t s = 0; s < writers->seat_count; s++)
    (void)synched__waiter_wake(&writers->gate, &writers->seats[s].waiter);
}

/* By the last to arrive, when every other seat waits at the gate. */
static void close_round(struct synched_memory *memory, uint64_t epoch) {
  struct synched__writers *writers = memory->writers;
  const struct synched__publication publication = {.round =
                                                       memory->pair.current->snapshot.round + 1};
  (void)synched__memory_publish(memory, &memory->pair, publication, false);
  /* [gate-advanced] hands these over. */
  synched__store_relaxed(&writers->out, memory->pair.next);
  synched__store_relaxed(&writers->arrived_count, 0);
  if (synched__gate_advance(&writers->gate, epoch + 2))
    wake_seats(writers);
}

static int status_of_break(const struct synched__writers *writers) {
  int status = synched__load_acquire(&writers->broken); /* [round-broken] acquire */
  if (status != 0 && writers->breaker.left)
    synched__explain("the writer of segment %zu left; the round was dropped",
                     writers->breaker.segment);
  else if (status != 0)
    synched__explain("the writer of segment %zu failed with code %d (%s); the round was dropped",
                     writers->breaker.segment, status, synched_strerror(status));
  return status;
}

int synched_writer_sync(struct synched_writer *writer, const struct synched_snapshot **now) {
  if (now == NULL)
    return synched__fail(SYNCHED_EINVAL, "the snapshot to give is NULL");
  *now = NULL;
  int status = check_open(writer);
  if (status != 0)
    return status;
  struct synched_memory *memory = writer->memory;
  struct synched__writers *writers = memory->writers;
  const uint64_t epoch = writer->seen;
  status = status_of_break(writers);
  if (status == 0 && !writer->written)
    status = carry_over(writer);
  if (status != 0)
    return status;
  /* [all-arrived] release, acquire */
  size_t arrived_count = synched__add_acq_rel(&writers->arrived_count, 1) + 1;
  if (arrived_count == memory->layout.segment_count) {
    close_round(memory, epoch);
    writer->seen = epoch + 2;
  } else {
    writer->seen =
        synched__gate_wait(&writers->gate, &writer->waiter, epoch, UINT64_MAX) & ~(uint64_t)1;
    if (writer->seen == epoch)
      return status_of_break(writers);
  }
  writer->written = false;
  *now = &memory->pair.current->snapshot;
  return 0;
}

int synched_writer_write_sync_read(struct synched_writer *writer, const void *elements,
                                   size_t count, const struct synched_snapshot **now) {
  if (now == NULL)
    return synched__fail(SYNCHED_EINVAL, "the snapshot to give is NULL");
  *now = NULL;
  int status = synched_writer_write(writer, elements, count);
  return status != 0 ? status : synched_writer_sync(writer, now);
}

/* Under the memory's mutex, by a seat that has not arrived; code 0: it leaves. */
static void break_locked(const struct synched_writer *writer, int code) {
  struct synched__writers *writers = writer->memory->writers;
  const int status = code != 0 ? code : SYNCHED_ECANCELED;
  writers->breaker.segment = writer->segment;
  writers->breaker.left = code == 0;
  /* Before the epoch, so that a waiter finds it. [round-broken] release */
  synched__store_release(&writers->broken, status);
  uint64_t epoch = synched__load_relaxed(&writers->epoch);
  if (synched__gate_advance(&writers->gate, epoch | 1))
    wake_seats(writers);
}

int synched_writer_fail(struct synched_writer *writer, int code) {
  int status = check_open(writer);
  if (status != 0)
    return status;
  if (code == 0)
    return synched__fail(SYNCHED_EINVAL, "code is 0; a failure needs another");
  struct synched__writers *writers = writer->memory->writers;
  synched__mutex_lock(&writer->memory->mutex);
  if (synched__load_relaxed(&writers->broken) != 0)
    status = synched__fail(SYNCHED_EALREADY, "the writer of segment %zu %s before",
                           writers->breaker.segment, deed_of(writers));
  else
    break_locked(writer, code);
  synched__mutex_unlock(&writer->memory->mutex);
  return status;
}

/* Everybody has left: the memory is as its last round left it, and free. */
static void reset_locked(struct synched_memory *memory) {
  struct synched__writers *writers = memory->writers;
  uint64_t epoch = synched__load_relaxed(&writers->epoch);
  synched__store_relaxed(&writers->epoch, (epoch | 1) + 1);
  synched__store_relaxed(&writers->arrived_count, 0);
  synched__store_relaxed(&writers->broken, 0);
  memory->owner = SYNCHED__OWNER_NONE;
}

int synched_writer_close(struct synched_writer *writer) {
  if (writer == NULL)
    return 0;
  int status = 0;
  struct synched_memory *memory = writer->memory;
  struct synched__writers *writers = memory->writers;
  if (synched__is_foreign(memory->generation))
    return synched__process_refuse("writer");
  synched__mutex_lock(&memory->mutex);
  if (!writer->open) {
    status = synched__fail(SYNCHED_EINVAL, "the writer of segment %zu is closed", writer->segment);
  } else {
    writer->open = false;
    if (--writers->open_count == 0)
      reset_locked(memory);
    else if (synched__load_relaxed(&writers->broken) == 0)
      break_locked(writer, 0);
  }
  synched__mutex_unlock(&memory->mutex);
  return status;
}
