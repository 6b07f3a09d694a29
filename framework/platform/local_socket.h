/*
 * local_socket.h: a stream socket with a path in the file system, for programs of the same user.
 */
#ifndef SYNCHED_PLATFORM_LOCAL_SOCKET_H
#define SYNCHED_PLATFORM_LOCAL_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

/* The path of a socket has so many bytes at most: the system allows 103 or 107, of which a name
 * beside it takes some, under which it is made. */
#define SYNCHED__SOCKET_PATH_MOST 88u

/* One that listens. */
struct synched__local_socket {
  /* -1: it is closed */
  int descriptor;
  char path[SYNCHED__SOCKET_PATH_MOST + 1];
  /* which file it is */
  uint64_t device, inode;
};

/* Listens at a path that only this user can connect to. What a process that is no more has left
 * there is replaced. The child of a fork has the socket neither open nor listening.
 * SYNCHED_EINVAL: the path is empty or too long. SYNCHED_EEXIST: something is there that is no
 * socket, or is of another user; it stays as it is. SYNCHED_EBUSY: a process listens there; or the
 * one that did has just died in the middle of a fork, and its child has not closed the socket yet,
 * which nothing tells from a process that listens.
 * SYNCHED_EAGAIN: no descriptor is left for now. Other statuses: the system's refusal, negative. */
int synched__local_listen(struct synched__local_socket *out, const char *path);

/* Closes it, and removes its path if that is still its own. */
void synched__local_close(struct synched__local_socket *local);

/* The next who has connected: a descriptor that does not block, to be closed with
 * synched__local_hang_up; -1: there is nobody; -2: the system has no descriptor left for now. Who
 * is neither this user nor root is sent away. */
int synched__local_accept(const struct synched__local_socket *local);

/* Ends a connection: the other end sees it at once. */
void synched__local_hang_up(int descriptor);

/* Sends what can be sent without waiting: how many bytes, 0: none; -1: the other end is gone. Never
 * raises SIGPIPE. */
long synched__local_send(int descriptor, const char *bytes, unsigned long count);

enum synched__heard { SYNCHED__HEARD_NOTHING, SYNCHED__HEARD_WORDS, SYNCHED__HEARD_END };

/* Whether the other end has said anything, without waiting for it. */
enum synched__heard synched__local_hear(int descriptor);

#endif
