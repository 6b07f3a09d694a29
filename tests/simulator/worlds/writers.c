/*
 * writers.c: threads of the world's own at the barrier of a memory.
 */
#include "scene.h"

struct seat {
  struct synched_memory *memory;
  size_t segment;
  unsigned rounds;
};

static void write_rounds(void *argument) {
  const struct seat *seat = argument;
  struct synched_writer *writer = NULL;
  int status = synched_writer_open(&writer, seat->memory, seat->segment);
  SIM_CHECK(status == 0 || status == SYNCHED_ECANCELED);
  for (unsigned r = 1; status == 0 && r <= seat->rounds; r++) {
    const uint64_t value = 100 * r + seat->segment;
    const struct synched_snapshot *now = NULL;
    status = synched_writer_write_sync_read(writer, &value, 1, &now);
    SIM_CHECK((status == 0) == (now != NULL));
    SIM_CHECK(status == 0 || status == SYNCHED_ECANCELED);
    if (status != 0)
      break;
    SIM_CHECK(now->round == r);
    const uint64_t *data = now->data;
    for (size_t s = 0; s < now->segment_count; s++)
      SIM_CHECK(data[s] == 100 * r + s);
  }
  if (writer != NULL)
    SIM_CHECK(synched_writer_close(writer) == 0);
}

static void run_writers(size_t count, unsigned rounds, bool one_leaves) {
  struct synched_memory *memory;
  struct seat seats[4];
  unsigned threads[4];
  sim_quietly();
  SIM_CHECK(synched_memory_create(&memory, SYNCHED_MEMORY_OPTIONS(.segment_count = count,
                                                                  .segment_capacity = 1,
                                                                  .element_size = 8)) == 0);
  sim_aloud();
  for (size_t s = 0; s < count; s++) {
    seats[s] = (struct seat){memory, s, one_leaves && s == 0 ? rounds - 1 : rounds};
    threads[s] = sim_thread_start(write_rounds, &seats[s]);
  }
  for (size_t s = 0; s < count; s++)
    sim_thread_join(threads[s]);
  sim_quietly();
  SIM_CHECK(synched_memory_destroy(memory) == 0);
}

static void run_two(void) {
  run_writers(2, 2, false);
}

static void run_leaver(void) {
  run_writers(3, 2, true);
}

/* Who leaves has had a round with the others, so all of them have had their seats. */
static void run_any(void) {
  const unsigned rounds = 1 + sim_any(5);
  run_writers(1 + sim_any(4), rounds, rounds > 1 && sim_any(2) != 0);
}

const struct sim_world sim_world_writers = {
    .name = "writers-2x2",
    .about = "two writers, two rounds",
    .run = run_two,
    .bound = 2,
};

const struct sim_world sim_world_leaver = {
    .name = "leaver-3x2",
    .about = "three writers, and one leaves before the last round",
    .run = run_leaver,
    .bound = 1,
};

const struct sim_world sim_world_any_writers = {
    .name = "writers",
    .about = "up to four writers, by seeds",
    .run = run_any,
};

/* --- a reader that holds a buffer, a writer that writes nothing, one that leaves late --- */

struct bench {
  struct synched_memory *memory;
  const struct synched_snapshot *held;
};

static void write_second(void *argument) {
  const struct bench *bench = argument;
  struct synched_writer *writer = NULL;
  SIM_CHECK(synched_writer_open(&writer, bench->memory, 1) == 0);
  for (uint64_t r = 1; r <= 3; r++) {
    const struct synched_snapshot *now = NULL;
    const uint64_t value = 100 * r + 1;
    int status = 0;
    if (r != 2)
      while ((status = synched_writer_write(writer, &value, 1)) == SYNCHED_EBUSY)
        sim_spend(500);
    SIM_CHECK(status == 0);
    while ((status = synched_writer_sync(writer, &now)) == SYNCHED_EBUSY)
      sim_spend(500);
    SIM_CHECK(status == 0 && now->round == r);
    const uint64_t *data = now->data;
    SIM_CHECK(data[0] == 100 * r && data[1] == (r == 2 ? 101 : value));
  }
  SIM_CHECK(synched_writer_close(writer) == 0);
}

