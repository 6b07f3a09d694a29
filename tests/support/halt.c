#include "support/halt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int requests = -1; /* the end that is written to */
static pid_t child;

static void serve(int read_end, pid_t parent) {
  unsigned char ms;
  for (;;) {
    const ssize_t got = read(read_end, &ms, 1);
    if (got < 0 && errno == EINTR)
      continue;
    if (got != 1)
      _exit(EXIT_SUCCESS);
    const struct timespec nap = {0, (long)ms * 1000000};
    (void)kill(parent, SIGSTOP);
    (void)nanosleep(&nap, NULL);
    (void)kill(parent, SIGCONT);
  }
}

void halt_begin(void) {
  int ends[2];
  const pid_t parent = getpid();
  if (pipe(ends) != 0) {
    perror("pipe");
    exit(EXIT_FAILURE);
  }
  child = fork();
  if (child < 0) {
    perror("fork");
    exit(EXIT_FAILURE);
  }
  if (child == 0) {
    (void)close(ends[1]);
    serve(ends[0], parent);
  }
  (void)close(ends[0]);
  (void)fcntl(ends[1], F_SETFL, O_NONBLOCK);
  requests = ends[1];
}

void halt_ask(unsigned ms) {
  const unsigned char byte = (unsigned char)ms;
  /* One that finds the pipe full is forgotten: there are enough of them. */
  if (requests >= 0 && write(requests, &byte, 1) != 1)
    return;
}

void halt_end(void) {
  (void)close(requests);
  requests = -1;
  while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
    continue;
}
