/*
 * stress.c: see stress.h.
 *
 * What is read by a failing thread, and by the one that waits with patience, while others write it,
 * is atomic or under a mutex, so that thread sanitizers have nothing to say about the programs
 * themselves. Everything else is the main thread's.
 */
#include "support/stress.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "platform/atomic.h"
#include "platform/trace.h"

#define SECONDS_DEFAULT 3.0
#define PATIENCE_DEFAULT 600.0
#define WORKERS_MOST 64u
#define EXIT_HANGS 2
#define TEXT_BYTES 512

static const char *program = "stress";
static double seconds = SECONDS_DEFAULT;
static double patience = PATIENCE_DEFAULT;
static double started_at;
static uint64_t first_seed = 1;
static unsigned worker_count; /* 0: drawn */
static uint64_t case_count;
static pthread_t patient;

static _Atomic uint64_t case_seed;
static _Atomic uint64_t steps;
static _Atomic bool stopping;

#if defined(__SANITIZE_THREAD__)
#define THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define THREAD_SANITIZER 1
#endif
#endif
#if defined(THREAD_SANITIZER)
static pthread_mutex_t files_mutex = PTHREAD_MUTEX_INITIALIZER;
#endif

static pthread_mutex_t text_mutex = PTHREAD_MUTEX_INITIALIZER;
static char case_text[TEXT_BYTES]; /* under text_mutex */
static const char *place_text = "at its start";

static double now_seconds(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Leaves at once: other threads still use what an orderly exit would take away. The caller holds
 * text_mutex. */
static noreturn void leave(int code, const char *what) {
  uint64_t seed = atomic_load_explicit(&case_seed, memory_order_relaxed);
  (void)fflush(stdout);
  (void)fprintf(stderr, "%s: --seed %" PRIu64 ": %s\n  the case: %s\n  main thread: %s\n", program,
                seed, what, case_text, place_text);
  synched__trace_tell();
  _exit(code);
}

void stress_fail(const char *format, ...) {
  char what[TEXT_BYTES];
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(what, sizeof what, format, arguments);
  va_end(arguments);
  (void)pthread_mutex_lock(&text_mutex);
  leave(EXIT_FAILURE, what);
}

void stress_case_is(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  (void)pthread_mutex_lock(&text_mutex);
  (void)vsnprintf(case_text, sizeof case_text, format, arguments);
  (void)pthread_mutex_unlock(&text_mutex);
  va_end(arguments);
}

void stress_is_at(const char *place) {
  stress_step();
  (void)pthread_mutex_lock(&text_mutex);
  place_text = place;
  (void)pthread_mutex_unlock(&text_mutex);
}

void stress_step(void) {
  (void)atomic_fetch_add_explicit(&steps, 1, memory_order_relaxed);
}

/* Waits until nothing has happened for so long. */
static void *wait_with_patience(void *unused) {
  (void)unused;
  uint64_t seen = UINT64_MAX;
  double seen_at = now_seconds();
  while (!atomic_load_explicit(&stopping, memory_order_relaxed)) {
    stress_sleep_us(10000);
    uint64_t count = atomic_load_explicit(&steps, memory_order_relaxed);
    if (count != seen) {
      seen = count;
      seen_at = now_seconds();
    } else if (now_seconds() - seen_at > patience) {
      (void)pthread_mutex_lock(&text_mutex);
      leave(EXIT_HANGS, "it hangs: nothing has happened for a long time");
    }
  }
  return NULL;
}

static noreturn void explain(void) {
  (void)fprintf(stderr, "usage: %s [--seed N] [--seconds S] [--patience S] [--workers N]\n",
                program);
  exit(EXIT_FAILURE);
}

static double read_seconds(const char *text) {
  char *end;
  errno = 0;
  double value = strtod(text, &end);
  if (errno != 0 || end == text || *end != '\0' || !(value >= 0.0 && value <= 1e6))
    explain();
  return value;
}

static uint64_t read_seed(const char *text) {
  char *end;
  errno = 0;
  uint64_t value = strtoull(text, &end, 10);
  if (errno != 0 || end == text || *end != '\0' || *text == '-')
    explain();
  return value;
}

static unsigned read_workers(const char *text) {
  const uint64_t value = read_seed(text);
  if (value > WORKERS_MOST)
    explain();
  return (unsigned)value;
}

unsigned stress_workers(void) {
  return worker_count;
}

void stress_begin(const char *name, int argc, char **argv) {
  program = name;
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc)
      explain();
    if (strcmp(argv[i], "--seed") == 0)
      first_seed = read_seed(argv[i + 1]);
    else if (strcmp(argv[i], "--seconds") == 0)
      seconds = read_seconds(argv[i + 1]);
    else if (strcmp(argv[i], "--patience") == 0)
      patience = read_seconds(argv[i + 1]);
    else if (strcmp(argv[i], "--workers") == 0)
      worker_count = read_workers(argv[i + 1]);
    else
      explain();
  }
  started_at = now_seconds();
  stress_thread_start(&patient, wait_with_patience, NULL);
}

