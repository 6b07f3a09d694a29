/*
 * atomic.h: every atomic operation of the library, with its memory order in its name.
 *
 * The orders are on the operations; there are no stand-alone fences, which thread sanitizers cannot
 * see. Each use that is not relaxed carries the tag of its edge, "[some-tag] release", and so does
 * the other end. The head of one of the two files, or of their header, says what the tag hands
 * over.
 *
 * This is a seam: the build with visible internals can put a scheduling point before every
 * operation (synched__schedule_seed). There a seeded generator decides whether the thread gives up
 * its CPU, so that tests meet interleavings that the hardware rarely makes.
 */
#ifndef SYNCHED_PLATFORM_ATOMIC_H
#define SYNCHED_PLATFORM_ATOMIC_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* Adjacent lines are fetched in pairs on current x86, and 128 bytes is a line on some ARM. */
#define SYNCHED__CACHE_LINE 128

/* On which line of a struct a field lies, and whether two fields share one. What is hot is placed
 * by measurement: assertions beside the structs keep it there. */
#define SYNCHED__LINE_OF(type, field) (offsetof(type, field) / SYNCHED__CACHE_LINE)
#define SYNCHED__SHARE_LINE(type, a, b) (SYNCHED__LINE_OF(type, a) == SYNCHED__LINE_OF(type, b))

#if defined(SYNCHED_INTERNAL_TESTING)
void synched__schedule_point(void);
/* 0 switches scheduling points off (the default). */
void synched__schedule_seed(uint64_t seed);
#define SYNCHED__POINT() synched__schedule_point()
#else
#define SYNCHED__POINT() ((void)0)
#endif

#define synched__load_relaxed(p) (SYNCHED__POINT(), atomic_load_explicit((p), memory_order_relaxed))
#define synched__load_acquire(p) (SYNCHED__POINT(), atomic_load_explicit((p), memory_order_acquire))
#define synched__load_seq_cst(p) (SYNCHED__POINT(), atomic_load_explicit((p), memory_order_seq_cst))

#define synched__store_relaxed(p, v)                                                               \
  (SYNCHED__POINT(), atomic_store_explicit((p), (v), memory_order_relaxed))
#define synched__store_release(p, v)                                                               \
  (SYNCHED__POINT(), atomic_store_explicit((p), (v), memory_order_release))
#define synched__store_seq_cst(p, v)                                                               \
  (SYNCHED__POINT(), atomic_store_explicit((p), (v), memory_order_seq_cst))

#define synched__exchange_relaxed(p, v)                                                            \
  (SYNCHED__POINT(), atomic_exchange_explicit((p), (v), memory_order_relaxed))
#define synched__exchange_acquire(p, v)                                                            \
  (SYNCHED__POINT(), atomic_exchange_explicit((p), (v), memory_order_acquire))
#define synched__exchange_release(p, v)                                                            \
  (SYNCHED__POINT(), atomic_exchange_explicit((p), (v), memory_order_release))
#define synched__exchange_acq_rel(p, v)                                                            \
  (SYNCHED__POINT(), atomic_exchange_explicit((p), (v), memory_order_acq_rel))
#define synched__exchange_seq_cst(p, v)                                                            \
  (SYNCHED__POINT(), atomic_exchange_explicit((p), (v), memory_order_seq_cst))

#define synched__add_relaxed(p, v)                                                                 \
  (SYNCHED__POINT(), atomic_fetch_add_explicit((p), (v), memory_order_relaxed))
#define synched__add_release(p, v)                                                                 \
  (SYNCHED__POINT(), atomic_fetch_add_explicit((p), (v), memory_order_release))
#define synched__add_acq_rel(p, v)                                                                 \
  (SYNCHED__POINT(), atomic_fetch_add_explicit((p), (v), memory_order_acq_rel))
#define synched__add_seq_cst(p, v)                                                                 \
  (SYNCHED__POINT(), atomic_fetch_add_explicit((p), (v), memory_order_seq_cst))
#define synched__sub_relaxed(p, v)                                                                 \
  (SYNCHED__POINT(), atomic_fetch_sub_explicit((p), (v), memory_order_relaxed))
#define synched__sub_release(p, v)                                                                 \
  (SYNCHED__POINT(), atomic_fetch_sub_explicit((p), (v), memory_order_release))
#define synched__sub_acq_rel(p, v)                                                                 \
  (SYNCHED__POINT(), atomic_fetch_sub_explicit((p), (v), memory_order_acq_rel))
#define synched__sub_seq_cst(p, v)                                                                 \
  (SYNCHED__POINT(), atomic_fetch_sub_explicit((p), (v), memory_order_seq_cst))

#define synched__or_relaxed(p, v)                                                                  \
  (SYNCHED__POINT(), atomic_fetch_or_explicit((p), (v), memory_order_relaxed))
#define synched__or_release(p, v)                                                                  \
  (SYNCHED__POINT(), atomic_fetch_or_explicit((p), (v), memory_order_release))
#define synched__or_seq_cst(p, v)                                                                  \
  (SYNCHED__POINT(), atomic_fetch_or_explicit((p), (v), memory_order_seq_cst))
#define synched__and_relaxed(p, v)                                                                 \
  (SYNCHED__POINT(), atomic_fetch_and_explicit((p), (v), memory_order_relaxed))

/* Compare-exchange; on failure *expected is what was there. The order is that of success; a failure
 * orders nothing. */
#define synched__cas_relaxed(p, expected, desired)                                                 \
  (SYNCHED__POINT(), atomic_compare_exchange_strong_explicit(                                      \
                         (p), (expected), (desired), memory_order_relaxed, memory_order_relaxed))
#define synched__cas_acquire(p, expected, desired)                                                 \
  (SYNCHED__POINT(), atomic_compare_exchange_strong_explicit(                                      \
                         (p), (expected), (desired), memory_order_acquire, memory_order_relaxed))
#define synched__cas_release(p, expected, desired)                                                 \
  (SYNCHED__POINT(), atomic_compare_exchange_strong_explicit(                                      \
                         (p), (expected), (desired), memory_order_release, memory_order_relaxed))
#define synched__cas_acq_rel(p, expected, desired)                                                 \
  (SYNCHED__POINT(), atomic_compare_exchange_strong_explicit(                                      \
                         (p), (expected), (desired), memory_order_acq_rel, memory_order_relaxed))

/* Tells the CPU that this thread spins, and takes some time on every CPU: from a few ns to some 50.
 * Whoever looks at what others write counts its looks in pauses; without that time they would
 * follow each other as fast as the CPU can, and a number of them would be over at once. ARM's yield
 * does nothing on a core with one thread, and no other cores are known; there, an instruction
 * barrier takes as long as a pause elsewhere. */
static inline void synched__cpu_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || (defined(__ARM_ARCH) && __ARM_ARCH >= 7)
  __asm__ volatile("isb" ::: "memory");
#else
  for (int i = 0; i < 32; i++)
    __asm__ volatile("" ::: "memory");
#endif
}

#endif
