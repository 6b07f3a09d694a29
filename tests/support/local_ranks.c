#include <stdbool.h>

#include "support/local_ranks.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <synched/status.h>

/* A message on its way. */
struct packet {
  struct packet *next;
  unsigned from, to, tag;
  /* looks until it is seen */
  unsigned looks;
  size_t bytes;
  unsigned char content[];
};

struct endpoint {
  struct local_ranks *ranks;
  unsigned rank;
  const char *text;
};

struct local_ranks {
  pthread_mutex_t mutex;
  unsigned count;
  unsigned looks_most;
  uint64_t chance;
  /* in the order in which they have set out */
  struct packet *first;
  struct packet **end;
  bool is_cut;
  unsigned messages_left;
  bool refuses;
  unsigned refused_rank;
  unsigned refused_after;
  struct endpoint endpoints[LOCAL_RANKS_MOST];
};

struct member {
  struct synched_message message;
  struct synched_piece *pieces;
  bool is_pending;
};

struct group {
  struct endpoint *endpoint;
  size_t count;
  struct member members[];
};

struct local_ranks *local_ranks_new(unsigned count, unsigned looks_most) {
  struct local_ranks *ranks = calloc(1, sizeof *ranks);
  if (ranks == NULL)
    return NULL;
  (void)pthread_mutex_init(&ranks->mutex, NULL);
  ranks->count = count;
  ranks->looks_most = looks_most;
  ranks->end = &ranks->first;
  for (unsigned r = 0; r < count; r++)
    ranks->endpoints[r] = (struct endpoint){ranks, r, "nothing is wrong"};
  return ranks;
}

void local_ranks_end(struct local_ranks *ranks) {
  while (ranks->first != NULL) {
    struct packet *packet = ranks->first;
    ranks->first = packet->next;
    free(packet);
  }
  (void)pthread_mutex_destroy(&ranks->mutex);
  free(ranks);
}

static void free_group(struct group *group) {
  for (size_t m = 0; m < group->count; m++)
    free(group->members[m].pieces);
  free(group);
}

static void unmake(void *context, void *handle) {
  (void)context;
  free_group(handle);
}

static bool is_refused(struct endpoint *endpoint) {
  struct local_ranks *ranks = endpoint->ranks;
  (void)pthread_mutex_lock(&ranks->mutex);
  const bool refused =
      ranks->refuses && ranks->refused_rank == endpoint->rank && ranks->refused_after-- == 0;
  ranks->refuses = ranks->refuses && !refused;
  (void)pthread_mutex_unlock(&ranks->mutex);
  return refused;
}

static int make(void *context, void **out, const struct synched_message *messages, size_t count) {
  struct endpoint *endpoint = context;
  struct group *group = calloc(1, sizeof *group + count * sizeof group->members[0]);
  *out = NULL;
  endpoint->text = "no memory for messages, as was asked for";
  if (group == NULL || is_refused(endpoint)) {
    free(group);
    return SYNCHED_ENOMEM;
  }
  group->endpoint = endpoint;
  for (size_t m = 0; m < count; m++) {
    const size_t bytes = messages[m].piece_count * sizeof(struct synched_piece);
    struct member *member = &group->members[group->count++];
    member->message = messages[m];
    member->pieces = malloc(bytes == 0 ? 1 : bytes);
    if (member->pieces == NULL) {
      free_group(group);
      return SYNCHED_ENOMEM;
    }
    memcpy(member->pieces, messages[m].pieces, bytes);
  }
  *out = group;
  return 0;
}

static size_t bytes_of(const struct member *member) {
  size_t bytes = 0;
  for (size_t p = 0; p < member->message.piece_count; p++)
    bytes += member->pieces[p].bytes;
  return bytes;
}

static bool send_one(struct local_ranks *ranks, unsigned from, const struct member *member) {
  if (ranks->is_cut && ranks->messages_left == 0)
    return true;
  if (ranks->is_cut)
    ranks->messages_left--;
  struct packet *packet = malloc(sizeof *packet + bytes_of(member));
  if (packet == NULL)
    return false;
  *packet = (struct packet){.from = from, .to = member->message.peer, .tag = member->message.tag};
  for (size_t p = 0; p < member->message.piece_count; p++) {
    memcpy(packet->content + packet->bytes, member->pieces[p].address, member->pieces[p].bytes);
    packet->bytes += member->pieces[p].bytes;
  }
  ranks->chance = ranks->chance * UINT64_C(6364136223846793005) + 1442695040888963407u;
  packet->looks = ranks->looks_most == 0 ? 0 : (unsigned)(ranks->chance >> 33) % ranks->looks_most;
  *ranks->end = packet;
  ranks->end = &packet->next;
  return true;
}

