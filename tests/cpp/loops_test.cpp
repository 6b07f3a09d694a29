/*
 * What a program calls from a time loop of its own: rounds, and parallel loops on the same pool.
 */
#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

#include <uv.h>

#include <synched/synched.hpp>

#include "check.hpp"
#include "counted_new.hpp"
#include "scene.hpp"

using synched::job_setup;
using synched::memory;
using synched::pool;
using synched::pool_options;
using synched::round_view;
using synched::span;
using synched::task;

namespace {

/* The text of the exception that a function throws, "" for none. */
template <class F> std::string thrown_by(F &&function) {
  try {
    function();
  } catch (const std::exception &error) {
    return error.what();
  }
  return "";
}

auto step_rod(memory<double> &rod) {
  return [&](task &task) {
    const auto was = task.previous(rod).elements();
    const auto is = task.out(rod);
    for (std::size_t i = 0; i < is.size(); i++)
      is[i] = scene::step(was, task.first() + i);
  };
}

void load_rod(memory<double> &rod) {
  for (std::size_t s = 0; s < scene::segments; s++) {
    std::vector<double> elements;
    for (std::size_t i = 0; i < scene::elements; i++)
      elements.push_back(scene::at_first(s * scene::elements + i));
    rod.load(s, elements);
  }
}

} // namespace

TEST(job_is_advanced_by_the_programs_own_loop) {
  for (const unsigned workers : {1u, 2u, 3u}) {
    pool pool(pool_options().worker_count(workers));
    memory<double> rod(scene::options());
    load_rod(rod);
    synched::job job = job_setup(pool, rod).compute(step_rod(rod)).create();
    for (std::uint64_t done = 0; done < scene::rounds; done = rod.current().round()) {
      job.advance(done % 3 + 1);
      CHECK(scene::is_same(rod.current().elements(), rod.current().round()));
    }
    CHECK(!job.error() && job.report().get() != nullptr);
  }
}

TEST(advance_allocates_nothing) {
  pool pool(pool_options().worker_count(2));
  memory<double> rod(scene::options());
  synched::job job = job_setup(pool, rod).compute(step_rod(rod)).create();
  job.advance();
  const unsigned long before = new_count();
  for (int i = 0; i < 100; i++)
    job.advance();
  CHECK(new_count() == before);
}

TEST(exception_comes_out_of_advance) {
  pool pool(pool_options().worker_count(2));
  memory<double> rod(scene::options());
  load_rod(rod);
  std::uint64_t failing = 3;
  synched::job job = job_setup(pool, rod)
                         .compute([&, step = step_rod(rod)](task &task) {
                           step(task);
                           if (task.round() == failing && task.segment() > 1)
                             throw std::runtime_error(std::to_string(task.segment()));
                         })
                         .create();
  job.advance(2);
  CHECK(thrown_by([&] { job.advance(5); }) == "2");
  CHECK(rod.current().round() == 2 && job.exception());
  failing = 0;
  job.advance(2);
  CHECK(!job.exception() && scene::is_same(rod.current().elements(), 4));
}

TEST(exception_of_on_round_comes_out_of_advance) {
  pool pool(pool_options().worker_count(2));
  memory<double> rod(scene::options());
  synched::job job = job_setup(pool, rod)
                         .compute(step_rod(rod))
                         .on_round([](round_view now) {
                           if (now.round() == 2)
                             throw std::runtime_error("second");
                         })
                         .create();
  CHECK(thrown_by([&] { job.advance(5); }) == "second");
}

TEST(loop_calls_each_index_once) {
  for (const unsigned workers : {1u, 2u, 3u}) {
    pool pool(pool_options().worker_count(workers));
    std::vector<std::atomic<int>> counts(1000);
    std::atomic<bool> is_worker = true;
    pool.parallel_for(counts.size(), [&](std::size_t index, unsigned worker) {
      counts[index]++;
      if (worker > workers)
        is_worker = false;
    });
    bool once = true;
    for (const std::atomic<int> &count : counts)
      once = once && count == 1;
    CHECK(once && is_worker);
    pool.parallel_for(1, [&](std::size_t index) { counts[index]++; });
    CHECK(counts[0] == 2);
  }
}

