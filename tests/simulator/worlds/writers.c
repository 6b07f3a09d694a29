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
