#include "exchange.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "post.h"
#include "scene.h"

#define MEMBERS_MOST 8u
#define PIECES_MOST 16u

struct member {
  struct post_message message;
  bool is_received;
  size_t piece_count;
  struct synched_piece pieces[PIECES_MOST];
  /* of what is sent this is compared with the pieces at the end */
  unsigned char *content;
};

/* What the library guards: of one thread at a time. */
struct group {
  bool is_under_way;
  size_t count, arrived_count;
  bool has_arrived[MEMBERS_MOST];
  struct member members[MEMBERS_MOST];
};

static unsigned ranks[RANKS_MOST];

static int make(void *context, void **out, const struct synched_message *messages, size_t count) {
  const unsigned rank = *(const unsigned *)context;
  struct group *group = calloc(1, sizeof *group);
  SIM_CHECK(group != NULL && count <= MEMBERS_MOST);
  for (size_t m = 0; m < count; m++) {
    const struct synched_message *message = &messages[m];
    struct member *member = &group->members[group->count++];
    SIM_CHECK(message->piece_count <= PIECES_MOST);
    member->is_received = message->is_received != 0;
    member->message = (struct post_message){.from = member->is_received ? message->peer : rank,
                                            .to = member->is_received ? rank : message->peer,
                                            .tag = message->tag};
    for (size_t p = 0; p < message->piece_count; p++) {
      member->pieces[member->piece_count++] = message->pieces[p];
      member->message.bytes += message->pieces[p].bytes;
    }
    member->content = calloc(1, member->message.bytes);
  }
  *out = group;
  return 0;
}

static void unmake(void *context, void *handle) {
  struct group *group = handle;
  (void)context;
  for (size_t m = 0; m < group->count; m++)
    free(group->members[m].content);
  free(group);
}

static void copy_out(const struct member *member) {
  unsigned char *to = member->content;
  for (size_t p = 0; p < member->piece_count; p++) {
    memcpy(to, member->pieces[p].address, member->pieces[p].bytes);
    to += member->pieces[p].bytes;
  }
}

static void copy_in(const struct member *member) {
  const unsigned char *from = member->content;
  for (size_t p = 0; p < member->piece_count; p++) {
    memcpy(member->pieces[p].address, from, member->pieces[p].bytes);
    from += member->pieces[p].bytes;
  }
}

/* What is to come may be written to from now on. */
static void spoil(const struct member *member) {
  for (size_t p = 0; p < member->piece_count; p++)
    memset(member->pieces[p].address, 0x5a, member->pieces[p].bytes);
}

static int start(void *context, void *handle) {
  struct group *group = handle;
  (void)context;
  SIM_CHECK(!group->is_under_way);
  group->is_under_way = true;
  group->arrived_count = 0;
  for (size_t m = 0; m < group->count; m++) {
    struct member *member = &group->members[m];
    group->has_arrived[m] = false;
    if (member->is_received) {
      spoil(member);
      continue;
    }
    copy_out(member);
    post_send(&member->message, member->content);
  }
  return 0;
}

/* What is sent must be as it was when it set out. */
static void check_sent(const struct member *member) {
  const unsigned char *content = member->content;
  for (size_t p = 0; p < member->piece_count; p++) {
    const unsigned char *bytes = member->pieces[p].address;
    for (size_t b = 0; b < member->pieces[p].bytes; b++)
      if (bytes[b] != *content++)
        sim_fail("a message to rank %u is written to while it is under way", member->message.to);
  }
}

static bool has_arrived(const struct member *member) {
  if (!member->is_received) {
    check_sent(member);
    return true;
  }
  if (!post_take(&member->message, member->content))
    return false;
  copy_in(member);
  return true;
}

static int test(void *context, void *handle) {
  struct group *group = handle;
  (void)context;
  for (size_t m = 0; group->is_under_way && m < group->count; m++) {
    if (group->has_arrived[m] || !has_arrived(&group->members[m]))
      continue;
    group->has_arrived[m] = true;
    group->arrived_count++;
  }
  group->is_under_way = group->is_under_way && group->arrived_count < group->count;
  return !group->is_under_way;
}

static const char *explain(void *context) {
  (void)context;
  return "nothing is wrong";
}

static void destroy(void *context) {
  (void)context;
}

struct synched_transport exchange_transport(unsigned rank, unsigned rank_count) {
  ranks[rank] = rank;
  return (struct synched_transport){.struct_size = sizeof(struct synched_transport),
                                    .rank = rank,
                                    .rank_count = rank_count,
                                    .context = &ranks[rank],
                                    .make = make,
                                    .start = start,
                                    .test = test,
                                    .unmake = unmake,
                                    .explain = explain,
                                    .destroy = destroy};
}
