/*
 * The C++ header as most programs have it: what fails throws.
 */
#include <atomic>
#include <chrono>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include <poll.h>
#include <uv.h>

#include <synched/synched.hpp>

#include "check.hpp"
#include "counted_new.hpp"
#include "scene.hpp"

using synched::job_ref;
using synched::job_setup;
using synched::memory;
using synched::memory_options;
using synched::pool;
using synched::pool_options;
using synched::round_view;
using synched::span;
using synched::task;

namespace {

/* What a function throws. */
struct thrown {
  std::error_code code;
  std::string text;
  bool any = false;
};

template <class F> thrown what_of(F &&function) {
  thrown out;
  try {
    function();
  } catch (const std::system_error &error) {
    out = {error.code(), error.what(), true};
  } catch (const std::exception &error) {
    out = {{}, error.what(), true};
  }
  return out;
}

/* The loop of a program that has none of libuv's. */
void dispatch_to_the_end(synched::job &job) {
  for (bool ended = false; !ended;) {
    struct pollfd readable = {job.fd(), POLLIN, 0};
    (void)poll(&readable, 1, 1000);
    ended = job.dispatch();
  }
}

void run_loop(uv_loop_t &loop) {
  uv_run(&loop, UV_RUN_DEFAULT);
  CHECK(uv_loop_close(&loop) == 0);
}

auto fill_rod(memory<double> &rod) {
  return [&](task &task) {
    span<double> out = task.out(rod);
    for (std::size_t i = 0; i < out.size(); i++)
      out[i] = scene::at_first(task.first(rod) + i);
  };
}

auto step_rod(memory<double> &rod) {
  return [&](task &task) {
    const span<const double> was = task.previous(rod).elements();
    span<double> is = task.out(rod);
    for (std::size_t i = 0; i < is.size(); i++)
      is[i] = scene::step(was, task.first() + i);
  };
}

} // namespace

/* --- types --- */

static_assert(!std::is_copy_constructible_v<pool> && std::is_nothrow_move_constructible_v<pool>);
static_assert(!std::is_copy_constructible_v<memory<int>> &&
              std::is_nothrow_move_assignable_v<memory<int>>);
static_assert(!std::is_copy_constructible_v<synched::job> &&
              std::is_nothrow_move_assignable_v<synched::job>);
static_assert(!std::is_copy_constructible_v<synched::snapshot<int>> &&
              std::is_nothrow_move_assignable_v<synched::snapshot<int>>);
static_assert(!std::is_copy_constructible_v<synched::writer<int>> &&
              std::is_nothrow_move_assignable_v<synched::writer<int>>);
static_assert(std::is_convertible_v<span<int>, span<const int>>);
static_assert(!std::is_convertible_v<span<const int>, span<int>>);
static_assert(!std::is_convertible_v<span<int>, span<const long>>);
static_assert(!std::is_convertible_v<const std::vector<int> &, span<int>>);

TEST(span_is_made_of_what_has_elements) {
  std::vector<int> numbers = {1, 2, 3};
  const int array[] = {4, 5};
  span<int> all = numbers;
  all[1] = 7;
  const span<const int> both = all;
  CHECK(both.size() == 3 && both[1] == 7 && both.data() == numbers.data());
  CHECK(span<const int>(array).size() == 2);
  CHECK(std::accumulate(both.begin(), both.end(), 0) == 11);
  CHECK(both.subspan(1, 2)[1] == 3);
  CHECK(span<int>().empty());
#if defined(__cpp_lib_span)
  const std::span<const int> theirs = both;
  const span<const int> back = theirs;
  CHECK(back.data() == numbers.data() && back.size() == 3);
#endif
}

/* --- errors --- */

