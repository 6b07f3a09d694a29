/*
 * protobuf_test.c: messages to the byte. The first two are examples of the format's documentation.
 */
#include "report/protobuf.h"

#include <criterion/criterion.h>

#include <string.h>

#include "support/unit_support.h"

#define ROOM 40000u

static unsigned char bytes[ROOM];
static struct synched__protobuf message = {.bytes = bytes, .room = sizeof bytes};

#define EXPECT(...)                                                                                \
  expect((const unsigned char[]){__VA_ARGS__}, sizeof((const unsigned char[]){__VA_ARGS__}))

static void expect(const unsigned char *expected, size_t count) {
  cr_assert_eq(message.length, count, "%zu bytes, not %zu", message.length, count);
  for (size_t i = 0; i < count; i++)
    cr_expect_eq(bytes[i], expected[i], "byte %zu is %02x, not %02x", i, bytes[i], expected[i]);
  message.length = 0;
}

Test(protobuf, numbers_are_varints) {
  synched__protobuf_number(&message, 1, 150);
  EXPECT(0x08, 0x96, 0x01);
  synched__protobuf_number(&message, 1, 0);
  EXPECT(0x08, 0x00);
  synched__protobuf_number(&message, 16, 127);
  EXPECT(0x80, 0x01, 0x7f);
  synched__protobuf_number(&message, 2, UINT64_MAX);
  EXPECT(0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01);
}

Test(protobuf, texts_and_messages_have_their_length_before_them) {
  synched__protobuf_text(&message, 2, "testing");
  EXPECT(0x12, 0x07, 't', 'e', 's', 't', 'i', 'n', 'g');
  synched__protobuf_bytes(&message, 2, "ab", 2);
  EXPECT(0x12, 0x02, 'a', 'b');
  const size_t begun = synched__protobuf_begin(&message, 3);
  synched__protobuf_number(&message, 1, 150);
  synched__protobuf_end(&message, begun);
  EXPECT(0x1a, 0x03, 0x08, 0x96, 0x01);
  synched__protobuf_end(&message, synched__protobuf_begin(&message, 1));
  EXPECT(0x0a, 0x00);
}

Test(protobuf, fixed_numbers_have_their_lowest_byte_first) {
  synched__protobuf_fixed(&message, 47, UINT64_C(0x0102030405060708));
  EXPECT(0xf9, 0x02, 8, 7, 6, 5, 4, 3, 2, 1);
}

Test(protobuf, what_is_no_text_becomes_a_replacement) {
  synched__protobuf_text(&message, 1, "a\xff\xc3\xa4\xe2\x82");
  EXPECT(0x0a, 12, 'a', 0xef, 0xbf, 0xbd, 0xc3, 0xa4, 0xef, 0xbf, 0xbd, 0xef, 0xbf, 0xbd);
}

Test(protobuf, messages_of_all_lengths_nest) {
  static const size_t lengths[] = {0, 1, 123, 124, 125, 126, 127, 128, 129, 16379, 16380, 16384};
  for (size_t i = 0; i < LENGTH(lengths); i++) {
    static char text[16385];
    memset(text, 'x', lengths[i]);
    message.length = 0;
    const size_t outer = synched__protobuf_begin(&message, 1);
    const size_t inner = synched__protobuf_begin(&message, 1);
    synched__protobuf_bytes(&message, 1, text, lengths[i]);
    synched__protobuf_end(&message, inner);
    synched__protobuf_end(&message, outer);
    /* Each of the three lengths is what is left. */
    size_t at = 0;
    for (unsigned level = 0; level < 3; level++) {
      size_t length = 0;
      cr_assert_eq(bytes[at++], 0x0a);
      for (unsigned shift = 0;; shift += 7) {
        length |= (size_t)(bytes[at] & 0x7f) << shift;
        if (bytes[at++] < 0x80)
          break;
      }
      cr_assert_eq(length, message.length - at, "%zu, level %u", lengths[i], level);
    }
    cr_assert_eq(message.length - at, lengths[i]);
  }
}
