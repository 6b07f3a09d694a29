/*
 * std_barrier.cpp: C++20's std::barrier with a completion function, and pinned threads.
 */
#include <barrier>
#include <thread>
#include <vector>

#include "peer.h"
#include "pinned.h"

namespace {

struct completion {
  const bench_work *work;
  std::uint64_t *round;
  void operator()() noexcept {
    work->complete(work->user, ++*round);
  }
};

void take_part(const bench_work *work, std::barrier<completion> *barrier, unsigned index) {
  const std::size_t first = bench_first_of(work->segment_count, index, work->worker_count);
  const std::size_t end = bench_first_of(work->segment_count, index + 1, work->worker_count);
  pin_to_nth_cpu(index, work->worker_count);
  for (std::uint64_t round = 1; round <= work->round_count; round++) {
    for (std::size_t s = first; s < end; s++)
      work->compute(work->user, s, round);
    barrier->arrive_and_wait();
  }
}

} // namespace

extern "C" int bench_peer_rounds(const bench_work *work, const char *) {
  std::uint64_t completed = 0;
  std::barrier<completion> barrier(work->worker_count, completion{work, &completed});
  std::vector<std::thread> threads;
  for (unsigned w = 0; w < work->worker_count; w++)
    threads.emplace_back(take_part, work, &barrier, w);
  for (auto &thread : threads)
    thread.join();
  return 0;
}
