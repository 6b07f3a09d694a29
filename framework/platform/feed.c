/*
 * feed.c: one thread, and poll(2) over everybody whom it knows. It owns all that is here; the
 * thread that opens and closes the feed touches only what is fixed, and the signal.
 */
#include "platform/feed.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "platform/alloc.h"
#include "platform/clock.h"
#include "platform/local_socket.h"
#include "platform/process.h"
#include "platform/signal.h"
#include "platform/thread.h"

#define MS UINT64_C(1000000)
#define NEVER UINT64_MAX
#define ROOM_LEAST ((size_t)1024)

/* Shared by the readers who have not taken all of it. */
struct synched__feed_text {
  unsigned user_count;
  /* memory was refused */
  bool is_lacking;
  size_t length, room;
  char *bytes;
};

struct reader {
  int descriptor;
  /* what it is given; NULL: it has taken all */
  struct synched__feed_text *text;
  size_t sent;
  /* when it last took something, or was given it */
  uint64_t moved_ns;
};

struct synched__feed {
  struct synched__feed_options options;
  struct synched__thread thread;
  struct synched__signal stop;
  struct synched__local_socket local;
  /* The thread's. */
  unsigned reader_count;
  struct reader readers[SYNCHED__FEED_READERS_MOST];
  /* when the next text is due */
  uint64_t due_ns;
  /* until when nobody is let in, for lack of descriptors */
  uint64_t deaf_until_ns;
};

/* --- texts --- */

static struct synched__feed_text *text_begin(void) {
  struct synched__feed_text *text = synched__alloc(1, sizeof *text);
  if (text != NULL)
    text->user_count = 1;
  return text;
}

/* NULL is allowed. */
static void text_leave(struct synched__feed_text *text) {
  if (text == NULL || --text->user_count != 0)
    return;
  synched__free(text->bytes);
  synched__free(text);
}

/* More than there is. */
static bool make_room(struct synched__feed_text *text, size_t more) {
  size_t room = text->room < ROOM_LEAST ? ROOM_LEAST : text->room;
  while (room - text->length < more)
    room *= 2;
  char *bytes = synched__alloc(room, 1);
  if (bytes == NULL)
    return false;
  if (text->length != 0)
    memcpy(bytes, text->bytes, text->length);
  synched__free(text->bytes);
  text->bytes = bytes;
  text->room = room;
  return true;
}

void synched__feed_add(struct synched__feed_text *text, const char *format, ...) {
  va_list arguments, again;
  va_start(arguments, format);
  va_copy(again, arguments);
  const size_t left = text->room - text->length;
  const int needed =
      vsnprintf(left == 0 ? NULL : text->bytes + text->length, left, format, arguments);
  if (needed >= 0 && (size_t)needed >= left) {
    text->is_lacking = text->is_lacking || !make_room(text, (size_t)needed + 1);
    if (!text->is_lacking)
      (void)vsnprintf(text->bytes + text->length, (size_t)needed + 1, format, again);
  }
  if (needed > 0 && !text->is_lacking)
    text->length += (size_t)needed;
  va_end(again);
  va_end(arguments);
}

/* NULL: there is no memory for it. */
static struct synched__feed_text *text_print(const struct synched__feed *feed, bool greets) {
  struct synched__feed_text *text = text_begin();
  if (text == NULL)
    return NULL;
  if (greets)
    feed->options.greet(text, feed->options.argument);
  feed->options.print(text, feed->options.argument);
  if (!text->is_lacking)
    return text;
  text_leave(text);
  return NULL;
}

/* --- readers --- */

/* The last reader takes its place. */
static void send_away(struct synched__feed *feed, struct reader *reader) {
  text_leave(reader->text);
  synched__local_hang_up(reader->descriptor);
  *reader = feed->readers[--feed->reader_count];
}

/* Sends as much as the reader takes; false: it is gone. */
static bool send_rest(struct reader *reader, uint64_t now_ns) {
  while (reader->text != NULL) {
    const struct synched__feed_text *text = reader->text;
    const long sent = synched__local_send(reader->descriptor, text->bytes + reader->sent,
                                          text->length - reader->sent);
    if (sent < 0)
      return false;
    if (sent == 0)
      return true;
    reader->sent += (size_t)sent;
    reader->moved_ns = now_ns;
    if (reader->sent != text->length)
      continue;
    text_leave(reader->text);
    reader->text = NULL;
  }
  return true;
}

/* Gives a text to a reader that has taken the one before; false: it is gone. */
static bool give(struct reader *reader, struct synched__feed_text *text, uint64_t now_ns) {
  if (text->length == 0)
    return true;
  text->user_count++;
  reader->text = text;
  reader->sent = 0;
  reader->moved_ns = now_ns;
  return send_rest(reader, now_ns);
}

static void let_in(struct synched__feed *feed, int descriptor, uint64_t now_ns) {
  if (feed->reader_count == SYNCHED__FEED_READERS_MOST) {
    const char *refusal = feed->options.refusal;
    (void)synched__local_send(descriptor, refusal, strlen(refusal));
    synched__local_hang_up(descriptor);
    return;
  }
  if (feed->reader_count == 0)
    feed->due_ns = now_ns + feed->options.interval_ms * MS;
  struct reader *reader = &feed->readers[feed->reader_count++];
  *reader = (struct reader){.descriptor = descriptor};
  struct synched__feed_text *text = text_print(feed, true);
  if (text == NULL || !give(reader, text, now_ns))
    send_away(feed, reader);
  text_leave(text);
}

