/*
 * local_socket.c: a socket that appears at its path when it listens, and replaces nothing but what
 * a dead process has left.
 *
 * A socket that is bound and does not listen yet looks like one that was left behind. So it is
 * bound under a name beside its path, listens, and is then linked to the path, which fails if
 * anything is there. What was left behind is moved away first, and looked at again: if somebody has
 * replaced it meanwhile, it is put back.
 *
 * The permissions are those of the socket before it is bound (Linux), so that there is no moment in
 * which others could connect. Besides that, whoever connects is asked for its user.
 */
#include "platform/local_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "platform/process.h"
#include "platform/system_text.h"
#include "platform/thread.h"

#define BACKLOG 16
#define LOCK_TRIES 2000
#define NAME_ROOM (SYNCHED__SOCKET_PATH_MOST + 16)

_Static_assert(NAME_ROOM <= sizeof(((struct sockaddr_un *)NULL)->sun_path),
               "a name beside the path is a path, too");

/* The statuses are the system's numbers, but for those that mean something else here. */
static int refuse(const char *path, int number) {
  const int status =
      number == EMFILE || number == ENFILE || number == ENOBUFS ? SYNCHED_EAGAIN : -number;
  return synched__fail(status, "no socket could be opened at %s: %s", path,
                       synched__system_text(number).bytes);
}

static struct sockaddr_un address_of(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  return address;
}

/* Held. A descriptor of this process alone, that does not block; -1, and errno. */
static int make_socket(void) {
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor >= 0 && !synched__process_own(descriptor)) {
    (void)close(descriptor);
    errno = EMFILE;
    return -1;
  }
  return descriptor;
}

static int open_socket(void) {
  synched__process_hold();
  const int descriptor = make_socket();
  synched__process_release();
  return descriptor;
}

static void close_descriptor(int descriptor) {
  synched__process_hold();
  synched__process_close(descriptor);
  synched__process_release();
}

/* A child that was forked a moment ago may still have the descriptor: it closes its own. So the
 * socket itself is shut, for whoever has it. */
void synched__local_hang_up(int descriptor) {
  (void)shutdown(descriptor, SHUT_RDWR);
  close_descriptor(descriptor);
}

/* --- what is there --- */

/* Whether somebody listens there: 0, ECONNREFUSED where nobody does, or another of the system's
 * numbers. */
