/*
 * system.c: what the library asks of the system.
 *
 * Nothing here but locks, the creation of threads and their ends orders memory: a descriptor or a
 * futex may do so on a real system, but the library does not rely on it.
 */
#define SIMULATOR_SELF
#include <errno.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "redirect.h"

#undef memcpy
#undef memmove
#undef memset
#undef vsnprintf
#undef free
#undef syscall
#undef read
#undef write
#undef close
#undef poll

#include "internal.h"

#define SITE __builtin_return_address(0)
#define FIRST_DESCRIPTOR 1000
#define CPUS 64u

bool sim_refuses(const char *what) {
  if (sim->quiet || !sim->strategy.may_fail || !sim->world->may_fail)
    return false;
  const bool refused = sim_choose(SIM_CHOOSE_FAILURE, 2) != 0;
  if (refused)
    sim_note(what, 0, 0, 0, 0, NULL);
  return refused;
}

/* --- memory --- */

void *sim_calloc(size_t count, size_t bytes) {
  if (sim_refuses("is refused memory"))
    return NULL;
  return sim_heap_take(count * bytes, 16, false);
}

void *sim_aligned_alloc(size_t alignment, size_t bytes) {
  if (sim_refuses("is refused memory"))
    return NULL;
  return sim_heap_take(bytes, alignment, false);
}

void sim_free(void *block) {
  if (block != NULL)
    sim_heap_give(block, SITE);
}

void *sim_mmap(void *address, size_t bytes, int protection, int flags, int file, off_t offset) {
  (void)address;
  (void)protection;
  (void)flags;
  (void)file;
  (void)offset;
  if (sim_refuses("is refused pages")) {
    errno = ENOMEM;
    return MAP_FAILED;
  }
  return sim_heap_take(bytes, 4096, true);
}

/* Whole mappings only: no world's memory is as large as a huge page. */
int sim_munmap(void *address, size_t bytes) {
  (void)bytes;
  sim_heap_give(address, SITE);
  return 0;
}

void *sim_memcpy(void *to, const void *from, size_t bytes) {
  if (sim->running) {
    sim_plain((uintptr_t)from, bytes, false, SITE);
    sim_plain((uintptr_t)to, bytes, true, SITE);
  }
  return memcpy(to, from, bytes);
}

void *sim_memmove(void *to, const void *from, size_t bytes) {
  if (sim->running) {
    sim_plain((uintptr_t)from, bytes, false, SITE);
    sim_plain((uintptr_t)to, bytes, true, SITE);
  }
  return memmove(to, from, bytes);
}

void *sim_memset(void *to, int value, size_t bytes) {
  if (sim->running)
    sim_plain((uintptr_t)to, bytes, true, SITE);
  return memset(to, value, bytes);
}

int sim_vsnprintf(char *to, size_t room, const char *format, va_list arguments) {
  const int length = vsnprintf(to, room, format, arguments);
  if (sim->running && length >= 0 && room != 0)
    sim_plain((uintptr_t)to, (size_t)length < room ? (size_t)length + 1 : room, true, SITE);
  return length;
}

/* --- time --- */

int sim_clock_gettime(clockid_t clock, struct timespec *out) {
  (void)clock;
  sim_point();
  out->tv_sec = (time_t)(sim->now_ns / 1000000000u);
  out->tv_nsec = (long)(sim->now_ns % 1000000000u);
  return 0;
}

int sim_nanosleep(const struct timespec *span, struct timespec *left) {
  (void)left;
  sim_point();
  const uint64_t ns = (uint64_t)span->tv_sec * 1000000000u + (uint64_t)span->tv_nsec;
  sim_self()->sleep_count++;
  (void)sim_wait(SIM_ON_TIME, NULL, sim->now_ns + ns);
  return 0;
}

int sim_sched_yield(void) {
  sim_pause();
  return 0;
}

/* --- futexes --- */