TEST(status_is_an_error_code) {
  const std::error_code busy = SYNCHED_EBUSY;
  CHECK(busy == SYNCHED_EBUSY && busy != SYNCHED_EINVAL);
  CHECK(busy == std::errc::device_or_resource_busy);
  CHECK(busy.message() == "in use");
  CHECK(std::string(busy.category().name()) == "synched");
  const std::error_code own(7, synched::category());
  CHECK(own.default_error_condition() == std::error_condition(7, synched::category()));
  CHECK(own.message() == synched_strerror(7));
#define IS_ERRC(name, text)                                                                        \
  CHECK(std::error_code(SYNCHED_##name) == std::error_condition(name, std::generic_category()));
  SYNCHED_STATUS_MAP(IS_ERRC)
#undef IS_ERRC
}

TEST(memory_of_no_segments_throws_the_sentence) {
  const thrown out = what_of([] { memory<int> none{memory_options()}; });
  CHECK(out.code == SYNCHED_EINVAL);
  CHECK(out.text.rfind(synched_error_message(), 0) == 0);
  CHECK(out.text.find("segment_count") != std::string::npos);
}

TEST(pool_that_cannot_be_throws) {
  CHECK(what_of([] { pool many(pool_options().worker_count(SYNCHED_WORKERS_MAX + 1)); }).code ==
        std::errc::invalid_argument);
}

/* --- owners --- */

TEST(pool_is_moved) {
  pool one(pool_options().worker_count(2).name("moved"));
  pool other(std::move(one));
  CHECK(other.worker_count() == 2 && one.get() == nullptr);
  one = std::move(other);
  CHECK(one.info().worker_count == 2);
}

TEST(memory_is_loaded_and_looked_at) {
  const std::size_t capacities[] = {3, 0, 5};
  memory<short> uneven(
      memory_options().segment_capacities(capacities).layout(SYNCHED_LAYOUT_PADDED));
  uneven.load(2, std::vector<short>{7, 8});
  CHECK(what_of([&] { uneven.load(0, std::vector<short>(4)); }).code == SYNCHED_ERANGE);
  const auto now = uneven.current();
  CHECK(now.segment_count() == 3 && now.round() == 0);
  CHECK(now.segment(2).size() == 2 && now.segment(2)[1] == 8);
  CHECK(now.segment(1).empty());
  CHECK(now.elements()[now.offset(2)] == 7);
}

TEST(snapshot_is_kept_and_released) {
  memory<int> numbers(memory_options().segment_count(1).segment_capacity(1).lease_count(1));
  auto one = numbers.current();
  auto other = one.retain();
  CHECK(other.get() == one.get());
  synched::snapshot<int> moved(std::move(one));
  CHECK(!one && moved);
  other = std::move(moved);
  CHECK(what_of([&] { numbers.load(0, std::vector<int>{1}); }).code == SYNCHED_EBUSY);
  other = synched::snapshot<int>();
  numbers.load(0, std::vector<int>{1});
  CHECK(numbers.current().segment(0)[0] == 1);
}

TEST(writers_meet_at_the_barrier) {
  memory<int> shared(memory_options().segment_count(2).segment_capacity(1));
  int sums[2] = {0, 0};
  std::vector<std::thread> threads;
  std::vector<synched::writer<int>> writers;
  for (std::size_t s = 0; s < 2; s++)
    writers.emplace_back(shared, s);
  for (std::size_t s = 0; s < 2; s++)
    threads.emplace_back([&, s] {
      for (int round = 0; round < 100; round++) {
        const int mine[] = {round * static_cast<int>(s + 1)};
        const auto now = writers[s].write_sync_read(mine);
        sums[s] += now.segment(0)[0] + now.segment(1)[0];
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  CHECK(sums[0] == 3 * 99 * 50 && sums[1] == 3 * 99 * 50);
  CHECK(what_of([&] { synched::writer<int> taken(shared, 0); }).code == SYNCHED_EEXIST);
  writers.pop_back();
  CHECK(what_of([&] { writers[0].sync(); }).code == SYNCHED_ECANCELED);
}

/* --- rounds --- */

TEST(job_computes_what_a_serial_loop_does) {
  for (const unsigned workers : {1u, 2u, 3u, 5u}) {
    pool pool(pool_options().worker_count(workers));
    memory<double> rod(scene::options());
    synched::job job = job_setup(pool, rod)
                           .init(fill_rod(rod))
                           .compute(step_rod(rod))
                           .round_count(scene::rounds)
                           .create();
    job.run();
    CHECK(!job.error());
    CHECK(scene::is_same(rod.current().elements(), scene::rounds));
  }
}

TEST(fields_of_a_task_are_those_of_the_c_struct) {
  pool pool(pool_options().worker_count(1));
  memory<int> numbers(memory_options().segment_count(2).segment_capacity(3));
  bool is_so = true;
  auto look = [&](task &task) {
    const synched_task *raw = task.get();
    is_so = is_so && task.round() == raw->round && task.segment() == raw->segment &&
            task.worker() == raw->worker && task.stage() == 0 && task.first() == raw->first;
    is_so = is_so && task.out(numbers).size() == 3 && task.out<int>().data() == raw->out;
    is_so = is_so && task.before(numbers).size() == task.count() && !task.cancelled();
    task.count(numbers) = task.segment() + 1;
    task.contribution() = 2;
  };
  double fold = 0;
  synched::job job = job_setup(pool, numbers)
                         .compute(look)
                         .on_round([&](round_view now) { fold = now.fold(); })
                         .fold(SYNCHED_FOLD_SUM)
                         .round_count(2)
                         .create();
  job.run();
  CHECK(is_so);
  CHECK(fold == 4);
  CHECK(numbers.current().segment(0).size() == 1 && numbers.current().segment(1).size() == 2);
}

TEST(callbacks_come_in_their_order) {
  pool pool(pool_options().worker_count(2));
  memory<double> rod(scene::options().lease_count(2));
  std::string order;
  unsigned delivered = 0;
  bool is_job = true;
  synched::job *whose = nullptr;
  synched::job job = job_setup(pool, rod)
                         .name("ordered")
                         .init(fill_rod(rod))
                         .on_init([&](round_view) { order += 'i'; })
                         .compute(step_rod(rod))
                         .on_round([&](round_view now) {
                           order += 'r';
                           return now.round() == 3 ? SYNCHED_STOP : SYNCHED_CONTINUE;
                         })
                         .delivery(SYNCHED_DELIVER_EVERY)
                         .on_snapshot([&](job_ref from, round_view now) {
                           is_job = is_job && from.get() == whose->get();
                           delivered += now.field(rod).elements().size() == scene::all;
                         })
                         .on_done([&](job_ref from, const synched::ended &how) {
                           is_job = is_job && from.get() == whose->get();
                           order += how.error() || how.exception() ? '!' : 'd';
                           order += how.report() != nullptr ? '.' : '!';
                         })
                         .create();
  whose = &job;
  job.run();
  CHECK(order == "irrrd.");
  CHECK(delivered == 3 && is_job);
  CHECK(job.report().summary().round_count == 3);
  job.check();
}

TEST(rounds_allocate_nothing) {
  pool pool(pool_options().worker_count(2));
  memory<double> rod(scene::options());
  const std::vector<double> captured(1000, 1.0);
  std::uint64_t round_count = 0;
  unsigned long before = 0, after = 0;
  synched::job job = job_setup(pool, rod)
                         .compute([captured, &rod](task &task) {
                           for (double &x : task.out(rod))
                             x = captured[task.segment()];
                         })
                         .on_round([&](round_view) {
                           const unsigned long now = new_count();
                           (round_count++ == 0 ? before : after) = now;
                         })
                         .round_count(1000)
                         .create();
  job.run();
  CHECK(round_count == 1000 && before == after);
}

TEST(job_is_moved_while_it_runs) {
  pool pool(pool_options().worker_count(2));
  memory<double> rod(scene::options());
  int done = 0;
  synched::job first = job_setup(pool, rod)
                           .init(fill_rod(rod))
                           .compute(step_rod(rod))
                           .on_done([&](job_ref, const synched::ended &) { done++; })
                           .create();
  first.start_polled();
  synched::job second(std::move(first));
  CHECK(!second.pause());
  CHECK(!second.step(scene::rounds));
  std::vector<synched::job> jobs;
  jobs.push_back(std::move(second));
  while (jobs[0].state() != SYNCHED_JOB_PAUSED)
    (void)jobs[0].dispatch();
  CHECK(!jobs[0].stop());
  dispatch_to_the_end(jobs[0]);
  CHECK(done == 1 && !jobs[0].error());
  CHECK(jobs[0].state() == SYNCHED_JOB_ENDED);
  CHECK(scene::is_same(rod.current().elements(), rod.current().round()));
}

TEST(job_runs_on_libuvs_loop) {
  pool pool(pool_options().worker_count(2));
  memory<double> rod(scene::options());
  std::uint64_t steered = 0;
  uv_loop_t loop;
  CHECK(uv_loop_init(&loop) == 0);
  synched::job job = job_setup(pool, rod)
                         .flags(SYNCHED_JOB_START_PAUSED)
                         .compute(step_rod(rod))
                         .on_steered([&](job_ref from, const synched_steered &call) {
                           steered = call.round;
                           CHECK(!from.stop());
                         })
                         .create();
  job.start(&loop);
  CHECK(!job.step(5));
  CHECK(!job.ref());
  run_loop(loop);
  CHECK(steered == 5 && rod.current().round() == 5);
  job.check();
}

TEST(steering_of_a_job_that_is_not_started_returns_why_not) {
  pool pool(pool_options().worker_count(1));
  memory<double> rod(scene::options());
  synched::job job = job_setup(pool, rod).compute(step_rod(rod)).create();
  CHECK(job.pause() == SYNCHED_ENOENT);
  CHECK(job.pause() == std::errc::no_such_file_or_directory);
  CHECK(!job.cancel());
  const thrown out = what_of([&] { job.run(); });
  CHECK(out.code == SYNCHED_ECANCELED && job.error() == SYNCHED_ECANCELED);
}

TEST(periodic_job_keeps_its_options) {
  pool pool(pool_options().worker_count(1));
  memory<double> rod(scene::options());
  synched::job job = job_setup(pool, rod)
                         .compute(step_rod(rod))
                         .period(std::chrono::milliseconds(1), SYNCHED_OVERRUN_CATCH_UP)
                         .deadline(std::chrono::microseconds(900))
                         .on_deadline([](job_ref, const synched_deadline_miss &) {})
                         .round_count(3)
                         .create();
  job.run();
  const auto summary = job.report().summary();
  CHECK(summary.period_ns == 1000000 && summary.round_count == 3);
}

/* --- what goes wrong when a job is made --- */

TEST(job_without_compute_is_refused) {
  pool pool(pool_options().worker_count(1));
  memory<double> rod(scene::options());
  const thrown out = what_of([&] { synched::job none = job_setup(pool, rod).create(); });
  CHECK(out.code == SYNCHED_EINVAL && out.text.find("compute") != std::string::npos);
}

TEST(setup_of_what_is_not_there_is_refused) {
  pool pool(pool_options().worker_count(1));
  memory<double> rod(scene::options()), other(scene::options());
  CHECK(what_of([&] { (void)job_setup(pool, rod).writes(rod).create(); }).text.find("stage") !=
        std::string::npos);
  CHECK(what_of([&] {
          (void)job_setup(pool, rod).stage("one").writes(other).compute(step_rod(rod)).create();
        }).code == SYNCHED_EINVAL);
  job_setup many(pool, rod);
  for (unsigned i = 0; i < SYNCHED_STAGES_MAX + 1; i++)
    many.stage().compute(step_rod(rod));
  CHECK(what_of([&] { (void)many.create(); }).code == SYNCHED_ERANGE);
  job_setup wide(pool, rod);
  for (unsigned i = 0; i < SYNCHED_FIELDS_MAX; i++)
    wide.field(other);
  CHECK(what_of([&] { (void)wide.create(); }).code == SYNCHED_ERANGE);
}

TEST(setup_without_memory_is_refused) {
  pool pool(pool_options().worker_count(2));
  memory<double> rod(scene::options());
  unsigned long which = 0;
  for (bool refused = true; refused; which++) {
    refuse_new_after(which);
    const thrown out = what_of([&] {
      synched::job job = job_setup(pool, rod)
                             .init(fill_rod(rod))
                             .compute(step_rod(rod))
                             .on_round([](round_view) { return SYNCHED_STOP; })
                             .create();
    });
    refused = refuse_no_new();
    CHECK(refused == out.any);
    CHECK(!out.any || out.code == SYNCHED_ENOMEM);
  }
  CHECK(which >= 5 || !counts_new());
}

/* --- exceptions --- */

TEST(exception_of_compute_comes_out_of_run) {
  pool pool(pool_options().worker_count(2));
  memory<double> rod(scene::options());
  bool fails = true;
  synched::job job = job_setup(pool, rod)
                         .init(fill_rod(rod))
                         .compute([&, step = step_rod(rod)](task &task) {
                           step(task);
                           if (fails && task.round() == 3 && task.segment() == 4)
                             throw std::domain_error("too hot");
                         })
                         .on_round([](round_view now) {
                           return now.round() == 5 ? SYNCHED_STOP : SYNCHED_CONTINUE;
                         })
                         .create();
  std::string text;
  try {
    job.run();
  } catch (const std::domain_error &error) {
    text = error.what();
  }
  CHECK(text == "too hot");
  CHECK(job.error().message().find("exception") != std::string::npos);
  CHECK(job.exception() != nullptr && what_of([&] { job.check(); }).text == "too hot");
  CHECK(scene::is_same(rod.current().elements(), 2) && rod.current().round() == 2);
  fails = false;
  job.run();
  CHECK(job.exception() == nullptr && !job.error());
  CHECK(scene::is_same(rod.current().elements(), 5));
}

/* Every call fails in its own way: `kind` has a letter for each segment. All of them run at once,
 * as far as there are workers. */
static thrown failure_of(unsigned workers, const std::string &kind) {
  pool pool(pool_options().worker_count(workers));
  memory<int> numbers(memory_options().segment_count(kind.size()).segment_capacity(1));
  synched::job job = job_setup(pool, numbers)
                         .flags(SYNCHED_JOB_EAGER)
                         .compute([&](task &task) -> int {
                           switch (kind[task.segment()]) {
                           case 't':
                             throw std::runtime_error(std::to_string(task.segment()));
                           case 'r':
                             return 100 + static_cast<int>(task.segment());
                           default:
                             return 0;
                           }
                         })
                         .create();
  return what_of([&] { job.run(); });
}

TEST(lowest_failing_segment_counts) {
  for (const unsigned workers : {1u, 2u, 4u})
    for (int again = 0; again < 20; again++) {
      CHECK(failure_of(workers, "..t.t.tt").text == "2");
      CHECK(failure_of(workers, ".......t").text == "7");
      CHECK(failure_of(workers, "tttttttt").text == "0");
      CHECK(failure_of(workers, "...rttrt").code == std::error_code(103, synched::category()));
      CHECK(failure_of(workers, "....trrr").text == "4");
    }
}

TEST(exceptions_of_the_serial_part_come_out_of_run) {
  pool pool(pool_options().worker_count(2));
  memory<double> rod(scene::options());
  synched::job of_round =
      job_setup(pool, rod)
          .compute(step_rod(rod))
          .on_round([](round_view now) {
            if (now.round() == 2)
              throw std::runtime_error("at round " + std::to_string(now.round()));
          })
          .create();
  CHECK(what_of([&] { of_round.run(); }).text == "at round 2");
  CHECK(rod.current().round() == 2);
}

TEST(exceptions_of_init_come_out_of_run) {
  pool pool(pool_options().worker_count(2));
  memory<double> rod(scene::options());
  int what = 0;
  auto throw_if = [&](int now) {
    if (what == now)
      throw std::runtime_error(std::to_string(now));
  };
  synched::job job = job_setup(pool, rod)
                         .init([&](task &) { throw_if(0); })
                         .on_init([&](round_view) { throw_if(1); })
                         .compute(step_rod(rod))
                         .round_count(1)
                         .create();
  CHECK(what_of([&] { job.run(); }).text == "0");
  what = 1;
  CHECK(what_of([&] { job.run(); }).text == "1");
  what = 2;
  job.run();
}

TEST(exceptions_of_the_loops_callbacks_cancel_the_job) {
  pool pool(pool_options().worker_count(2));
  memory<double> rod(scene::options().lease_count(1));
  synched::job job =
      job_setup(pool, rod)
          .compute(step_rod(rod))
          .on_snapshot([](job_ref, round_view) { throw std::string("no type of ours"); })
          .create();
  std::string text;
  try {
    job.run();
  } catch (const std::string &thrown) {
    text = thrown;
  }
  CHECK(text == "no type of ours");
  CHECK(job.error() == SYNCHED_ECANCELED);
}

TEST(exception_of_on_done_comes_out_of_run) {
  pool pool(pool_options().worker_count(1));
  memory<double> rod(scene::options());
  synched::job job =
      job_setup(pool, rod)
          .compute(step_rod(rod))
          .on_done([](job_ref, const synched::ended &) { throw std::runtime_error("late"); })
          .round_count(1)
          .create();
  CHECK(what_of([&] { job.run(); }).text == "late");
}

TEST(exception_of_a_started_job_is_delivered_to_on_done) {
  pool pool(pool_options().worker_count(2));
  memory<double> rod(scene::options());
  std::string told;
  synched::job job = job_setup(pool, rod)
                         .compute([](task &task) {
                           if (task.segment() >= 3)
                             throw std::runtime_error("segment " + std::to_string(task.segment()));
                         })
                         .on_done([&](job_ref, const synched::ended &how) {
                           told = what_of([&] { how.check(); }).text;
                         })
                         .create();
  job.start_polled();
  dispatch_to_the_end(job);
  CHECK(told == "segment 3");
  CHECK(what_of([&] { job.check(); }).text == "segment 3");
  /* Without an on_done it is there, too. */
  synched::job silent(std::move(job));
  silent.start_polled();
  dispatch_to_the_end(silent);
  CHECK(what_of([&] { silent.check(); }).text == "segment 3");
}

/* The first attempt at the round throws when nobody wants it any more: that is never seen. */
TEST(exception_of_a_dropped_round_is_not_that_of_the_next) {
  pool pool(pool_options().worker_count(2));
  memory<int> numbers(memory_options().segment_count(4).segment_capacity(1));
  std::atomic<int> attempt = 0;
  synched::job job = job_setup(pool, numbers)
                         .flags(SYNCHED_JOB_EAGER)
                         .compute([&](task &task) {
                           if (task.segment() == 1 && attempt.fetch_add(1) == 0) {
                             while (!task.cancelled())
                               std::this_thread::yield();
                             throw std::runtime_error("dropped");
                           }
                           if (task.segment() == 2 && attempt.load() > 1)
                             throw std::runtime_error("counts");
                         })
                         .deadline(std::chrono::milliseconds(20), SYNCHED_DEADLINE_CANCEL)
                         .create();
  CHECK(what_of([&] { job.run(); }).text == "counts");
}

/* --- ends --- */

TEST(job_object_ends_in_its_own_on_done) {
  pool pool(pool_options().worker_count(2));
  memory<double> rod(scene::options());
  std::vector<synched::job> jobs;
  const std::string captured(100, 'x');
  std::size_t length = 0;
  uv_loop_t loop;
  CHECK(uv_loop_init(&loop) == 0);
  jobs.push_back(job_setup(pool, rod)
                     .compute(step_rod(rod))
                     .on_done([&jobs, &length, captured](job_ref, const synched::ended &) {
                       jobs.clear();
                       length = captured.size();
                     })
                     .round_count(3)
                     .create());
  jobs[0].start(&loop);
  run_loop(loop);
  CHECK(jobs.empty() && length == 100);
}

TEST(job_object_ends_before_its_job) {
  pool pool(pool_options().worker_count(2));
  memory<double> rod(scene::options());
  int status = 0;
  uv_loop_t loop;
  CHECK(uv_loop_init(&loop) == 0);
  {
    synched::job job =
        job_setup(pool, rod)
            .compute(step_rod(rod))
            .on_done([&](job_ref, const synched::ended &how) { status = how.error().value(); })
            .create();
    job.start(&loop);
  }
  run_loop(loop);
  CHECK(status == SYNCHED_ECANCELED);
  /* The memory is free again. */
  synched::job next = job_setup(pool, rod).compute(step_rod(rod)).round_count(1).create();
  next.run();
}

TEST(job_is_started_again_from_on_done) {
  pool pool(pool_options().worker_count(2));
  memory<double> rod(scene::options());
  int runs = 0;
  uv_loop_t loop;
  CHECK(uv_loop_init(&loop) == 0);
  synched::job *again = nullptr;
  synched::job job = job_setup(pool, rod)
                         .compute([&](task &task) {
                           if (task.round() == 2 && runs == 1)
                             throw std::runtime_error("once");
                         })
                         .on_done([&](job_ref, const synched::ended &how) {
                           if (how.exception() || runs == 0) {
                             runs++;
                             again->start(&loop);
                           }
                         })
                         .round_count(1)
                         .create();
  again = &job;
  job.start(&loop);
  run_loop(loop);
  CHECK(runs == 2);
  job.check();
  CHECK(rod.current().round() == 2);
}

int main(int argument_count, char **arguments) {
  return check::main(argument_count, arguments);
}
