#include "platform/signal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "platform/fault.h"
#include "platform/system_text.h"

#if defined(__linux__) && !defined(SYNCHED_NO_EVENTFD)

#include <sys/eventfd.h>

static bool open_ends(struct synched__signal *signal) {
  signal->read_fd = signal->write_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  return signal->read_fd >= 0;
}

#else

/* Neither inherited by what the program executes, nor ever waited for. */
static bool set_up(int fd) {
  const int flags = fcntl(fd, F_GETFL);
  return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
         fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

/* By hand: libuv's own pipe came with 1.41. */
static bool open_ends(struct synched__signal *signal) {
  int ends[2];
  if (pipe(ends) != 0)
    return false;
  *signal = (struct synched__signal){.read_fd = ends[0], .write_fd = ends[1]};
  if (set_up(ends[0]) && set_up(ends[1]))
    return true;
  const int reason = errno;
  synched__signal_deinit(signal);
  errno = reason;
  return false;
}

#endif

/* Out of descriptors is a matter of time, or of a limit; whatever else is not. */
static int refuse(int error) {
  struct rlimit limit;
  if (error == ENOMEM)
    return synched__fail(SYNCHED_ENOMEM, "no memory for a file descriptor");
  if (error != EMFILE && error != ENFILE)
    return synched__fail(error == EPERM || error == ENOSYS ? SYNCHED_ENOTSUP : SYNCHED_EIO,
                         "the system refused a file descriptor for events: %s",
                         synched__system_text(error).bytes);
  if (error == ENFILE || getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return synched__fail(SYNCHED_EAGAIN, "the system has no file descriptor left");
  return synched__fail(SYNCHED_EAGAIN,
                       "this process has no file descriptor left (RLIMIT_NOFILE is %llu)",
                       (unsigned long long)limit.rlim_cur);
}

int synched__signal_init(struct synched__signal *signal) {
  if (synched__fault_hit(SYNCHED__FAULT_SYNC))
    return refuse(EMFILE);
  return open_ends(signal) ? 0 : refuse(errno);
}

void synched__signal_deinit(struct synched__signal *signal) {
  (void)close(signal->read_fd);
  if (signal->write_fd != signal->read_fd)
    (void)close(signal->write_fd);
}

void synched__signal_raise(const struct synched__signal *signal) {
  const uint64_t one = 1;
  /* EAGAIN means that it is readable already, and that is all we want. */
  while (write(signal->write_fd, &one, sizeof one) < 0 && errno == EINTR)
    continue;
}

void synched__signal_clear(const struct synched__signal *signal) {
  uint64_t drained;
  for (;;) {
    ssize_t count = read(signal->read_fd, &drained, sizeof drained);
    if (count < 0 && errno == EINTR)
      continue;
    /* An eventfd is empty after one read; a pipe when it says so. */
    if (count <= 0 || signal->write_fd == signal->read_fd)
      return;
  }
}
