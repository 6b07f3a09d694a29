/*
 * turns.c: see turns.h.
 */
#include "turns.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int bench_run_apart(int (*work)(void *what), void *what, size_t bytes) {
  int ends[2], status = -1;
  if (pipe(ends) != 0)
    return -1;
  const pid_t child = fork();
  if (child == 0) {
    const bool good = work(what) == 0;
    _exit(good && write(ends[1], what, bytes) == (ssize_t)bytes ? 0 : 1);
  }
  (void)close(ends[1]);
  const bool good = child > 0 && read(ends[0], what, bytes) == (ssize_t)bytes;
  (void)close(ends[0]);
  if (child > 0 && waitpid(child, &status, 0) != child)
    return -1;
  return good && status == 0 ? 0 : -1;
}

void bench_set_openmp(unsigned threads) {
  char count[16];
  (void)snprintf(count, sizeof count, "%u", threads);
  (void)setenv("OMP_NUM_THREADS", count, 1);
  (void)setenv("OMP_DYNAMIC", "false", 1);
  (void)setenv("OMP_PROC_BIND", "true", 1);
}

static int compare(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

struct bench_figure bench_figure_of(double *values, size_t count) {
  qsort(values, count, sizeof *values, compare);
  return (struct bench_figure){values[count / 2], values[0], values[count - 1]};
}
