#include "platform/broken_pipe.h"

#include <pthread.h>
#include <stddef.h>
#include <time.h>

static bool is_pending(void) {
  sigset_t pending;
  return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
}

static void only_it(sigset_t *set) {
  (void)sigemptyset(set);
  (void)sigaddset(set, SIGPIPE);
}

void synched__pipe_guard_begin(struct synched__pipe_guard *guard) {
  sigset_t set;
  only_it(&set);
  guard->was_pending = is_pending();
  (void)pthread_sigmask(SIG_BLOCK, &set, &guard->mask);
}

void synched__pipe_guard_end(const struct synched__pipe_guard *guard) {
  const struct timespec at_once = {0, 0};
  sigset_t set;
  only_it(&set);
  if (!guard->was_pending && is_pending())
    (void)sigtimedwait(&set, NULL, &at_once);
  (void)pthread_sigmask(SIG_SETMASK, &guard->mask, NULL);
}
