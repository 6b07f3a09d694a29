/*
 * snapshot_test.c: publishing, retaining and releasing, and waiting for a buffer. The tests' bodies
 * are the closing side of rounds; readers are on threads of their own.
 */
#include "memory/memory.h"

#include <criterion/criterion.h>
#include <sched.h>
#include <unistd.h>

#include "platform/park.h"
#include "support/closing_side.h"
#include "support/unit_support.h"

/* --- publishing --- */

Test(snapshot, publish_without_readers_alternates_two_buffers_and_copies_nothing) {
  for (unsigned leases = 0; leases < 3; leases++) {
    struct synched_memory *memory = create_small(leases);
    const struct synched_snapshot *first = synched_snapshot_current(memory);
    synched_snapshot_release(first);
    const void *data[2] = {synched__buffer_data(out_of(memory)), first->data};
    paint(memory, 77);
    for (uint64_t round = 1; round <= 100; round++) {
      /* One number is written; all others stay what they were two rounds ago. */
      ((uint64_t *)(void *)synched__buffer_data(out_of(memory)))[5] = round;
      cr_assert_eq(synched__buffer_data(out_of(memory)), data[(round + 1) % 2]);
      const struct synched_snapshot *now = publish(memory, round, false);
      cr_assert_eq(now->data, data[(round + 1) % 2]);
      cr_assert_eq(now->round, round);
      cr_assert_eq(now->fold, (double)round / 2);
      cr_assert_eq(((const uint64_t *)now->data)[5], round);
      cr_assert_eq(((const uint64_t *)now->data)[6], round % 2 == 1 ? 77 : 0);
    }
    memory_end(memory);
  }
}

Test(snapshot, current_is_what_was_published_last) {
  struct synched_memory *memory = create_small(1);
  for (uint64_t round = 1; round <= 50; round++) {
    const struct synched_snapshot *published = paint_and_publish(memory, round);
    const struct synched_snapshot *now = synched_snapshot_current(memory);
    cr_assert_eq(now, published);
    cr_assert(is_painted(now));
    synched_snapshot_release(now);
  }
  memory_end(memory);
}

Test(snapshot, retained_snapshot_stays_unchanged_through_many_rounds) {
  struct synched_memory *memory = create_small(1);
  (void)paint_and_publish(memory, 1);
  const struct synched_snapshot *kept = synched_snapshot_current(memory);
  for (uint64_t round = 2; round <= 500; round++) {
    cr_assert_not_null(out_of(memory));
    cr_assert_neq(synched__buffer_data(out_of(memory)), kept->data);
    (void)paint_and_publish(memory, round);
    cr_assert_eq(kept->round, 1);
    cr_assert(is_painted(kept), "after round %u", (unsigned)round);
  }
  synched_snapshot_release(kept);
  memory_end(memory);
}

Test(snapshot, retained_snapshot_without_a_lease_stays_unchanged_too) {
  struct synched_memory *memory = create_small(0);
  (void)paint_and_publish(memory, 1);
  const struct synched_snapshot *kept = synched_snapshot_current(memory);
  (void)paint_and_publish(memory, 2);
  cr_assert_null(out_of(memory), "two buffers: one is current, one is kept");
  cr_assert_not(take_out(memory));
  cr_assert(is_painted(kept));
  cr_assert_eq(kept->round, 1);
  synched_snapshot_release(kept);
  cr_assert(take_out(memory));
  cr_assert_eq(synched__buffer_data(out_of(memory)), kept->data);
  memory_end(memory);
}

