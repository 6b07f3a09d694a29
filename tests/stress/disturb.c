/*
 * disturb.c: disturb PID SECONDS SEED. Does to a running program what a system does to its programs
 * at its worst, for so many seconds: stops it and lets it go on; stops a single thread; takes CPUs
 * from its threads and gives them back; cuts its cgroup's quota; brings neighbours that compute or
 * want memory. Everything is undone before this ends, also where SIGTERM ends it.
 *
 * One disturbance follows the other, chosen by the seed; neighbours stay while others happen. What
 * the system does not allow is tried once, and said in the line that is printed at the end.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MOST 512u
#define QUOTA_PERIOD_US 20000u
#define MEMORY_SHARE 6u /* of what is available, so that nobody else is ended for the lack of it */

enum kind { STOP, HOLD, MASK, QUOTA, BUSY, MEMORY, QUIET, KIND_COUNT };
static const char *const names[KIND_COUNT] = {"stops",      "held threads",     "masks", "quotas",
                                              "neighbours", "memory pressures", ""};

static volatile sig_atomic_t is_over; /* it was asked to end sooner */
static pid_t program;
static uint64_t random_state, deadline_ms;
static unsigned counts[KIND_COUNT];
static char lacks[KIND_COUNT][160]; /* why there are none; "": there are */

static void end_soon(int signal_number) {
  (void)signal_number;
  is_over = 1;
}

static uint64_t now_ms(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void nap(uint64_t ms) {
  const struct timespec time = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
  (void)nanosleep(&time, NULL);
}

/* xorshift64. */
static uint64_t draw(uint64_t least, uint64_t most) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return least + (random_state >> 16) % (most - least + 1);
}

static bool is_there(void) {
  return kill(program, 0) == 0;
}

__attribute__((format(printf, 2, 3))) static void give_up(enum kind kind, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(lacks[kind], sizeof lacks[kind], format, arguments);
  va_end(arguments);
}

/* --- the program and its threads --- */

static void stop(void) {
  if (kill(program, SIGSTOP) != 0)
    return;
  nap(draw(1, 200));
  (void)kill(program, SIGCONT);
  counts[STOP]++;
}

static size_t list_threads(pid_t *threads) {
  char path[64];
  size_t count = 0;
  (void)snprintf(path, sizeof path, "/proc/%ld/task", (long)program);
  DIR *folder = opendir(path);
  if (folder == NULL)
    return 0;
  for (const struct dirent *entry; count < THREADS_MOST && (entry = readdir(folder)) != NULL;) {
    const long thread = strtol(entry->d_name, NULL, 10);
    if (thread > 0)
      threads[count++] = (pid_t)thread;
  }
  (void)closedir(folder);
  return count;
}

/* One thread stands still, as one does that the system has taken the CPU from; the others go on. */
static void hold(void) {
  pid_t threads[THREADS_MOST];
  const size_t count = list_threads(threads);
  if (count == 0)
    return;
  const pid_t thread = threads[draw(0, count - 1)];
  if (ptrace(PTRACE_SEIZE, thread, NULL, NULL) != 0) {
    if (errno == EPERM || errno == ENOSYS)
      give_up(HOLD, "a thread cannot be traced: %s", strerror(errno));
    return;
  }
  int status = 0;
  if (ptrace(PTRACE_INTERRUPT, thread, NULL, NULL) != 0 ||
      waitpid(thread, &status, __WALL) != thread || !WIFSTOPPED(status))
    return; /* it has ended */
  nap(draw(1, 100));
  /* A signal that came instead is its own. */
  const long signal_number = status >> 16 == PTRACE_EVENT_STOP ? 0 : WSTOPSIG(status);
  (void)ptrace(PTRACE_DETACH, thread, NULL, (void *)signal_number);
  counts[HOLD]++;
}

/* The CPUs of a mask, but for some of them. */
static void thin_out(cpu_set_t *mask) {
  const int count = CPU_COUNT(mask);
  const uint64_t kept = draw(0, (uint64_t)count - 1);
  uint64_t seen = 0;
  for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
    if (CPU_ISSET(cpu, mask) && seen++ != kept && draw(0, 1) == 0)
      CPU_CLR(cpu, mask);
}

