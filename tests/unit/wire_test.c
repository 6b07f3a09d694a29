/*
 * wire_test.c: groups of messages over a transport that does what it is told.
 */
#include <criterion/criterion.h>

#include "cluster/wire.h"
#include "platform/clock.h"
#include "support/unit_support.h"

struct told {
  int make, start, test;
  /* the first looks, and those up to then by the clock, find nothing yet */
  unsigned looks_in_vain;
  uint64_t arrives_ns;
  unsigned made, started, looked, unmade;
};

static int make(void *context, void **out, const struct synched_message *messages, size_t count) {
  struct told *told = context;
  (void)messages;
  (void)count;
  told->made++;
  *out = told->make == 0 ? told : NULL;
  return told->make;
}

static int start(void *context, void *group) {
  struct told *told = context;
  cr_expect_eq(group, told);
  told->started++;
  return told->start;
}

static int test(void *context, void *group) {
  struct told *told = context;
  cr_expect_eq(group, told);
  return told->looked++ < told->looks_in_vain || synched__clock_ns() < told->arrives_ns
             ? 0
             : told->test;
}

static void unmake(void *context, void *group) {
  struct told *told = context;
  cr_expect_eq(group, told);
  told->unmade++;
}

static const char *explain(void *context) {
  (void)context;
  return "as it was told";
}

static void destroy(void *context) {
  (void)context;
}

static struct synched_transport transport_of(struct told *told) {
  return (struct synched_transport){.struct_size = sizeof(struct synched_transport),
                                    .rank = 1,
                                    .rank_count = 4,
                                    .context = told,
                                    .make = make,
                                    .start = start,
                                    .test = test,
                                    .unmake = unmake,
                                    .explain = explain,
                                    .destroy = destroy};
}

/* Of two messages, one of which comes from rank 3. */
static int make_two(struct synched__wire *wire, struct synched__group *group) {
  static uint64_t numbers[3];
  static const struct synched_piece pieces[] = {{&numbers[0], 8}, {&numbers[1], 16}};
  static const struct synched_message messages[] = {
      {.peer = 2, .piece_count = 2, .pieces = pieces},
      {.peer = 3, .is_received = 1, .piece_count = 1, .pieces = pieces}};
  return synched__wire_make(wire, group, messages, LENGTH(messages));
}

Test(wire, a_group_knows_what_it_sends_and_from_whom_it_hears) {
  struct told told = {.test = 1};
  const struct synched_transport transport = transport_of(&told);
  struct synched__wire wire = {.transport = &transport};
  struct synched__group group;
  cr_assert_eq(make_two(&wire, &group), 0);
  cr_expect_eq(group.messages, 1);
  cr_expect_eq(group.bytes, 24);
  cr_expect_eq(group.peer, 3);
  synched__wire_start(&wire, &group);
  cr_expect(synched__wire_test(&wire, &group));
  synched__wire_unmake(&wire, &group);
  cr_expect_eq(told.made + told.started + told.looked + told.unmade, 4);
  cr_expect_null(group.handle);
}

Test(wire, a_group_of_no_messages_is_never_handed_on) {
  struct told told = {.make = SYNCHED_EIO};
  const struct synched_transport transport = transport_of(&told);
  struct synched__wire wire = {.transport = &transport};
  struct synched__group group;
  cr_assert_eq(synched__wire_make(&wire, &group, NULL, 0), 0);
  synched__wire_start(&wire, &group);
  cr_expect(synched__wire_test(&wire, &group));
  synched__wire_wait(&wire, &group);
  synched__wire_unmake(&wire, &group);
  cr_expect_eq(told.made + told.started + told.looked + told.unmade, 0);
}

Test(wire, a_group_that_cannot_be_made_is_none) {
  struct told told = {.make = SYNCHED_EIO};
  const struct synched_transport transport = transport_of(&told);
  struct synched__wire wire = {.transport = &transport};
  struct synched__group group;
  expect_refused(make_two(&wire, &group), SYNCHED_EIO, "as it was told");
  cr_expect_null(group.handle);
  cr_expect_eq(group.messages, 0);
  cr_expect_eq(group.bytes, 0);
  cr_expect_eq(synched__wire_status(&wire), 0);
}