Test(snapshot, leases_used_up_leave_nothing_to_write_to) {
  enum { LEASES = 3 };
  struct synched_memory *memory = create_small(LEASES);
  const struct synched_snapshot *kept[LEASES + 1];
  for (uint64_t i = 0; i <= LEASES; i++) {
    cr_assert(take_out(memory));
    (void)paint_and_publish(memory, i + 1);
    kept[i] = synched_snapshot_current(memory);
    cr_assert_eq(synched__memory_leased(memory), i + 1);
  }
  cr_assert(take_out(memory), "the current one is no lease yet");
  (void)paint_and_publish(memory, LEASES + 2);
  cr_assert_not(take_out(memory));
  cr_assert_null(out_of(memory));
  for (uint64_t i = 0; i <= LEASES; i++) {
    cr_assert_eq(kept[i]->round, i + 1);
    cr_assert(is_painted(kept[i]));
    for (uint64_t j = 0; j < i; j++)
      cr_assert_neq(kept[i]->data, kept[j]->data);
  }
  synched_snapshot_release(kept[2]);
  cr_assert(take_out(memory));
  cr_assert_eq(synched__buffer_data(out_of(memory)), kept[2]->data);
  for (uint64_t i = 0; i <= LEASES; i++)
    if (i != 2)
      synched_snapshot_release(kept[i]);
  cr_assert_eq(synched__memory_leased(memory), 0);
  memory_end(memory);
}

Test(snapshot, snapshot_retained_twice_is_free_after_the_second_release) {
  struct synched_memory *memory = create_small(0);
  const struct synched_snapshot *kept = synched_snapshot_current(memory);
  cr_assert_eq(synched_snapshot_retain(kept), kept);
  (void)paint_and_publish(memory, 1);
  cr_assert_not(take_out(memory));
  synched_snapshot_release(kept);
  cr_assert_not(take_out(memory));
  synched_snapshot_release(kept);
  cr_assert(take_out(memory));
  memory_end(memory);
}

Test(snapshot, retain_and_release_of_null_do_nothing) {
  cr_assert_null(synched_snapshot_retain(NULL));
  synched_snapshot_release(NULL);
}

Test(snapshot, publication_that_is_held_is_retained_for_its_maker) {
  for (int watched = 0; watched <= 1; watched++) {
    struct synched_memory *memory = create_small(1);
    const struct synched_snapshot *other = watched ? synched_snapshot_current(memory) : NULL;
    paint(memory, 1);
    const struct synched_snapshot *held = publish(memory, 1, true);
    cr_assert_eq(synched__memory_leased(memory), watched ? 2 : 1);
    synched_snapshot_release(other);
    (void)paint_and_publish(memory, 2);
    (void)paint_and_publish(memory, 3);
    cr_assert(is_painted(held));
    cr_assert_eq(held->round, 1);
    expect_refused(synched_memory_destroy(memory), SYNCHED_EBUSY, "still retained: 1");
    synched_snapshot_release(held);
    cr_assert_eq(synched__memory_leased(memory), 0);
    memory_end(memory);
  }
}

/* --- waiting for a buffer --- */

static void count_call(void *argument) {
  ++*(unsigned *)argument;
}

/* A memory with one lease, all of whose buffers are current or retained. */
struct shortage {
  struct synched_memory *memory;
  const struct synched_snapshot *kept[2];
  unsigned freed_count; /* calls of on_free */
};

static void shortage_init(struct shortage *shortage) {
  shortage->freed_count = 0;
  shortage->memory = create_small(1);
  shortage->memory->on_free = count_call;
  shortage->memory->on_free_argument = &shortage->freed_count;
  for (uint64_t i = 0; i < 2; i++) {
    shortage->kept[i] = synched_snapshot_current(shortage->memory);
    (void)paint_and_publish(shortage->memory, i + 1);
  }
  cr_assert_not(take_out(shortage->memory));
}

Test(snapshot, awaiting_memory_calls_on_free_once_at_the_first_release) {
  struct shortage shortage;
  shortage_init(&shortage);
  cr_assert_not(synched__memory_await_buffer(shortage.memory));
  cr_assert_eq(shortage.freed_count, 0);
  synched_snapshot_release(shortage.kept[0]);
  cr_assert_eq(shortage.freed_count, 1);
  cr_assert(take_out(shortage.memory));
  cr_assert_eq(synched__buffer_data(out_of(shortage.memory)), shortage.kept[0]->data);
  synched_snapshot_release(shortage.kept[1]);
  cr_assert_eq(shortage.freed_count, 1);
  cr_assert_not(synched__memory_stop_awaiting(shortage.memory), "on_free has been called");
  memory_end(shortage.memory);
}

