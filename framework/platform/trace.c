/*
 * trace.c: see trace.h.
 *
 * A ring is read while its thread writes it. So an event's number is 0 while it is written, and a
 * reader takes only an event whose number is the same before and after: whoever reads a newer word
 * also sees that the number has changed.
 *
 *   [trace-written]  an event's number, or that it is not valid any more, to whoever reads its
 *                    words.
 *   [trace-left]     the ring of a thread that has ended, to the next that takes it.
 *   [trace-dumped]   the memory of the one dump at a time.
 */
#include "platform/trace.h"

#if defined(SYNCHED_TRACE_RING) || defined(SYNCHED_INTERNAL_TESTING)

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "platform/clock.h"

/* Another thread's dump is waited for at most so long. */
#define DUMP_MOST_NAPS 2000u

struct synched__trace_ring synched__trace_rings[SYNCHED__TRACE_RINGS];

static _Atomic uint32_t next_ring; /* where the search for a free one begins */
static _Thread_local struct synched__trace_ring *own;

const struct synched__trace_text synched__trace_kinds[] = {
#define KIND(kind, name, object, a, b, c) {name, object, {a, b, c}},
    SYNCHED__TRACE_MAP(KIND)
#undef KIND
};

#define KIND_COUNT (sizeof synched__trace_kinds / sizeof *synched__trace_kinds)

/* --- writing --- */

/* Any that is free, but of those the one that was given back longest ago, about. */
static struct synched__trace_ring *take_ring(void) {
  const uint32_t start = synched__add_relaxed(&next_ring, 1);
  for (uint32_t i = 0; i < SYNCHED__TRACE_RINGS - 1; i++) {
    struct synched__trace_ring *ring =
        &synched__trace_rings[1 + (start + i) % (SYNCHED__TRACE_RINGS - 1)];
    uint32_t taken = 0;
    if (!synched__cas_acquire(&ring->taken, &taken, 1)) /* [trace-left] acquire */
      continue;
    for (unsigned e = 0; e < SYNCHED__TRACE_EVENTS; e++)
      synched__store_relaxed(&ring->events[e].number, 0);
    return ring;
  }
  return NULL;
}

void synched__trace_name(const char *name) {
  uint64_t words[2] = {0, 0};
  if (own == NULL)
    own = take_ring();
  if (own == NULL)
    return;
  memcpy(words, name, strnlen(name, sizeof words));
  synched__store_relaxed(&own->name[0], words[0]);
  synched__store_relaxed(&own->name[1], words[1]);
  synched__store_relaxed(&own->thread_id, (uint64_t)syscall(SYS_gettid));
}

void synched__trace_leave(void) {
  if (own != NULL)
    synched__store_release(&own->taken, 0); /* [trace-left] release */
  own = NULL;
}

void synched__trace_write(enum synched__trace_kind kind, const void *object,
                          const uint64_t *numbers) {
  struct synched__trace_ring *ring = own != NULL ? own : synched__trace_rings;
  const uint64_t number = synched__add_relaxed(&ring->count, 1) + 1;
  struct synched__trace_event *event = &ring->events[number % SYNCHED__TRACE_EVENTS];
  synched__store_relaxed(&event->number, 0);
  /* Each of these: [trace-written] release */
  synched__store_release(&event->time_ns, synched__clock_ns());
  synched__store_release(&event->kind, kind);                          /* [trace-written] release */
  synched__store_release(&event->object, (uint64_t)(uintptr_t)object); /* [trace-written] release */
  for (unsigned i = 0; i < 3; i++)
    synched__store_release(&event->numbers[i], numbers[i]); /* [trace-written] release */
  synched__store_release(&event->number, number);           /* [trace-written] release */
}

/* --- reading --- */

/* An event as it was read. */
struct event {
  uint64_t time_ns, kind, object, numbers[3];
};

/* false: it is not there, or is being overwritten. */
static bool read_event(struct synched__trace_ring *ring, uint64_t number, struct event *out) {
  struct synched__trace_event *event = &ring->events[number % SYNCHED__TRACE_EVENTS];
  if (synched__load_acquire(&event->number) != number) /* [trace-written] acquire */
    return false;
  out->time_ns = synched__load_acquire(&event->time_ns); /* [trace-written] acquire */
  out->kind = synched__load_acquire(&event->kind);       /* [trace-written] acquire */
  out->object = synched__load_acquire(&event->object);   /* [trace-written] acquire */
  for (unsigned i = 0; i < 3; i++)
    out->numbers[i] = synched__load_acquire(&event->numbers[i]); /* [trace-written] acquire */
  return synched__load_relaxed(&event->number) == number && out->kind < KIND_COUNT;
}