static int knock(const char *path) {
  const int descriptor = open_socket();
  if (descriptor < 0)
    return errno;
  const struct sockaddr_un address = address_of(path);
  const int number =
      connect(descriptor, (const struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
  close_descriptor(descriptor);
  return number;
}

/* 0: what is there can go; `there` says which file it is. */
static int judge(const char *path, struct stat *there) {
  if (lstat(path, there) != 0)
    return refuse(path, errno);
  if (!S_ISSOCK(there->st_mode))
    return synched__fail(SYNCHED_EEXIST, "%s is there already, and is no socket", path);
  if (there->st_uid != geteuid())
    return synched__fail(SYNCHED_EEXIST, "the socket %s is another user's (%u)", path,
                         (unsigned)there->st_uid);
  const int number = knock(path);
  if (number == 0 || number == EAGAIN)
    return synched__fail(SYNCHED_EBUSY, "a process listens at %s already", path);
  return number == ECONNREFUSED ? 0 : refuse(path, number);
}

/* Removes what a dead process has left. */
static int clear(const char *path) {
  struct stat there;
  const int status = judge(path, &there);
  if (status != 0)
    return status == SYNCHED_ENOENT ? 0 : status;
  return unlink(path) == 0 || errno == ENOENT ? 0 : refuse(path, errno);
}

/* --- the folder --- */

/* Held. -1: it cannot be opened; then nobody can lock it. */
static int open_folder(const char *path) {
  char name[NAME_ROOM];
  const char *slash = strrchr(path, '/');
  const int length = slash == NULL ? 0 : slash == path ? 1 : (int)(slash - path);
  (void)snprintf(name, sizeof name, "%.*s", length, path);
  const int descriptor = open(length == 0 ? "." : name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor >= 0 && !synched__process_own(descriptor)) {
    (void)close(descriptor);
    return -1;
  }
  return descriptor;
}

/* Locks it; -1: it cannot be; -2: somebody holds it for long. */
static int lock_folder(const char *path) {
  synched__process_hold();
  const int descriptor = open_folder(path);
  synched__process_release();
  if (descriptor < 0)
    return -1;
  for (unsigned tries = 0; flock(descriptor, LOCK_EX | LOCK_NB) != 0; tries++) {
    if (errno != EWOULDBLOCK && errno != EINTR)
      break; /* there are no such locks here */
    if (tries == LOCK_TRIES) {
      close_descriptor(descriptor);
      return -2;
    }
    synched__thread_nap();
  }
  return descriptor;
}

/* Where a child still has the descriptor, it has the lock. */
static void unlock_folder(int descriptor) {
  (void)flock(descriptor, LOCK_UN);
  close_descriptor(descriptor);
}

/* --- listening --- */

static int bind_at(int descriptor, const char *name) {
  const struct sockaddr_un address = address_of(name);
  (void)fchmod(descriptor, S_IRUSR | S_IWUSR);
  return bind(descriptor, (const struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
}

/* Makes it listen under the name that it is bound to; 0, or the system's number. */
static int listen_bound(struct synched__local_socket *local, const char *name) {
  struct stat made;
  if (lstat(name, &made) != 0)
    return errno;
  local->device = (uint64_t)made.st_dev;
  local->inode = (uint64_t)made.st_ino;
  /* Where a socket's mode is the umask's. */
  if ((made.st_mode & (S_IRWXG | S_IRWXO)) != 0 && chmod(name, S_IRUSR | S_IWUSR) != 0)
    return errno;
  return listen(local->descriptor, BACKLOG) == 0 ? 0 : errno;
}

/* Makes it listen under a name beside its path; 0, or the system's number: then that is free. */
static int listen_beside(struct synched__local_socket *local, const char *name) {
  struct stat left;
  int number = bind_at(local->descriptor, name);
  if (number == EADDRINUSE && lstat(name, &left) == 0 && S_ISSOCK(left.st_mode) &&
      left.st_uid == geteuid() && unlink(name) == 0)
    number = bind_at(local->descriptor, name); /* left by a process of our number */
  if (number != 0)
    return number;
  number = listen_bound(local, name);
  if (number != 0)
    (void)unlink(name);
  return number;
}

/* With the folder locked. */
static int link_to_path(const char *name, const char *path) {
  if (link(name, path) == 0)
    return 0;
  if (errno != EEXIST)
    return refuse(path, errno);
  const int status = clear(path);
  if (status != 0 || link(name, path) == 0)
    return status;
  return errno == EEXIST ? synched__fail(SYNCHED_EBUSY, "another program has just made %s", path)
                         : refuse(path, errno);
}

static int move_to_path(const char *name, const char *path) {
  const int folder = lock_folder(path);
  if (folder == -2)
    return synched__fail(SYNCHED_EBUSY, "other processes open sockets beside %s", path);
  const int status = link_to_path(name, path);
  if (folder >= 0)
    unlock_folder(folder);
  return status;
}

static int listen_at(struct synched__local_socket *local) {
  char name[NAME_ROOM];
  (void)snprintf(name, sizeof name, "%s.%ld", local->path, (long)getpid());
  const int number = listen_beside(local, name);
  if (number != 0)
    return refuse(local->path, number);
  const int status = move_to_path(name, local->path);
  (void)unlink(name);
  return status;
}

int synched__local_listen(struct synched__local_socket *out, const char *path) {
  *out = (struct synched__local_socket){.descriptor = -1};
  const size_t bytes = strlen(path);
  if (bytes == 0 || bytes > SYNCHED__SOCKET_PATH_MOST)
    return synched__fail(SYNCHED_EINVAL,
                         "the path of a socket has 1 to %u bytes, and this one has %zu",
                         SYNCHED__SOCKET_PATH_MOST, bytes);
  memcpy(out->path, path, bytes + 1);
  out->descriptor = open_socket();
  if (out->descriptor < 0)
    return refuse(path, errno);
  const int status = listen_at(out);
  if (status != 0) {
    close_descriptor(out->descriptor);
    out->descriptor = -1;
  }
  return status;
}

void synched__local_close(struct synched__local_socket *local) {
  struct stat there;
  if (local->descriptor < 0)
    return;
  /* First the path: who sees it finds somebody there. */
  if (lstat(local->path, &there) == 0 && (uint64_t)there.st_dev == local->device &&
      (uint64_t)there.st_ino == local->inode)
    (void)unlink(local->path);
  synched__local_hang_up(local->descriptor);
  local->descriptor = -1;
}

/* --- who connects --- */

static bool is_welcome(int descriptor) {
  uid_t user;
#if defined(SO_PEERCRED)
  struct ucred peer;
  socklen_t bytes = sizeof peer;
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) != 0)
    return false;
  user = peer.uid;
#else
  gid_t group;
  if (getpeereid(descriptor, &user, &group) != 0)
    return false;
#endif
  return user == geteuid() || user == 0;
}

/* Held: as synched__local_accept. */
static int take_next(int listener) {
  for (;;) {
    const int descriptor = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor < 0) {
      if (errno == EINTR || errno == ECONNABORTED)
        continue;
      return errno == EAGAIN || errno == EWOULDBLOCK ? -1 : -2;
    }
    if (is_welcome(descriptor) && synched__process_own(descriptor))
      return descriptor;
    (void)close(descriptor);
  }
}

int synched__local_accept(const struct synched__local_socket *local) {
  synched__process_hold();
  const int descriptor = take_next(local->descriptor);
  synched__process_release();
  return descriptor;
}

long synched__local_send(int descriptor, const char *bytes, unsigned long count) {
  const ssize_t sent = send(descriptor, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent >= 0)
    return sent;
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ENOBUFS ? 0 : -1;
}

enum synched__heard synched__local_hear(int descriptor) {
  char words[64];
  const ssize_t count = recv(descriptor, words, sizeof words, MSG_DONTWAIT);
  if (count > 0)
    return SYNCHED__HEARD_WORDS;
  if (count == 0)
    return SYNCHED__HEARD_END;
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? SYNCHED__HEARD_NOTHING
                                                                   : SYNCHED__HEARD_END;
}