Test(snapshot, awaiting_memory_is_not_helped_by_a_release_that_frees_nothing) {
  struct shortage shortage;
  shortage_init(&shortage);
  (void)synched_snapshot_retain(shortage.kept[0]);
  cr_assert_not(synched__memory_await_buffer(shortage.memory));
  synched_snapshot_release(shortage.kept[0]);
  cr_assert_eq(shortage.freed_count, 0);
  synched_snapshot_release(shortage.kept[0]);
  cr_assert_eq(shortage.freed_count, 1);
  synched_snapshot_release(shortage.kept[1]);
  memory_end(shortage.memory);
}

Test(snapshot, await_after_a_release_finds_the_buffer_itself) {
  struct shortage shortage;
  shortage_init(&shortage);
  synched_snapshot_release(shortage.kept[1]);
  cr_assert_eq(shortage.freed_count, 0, "nobody had asked");
  cr_assert(synched__memory_await_buffer(shortage.memory));
  cr_assert_eq(synched__buffer_data(out_of(shortage.memory)), shortage.kept[1]->data);
  synched_snapshot_release(shortage.kept[0]);
  cr_assert_eq(shortage.freed_count, 0);
  memory_end(shortage.memory);
}

Test(snapshot, memory_that_stops_awaiting_calls_nobody) {
  struct shortage shortage;
  shortage_init(&shortage);
  cr_assert_not(synched__memory_await_buffer(shortage.memory));
  cr_assert(synched__memory_stop_awaiting(shortage.memory));
  cr_assert_not(synched__memory_stop_awaiting(shortage.memory));
  synched_snapshot_release(shortage.kept[0]);
  synched_snapshot_release(shortage.kept[1]);
  cr_assert_eq(shortage.freed_count, 0);
  memory_end(shortage.memory);
}

/* --- readers on other threads --- */

enum { READERS = 3, ROUNDS = 1500 };

struct reader {
  struct synched_memory *memory;
  _Atomic uint32_t *stop;
  uint64_t last_round;
  unsigned torn_count, back_count, read_count;
};

static void read_once(struct reader *reader, const struct synched_snapshot *now) {
  reader->torn_count += !is_painted(now);
  reader->back_count += now->round < reader->last_round;
  reader->last_round = now->round;
  reader->read_count++;
}

static void *read_repeatedly(void *argument) {
  struct reader *reader = argument;
  while (atomic_load(reader->stop) == 0) {
    const struct synched_snapshot *now = synched_snapshot_current(reader->memory);
    read_once(reader, now);
    if (reader->read_count % 5 == 0) {
      synched_snapshot_release(synched_snapshot_retain(now));
      reader->torn_count += !is_painted(now);
    }
    synched_snapshot_release(now);
    if (reader->read_count % 16 == 0)
      (void)sched_yield();
  }
  return NULL;
}

/* Readers at work on a memory whose closing side is the test's body. */
struct library {
  struct synched_memory *memory;
  _Atomic uint32_t stop;
  struct reader readers[READERS];
  struct crew crew;
};

static void library_open(struct library *library, unsigned lease_count, uint64_t seed) {
  *library = (struct library){.memory = create_small(lease_count)};
  /* So that there is nothing that is not painted. */
  (void)paint_and_publish(library->memory, 1);
  synched__schedule_seed(seed);
  for (unsigned i = 0; i < READERS; i++) {
    library->readers[i] = (struct reader){.memory = library->memory, .stop = &library->stop};
    crew_add(&library->crew, read_repeatedly, &library->readers[i]);
  }
}