static void let_all_in(struct synched__feed *feed, uint64_t now_ns) {
  /* So many at a time, so that those who are here get their texts. */
  for (unsigned i = 0; i < SYNCHED__FEED_READERS_MOST; i++) {
    const int descriptor = synched__local_accept(&feed->local);
    if (descriptor == -2)
      feed->deaf_until_ns = now_ns + feed->options.interval_ms * MS;
    if (descriptor < 0)
      return;
    let_in(feed, descriptor, now_ns);
  }
}

/* What poll has found of a reader; false: it is gone, or has to go. */
static bool look_after(struct reader *reader, short found, uint64_t now_ns) {
  if ((found & (POLLIN | POLLHUP | POLLERR | POLLNVAL)) != 0 &&
      synched__local_hear(reader->descriptor) != SYNCHED__HEARD_NOTHING)
    return false;
  return (found & POLLOUT) == 0 || send_rest(reader, now_ns);
}

/* --- the thread --- */

static void tell_all(struct synched__feed *feed, uint64_t now_ns) {
  const uint64_t patience_ns = feed->options.patience_ms * MS;
  struct synched__feed_text *text = text_print(feed, false);
  for (unsigned i = feed->reader_count; i-- > 0;) {
    struct reader *reader = &feed->readers[i];
    const bool stays = reader->text != NULL ? now_ns - reader->moved_ns < patience_ns
                                            : text == NULL || give(reader, text, now_ns);
    if (!stays)
      send_away(feed, reader);
  }
  text_leave(text);
  feed->due_ns += feed->options.interval_ms * MS;
  if (feed->due_ns <= now_ns) /* it was held up: no texts in a row */
    feed->due_ns = now_ns + feed->options.interval_ms * MS;
}

/* Until when there is nothing to do of its own accord, as poll takes it. */
static int timeout_ms(const struct synched__feed *feed, uint64_t now_ns) {
  uint64_t until_ns = feed->reader_count == 0 ? NEVER : feed->due_ns;
  if (feed->deaf_until_ns > now_ns && feed->deaf_until_ns < until_ns)
    until_ns = feed->deaf_until_ns;
  if (until_ns == NEVER)
    return -1;
  return until_ns <= now_ns ? 0 : (int)((until_ns - now_ns + MS - 1) / MS);
}

enum { STOP, LISTENER, READERS };

static void wait_for_any(const struct synched__feed *feed, struct pollfd *polled) {
  const uint64_t now_ns = synched__clock_ns();
  const bool is_deaf = feed->deaf_until_ns > now_ns;
  polled[STOP] = (struct pollfd){.fd = feed->stop.read_fd, .events = POLLIN};
  polled[LISTENER] = (struct pollfd){.fd = is_deaf ? -1 : feed->local.descriptor, .events = POLLIN};
  for (unsigned i = 0; i < feed->reader_count; i++) {
    const struct reader *reader = &feed->readers[i];
    polled[READERS + i] = (struct pollfd){
        .fd = reader->descriptor, .events = reader->text == NULL ? POLLIN : POLLIN | POLLOUT};
  }
  if (poll(polled, READERS + feed->reader_count, timeout_ms(feed, now_ns)) >= 0)
    return;
  for (unsigned i = 0; i < READERS + feed->reader_count; i++)
    polled[i].revents = 0;
  if (errno != EINTR)
    synched__thread_nap(); /* the system has no memory for it */
}

static void feed_main(void *argument) {
  struct synched__feed *feed = argument;
  struct pollfd polled[READERS + SYNCHED__FEED_READERS_MOST];
  synched__thread_set_name("synched/feed");
  /* It may have been made by a real-time thread. */
  (void)synched__thread_set_nice(0);
  for (;;) {
    wait_for_any(feed, polled);
    if (polled[STOP].revents != 0)
      return;
    const uint64_t now_ns = synched__clock_ns();
    for (unsigned i = feed->reader_count; i-- > 0;)
      if (!look_after(&feed->readers[i], polled[READERS + i].revents, now_ns))
        send_away(feed, &feed->readers[i]);
    if (polled[LISTENER].revents != 0)
      let_all_in(feed, now_ns);
    if (feed->reader_count != 0 && feed->due_ns <= now_ns)
      tell_all(feed, now_ns);
  }
}

int synched__feed_open(struct synched__feed **out, const struct synched__feed_options *options) {
  *out = NULL;
  struct synched__feed *feed = synched__alloc(1, sizeof *feed);
  if (feed == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for a feed");
  feed->options = *options;
  int status = synched__signal_init(&feed->stop);
  if (status != 0)
    goto no_signal;
  status = synched__local_listen(&feed->local, options->path);
  if (status != 0)
    goto no_socket;
  status = synched__thread_check_stack(0);
  if (status == 0)
    status = synched__thread_create(&feed->thread, 0, feed_main, feed);
  if (status != 0)
    goto no_thread;
  *out = feed;
  return 0;
no_thread:
  synched__local_close(&feed->local);
no_socket:
  synched__signal_deinit(&feed->stop);
no_signal:
  synched__free(feed);
  return status;
}

void synched__feed_close(struct synched__feed *feed) {
  synched__signal_raise(&feed->stop);
  synched__thread_join(&feed->thread);
  while (feed->reader_count != 0)
    send_away(feed, &feed->readers[feed->reader_count - 1]);
  synched__local_close(&feed->local);
  synched__signal_deinit(&feed->stop);
  synched__free(feed);
}
