/*
 * promises.c: the ten promises of a round, in their order.
 *
 *   1 One writer         two calls never have one segment: promises_call.
 *   2 A consistent past  a call sees all of the round before: the scene compares each element with
 *                        promises_value; that nobody changes it meanwhile, model.c's races show.
 *   3 Segments counted   a round closes when each segment was computed once: promises_round.
 *                        A worker that is held up for ever would be a standstill: fibres.c.
 *   4 All or none        a round with a failed call is not published, and the lowest one is told:
 *                        promises_round, promises_done.
 *   5 Order              on_round once, after the calls of its round and before those of the next;
 *                        on_done once and last: promises_round, promises_call, promises_done.
 *   6 Zero copies        what is retained stays as it is: the scene compares it when it lets go.
 *   7 The same bits      whatever the schedule, promises_value; folds, by the scene.
 *   8 A quiet hot path   a round allocates nothing and takes no lock: promises_round.
 *   9 Not slower than serial is a matter of time, which the simulator does not know. It shows that
 *                        rounds go from shared to solo and back without breaking the others.
 *  10 Bad input          depends on no schedule: tests/contract.
 */
#include "promises.h"

#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define SEGMENTS_MOST 128u
#define ROUNDS_MOST 4096u

/* Of the last rounds, and the first segments. */
#define CALL_ROUNDS 4u
#define CALL_SEGMENTS 8u
#define CLOCKS_NS 18000u /* what the clocks may seem to differ by: a thread is held up meanwhile */

struct call {
  uint64_t round;    /* 0: none */
  uint64_t after_ns; /* the call before it on its worker had ended; 0: there was none */
  uint64_t begun_ns;
};

struct promises {
  size_t segment_count;
  uint64_t round;   /* that is open, or was last */
  bool open;        /* a call of it has begun, and it has not been published */
  unsigned running; /* calls of it that have not returned */
  uint8_t busy[SEGMENTS_MOST], computed[SEGMENTS_MOST];
  unsigned computed_count;
  uint64_t published; /* by on_round */
  uint64_t delivered;
  bool delivers;          /* the last one, at the latest before on_done */
  int64_t failed_segment; /* of the open round; -1: none */
  int failed_code;
  bool done;
  unsigned done_count;
  int status;
  bool cancelled;
  bool drops; /* a round may come again */
  bool quiet; /* rounds are to be, and */
  bool initialised[SEGMENTS_MOST];
  unsigned steered_count;            /* calls of on_steered */
  uint64_t allocations, locks;       /* of workers, at the round before */
  uint8_t caller[SEGMENTS_MOST];     /* which worker computes it in the open round */
  uint64_t returned_ns[SIM_THREADS]; /* by worker: when its last call ended */
  struct call calls[CALL_ROUNDS][CALL_SEGMENTS];
  /* by round; grows */
  uint64_t valued_rounds;
  uint64_t values[ROUNDS_MOST][SEGMENTS_MOST];
};

/* One execution after the other: what this one began is used again by the next. */
#define PROMISES_MOST 16u

static struct promises *take(void) {
  if (sim->promise_count == PROMISES_MOST)
    sim_fail("the simulator's watches are used up");
  void **slot = &sim->promises[sim->promise_count++];
  if (*slot == NULL)
    *slot = malloc(sizeof(struct promises));
  if (*slot == NULL)
    sim_fail("no memory for a watch");
  return *slot;
}

struct promises *promises_begin(size_t segment_count) {
  struct promises *promises = take();
  memset(promises, 0, offsetof(struct promises, values));
  memset(promises->values[0], 0, sizeof promises->values[0]);
  promises->segment_count = segment_count;
  promises->failed_segment = -1;
  return promises;
}

void promises_be_quiet(struct promises *promises) {
  promises->quiet = true;
}

void promises_drop(struct promises *promises) {
  promises->drops = true;
}

uint64_t promises_next(uint64_t sum, uint64_t round, size_t segment) {
  return sum * 3 + round * 1000003u + segment * 7 + 1;
}

