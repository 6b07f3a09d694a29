/*
 * monitor_variable.c: whatever path SYNCHED_MONITOR or a call has, the socket is opened at the path
 * that is meant, or the path is refused with a sentence.
 *
 * This stands in for what opens sockets.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <synched/monitor.h>
#include <synched/status.h>

#include "fuzz.h"
#include "platform/feed.h"
#include "platform/local_socket.h"

int __wrap_synched__feed_open(struct synched__feed **out,
                              const struct synched__feed_options *options);
void __wrap_synched__feed_close(struct synched__feed *feed);

static char opened[SYNCHED__SOCKET_PATH_MOST + 2]; /* "": none is */

int __wrap_synched__feed_open(struct synched__feed **out,
                              const struct synched__feed_options *options) {
  FUZZ_CHECK(strlen(options->path) <= SYNCHED__SOCKET_PATH_MOST, "a path is too long");
  (void)snprintf(opened, sizeof opened, "%s", options->path);
  *out = NULL;
  return 0;
}

void __wrap_synched__feed_close(struct synched__feed *feed) {
  (void)feed;
}

/* The path that is meant; "": it means none. */
static void expand(char *to, size_t room, const char *path) {
  size_t length = 0;
  for (; *path != '\0' && length + 24 < room; path++) {
    if (*path != '%') {
      to[length++] = *path;
    } else if (*++path == 'p') {
      length += (size_t)snprintf(to + length, room - length, "%ld", (long)getpid());
    } else if (*path == '%') {
      to[length++] = '%';
    } else {
      length = 0;
      break;
    }
  }
  to[length] = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char meant[1024];
  char *path = fuzz_text(data, size);
  opened[0] = '\0';
  expand(meant, sizeof meant, path);
  const int status = synched_monitor_open(path);
  fuzz_check_status(status);
  if (status == 0) {
    FUZZ_CHECK(strcmp(opened, meant) == 0, "%s is opened as %s", path, opened);
    fuzz_check_status(synched_monitor_close());
  } else {
    FUZZ_CHECK(opened[0] == '\0', "%s is refused, and opened", path);
    FUZZ_CHECK(meant[0] == '\0' || strlen(meant) > SYNCHED__SOCKET_PATH_MOST, "%s is refused: %s",
               path, synched_error_message());
  }
  free(path);
  return 0;
}
