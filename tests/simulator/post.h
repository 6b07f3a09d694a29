/*
 * post.h: messages between ranks that are threads of one world.
 *
 * The threads do not see it, as they do not see promises.h: ranks are processes, and what one of
 * them does orders nothing in another one. A message arrives as soon as it has set out.
 */
#ifndef SIMULATOR_POST_H
#define SIMULATOR_POST_H

#include <stdbool.h>
#include <stddef.h>

struct post_message {
  unsigned from, to, tag;
  size_t bytes;
};

/* A message sets out with this content. */
void post_send(const struct post_message *message, const void *content);

/* Takes the first such message that has set out. false: there is none yet. */
bool post_take(const struct post_message *message, void *content);

/* From now on so many messages still set out; the rest is lost. */
void post_lose_after(unsigned count);

#endif
