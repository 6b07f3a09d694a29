/*
 * snapshot.c: readers count themselves in and out; the closing side makes them next and current.
 */
#include "memory/memory.h"

#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "platform/process.h"

static bool is_unannounced(uint64_t sequence) {
  return (sequence & SYNCHED__SEQUENCE_WRITING) != 0;
}

/* Reads every sequence number; true if they are what the last call with the same array found. */
static bool collect(const struct synched_memory *memory, uint64_t *sequences) {
  bool same = true;
  for (unsigned b = 0; b < memory->buffer_count; b++) {
    /* [reader-counted] seq_cst, [buffer-published] acquire, [buffer-marked] acquire */
    uint64_t sequence = synched__load_seq_cst(&memory->buffers[b].sequence);
    same = same && sequence == sequences[b];
    sequences[b] = sequence;
  }
  return same;
}

/* The buffer that was current at some moment during the call. A single look at all of them, one
 * after the other, could miss it: each might be written anew just then. Numbers never come back, so
 * when two looks in a row find the same, they stood together between the two. */
static struct synched__buffer *newest_buffer(const struct synched_memory *memory) {
  uint64_t sequences[SYNCHED_LEASES_MAX + 2];
  memset(sequences, 0, memory->buffer_count * sizeof *sequences);
  while (!collect(memory, sequences))
    synched__cpu_pause();
  unsigned newest = 0;
  for (unsigned b = 1; b < memory->buffer_count; b++)
    if (!is_unannounced(sequences[b]) &&
        (is_unannounced(sequences[newest]) || sequences[b] > sequences[newest]))
      newest = b;
  return &memory->buffers[newest];
}

/* Counts a reader out of a buffer; if it was the last, calls whoever waits for the buffer. */
static void leave_buffer(struct synched__buffer *buffer) {
  struct synched_memory *memory = buffer->memory;
  /* The subtraction: [reader-left] release; both: [buffer-freed] seq_cst */
  if (synched__sub_seq_cst(&buffer->refs, 1) == 1 &&
      synched__load_seq_cst(&memory->awaiting) != 0 && !synched__is_foreign(memory->generation) &&
      synched__memory_stop_awaiting(memory))
    memory->on_free(memory->on_free_argument);
}

/* Counts a reader in. false: since the buffer was found to be the newest, it has been taken for
 * writing. */
static bool enter_buffer(struct synched__buffer *buffer) {
  uint32_t refs = synched__load_relaxed(&buffer->refs);
  do {
    if ((refs & SYNCHED__BUFFER_WRITING) != 0)
      return false;
    /* [buffer-written] acquire */
  } while (!synched__cas_acquire(&buffer->refs, &refs, refs + 1));
  /* Relaxed: what the buffer holds came with refs, or with the number that was found before; and
   * who finds the mark looks at all numbers again. */
  if (!is_unannounced(synched__load_relaxed(&buffer->sequence)))
    return true;
  /* The buffer is written anew, but not yet announced: a reader that saw it now could see an older
   * one next. */
  leave_buffer(buffer);
  return false;
}

static void leave(struct synched__buffer *buffer) {
  struct synched_memory *memory = buffer->memory;
  leave_buffer(buffer);
  (void)synched__sub_release(&memory->retained, 1); /* [memory-left] release */
}

/* The memory's part of a buffer that a reader has entered. NULL, and the reader has left it: there
 * is none. */
static const struct synched_snapshot *shown_view(struct synched__buffer *buffer,
                                                 const struct synched_memory *memory) {
  const struct synched_snapshot *view = buffer->views[memory->field];
  if (view->data != NULL)
    return view;
  leave(buffer);
  synched__explain("the memory is changed in place, and the current snapshot has no copy of it");
  return NULL;
}

/* In a child process, of a memory that its parent made. Nothing moves here any more, so one attempt
 * is enough. What was being written at the fork need not be of any one moment: the system copies
 * pages one after the other. */
static const struct synched_snapshot *inherited_snapshot(struct synched_memory *memory) {
  /* [memory-idle] acquire */
  const bool written =
      synched__load_acquire(&memory->running) != 0 || memory->owner == SYNCHED__OWNER_WRITERS;
  if (!written) {
    struct synched_memory *lead = synched__load_acquire(&memory->lead); /* [lead-changed] acquire */
    struct synched__buffer *buffer = newest_buffer(lead);
    /* No closing side is left here that could see it, and nobody can destroy the memory. */
    (void)synched__add_relaxed(&lead->retained, 1);
    if (enter_buffer(buffer))
      return shown_view(buffer, memory);
    (void)synched__sub_relaxed(&lead->retained, 1);
  }
  synched__explain("the memory was being written when the parent process called fork()");
  return NULL;
}

