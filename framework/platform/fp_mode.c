#include "platform/fp_mode.h"

#if defined(__x86_64__) || defined(__i386__)

struct synched__fp_mode synched__fp_mode_default(void) {
  return (struct synched__fp_mode){synched__has_sse() ? 0x1f80u : 0, 0x37fu};
}

static void set_x87(uint32_t control) {
  const uint16_t word = (uint16_t)control;
  uint16_t before;
  __asm__ volatile("fnstcw %0" : "=m"(before));
  if (before == word)
    return;
  /* An exception that is flagged already would trap as soon as it is unmasked. */
  __asm__ volatile("fnclex\n\tfldcw %0" : : "m"(word) : "memory");
}

void synched__fp_mode_set(const struct synched__fp_mode *mode) {
  set_x87(mode->x87);
  if (synched__has_sse())
    __asm__ volatile("ldmxcsr %0" : : "m"(mode->mxcsr) : "memory");
}

#elif defined(__aarch64__)

struct synched__fp_mode synched__fp_mode_default(void) {
  return (struct synched__fp_mode){0};
}

void synched__fp_mode_set(const struct synched__fp_mode *mode) {
  __asm__ volatile("msr fpcr, %0" : : "r"(mode->fpcr) : "memory");
}

#elif defined(__arm__) && defined(__ARM_FP)

struct synched__fp_mode synched__fp_mode_default(void) {
  return (struct synched__fp_mode){0};
}

void synched__fp_mode_set(const struct synched__fp_mode *mode) {
  uint32_t fpscr;
  __asm__ volatile("vmrs %0, fpscr" : "=r"(fpscr));
  fpscr = (fpscr & SYNCHED__FPSCR_FLAGS) | mode->fpscr;
  __asm__ volatile("vmsr fpscr, %0" : : "r"(fpscr) : "memory");
}

#else

struct synched__fp_mode synched__fp_mode_here(void) {
  struct synched__fp_mode mode = {.rounding = fegetround()};
#if defined(FE_DFL_MODE)
  mode.traps = fegetexcept();
  (void)fegetmode(&mode.all);
#endif
  return mode;
}

struct synched__fp_mode synched__fp_mode_default(void) {
  struct synched__fp_mode mode = {.rounding = FE_TONEAREST};
#if defined(FE_DFL_MODE)
  const struct synched__fp_mode before = synched__fp_mode_here();
  (void)fesetmode(FE_DFL_MODE);
  mode = synched__fp_mode_here();
  (void)fesetmode(&before.all);
#endif
  return mode;
}

void synched__fp_mode_set(const struct synched__fp_mode *mode) {
#if defined(FE_DFL_MODE)
  (void)fesetmode(&mode->all);
#else
  (void)fesetround(mode->rounding);
#endif
}

#endif
