/*
 * emulated.c: Criterion's programs under an emulator of another processor (tools/test cross).
 *
 * Criterion runs each test in a new process of the test's own program, which it starts by its path:
 * a file that this machine's kernel cannot execute, unless the system has been told of the
 * emulator. So in these builds the program has an execve of its own, which the libraries find
 * before the C library's, and which puts the emulator's command in front.
 */
#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ARGUMENTS_MAX 64

/* SYNCHED_EMULATOR: the emulator's command, as strings with commas between. */
static const char *const emulator[] = {SYNCHED_EMULATOR};
enum { EMULATOR_LENGTH = sizeof emulator / sizeof *emulator };

int execve(const char *path, char *const arguments[], char *const environment[]) {
  const char *all[ARGUMENTS_MAX];
  size_t count = 0;
  for (size_t i = 0; i < EMULATOR_LENGTH; i++)
    all[count++] = emulator[i];
  all[count++] = path;
  for (size_t i = 1; arguments[0] != NULL && arguments[i] != NULL; i++) {
    if (count + 1 == ARGUMENTS_MAX) {
      errno = E2BIG;
      return -1;
    }
    all[count++] = arguments[i];
  }
  all[count] = NULL;
  return (int)syscall(SYS_execve, all[0], all, environment);
}