/* Enters a buffer of the memory's lead that was current at some moment during the call. NULL: the
 * lead has changed meanwhile, or its buffers are being rearranged. */
static struct synched__buffer *enter_current(struct synched_memory *memory,
                                             struct synched_memory *lead) {
  /* Before it looks for the newest. This also keeps the memory from being destroyed meanwhile.
   * [reader-counted] seq_cst */
  (void)synched__add_seq_cst(&lead->retained, 1);
  struct synched__buffer *buffer = newest_buffer(lead);
  if (!enter_buffer(buffer)) {
    /* Relaxed: nothing of what buffers hold has been read. */
    (void)synched__sub_relaxed(&lead->retained, 1);
    return NULL;
  }
  /* While we are in a buffer of it, it cannot be rearranged. If it was before, the buffer's refs
   * have handed that over. */
  if (synched__load_relaxed(&memory->lead) == lead)
    return buffer;
  leave(buffer);
  return NULL;
}

/* The same where the memory is one of a job's other fields: the lead may be destroyed as soon as
 * the two are parted. */
static struct synched__buffer *visit_current(struct synched_memory *memory) {
  (void)synched__add_seq_cst(&memory->visiting, 1); /* [lead-visited] seq_cst */
  /* [lead-visited] seq_cst, [lead-changed] acquire */
  struct synched__buffer *buffer = enter_current(memory, synched__load_seq_cst(&memory->lead));
  (void)synched__sub_release(&memory->visiting, 1); /* [visit-over] release */
  return buffer;
}

const struct synched_snapshot *synched_snapshot_current(struct synched_memory *memory) {
  if (synched__is_foreign(memory->generation))
    return inherited_snapshot(memory);
  for (;;) {
    struct synched__buffer *buffer = synched__load_relaxed(&memory->lead) == memory
                                         ? enter_current(memory, memory)
                                         : visit_current(memory);
    if (buffer != NULL)
      return shown_view(buffer, memory);
    synched__cpu_pause();
  }
}

/* What a call of a checked job gets is a copy of a field's snapshot, with the same `fields`; it is
 * known by its field's offsets. */
static const struct synched_snapshot *original_of(const struct synched_snapshot *snapshot) {
  unsigned f = 0;
  while (f < snapshot->field_count && snapshot->fields[f] != snapshot &&
         snapshot->fields[f]->offsets != snapshot->offsets)
    f++;
  return f < snapshot->field_count ? snapshot->fields[f] : snapshot;
}

const struct synched_snapshot *synched_snapshot_retain(const struct synched_snapshot *snapshot) {
  if (snapshot == NULL)
    return NULL;
  struct synched__buffer *buffer = synched__snapshot_buffer(snapshot);
  if (buffer->memory == NULL) {
    synched__explain("a stage sees this in the middle of a round; only what a round has published "
                     "can be retained");
    return NULL;
  }
  (void)synched__add_relaxed(&buffer->memory->retained, 1);
  (void)synched__add_relaxed(&buffer->refs, 1);
  return original_of(snapshot);
}

void synched_snapshot_release(const struct synched_snapshot *snapshot) {
  if (snapshot == NULL)
    return;
  struct synched__buffer *buffer = synched__snapshot_buffer(snapshot);
  if (buffer->memory != NULL) /* else nobody could retain it */
    leave(buffer);
}

static bool take_buffer(const struct synched_memory *memory, struct synched__buffer_pair *pair,
                        struct synched__buffer *buffer) {
  if (buffer == pair->current)
    return false;
  /* After the exchange of the sequence number of what is current. [reader-counted] seq_cst,
   * [memory-left] acquire */
  bool unheld = synched__load_seq_cst(&memory->retained) == 0;
  uint32_t refs = 0;
  /* [reader-left] acquire */
  if (!unheld && !synched__cas_acquire(&buffer->refs, &refs, SYNCHED__BUFFER_WRITING))
    return false;
  if (!unheld)
    /* A reader that enters the buffer before it is announced finds the mark: [buffer-written] hands
     * that over. [buffer-marked] release */
    synched__store_release(&buffer->sequence,
                           synched__load_relaxed(&buffer->sequence) | SYNCHED__SEQUENCE_WRITING);
  pair->next = buffer;
  pair->next_marked = !unheld;
  return true;
}

bool synched__memory_take_next(struct synched_memory *memory, struct synched__buffer_pair *pair) {
  for (unsigned b = 0; pair->next == NULL && b < memory->buffer_count; b++)
    (void)take_buffer(memory, pair, &memory->buffers[b]);
  return pair->next != NULL;
}

