#include "broadcast.h"

#include <stdlib.h>

struct dashboard_message *dashboard_message_retain(struct dashboard_message *message) {
  message->reference_count++;
  return message;
}

void dashboard_message_release(struct dashboard_message *message) {
  if (message && --message->reference_count == 0)
    free(message);
}

unsigned char *dashboard_broadcast_bytes(struct dashboard_broadcast *broadcast) {
  struct dashboard_message *message = broadcast->newest;
  if (message && message->reference_count == 1)
    return message->bytes;
  message = malloc(sizeof *message + broadcast->bytes_max);
  if (!message)
    return NULL;
  message->reference_count = 1;
  dashboard_message_release(broadcast->newest);
  broadcast->newest = message;
  return message->bytes;
}

void dashboard_broadcast_publish(struct dashboard_broadcast *broadcast, size_t byte_count) {
  struct dashboard_message *const message = broadcast->newest;
  message->byte_count = byte_count;
  message->head_bytes = dashboard_websocket_head(message->head, broadcast->kind, byte_count);
  broadcast->serial++;
}