static void library_close(struct library *library) {
  atomic_store(&library->stop, 1);
  crew_join(&library->crew);
  synched__schedule_seed(0);
  for (unsigned i = 0; i < READERS; i++) {
    const struct reader *reader = &library->readers[i];
    cr_assert_eq(reader->torn_count, 0, "%u of %u", reader->torn_count, reader->read_count);
    cr_assert_eq(reader->back_count, 0, "%u of %u", reader->back_count, reader->read_count);
  }
  cr_assert_eq(synched__memory_leased(library->memory), 0);
  memory_end(library->memory);
}

Test(snapshot, snapshot_read_while_rounds_go_on_is_whole_and_never_older_than_the_last) {
  for (uint64_t seed = 0; seed < 6; seed++) {
    struct library library;
    unsigned missing_count = 0;
    library_open(&library, READERS, seed);
    for (uint64_t round = 2; round <= ROUNDS; round++) {
      missing_count += out_of(library.memory) == NULL;
      if (out_of(library.memory) != NULL || take_out(library.memory))
        (void)paint_and_publish(library.memory, round);
    }
    library_close(&library);
    cr_assert_eq(missing_count, 0, "each reader holds one: a buffer was always free");
  }
}

static void unpark(void *parker) {
  synched__unpark(parker);
}

/* Without leases every reader can make the closing side wait, and who releases has to wake it. */
Test(snapshot, closing_side_that_waits_for_a_buffer_is_always_woken) {
  (void)alarm(HANG_SECONDS);
  for (uint64_t seed = 0; seed < 4; seed++) {
    struct library library;
    struct synched__parker parker;
    cr_assert_eq(synched__parker_init(&parker), 0);
    library_open(&library, 0, seed);
    library.memory->on_free = unpark;
    library.memory->on_free_argument = &parker;
    for (uint64_t round = 2; round <= ROUNDS / 3; round++) {
      while (!take_out(library.memory) && !synched__memory_await_buffer(library.memory))
        synched__park(&parker);
      (void)paint_and_publish(library.memory, round);
    }
    library_close(&library);
    synched__parker_deinit(&parker);
  }
}

/* Releases what it is given, one after the other. */
struct releaser {
  _Atomic(const struct synched_snapshot *) given;
  unsigned count;
};

static void *release_repeatedly(void *argument) {
  struct releaser *releaser = argument;
  for (unsigned i = 0; i < releaser->count; i++) {
    const struct synched_snapshot *snapshot;
    while ((snapshot = atomic_exchange(&releaser->given, NULL)) == NULL)
      (void)sched_yield();
    for (unsigned delay = i % 64 * 4; delay > 0; delay--)
      synched__cpu_pause();
    synched_snapshot_release(snapshot);
  }
  return NULL;
}

/* Here nobody else releases anything: who misses this one waits for ever. */
Test(snapshot, release_in_the_moment_of_awaiting_is_never_missed) {
  (void)alarm(HANG_SECONDS);
  for (uint64_t seed = 0; seed < 4; seed++) {
    struct synched_memory *memory = create_small(0);
    struct synched__parker parker;
    struct releaser releaser = {.count = 2000};
    struct crew crew = {0};
    cr_assert_eq(synched__parker_init(&parker), 0);
    memory->on_free = unpark;
    memory->on_free_argument = &parker;
    synched__schedule_seed(seed);
    crew_add(&crew, release_repeatedly, &releaser);
    for (uint64_t round = 1; round <= releaser.count; round++) {
      const struct synched_snapshot *kept = synched_snapshot_current(memory);
      (void)paint_and_publish(memory, round);
      atomic_store(&releaser.given, kept);
      while (!take_out(memory) && !synched__memory_await_buffer(memory))
        synched__park(&parker);
    }
    crew_join(&crew);
    synched__schedule_seed(0);
    synched__parker_deinit(&parker);
    memory_end(memory);
  }
}
