/*
 * Clusters through the C++ header: of one rank, which sends nothing.
 */
#include <cstdint>
#include <system_error>
#include <utility>
#include <vector>

#include <synched/synched.hpp>

#include "check.hpp"

using synched::cluster;
using synched::job_setup;
using synched::memory;
using synched::memory_options;
using synched::pool;
using synched::pool_options;
using synched::task;

namespace {

int ended_count = 0;

/* What carries the messages of a rank that is alone: there are none. */
synched_transport lone() {
  synched_transport transport{};
  transport.struct_size = sizeof transport;
  transport.rank_count = 1;
  transport.make = [](void *, void **out, const synched_message *, std::size_t) {
    *out = nullptr;
    return 0;
  };
  transport.start = [](void *, void *) { return 0; };
  transport.test = [](void *, void *) { return 1; };
  transport.unmake = [](void *, void *) {};
  transport.explain = [](void *) { return "nothing is wrong"; };
  transport.destroy = [](void *) { ended_count++; };
  return transport;
}

synched_cluster *make_lone() {
  synched_cluster *made = nullptr;
  const synched_transport transport = lone();
  CHECK(synched_cluster_create_over(&made, &transport, nullptr) == 0);
  return made;
}

} // namespace

TEST(a_job_of_a_cluster_is_computed_learnt_and_collected) {
  ended_count = 0;
  {
    pool pool(pool_options().worker_count(2));
    memory<double> plate(memory_options().segment_count(4).segment_capacity(3));
    cluster ranks([](synched_cluster **out) {
      *out = make_lone();
      return 0;
    });
    synched::job job = job_setup(pool, plate)
                           .reads_near(1)
                           .reads_ends(1, 1)
                           .cluster(ranks)
                           .compute([&](task &task) {
                             for (double &degrees : task.out(plate))
                               degrees = static_cast<double>(task.round());
                           })
                           .round_count(4)
                           .create();
    job.advance(2);
    ranks.learn(job);
    job.advance(2);
    ranks.gather(plate);
    ranks.gather(plate.current());
    CHECK(plate.current().round() == 4);
    CHECK(plate.current().elements()[11] == 4);
    CHECK(ranks.rank() == 0 && ranks.rank_count() == 1);
    CHECK(ranks.segments(4).first == 0 && ranks.segments(4).count == 4);
    const std::vector<synched::rank_summary> did = ranks.collect(job);
    CHECK(did.size() == 1 && did[0].segment_count == 4 && did[0].round_count == 4);
    CHECK(synched::efficiency_of(did).balance == 1);
  }
  CHECK(ended_count == 1);
}

TEST(a_cluster_can_be_moved_and_ends_once) {
  ended_count = 0;
  {
    cluster one(lone(), synched_cluster_options_default());
    cluster two(std::move(one));
    CHECK(one.get() == nullptr && two.get() != nullptr);
    two = cluster(lone(), synched_cluster_options_default());
    CHECK(ended_count == 1);
  }
  CHECK(ended_count == 2);
}

TEST(a_cluster_that_cannot_be_throws) {
  synched_transport wrong = lone();
  wrong.rank = 1;
  std::error_code code;
  try {
    cluster none(wrong, synched_cluster_options_default());
  } catch (const std::system_error &error) {
    code = error.code();
  }
  CHECK(code == SYNCHED_EINVAL);
  pool pool(pool_options().worker_count(1));
  memory<double> plate(memory_options().segment_count(1).segment_capacity(1));
  synched::job job = job_setup(pool, plate).compute([](task &) {}).round_count(1).create();
  cluster ranks(lone(), synched_cluster_options_default());
  code = {};
  try {
    ranks.learn(job);
  } catch (const std::system_error &error) {
    code = error.code();
  }
  CHECK(code == SYNCHED_EINVAL);
}

int main(int argc, char **argv) {
  return check::main(argc, argv);
}