static void add_round(struct promises *promises) {
  const uint64_t round = ++promises->valued_rounds;
  if (round >= ROUNDS_MOST)
    sim_fail("a world of more than %u rounds", ROUNDS_MOST);
  uint64_t sum = 0;
  for (size_t s = 0; s < promises->segment_count; s++)
    sum += promises->values[round - 1][s];
  for (size_t s = 0; s < promises->segment_count; s++)
    promises->values[round][s] = promises_next(sum, round, s);
}

uint64_t promises_value(struct promises *promises, uint64_t round, size_t segment) {
  while (promises->valued_rounds < round)
    add_round(promises);
  return promises->values[round][segment];
}

/* --- 1, 5: calls --- */

void promises_init(struct promises *promises, uint64_t round, size_t segment) {
  if (promises->published != 0 || promises->open || round != 0)
    sim_fail("a call of init in round %llu", (unsigned long long)round);
  if (promises->initialised[segment])
    sim_fail("promise 1: segment %zu has two calls of init", segment);
  promises->initialised[segment] = true;
}

static void open_round(struct promises *promises, uint64_t round) {
  if (round != promises->published + 1)
    sim_fail("promise 5: a call of round %llu, and round %llu was published last",
             (unsigned long long)round, (unsigned long long)promises->published);
  if (promises->running != 0)
    sim_fail("promise 5: round %llu begins while calls of the one before run",
             (unsigned long long)round);
  promises->open = true;
  promises->round = round;
  promises->computed_count = 0;
  promises->failed_segment = -1;
  memset(promises->computed, 0, sizeof promises->computed);
}

void promises_call(struct promises *promises, uint64_t round, size_t segment, unsigned worker) {
  if (promises->done)
    sim_fail("promise 5: a call after on_done");
  /* A round that was dropped for its deadline comes again under the same number; of those before
   * it some calls may have been skipped. */
  if (!promises->open)
    open_round(promises, round);
  if (round != promises->round)
    sim_fail("promise 5: a call of round %llu while round %llu is open", (unsigned long long)round,
             (unsigned long long)promises->round);
  if (segment >= promises->segment_count)
    sim_fail("promise 1: there is no segment %zu", segment);
  if (promises->drops && promises->computed[segment]) {
    promises->computed[segment] = 0;
    promises->computed_count--;
  }
  if (promises->busy[segment] || promises->computed[segment])
    sim_fail("promise 1: segment %zu has two calls in round %llu", segment,
             (unsigned long long)round);
  promises->busy[segment] = 1;
  promises->running++;
  promises->caller[segment] = (uint8_t)worker;
  if (segment < CALL_SEGMENTS)
    promises->calls[round % CALL_ROUNDS][segment] = (struct call){
        .round = round, .after_ns = promises->returned_ns[worker], .begun_ns = sim->now_ns};
}

void promises_running(const struct promises *promises, uint64_t round, size_t segment,
                      uint64_t since_ns) {
  const struct call *call = &promises->calls[round % CALL_ROUNDS][segment];
  if (segment >= CALL_SEGMENTS || call->round != round)
    return;
  if (since_ns + CLOCKS_NS < call->after_ns || since_ns > call->begun_ns + CLOCKS_NS)
    sim_fail("segment %zu of round %llu is said to run since %llu, and was called at %llu, after "
             "%llu",
             segment, (unsigned long long)round, (unsigned long long)since_ns,
             (unsigned long long)call->begun_ns, (unsigned long long)call->after_ns);
}

void promises_return(struct promises *promises, uint64_t round, size_t segment, int code) {
  if (!promises->open || round != promises->round)
    sim_fail("promise 3: round %llu was closed while segment %zu was computed",
             (unsigned long long)round, segment);
  promises->busy[segment] = 0;
  promises->computed[segment] = 1;
  promises->computed_count++;
  promises->running--;
  promises->returned_ns[promises->caller[segment]] = sim->now_ns;
  if (code != 0 && (promises->failed_segment < 0 || (int64_t)segment < promises->failed_segment)) {
    promises->failed_segment = (int64_t)segment;
    promises->failed_code = code;
  }
}

/* --- 3, 4, 5, 8: rounds --- */