/* From then on nothing is started, and nobody waits. */
static void expect_dead(struct synched__wire *wire, const struct synched__group *group,
                        const struct told *told, int status) {
  const struct told before = *told;
  cr_expect_eq(synched__wire_status(wire), status);
  cr_expect_str_eq(wire->text, "rank 1: as it was told");
  synched__wire_start(wire, group);
  cr_expect(synched__wire_test(wire, group));
  synched__wire_wait(wire, group);
  cr_expect_eq(told->started, before.started);
  cr_expect_eq(told->looked, before.looked);
  /* The first reason stays. */
  synched__wire_trouble(wire, SYNCHED_ENOMEM, "another one");
  cr_expect_eq(synched__wire_status(wire), status);
  cr_expect_str_eq(wire->text, "rank 1: as it was told");
}

Test(wire, a_start_that_fails_is_the_end_of_all_waits) {
  struct told told = {.start = SYNCHED_EIO};
  const struct synched_transport transport = transport_of(&told);
  struct synched__wire wire = {.transport = &transport};
  struct synched__group group;
  cr_assert_eq(make_two(&wire, &group), 0);
  synched__wire_start(&wire, &group);
  expect_dead(&wire, &group, &told, SYNCHED_EIO);
  synched__wire_unmake(&wire, &group);
}

Test(wire, a_look_that_fails_is_the_end_of_all_waits) {
  struct told told = {.test = SYNCHED_ENOTSUP, .looks_in_vain = 3};
  const struct synched_transport transport = transport_of(&told);
  struct synched__wire wire = {.transport = &transport};
  struct synched__group group;
  cr_assert_eq(make_two(&wire, &group), 0);
  synched__wire_start(&wire, &group);
  synched__wire_wait(&wire, &group);
  cr_expect_eq(told.looked, 4);
  expect_dead(&wire, &group, &told, SYNCHED_ENOTSUP);
  synched__wire_unmake(&wire, &group);
}

/* A millisecond is beyond all spinning and yielding. */
Test(wire, a_wait_lasts_until_all_have_arrived) {
  static const uint64_t naps_ns[] = {0, 1000};
  for (size_t i = 0; i < LENGTH(naps_ns); i++) {
    struct told told = {.test = 1, .arrives_ns = synched__clock_ns() + 1000000};
    const struct synched_transport transport = transport_of(&told);
    struct synched__wire wire = {.transport = &transport, .nap_ns = naps_ns[i]};
    struct synched__group group;
    cr_assert_eq(make_two(&wire, &group), 0);
    synched__wire_start(&wire, &group);
    synched__wire_wait(&wire, &group);
    cr_expect_geq(synched__clock_ns(), told.arrives_ns);
    cr_expect_eq(synched__wire_status(&wire), 0);
    synched__wire_unmake(&wire, &group);
  }
}

/* Who need not know at once looks for a while, and goes on with something else. */
Test(wire, a_wait_for_a_while_ends_without_them) {
  struct told told = {.test = 1, .looks_in_vain = UINT32_MAX};
  const struct synched_transport transport = transport_of(&told);
  struct synched__wire wire = {.transport = &transport};
  struct synched__group group;
  const struct synched__wire_wait wait = {.most_ns = 100000, .since_ns = synched__clock_ns()};
  cr_assert_eq(make_two(&wire, &group), 0);
  synched__wire_start(&wire, &group);
  cr_expect_not(synched__wire_wait_for(&wire, &group, &wait));
  cr_expect_eq(synched__wire_status(&wire), 0);
  /* The whole wait, of which this is a piece, takes too long. */
  wire.timeout_ns = 1;
  cr_expect(synched__wire_wait_for(&wire, &group, &wait));
  cr_expect_eq(synched__wire_status(&wire), SYNCHED_ETIMEDOUT);
  synched__wire_unmake(&wire, &group);
}

Test(wire, a_wait_without_end_names_a_rank) {
  struct told told = {.looks_in_vain = UINT32_MAX};
  const struct synched_transport transport = transport_of(&told);
  struct synched__wire wire = {.transport = &transport, .timeout_ns = 1000000};
  struct synched__group group;
  cr_assert_eq(make_two(&wire, &group), 0);
  synched__wire_start(&wire, &group);
  synched__wire_wait(&wire, &group);
  cr_expect_eq(synched__wire_status(&wire), SYNCHED_ETIMEDOUT);
  cr_expect_str_eq(wire.text,
                   "rank 1 has waited 0.001 s for messages of rank 3, or of another one");
  synched__wire_unmake(&wire, &group);
}
