/*
 * system.c: what the library calls instead of the system. Each function counts, refuses if it is
 * its turn, or else does the same as the real one, and keeps the balance of what is taken.
 *
 * A refusal is like the system's: it leaves nothing behind, sets errno, and a stream's error is set
 * in the stream, too. What gives something back does so even when it says that it failed.
 */
#include "faults/system.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <hwloc.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>
#include <xxhash.h>

#include <synched/status.h>

/* --- what can be refused --- */

#define ONCE false
#define LASTS true
#define R(name, kind, number, status, lasts)                                                       \
  { FAULTS_##name, FAULTS_##kind, number, SYNCHED_##status, lasts, FAULTS_CALL_COUNT }
#define BOTH(name, kind, number, status, other)                                                    \
  { FAULTS_##name, FAULTS_##kind, number, SYNCHED_##status, ONCE, FAULTS_##other }

const struct faults_refusal faults_refusals[] = {
    R(calloc, HEAP, ENOMEM, ENOMEM, LASTS),
    R(aligned_alloc, HEAP, ENOMEM, ENOMEM, LASTS),
    R(program_allocate, HEAP, ENOMEM, ENOMEM, LASTS),
    R(program_allocate, HEAP, FAULTS_MISALIGNED, ENOMEM, ONCE),
    R(__sched_cpualloc, TOLERABLE, ENOMEM, OK, LASTS),
    R(mmap, MAPPING, ENOMEM, ENOMEM, LASTS),
    R(mmap, MAPPING, EAGAIN, ENOMEM, ONCE),
    R(munmap, TOLERABLE, ENOMEM, OK, ONCE),
    R(madvise, TOLERABLE, EINVAL, OK, LASTS),
    R(uv_thread_create_ex, THREAD, EAGAIN, EAGAIN, LASTS),
    R(uv_thread_create_ex, THREAD, ENOMEM, EAGAIN, ONCE),
    R(uv_thread_create_ex, THREAD, EPERM, EPERM, ONCE),
    R(uv_thread_create_ex, THREAD, EINVAL, EINVAL, LASTS),
    R(uv_thread_create_ex, THREAD, EIO, EIO, ONCE),
    BOTH(uv_thread_create_ex, THREAD, EAGAIN, EAGAIN, getrlimit),
    R(pthread_getattr_np, TOLERABLE, ENOMEM, OK, LASTS),
    R(pthread_setname_np, TOLERABLE, ERANGE, OK, LASTS),
    R(prctl, TOLERABLE, EINVAL, OK, LASTS),
    R(pthread_atfork, TOLERABLE, ENOMEM, OK, LASTS),
    R(sched_getscheduler, TOLERABLE, EPERM, OK, LASTS),
    R(getrlimit, TOLERABLE, EPERM, OK, LASTS),
    R(getrusage, TOLERABLE, EINVAL, OK, LASTS),
    R(uv_mutex_init, LOCK, ENOMEM, ENOMEM, LASTS),
    R(uv_mutex_init, LOCK, EAGAIN, ENOMEM, ONCE),
    R(syscall, TOLERABLE, EINTR, OK, ONCE),
    R(syscall, TOLERABLE, EAGAIN, OK, ONCE),
    R(nanosleep, TOLERABLE, EINTR, OK, ONCE),
    R(poll, TOLERABLE, EINTR, OK, ONCE),
    R(poll, TOLERABLE, ENOMEM, OK, ONCE),
    R(sched_getaffinity, TOLERABLE, EPERM, OK, LASTS),
    R(sched_getaffinity, TOLERABLE, EINVAL, OK, LASTS),
    BOTH(sched_getaffinity, NEED, EINVAL, ENOMEM, calloc),
    R(pthread_setaffinity_np, TOLERABLE, EPERM, OK, LASTS),
    R(pthread_setaffinity_np, TOLERABLE, EINVAL, OK, ONCE),
    R(pthread_setschedparam, TOLERABLE, EPERM, OK, LASTS),
    R(pthread_getschedparam, TOLERABLE, ESRCH, OK, LASTS),
    R(setpriority, TOLERABLE, EACCES, OK, LASTS),
    R(setpriority, TOLERABLE, ESRCH, OK, ONCE),
    R(eventfd, EVENT, EMFILE, EAGAIN, LASTS),
    R(eventfd, EVENT, ENFILE, EAGAIN, ONCE),
    R(eventfd, EVENT, ENOMEM, ENOMEM, ONCE),
    R(eventfd, EVENT, ENODEV, EIO, ONCE),
    R(eventfd, EVENT, EPERM, ENOTSUP, ONCE),
    R(eventfd, EVENT, ENOSYS, ENOTSUP, ONCE),
    BOTH(eventfd, EVENT, EMFILE, EAGAIN, getrlimit),
    R(read, TOLERABLE, EINTR, OK, ONCE),
    R(read, TOLERABLE, EAGAIN, OK, ONCE),
    R(write, TOLERABLE, EINTR, OK, ONCE),
    R(close, TOLERABLE, EINTR, OK, LASTS),
    R(close, TOLERABLE, EIO, OK, ONCE),
    R(uv_loop_init, LOOP, EMFILE, OK, LASTS),
    R(uv_loop_init, LOOP, ENOMEM, ENOMEM, ONCE),
    R(uv_poll_init, LOOP, ENOMEM, ENOMEM, LASTS),
    R(uv_poll_init, LOOP, EEXIST, EEXIST, ONCE),
    R(uv_poll_start, LOOP, ENOMEM, ENOMEM, LASTS),
    R(uv_timer_init, TOLERABLE, ENOMEM, OK, LASTS),
    R(uv_timer_start, TOLERABLE, EINVAL, OK, LASTS),
    R(hwloc_topology_init, TOPOLOGY, ENOMEM, ENOMEM, LASTS),
    R(hwloc_topology_init, TOPOLOGY, EINVAL, EIO, ONCE),
    R(hwloc_topology_load, TOPOLOGY, ENOMEM, ENOMEM, LASTS),
    R(hwloc_topology_load, TOPOLOGY, EINVAL, EIO, ONCE),
    R(hwloc_topology_set_components, TOPOLOGY, ENOMEM, ENOMEM, LASTS),
    R(hwloc_topology_set_components, TOLERABLE, EINVAL, OK, ONCE),
    R(hwloc_topology_set_flags, TOPOLOGY, EBUSY, EIO, LASTS),
    R(hwloc_topology_set_flags, TOLERABLE, EINVAL, OK, ONCE),
    R(hwloc_topology_set_io_types_filter, TOPOLOGY, EBUSY, EIO, LASTS),
    R(hwloc_topology_set_io_types_filter, TOLERABLE, EINVAL, OK, ONCE),
    R(hwloc_topology_set_icache_types_filter, TOPOLOGY, EBUSY, EIO, LASTS),
    R(hwloc_topology_set_icache_types_filter, TOLERABLE, ENOSYS, OK, ONCE),
    R(hwloc_topology_set_type_filter, TOPOLOGY, EBUSY, EIO, LASTS),
    R(hwloc_topology_set_type_filter, TOLERABLE, EINVAL, OK, ONCE),
    R(fopen, TABLES, EMFILE, OK, LASTS),
    R(fopen, TABLES, ENOENT, OK, LASTS),
    R(fopen, TABLES, ENOTDIR, OK, ONCE),
    R(fgets, TABLES, EIO, OK, LASTS),
    R(getc, TABLES, EIO, OK, LASTS),
    R(open, FILE, EMFILE, OK, LASTS),
    R(open, FILE, EACCES, OK, LASTS),
    R(open, FILE, ENOSPC, OK, ONCE),
    R(fdopen, FILE, ENOMEM, ENOMEM, ONCE),
    R(fcntl, FILE, EMFILE, OK, LASTS),
    R(set_flags, TOLERABLE, EPERM, OK, LASTS),
    R(stat, FILE, EACCES, OK, LASTS),
    R(lstat, FILE, EACCES, OK, LASTS),
    R(lstat, FILE, ENOENT, OK, ONCE),
    R(realpath, FILE, ENOMEM, ENOMEM, ONCE),
    R(realpath, FILE, EACCES, OK, LASTS),
    R(link, FILE, EPERM, EPERM, LASTS),
    R(link, FILE, ENOSPC, OK, ONCE),
    R(link, FILE, EEXIST, EBUSY, ONCE),
    R(unlink, NEED, EACCES, OK, LASTS),
    R(unlink, NEED, ENOENT, OK, ONCE),
    R(rename, FILE, EACCES, OK, LASTS),
    R(rename, FILE, ENOSPC, OK, ONCE),
    R(chmod, FILE, EPERM, EPERM, LASTS),
    BOTH(chmod, FILE, EPERM, EPERM, fchmod),
    R(fchmod, TOLERABLE, EPERM, OK, LASTS),
    R(flock, TOLERABLE, EINTR, OK, ONCE),
    R(flock, FILE, EWOULDBLOCK, EBUSY, LASTS),
    R(flock, TOLERABLE, ENOLCK, OK, LASTS),
    R(XXH3_createState, HEAP, ENOMEM, ENOMEM, LASTS),
    R(openat, FILE, EMFILE, OK, LASTS),
    R(openat, FILE, EACCES, OK, ONCE),
    R(openat, NEED, ENOENT, OK, LASTS),
    R(openat, TOLERABLE, EINTR, OK, ONCE),
    R(open_parent, TOLERABLE, EACCES, OK, LASTS),
    R(mkdirat, FILE, ENOSPC, OK, LASTS),
    R(mkdirat, NEED, EEXIST, OK, ONCE),
    R(fstat, FILE, EIO, EIO, LASTS),
    R(lseek, FILE, EOVERFLOW, OK, LASTS),
    R(lseek, FILE, FAULTS_NOTHING, EIO, ONCE),
    R(ftruncate, FILE, ENOSPC, OK, LASTS),
    R(ftruncate, TOLERABLE, EINTR, OK, ONCE),
    R(fsync, FILE, EIO, EIO, LASTS),
    R(fsync, TOLERABLE, EINTR, OK, ONCE),
    R(sync_folder, FILE, ENOSPC, OK, LASTS),
    R(sync_folder, TOLERABLE, EINVAL, OK, LASTS),
    R(sync_parent, TOLERABLE, EIO, OK, LASTS),
    R(renameat, FILE, EACCES, OK, LASTS),
    R(unlinkat, FILE, EACCES, OK, LASTS),
    R(unlinkat, NEED, ENOENT, OK, ONCE),
    R(fdopendir, FILE, ENOMEM, ENOMEM, LASTS),
    R(readdir, FILE, EIO, EIO, LASTS),
    R(read_file, FILE, EIO, EIO, LASTS),
    R(read_file, FILE, FAULTS_NOTHING, EIO, ONCE),
    R(read_file, TOLERABLE, FAULTS_SHORT, OK, LASTS),
    R(read_file, TOLERABLE, EINTR, OK, ONCE),
    R(write_file, FILE, ENOSPC, OK, LASTS),
    R(write_file, FILE, FAULTS_NOTHING, EIO, ONCE),
    R(write_file, TOLERABLE, FAULTS_SHORT, OK, LASTS),
    R(write_file, TOLERABLE, EINTR, OK, ONCE),
    R(close_file, FILE, EIO, EIO, LASTS),
    R(close_file, TOLERABLE, EINTR, OK, LASTS),
    R(lock_file, FILE, ENOLCK, OK, ONCE),
    R(lock_file, FILE, EWOULDBLOCK, EBUSY, LASTS),
    R(lock_file, TOLERABLE, EINTR, OK, ONCE),
    R(isatty, TOLERABLE, ENOTTY, OK, LASTS),
    R(ioctl, TOLERABLE, ENOTTY, OK, LASTS),
    R(fwrite, FILE, ENOSPC, EIO, ONCE),
    BOTH(fwrite, FILE, ENOSPC, EIO, fclose),
    R(fputs, FILE, ENOSPC, EIO, ONCE),
    R(fputc, FILE, ENOSPC, EIO, ONCE),
    R(putc, FILE, ENOSPC, EIO, ONCE),
    R(fprintf, FILE, ENOSPC, EIO, ONCE),
    R(fflush, FILE, ENOSPC, EIO, LASTS),
    R(fclose, FILE, ENOSPC, OK, LASTS),
    R(socket, SOCKET, EMFILE, EAGAIN, LASTS),
    R(socket, SOCKET, ENFILE, EAGAIN, ONCE),
    R(socket, SOCKET, ENOMEM, ENOMEM, ONCE),
    R(socket, SOCKET, EACCES, OK, ONCE),
    R(bind, SOCKET, EACCES, OK, LASTS),
    R(bind, SOCKET, ENOMEM, ENOMEM, ONCE),
    R(bind, SOCKET, ENOBUFS, EAGAIN, ONCE),
    R(bind, SOCKET, EADDRINUSE, OK, ONCE),
    R(listen, SOCKET, EADDRINUSE, OK, LASTS),
    R(connect, SOCKET, ECONNREFUSED, OK, ONCE),
    R(connect, SOCKET, EACCES, OK, ONCE),
    R(connect, SOCKET, EAGAIN, EBUSY, ONCE),
    R(getsockopt, TOLERABLE, ENOTCONN, OK, ONCE),
    R(getsockopt, TOLERABLE, FAULTS_STRANGER, OK, ONCE),
    R(accept4, TOLERABLE, EINTR, OK, ONCE),
    R(accept4, TOLERABLE, ECONNABORTED, OK, ONCE),
    R(accept4, TOLERABLE, EMFILE, OK, ONCE),
    R(send, TOLERABLE, FAULTS_SHORT, OK, LASTS),
    R(send, TOLERABLE, EINTR, OK, ONCE),
    R(send, TOLERABLE, EAGAIN, OK, ONCE),
    R(send, TOLERABLE, ENOBUFS, OK, ONCE),
    R(send, TOLERABLE, EPIPE, OK, ONCE),
    R(recv, TOLERABLE, EINTR, OK, ONCE),
    R(recv, TOLERABLE, EAGAIN, OK, ONCE),
    R(recv, TOLERABLE, ECONNRESET, OK, ONCE),
    R(uname, TOLERABLE, EFAULT, OK, LASTS),
    R(sigpending, TOLERABLE, EFAULT, OK, LASTS),
};
const size_t faults_refusal_count = sizeof faults_refusals / sizeof *faults_refusals;

const char *faults_call_name(enum faults_call call) {
  static const char *const names[FAULTS_CALL_COUNT] = {
#define FAULTS_NAME(name) [FAULTS_##name] = #name,
      FAULTS_CALLS(FAULTS_NAME)
#undef FAULTS_NAME
          [FAULTS_set_flags] = "fcntl(F_SETFL)",
      [FAULTS_read_file] = "read of a file",
      [FAULTS_write_file] = "write to a file",
      [FAULTS_close_file] = "close of a file",
      [FAULTS_lock_file] = "flock of a file",
      [FAULTS_open_parent] = "openat(..)",
      [FAULTS_sync_parent] = "fsync of ..",
      [FAULTS_sync_folder] = "fsync of a folder",
      [FAULTS_program_allocate] = "the program's allocator"};
  return names[call];
}

/* --- counting, refusing --- */

static _Atomic unsigned counts[FAULTS_CALL_COUNT];
static _Atomic bool counting;
static _Atomic int armed_call = -1;
static _Atomic int armed_besides = FAULTS_CALL_COUNT;
static _Atomic int armed_number;
static _Atomic unsigned armed_nth;
static _Atomic bool armed_ever_after;
static const struct faults_refusal *armed; /* the tests' own thread's */
static _Atomic unsigned refused_count;

void faults_arm(const struct faults_refusal *refusal, unsigned nth, bool ever_after) {
  for (unsigned i = 0; i < FAULTS_CALL_COUNT; i++)
    counts[i] = 0;
  refused_count = 0;
  armed = refusal;
  armed_nth = nth;
  armed_ever_after = ever_after;
  armed_besides = refusal == NULL ? FAULTS_CALL_COUNT : (int)refusal->besides;
  armed_number = refusal == NULL ? 0 : refusal->number;
  armed_call = refusal == NULL ? -1 : (int)refusal->call;
  counting = true;
}

unsigned faults_disarm(void) {
  counting = false;
  armed_call = -1;
  armed_besides = FAULTS_CALL_COUNT;
  armed = NULL;
  return refused_count;
}

const struct faults_refusal *faults_armed(void) {
  return armed;
}

bool faults_lasts(void) {
  return armed != NULL && armed_ever_after;
}

unsigned faults_calls_of(enum faults_call call) {
  return counts[call];
}

int faults_refused(enum faults_call call) {
  if (!counting)
    return 0;
  const unsigned nth = 1 + atomic_fetch_add(&counts[call], 1);
  /* A stream's end fails once the stream has; and memory is wanted for other things before. */
  const bool comes_after = call == FAULTS_fclose || call == FAULTS_calloc;
  if (armed_besides == (int)call && (!comes_after || refused_count != 0))
    return EPERM;
  if (armed_call != (int)call || nth < armed_nth || (nth > armed_nth && !armed_ever_after))
    return 0;
  (void)atomic_fetch_add(&refused_count, 1);
  return armed_number;
}

/* Whether it is refused; then errno says why. */
static bool fails(enum faults_call call) {
  const int number = faults_refused(call);
  if (number > 0)
    errno = number;
  return number != 0;
}

/* --- the balance --- */

static struct {
  _Atomic int64_t blocks, mapped_bytes, threads, locks, descriptors, streams, handles, loops,
      topologies;
} taken;

#define TAKE(what) ((void)atomic_fetch_add(&taken.what, 1))
#define GIVE(what) ((void)atomic_fetch_sub(&taken.what, 1))

static int64_t count_descriptors(void) {
  DIR *folder = opendir("/proc/self/fd");
  int64_t count = 0;
  if (folder == NULL)
    return 0;
  while (readdir(folder) != NULL)
    count++;
  (void)closedir(folder);
  return count;
}

struct faults_taken faults_taken(void) {
  return (struct faults_taken){.blocks = taken.blocks,
                               .mapped_bytes = taken.mapped_bytes,
                               .threads = taken.threads,
                               .locks = taken.locks,
                               .descriptors = taken.descriptors,
                               .streams = taken.streams,
                               .handles = taken.handles,
                               .loops = taken.loops,
                               .topologies = taken.topologies,
                               .entries = count_descriptors()};
}

/* --- the calls --- */

/* The library knows them by another name. */
#define CALL(type, name, ...)                                                                      \
  type faults_##name(__VA_ARGS__);                                                                 \
  type faults_##name(__VA_ARGS__)

/* One that returns -1 and has nothing to take; `real` is the call itself. */
#define PLAIN(name, parameters, real)                                                              \
  int faults_##name parameters;                                                                    \
  int faults_##name parameters {                                                                   \
    return fails(FAULTS_##name) ? -1 : real;                                                       \
  }

/* One that returns an errno. */
#define NUMBERED(name, parameters, real)                                                           \
  int faults_##name parameters;                                                                    \
  int faults_##name parameters {                                                                   \
    const int number = faults_refused(FAULTS_##name);                                              \
    return number != 0 ? number : real;                                                            \
  }

/* libuv's: minus an errno. */
#define NEGATED(name, parameters, real)                                                            \
  int faults_##name parameters;                                                                    \
  int faults_##name parameters {                                                                   \
    const int number = faults_refused(FAULTS_##name);                                              \
    return number != 0 ? -number : real;                                                           \
  }

/* Takes one of `what` if it succeeded. */
static int taking(int status, _Atomic int64_t *what) {
  if (status >= 0)
    (void)atomic_fetch_add(what, 1);
  return status;
}

static void *taking_block(void *block) {
  if (block != NULL)
    TAKE(blocks);
  return block;
}

static FILE *taking_stream(FILE *file) {
  if (file != NULL)
    TAKE(streams);
  return file;
}

CALL(void *, calloc, size_t count, size_t size) {
  return fails(FAULTS_calloc) ? NULL : taking_block(calloc(count, size));
}

CALL(void *, aligned_alloc, size_t alignment, size_t size) {
  return fails(FAULTS_aligned_alloc) ? NULL : taking_block(aligned_alloc(alignment, size));
}

CALL(void, free, void *block) {
  if (block != NULL)
    GIVE(blocks);
  free(block);
}

CALL(char *, realpath, const char *path, char *resolved) {
  return fails(FAULTS_realpath) ? NULL : taking_block(realpath(path, resolved));
}

CALL(cpu_set_t *, __sched_cpualloc, size_t count) {
  return fails(FAULTS___sched_cpualloc) ? NULL : taking_block(__sched_cpualloc(count));
}

CALL(void, __sched_cpufree, cpu_set_t *set) {
  GIVE(blocks);
  __sched_cpufree(set);
}

CALL(void *, mmap, void *at, size_t bytes, int protection, int flags, int descriptor,
     off_t offset) {
  void *block =
      fails(FAULTS_mmap) ? MAP_FAILED : mmap(at, bytes, protection, flags, descriptor, offset);
  if (block != MAP_FAILED)
    (void)atomic_fetch_add(&taken.mapped_bytes, (int64_t)((bytes + 4095) / 4096 * 4096));
  return block;
}

CALL(int, munmap, void *block, size_t bytes) {
  const bool refused = fails(FAULTS_munmap);
  (void)atomic_fetch_sub(&taken.mapped_bytes, (int64_t)((bytes + 4095) / 4096 * 4096));
  const int status = munmap(block, bytes);
  if (refused)
    errno = ENOMEM;
  return refused ? -1 : status;
}

PLAIN(madvise, (void *block, size_t bytes, int advice), madvise(block, bytes, advice))

CALL(int, uv_thread_create_ex, uv_thread_t *thread, const uv_thread_options_t *options,
     uv_thread_cb run, void *argument) {
  const int number = faults_refused(FAULTS_uv_thread_create_ex);
  return number != 0 ? -number
                     : taking(uv_thread_create_ex(thread, options, run, argument), &taken.threads);
}

CALL(int, uv_thread_join, uv_thread_t *thread) {
  GIVE(threads);
  return uv_thread_join(thread);
}

NUMBERED(pthread_getattr_np, (pthread_t thread, pthread_attr_t *attributes),
         taking(pthread_getattr_np(thread, attributes), &taken.locks))

CALL(int, pthread_attr_destroy, pthread_attr_t *attributes) {
  GIVE(locks);
  return pthread_attr_destroy(attributes);
}

NUMBERED(pthread_setname_np, (pthread_t thread, const char *name), pthread_setname_np(thread, name))

CALL(int, prctl, int option, ...) {
  va_list arguments;
  va_start(arguments, option);
  const unsigned long value = va_arg(arguments, unsigned long);
  va_end(arguments);
  return fails(FAULTS_prctl) ? -1 : prctl(option, value, 0ul, 0ul, 0ul);
}

NUMBERED(pthread_atfork, (void (*before)(void), void (*parent)(void), void (*child)(void)),
         pthread_atfork(before, parent, child))
PLAIN(sched_getscheduler, (pid_t process), sched_getscheduler(process))
PLAIN(getrlimit, (__rlimit_resource_t resource, struct rlimit *limit), getrlimit(resource, limit))
PLAIN(getrusage, (__rusage_who_t who, struct rusage *usage), getrusage(who, usage))

NEGATED(uv_mutex_init, (uv_mutex_t * mutex), taking(uv_mutex_init(mutex), &taken.locks))

CALL(void, uv_mutex_destroy, uv_mutex_t *mutex) {
  GIVE(locks);
  uv_mutex_destroy(mutex);
}

/* Of these only a futex's wait can fail. */
CALL(long, syscall, long number, ...) {
  long argument[6];
  va_list arguments;
  va_start(arguments, number);
  for (unsigned i = 0; i < 6; i++)
    argument[i] = va_arg(arguments, long);
  va_end(arguments);
  if (number == SYS_futex && ((int)argument[1] & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET &&
      fails(FAULTS_syscall))
    return -1;
  return syscall(number, argument[0], argument[1], argument[2], argument[3], argument[4],
                 argument[5]);
}

PLAIN(nanosleep, (const struct timespec *span, struct timespec *left), nanosleep(span, left))
PLAIN(poll, (struct pollfd * polled, nfds_t count, int ms), poll(polled, count, ms))

PLAIN(sched_getaffinity, (pid_t process, size_t bytes, cpu_set_t *set),
      sched_getaffinity(process, bytes, set))
NUMBERED(pthread_setaffinity_np, (pthread_t thread, size_t bytes, const cpu_set_t *set),
         pthread_setaffinity_np(thread, bytes, set))
NUMBERED(pthread_setschedparam, (pthread_t thread, int policy, const struct sched_param *param),
         pthread_setschedparam(thread, policy, param))
NUMBERED(pthread_getschedparam, (pthread_t thread, int *policy, struct sched_param *param),
         pthread_getschedparam(thread, policy, param))
PLAIN(setpriority, (__priority_which_t which, id_t who, int value), setpriority(which, who, value))

PLAIN(eventfd, (unsigned value, int flags), taking(eventfd(value, flags), &taken.descriptors))

/* Of what is no file, or no folder: what is refused of it is another thing. */
static mode_t kind_of(int descriptor) {
  struct stat about;
  return fstat(descriptor, &about) == 0 ? about.st_mode & S_IFMT : 0;
}

/* What is left of `count` bytes, after the refusal of that number; -1: errno says why not. */
static ssize_t refuse_bytes(int number, size_t count) {
  if (number > 0)
    errno = number;
  return number > 0                 ? -1
         : number == FAULTS_NOTHING ? 0
         : number == FAULTS_SHORT   ? (ssize_t)(count > 1 ? 1 : count)
                                    : (ssize_t)count;
}

CALL(ssize_t, read, int descriptor, void *bytes, size_t count) {
  const bool is_file = kind_of(descriptor) == S_IFREG;
  const int number = faults_refused(is_file ? FAULTS_read_file : FAULTS_read);
  const ssize_t left = refuse_bytes(number, count);
  return left <= 0 ? left : read(descriptor, bytes, (size_t)left);
}

CALL(ssize_t, write, int descriptor, const void *bytes, size_t count) {
  const bool is_file = kind_of(descriptor) == S_IFREG;
  const int number = faults_refused(is_file ? FAULTS_write_file : FAULTS_write);
  const ssize_t left = refuse_bytes(number, count);
  return left <= 0 ? left : write(descriptor, bytes, (size_t)left);
}

CALL(int, close, int descriptor) {
  const bool is_written =
      kind_of(descriptor) == S_IFREG && (fcntl(descriptor, F_GETFL) & O_ACCMODE) == O_WRONLY;
  const int number = faults_refused(is_written ? FAULTS_close_file : FAULTS_close);
  GIVE(descriptors);
  const int status = close(descriptor);
  if (number != 0)
    errno = number;
  return number != 0 ? -1 : status;
}

NEGATED(uv_loop_init, (uv_loop_t * loop), taking(uv_loop_init(loop), &taken.loops))

CALL(int, uv_loop_close, uv_loop_t *loop) {
  const int status = uv_loop_close(loop);
  if (status == 0)
    GIVE(loops);
  return status;
}

NEGATED(uv_poll_init, (uv_loop_t * loop, uv_poll_t *handle, int descriptor),
        taking(uv_poll_init(loop, handle, descriptor), &taken.handles))
NEGATED(uv_poll_start, (uv_poll_t * handle, int events, uv_poll_cb call),
        uv_poll_start(handle, events, call))
NEGATED(uv_timer_init, (uv_loop_t * loop, uv_timer_t *handle),
        taking(uv_timer_init(loop, handle), &taken.handles))
NEGATED(uv_timer_start, (uv_timer_t * handle, uv_timer_cb call, uint64_t ms, uint64_t repeat),
        uv_timer_start(handle, call, ms, repeat))

CALL(void, uv_close, uv_handle_t *handle, uv_close_cb call) {
  GIVE(handles);
  uv_close(handle, call);
}

PLAIN(hwloc_topology_init, (hwloc_topology_t * tree),
      taking(hwloc_topology_init(tree), &taken.topologies))

CALL(void, hwloc_topology_destroy, hwloc_topology_t tree) {
  GIVE(topologies);
  hwloc_topology_destroy(tree);
}

PLAIN(hwloc_topology_load, (hwloc_topology_t tree), hwloc_topology_load(tree))
PLAIN(hwloc_topology_set_components,
      (hwloc_topology_t tree, unsigned long flags, const char *restrict name),
      hwloc_topology_set_components(tree, flags, name))
PLAIN(hwloc_topology_set_flags, (hwloc_topology_t tree, unsigned long flags),
      hwloc_topology_set_flags(tree, flags))
PLAIN(hwloc_topology_set_io_types_filter, (hwloc_topology_t tree, enum hwloc_type_filter_e filter),
      hwloc_topology_set_io_types_filter(tree, filter))
PLAIN(hwloc_topology_set_icache_types_filter,
      (hwloc_topology_t tree, enum hwloc_type_filter_e filter),
      hwloc_topology_set_icache_types_filter(tree, filter))
PLAIN(hwloc_topology_set_type_filter,
      (hwloc_topology_t tree, hwloc_obj_type_t type, enum hwloc_type_filter_e filter),
      hwloc_topology_set_type_filter(tree, type, filter))

/* --- files --- */

CALL(FILE *, fopen, const char *path, const char *mode) {
  return fails(FAULTS_fopen) ? NULL : taking_stream(fopen(path, mode));
}

CALL(FILE *, fdopen, int descriptor, const char *mode) {
  FILE *file = fails(FAULTS_fdopen) ? NULL : taking_stream(fdopen(descriptor, mode));
  if (file != NULL)
    GIVE(descriptors);
  return file;
}

/* Only what is written can be refused at its end. */
CALL(int, fclose, FILE *file) {
  const bool is_written = (fcntl(fileno(file), F_GETFL) & O_ACCMODE) != O_RDONLY;
  const bool refused = is_written && fails(FAULTS_fclose);
  const int number = errno;
  GIVE(streams);
  const int status = fclose(file);
  if (refused)
    errno = number;
  return refused ? EOF : status;
}

CALL(int, open, const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return fails(FAULTS_open) ? -1 : taking(open(path, flags, mode), &taken.descriptors);
}

CALL(int, fcntl, int descriptor, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  const int value = va_arg(arguments, int);
  va_end(arguments);
  if (fails(command == F_DUPFD_CLOEXEC ? FAULTS_fcntl : FAULTS_set_flags))
    return -1;
  const int status = fcntl(descriptor, command, value);
  return command == F_DUPFD_CLOEXEC ? taking(status, &taken.descriptors) : status;
}

PLAIN(stat, (const char *restrict path, struct stat *restrict out), stat(path, out))
PLAIN(lstat, (const char *restrict path, struct stat *restrict out), lstat(path, out))
PLAIN(link, (const char *from, const char *to), link(from, to))

/* It does remove what is there: a name that cannot be removed stays, and nobody could help it. */
CALL(int, unlink, const char *path) {
  const bool refused = fails(FAULTS_unlink);
  const int number = errno;
  const int status = unlink(path);
  if (refused)
    errno = number;
  return refused ? -1 : status;
}

PLAIN(rename, (const char *from, const char *to), rename(from, to))
PLAIN(chmod, (const char *path, mode_t mode), chmod(path, mode))
PLAIN(fchmod, (int descriptor, mode_t mode), fchmod(descriptor, mode))

CALL(int, flock, int descriptor, int operation) {
  const bool is_file = kind_of(descriptor) == S_IFREG;
  return fails(is_file ? FAULTS_lock_file : FAULTS_flock) ? -1 : flock(descriptor, operation);
}

/* --- files of a folder --- */

/* The last one that was opened. */
static _Atomic int parent = -1;

CALL(int, openat, int folder, const char *name, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  const bool is_parent = strcmp(name, "..") == 0;
  if (fails(is_parent ? FAULTS_open_parent : FAULTS_openat))
    return -1;
  const int opened = taking(openat(folder, name, flags, mode), &taken.descriptors);
  if (is_parent)
    parent = opened;
  else if (opened == parent)
    parent = -1;
  return opened;
}

PLAIN(mkdirat, (int folder, const char *name, mode_t mode), mkdirat(folder, name, mode))
PLAIN(fstat, (int descriptor, struct stat *out), fstat(descriptor, out))
PLAIN(ftruncate, (int descriptor, off_t bytes), ftruncate(descriptor, bytes))
PLAIN(renameat, (int from_folder, const char *from, int to_folder, const char *to),
      renameat(from_folder, from, to_folder, to))

/* It is elsewhere then, and errno is as it was. */
CALL(off_t, lseek, int descriptor, off_t offset, int whence) {
  const int number = faults_refused(FAULTS_lseek);
  errno = number > 0 ? number : 0;
  return number > 0 ? -1 : lseek(descriptor, number == FAULTS_NOTHING ? 0 : offset, whence);
}

/* No machine stops here: tests/crashes has what is on the disk then, and this is quicker. */
CALL(int, fsync, int descriptor) {
  const enum faults_call call = descriptor == parent             ? FAULTS_sync_parent
                                : kind_of(descriptor) == S_IFDIR ? FAULTS_sync_folder
                                                                 : FAULTS_fsync;
  return fails(call) ? -1 : 0;
}

/* What is not there any more, somebody else has removed. */
CALL(int, unlinkat, int folder, const char *name, int flags) {
  const int number = faults_refused(FAULTS_unlinkat);
  const int status = number == 0 || number == ENOENT ? unlinkat(folder, name, flags) : -1;
  if (number != 0)
    errno = number;
  return number != 0 ? -1 : status;
}

CALL(DIR *, fdopendir, int descriptor) {
  DIR *entries = fails(FAULTS_fdopendir) ? NULL : fdopendir(descriptor);
  if (entries != NULL) {
    GIVE(descriptors);
    TAKE(streams);
  }
  return entries;
}

CALL(struct dirent *, readdir, DIR *entries) {
  return fails(FAULTS_readdir) ? NULL : readdir(entries);
}

CALL(int, closedir, DIR *entries) {
  GIVE(streams);
  return closedir(entries);
}

CALL(XXH3_state_t *, XXH3_createState, void) {
  return fails(FAULTS_XXH3_createState) ? NULL : taking_block(XXH3_createState());
}

CALL(XXH_errorcode, XXH3_freeState, XXH3_state_t *state) {
  if (state != NULL)
    GIVE(blocks);
  return XXH3_freeState(state);
}

/* --- terminals, and streams --- */

CALL(int, isatty, int descriptor) {
  return fails(FAULTS_isatty) ? 0 : isatty(descriptor);
}

CALL(int, ioctl, int descriptor, unsigned long request, ...) {
  va_list arguments;
  va_start(arguments, request);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  return fails(FAULTS_ioctl) ? -1 : ioctl(descriptor, request, argument);
}

CALL(char *, fgets, char *bytes, int room, FILE *file) {
  return fails(FAULTS_fgets) ? NULL : fgets(bytes, room, file);
}

CALL(int, getc, FILE *file) {
  return fails(FAULTS_getc) ? EOF : getc(file);
}

/* Whether writing is refused; then the stream has an error: reading from one that is only written
 * gives it one. */
static bool stream_fails(enum faults_call call, FILE *file) {
  const int number = faults_refused(call);
  if (number == 0)
    return false;
  (void)fgetc(file);
  errno = number;
  return true;
}

CALL(size_t, fwrite, const void *bytes, size_t size, size_t count, FILE *file) {
  return stream_fails(FAULTS_fwrite, file) ? 0 : fwrite(bytes, size, count, file);
}

CALL(int, fputs, const char *text, FILE *file) {
  return stream_fails(FAULTS_fputs, file) ? EOF : fputs(text, file);
}

CALL(int, fputc, int byte, FILE *file) {
  return stream_fails(FAULTS_fputc, file) ? EOF : fputc(byte, file);
}

CALL(int, putc, int byte, FILE *file) {
  return stream_fails(FAULTS_putc, file) ? EOF : putc(byte, file);
}

__attribute__((__format__(__printf__, 2, 3)))
CALL(int, fprintf, FILE *file, const char *format, ...) {
  if (stream_fails(FAULTS_fprintf, file))
    return -1;
  va_list arguments;
  va_start(arguments, format);
  const int length = vfprintf(file, format, arguments);
  va_end(arguments);
  return length;
}

CALL(int, fflush, FILE *file) {
  return stream_fails(FAULTS_fflush, file) ? EOF : fflush(file);
}

/* --- sockets --- */

PLAIN(socket, (int domain, int type, int protocol),
      taking(socket(domain, type, protocol), &taken.descriptors))
PLAIN(bind, (int descriptor, const struct sockaddr *address, socklen_t bytes),
      bind(descriptor, address, bytes))
PLAIN(listen, (int descriptor, int backlog), listen(descriptor, backlog))
PLAIN(connect, (int descriptor, const struct sockaddr *address, socklen_t bytes),
      connect(descriptor, address, bytes))
PLAIN(accept4,
      (int descriptor, struct sockaddr *restrict address, socklen_t *restrict bytes, int flags),
      taking(accept4(descriptor, address, bytes, flags), &taken.descriptors))
CALL(int, getsockopt, int descriptor, int level, int name, void *restrict value,
     socklen_t *restrict bytes) {
  const int number = faults_refused(FAULTS_getsockopt);
  struct ucred *peer = value;
  if (number > 0) {
    errno = number;
    return -1;
  }
  const int status = getsockopt(descriptor, level, name, value, bytes);
  if (number == FAULTS_STRANGER)
    peer->uid = geteuid() + 1;
  return status;
}

CALL(ssize_t, send, int descriptor, const void *bytes, size_t count, int flags) {
  const int number = faults_refused(FAULTS_send);
  if (number > 0) {
    errno = number;
    return -1;
  }
  return send(descriptor, bytes, number == FAULTS_SHORT && count > 1 ? 1 : count, flags);
}

CALL(ssize_t, recv, int descriptor, void *bytes, size_t count, int flags) {
  return fails(FAULTS_recv) ? -1 : recv(descriptor, bytes, count, flags);
}

/* --- the rest --- */

PLAIN(uname, (struct utsname * names), uname(names))

PLAIN(sigpending, (sigset_t * set), sigpending(set))

CALL(int, sigtimedwait, const sigset_t *set, siginfo_t *info, const struct timespec *span) {
  return sigtimedwait(set, info, span);
}
