/*
 * contestants.c: who takes part, and the timing that is the same for all of them.
 */
#include <dlfcn.h>
#include <libgen.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "peers_found.h" /* made by CMake: which modules were built */

struct contestant {
  const char *name, *module; /* NULL: built in */
  bool found;
  const char *package; /* that would bring it */
};

static const struct contestant contestants[] = {
    {"synched", NULL, true, NULL},
    {"synched_static", NULL, true, NULL},
    {"synched_follow", NULL, true, NULL},
    {"synched_fixed", NULL, true, NULL},
    {"slices", NULL, true, NULL},
    {"codes", NULL, BENCH_HAS_LIBGOMP, NULL},
    {"stencil", NULL, BENCH_HAS_LIBGOMP, NULL},
    {"serial", NULL, true, NULL},
    {"best_schedule", NULL, true, NULL},
    {"cache_line_round_trip", NULL, true, NULL},
    {"clock_gettime", NULL, true, NULL},
    {"libgomp", "libgomp", BENCH_HAS_LIBGOMP, "gcc with -fopenmp"},
    {"libgomp_region", "libgomp", BENCH_HAS_LIBGOMP, NULL},
    {"libgomp_dynamic", "libgomp", BENCH_HAS_LIBGOMP, NULL},
    {"libomp", "libomp", BENCH_HAS_LIBOMP, "libomp-dev"},
    {"libomp_region", "libomp", BENCH_HAS_LIBOMP, NULL},
    {"libomp_dynamic", "libomp", BENCH_HAS_LIBOMP, NULL},
    {"pthread_barrier", "pthread_barrier", true, NULL},
    {"std_barrier", "std_barrier", BENCH_HAS_STD_BARRIER, "g++ 11 or newer"},
    {"tbb", "tbb", BENCH_HAS_TBB, "libtbb-dev"},
    {"pthreadpool", "pthreadpool", BENCH_HAS_PTHREADPOOL, "libpthreadpool-dev"},
    {"libuv", "libuv", true, NULL},
    {"synched_memory_scheme", "synched_memory_scheme", true, NULL},
};

static const struct contestant *find(const char *name) {
  for (size_t i = 0; i < sizeof contestants / sizeof *contestants; i++)
    if (strcmp(contestants[i].name, name) == 0)
      return &contestants[i];
  (void)fprintf(stderr, "synched-bench: there is no contestant %s\n", name);
  exit(1);
}

bool bench_has(const char *contestant) {
  return find(contestant)->found;
}

void bench_print_absent(FILE *file) {
  for (size_t i = 0; i < sizeof contestants / sizeof *contestants; i++)
    if (!contestants[i].found && contestants[i].package != NULL)
      (void)fprintf(file, "absent: %s (comes with %s; then configure again)\n", contestants[i].name,
                    contestants[i].package);
}

void *bench_symbol(const char *contestant, const char *name) {
  char self[PATH_MAX], path[PATH_MAX + 64];
  ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
  if (length < 0)
    return NULL;
  self[length] = '\0';
  (void)snprintf(path, sizeof path, "%s/bench-peers/%s.so", dirname(self),
                 find(contestant)->module);
  void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  void *symbol = module != NULL ? dlsym(module, name) : NULL;
  if (symbol == NULL)
    (void)fprintf(stderr, "synched-bench: %s\n", dlerror());
  return symbol;
}

/* OpenMP's users bind its threads where there is a CPU for each. Read when the module is opened. */
static void prepare_environment(const struct bench_work *work) {
  char count[16];
  if (work->worker_count <= bench_cpu_count()) {
    (void)setenv("OMP_PROC_BIND", "true", 1);
    (void)setenv("OMP_PLACES", "threads", 1);
  }
  (void)snprintf(count, sizeof count, "%u", work->worker_count);
  (void)setenv("UV_THREADPOOL_SIZE", count, 1);
}

/* Stands between a contestant and the work, and looks at the clock. */
struct timed {
  const struct bench_work *work;
  _Atomic unsigned begun;
  double start_ns, end_ns;
};

static void compute_first(void *user, size_t segment, uint64_t round) {
  struct timed *timed = user;
  if (round == 1 && atomic_exchange(&timed->begun, 1) == 0)
    timed->start_ns = bench_now_ns();
  timed->work->compute(timed->work->user, segment, round);
}

static void compute(void *user, size_t segment, uint64_t round) {
  const struct timed *timed = user;
  timed->work->compute(timed->work->user, segment, round);
}

static void complete(void *user, uint64_t round) {
  struct timed *timed = user;
  timed->work->complete(timed->work->user, round);
  if (round == timed->work->warm_up_count)
    timed->start_ns = bench_now_ns();
  if (round == timed->work->round_count)
    timed->end_ns = bench_now_ns();
}

double bench_rounds(const char *contestant, const struct bench_work *work) {
  struct timed timed = {.work = work};
  struct bench_work between = *work;
  between.compute = work->warm_up_count == 0 ? compute_first : compute;
  between.complete = complete;
  between.user = &timed;
  int status;
  if (strcmp(contestant, "serial") == 0) {
    status = bench_serial_rounds(&between);
  } else if (strncmp(contestant, "synched", 7) == 0 && find(contestant)->module == NULL) {
    status = bench_synched_rounds(&between, contestant);
  } else {
    prepare_environment(work);
    int (*rounds)(const struct bench_work *, const char *);
    *(void **)&rounds = bench_symbol(contestant, "bench_peer_rounds");
    status = rounds != NULL ? rounds(&between, contestant) : -1;
  }
  return status == 0 ? timed.end_ns - timed.start_ns : -1.0;
}
