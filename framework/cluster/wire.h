/*
 * wire.h: groups of messages that set out and arrive, and the wait for them (internal).
 */
#ifndef SYNCHED_CLUSTER_WIRE_H
#define SYNCHED_CLUSTER_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/atomic.h"

#include <synched/cluster.h>

/* What a cluster sends over. */
struct synched__wire {
  const struct synched_transport *transport;
  uint64_t timeout_ns;
  /* between two looks of who waits for long; 0: it is a short nap */
  uint64_t nap_ns;
  /* 0, or why messages do not arrive any more; then `text` is fixed */
  _Atomic int trouble;
  _Atomic uint32_t text_taken;
  char text[200];
  _Atomic uint64_t sent_bytes, sent_messages;
  _Atomic uint64_t agreed_bytes, agreed_messages;
  _Atomic uint64_t waited_ns;
};

/* Messages that set out together. */
struct synched__group {
  /* the transport's; NULL: there is no message */
  void *handle;
  /* of those that this rank sends */
  uint64_t bytes;
  uint64_t messages;
  /* a rank of which something is expected; for sentences */
  unsigned peer;
};

/* Makes one of `count` messages. A status with a sentence; *group is all zeros then. */
int synched__wire_make(struct synched__wire *wire, struct synched__group *group,
                       const struct synched_message *messages, size_t count);
void synched__wire_unmake(struct synched__wire *wire, struct synched__group *group);

/* All set out; does not block. After a failure the wire is in trouble. */
void synched__wire_start(struct synched__wire *wire, const struct synched__group *group);

/* Moves messages on. true: they have all arrived, or never will. */
bool synched__wire_test(struct synched__wire *wire, const struct synched__group *group);

/* Waits for them; blocks. Spins for a moment, then gives its CPU away, then sleeps. */
void synched__wire_wait(struct synched__wire *wire, const struct synched__group *group);

/* How long to wait for messages that nobody needs at once. */
struct synched__wire_wait {
  /* awake, from now on */
  uint64_t most_ns;
  /* when the wait began that may come to a timeout, by the clock; in it these are pieces */
  uint64_t since_ns;
};

/* Waits so long at most, awake. true: they have all arrived, or never will. */
bool synched__wire_wait_for(struct synched__wire *wire, const struct synched__group *group,
                            const struct synched__wire_wait *wait);

/* Messages do not arrive any more: keeps the first reason. */
__attribute__((format(printf, 3, 4))) void
synched__wire_trouble(struct synched__wire *wire, int status, const char *format, ...);

/* 0, or why; then wire->text says it in a sentence. */
static inline int synched__wire_status(struct synched__wire *wire) {
  return synched__load_acquire(&wire->trouble); /* [wire-trouble] acquire */
}

#endif