/* Whether readers have left one of the buffers that could be written. */
static bool has_free(const struct synched_memory *memory, const struct synched__buffer *current) {
  for (unsigned b = 0; b < memory->buffer_count; b++)
    /* [buffer-freed] seq_cst */
    if (&memory->buffers[b] != current && synched__load_seq_cst(&memory->buffers[b].refs) == 0)
      return true;
  return false;
}

/* From the moment that awaiting is set, others may be the closing side. So this only looks whether
 * a buffer is free, and takes one when it is the closing side again. A late reader may have it by
 * then. */
bool synched__memory_await_buffer(struct synched_memory *memory) {
  do {
    const struct synched__buffer *current = memory->pair.current;
    /* [buffer-freed] seq_cst, [buffer-awaited] release */
    synched__store_seq_cst(&memory->awaiting, 1);
    if (!has_free(memory, current) || !synched__memory_stop_awaiting(memory))
      return false;
  } while (!synched__memory_take_next(memory, &memory->pair));
  return true;
}

bool synched__memory_stop_awaiting(struct synched_memory *memory) {
  return synched__exchange_seq_cst(&memory->awaiting, 0) != 0; /* [buffer-awaited] acquire */
}

struct synched_snapshot *synched__memory_publish(struct synched_memory *memory,
                                                 struct synched__buffer_pair *pair,
                                                 struct synched__publication publication,
                                                 bool held) {
  struct synched__buffer *retired = pair->current;
  struct synched__buffer *published = pair->next;
  SYNCHED_ASSERT(published != NULL && published != retired);
  published->snapshot.round = publication.round;
  published->snapshot.fold = publication.fold;
  if (published->block != NULL && !published->block->placed)
    published->block->placed = true;
  /* For a reader to come. Only we look whether the count is 0, so it need not be ordered. */
  if (held)
    (void)synched__add_relaxed(&memory->retained, 1);
  /* Nobody else touches these refs: they are WRITING, or no reader knows the buffer.
   * [buffer-written] release */
  if (held || pair->next_marked)
    synched__store_release(&published->refs, held ? 1 : 0);
  pair->sequence += SYNCHED__SEQUENCE_STEP;
  /* [buffer-published] release, [reader-counted] seq_cst */
  (void)synched__exchange_seq_cst(&published->sequence, pair->sequence);
  pair->current = published;
  pair->next = NULL;
  /* Mostly nobody reads the retired buffer: to take it first keeps two buffers warm, not all of
   * them. */
  if (!take_buffer(memory, pair, retired))
    (void)synched__memory_take_next(memory, pair);
  return &published->snapshot;
}

unsigned synched__memory_leased(const struct synched_memory *memory) {
  unsigned leased = 0;
  for (unsigned b = 0; b < memory->buffer_count; b++) {
    uint32_t refs = synched__load_relaxed(&memory->buffers[b].refs);
    leased += refs != 0 && (refs & SYNCHED__BUFFER_WRITING) == 0;
  }
  return leased;
}

bool synched__memory_lock_buffers(struct synched_memory *memory) {
  for (unsigned b = 0; b < memory->buffer_count; b++) {
    struct synched__buffer *buffer = &memory->buffers[b];
    uint32_t refs = 0;
    if (buffer == memory->pair.next && memory->pair.next_marked)
      continue;
    /* [reader-left] acquire */
    if (synched__cas_acquire(&buffer->refs, &refs, SYNCHED__BUFFER_WRITING))
      continue;
    while (b-- > 0)
      if (&memory->buffers[b] != memory->pair.next || !memory->pair.next_marked)
        synched__store_release(&memory->buffers[b].refs, 0); /* [buffer-written] release */
    return false;
  }
  return true;
}

void synched__memory_unlock_buffers(struct synched_memory *memory) {
  for (unsigned b = 0; b < memory->buffer_count; b++)
    if (&memory->buffers[b] != memory->pair.next || !memory->pair.next_marked)
      /* [buffer-written] release */
      synched__store_release(&memory->buffers[b].refs, 0);
}

void synched__memory_leave_lead(struct synched_memory *memory) {
  /* [lead-changed] release, [lead-visited] seq_cst */
  synched__store_seq_cst(&memory->lead, memory);
  /* Those that have counted themselves in before find the buffers locked, and leave.
   * [lead-visited] seq_cst, [visit-over] acquire */
  while (synched__load_seq_cst(&memory->visiting) != 0)
    synched__thread_nap();
}
