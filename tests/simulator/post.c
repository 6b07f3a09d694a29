/*
 * post.c: see post.h. Its data are put back before each execution, as all of the program's.
 */
#include "post.h"

#include <string.h>

#include "internal.h"

#define PACKETS 24u
#define PACKET_BYTES 512u

struct packet {
  bool is_under_way;
  uint64_t number; /* in the order in which they set out */
  struct post_message message;
  unsigned char content[PACKET_BYTES];
};

static struct {
  struct packet packets[PACKETS];
  uint64_t count;
  bool loses;
  unsigned left;
} post;

static bool are_alike(const struct post_message *a, const struct post_message *b) {
  return a->from == b->from && a->to == b->to && a->tag == b->tag;
}

void post_send(const struct post_message *message, const void *content) {
  unsigned p = 0;
  if (message->bytes > PACKET_BYTES)
    sim_fail("a message of %zu bytes", message->bytes);
  if (post.loses && post.left == 0)
    return;
  post.left -= post.loses;
  while (p < PACKETS && post.packets[p].is_under_way)
    p++;
  if (p == PACKETS)
    sim_fail("more than %u messages are under way", PACKETS);
  post.packets[p].is_under_way = true;
  post.packets[p].number = post.count++;
  post.packets[p].message = *message;
  memcpy(post.packets[p].content, content, message->bytes);
}

bool post_take(const struct post_message *message, void *content) {
  struct packet *first = NULL;
  for (unsigned p = 0; p < PACKETS; p++) {
    struct packet *packet = &post.packets[p];
    if (packet->is_under_way && are_alike(&packet->message, message) &&
        (first == NULL || packet->number < first->number))
      first = packet;
  }
  if (first == NULL)
    return false;
  if (first->message.bytes != message->bytes)
    sim_fail("a message has %zu bytes, and %zu are waited for", first->message.bytes,
             message->bytes);
  first->is_under_way = false;
  memcpy(content, first->content, message->bytes);
  return true;
}

void post_lose_after(unsigned count) {
  post.loses = true;
  post.left = count;
}
