/*
 * local_client.h: the other end of a local socket, and a folder for its path.
 *
 * Everything here is for the thread that runs the test's body: it asserts.
 */
#ifndef SYNCHED_TESTS_LOCAL_CLIENT_H
#define SYNCHED_TESTS_LOCAL_CLIENT_H

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/unit_support.h"

/* A folder of the test's own. */
struct folder {
  char name[32];
  char path[64]; /* of what is to be in it */
};

static inline struct folder folder_new(void) {
  struct folder folder = {.name = "/tmp/synched-XXXXXX"};
  cr_assert_not_null(mkdtemp(folder.name));
  (void)snprintf(folder.path, sizeof folder.path, "%s/socket", folder.name);
  return folder;
}

static inline unsigned folder_count(const struct folder *folder) {
  unsigned count = 0;
  DIR *directory = opendir(folder->name);
  cr_assert_not_null(directory);
  while (readdir(directory) != NULL)
    count++;
  (void)closedir(directory);
  return count - 2;
}

/* There must be nothing left in it. */
static inline void folder_end(const struct folder *folder) {
  cr_assert_eq(rmdir(folder->name), 0, "%s: %s", folder->name, strerror(errno));
}

static inline struct sockaddr_un client_address(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  return address;
}

/* -1, and errno: it is refused. */
static inline int client_try(const char *path) {
  const struct sockaddr_un address = client_address(path);
  const int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (client >= 0 && connect(client, (const struct sockaddr *)&address, sizeof address) == 0)
    return client;
  const int number = errno;
  (void)close(client);
  errno = number;
  return -1;
}

static inline int client_new(const char *path) {
  const int client = client_try(path);
  cr_assert_geq(client, 0, "%s: %s", path, strerror(errno));
  return client;
}

/* What there is, up to `room` bytes; 0: the other end has closed it. Waits. */
static inline size_t client_read(int client, char *bytes, size_t room) {
  struct pollfd polled = {.fd = client, .events = POLLIN};
  cr_assert_eq(poll(&polled, 1, HANG_SECONDS * 1000), 1, "nothing comes");
  const ssize_t count = recv(client, bytes, room, 0);
  return count > 0 ? (size_t)count : 0;
}

/* Reads a line, without its end, as far as there is room; false: the other end has closed it. */
static inline bool client_line(int client, char *line, size_t room) {
  size_t length = 0;
  while (length < room - 1) {
    struct pollfd polled = {.fd = client, .events = POLLIN};
    cr_assert_eq(poll(&polled, 1, HANG_SECONDS * 1000), 1, "nothing comes");
    const ssize_t seen = recv(client, line + length, room - 1 - length, MSG_PEEK);
    if (seen <= 0)
      break;
    const char *end = memchr(line + length, '\n', (size_t)seen);
    const size_t count = end == NULL ? (size_t)seen : (size_t)(end - line) - length + 1;
    length += client_read(client, line + length, count);
    if (end == NULL)
      continue;
    line[length - 1] = '\0';
    return true;
  }
  line[length] = '\0';
  return false;
}

/* Waits until the other end has closed it, whatever comes before that. */
static inline void client_expect_end(int client) {
  char bytes[4096];
  for (unsigned reads = 0; client_read(client, bytes, sizeof bytes) != 0; reads++)
    cr_assert_lt(reads, 1000000u, "it goes on and on");
}

#endif