/* Of all threads or of one; each gets back what it had. */
static void mask(void) {
  static cpu_set_t before[THREADS_MOST];
  pid_t threads[THREADS_MOST];
  cpu_set_t few;
  const size_t count = list_threads(threads);
  if (count == 0 || sched_getaffinity(0, sizeof few, &few) != 0)
    return;
  thin_out(&few);
  const bool is_one = draw(0, 2) == 0;
  const size_t first = is_one ? (size_t)draw(0, count - 1) : 0, end = is_one ? first + 1 : count;
  for (size_t i = first; i < end; i++) {
    if (sched_getaffinity(threads[i], sizeof before[i], &before[i]) != 0 ||
        sched_setaffinity(threads[i], sizeof few, &few) != 0)
      threads[i] = 0;
  }
  nap(draw(1, 300));
  for (size_t i = first; i < end; i++)
    if (threads[i] != 0)
      (void)sched_setaffinity(threads[i], sizeof before[i], &before[i]);
  counts[MASK]++;
}

/* --- the quota --- */

static char group[4096]; /* the folder of the program's own cgroup; "": there is none yet */
static char group_above[3072];
static bool is_unified;

__attribute__((format(printf, 3, 4))) static bool write_file(const char *folder, const char *name,
                                                             const char *format, ...) {
  char path[4300];
  va_list arguments;
  (void)snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "we");
  if (file == NULL)
    return false;
  va_start(arguments, format);
  (void)vfprintf(file, format, arguments);
  va_end(arguments);
  return fclose(file) == 0;
}

static bool find_group(void) {
  static const char *const roots[] = {"/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct",
                                      "/sys/fs/cgroup"};
  char line[2048], path[4300];
  for (size_t r = 0; r < sizeof roots / sizeof *roots; r++) {
    FILE *file = fopen("/proc/self/cgroup", "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
      line[strcspn(line, "\n")] = '\0';
      const char *controllers = strchr(line, ':');
      const char *below = controllers == NULL ? NULL : strchr(controllers + 1, ':');
      const bool is_v2 = strncmp(line, "0::", 3) == 0;
      if (below == NULL || (r == 2) != is_v2 || (!is_v2 && strstr(controllers, "cpu") == NULL))
        continue;
      (void)snprintf(group_above, sizeof group_above, "%s%s", roots[r], below + 1);
      (void)snprintf(path, sizeof path, "%s/%s", group_above,
                     is_v2 ? "cgroup.subtree_control" : "cpu.cfs_quota_us");
      is_unified = is_v2;
      if (access(path, W_OK) == 0) {
        (void)fclose(file);
        return true;
      }
    }
    if (file != NULL)
      (void)fclose(file);
  }
  return false;
}

static bool set_quota(unsigned percent) {
  const unsigned us = QUOTA_PERIOD_US * percent / 100;
  if (is_unified)
    return percent == 0 ? write_file(group, "cpu.max", "max %u", QUOTA_PERIOD_US)
                        : write_file(group, "cpu.max", "%u %u", us, QUOTA_PERIOD_US);
  return percent == 0 ? write_file(group, "cpu.cfs_quota_us", "-1")
                      : write_file(group, "cpu.cfs_period_us", "%u", QUOTA_PERIOD_US) &&
                            write_file(group, "cpu.cfs_quota_us", "%u", us);
}

/* Makes a cgroup for the program. */
static bool open_group(void) {
  if (group[0] != '\0')
    return true;
  if (!find_group()) {
    give_up(QUOTA, "no cgroup of CPU time can be written");
    return false;
  }
  (void)snprintf(group, sizeof group, "%s/synched-soak-%ld", group_above, (long)program);
  if (is_unified)
    (void)write_file(group_above, "cgroup.subtree_control", "+cpu");
  if (mkdir(group, 0755) == 0 && set_quota(0) &&
      write_file(group, "cgroup.procs", "%ld", (long)program))
    return true;
  give_up(QUOTA, "%.80s cannot be made: %s", group, strerror(errno));
  (void)rmdir(group);
  group[0] = '\0';
  return false;
}

static void quota(void) {
  if (!open_group())
    return;
  if (!set_quota((unsigned)draw(5, 150))) {
    give_up(QUOTA, "a quota cannot be set: %s", strerror(errno));
    return;
  }
  nap(draw(50, 500));
  (void)set_quota(0);
  counts[QUOTA]++;
}

