/*
 * wire.c: see wire.h.
 *
 * A wait is mostly short: the other ranks have as much to compute as this one. But ranks may be
 * more than CPUs, and who spins then keeps away whom it waits for.
 *
 *   [wire-trouble]  the sentence about what is wrong, to whoever finds that something is.
 */
#include "cluster/wire.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"
#include "platform/clock.h"
#include "platform/thread.h"

/* So long it spins, and then so long it yields. */
#define SPIN_NS 20000u
#define YIELD_NS 50000u

void synched__wire_trouble(struct synched__wire *wire, int status, const char *format, ...) {
  if (synched__exchange_relaxed(&wire->text_taken, 1) != 0)
    return;
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(wire->text, sizeof wire->text, format, arguments);
  va_end(arguments);
  synched__store_release(&wire->trouble, status); /* [wire-trouble] release */
}

static void note_failure(struct synched__wire *wire, int status) {
  const struct synched_transport *transport = wire->transport;
  synched__wire_trouble(wire, status, "rank %u: %s", transport->rank,
                        transport->explain(transport->context));
}

int synched__wire_make(struct synched__wire *wire, struct synched__group *group,
                       const struct synched_message *messages, size_t count) {
  const struct synched_transport *transport = wire->transport;
  *group = (struct synched__group){0};
  if (count == 0)
    return 0;
  for (size_t m = 0; m < count; m++) {
    const struct synched_message *message = &messages[m];
    if (message->is_received) {
      group->peer = message->peer;
      continue;
    }
    group->messages++;
    for (size_t p = 0; p < message->piece_count; p++)
      group->bytes += message->pieces[p].bytes;
  }
  const int status = transport->make(transport->context, &group->handle, messages, count);
  if (status == 0)
    return 0;
  *group = (struct synched__group){0};
  return synched__fail(status, "%s", transport->explain(transport->context));
}

void synched__wire_unmake(struct synched__wire *wire, struct synched__group *group) {
  if (group->handle != NULL)
    wire->transport->unmake(wire->transport->context, group->handle);
  *group = (struct synched__group){0};
}

void synched__wire_start(struct synched__wire *wire, const struct synched__group *group) {
  if (group->handle == NULL || synched__wire_status(wire) != 0)
    return;
  const int status = wire->transport->start(wire->transport->context, group->handle);
  if (status != 0)
    note_failure(wire, status);
}

bool synched__wire_test(struct synched__wire *wire, const struct synched__group *group) {
  if (group->handle == NULL || synched__wire_status(wire) != 0)
    return true;
  const int answer = wire->transport->test(wire->transport->context, group->handle);
  if (answer < 0)
    note_failure(wire, answer);
  return answer != 0;
}

static void note_timeout(struct synched__wire *wire, const struct synched__group *group) {
  synched__wire_trouble(wire, SYNCHED_ETIMEDOUT,
                        "rank %u has waited %.3f s for messages of rank %u, or of another one",
                        wire->transport->rank, (double)wire->timeout_ns / 1e9, group->peer);
}

static bool is_timed_out(const struct synched__wire *wire, uint64_t since_ns, uint64_t now_ns) {
  return wire->timeout_ns != 0 && synched__span_ns(since_ns, now_ns) > wire->timeout_ns;
}

bool synched__wire_wait_for(struct synched__wire *wire, const struct synched__group *group,
                            const struct synched__wire_wait *wait) {
  const uint64_t start_ns = synched__clock_ns();
  while (!synched__wire_test(wire, group)) {
    const uint64_t now_ns = synched__clock_ns();
    if (is_timed_out(wire, wait->since_ns, now_ns))
      note_timeout(wire, group);
    else if (synched__span_ns(start_ns, now_ns) > wait->most_ns)
      return false;
    else if (synched__span_ns(start_ns, now_ns) > SPIN_NS)
      synched__thread_yield();
    else
      synched__cpu_pause();
  }
  return true;
}

void synched__wire_wait(struct synched__wire *wire, const struct synched__group *group) {
  if (synched__wire_test(wire, group))
    return;
  const uint64_t start_ns = synched__clock_ns();
  uint64_t gone_ns = 0;
  while (!synched__wire_test(wire, group)) {
    const uint64_t now_ns = synched__clock_ns();
    gone_ns = synched__span_ns(start_ns, now_ns);
    if (is_timed_out(wire, start_ns, now_ns))
      note_timeout(wire, group);
    else if (gone_ns > SPIN_NS + YIELD_NS && wire->nap_ns != 0)
      synched__thread_sleep_ns(wire->nap_ns);
    else if (gone_ns > SPIN_NS + YIELD_NS)
      synched__thread_nap();
    else if (gone_ns > SPIN_NS)
      synched__thread_yield();
    else
      synched__cpu_pause();
  }
  (void)synched__add_relaxed(&wire->waited_ns, gone_ns);
}
