// consumer.cpp: the same small job in C++17, with the header for it. Exit code 0 if the sums are
// right.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>

#include <synched/synched.hpp>

namespace {

constexpr std::size_t segments = 5;
constexpr std::size_t elements = 8;
constexpr std::uint64_t rounds = 10;

int run() {
  synched::pool pool(synched::pool_options().worker_count(2));
  synched::memory<std::uint32_t> sums(
      synched::memory_options().segment_count(segments).segment_capacity(elements));
  synched::job job = synched::job_setup(pool, sums)
                         .compute([&](synched::task &task) {
                           const auto before = task.before(sums);
                           const auto out = task.out(sums);
                           for (std::size_t i = 0; i < out.size(); i++)
                             out[i] = before[i] + static_cast<std::uint32_t>(task.segment()) + 1;
                         })
                         .round_count(rounds)
                         .create();
  job.run();

  const auto now = sums.current();
  int wrong = now.round() != rounds;
  for (std::size_t s = 0; s < segments; s++)
    for (std::uint32_t sum : now.segment(s))
      wrong += sum != rounds * (s + 1);
  return wrong;
}

} // namespace

int main() {
  try {
    const int wrong = run();
    std::printf("C++, synched %s: %d wrong\n", synched_version_string(), wrong);
    return wrong != 0;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
