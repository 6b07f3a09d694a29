/*
 * cluster_stress.c: random jobs on random numbers of ranks, which are threads with pools of their
 * own, have the bits of one rank; what ends them on one ends them on all.
 *
 * In some cases a thread beside a rank cancels or stops its job at any time. Then nobody knows how
 * far it comes; but every rank comes as far as all others, with the same status.
 */
#include "support/stress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <synched/synched.h>

#include "support/local_ranks.h"
#include "support/ranked.h"

struct shared {
  struct ranked_case what;
  struct ranked_result results[LOCAL_RANKS_MOST];
};

static uint64_t case_count, round_count;

static void be_rank(struct local_ranks *ranks, unsigned rank, void *user) {
  struct shared *shared = user;
  struct synched_cluster *cluster;
  const struct synched_transport transport = local_ranks_transport(ranks, rank);
  STRESS_CHECK(synched_cluster_create_over(&cluster, &transport, NULL) == 0, "no cluster: %s",
               synched_error_message());
  ranked_run(&shared->what, cluster, &shared->results[rank]);
  STRESS_CHECK(synched_cluster_destroy(cluster) == 0, "the cluster stays: %s",
               synched_error_message());
}

static uint64_t content_of(const struct shared *shared, unsigned rank_count) {
  uint64_t digest = shared->results[0].digest;
  for (unsigned r = 1; shared->what.shape == RANKED_IN_PLACE && r < rank_count; r++)
    digest += shared->results[r].digest;
  return digest;
}

/* All ranks have come to the same. */
static void check_alike(const struct shared *shared, unsigned rank_count,
                        const struct ranked_result *like) {
  for (unsigned r = 0; r < rank_count; r++) {
    const struct ranked_result *result = &shared->results[r];
    STRESS_CHECK(result->setup_status == 0, "rank %u: %s", r, result->message);
    STRESS_CHECK(result->status == like->status, "rank %u: status %d (%s), not %d (%s)", r,
                 result->status, result->message, like->status, like->message);
    STRESS_CHECK(result->round == like->round, "rank %u: round %" PRIu64 ", not %" PRIu64, r,
                 result->round, like->round);
    STRESS_CHECK(result->folds == like->folds && result->on_round_count == like->on_round_count,
                 "rank %u: other folds, or in other rounds", r);
  }
}

static void run_case(struct stress_random *random) {
  static struct shared shared;
  struct ranked_result one;
  const unsigned rank_count = (unsigned)stress_between(random, 1, LOCAL_RANKS_MOST);
  const unsigned looks = (unsigned)stress_below(random, 20);
  memset(&shared, 0, sizeof shared);
  shared.what = ranked_random(stress_draw(random));
  if (stress_chance(random, 3)) {
    shared.what.event = RANKED_INTERRUPTED;
    shared.what.round_count = 1000000;
  }
  stress_case_is("%u ranks, shape %d, reads %d, %zu segments, %u workers, event %d", rank_count,
                 (int)shared.what.shape, (int)shared.what.reads, shared.what.segment_count,
                 shared.what.worker_count, (int)shared.what.event);
  struct local_ranks *ranks = local_ranks_new(rank_count, looks);
  STRESS_CHECK(ranks != NULL && local_ranks_run(ranks, be_rank, &shared), "no threads");
  local_ranks_end(ranks);
  if (shared.what.event == RANKED_INTERRUPTED) {
    check_alike(&shared, rank_count, &shared.results[0]);
  } else {
    struct ranked_case serial = shared.what;
    serial.worker_count = 1;
    ranked_run(&serial, NULL, &one);
    check_alike(&shared, rank_count, &one);
    const bool is_known = shared.what.shape != RANKED_IN_PLACE || one.status == 0;
    STRESS_CHECK(!is_known || content_of(&shared, rank_count) == one.digest, "other content");
  }
  case_count++;
  round_count += shared.results[0].round;
  stress_step();
}

int main(int argc, char **argv) {
  struct stress_random random;
  stress_begin("cluster", argc, argv);
  ranked_goes_on = stress_step;
  while (stress_next_case(&random))
    run_case(&random);
  return stress_end("%" PRIu64 " jobs on several ranks, %" PRIu64 " rounds", case_count,
                    round_count);
}
