/*
 * Started without a shell: so a program that is not there is known at once and in words of our own.
 */
#include "apt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Starts it with the pipe's end as its standard output. 0 or an errno. */
static int start(pid_t *process, int output) {
  static char program[] = "apt-cache", command[] = "dumpavail";
  char *const arguments[] = {program, command, NULL};
  posix_spawn_file_actions_t actions;
  int failure = posix_spawn_file_actions_init(&actions);
  if (failure != 0)
    return failure;
  failure = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  if (failure == 0)
    failure = posix_spawnp(process, program, &actions, NULL, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  return failure;
}

int pagerank_apt_open(struct pagerank_apt *out, struct example_error *error) {
  int ends[2];
  *out = (struct pagerank_apt){0};
  if (pipe2(ends, O_CLOEXEC) != 0)
    return example_fail(error, 0, "cannot be started: %s", strerror(errno));
  int failure = start(&out->process, ends[1]);
  close(ends[1]);
  if (failure == 0 && (out->file = fdopen(ends[0], "r")))
    return 0;
  if (failure == 0) {
    failure = errno;
    kill(out->process, SIGTERM);
    waitpid(out->process, NULL, 0);
  }
  close(ends[0]);
  return example_fail(error, 0, "cannot be started: %s", strerror(failure));
}

int pagerank_apt_close(struct pagerank_apt *apt, struct example_error *error) {
  int status;
  fclose(apt->file);
  while (waitpid(apt->process, &status, 0) < 0)
    if (errno != EINTR)
      return example_fail(error, 0, "cannot be waited for: %s", strerror(errno));
  if (WIFSIGNALED(status))
    return example_fail(error, 0, "ended by signal %d (%s)", WTERMSIG(status),
                        strsignal(WTERMSIG(status)));
  if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
    return example_fail(error, 0, "ended with exit code %d", WEXITSTATUS(status));
  return 0;
}
