/*
 * perfetto.c: a report in the binary form of Perfetto's traces: packets of Protocol Buffers
 * (protos/perfetto/trace/ in its sources), all of one sequence.
 *
 * The first packet has the texts that come again and again; later ones refer to them by number.
 * Numbers of tracks and of the sequence come from the job's name, process and start. So traces of
 * several jobs may simply be put one behind the other, and make one trace.
 *
 * Times are those of the monotonic clock. Perfetto takes them for its trace's own.
 */
#include <string.h>

#include "base/error.h"
#include "platform/alloc.h"
#include "report/forms.h"
#include "report/out.h"
#include "report/protobuf.h"
#include "report/timeline.h"

/* Fields, each in the message that its name begins with. */
enum {
  TRACE_PACKET = 1,
  PACKET_TIMESTAMP = 8,
  PACKET_SEQUENCE_ID = 10,
  PACKET_EVENT = 11,
  PACKET_INTERNED = 12,
  PACKET_SEQUENCE_FLAGS = 13,
  PACKET_DESCRIPTOR = 60,
  INTERNED_CATEGORIES = 1,
  INTERNED_EVENT_NAMES = 2,
  INTERNED_ARGUMENT_NAMES = 3,
  ENTRY_ID = 1,
  ENTRY_NAME = 2,
  DESCRIPTOR_UUID = 1,
  DESCRIPTOR_NAME = 2,
  DESCRIPTOR_PROCESS = 3,
  DESCRIPTOR_THREAD = 4,
  DESCRIPTOR_PARENT = 5,
  DESCRIPTOR_COUNTER = 8,
  PROCESS_ID = 1,
  PROCESS_NAME = 6,
  PROCESS_LABELS = 8,
  THREAD_PROCESS_ID = 1,
  THREAD_ID = 2,
  THREAD_NAME = 5,
  COUNTER_UNIT = 3,
  EVENT_CATEGORY_ID = 3,
  EVENT_ARGUMENT = 4,
  EVENT_TYPE = 9,
  EVENT_NAME_ID = 10,
  EVENT_TRACK = 11,
  EVENT_NAME = 23,
  EVENT_COUNTER_VALUE = 30,
  EVENT_FLOWS = 47,
  EVENT_FLOWS_ENDING = 48,
  ARGUMENT_NAME_ID = 1,
  ARGUMENT_NUMBER = 3,
  ARGUMENT_TEXT = 6,
  ARGUMENT_NAME = 10
};

enum { SLICE_BEGIN = 1, SLICE_END = 2, INSTANT = 3, COUNTER = 4 };
enum { STATE_CLEARED = 1, NEEDS_STATE = 2 };
enum { UNIT_NS = 1 };

/* A packet has all facts at most, or the interned texts; and a flow for each worker. */
#define PACKET_BYTES 8192u
#define FLOW_BYTES 16u

struct perfetto {
  struct synched__out out;
  const struct synched_report *report;
  struct synched__protobuf packet;
  size_t begun;
  /* the processes', then the workers', those of messages, and the counters' */
  uint64_t tracks;
  uint64_t sequence;
};

static uint64_t track_of_process(const struct perfetto *perfetto, unsigned process) {
  return perfetto->tracks + process;
}

static uint64_t track_of(const struct perfetto *perfetto, unsigned track) {
  return perfetto->tracks + synched__timeline_process_count(perfetto->report) + track;
}

static uint64_t track_of_counter(const struct perfetto *perfetto,
                                 enum synched__timeline_counter counter) {
  const struct synched_report_summary *summary = &perfetto->report->summary;
  return track_of(perfetto, summary->worker_count + summary->rank_count) + (unsigned)counter;
}

/* --- packets --- */

static void begin_packet(struct perfetto *perfetto, unsigned flags) {
  struct synched__protobuf *packet = &perfetto->packet;
  packet->length = 0;
  perfetto->begun = synched__protobuf_begin(packet, TRACE_PACKET);
  synched__protobuf_number(packet, PACKET_SEQUENCE_ID, perfetto->sequence);
  synched__protobuf_number(packet, PACKET_SEQUENCE_FLAGS, flags);
}

static void end_packet(struct perfetto *perfetto) {
  synched__protobuf_end(&perfetto->packet, perfetto->begun);
  synched__out_bytes(&perfetto->out, perfetto->packet.bytes, perfetto->packet.length);
}

static size_t begin_event(struct perfetto *perfetto, uint64_t at_ns, uint64_t track,
                          unsigned type) {
  begin_packet(perfetto, NEEDS_STATE);
  synched__protobuf_number(&perfetto->packet, PACKET_TIMESTAMP, at_ns);
  const size_t event = synched__protobuf_begin(&perfetto->packet, PACKET_EVENT);
  synched__protobuf_number(&perfetto->packet, EVENT_TYPE, type);
  synched__protobuf_number(&perfetto->packet, EVENT_TRACK, track);
  return event;
}

