/*
 * slow_net.c: a network that is slow and loses frames, for tests of ranks on several hosts:
 * slow_net DELAY_US LOSS_PER_1000 TAP... makes these tap devices, prints a line when they are
 * there, and takes every frame that comes out of one of them to all others, some time later, or not
 * at all. It goes on until it is ended. Exit code 77: the system lets it make no tap device.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define TAPS_MOST 8
#define FRAME_BYTES 2048
#define FRAMES_MOST 4096

struct frame {
  uint64_t due_ns;
  int from;
  size_t bytes;
  unsigned char content[FRAME_BYTES];
};

/* Frames in the order in which they have come; as all wait equally long, the first is the next. */
static struct frame frames[FRAMES_MOST];
static size_t first, count;

static struct pollfd taps[TAPS_MOST];
static int tap_count;
static uint64_t delay_ns;
static unsigned loss;

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* -1: it cannot be had. */
static int open_tap(const char *name) {
  struct ifreq request;
  memset(&request, 0, sizeof request);
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  (void)snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
  const int file = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (file >= 0 && ioctl(file, TUNSETIFF, &request) == 0)
    return file;
  fprintf(stderr, "slow_net: %s: %s\n", name, strerror(errno));
  return -1;
}

static bool is_lost(void) {
  static uint64_t chance = 1;
  chance = chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (chance >> 33) % 1000 < loss;
}

/* Keeps what a tap has; a full queue loses it, as a network does. */
static void hear(int tap) {
  for (;;) {
    static unsigned char spare[FRAME_BYTES];
    struct frame *frame = &frames[(first + count) % FRAMES_MOST];
    const bool is_kept = count < FRAMES_MOST && !is_lost();
    const ssize_t bytes = read(taps[tap].fd, is_kept ? frame->content : spare, FRAME_BYTES);
    if (bytes <= 0)
      return;
    if (!is_kept)
      continue;
    frame->due_ns = now_ns() + delay_ns;
    frame->from = tap;
    frame->bytes = (size_t)bytes;
    count++;
  }
}

static void hand_out(void) {
  while (count > 0 && frames[first].due_ns <= now_ns()) {
    const struct frame *frame = &frames[first];
    for (int tap = 0; tap < tap_count; tap++)
      if (tap != frame->from && write(taps[tap].fd, frame->content, frame->bytes) < 0)
        continue; /* lost */
    first = (first + 1) % FRAMES_MOST;
    count--;
  }
}

static void wait_for_frames(void) {
  const uint64_t now = now_ns();
  const uint64_t left_ns = count == 0                   ? 1000000000u
                           : frames[first].due_ns > now ? frames[first].due_ns - now
                                                        : 0;
  const struct timespec wait = {(time_t)(left_ns / 1000000000u), (long)(left_ns % 1000000000u)};
  (void)ppoll(taps, (nfds_t)tap_count, &wait, NULL);
}

int main(int argc, char **argv) {
  if (argc < 5 || argc - 3 > TAPS_MOST) {
    fputs("usage: slow_net DELAY_US LOSS_PER_1000 TAP TAP...\n", stderr);
    return 2;
  }
  delay_ns = strtoull(argv[1], NULL, 10) * 1000u;
  loss = (unsigned)strtoul(argv[2], NULL, 10);
  for (; tap_count < argc - 3; tap_count++) {
    taps[tap_count] = (struct pollfd){.fd = open_tap(argv[tap_count + 3]), .events = POLLIN};
    if (taps[tap_count].fd < 0)
      return 77;
  }
  puts("ready");
  fflush(stdout);
  for (;;) {
    wait_for_frames();
    for (int tap = 0; tap < tap_count; tap++)
      hear(tap);
    hand_out();
  }
}
