/*
 * viewer.c: one connection, which is there before other threads are. A thread sanitizer does not
 * see how libuv closes its descriptors, and takes one with the same number, made on another thread,
 * for a race. So it is a feed like the monitor's, with a frame every millisecond.
 */
#include "viewer.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "monitor/frame.h"
#include "platform/clock.h"
#include "platform/feed.h"
#include "support/scene.h"

static struct synched__feed *feed;
static struct synched__frame frame;
static FILE *viewer;
static pthread_t thread;
static uint64_t frame_total; /* the thread's */

static void *look(void *argument) {
  char line[8192];
  (void)argument;
  while (fgets(line, sizeof line, viewer) != NULL)
    frame_total += strstr(line, ",\"jobs\":") != NULL;
  return NULL;
}

void viewer_begin(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  (void)snprintf(address.sun_path, sizeof address.sun_path, "/tmp/synched-stress-%ld",
                 (long)getpid());
  const struct synched__feed_options options = {.path = address.sun_path,
                                                .refusal = "",
                                                .interval_ms = 1,
                                                .patience_ms = 600000,
                                                .greet = synched__frame_greet,
                                                .print = synched__frame_print,
                                                .argument = &frame};
  synched__clock_calibrate();
  scene_expect_ok(synched__feed_open(&feed, &options), "synched__feed_open");
  const int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  STRESS_CHECK(connect(client, (const struct sockaddr *)&address, sizeof address) == 0,
               "the feed does not answer");
  viewer = fdopen(client, "r");
  char greeting[1024];
  STRESS_CHECK(viewer != NULL && fgets(greeting, sizeof greeting, viewer) != NULL, "no greeting");
  STRESS_CHECK(pthread_create(&thread, NULL, look, NULL) == 0, "no thread");
}

uint64_t viewer_end(void) {
  synched__feed_close(feed);
  synched__frame_deinit(&frame);
  (void)pthread_join(thread, NULL);
  (void)fclose(viewer);
  STRESS_CHECK(frame_total != 0, "no frame has come");
  return frame_total;
}
