/*
 * own_threads.c: rounds on threads that the program has already, without a pool.
 *
 * Four threads each have a seat, the writer of one segment. In every round each writes its segment,
 * waits for the others at the barrier, and gets the snapshot of the round, which is the same for
 * all. After some rounds one thread leaves; the others, at the barrier of a round that can never be
 * complete, are not left hanging there but get SYNCHED_ECANCELED.
 *
 * All seats are taken before the first thread starts: a barrier waits for seats that are not taken
 * yet as well, so a thread that could not take its own would keep the others waiting.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

#include <synched/synched.h>

#define THREADS 4
#define SEGMENT_ELEMENTS 8
#define ROUNDS 5 /* in which all take part */
#define LEAVER 3

/* What one thread has, and what it saw. Others look at it after the thread has ended. */
struct participant {
  size_t segment;
  struct synched_writer *writer;
  pthread_t thread;
  bool started;
  uint64_t seen_sums[ROUNDS];
  size_t round_count; /* of those, how many it saw */
  int status;         /* of the last call that it made */
};

/* The elements of a segment in a round: numbers from which one can see whose they are, and when. */
static void fill(uint64_t *elements, size_t segment, uint64_t round) {
  for (size_t i = 0; i < SEGMENT_ELEMENTS; i++)
    elements[i] = round * 1000 + segment * 100 + i;
}

/* Every thread adds up everybody's elements. */
static uint64_t sum_of(const struct synched_snapshot *now) {
  uint64_t sum = 0;
  for (size_t s = 0; s < now->segment_count; s++) {
    const uint64_t *elements = synched_snapshot_segment(now, s);
    for (size_t i = 0; i < now->counts[s]; i++)
      sum += elements[i];
  }
  return sum;
}

static uint64_t expected_sum(uint64_t round) {
  uint64_t sum = 0, elements[SEGMENT_ELEMENTS];
  for (size_t s = 0; s < THREADS; s++) {
    fill(elements, s, round);
    for (size_t i = 0; i < SEGMENT_ELEMENTS; i++)
      sum += elements[i];
  }
  return sum;
}

/* A thread's life: rounds, until its part is done or the others cannot go on. */
static void *take_part(void *argument) {
  struct participant *self = argument;
  for (uint64_t round = 1; round <= ROUNDS || self->segment != LEAVER; round++) {
    const struct synched_snapshot *now;
    uint64_t elements[SEGMENT_ELEMENTS];
    fill(elements, self->segment, round);
    self->status = synched_writer_write_sync_read(self->writer, elements, SEGMENT_ELEMENTS, &now);
    if (self->status != 0 || self->round_count == ROUNDS)
      break;
    /* The snapshot is ours to read until our next sync, however far ahead the others are. */
    self->seen_sums[self->round_count++] = sum_of(now);
  }
  (void)synched_writer_close(self->writer);
  return NULL;
}

/* Tells what happened; false if it is not what should have. */
static bool judge(const struct participant participants[THREADS]) {
  bool right = true;
  for (size_t round = 0; round < ROUNDS; round++) {
    uint64_t expected = expected_sum(round + 1);
    bool same = true;
    for (size_t t = 0; t < THREADS; t++)
      same = same && participants[t].round_count > round &&
             participants[t].seen_sums[round] == expected;
    printf("round %zu: %s a whole that adds up to %" PRIu64 "\n", round + 1,
           same ? "all four threads saw" : "NOT ALL THREADS SAW", expected);
    right = right && same;
  }
  for (size_t t = 0; t < THREADS; t++) {
    int expected = t == LEAVER ? 0 : SYNCHED_ECANCELED;
    printf("thread %zu: %s with %s (%s)\n", t, t == LEAVER ? "left" : "was released",
           synched_err_name(participants[t].status), synched_strerror(participants[t].status));
    right = right && participants[t].status == expected;
  }
  return right;
}

/* Starts all and waits for all. If a thread cannot be started, its seat is given back, which
 * releases the others. */
static int run_threads(struct participant participants[THREADS]) {
  int refused = 0;
  for (size_t t = 0; t < THREADS; t++) {
    struct participant *one = &participants[t];
    int code = refused != 0 ? refused : pthread_create(&one->thread, NULL, take_part, one);
    one->started = code == 0;
    if (!one->started) {
      refused = code;
      (void)synched_writer_close(one->writer);
    }
  }
  for (size_t t = 0; t < THREADS; t++)
    if (participants[t].started)
      (void)pthread_join(participants[t].thread, NULL);
  return refused == 0 ? 0 : SYNCHED_EAGAIN;
}

/* Takes all seats, or none. */
static int open_seats(struct participant participants[THREADS], struct synched_memory *memory) {
  for (size_t t = 0; t < THREADS; t++) {
    participants[t].segment = t;
    int status = synched_writer_open(&participants[t].writer, memory, t);
    if (status != 0) {
      while (t-- > 0)
        (void)synched_writer_close(participants[t].writer);
      return status;
    }
  }
  return 0;
}

int main(int argc, char **argv) {
  if (argc > 1) {
    fprintf(stderr, "usage: %s\n", argv[0]);
    return 2;
  }
  static struct participant participants[THREADS];
  struct synched_memory *memory = NULL;
  int status =
      synched_memory_create(&memory, SYNCHED_MEMORY_OPTIONS(.segment_count = THREADS,
                                                            .segment_capacity = SEGMENT_ELEMENTS,
                                                            .element_size = sizeof(uint64_t)));
  if (status == 0)
    status = open_seats(participants, memory);
  if (status == 0)
    status = run_threads(participants);
  if (status != 0)
    fprintf(stderr, "own_threads: %s: %s\n", synched_strerror(status), synched_error_message());
  bool right = status == 0 && judge(participants);
  (void)synched_memory_destroy(memory);
  return right ? 0 : 1;
}
