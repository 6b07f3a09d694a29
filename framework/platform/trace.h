/*
 * trace.h: the last events of each thread, for whoever asks what happened before it went wrong
 * (internal).
 *
 * Builds have no rings unless they ask for them (CMake's SYNCHED_TRACE_RING): then the events of
 * event.h go here. Each named thread of the library writes a ring of its own; all other threads
 * share one, in which two may, very rarely, spoil an event for each other. A ring keeps the last
 * SYNCHED__TRACE_EVENTS. All memory is static: writing an event takes no lock and allocates
 * nothing. The ring of a thread that has ended stays as it is until another thread needs it.
 *
 * The dump merges the rings by time, oldest first. It may be asked for at any moment, by any
 * thread, while others go on writing: what they overwrite meanwhile is left out. It is written
 *  - to stderr, where an assertion fails;
 *  - to stderr, where a stress program fails, or its patience is over;
 *  - on request: gdb's `call synched__trace_dump(2)`; and `synched trace` of tools/gdb.py says the
 *    same, of a core file, too.
 *
 * The functions are also in the build with visible internals, whose tests call them by themselves.
 */
#ifndef SYNCHED_PLATFORM_TRACE_H
#define SYNCHED_PLATFORM_TRACE_H

#include <stdint.h>

#include "platform/atomic.h"

#define SYNCHED__TRACE_EVENTS 256u /* in a ring */
#define SYNCHED__TRACE_RINGS 129u  /* the first is the one that threads share */

/* What an event can be; its object; what its numbers are. */
#define SYNCHED__TRACE_MAP(X)                                                                      \
  X(JOB_START, "job_start", "job", "round", "", "")                                                \
  X(JOB_END, "job_end", "job", "round", "status", "")                                              \
  X(ROUND_OPEN, "round_open", "job", "round", "", "")                                              \
  X(ROUND_SHARE, "round_share", "job", "round", "epoch", "segment_count")                          \
  X(ROUND_CLOSE, "round_close", "job", "round", "published", "")                                   \
  X(TASK_BEGIN, "task_begin", "job", "round", "segment", "worker")                                 \
  X(TASK_END, "task_end", "job", "round", "segment", "worker")                                     \
  X(STEAL, "steal", "job", "worker", "victim", "segment_count")                                    \
  X(SLEEP_BEGIN, "sleep_begin", "waiter", "epoch", "", "")                                         \
  X(SLEEP_END, "sleep_end", "waiter", "", "", "")                                                  \
  X(WAKE, "wake", "waiter", "", "", "")

enum synched__trace_kind {
#define SYNCHED__TRACE_KIND(kind, ...) SYNCHED__TRACE_##kind,
  SYNCHED__TRACE_MAP(SYNCHED__TRACE_KIND)
#undef SYNCHED__TRACE_KIND
};

/* Atomic, because it is read while it is written. */
struct synched__trace_event {
  /* its number in the ring, from 1 on; 0: it is being written */
  _Alignas(64) _Atomic uint64_t number;
  /* on the monotonic clock */
  _Atomic uint64_t time_ns;
  /* enum synched__trace_kind */
  _Atomic uint64_t kind;
  /* an address */
  _Atomic uint64_t object;
  _Atomic uint64_t numbers[3];
};

struct synched__trace_ring {
  /* events ever written */
  _Atomic uint64_t count;
  /* some thread's own */
  _Atomic uint32_t taken;
  /* the system's, of the thread that has it, or had it last */
  _Atomic uint64_t thread_id;
  /* its name's 16 bytes */
  _Atomic uint64_t name[2];
  struct synched__trace_event events[SYNCHED__TRACE_EVENTS];
};

#if defined(SYNCHED_TRACE_RING) || defined(SYNCHED_INTERNAL_TESTING)

/* For tools/gdb.py, which reads both. A number without a name is none. */
struct synched__trace_text {
  const char *name, *object, *numbers[3];
};

extern const struct synched__trace_text synched__trace_kinds[];
extern struct synched__trace_ring synched__trace_rings[SYNCHED__TRACE_RINGS];

/* The calling thread has this name: gets a ring of its own, if there is one and it has none. */
void synched__trace_name(const char *name);

/* The calling thread is about to end. */
void synched__trace_leave(void);

/* Writes an event to the calling thread's ring. */
void synched__trace_write(enum synched__trace_kind kind, const void *object,
                          const uint64_t *numbers);

/* Writes to a file descriptor what the rings have. Blocks as long as that does. */
void synched__trace_dump(int file);

#endif

/* As above, where the build has rings; else nothing. */
static inline void synched__trace_add(enum synched__trace_kind kind, const void *object, uint64_t a,
                                      uint64_t b, uint64_t c) {
#if defined(SYNCHED_TRACE_RING)
  synched__trace_write(kind, object, (const uint64_t[]){a, b, c});
#else
  (void)kind;
  (void)object;
  (void)a;
  (void)b;
  (void)c;
#endif
}

static inline void synched__trace_thread(const char *name) {
#if defined(SYNCHED_TRACE_RING)
  synched__trace_name(name);
#else
  (void)name;
#endif
}

static inline void synched__trace_thread_end(void) {
#if defined(SYNCHED_TRACE_RING)
  synched__trace_leave();
#endif
}

/* --- for whoever is about to end the program, in a build with rings --- */

static inline void synched__trace_tell(void) {
#if defined(SYNCHED_TRACE_RING)
  synched__trace_dump(2);
#endif
}

#endif