static void end_event(struct perfetto *perfetto, size_t event) {
  synched__protobuf_end(&perfetto->packet, event);
  end_packet(perfetto);
}

/* --- descriptions --- */

static void intern(struct synched__protobuf *packet, unsigned field, unsigned index,
                   const char *name) {
  const size_t entry = synched__protobuf_begin(packet, field);
  synched__protobuf_number(packet, ENTRY_ID, index + 1);
  synched__protobuf_text(packet, ENTRY_NAME, name);
  synched__protobuf_end(packet, entry);
}

static void write_interned(struct perfetto *perfetto) {
  struct synched__protobuf *packet = &perfetto->packet;
  begin_packet(perfetto, STATE_CLEARED);
  const size_t interned = synched__protobuf_begin(packet, PACKET_INTERNED);
  for (unsigned k = 0; k < SYNCHED__TIMELINE_KINDS; k++) {
    const enum synched__timeline_kind kind = (enum synched__timeline_kind)k;
    intern(packet, INTERNED_CATEGORIES, k, synched__timeline_kind_category(kind));
    intern(packet, INTERNED_EVENT_NAMES, k, synched__timeline_kind_name(kind));
  }
  for (unsigned a = 0; a < SYNCHED__TIMELINE_ARGUMENTS; a++)
    intern(packet, INTERNED_ARGUMENT_NAMES, a,
           synched__timeline_argument_name((enum synched__timeline_argument)a));
  synched__protobuf_end(packet, interned);
  end_packet(perfetto);
}

static void write_process(struct perfetto *perfetto, unsigned number) {
  struct synched__protobuf *packet = &perfetto->packet;
  struct synched__timeline_text text;
  synched__timeline_process_text(&text, perfetto->report, number);
  begin_packet(perfetto, NEEDS_STATE);
  const size_t descriptor = synched__protobuf_begin(packet, PACKET_DESCRIPTOR);
  synched__protobuf_number(packet, DESCRIPTOR_UUID, track_of_process(perfetto, number));
  const size_t process = synched__protobuf_begin(packet, DESCRIPTOR_PROCESS);
  synched__protobuf_number(packet, PROCESS_ID,
                           synched__timeline_process_id(perfetto->report, number));
  synched__protobuf_text(packet, PROCESS_NAME, text.name);
  synched__protobuf_text(packet, PROCESS_LABELS, text.label);
  synched__protobuf_end(packet, process);
  synched__protobuf_end(packet, descriptor);
  end_packet(perfetto);
}

/* There is no place for facts of one's own but an event's arguments. */
static void write_facts(struct perfetto *perfetto, const struct synched__timeline_head *head) {
  struct synched__protobuf *packet = &perfetto->packet;
  const size_t event =
      begin_event(perfetto, perfetto->report->summary.start_ns, perfetto->tracks, INSTANT);
  synched__protobuf_text(packet, EVENT_NAME, "report");
  for (unsigned i = 0; i < SYNCHED__TIMELINE_FACTS; i++) {
    const size_t argument = synched__protobuf_begin(packet, EVENT_ARGUMENT);
    synched__protobuf_text(packet, ARGUMENT_NAME, head->facts[i].name);
    synched__protobuf_text(packet, ARGUMENT_TEXT, head->facts[i].text);
    synched__protobuf_end(packet, argument);
  }
  end_event(perfetto, event);
}

static void on_open(void *state, const struct synched__timeline_head *head) {
  struct perfetto *perfetto = state;
  write_interned(perfetto);
  for (unsigned p = 0; p < synched__timeline_process_count(perfetto->report); p++)
    write_process(perfetto, p);
  write_facts(perfetto, head);
}

static void on_track(void *state, unsigned track, const char *thread_name) {
  struct perfetto *perfetto = state;
  const unsigned process = synched__timeline_process_of(perfetto->report, track);
  struct synched__protobuf *packet = &perfetto->packet;
  begin_packet(perfetto, NEEDS_STATE);
  const size_t descriptor = synched__protobuf_begin(packet, PACKET_DESCRIPTOR);
  synched__protobuf_number(packet, DESCRIPTOR_UUID, track_of(perfetto, track));
  synched__protobuf_number(packet, DESCRIPTOR_PARENT, track_of_process(perfetto, process));
  const size_t thread = synched__protobuf_begin(packet, DESCRIPTOR_THREAD);
  synched__protobuf_number(packet, THREAD_PROCESS_ID,
                           synched__timeline_process_id(perfetto->report, process));
  synched__protobuf_number(packet, THREAD_ID, synched__timeline_thread_id(perfetto->report, track));
  synched__protobuf_text(packet, THREAD_NAME, thread_name);
  synched__protobuf_end(packet, thread);
  synched__protobuf_end(packet, descriptor);
  end_packet(perfetto);
}