/* How far a dump has come in a ring. */
struct place {
  /* the number of its next event, and the first number that it does not reach */
  uint64_t next, end;
  /* the event `next`, if that is before the end */
  struct event event;
};

/* Goes on to the first event from `next` on that can be read. */
static void find_event(struct synched__trace_ring *ring, struct place *place) {
  while (place->next < place->end && !read_event(ring, place->next, &place->event))
    place->next++;
}

/* Starts in all rings; the time of the last event of all. */
static uint64_t find_first_events(struct place *places) {
  uint64_t last_ns = 0;
  for (unsigned r = 0; r < SYNCHED__TRACE_RINGS; r++) {
    struct synched__trace_ring *ring = &synched__trace_rings[r];
    struct event last;
    const uint64_t count = synched__load_relaxed(&ring->count);
    places[r].next = count < SYNCHED__TRACE_EVENTS ? 1 : count - SYNCHED__TRACE_EVENTS + 1;
    places[r].end = count + 1;
    if (count != 0 && read_event(ring, count, &last) && last.time_ns > last_ns)
      last_ns = last.time_ns;
    find_event(ring, &places[r]);
  }
  return last_ns;
}

/* The ring whose next event is the oldest; RINGS: there are no more. */
static unsigned oldest(const struct place *places) {
  unsigned found = SYNCHED__TRACE_RINGS;
  for (unsigned r = 0; r < SYNCHED__TRACE_RINGS; r++)
    if (places[r].next < places[r].end &&
        (found == SYNCHED__TRACE_RINGS || places[r].event.time_ns < places[found].event.time_ns))
      found = r;
  return found;
}

/* --- the dump --- */

__attribute__((format(printf, 2, 3))) static void say(int file, const char *format, ...) {
  char line[256] = "";
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  size_t left = strlen(line);
  for (const char *at = line; left > 0;) {
    const ssize_t written = write(file, at, left);
    if (written <= 0)
      return;
    at += written;
    left -= (size_t)written;
  }
}

static void say_event(int file, unsigned ring_index, const struct event *event, uint64_t last_ns) {
  struct synched__trace_ring *ring = &synched__trace_rings[ring_index];
  const struct synched__trace_text *kind = &synched__trace_kinds[event->kind];
  char name[2 * sizeof(uint64_t) + 1] = "others";
  char numbers[3][48] = {"", "", ""};
  if (ring_index != 0) {
    const uint64_t words[2] = {synched__load_relaxed(&ring->name[0]),
                               synched__load_relaxed(&ring->name[1])};
    memcpy(name, words, sizeof words);
    name[sizeof words] = '\0';
  }
  for (unsigned i = 0; i < 3 && kind->numbers[i][0] != '\0'; i++)
    (void)snprintf(numbers[i], sizeof numbers[i], ", %s %" PRId64, kind->numbers[i],
                   (int64_t)event->numbers[i]);
  say(file, "%14.3f  %-15s %-7" PRIu64 " %-11s  %s 0x%" PRIx64 "%s%s%s\n",
      (double)(int64_t)(event->time_ns - last_ns) / 1e3, name,
      synched__load_relaxed(&ring->thread_id), kind->name, kind->object, event->object, numbers[0],
      numbers[1], numbers[2]);
}

static void dump(int file) {
  static struct place places[SYNCHED__TRACE_RINGS];
  const uint64_t last_ns = find_first_events(places);
  uint64_t count = 0;
  say(file, "trace: us before the last event, thread, its number, event\n");
  for (unsigned r = oldest(places); r < SYNCHED__TRACE_RINGS; r = oldest(places)) {
    say_event(file, r, &places[r].event, last_ns);
    count++;
    places[r].next++;
    find_event(&synched__trace_rings[r], &places[r]);
  }
  say(file, "trace: %" PRIu64 " events\n", count);
}

void synched__trace_dump(int file) {
  static _Atomic uint32_t dumping;
  const struct timespec nap = {0, 1000000};
  /* [trace-dumped] acquire */
  for (unsigned i = 0; synched__exchange_acq_rel(&dumping, 1) != 0; i++) {
    if (i == DUMP_MOST_NAPS)
      return;
    (void)nanosleep(&nap, NULL);
  }
  dump(file);
  synched__store_release(&dumping, 0); /* [trace-dumped] release */
}

#endif

#if defined(SYNCHED_TRACE_RING)

void synched__assertion_failed(const char *condition, const char *file, int line) {
  say(STDERR_FILENO, "%s:%d: assertion failed: %s\n", file, line, condition);
  synched__trace_dump(STDERR_FILENO);
  abort();
}

#elif !defined(SYNCHED_INTERNAL_TESTING)

/* ISO C wants a declaration in every file. */
typedef int synched__trace_unused;

#endif
