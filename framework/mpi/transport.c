/*
 * transport.c: MPI carries a cluster's messages.
 *
 * A group is an array of persistent requests, which start together and are tested together. A
 * message's pieces are one datatype of absolute addresses, so that nothing is copied here and
 * nothing allocated when it sets out.
 *
 * With MPI_THREAD_SERIALIZED one thread of the process may be in MPI at a time, whatever its
 * communicator: they take turns by one word. Who only wants to move messages on does not wait for
 * its turn. Threads that write checkpoints are among them, whose priority is lower.
 *
 *   [mpi-left]  all that a thread has done in MPI, to the next one that enters it.
 */
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/back_off.h"

#include <synched/mpi.h>
#include <synched/status.h>

/* A block of a datatype has an int of bytes. */
#define BLOCK_BYTES ((size_t)1 << 30)

/* How often the end of a message that is under way is looked for. */
#define CANCEL_LOOKS 1000u

struct transport {
  MPI_Comm communicator;
  /* threads may be in MPI at the same time */
  bool is_parallel;
  /* what was wrong last */
  char text[MPI_MAX_ERROR_STRING + 64];
};

struct group {
  int count;
  /* [count] */
  MPI_Request *requests;
  bool *is_received;
  /* it has been started, and not been found complete */
  bool is_under_way;
};

/* --- turns --- */

static _Atomic uint32_t is_in_mpi;

static bool try_enter(const struct transport *transport) {
  if (transport->is_parallel)
    return true;
  return synched__exchange_acquire(&is_in_mpi, 1) == 0; /* [mpi-left] acquire */
}

static void enter(const struct transport *transport) {
  for (unsigned looks = 0; !try_enter(transport); looks++)
    synched__back_off(looks);
}

static void leave(const struct transport *transport) {
  if (!transport->is_parallel)
    synched__store_release(&is_in_mpi, 0); /* [mpi-left] release */
}

/* --- errors --- */

