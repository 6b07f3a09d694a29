/*
 * tbb.cpp: oneTBB's parallel_for with the static partitioner, one for each round.
 */
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include "peer.h"

extern "C" int bench_peer_rounds(const bench_work *work, const char *) {
  tbb::global_control control(tbb::global_control::max_allowed_parallelism, work->worker_count);
  tbb::task_arena arena(static_cast<int>(work->worker_count));
  arena.execute([work] {
    for (std::uint64_t round = 1; round <= work->round_count; round++) {
      tbb::parallel_for(
          std::size_t{0}, work->segment_count,
          [work, round](std::size_t segment) { work->compute(work->user, segment, round); },
          tbb::static_partitioner());
      work->complete(work->user, round);
    }
  });
  return 0;
}