TEST(failure_of_the_lowest_index_comes_out_of_the_loop) {
  pool pool(pool_options().worker_count(2));
  for (int again = 0; again < 50; again++) {
    CHECK(thrown_by([&] {
            pool.parallel_for(100, [](std::size_t index) {
              if (index >= 40)
                throw std::runtime_error(std::to_string(index));
            });
          }) == "40");
    int code = 0;
    try {
      pool.parallel_for(100, [](std::size_t index) -> int {
        if (index >= 60)
          throw std::runtime_error(std::to_string(index));
        return index >= 30 ? static_cast<int>(index) : 0;
      });
    } catch (const std::system_error &error) {
      code = error.code().value();
    }
    CHECK(code == 30);
  }
}

TEST(loop_of_nothing_is_refused) {
  pool pool(pool_options().worker_count(1));
  bool is_called = false;
  CHECK(thrown_by([&] { pool.parallel_for(0, [&](std::size_t) { is_called = true; }); }) != "");
  CHECK(!is_called);
}

TEST(loops_allocate_nothing_after_the_first) {
  pool pool(pool_options().worker_count(2));
  std::atomic<std::size_t> sum = 0;
  const std::vector<std::size_t> captured(100, 1);
  const auto add = [&sum, captured](std::size_t index) { sum += captured[index]; };
  pool.parallel_for(100, add);
  const unsigned long before = new_count();
  for (int i = 0; i < 100; i++)
    pool.parallel_for(100, add);
  CHECK(new_count() == before && sum == 101 * 100);
}

TEST(rounds_wait_for_what_segments_read) {
  pool pool(pool_options().worker_count(3));
  const auto offsets = [] {
    std::vector<std::size_t> at;
    for (std::size_t s = 0; s <= scene::segments; s++)
      at.push_back(2 * s);
    return at;
  }();
  std::vector<std::size_t> neighbours;
  for (std::size_t s = 0; s < scene::segments; s++) {
    neighbours.push_back((s + scene::segments - 1) % scene::segments);
    neighbours.push_back((s + 1) % scene::segments);
  }
  for (const bool listed : {false, true}) {
    memory<double> rod(scene::options());
    load_rod(rod);
    job_setup setup(pool, rod);
    setup.compute(step_rod(rod)).rounds_per_barrier(4);
    synched::job job =
        (listed ? setup.reads_list(offsets.data(), neighbours.data()) : setup.reads_near(1, true))
            .create();
    job.advance(scene::rounds);
    CHECK(scene::is_same(rod.current().elements(), rod.current().round()));
  }
}

TEST(calls_that_nothing_has_changed_for_are_skipped) {
  pool pool(pool_options().worker_count(2));
  memory<double> rod(scene::options());
  std::atomic<unsigned> calls = 0;
  synched::job job = job_setup(pool, rod)
                         .compute([&](task &task) {
                           for (double &element : task.out(rod))
                             element = 0;
                           calls++;
                           task.unchanged();
                         })
                         .reads_own()
                         .flags(SYNCHED_JOB_SKIP_UNCHANGED)
                         .create();
  job.advance(10);
  CHECK(calls == scene::segments && rod.current().round() == 10);
}

TEST(loop_ends_on_libuvs_loop) {
  pool pool(pool_options().worker_count(2));
  std::atomic<std::size_t> sum = 0;
  std::string told;
  uv_loop_t loop;
  CHECK(uv_loop_init(&loop) == 0);
  pool.parallel_for_start(
      &loop, 100, [&](std::size_t index) { sum += index; },
      [&](const synched::loop_ended &how) noexcept { told += how.error() ? "!" : "done "; });
  uv_run(&loop, UV_RUN_DEFAULT);
  pool.parallel_for_start(
      &loop, 100,
      [](std::size_t index) {
        if (index > 4)
          throw std::runtime_error(std::to_string(index));
      },
      [&](const synched::loop_ended &how) noexcept { told += thrown_by([&] { how.check(); }); });
  uv_run(&loop, UV_RUN_DEFAULT);
  CHECK(uv_loop_close(&loop) == 0);
  CHECK(sum == 4950 && told == "done 5");
}

int main(int argument_count, char **arguments) {
  return check::main(argument_count, arguments);
}
