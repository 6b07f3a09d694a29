/*
 * perfetto_test.c: a report in Perfetto's binary form: its packets. What is in them, and that
 * the rules of the format are kept, tests/programs/ tests.
 */
#include "support/written.h"

#include "report/protobuf.h"
#include "support/unit_support.h"

struct field {
  unsigned number, wire;
  uint64_t value; /* of a message: its length */
  const unsigned char *bytes;
};

static uint64_t read_varint(const unsigned char **at, const unsigned char *end) {
  uint64_t number = 0;
  for (unsigned shift = 0;; shift += 7) {
    cr_assert_lt(*at, end);
    cr_assert_lt(shift, 64u);
    number |= (uint64_t)(**at & 0x7f) << shift;
    if (*(*at)++ < 0x80)
      return number;
  }
}

static struct field read_field(const unsigned char **at, const unsigned char *end) {
  const uint64_t tag = read_varint(at, end);
  struct field field = {.number = (unsigned)(tag >> 3), .wire = (unsigned)(tag & 7)};
  if (field.wire == 1) {
    field.bytes = *at;
    *at += 8;
    return field;
  }
  field.value = read_varint(at, end);
  if (field.wire == 2) {
    field.bytes = *at;
    *at += field.value;
  }
  cr_assert(field.wire == 0 || field.wire == 2);
  cr_assert_leq(*at, end);
  return field;
}

/* The first field of that number in a message. */
static struct field find_field(const struct field *message, unsigned number) {
  const unsigned char *at = message->bytes, *end = at + message->value;
  while (at < end) {
    const struct field field = read_field(&at, end);
    if (field.number == number)
      return field;
  }
  return (struct field){.wire = 7};
}

/* Its sequence, and the track that is described first. */
struct numbers {
  uint64_t sequence, track;
  size_t packet_count;
};

static struct numbers read_trace(const struct synched_report *report) {
  size_t byte_count;
  char *text = written(report, SYNCHED_FORMAT_PERFETTO, &byte_count);
  const unsigned char *at = (const unsigned char *)text, *end = at + byte_count;
  struct numbers numbers = {0, 0, 0};
  for (; at < end; numbers.packet_count++) {
    const struct field packet = read_field(&at, end);
    const struct field sequence = find_field(&packet, 10), flags = find_field(&packet, 13);
    const struct field descriptor = find_field(&packet, 60);
    cr_assert_eq(packet.number, 1u);
    if (numbers.packet_count == 0)
      numbers.sequence = sequence.value;
    cr_assert_eq(sequence.value, numbers.sequence);
    cr_assert_eq(flags.value, numbers.packet_count == 0 ? 1u : 2u);
    if (descriptor.wire == 2 && numbers.track == 0)
      numbers.track = find_field(&descriptor, 1).value;
  }
  free(text);
  return numbers;
}

Test(perfetto, packets_are_one_sequence) {
  struct synched_report *report = create(2, 3);
  record_run(report, 1, 3, 3);
  const struct numbers numbers = read_trace(report);
  cr_expect_gt(numbers.sequence, 0u);
  cr_expect_leq(numbers.sequence, UINT32_MAX);
  cr_expect_gt(numbers.track, 0u);
  /* Texts, process, facts; 2 tracks; 6 parts and 3 closings; 2 counters of 3 values. */
  cr_expect_eq(numbers.packet_count, 3u + 2u + 2u * (6u + 3u) + 2u + 6u);
  synched_report_destroy(report);
}

Test(perfetto, traces_of_two_jobs_have_other_numbers) {
  struct synched_report *report = create(1, 1);
  const struct numbers one = read_trace(report);
  cr_expect_eq(read_trace(report).track, one.track);
  report->name[0] = 'b';
  const struct numbers other = read_trace(report);
  report->summary.start_ns++;
  const struct numbers later = read_trace(report);
  report->process++;
  const struct numbers elsewhere = read_trace(report);
  const struct numbers *const all[] = {&one, &other, &later, &elsewhere};
  for (size_t i = 0; i < LENGTH(all); i++) {
    for (size_t j = 0; j < i; j++) {
      cr_expect_neq(all[i]->sequence, all[j]->sequence);
      cr_expect_neq(all[i]->track, all[j]->track);
    }
  }
  synched_report_destroy(report);
}

Test(perfetto, a_part_is_a_slice_to_the_byte) {
  struct synched_report *report = create(1, 1);
  record_run(report, 1, 1, 1);
  unsigned char bytes[256];
  struct synched__protobuf packet = {.bytes = bytes, .room = sizeof bytes};
  const struct numbers numbers = read_trace(report);
  const uint64_t values[][2] = {{1, 1}, {3, 1}, {4, 0}, {5, 101000}, {6, 0}, {7, 101000}};
  const size_t outer = synched__protobuf_begin(&packet, 1);
  synched__protobuf_number(&packet, 10, numbers.sequence);
  synched__protobuf_number(&packet, 13, 2);
  synched__protobuf_number(&packet, 8, 1000000);
  const size_t event = synched__protobuf_begin(&packet, 11);
  synched__protobuf_number(&packet, 9, 1);
  synched__protobuf_number(&packet, 11, numbers.track + 1);
  synched__protobuf_number(&packet, 3, 2);
  synched__protobuf_text(&packet, 23, "round 1");
  for (size_t i = 0; i < LENGTH(values); i++) {
    const size_t argument = synched__protobuf_begin(&packet, 4);
    synched__protobuf_number(&packet, 1, values[i][0]);
    synched__protobuf_number(&packet, 3, values[i][1]);
    synched__protobuf_end(&packet, argument);
  }
  synched__protobuf_end(&packet, event);
  synched__protobuf_end(&packet, outer);
  size_t byte_count;
  char *text = written(report, SYNCHED_FORMAT_PERFETTO, &byte_count);
  cr_expect_not_null(memmem(text, byte_count, bytes, packet.length));
  free(text);
  synched_report_destroy(report);
}

Test(perfetto, the_longest_texts_have_room) {
  struct synched_report *report = create(200, 1);
  memset(report->name, 0xff, sizeof report->name - 1);
  memset(report->machine, 0xff, sizeof report->machine - 1);
  memset(report->placement, 0xff, sizeof report->placement - 1);
  memset(report->pool, 0xff, sizeof report->pool - 1);
  record_run(report, 1, 1, 1);
  cr_expect_gt(read_trace(report).packet_count, 400u);
  synched_report_destroy(report);
}

Test(perfetto, failures_are_told) {
  struct synched_report *report = create(2, 1);
  expect_failures_told(report, SYNCHED_FORMAT_PERFETTO, 3);
  synched_report_destroy(report);
}
