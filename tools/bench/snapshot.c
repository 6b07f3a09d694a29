/*
 * snapshot.c: a memory that is written as a whole in every round, and read as a snapshot after it.
 *
 * Four segments. With Synched what on_round gets is the snapshot; in SynchedMemory's scheme every
 * thread has copied everything. Both look at the first and last word of every segment. `serial`
 * fills one buffer and copies nothing: no one can be faster with one CPU.
 */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "job_run.h"
#include "peers/scheme.h"

#define SEGMENTS 4u
#define SAMPLE_BYTES 4e8
#define ROUNDS_MOST 20000.0

struct filling {
  size_t words; /* per segment */
  uint64_t warm_up_count, round_count;
  double start_ns, end_ns;
};

/* Of the round's parity only: see scheme.c about what a slow thread may read. */
static uint64_t word_of(size_t segment, size_t index) {
  return (uint64_t)segment << 48 | index;
}

static void fill(void *user, size_t segment, uint64_t round, void *out) {
  const size_t count = ((const struct filling *)user)->words;
  uint64_t *words = out;
  (void)round;
  for (size_t i = 0; i < count; i++)
    words[i] = word_of(segment, i);
}

static int check(void *user, const void *global, uint64_t round) {
  const struct filling *filling = user;
  const uint64_t *words = global;
  const size_t last = filling->words - 1;
  (void)round;
  for (size_t s = 0; s < SEGMENTS; s++)
    if (words[s * filling->words] != word_of(s, 0) ||
        words[s * filling->words + last] != word_of(s, last))
      return -1;
  return 0;
}

static void note_time(struct filling *filling, uint64_t round) {
  if (round == filling->warm_up_count)
    filling->start_ns = bench_now_ns();
  if (round == filling->round_count)
    filling->end_ns = bench_now_ns();
}

static void complete(void *user, uint64_t round) {
  note_time(user, round);
}

static int compute(struct synched_task *task, void *user) {
  fill(user, task->segment, task->round, task->out);
  return 0;
}

static int complete_round(const struct synched_snapshot *now, void *user) {
  if (check(user, now->data, now->round) != 0)
    return SYNCHED_EIO;
  note_time(user, now->round);
  return SYNCHED_CONTINUE;
}

static int run_synched(struct filling *filling, const struct bench_case *self) {
  /* From 4 MiB on huge pages are worth asking for. */
  const uint32_t flags = self->value >= 4194304.0 ? SYNCHED_MEMORY_HUGE_PAGES : 0;
  return bench_job_run(self->contestant, self->workers,
                       SYNCHED_MEMORY_OPTIONS(.flags = flags, .segment_count = SEGMENTS,
                                              .segment_capacity = filling->words, .element_size = 8,
                                              .refill = SYNCHED_REFILL_NONE),
                       SYNCHED_JOB_OPTIONS(.compute = compute, .on_round = complete_round,
                                           .user = filling, .round_count = filling->round_count));
}

static int run_serial(struct filling *filling) {
  uint64_t *words = malloc(SEGMENTS * filling->words * sizeof *words);
  if (words == NULL)
    return -1;
  int status = 0;
  for (uint64_t round = 1; round <= filling->round_count; round++) {
    for (size_t s = 0; s < SEGMENTS; s++)
      fill(filling, s, round, words + s * filling->words);
    status |= check(filling, words, round);
    note_time(filling, round);
  }
  free(words);
  return status;
}

static int run_scheme(struct filling *filling) {
  const struct bench_work work = {.worker_count = SEGMENTS,
                                  .segment_count = SEGMENTS,
                                  .round_count = filling->round_count,
                                  .complete = complete,
                                  .user = filling};
  const struct scheme_data data = {filling->words * sizeof(uint64_t), fill, check};
  scheme_rounds_fn rounds;
  *(void **)&rounds = bench_symbol("synched_memory_scheme", "scheme_rounds");
  return rounds != NULL ? rounds(&work, &data) : -1;
}

static double measure(const struct bench_case *self) {
  double rounds = SAMPLE_BYTES / self->value;
  rounds = rounds > ROUNDS_MOST ? ROUNDS_MOST : rounds < 3.0 ? 3.0 : rounds;
  struct filling filling = {.words = (size_t)(self->value / SEGMENTS / sizeof(uint64_t))};
  filling.warm_up_count = (uint64_t)(rounds / 4) + 2;
  filling.round_count = filling.warm_up_count + (uint64_t)rounds;
  int status;
  if (strcmp(self->contestant, "serial") == 0)
    status = run_serial(&filling);
  else if (strcmp(self->contestant, "synched_memory_scheme") == 0)
    status = run_scheme(&filling);
  else
    status = run_synched(&filling, self);
  if (status != 0)
    return -1.0;
  return (filling.end_ns - filling.start_ns) /
         (double)(filling.round_count - filling.warm_up_count);
}

static void add(struct bench_list *out, const char *contestant, unsigned workers, double bytes) {
  struct bench_case one = {.contestant = contestant,
                           .workers = workers,
                           .segments = SEGMENTS,
                           .unit = "ns",
                           .value = bytes,
                           .measure = measure};
  (void)snprintf(one.parameter, sizeof one.parameter, "%.0f", bytes);
  bench_add(out, &one);
}

static void list(struct bench_list *out) {
  static const double bytes[] = {64, 4096, 65536, 1048576, 3.2e6, 3.2e7, 268435456};
  for (size_t b = 0; b < sizeof bytes / sizeof *bytes; b++) {
    add(out, "serial", 1, bytes[b]);
    for (unsigned workers = 2; workers <= 4; workers += 2) {
      add(out, "synched", workers, bytes[b]);
      add(out, "synched_static", workers, bytes[b]);
    }
    add(out, "synched_memory_scheme", 4, bytes[b]);
  }
}

const struct bench_family bench_family_snapshot = {
    .name = "snapshot",
    .title = "a memory written as a whole and read as a snapshot",
    .list = list,
    .axis = "bytes of the memory"};