static long wait_on_futex(uint32_t *word, uint32_t expected, const struct timespec *until) {
  sim_point();
  if ((uint32_t)sim_newest((uintptr_t)word, 4) != expected) {
    errno = EAGAIN;
    return -1;
  }
  if (sim_refuses("is woken by a signal")) {
    errno = EINTR;
    return -1;
  }
  const uint64_t until_ns =
      until == NULL ? SIM_NEVER : (uint64_t)until->tv_sec * 1000000000u + (uint64_t)until->tv_nsec;
  sim_note("sleeps on", (uintptr_t)word, expected, 0, 0, NULL);
  if (sim_wait(SIM_ON_FUTEX, word, until_ns)) {
    sim_note("is woken", (uintptr_t)word, 0, 0, 0, NULL);
    return 0;
  }
  sim_note("has slept until its time", (uintptr_t)word, 0, 0, 0, NULL);
  errno = ETIMEDOUT;
  return -1;
}

long sim_syscall(long number, ...) {
  va_list arguments;
  va_start(arguments, number);
  long result = -1;
  if (number == SYS_gettid) {
    result = 1000 + (long)sim->current;
  } else if (number == SYS_futex) {
    uint32_t *word = va_arg(arguments, uint32_t *);
    const int operation = va_arg(arguments, int);
    const uint32_t value = va_arg(arguments, uint32_t);
    const struct timespec *until = va_arg(arguments, const struct timespec *);
    if (operation == FUTEX_WAIT_BITSET_PRIVATE) {
      result = wait_on_futex(word, value, until);
    } else {
      sim_point();
      sim_note("wakes who sleeps on", (uintptr_t)word, 0, 0, 0, SITE);
      result = (long)sim_wake(SIM_ON_FUTEX, word, value);
    }
  } else {
    sim_fail("the simulator knows no system call %ld", number);
  }
  va_end(arguments);
  return result;
}

/* --- locks --- */

static struct sim_lock *lock_of(const void *address) {
  for (unsigned i = 0; i < sim->lock_count; i++)
    if (sim->locks[i].address == address)
      return &sim->locks[i];
  if (sim->lock_count == SIM_LOCKS)
    sim_fail("the simulator's locks are used up");
  struct sim_lock *lock = &sim->locks[sim->lock_count++];
  memset(lock, 0, sizeof *lock);
  lock->address = address;
  lock->owner = -1;
  return lock;
}

void sim_lock_take(const void *address) {
  sim_point();
  struct sim_lock *lock = lock_of(address);
  if (lock->owner == (int)sim->current)
    sim_fail("%s takes a lock that it has", sim_self()->name);
  while (lock->owner >= 0)
    (void)sim_wait(SIM_ON_LOCK, address, SIM_NEVER);
  lock->owner = (int)sim->current;
  sim->worker_locks += sim_is_worker();
  sim_clock_join(&sim_self()->clock, &lock->clock);
  (void)sim_tick();
  sim_note("locks", (uintptr_t)address, 0, 0, 0, NULL);
}

void sim_lock_give(const void *address) {
  sim_point();
  struct sim_lock *lock = lock_of(address);
  if (lock->owner != (int)sim->current)
    sim_fail("%s gives back a lock that it does not have", sim_self()->name);
  sim_note("unlocks", (uintptr_t)address, 0, 0, 0, NULL);
  sim_clock_join(&lock->clock, &sim_self()->clock);
  (void)sim_tick();
  lock->owner = -1;
  (void)sim_wake(SIM_ON_LOCK, address, SIM_THREADS);
}

int sim_mutex_lock(pthread_mutex_t *mutex) {
  if (sim->running)
    sim_lock_take(mutex);
  return 0;
}

int sim_mutex_unlock(pthread_mutex_t *mutex) {
  if (sim->running)
    sim_lock_give(mutex);
  return 0;
}

/* --- descriptors: events only --- */

static struct sim_descriptor *descriptor_of(int number) {
  const int index = number - FIRST_DESCRIPTOR;
  if (index < 0 || index >= (int)SIM_DESCRIPTORS || !sim->descriptors[index].open)
    sim_fail("there is no descriptor %d", number);
  return &sim->descriptors[index];
}

int sim_eventfd(unsigned count, int flags) {
  (void)flags;
  if (sim_refuses("is refused a descriptor")) {
    errno = EMFILE;
    return -1;
  }
  for (unsigned i = 0; i < SIM_DESCRIPTORS; i++)
    if (!sim->descriptors[i].open) {
      sim->descriptors[i] = (struct sim_descriptor){.open = true, .count = count};
      return FIRST_DESCRIPTOR + (int)i;
    }
  errno = EMFILE;
  return -1;
}