/* From the third round on, what workers do in one is what they do in each. */
static void check_quiet(struct promises *promises, uint64_t round) {
  if (promises->quiet && round > 2 && promises->allocations != sim->worker_allocations)
    sim_fail("promise 8: round %llu has allocated memory", (unsigned long long)round);
  if (promises->quiet && round > 2 && promises->locks != sim->worker_locks)
    sim_fail("promise 8: round %llu has taken a lock", (unsigned long long)round);
  promises->allocations = sim->worker_allocations;
  promises->locks = sim->worker_locks;
}

void promises_round(struct promises *promises, uint64_t round) {
  if (promises->done)
    sim_fail("promise 5: on_round after on_done");
  if (!promises->open || round != promises->round || round != promises->published + 1)
    sim_fail("promise 5: on_round of round %llu, and round %llu is open, %llu was before",
             (unsigned long long)round, (unsigned long long)promises->round,
             (unsigned long long)promises->published);
  if (promises->running != 0 || promises->computed_count != promises->segment_count)
    sim_fail("promise 3: round %llu is published, and %u of %zu segments are computed",
             (unsigned long long)round, promises->computed_count, promises->segment_count);
  if (promises->failed_segment >= 0)
    sim_fail("promise 4: round %llu is published, and segment %lld has failed",
             (unsigned long long)round, (long long)promises->failed_segment);
  check_quiet(promises, round);
  promises->published = round;
  promises->open = false;
}

void promises_delivered(struct promises *promises, uint64_t round, bool every) {
  /* The newest may be taken as soon as it is published, which is before on_round. */
  if (round > promises->published + !every)
    sim_fail("promise 5: a delivery of round %llu before its on_round", (unsigned long long)round);
  if (round <= promises->delivered || (every && round != promises->delivered + 1))
    sim_fail("promise 5: a delivery of round %llu after that of %llu", (unsigned long long)round,
             (unsigned long long)promises->delivered);
  promises->delivered = round;
}

void promises_deliver(struct promises *promises) {
  promises->delivers = true;
}

static void check_delivered(const struct promises *promises) {
  if (promises->delivers && promises->delivered != promises->published)
    sim_fail("promise 5: round %llu was never delivered", (unsigned long long)promises->published);
}

void promises_paused(const struct promises *promises) {
  check_delivered(promises);
}

/* --- 4, 5: the end --- */

void promises_cancelled(struct promises *promises) {
  promises->cancelled = true;
}

void promises_done(struct promises *promises, int status, uint64_t current_round) {
  if (promises->done)
    sim_fail("promise 5: on_done twice");
  if (promises->running != 0)
    sim_fail("promise 5: on_done while a call runs");
  check_delivered(promises);
  if (current_round != promises->published)
    sim_fail("promise 4: round %llu is current at the end, and %llu was published last",
             (unsigned long long)current_round, (unsigned long long)promises->published);
  const bool is_right = status == promises->failed_code || (promises->cancelled && status != 0);
  if (promises->open && promises->failed_segment >= 0 && !is_right)
    sim_fail("promise 4: status %d, and segment %lld failed with %d", status,
             (long long)promises->failed_segment, promises->failed_code);
  promises->done = true;
  promises->done_count++;
  promises->status = status;
}

void promises_end(struct promises *promises) {
  if (promises->done_count == 0)
    sim_fail("promise 5: on_done has never come");
}

void promises_again(struct promises *promises) {
  promises->done = false;
  promises->open = false;
  promises->failed_segment = -1;
}

bool promises_are_over(const struct promises *promises) {
  return promises->done;
}

void promises_steered(struct promises *promises, uint64_t round) {
  if (promises->done)
    sim_fail("promise 5: on_steered after on_done");
  if (promises->delivers && promises->delivered < round)
    sim_fail("promise 5: on_steered of round %llu before the delivery of that",
             (unsigned long long)round);
  promises->steered_count++;
}

unsigned promises_steered_count(const struct promises *promises) {
  return promises->steered_count;
}

uint64_t promises_rounds(const struct promises *promises) {
  return promises->published;
}

int promises_status(const struct promises *promises) {
  return promises->status;
}