/* Keeps what MPI says of a code. Returns a status. */
static int fail(struct transport *transport, const char *call, int code) {
  char text[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  (void)MPI_Error_string(code, text, &length);
  (void)snprintf(transport->text, sizeof transport->text, "%s: %s", call, text);
  return SYNCHED_EIO;
}

static int out_of_memory(struct transport *transport) {
  (void)snprintf(transport->text, sizeof transport->text, "no memory for messages by MPI");
  return SYNCHED_ENOMEM;
}

static const char *explain(void *context) {
  const struct transport *transport = context;
  return transport->text;
}

/* --- a message --- */

/* Its pieces, cut where they are too long for MPI. */
struct blocks {
  int count;
  int *lengths;
  MPI_Aint *addresses;
};

static size_t count_blocks(const struct synched_message *message) {
  size_t count = 0;
  for (size_t p = 0; p < message->piece_count; p++)
    count += message->pieces[p].bytes / BLOCK_BYTES + 1;
  return count;
}

/* 0, or MPI's code. */
static int fill_blocks(struct blocks *blocks, const struct synched_message *message) {
  for (size_t p = 0; p < message->piece_count; p++) {
    unsigned char *at = message->pieces[p].address;
    size_t left = message->pieces[p].bytes;
    while (left != 0) {
      const size_t bytes = left < BLOCK_BYTES ? left : BLOCK_BYTES;
      const int code = MPI_Get_address(at, &blocks->addresses[blocks->count]);
      if (code != MPI_SUCCESS)
        return code;
      blocks->lengths[blocks->count++] = (int)bytes;
      at += bytes;
      left -= bytes;
    }
  }
  return MPI_SUCCESS;
}

/* Makes the request of a message of this type. 0, or MPI's code. */
static int init_request(const struct transport *transport, MPI_Request *request,
                        const struct synched_message *message, MPI_Datatype type) {
  const int peer = (int)message->peer;
  const int tag = (int)message->tag;
  return message->is_received
             ? MPI_Recv_init(MPI_BOTTOM, 1, type, peer, tag, transport->communicator, request)
             : MPI_Send_init(MPI_BOTTOM, 1, type, peer, tag, transport->communicator, request);
}

static int make_request(struct transport *transport, MPI_Request *request,
                        const struct synched_message *message, struct blocks *blocks) {
  MPI_Datatype type;
  int code = fill_blocks(blocks, message);
  if (code == MPI_SUCCESS)
    code = MPI_Type_create_hindexed(blocks->count, blocks->lengths, blocks->addresses, MPI_BYTE,
                                    &type);
  if (code != MPI_SUCCESS)
    return fail(transport, "a message's type", code);
  code = MPI_Type_commit(&type);
  if (code == MPI_SUCCESS)
    code = init_request(transport, request, message, type);
  (void)MPI_Type_free(&type); /* the request keeps it */
  return code == MPI_SUCCESS ? 0 : fail(transport, "a message's request", code);
}

static int make_message(struct transport *transport, MPI_Request *request,
                        const struct synched_message *message) {
  const size_t count = count_blocks(message) + 1; /* a message may have none */
  struct blocks blocks = {.lengths = count > INT_MAX ? NULL : calloc(count, sizeof(int)),
                          .addresses = calloc(count, sizeof(MPI_Aint))};
  const int status = blocks.lengths == NULL || blocks.addresses == NULL
                         ? out_of_memory(transport)
                         : make_request(transport, request, message, &blocks);
  free(blocks.lengths);
  free(blocks.addresses);
  return status;
}

/* --- a group --- */

static void free_group(struct group *group) {
  for (int r = 0; group->requests != NULL && r < group->count; r++)
    if (group->requests[r] != MPI_REQUEST_NULL)
      (void)MPI_Request_free(&group->requests[r]);
  free(group->requests);
  free(group->is_received);
  free(group);
}

static int fill_group(struct transport *transport, struct group *group,
                      const struct synched_message *messages, size_t count) {
  group->requests = calloc(count, sizeof(MPI_Request));
  group->is_received = calloc(count, sizeof(bool));
  if (count > INT_MAX || group->requests == NULL || group->is_received == NULL)
    return out_of_memory(transport);
  int status = 0;
  for (size_t m = 0; status == 0 && m < count; m++) {
    group->requests[m] = MPI_REQUEST_NULL;
    group->count++;
    group->is_received[m] = messages[m].is_received != 0;
    status = make_message(transport, &group->requests[m], &messages[m]);
  }
  return status;
}

static int make(void *context, void **out, const struct synched_message *messages, size_t count) {
  struct transport *transport = context;
  struct group *group = calloc(1, sizeof *group);
  *out = NULL;
  if (group == NULL)
    return out_of_memory(transport);
  enter(transport);
  const int status = fill_group(transport, group, messages, count);
  if (status != 0)
    free_group(group);
  else
    *out = group;
  leave(transport);
  return status;
}

static int start(void *context, void *handle) {
  struct transport *transport = context;
  struct group *group = handle;
  enter(transport);
  group->is_under_way = true;
  const int code = MPI_Startall(group->count, group->requests);
  leave(transport);
  return code == MPI_SUCCESS ? 0 : fail(transport, "MPI_Startall", code);
}

static int test(void *context, void *handle) {
  struct transport *transport = context;
  struct group *group = handle;
  int all = 0;
  if (!try_enter(transport))
    return 0;
  const int code = MPI_Testall(group->count, group->requests, &all, MPI_STATUSES_IGNORE);
  if (all)
    group->is_under_way = false;
  leave(transport);
  return code == MPI_SUCCESS ? all : fail(transport, "MPI_Testall", code);
}

/* Takes back what has not arrived, so that its memory is not written any more. Some may be in the
 * middle of arriving, from a rank that is gone: there is no end to wait for then. */
static void take_back(struct group *group) {
  int all = 0;
  for (int r = 0; r < group->count; r++)
    if (group->is_received[r])
      (void)MPI_Cancel(&group->requests[r]);
  for (unsigned look = 0; !all && look < CANCEL_LOOKS; look++)
    if (MPI_Testall(group->count, group->requests, &all, MPI_STATUSES_IGNORE) != MPI_SUCCESS)
      return;
}

static void unmake(void *context, void *handle) {
  struct transport *transport = context;
  struct group *group = handle;
  enter(transport);
  if (group->is_under_way)
    take_back(group);
  free_group(group);
  leave(transport);
}

static void destroy(void *context) {
  struct transport *transport = context;
  int is_over = 0;
  (void)MPI_Finalized(&is_over);
  enter(transport);
  if (!is_over)
    (void)MPI_Comm_free(&transport->communicator);
  leave(transport);
  free(transport);
}

/* --- making one --- */

static int refuse(int status, const char **why, const char *text) {
  *why = text;
  return status;
}

static int check(MPI_Comm communicator, int *provided, const char **why) {
  int is_on = 0;
  int is_over = 0;
  int is_between = 0;
  if (MPI_Initialized(&is_on) != MPI_SUCCESS || !is_on)
    return refuse(SYNCHED_EINVAL, why, "MPI is not initialised; call MPI_Init_thread first");
  if (MPI_Finalized(&is_over) != MPI_SUCCESS || is_over)
    return refuse(SYNCHED_EINVAL, why, "MPI has been finalised");
  if (MPI_Query_thread(provided) != MPI_SUCCESS || *provided < MPI_THREAD_SERIALIZED)
    return refuse(SYNCHED_ENOTSUP, why,
                  "MPI's threads are less than MPI_THREAD_SERIALIZED, and workers call MPI; ask "
                  "MPI_Init_thread for that");
  if (communicator == MPI_COMM_NULL)
    return refuse(SYNCHED_EINVAL, why, "the communicator is MPI_COMM_NULL");
  if (MPI_Comm_test_inter(communicator, &is_between) != MPI_SUCCESS || is_between)
    return refuse(SYNCHED_EINVAL, why, "the communicator is one between two groups");
  return 0;
}

/* 0, or MPI's code. */
static int duplicate(struct transport *transport, MPI_Comm communicator, int *rank, int *count) {
  int code = MPI_Comm_dup(communicator, &transport->communicator);
  if (code != MPI_SUCCESS)
    return code;
  code = MPI_Comm_set_errhandler(transport->communicator, MPI_ERRORS_RETURN);
  if (code == MPI_SUCCESS)
    code = MPI_Comm_rank(transport->communicator, rank);
  if (code == MPI_SUCCESS)
    code = MPI_Comm_size(transport->communicator, count);
  if (code != MPI_SUCCESS)
    (void)MPI_Comm_free(&transport->communicator);
  return code;
}

/* *why: what was wrong, where that is not said already. */
static int create(struct synched_cluster **out, MPI_Comm communicator,
                  const struct synched_cluster_options *options, const char **why) {
  int provided = 0;
  int rank = 0;
  int count = 0;
  const int status = check(communicator, &provided, why);
  if (status != 0)
    return status;
  struct transport *transport = calloc(1, sizeof *transport);
  if (transport == NULL)
    return refuse(SYNCHED_ENOMEM, why, "no memory for a cluster");
  transport->is_parallel = provided >= MPI_THREAD_MULTIPLE;
  enter(transport);
  const int code = duplicate(transport, communicator, &rank, &count);
  leave(transport);
  if (code != MPI_SUCCESS) {
    free(transport);
    return refuse(SYNCHED_EIO, why, "MPI could not duplicate the communicator");
  }
  const struct synched_transport calls = {.struct_size = sizeof calls,
                                          .rank = (unsigned)rank,
                                          .rank_count = (unsigned)count,
                                          .context = transport,
                                          .make = make,
                                          .start = start,
                                          .test = test,
                                          .unmake = unmake,
                                          .explain = explain,
                                          .destroy = destroy};
  return synched_cluster_create_over(out, &calls, options);
}

int synched_cluster_create(struct synched_cluster **out, MPI_Comm communicator,
                           const struct synched_cluster_options *options) {
  const char *why = NULL;
  if (out == NULL)
    return synched_cluster_refuse(SYNCHED_EINVAL, "the cluster to create is NULL");
  *out = NULL;
  const int status = create(out, communicator, options, &why);
  return why == NULL ? status : synched_cluster_refuse(status, why);
}
