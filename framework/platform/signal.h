/*
 * signal.h: a file descriptor that one side makes readable and an event loop waits for.
 *
 * It is the library's own, not a handle of a loop: whoever signals touches nothing that a loop's
 * owner could take away at the same moment. It is an eventfd on Linux; elsewhere, and with
 * SYNCHED_NO_EVENTFD, it is a pipe.
 */
#ifndef SYNCHED_PLATFORM_SIGNAL_H
#define SYNCHED_PLATFORM_SIGNAL_H

struct synched__signal {
  int read_fd;
  /* the same for an eventfd */
  int write_fd;
};

/* 0, or SYNCHED_EAGAIN when no descriptor is left for now; SYNCHED_ENOMEM; SYNCHED_ENOTSUP or
 * SYNCHED_EIO where another try would not help. */
int synched__signal_init(struct synched__signal *signal);
void synched__signal_deinit(struct synched__signal *signal);

/* Makes it readable. Any thread; one system call; a second raise before the clear adds nothing. */
void synched__signal_raise(const struct synched__signal *signal);

/* Makes it unreadable again. */
void synched__signal_clear(const struct synched__signal *signal);

#endif
