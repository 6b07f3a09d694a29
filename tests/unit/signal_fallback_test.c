/*
 * signal_fallback_test.c: the signal without an eventfd, which no build on Linux uses otherwise.
 * The source is compiled into this file under other names.
 */
#define SYNCHED_NO_EVENTFD
#define synched__signal_init fallback_signal_init
#define synched__signal_deinit fallback_signal_deinit
#define synched__signal_raise fallback_signal_raise
#define synched__signal_clear fallback_signal_clear
#include "platform/signal.c"

#include <criterion/criterion.h>
#include <poll.h>
#include <sys/resource.h>

#include "support/unit_support.h"

static bool is_readable(const struct synched__signal *signal) {
  struct pollfd look = {.fd = signal->read_fd, .events = POLLIN};
  return poll(&look, 1, 0) == 1;
}

Test(signal_fallback, raised_once_or_a_million_times_is_readable_until_cleared) {
  struct synched__signal signal;
  cr_assert_eq(fallback_signal_init(&signal), 0);
  cr_assert_not(is_readable(&signal));
  for (unsigned count = 1; count <= 1000000; count *= 1000) {
    for (unsigned i = 0; i < count; i++)
      fallback_signal_raise(&signal);
    cr_assert(is_readable(&signal));
    fallback_signal_clear(&signal);
    cr_assert_not(is_readable(&signal), "after %u", count);
  }
  fallback_signal_deinit(&signal);
}

Test(signal_fallback, descriptors_are_neither_waited_for_nor_inherited) {
  struct synched__signal signal;
  cr_assert_eq(fallback_signal_init(&signal), 0);
  for (int i = 0; i < 2; i++) {
    const int fd = i == 0 ? signal.read_fd : signal.write_fd;
    cr_assert((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    cr_assert((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  }
  fallback_signal_deinit(&signal);
}

Test(signal_fallback, init_without_descriptors_says_so) {
  struct synched__signal signal;
  struct rlimit limit;
  cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = 0;
  cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
  const int status = fallback_signal_init(&signal);
  limit.rlim_cur = before;
  cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
  expect_refused(status, SYNCHED_EAGAIN, "no file descriptor left");
}
