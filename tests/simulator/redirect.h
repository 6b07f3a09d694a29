/*
 * redirect.h: included before everything in each file of the library that is compiled for the
 * simulator: what it asks of the system, it asks the simulator. The sources are those of the
 * library, as they are.
 */
#ifndef SIMULATOR_REDIRECT_H
#define SIMULATOR_REDIRECT_H

#include <assert.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

long sim_syscall(long number, ...);
int sim_clock_gettime(clockid_t clock, struct timespec *out);
int sim_nanosleep(const struct timespec *span, struct timespec *left);
int sim_sched_yield(void);
int sim_sched_getaffinity(pid_t process, size_t bytes, cpu_set_t *set);
int sim_set_affinity(pthread_t thread, size_t bytes, const cpu_set_t *set);
int sim_getrusage(int who, struct rusage *out);
int sim_eventfd(unsigned count, int flags);
ssize_t sim_read(int descriptor, void *buffer, size_t bytes);
ssize_t sim_write(int descriptor, const void *buffer, size_t bytes);
int sim_close(int descriptor);
int sim_poll(struct pollfd *list, nfds_t count, int timeout_ms);
FILE *sim_fopen(const char *path, const char *mode);
void *sim_mmap(void *address, size_t bytes, int protection, int flags, int file, off_t offset);
int sim_munmap(void *address, size_t bytes);
void *sim_calloc(size_t count, size_t bytes);
void *sim_aligned_alloc(size_t alignment, size_t bytes);
void sim_free(void *block);
void *sim_memcpy(void *to, const void *from, size_t bytes);
void *sim_memmove(void *to, const void *from, size_t bytes);
void *sim_memset(void *to, int value, size_t bytes);
int sim_vsnprintf(char *to, size_t room, const char *format, va_list arguments);
int sim_mutex_lock(pthread_mutex_t *mutex);
int sim_mutex_unlock(pthread_mutex_t *mutex);
int sim_atfork(void (*before)(void), void (*parent)(void), void (*child)(void));
int sim_set_name(pthread_t thread, const char *name);
int sim_get_attributes(pthread_t thread, pthread_attr_t *attributes);
_Noreturn void sim_assert_failed(const char *condition, const char *file, unsigned line,
                                 const char *function);
void sim_pause(void);

#define syscall sim_syscall
#define clock_gettime sim_clock_gettime
#define nanosleep sim_nanosleep
#define sched_yield sim_sched_yield
#define sched_getaffinity sim_sched_getaffinity
#define pthread_setaffinity_np sim_set_affinity
#define getrusage(who, out) sim_getrusage(who, out)
#define eventfd(count, flags) sim_eventfd(count, flags)
#define read(descriptor, buffer, bytes) sim_read(descriptor, buffer, bytes)
#define write(descriptor, buffer, bytes) sim_write(descriptor, buffer, bytes)
#define close sim_close /* also of members, wherever they are */
#define poll(list, count, timeout_ms) sim_poll(list, count, timeout_ms)
#define fopen sim_fopen
#define mmap sim_mmap
#define munmap sim_munmap
#define madvise(address, bytes, advice) 0
#define calloc sim_calloc
#define aligned_alloc sim_aligned_alloc
#define free sim_free
#undef memcpy
#undef memmove
#undef memset
#define memcpy sim_memcpy
#define memmove sim_memmove
#define memset sim_memset
#define vsnprintf sim_vsnprintf
#define getenv(name) ((void)(name), NULL)
#define secure_getenv(name) ((void)(name), NULL)
#define pthread_mutex_lock sim_mutex_lock
#define pthread_mutex_unlock sim_mutex_unlock
#define pthread_once(once, function) ((void)(once), (function)(), 0)
#define pthread_atfork sim_atfork
#define pthread_sigmask(how, set, before) ((void)(before), 0)
#define pthread_setname_np sim_set_name
#define pthread_getattr_np sim_get_attributes
#define pthread_getschedparam(thread, policy, out) (*(policy) = SCHED_OTHER, (void)(out), 0)
#define setpriority(which, who, nice) ((void)(which), (void)(who), (void)(nice), 0)
#define prctl(...) 0
#define __assert_fail sim_assert_failed
#define __builtin_ia32_pause sim_pause

#endif