static int start(void *context, void *handle) {
  struct endpoint *endpoint = context;
  struct group *group = handle;
  bool complete = true;
  (void)pthread_mutex_lock(&endpoint->ranks->mutex);
  for (size_t m = 0; complete && m < group->count; m++) {
    struct member *member = &group->members[m];
    member->is_pending = member->message.is_received != 0;
    if (!member->is_pending)
      complete = send_one(endpoint->ranks, endpoint->rank, member);
  }
  (void)pthread_mutex_unlock(&endpoint->ranks->mutex);
  return complete ? 0 : SYNCHED_ENOMEM;
}

/* The first message of those that it waits for; NULL: there is none yet. */
static struct packet **find(struct local_ranks *ranks, unsigned to, const struct member *member) {
  struct packet **at = &ranks->first;
  while (*at != NULL && ((*at)->to != to || (*at)->from != member->message.peer ||
                         (*at)->tag != member->message.tag))
    at = &(*at)->next;
  if (*at == NULL || (*at)->looks == 0)
    return at;
  (*at)->looks--;
  return NULL;
}

/* 1: it has arrived; 0: not yet; or a status. */
static int receive(struct endpoint *endpoint, struct member *member) {
  struct local_ranks *ranks = endpoint->ranks;
  struct packet **at = find(ranks, endpoint->rank, member);
  if (at == NULL || *at == NULL)
    return 0;
  struct packet *packet = *at;
  if (packet->bytes != bytes_of(member)) {
    endpoint->text = "a message has another length than is waited for";
    return SYNCHED_EIO;
  }
  const unsigned char *from = packet->content;
  for (size_t p = 0; p < member->message.piece_count; p++) {
    memcpy(member->pieces[p].address, from, member->pieces[p].bytes);
    from += member->pieces[p].bytes;
  }
  member->is_pending = false;
  *at = packet->next;
  if (ranks->end == &packet->next)
    ranks->end = at;
  free(packet);
  return 1;
}

static int test(void *context, void *handle) {
  struct endpoint *endpoint = context;
  struct group *group = handle;
  int answer = 1;
  (void)pthread_mutex_lock(&endpoint->ranks->mutex);
  for (size_t m = 0; answer >= 0 && m < group->count; m++) {
    const int one = group->members[m].is_pending ? receive(endpoint, &group->members[m]) : 1;
    answer = one < answer ? one : answer;
  }
  (void)pthread_mutex_unlock(&endpoint->ranks->mutex);
  return answer;
}

static const char *explain(void *context) {
  const struct endpoint *endpoint = context;
  return endpoint->text;
}

static void destroy(void *context) {
  (void)context;
}

struct synched_transport local_ranks_transport(struct local_ranks *ranks, unsigned rank) {
  return (struct synched_transport){.struct_size = sizeof(struct synched_transport),
                                    .rank = rank,
                                    .rank_count = ranks->count,
                                    .context = &ranks->endpoints[rank],
                                    .make = make,
                                    .start = start,
                                    .test = test,
                                    .unmake = unmake,
                                    .explain = explain,
                                    .destroy = destroy};
}

void local_ranks_cut(struct local_ranks *ranks, unsigned messages_left) {
  (void)pthread_mutex_lock(&ranks->mutex);
  ranks->is_cut = true;
  ranks->messages_left = messages_left;
  (void)pthread_mutex_unlock(&ranks->mutex);
}

void local_ranks_refuse(struct local_ranks *ranks, unsigned rank, unsigned after) {
  (void)pthread_mutex_lock(&ranks->mutex);
  ranks->refuses = true;
  ranks->refused_rank = rank;
  ranks->refused_after = after;
  (void)pthread_mutex_unlock(&ranks->mutex);
}

/* --- threads --- */

struct seat {
  struct local_ranks *ranks;
  unsigned rank;
  local_rank_fn fn;
  void *user;
};

static void *be_rank(void *argument) {
  const struct seat *seat = argument;
  seat->fn(seat->ranks, seat->rank, seat->user);
  return NULL;
}

bool local_ranks_run(struct local_ranks *ranks, local_rank_fn fn, void *user) {
  pthread_t threads[LOCAL_RANKS_MOST];
  struct seat seats[LOCAL_RANKS_MOST];
  unsigned made = 0;
  for (unsigned r = 0; r < ranks->count; r++) {
    seats[r] = (struct seat){ranks, r, fn, user};
    if (pthread_create(&threads[r], NULL, be_rank, &seats[r]) != 0)
      break;
    made++;
  }
  for (unsigned r = 0; r < made; r++)
    (void)pthread_join(threads[r], NULL);
  return made == ranks->count;
}
