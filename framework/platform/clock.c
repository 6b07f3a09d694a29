/*
 * clock.c: whether the time-stamp counter can be trusted, and how fast it counts.
 *
 * It can be trusted if the CPU says that it counts at one rate in all states, and if the system has
 * not found it out of step between CPUs: then the system's own clock source is based on it.
 */
#include "platform/clock.h"

#include <uv.h>

struct synched__tick_scale synched__tick_scale;

/* How often both clocks are read at most, to be read at once; and how near that is. */
#define AHEAD_TRIES 4
#define AHEAD_WITHIN_NS 200u

#if defined(__x86_64__)

#include <cpuid.h>
#include <stdio.h>
#include <string.h>

#define CALIBRATION_NS 2000000u
#define CALIBRATION_TRIES 16

static bool counts_steadily(void) {
  unsigned a, b, c, d;
  return __get_cpuid(0x80000007u, &a, &b, &c, &d) != 0 && (d & (1u << 8)) != 0;
}

static bool system_trusts_it(void) {
  static const char *const based_on_it[] = {"tsc", "kvm-clock", "hyperv_clocksource_tsc_page"};
  char name[64] = "";
  FILE *file = fopen("/sys/devices/system/clocksource/clocksource0/current_clocksource", "re");
  if (file == NULL)
    return false;
  if (fgets(name, sizeof name, file) != NULL)
    name[strcspn(name, "\n")] = '\0';
  (void)fclose(file);
  for (size_t i = 0; i < sizeof based_on_it / sizeof *based_on_it; i++)
    if (strcmp(name, based_on_it[i]) == 0)
      return true;
  return false;
}

struct moment {
  uint64_t tick, ns;
};

/* Both clocks at one moment: of several tries the one that the system interrupted least. */
static struct moment read_both(void) {
  struct moment best = {0, 0};
  uint64_t shortest = UINT64_MAX;
  for (int i = 0; i < CALIBRATION_TRIES; i++) {
    uint64_t before = __builtin_ia32_rdtsc();
    uint64_t ns = synched__clock_ns();
    uint64_t after = __builtin_ia32_rdtsc();
    if (after - before < shortest) {
      shortest = after - before;
      best = (struct moment){before + (after - before) / 2, ns};
    }
  }
  return best;
}

static void calibrate(void) {
  if (!counts_steadily() || !system_trusts_it())
    return;
  const struct moment first = read_both();
  const struct timespec pause = {0, CALIBRATION_NS};
  (void)nanosleep(&pause, NULL);
  const struct moment second = read_both();
  if (second.tick <= first.tick || second.ns <= first.ns)
    return;
  const double ns_per_tick = (double)(second.ns - first.ns) / (double)(second.tick - first.tick);
  synched__tick_scale =
      (struct synched__tick_scale){.trusted = true,
                                   .tick = first.tick,
                                   .ns = first.ns,
                                   .ns_per_tick = (uint64_t)(ns_per_tick * 4294967296.0)};
}

#else

static void calibrate(void) {
}

#endif

/* Of some readings the one that took least; the first one mostly will do. */
int64_t synched__clock_ahead_ns(void) {
  uint64_t shortest_ns = UINT64_MAX;
  int64_t ahead_ns = 0;
  for (unsigned i = 0; i < AHEAD_TRIES && shortest_ns > AHEAD_WITHIN_NS; i++) {
    const uint64_t before_ns = synched__tick_ns();
    const uint64_t now_ns = synched__clock_ns();
    const uint64_t took_ns = synched__span_ns(before_ns, synched__tick_ns());
    if (took_ns >= shortest_ns)
      continue;
    shortest_ns = took_ns;
    ahead_ns = (int64_t)(now_ns - before_ns - took_ns / 2);
  }
  return ahead_ns;
}

void synched__clock_calibrate(void) {
  static uv_once_t once = UV_ONCE_INIT;
  uv_once(&once, calibrate);
}