static void on_counter(void *state, enum synched__timeline_counter counter) {
  struct perfetto *perfetto = state;
  struct synched__protobuf *packet = &perfetto->packet;
  begin_packet(perfetto, NEEDS_STATE);
  const size_t descriptor = synched__protobuf_begin(packet, PACKET_DESCRIPTOR);
  synched__protobuf_number(packet, DESCRIPTOR_UUID, track_of_counter(perfetto, counter));
  synched__protobuf_text(packet, DESCRIPTOR_NAME, synched__timeline_counter_name(counter));
  synched__protobuf_number(packet, DESCRIPTOR_PARENT, perfetto->tracks);
  const size_t unit = synched__protobuf_begin(packet, DESCRIPTOR_COUNTER);
  synched__protobuf_number(packet, COUNTER_UNIT, UNIT_NS);
  synched__protobuf_end(packet, unit);
  synched__protobuf_end(packet, descriptor);
  end_packet(perfetto);
}

/* --- events --- */

/* "segment 3", from its end. */
static void put_name(struct synched__protobuf *packet,
                     const struct synched__timeline_slice *slice) {
  char name[48];
  const char *words = synched__timeline_kind_name(slice->kind);
  const size_t length = strlen(words);
  if (!slice->numbered) {
    synched__protobuf_number(packet, EVENT_NAME_ID, (unsigned)slice->kind + 1);
    return;
  }
  char *first = synched__digits(name + sizeof name - SYNCHED__DIGITS_MAX, slice->number, 1);
  *--first = ' ';
  first -= length;
  memcpy(first, words, length);
  synched__protobuf_bytes(packet, EVENT_NAME, first, (size_t)(name + sizeof name - first));
}

static void on_begin(void *state, const struct synched__timeline_slice *slice) {
  struct perfetto *perfetto = state;
  struct synched__protobuf *packet = &perfetto->packet;
  const size_t event =
      begin_event(perfetto, slice->start_ns, track_of(perfetto, slice->track), SLICE_BEGIN);
  synched__protobuf_number(packet, EVENT_CATEGORY_ID, (unsigned)slice->kind + 1);
  put_name(packet, slice);
  for (unsigned i = 0; i < slice->value_count; i++) {
    const size_t argument = synched__protobuf_begin(packet, EVENT_ARGUMENT);
    synched__protobuf_number(packet, ARGUMENT_NAME_ID, (unsigned)slice->values[i].argument + 1);
    synched__protobuf_number(packet, ARGUMENT_NUMBER, slice->values[i].value);
    synched__protobuf_end(packet, argument);
  }
  if (slice->departure != 0)
    synched__protobuf_fixed(packet, EVENT_FLOWS, perfetto->tracks + slice->departure);
  for (size_t i = 0; i < slice->arrival_count; i++)
    synched__protobuf_fixed(packet, EVENT_FLOWS_ENDING, perfetto->tracks + slice->arrivals[i]);
  end_event(perfetto, event);
}

static void on_end(void *state, const struct synched__timeline_slice *slice) {
  struct perfetto *perfetto = state;
  end_event(perfetto,
            begin_event(perfetto, slice->end_ns, track_of(perfetto, slice->track), SLICE_END));
}

static void on_sample(void *state, enum synched__timeline_counter counter, uint64_t at_ns,
                      uint64_t value) {
  struct perfetto *perfetto = state;
  const size_t event = begin_event(perfetto, at_ns, track_of_counter(perfetto, counter), COUNTER);
  synched__protobuf_number(&perfetto->packet, EVENT_COUNTER_VALUE, value);
  end_event(perfetto, event);
}

/* --- the whole --- */

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t count) {
  for (size_t i = 0; i < count; i++)
    hash = (hash ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001b3); /* FNV-1a */
  return hash;
}

static void choose_numbers(struct perfetto *perfetto) {
  const struct synched_report *report = perfetto->report;
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  for (const char *at = report->name; *at != '\0'; at++)
    hash = hash_bytes(hash, at, 1);
  hash = hash_bytes(hash, &report->process, sizeof report->process);
  hash = hash_bytes(hash, &report->summary.start_ns, sizeof report->summary.start_ns);
  perfetto->sequence = hash >> 33 | 1; /* 32 bits, and not 0 */
  perfetto->tracks = hash >> 1 | 1;    /* and none of those that follow is 0 */
}

int synched__perfetto_print(const struct synched_report *report, FILE *file) {
  static const struct synched__timeline_encoder encoder = {
      .open = on_open,
      .track = on_track,
      .begin = on_begin,
      .end = on_end,
      .counter = on_counter,
      .sample = on_sample,
  };
  struct perfetto perfetto = {.report = report};
  perfetto.packet.room = PACKET_BYTES + (size_t)FLOW_BYTES * report->summary.worker_count;
  perfetto.packet.bytes = synched__alloc(perfetto.packet.room, 1);
  if (perfetto.packet.bytes == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for the packets of a trace");
  choose_numbers(&perfetto);
  const int status = synched__timeline_print(report, &encoder, &perfetto, &perfetto.out, file);
  synched__free(perfetto.packet.bytes);
  return status;
}