static void close_group(void) {
  if (group[0] == '\0')
    return;
  (void)set_quota(0);
  (void)write_file(group_above, "cgroup.procs", "%ld", (long)program);
  (void)rmdir(group);
}

/* --- neighbours: children that end by themselves --- */

static uint64_t available_bytes(void) {
  char line[256];
  uint64_t kib = 0;
  FILE *file = fopen("/proc/meminfo", "re");
  while (file != NULL && kib == 0 && fgets(line, sizeof line, file) != NULL)
    if (strncmp(line, "MemAvailable:", 13) == 0)
      kib = strtoull(line + 13, NULL, 10);
  if (file != NULL)
    (void)fclose(file);
  return kib * 1024;
}

static void compute_until(uint64_t end_ms) {
  static volatile uint64_t sum;
  while (now_ms() < end_ms)
    for (unsigned i = 0; i < 100000; i++)
      sum = sum + i;
}

static void want_memory_until(uint64_t end_ms, uint64_t bytes) {
  const size_t page = 4096;
  while (now_ms() < end_ms) {
    unsigned char *memory =
        mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
      return;
    for (uint64_t at = 0; at < bytes && now_ms() < end_ms; at += page)
      memory[at] = 1;
    (void)munmap(memory, (size_t)bytes);
  }
}

static void bring_neighbour(enum kind kind, uint64_t ms, uint64_t bytes) {
  const pid_t child = fork();
  if (child < 0) {
    give_up(kind, "there can be no more processes: %s", strerror(errno));
    return;
  }
  if (child != 0)
    return;
  if (kind == BUSY)
    compute_until(now_ms() + ms);
  else
    want_memory_until(now_ms() + ms, bytes);
  _exit(EXIT_SUCCESS);
}

static void bring_neighbours(void) {
  const long cpu_count = sysconf(_SC_NPROCESSORS_ONLN);
  for (uint64_t left = draw(1, (uint64_t)(cpu_count < 1 ? 1 : cpu_count) * 2); left > 0; left--)
    bring_neighbour(BUSY, draw(10, 500), 0);
  counts[BUSY]++;
}

static void press_memory(void) {
  const uint64_t most = available_bytes() / MEMORY_SHARE;
  if (most < (1u << 20)) {
    give_up(MEMORY, "it is not known how much memory is available");
    return;
  }
  bring_neighbour(MEMORY, draw(50, 500), draw(most / 4, most));
  counts[MEMORY]++;
}

static void take_leave_of_neighbours(bool waits) {
  while (waitpid(-1, NULL, waits ? 0 : WNOHANG) > 0)
    continue;
}

/* --- */

static void disturb(enum kind kind) {
  switch (kind) {
  case STOP:
    stop();
    break;
  case HOLD:
    hold();
    break;
  case MASK:
    mask();
    break;
  case QUOTA:
    quota();
    break;
  case BUSY:
    bring_neighbours();
    break;
  case MEMORY:
    press_memory();
    break;
  default:
    nap(draw(1, 200));
  }
}

static void tell(void) {
  for (unsigned kind = 0; kind < QUIET; kind++)
    (void)printf("%s%u %s", kind == 0 ? "" : ", ", counts[kind], names[kind]);
  for (unsigned kind = 0; kind < QUIET; kind++)
    if (lacks[kind][0] != '\0')
      (void)printf("; no %s: %s", names[kind], lacks[kind]);
  (void)printf("\n");
}

int main(int argc, char **argv) {
  if (argc != 4) {
    (void)fprintf(stderr, "usage: disturb PID SECONDS SEED\n");
    return 2;
  }
  program = (pid_t)strtol(argv[1], NULL, 10);
  deadline_ms = now_ms() + strtoull(argv[2], NULL, 10) * 1000;
  random_state = strtoull(argv[3], NULL, 10) * UINT64_C(0x9e3779b97f4a7c15) | 1;
  const struct sigaction action = {.sa_handler = end_soon};
  (void)sigaction(SIGTERM, &action, NULL);
  while (is_over == 0 && now_ms() < deadline_ms && is_there()) {
    const enum kind kind = (enum kind)draw(0, KIND_COUNT - 1);
    if (kind == QUIET || lacks[kind][0] == '\0')
      disturb(kind);
    take_leave_of_neighbours(false);
    nap(draw(0, 20));
  }
  take_leave_of_neighbours(true);
  close_group();
  tell();
  return 0;
}
