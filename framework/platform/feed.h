/*
 * feed.h: a thread that sends texts, one after the other, to whoever connects to a local socket.
 *
 * The thread sleeps while nobody is connected. A reader gets a greeting, and then each text whole
 * or not at all: as long as it has not taken the one before, it is passed over, and if it takes
 * nothing for `patience_ms`, it is sent away. So a reader costs a text of memory at most, and
 * delays nobody. It has nothing to say; one that says something is sent away, too.
 */
#ifndef SYNCHED_PLATFORM_FEED_H
#define SYNCHED_PLATFORM_FEED_H

#include <stddef.h>

/* Readers at once. */
#define SYNCHED__FEED_READERS_MOST 16u

struct synched__feed;
struct synched__feed_text;

/* On the feed's thread: prints the next text, or the greeting that comes before a reader's first.
 * */
typedef void (*synched__feed_fn)(struct synched__feed_text *text, void *argument);

struct synched__feed_options {
  const char *path;
  /* the text for one reader too many; static */
  const char *refusal;
  unsigned interval_ms, patience_ms;
  synched__feed_fn greet, print;
  void *argument;
};

/* Begins. As synched__local_listen and synched__thread_create; SYNCHED_ENOMEM. */
int synched__feed_open(struct synched__feed **out, const struct synched__feed_options *options);

/* Ends it: all readers are sent away, and the path is removed. Waits for the thread, which may be
 * in the middle of a text. */
void synched__feed_close(struct synched__feed *feed);

/* Adds to a text. Where there is no memory for it, nobody gets that text. */
__attribute__((format(printf, 2, 3))) void synched__feed_add(struct synched__feed_text *text,
                                                             const char *format, ...);

#endif