static void write_first(void *argument) {
  const struct bench *bench = argument;
  struct synched_writer *writer = NULL;
  SIM_CHECK(synched_writer_open(&writer, bench->memory, 0) == 0);
  for (uint64_t r = 1; r <= 3; r++) {
    const struct synched_snapshot *now = NULL;
    const uint64_t value = 100 * r;
    int status;
    while ((status = synched_writer_write_sync_read(writer, &value, 1, &now)) == SYNCHED_EBUSY)
      sim_spend(500);
    SIM_CHECK(status == 0 && now->round == r);
  }
  SIM_CHECK(synched_writer_close(writer) == 0);
}

/* No buffer is free after the first round until the reader lets go: the first writer of the second
 * one that comes then takes it. */
static void run_held(void) {
  struct bench bench;
  sim_quietly();
  SIM_CHECK(synched_memory_create(&bench.memory,
                                  SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 1,
                                                         .element_size = 8)) == 0);
  bench.held = synched_snapshot_current(bench.memory);
  sim_aloud();
  const unsigned first = sim_thread_start(write_first, &bench);
  const unsigned second = sim_thread_start(write_second, &bench);
  sim_spend(2000);
  const uint64_t *data = bench.held->data;
  SIM_CHECK(bench.held->round == 0 && data[0] == 0 && data[1] == 0);
  synched_snapshot_release(bench.held);
  sim_thread_join(first);
  sim_thread_join(second);
  sim_quietly();
  SIM_CHECK(synched_memory_destroy(bench.memory) == 0);
}

const struct sim_world sim_world_writers_held = {
    .name = "writers-held-2x3",
    .about = "no buffer is free for two writers until a reader lets go",
    .run = run_held,
    .bound = 1,
};

/* One leaves when the other sleeps; then both come again. */
static void wait_in_vain(void *argument) {
  struct synched_writer *writer = argument;
  const struct synched_snapshot *now = NULL;
  const uint64_t value = 7;
  SIM_CHECK(synched_writer_write_sync_read(writer, &value, 1, &now) == SYNCHED_ECANCELED);
  SIM_CHECK(now == NULL);
  SIM_CHECK(synched_writer_close(writer) == 0);
}

static void run_leaves(void) {
  struct synched_memory *memory;
  struct synched_writer *writers[2];
  sim_quietly();
  SIM_CHECK(synched_memory_create(&memory,
                                  SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 1,
                                                         .element_size = 8)) == 0);
  for (size_t s = 0; s < 2; s++)
    SIM_CHECK(synched_writer_open(&writers[s], memory, s) == 0);
  sim_aloud();
  unsigned thread = sim_thread_start(wait_in_vain, writers[0]);
  sim_spend(300000);
  SIM_CHECK(synched_writer_close(writers[1]) == 0);
  sim_thread_join(thread);
  struct seat seat = {memory, 0, 1};
  thread = sim_thread_start(write_rounds, &seat);
  struct synched_writer *writer = NULL;
  const struct synched_snapshot *now = NULL;
  const uint64_t value = 101;
  SIM_CHECK(synched_writer_open(&writer, memory, 1) == 0);
  SIM_CHECK(synched_writer_write_sync_read(writer, &value, 1, &now) == 0 && now->round == 1);
  sim_thread_join(thread);
  SIM_CHECK(synched_writer_close(writer) == 0);
  sim_quietly();
  SIM_CHECK(synched_memory_destroy(memory) == 0);
}

const struct sim_world sim_world_leaves = {
    .name = "leaver-2x1",
    .about = "a writer leaves while the other sleeps, and both come again",
    .run = run_leaves,
    .bound = 1,
};
