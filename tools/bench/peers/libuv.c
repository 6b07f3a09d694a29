/*
 * libuv.c: rounds as a libuv program makes them without a barrier: a work request for each worker's
 * share of the segments, and a count in their after-work callbacks, on the loop; the last of them
 * starts the next round.
 */
#include <stdlib.h>
#include <uv.h>

#include "peer.h"

struct state {
  const struct bench_work *work;
  uv_loop_t loop;
  struct request *requests;
  uint64_t round;
  unsigned done_count;
};

struct request {
  uv_work_t work;
  struct state *state;
  size_t first, end;
};

static void start_round(struct state *state);

static void run(uv_work_t *work) {
  const struct request *request = work->data;
  const struct state *state = request->state;
  for (size_t s = request->first; s < request->end; s++)
    state->work->compute(state->work->user, s, state->round);
}

static void after(uv_work_t *work, int status) {
  const struct request *request = work->data;
  struct state *state = request->state;
  (void)status;
  if (++state->done_count < state->work->worker_count)
    return;
  state->work->complete(state->work->user, state->round);
  if (state->round < state->work->round_count)
    start_round(state);
}

static void start_round(struct state *state) {
  state->round++;
  state->done_count = 0;
  for (unsigned w = 0; w < state->work->worker_count; w++)
    (void)uv_queue_work(&state->loop, &state->requests[w].work, run, after);
}

int bench_peer_rounds(const struct bench_work *work, const char *contestant) {
  (void)contestant;
  struct state state = {.work = work};
  state.requests = calloc(work->worker_count, sizeof *state.requests);
  if (state.requests == NULL || uv_loop_init(&state.loop) != 0)
    return -1;
  for (unsigned w = 0; w < work->worker_count; w++) {
    struct request *request = &state.requests[w];
    request->state = &state;
    request->first = bench_first_of(work->segment_count, w, work->worker_count);
    request->end = bench_first_of(work->segment_count, w + 1, work->worker_count);
    request->work.data = request;
  }
  start_round(&state);
  (void)uv_run(&state.loop, UV_RUN_DEFAULT);
  free(state.requests);
  return uv_loop_close(&state.loop);
}
