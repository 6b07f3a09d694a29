/*
 * calls.h: the functions of the system, of libuv, hwloc and xxHash that the library calls and that
 * can refuse, or that take or give back what could leak. In the library that these tests link each
 * of them has another name, faults_NAME, which system.c has; CMakeLists.txt reads the names here.
 */
#ifndef SYNCHED_TESTS_FAULTS_CALLS_H
#define SYNCHED_TESTS_FAULTS_CALLS_H

/* clang-format off */
#define FAULTS_CALLS(X) \
  X(calloc) X(aligned_alloc) X(free) X(realpath) X(__sched_cpualloc) X(__sched_cpufree) \
  X(mmap) X(munmap) X(madvise) \
  X(uv_thread_create_ex) X(uv_thread_join) X(pthread_getattr_np) X(pthread_attr_destroy) \
  X(pthread_setname_np) X(prctl) X(pthread_atfork) X(sched_getscheduler) X(getrlimit) X(getrusage) \
  X(uv_mutex_init) X(uv_mutex_destroy) \
  X(syscall) X(nanosleep) X(poll) \
  X(sched_getaffinity) X(pthread_setaffinity_np) \
  X(pthread_setschedparam) X(pthread_getschedparam) X(setpriority) \
  X(eventfd) X(read) X(write) X(close) \
  X(uv_loop_init) X(uv_loop_close) X(uv_poll_init) X(uv_poll_start) X(uv_timer_init) \
  X(uv_timer_start) X(uv_close) \
  X(hwloc_topology_init) X(hwloc_topology_destroy) X(hwloc_topology_load) \
  X(hwloc_topology_set_components) X(hwloc_topology_set_flags) \
  X(hwloc_topology_set_io_types_filter) X(hwloc_topology_set_icache_types_filter) \
  X(hwloc_topology_set_type_filter) \
  X(fopen) X(fdopen) X(fclose) X(open) X(fcntl) X(stat) X(lstat) X(link) X(unlink) X(rename) \
  X(chmod) X(fchmod) X(flock) X(isatty) X(ioctl) X(fgets) X(getc) \
  X(openat) X(mkdirat) X(fstat) X(lseek) X(ftruncate) X(fsync) X(renameat) X(unlinkat) \
  X(fdopendir) X(readdir) X(closedir) X(XXH3_createState) X(XXH3_freeState) \
  X(fwrite) X(fputs) X(fputc) X(putc) X(fprintf) X(fflush) \
  X(socket) X(bind) X(listen) X(connect) X(accept4) X(getsockopt) X(send) X(recv) \
  X(uname) X(sigpending) X(sigtimedwait)
/* clang-format on */

#endif
