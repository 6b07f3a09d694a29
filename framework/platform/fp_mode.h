/*
 * fp_mode.h: how this thread's floating-point arithmetic rounds, flushes and traps.
 *
 * A mode is what a program can set and every later operation of the thread then obeys: rounding,
 * flush-to-zero and denormals-are-zero, which exceptions trap, and the x87's precision. The sticky
 * exception flags are no part of it. What one call on a worker sets would otherwise be there for
 * all later ones, and so results would depend on where they are computed.
 *
 * Before every call that must cost next to nothing. On ARM a register is read and compared, and
 * written only where it differs. So is the x87's on x86. SSE's can be written in a nanosecond or
 * two on current CPUs, but on some (AMD's, of 2017 and later) takes five to read, for that waits
 * for the arithmetic before it; so it is written unseen, which clears its sticky flags.
 */
#ifndef SYNCHED_PLATFORM_FP_MODE_H
#define SYNCHED_PLATFORM_FP_MODE_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__x86_64__) || defined(__i386__)

struct synched__fp_mode {
  /* of SSE; 0 on a CPU without */
  uint32_t mxcsr;
  /* its control word */
  uint32_t x87;
};

#define SYNCHED__MXCSR_FLAGS 0x3fu

/* Programs may use SSE though this library was compiled without. */
static inline bool synched__has_sse(void) {
#if defined(__SSE__)
  return true;
#else
  return __builtin_cpu_supports("sse") != 0;
#endif
}

static inline struct synched__fp_mode synched__fp_mode_here(void) {
  uint32_t mxcsr = 0;
  uint16_t x87;
  if (synched__has_sse())
    __asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
  __asm__ volatile("fnstcw %0" : "=m"(x87));
  return (struct synched__fp_mode){mxcsr & ~SYNCHED__MXCSR_FLAGS, x87};
}

static inline bool synched__fp_mode_is_same(const struct synched__fp_mode *a,
                                            const struct synched__fp_mode *b) {
  return ((a->mxcsr ^ b->mxcsr) | (a->x87 ^ b->x87)) == 0;
}

#elif defined(__aarch64__)

struct synched__fp_mode {
  uint64_t fpcr;
};

static inline struct synched__fp_mode synched__fp_mode_here(void) {
  struct synched__fp_mode mode;
  __asm__ volatile("mrs %0, fpcr" : "=r"(mode.fpcr));
  return mode;
}

static inline bool synched__fp_mode_is_same(const struct synched__fp_mode *a,
                                            const struct synched__fp_mode *b) {
  return a->fpcr == b->fpcr;
}

#elif defined(__arm__) && defined(__ARM_FP)

struct synched__fp_mode {
  uint32_t fpscr;
};

#define SYNCHED__FPSCR_FLAGS 0xf800009fu /* results of comparisons, and the sticky flags */

static inline struct synched__fp_mode synched__fp_mode_here(void) {
  struct synched__fp_mode mode;
  __asm__ volatile("vmrs %0, fpscr" : "=r"(mode.fpscr));
  mode.fpscr &= ~SYNCHED__FPSCR_FLAGS;
  return mode;
}

static inline bool synched__fp_mode_is_same(const struct synched__fp_mode *a,
                                            const struct synched__fp_mode *b) {
  return a->fpscr == b->fpscr;
}

#else

/* What the C library knows of it: in general more than rounding, where it has C23's fegetmode. */
#include <fenv.h>

struct synched__fp_mode {
  int rounding;
#if defined(FE_DFL_MODE)
  int traps;
  femode_t all;
#endif
};

struct synched__fp_mode synched__fp_mode_here(void);

static inline bool synched__fp_mode_is_same(const struct synched__fp_mode *a,
                                            const struct synched__fp_mode *b) {
#if defined(FE_DFL_MODE)
  if (a->traps != b->traps)
    return false;
#endif
  return a->rounding == b->rounding;
}

#endif

/* The mode that every program starts in. */
struct synched__fp_mode synched__fp_mode_default(void);

/* Gives the calling thread a mode. What becomes of its sticky flags depends on the CPU; none of
 * them traps for what was before. */
void synched__fp_mode_set(const struct synched__fp_mode *mode);

/* The same, quick where the thread mostly has it already. */
static inline void synched__fp_mode_enter(const struct synched__fp_mode *mode) {
#if defined(__SSE__)
  uint16_t x87;
  __asm__ volatile("ldmxcsr %0" : : "m"(mode->mxcsr) : "memory");
  __asm__ volatile("fnstcw %0" : "=m"(x87));
  const bool is_same = x87 == mode->x87;
#else
  const struct synched__fp_mode here = synched__fp_mode_here();
  const bool is_same = synched__fp_mode_is_same(&here, mode);
#endif
  if (__builtin_expect(!is_same, 0))
    synched__fp_mode_set(mode);
}

#endif