bool stress_next_case(struct stress_random *random) {
  if (case_count > 0 && now_seconds() - started_at >= seconds)
    return false;
  uint64_t seed = first_seed + case_count++;
  atomic_store_explicit(&case_seed, seed, memory_order_relaxed);
  random->state = stress_mix(seed, 0x5eed);
  uint64_t schedule_seed = stress_draw(random) | 1;
  synched__schedule_seed(stress_chance(random, 2) ? schedule_seed : 0);
  stress_case_is("%s", "");
  stress_is_at("begins a case");
  return true;
}

int stress_end(const char *format, ...) {
  atomic_store_explicit(&stopping, true, memory_order_relaxed);
  stress_thread_join(patient);
  (void)printf("%s: %" PRIu64 " cases in %.1f s from seed %" PRIu64 ": ", program, case_count,
               now_seconds() - started_at, first_seed);
  va_list arguments;
  va_start(arguments, format);
  (void)vprintf(format, arguments);
  va_end(arguments);
  (void)printf("\n");
  return EXIT_SUCCESS;
}

uint64_t stress_mix(uint64_t a, uint64_t b) {
  uint64_t mixed =
      (a + 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u ^ (b + 0x7f4a7c15u) * 0x94d049bb133111ebu;
  mixed ^= mixed >> 29;
  mixed *= 0xbf58476d1ce4e5b9u;
  return mixed ^ mixed >> 32;
}

/* Marsaglia 2003, xorshift64; the multiplication makes its low bits as good as the others. */
uint64_t stress_draw(struct stress_random *random) {
  uint64_t state = random->state != 0 ? random->state : 1;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  random->state = state;
  return state * 0x2545f4914f6cdd1du >> 16;
}

uint64_t stress_below(struct stress_random *random, uint64_t limit) {
  return stress_draw(random) % limit;
}

uint64_t stress_between(struct stress_random *random, uint64_t first, uint64_t last) {
  return first + stress_below(random, last - first + 1);
}

bool stress_chance(struct stress_random *random, uint64_t one_in) {
  return stress_below(random, one_in) == 0;
}

struct stress_random stress_split(struct stress_random *random) {
  uint64_t a = stress_draw(random);
  return (struct stress_random){stress_mix(a, stress_draw(random))};
}

void stress_work(uint64_t units) {
  for (uint64_t i = 0; i < units; i++)
    synched__cpu_pause();
}

void stress_sleep_us(uint64_t us) {
  struct timespec nap = {(time_t)(us / 1000000), (long)(us % 1000000) * 1000};
  (void)nanosleep(&nap, NULL);
}

void stress_dawdle(struct stress_random *random) {
  uint64_t kind = stress_below(random, 16);
  if (kind < 6)
    return;
  if (kind < 11)
    stress_work(stress_below(random, 300));
  else if (kind < 15)
    (void)sched_yield();
  else
    stress_sleep_us(stress_below(random, 150));
}

void stress_files_begin(void) {
#if defined(THREAD_SANITIZER)
  (void)pthread_mutex_lock(&files_mutex);
#endif
}

void stress_files_end(void) {
#if defined(THREAD_SANITIZER)
  (void)pthread_mutex_unlock(&files_mutex);
#endif
}

void stress_thread_start(pthread_t *thread, void *(*run)(void *), void *argument) {
  int error = pthread_create(thread, NULL, run, argument);
  STRESS_CHECK(error == 0, "the system refused a thread: %s", strerror(error));
}

void stress_thread_join(pthread_t thread) {
  int error = pthread_join(thread, NULL);
  STRESS_CHECK(error == 0, "a thread could not be joined: %s", strerror(error));
}
