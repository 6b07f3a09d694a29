/*
 * publish.c: the library's snapshots, without rounds around them: one thread writes and publishes,
 * others take and release.
 */
#include "memory/memory.h"
#include "platform/park.h"
#include "scene.h"

enum { READERS_MOST = 2 };

struct gallery {
  struct synched_memory *memory;
  struct synched__parker parker; /* of who publishes, while it waits for a buffer */
  unsigned waits;                /* of the closing side's own, handed over and back */
  uint64_t last;                 /* publications */
  bool held;                     /* each is held at first, and released by a reader */
  unsigned takes;
};

/* --- the closing side --- */

/* On a reader's thread: what the closing side wrote before it waited is this one's. */
static void on_free(void *argument) {
  struct gallery *gallery = argument;
  gallery->waits++;
  synched__unpark(&gallery->parker);
}

static void find_buffer(struct gallery *gallery) {
  struct synched_memory *memory = gallery->memory;
  while (memory->pair.next == NULL && !synched__memory_take_next(memory, &memory->pair)) {
    gallery->waits++;
    if (!synched__memory_await_buffer(memory))
      synched__park(&gallery->parker);
  }
}

/* What a buffer holds says which publication it was. */
static void publish_all(void *argument) {
  struct gallery *gallery = argument;
  struct synched_memory *memory = gallery->memory;
  for (uint64_t round = 1; round <= gallery->last; round++) {
    find_buffer(gallery);
    *(uint64_t *)(void *)synched__buffer_data(memory->pair.next) = 10 * round;
    const struct synched__publication publication = {.round = round};
    const struct synched_snapshot *now =
        synched__memory_publish(memory, &memory->pair, publication, gallery->held);
    if (gallery->held)
      synched_snapshot_release(now);
  }
}

/* --- readers --- */

static void check(const struct synched_snapshot *now) {
  const uint64_t value = *(const uint64_t *)now->data;
  if (value != 10 * now->round)
    sim_fail("promise 6: the snapshot of round %llu holds %llu", (unsigned long long)now->round,
             (unsigned long long)value);
}

static void take_some(void *argument) {
  const struct gallery *gallery = argument;
  uint64_t last = 0;
  for (unsigned i = 0; i < gallery->takes; i++) {
    const struct synched_snapshot *now = synched_snapshot_current(gallery->memory);
    if (now->round < last)
      sim_fail("promise 6: round %llu was current before round %llu", (unsigned long long)last,
               (unsigned long long)now->round);
    last = now->round;
    check(now);
    synched_snapshot_release(now);
  }
}

static void run(unsigned reader_count, unsigned takes, unsigned leases, uint64_t last, bool held) {
  static struct gallery storage;
  struct gallery *gallery = &storage;
  unsigned threads[READERS_MOST];
  *gallery = (struct gallery){.last = last, .held = held, .takes = takes};
  sim_quietly();
  SIM_CHECK(
      synched_memory_create(&gallery->memory,
                            SYNCHED_MEMORY_OPTIONS(.segment_count = 1, .segment_capacity = 1,
                                                   .element_size = 8, .lease_count = leases)) == 0);
  SIM_CHECK(synched__parker_init(&gallery->parker) == 0);
  gallery->memory->on_free = on_free;
  gallery->memory->on_free_argument = gallery;
  sim_aloud();
  for (unsigned i = 0; i < reader_count; i++)
    threads[i] = sim_thread_start(take_some, gallery);
  publish_all(gallery);
  for (unsigned i = 0; i < reader_count; i++)
    sim_thread_join(threads[i]);
  sim_quietly();
  const struct synched_snapshot *now = synched_snapshot_current(gallery->memory);
  SIM_CHECK(now->round == last);
  check(now);
  synched_snapshot_release(now);
  synched__parker_deinit(&gallery->parker);
  SIM_CHECK(synched_memory_destroy(gallery->memory) == 0);
}

/* --- a reader leaves, and somebody else ends the wait: one of the two is told --- */

static void count_free(void *argument) {
  ++*(unsigned *)argument;
}

static void leave_held(void *snapshot) {
  synched_snapshot_release(snapshot);
}

static void run_wanted(void) {
  struct synched_memory *memory;
  unsigned freed_count = 0;
  sim_quietly();
  SIM_CHECK(synched_memory_create(&memory,
                                  SYNCHED_MEMORY_OPTIONS(.segment_count = 1, .segment_capacity = 1,
                                                         .element_size = 8)) == 0);
  memory->on_free = count_free;
  memory->on_free_argument = &freed_count;
  const struct synched_snapshot *first = synched_snapshot_current(memory);
  (void)synched__memory_publish(memory, &memory->pair, (struct synched__publication){.round = 1},
                                false);
  SIM_CHECK(memory->pair.next == NULL && !synched__memory_await_buffer(memory));
  sim_aloud();
  const unsigned thread = sim_thread_start(leave_held, (void *)(uintptr_t)first);
  const bool is_ours = synched__memory_stop_awaiting(memory);
  sim_thread_join(thread);
  sim_quietly();
  SIM_CHECK(freed_count + is_ours == 1);
  SIM_CHECK(synched_memory_destroy(memory) == 0);
}

