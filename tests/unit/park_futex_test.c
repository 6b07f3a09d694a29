/*
 * park_futex_test.c: what the kernel is handed where its long has 32 bits and the C library's time
 * has 64. The source is compiled into this file under other names, as for such a processor, and its
 * system calls come here.
 */
#include <stdint.h>

#define SYNCHED__KERNEL_LONG_MAX INT32_MAX
#define synched__parker narrow_parker
#define synched__parker_init narrow_parker_init
#define synched__parker_deinit narrow_parker_deinit
#define synched__park narrow_park
#define synched__park_until narrow_park_until
#define synched__unpark narrow_unpark

#include <sys/syscall.h>
#if !defined(SYS_futex_time64)
#define SYS_futex_time64 422 /* on all processors that have it */
#endif
#define syscall kernel
static long kernel(long number, ...);
#include "platform/park.c"
#undef syscall

#include <criterion/criterion.h>
#include <stdarg.h>

#include "support/unit_support.h"

/* What the kernel was asked, and what it answers: a wait always says that its time has come. */
static struct {
  bool lacks_futex; /* it knows SYS_futex_time64 only */
  unsigned narrow_count, wide_count;
  int operation;
  bool timed;
  int64_t seconds, nanoseconds;
} asked;

static void note_time(const void *time, bool wide) {
  asked.timed = time != NULL;
  if (time == NULL)
    return;
  if (wide) {
    const int64_t *numbers = time;
    asked.seconds = numbers[0];
    asked.nanoseconds = numbers[1];
  } else {
    const int32_t *numbers = time;
    asked.seconds = numbers[0];
    asked.nanoseconds = numbers[1];
  }
}

static long kernel(long number, ...) {
  va_list arguments;
  va_start(arguments, number);
  (void)va_arg(arguments, void *);
  asked.operation = va_arg(arguments, int);
  (void)va_arg(arguments, uint32_t);
  const void *time = va_arg(arguments, const void *);
  va_end(arguments);
  const bool wide = number == SYS_futex_time64;
  *(wide ? &asked.wide_count : &asked.narrow_count) += 1;
  errno = ENOSYS;
  if (!wide && asked.lacks_futex)
    return -1;
  note_time(time, wide);
  errno = ETIMEDOUT;
  return asked.operation == FUTEX_WAKE_PRIVATE ? 0 : -1;
}

static struct narrow_parker made_parker(bool lacks_futex) {
  struct narrow_parker parker;
  asked.narrow_count = asked.wide_count = 0;
  asked.lacks_futex = lacks_futex;
  cr_assert_eq(narrow_parker_init(&parker), 0);
  return parker;
}

#define PAST_NS (UINT64_C(5) * 1000000000 + 7)

Test(park_futex, narrow_kernel_is_handed_two_numbers_of_32_bits) {
  struct narrow_parker parker = made_parker(false);
  cr_assert_not(narrow_park_until(&parker, PAST_NS));
  cr_assert_eq(asked.narrow_count, 1, "asked %u times", asked.narrow_count);
  cr_assert_eq(asked.wide_count, 0);
  cr_assert_eq(asked.operation, FUTEX_WAIT_BITSET_PRIVATE);
  cr_assert(asked.timed);
  cr_assert_eq(asked.seconds, 5);
  cr_assert_eq(asked.nanoseconds, 7);
}

Test(park_futex, kernel_without_the_narrow_call_is_handed_two_numbers_of_64_bits) {
  struct narrow_parker parker = made_parker(true);
  cr_assert_not(narrow_park_until(&parker, PAST_NS));
  cr_assert_eq(asked.wide_count, 1, "asked %u times", asked.wide_count);
  cr_assert(asked.timed);
  cr_assert_eq(asked.seconds, 5);
  cr_assert_eq(asked.nanoseconds, 7);
}

Test(park_futex, kernel_without_the_narrow_call_wakes_too) {
  struct narrow_parker parker = made_parker(true);
  synched__store_relaxed(&parker.token, TOKEN_AWAITED);
  narrow_unpark(&parker);
  cr_assert_eq(asked.operation, FUTEX_WAKE_PRIVATE);
  cr_assert_eq(asked.wide_count, 1);
  cr_assert_not(asked.timed);
}

Test(park_futex, time_beyond_32_bits_of_seconds_is_the_last_that_can_be_said) {
  struct narrow_parker parker = made_parker(false);
  cr_assert_not(sleep_until(&parker, PAST_NS));
  cr_assert(sleep_until(&parker, UINT64_MAX - 1), "it is not that late");
  cr_assert_eq(asked.seconds, INT32_MAX);
}