int sim_close(int number) {
  descriptor_of(number)->open = false;
  return 0;
}

ssize_t sim_write(int number, const void *buffer, size_t bytes) {
  uint64_t count;
  if (number < FIRST_DESCRIPTOR)
    sim_fail("the library writes: %.*s", (int)bytes, (const char *)buffer);
  sim_point();
  if (sim_refuses("is interrupted")) {
    errno = EINTR;
    return -1;
  }
  memcpy(&count, buffer, sizeof count);
  struct sim_descriptor *descriptor = descriptor_of(number);
  descriptor->count += count;
  sim_note("raises descriptor", 0, (uint64_t)number, 0, 0, SITE);
  (void)sim_wake(SIM_ON_DESCRIPTOR, sim, SIM_THREADS);
  return (ssize_t)bytes;
}

ssize_t sim_read(int number, void *buffer, size_t bytes) {
  sim_point();
  struct sim_descriptor *descriptor = descriptor_of(number);
  if (descriptor->count == 0) {
    errno = EAGAIN;
    return -1;
  }
  memcpy(buffer, &descriptor->count, sizeof descriptor->count);
  descriptor->count = 0;
  sim_note("clears descriptor", 0, (uint64_t)number, 0, 0, SITE);
  return (ssize_t)bytes;
}

/* Of all descriptors at once: a waiter looks again. */
static int count_readable(struct pollfd *list, nfds_t count) {
  int readable = 0;
  for (nfds_t i = 0; i < count; i++) {
    list[i].revents = list[i].fd >= 0 && descriptor_of(list[i].fd)->count != 0 ? POLLIN : 0;
    readable += list[i].revents != 0;
  }
  return readable;
}

int sim_poll(struct pollfd *list, nfds_t count, int timeout_ms) {
  const uint64_t until_ns =
      timeout_ms < 0 ? SIM_NEVER : sim->now_ns + (uint64_t)timeout_ms * 1000000u;
  sim_point();
  int readable = count_readable(list, count);
  while (readable == 0 && sim->now_ns < until_ns) {
    (void)sim_wait(SIM_ON_DESCRIPTOR, sim, until_ns);
    readable = count_readable(list, count);
  }
  return readable;
}

void sim_await(int number) {
  struct pollfd one = {.fd = number, .events = POLLIN};
  (void)sim_poll(&one, 1, -1);
}

/* --- the rest --- */

/* The library finds no file: neither limits of a cgroup nor tables of the CPUs. */
FILE *sim_fopen(const char *path, const char *mode) {
  (void)path;
  (void)mode;
  errno = ENOENT;
  return NULL;
}

int sim_sched_getaffinity(pid_t process, size_t bytes, cpu_set_t *set) {
  (void)process;
  CPU_ZERO_S(bytes, set);
  for (size_t cpu = 0; cpu < CPUS; cpu++)
    CPU_SET_S(cpu, bytes, set);
  return 0;
}

int sim_set_affinity(pthread_t thread, size_t bytes, const cpu_set_t *set) {
  (void)thread;
  (void)bytes;
  (void)set;
  return sim_refuses("is not bound") ? EPERM : 0;
}

int sim_getrusage(int who, struct rusage *out) {
  (void)who;
  memset(out, 0, sizeof *out);
  out->ru_nvcsw = (long)sim_self()->sleep_count;
  return 0;
}

int sim_atfork(void (*before)(void), void (*parent)(void), void (*child)(void)) {
  sim->fork_handlers.before = before;
  sim->fork_handlers.parent = parent;
  sim->fork_handlers.child = child;
  return 0;
}

int sim_set_name(pthread_t thread, const char *name) {
  (void)thread;
  (void)snprintf(sim_self()->name, sizeof sim_self()->name, "%s", name);
  return 0;
}

int sim_get_attributes(pthread_t thread, pthread_attr_t *attributes) {
  (void)thread;
  (void)attributes;
  return ENOSYS;
}

void sim_assert_failed(const char *condition, const char *file, unsigned line,
                       const char *function) {
  sim_fail_at(SITE, "%s:%u: %s: the assertion %s", file, line, function, condition);
}
