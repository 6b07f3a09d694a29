/*
 * The C++ header without exceptions (-fno-exceptions): what fails returns why.
 */
#include <cstdint>
#include <cstring>
#include <vector>

#include <synched/synched.hpp>

#include "check.hpp"
#include "scene.hpp"

static_assert(!SYNCHED_CPP_EXCEPTIONS, "compile it with -fno-exceptions");

using synched::job_setup;
using synched::memory;
using synched::memory_options;
using synched::pool;
using synched::pool_options;
using synched::result;
using synched::round_view;
using synched::span;
using synched::task;

namespace {

struct ready {
  result<synched::pool> pool = synched::pool::create(pool_options().worker_count(2));
  result<memory<double>> rod = memory<double>::create(scene::options().lease_count(1));
};

} // namespace

TEST(owner_that_cannot_be_made_says_why) {
  const result<memory<int>> none = memory<int>::create(memory_options());
  CHECK(!none);
  CHECK(none.error() == SYNCHED_EINVAL && none.error() == std::errc::invalid_argument);
  CHECK(std::strstr(none.message(), "segment_count") != nullptr);
}

TEST(job_computes_what_a_serial_loop_does) {
  ready all;
  CHECK(all.pool && all.rod);
  memory<double> &rod = *all.rod;
  std::uint64_t completed = 0;
  result<synched::job> job = job_setup(*all.pool, rod)
                                 .init([&](task &task) {
                                   span<double> out = task.out(rod);
                                   for (std::size_t i = 0; i < out.size(); i++)
                                     out[i] = scene::at_first(task.first() + i);
                                 })
                                 .compute([&](task &task) {
                                   const auto was = task.previous(rod).elements();
                                   span<double> is = task.out(rod);
                                   for (std::size_t i = 0; i < is.size(); i++)
                                     is[i] = scene::step(was, task.first() + i);
                                 })
                                 .on_round([&](round_view) { completed++; })
                                 .round_count(scene::rounds)
                                 .create();
  CHECK(job);
  CHECK(job->run());
  CHECK(completed == scene::rounds);
  CHECK(scene::is_same(rod.current().elements(), scene::rounds));
  const auto report = job->report();
  CHECK(report && report->summary()->round_count == scene::rounds);
}

TEST(code_of_compute_comes_out_of_run) {
  ready all;
  result<synched::job> job = job_setup(*all.pool, *all.rod)
                                 .compute([](task &task) {
                                   return task.segment() < 2 ? 0 : static_cast<int>(task.segment());
                                 })
                                 .create();
  const result<void> ran = job->run();
  CHECK(!ran && ran.error() == std::error_code(2, synched::category()));
  CHECK(job->error() == ran.error() && !job->check());
}

TEST(job_is_advanced_by_the_programs_own_loop) {
  ready all;
  result<synched::job> job = job_setup(*all.pool, *all.rod)
                                 .compute([](task &task) { return task.round() == 4 ? 9 : 0; })
                                 .create();
  CHECK(job->advance(3));
  CHECK(all.rod->current().round() == 3);
  CHECK(job->advance().error() == std::error_code(9, synched::category()));
  CHECK(all.rod->current().round() == 3);
}

TEST(code_of_the_lowest_index_comes_out_of_the_loop) {
  ready all;
  std::vector<int> seen(100);
  CHECK(all.pool->parallel_for(seen.size(), [&](std::size_t index) { seen[index]++; }));
  CHECK(seen == std::vector<int>(100, 1));
  const result<void> failed = all.pool->parallel_for(
      seen.size(), [](std::size_t index) { return index < 70 ? 0 : static_cast<int>(index); });
  CHECK(failed.error() == std::error_code(70, synched::category()));
}

TEST(setup_that_is_refused_says_why) {
  ready all;
  const result<synched::job> none = job_setup(*all.pool, *all.rod).writes(*all.rod).create();
  CHECK(!none && none.error() == SYNCHED_EINVAL && std::strstr(none.message(), "stage()"));
}

TEST(writer_writes_and_reads) {
  result<memory<int>> numbers =
      memory<int>::create(memory_options().segment_count(1).segment_capacity(2));
  result<synched::writer<int>> writer = synched::writer<int>::create(*numbers, 0);
  CHECK(writer);
  const auto now = writer->write_sync_read(std::vector<int>{4, 5});
  CHECK(now && now->segment(0)[1] == 5);
  CHECK(writer->write(std::vector<int>(3)).error() == SYNCHED_ERANGE);
}

int main(int argument_count, char **arguments) {
  return check::main(argument_count, arguments);
}