const struct sim_world sim_world_wanted = {
    .name = "publish-wanted-1x1",
    .about = "a reader leaves the buffer that is waited for, while somebody ends the wait",
    .run = run_wanted,
    .bound = 3,
};

/* --- what is loaded is read after somebody would have kept readers out, in vain --- */

static void read_loaded(void *memory) {
  while (sim_told() == 0)
    sim_spend(500);
  const struct synched_snapshot *now = synched_snapshot_current(memory);
  SIM_CHECK(now->round == 2 && *(const uint64_t *)now->data == 7);
  synched_snapshot_release(now);
}

static void publish_one(struct synched_memory *memory, uint64_t round) {
  SIM_CHECK(memory->pair.next != NULL || synched__memory_take_next(memory, &memory->pair));
  (void)synched__memory_publish(memory, &memory->pair,
                                (struct synched__publication){.round = round}, round == 1);
}

/* The first round's snapshot is held all the while. */
static void run_in_vain(void) {
  struct synched_memory *memory;
  const uint64_t value = 7;
  sim_quietly();
  SIM_CHECK(synched_memory_create(&memory,
                                  SYNCHED_MEMORY_OPTIONS(.segment_count = 1, .segment_capacity = 1,
                                                         .element_size = 8)) == 0);
  publish_one(memory, 1);
  const struct synched_snapshot *first = &memory->pair.current->snapshot;
  publish_one(memory, 2);
  const unsigned reader = sim_thread_start(read_loaded, memory);
  SIM_CHECK(synched_memory_load(memory, 0, &value, 1) == 0);
  sim_tell();
  sim_aloud();
  SIM_CHECK(!synched__memory_lock_buffers(memory));
  sim_thread_join(reader);
  sim_quietly();
  synched_snapshot_release(first);
  SIM_CHECK(synched_memory_destroy(memory) == 0);
}

const struct sim_world sim_world_in_vain = {
    .name = "publish-lock-1x2",
    .about = "readers cannot be kept out of a memory that has been loaded",
    .run = run_in_vain,
    .bound = 3,
};

/* --- a buffer is freed while the closing side begins to wait for one --- */

static void release(void *snapshot) {
  synched_snapshot_release(snapshot);
}

static void run_awaited(void) {
  static struct gallery storage;
  struct gallery *gallery = &storage;
  sim_quietly();
  *gallery = (struct gallery){.last = 0};
  SIM_CHECK(synched_memory_create(&gallery->memory,
                                  SYNCHED_MEMORY_OPTIONS(.segment_count = 1, .segment_capacity = 1,
                                                         .element_size = 8)) == 0);
  SIM_CHECK(synched__parker_init(&gallery->parker) == 0);
  gallery->memory->on_free = on_free;
  gallery->memory->on_free_argument = gallery;
  const struct synched_snapshot *first = synched_snapshot_current(gallery->memory);
  publish_one(gallery->memory, 2);
  sim_aloud();
  const unsigned thread = sim_thread_start(release, (void *)(uintptr_t)first);
  find_buffer(gallery);
  *(uint64_t *)(void *)synched__buffer_data(gallery->memory->pair.next) = 7;
  sim_quietly();
  sim_thread_join(thread);
  synched__parker_deinit(&gallery->parker);
  SIM_CHECK(synched_memory_destroy(gallery->memory) == 0);
}

const struct sim_world sim_world_awaited = {
    .name = "publish-awaited-1x1",
    .about = "a reader frees a buffer while the closing side begins to wait for it",
    .run = run_awaited,
    .bound = 4,
};

static void run_one(void) {
  run(1, 2, 0, 3, false);
}

static void run_leased(void) {
  run(1, 2, 1, 4, false);
}

static void run_two(void) {
  run(2, 2, 0, 2, false);
}

static void run_held(void) {
  run(1, 2, 1, 3, true);
}

static void run_any(void) {
  run(1 + sim_any(2), 1 + sim_any(4), sim_any(3), 1 + sim_any(8), sim_any(3) == 0);
}

const struct sim_world sim_world_publish_1 = {
    .name = "publish-1x3",
    .about = "one reader takes twice, over three publications, with two buffers",
    .run = run_one,
    .bound = 5,
    .restless = true,
};

const struct sim_world sim_world_publish_leased = {
    .name = "publish-1x4",
    .about = "one reader takes twice, over four publications, with three buffers",
    .run = run_leased,
    .bound = 3,
    .restless = true,
};

const struct sim_world sim_world_publish_2 = {
    .name = "publish-2x2",
    .about = "two readers take twice, over two publications",
    .run = run_two,
    .bound = 3,
    .restless = true,
};

const struct sim_world sim_world_publish_held = {
    .name = "publish-held-1x3",
    .about = "each publication is held, as for a mailbox",
    .run = run_held,
    .bound = 3,
    .restless = true,
};

const struct sim_world sim_world_publications = {
    .name = "publications",
    .about = "readers and publications without rounds, by seeds",
    .run = run_any,
};
