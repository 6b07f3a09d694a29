/*
 * Fields and stages through the C++ header: several memories of different types.
 */
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <synched/synched.hpp>

#include "check.hpp"

using synched::job_setup;
using synched::memory;
using synched::memory_options;
using synched::pool;
using synched::pool_options;
using synched::round_view;
using synched::span;
using synched::task;

namespace {

constexpr std::size_t segment_count = 5;
constexpr std::uint64_t round_count = 20;

struct particle {
  double place, speed;
};

/* Fields of three types. Stage 0 moves particles by the forces, stage 1 makes forces of the
 * particles' new places, and stage 2 counts. */
struct state {
  std::vector<particle> particles;
  std::vector<float> forces;
  std::vector<std::int32_t> hits;

  state() : particles(segment_count * 4), forces(segment_count * 4), hits(segment_count) {
    for (std::size_t i = 0; i < particles.size(); i++)
      particles[i] = {static_cast<double>(i), 0.25 * static_cast<double>(i % 3)};
  }

  bool operator==(const state &other) const {
    return std::memcmp(particles.data(), other.particles.data(),
                       particles.size() * sizeof(particle)) == 0 &&
           forces == other.forces && hits == other.hits;
  }
};

particle moved(particle was, float force) {
  const double speed = was.speed + static_cast<double>(force) / 8;
  return {was.place + speed, speed};
}

float force_at(span<const particle> all, std::size_t i) {
  const std::size_t next = (i + 1) % all.size();
  return static_cast<float>(all[next].place - all[i].place - 1);
}

std::int32_t hits_after(std::int32_t before, span<const float> forces) {
  for (const float force : forces)
    before += force > 0;
  return before;
}

state serial(std::uint64_t rounds) {
  state now;
  for (std::uint64_t round = 0; round < rounds; round++) {
    for (std::size_t i = 0; i < now.particles.size(); i++)
      now.particles[i] = moved(now.particles[i], now.forces[i]);
    for (std::size_t i = 0; i < now.forces.size(); i++)
      now.forces[i] = force_at(now.particles, i);
    for (std::size_t s = 0; s < segment_count; s++)
      now.hits[s] = hits_after(now.hits[s], span<const float>(now.forces).subspan(s * 4, 4));
  }
  return now;
}

memory_options segments_of(std::size_t capacity) {
  return memory_options().segment_count(segment_count).segment_capacity(capacity);
}

/* The same in rounds. */
struct rounds {
  memory<particle> particles{segments_of(4)};
  memory<float> forces{segments_of(4)};
  memory<std::int32_t> hits{segments_of(1)};

  rounds() {
    const state start;
    for (std::size_t s = 0; s < segment_count; s++)
      particles.load(s, span<const particle>(start.particles).subspan(s * 4, 4));
  }

  void move(task &task) const {
    const auto out = task.out(particles);
    const auto was = task.before(particles);
    const auto force = task.before(forces);
    for (std::size_t i = 0; i < out.size(); i++)
      out[i] = moved(was[i], force[i]);
  }

  void push(task &task) const {
    const auto out = task.out(forces);
    const auto all = task.previous(particles).elements();
    for (std::size_t i = 0; i < out.size(); i++)
      out[i] = force_at(all, task.first(forces) + i);
  }

  void count(task &task) const {
    task.out(hits)[0] = hits_after(task.before(hits)[0], task.before(forces));
  }

  state now() const {
    state out;
    const auto copy = [](auto from, auto &to) { to.assign(from.begin(), from.end()); };
    copy(particles.current().elements(), out.particles);
    copy(forces.current().elements(), out.forces);
    copy(hits.current().elements(), out.hits);
    return out;
  }
};

} // namespace

TEST(stages_of_three_types_compute_what_a_serial_loop_does) {
  for (const unsigned workers : {1u, 2u, 3u}) {
    pool pool(pool_options().worker_count(workers));
    rounds all;
    std::atomic<bool> is_out = true;
    double folded = 0;
    synched::job job = job_setup(pool, all.particles)
                           .field(all.forces)
                           .field(all.hits)
                           .stage("move")
                           .writes(all.particles)
                           .compute([&](task &task) {
                             if (!task.out(all.forces).empty())
                               is_out = false;
                             all.move(task);
                           })
                           .stage("push")
                           .writes(all.forces)
                           .compute([&](task &task) { all.push(task); })
                           .stage("count")
                           .writes(all.hits)
                           .overwrites(all.hits)
                           .fold(SYNCHED_FOLD_SUM)
                           .compute([&](task &task) {
                             all.count(task);
                             task.contribution() = task.stage();
                           })
                           .on_round([&](round_view now) { folded = now.fold(); })
                           .round_count(round_count)
                           .create();
    CHECK(all.particles.field() == 0 && all.forces.field() == 1 && all.hits.field() == 2);
    job.run();
    CHECK(all.now() == serial(round_count));
    CHECK(folded == 2 * segment_count);
    CHECK(is_out);
  }
}

TEST(fields_are_named_by_number_and_type_too) {
  pool pool(pool_options().worker_count(2));
  memory<int> numbers(segments_of(2));
  memory<short> read(segments_of(3));
  read.load(2, std::vector<short>{7, 8});
  synched::job job = job_setup(pool, numbers)
                         .reads_only(read)
                         .compute([](task &task) {
                           span<int> out = task.out<int>();
                           out[0] = task.before<short>(1)[0];
                           out[1] = static_cast<int>(task.count(1) + task.first(1));
                         })
                         .round_count(1)
                         .create();
  job.run();
  const auto now = numbers.current();
  CHECK(now.segment(2)[0] == 7 && now.segment(2)[1] == 2 + 6);
  CHECK(now.segment(1)[0] == 0 && now.segment(1)[1] == 3 + 3);
  CHECK(now.field(read).segment(2)[1] == 8 && now.field<short>(1).segment(2).size() == 2);
}

TEST(counts_of_fields_are_each_their_own) {
  pool pool(pool_options().worker_count(2));
  memory<int> numbers(segments_of(2));
  memory<short> others(segments_of(3));
  synched::job job = job_setup(pool, numbers)
                         .field(others)
                         .compute([&](task &task) {
                           task.count(numbers) = task.segment() % 3;
                           task.count(others) = task.segment() % 4;
                         })
                         .round_count(2)
                         .create();
  job.run();
  for (std::size_t s = 0; s < segment_count; s++) {
    CHECK(numbers.current().segment(s).size() == s % 3);
    CHECK(others.current().segment(s).size() == s % 4);
  }
}

TEST(memory_in_place_is_changed_where_it_is) {
  pool pool(pool_options().worker_count(2));
  memory<double> numbers(segments_of(3).flags(SYNCHED_MEMORY_IN_PLACE));
  memory<double> copies(segments_of(3));
  CHECK(numbers.elements() != nullptr && copies.elements() == nullptr);
  for (std::size_t i = 0; i < segment_count * 3; i++)
    numbers.elements()[i] = static_cast<double>(i);
  bool is_seen = false;
  synched::job job = job_setup(pool, numbers)
                         .field(copies)
                         .compute([&](task &task) {
                           const auto copy = task.out(copies);
                           for (std::size_t i = 0; i < copy.size(); i++) {
                             copy[i] = task.before(numbers)[i];
                             task.out(numbers)[i] *= 2;
                           }
                         })
                         .on_round([&](round_view now) {
                           is_seen = !now.field(numbers).elements().empty() ||
                                     now.field(copies).elements().empty();
                         })
                         .round_count(3)
                         .create();
  job.run();
  CHECK(numbers.elements()[7] == 7 * 8 && copies.current().elements()[7] == 7 * 4);
  CHECK(!numbers.current() && !is_seen);
}

TEST(arrays_of_the_program_are_the_buffers) {
  pool pool(pool_options().worker_count(2));
  memory_options options = segments_of(64);
  const auto needs = memory<int>::needs(options);
  std::vector<int> arrays[2] = {std::vector<int>(needs.bytes / sizeof(int) + needs.alignment, 3),
                                std::vector<int>(needs.bytes / sizeof(int) + needs.alignment)};
  std::vector<void *> addresses;
  for (std::vector<int> &array : arrays) {
    void *address = array.data();
    std::size_t room = array.size() * sizeof(int);
    addresses.push_back(std::align(needs.alignment, needs.bytes, address, room));
  }
  CHECK(needs.buffer_count == 2);
  memory<int> numbers(options.buffers(addresses, needs.bytes));
  CHECK(numbers.current().data() == addresses[0] && numbers.current().segment(1)[0] == 3);
  synched::job job = job_setup(pool, numbers)
                         .compute([&](task &task) {
                           for (std::size_t i = 0; i < task.count(); i++)
                             task.out(numbers)[i] = task.before(numbers)[i] + 1;
                         })
                         .round_count(1)
                         .create();
  job.run();
  CHECK(numbers.current().data() == addresses[1] && numbers.current().segment(4)[63] == 4);
}

/* The lowest and highest number, and how many there are; not commutative: the first name counts. */
struct extent {
  std::int64_t least, most, count;
  std::size_t first;
};

constexpr extent nothing = {INT64_MAX, INT64_MIN, 0, SIZE_MAX};

static void extend(extent &into, const extent &next) noexcept {
  into.least = next.least < into.least ? next.least : into.least;
  into.most = next.most > into.most ? next.most : into.most;
  into.count += next.count;
  into.first = into.first == SIZE_MAX ? next.first : into.first;
}

TEST(folds_are_of_any_type) {
  constexpr std::size_t many = 300; // more than one group
  pool pool(pool_options().worker_count(2));
  memory<std::int64_t> numbers(memory_options().segment_count(many).segment_capacity(1));
  std::atomic<bool> is_told = true;
  const auto add = [](extent &into, const extent &next) noexcept { extend(into, next); };
  synched::job job =
      job_setup(pool, numbers)
          .stage("look")
          .writes()
          .fold(nothing, add)
          .compute([&](task &task) {
            const auto mine = static_cast<std::int64_t>((task.segment() * 7 + task.round()) % many);
            if (!task.out(numbers).empty())
              is_told = false;
            task.fold<extent>() = {mine, mine, 1, task.segment()};
          })
          .stage("use")
          .writes(numbers)
          .fold(SYNCHED_FOLD_MAX, SYNCHED_FOLD_INT64, 2)
          .compute([&](task &task) {
            const extent &all = task.folded<extent>(0);
            task.out(numbers)[0] = all.most - all.least + all.count;
            task.fold<std::array<std::int64_t, 2>>() = {
                static_cast<std::int64_t>(task.segment()),
                -1 - static_cast<std::int64_t>(task.round())};
          })
          .on_round([&](round_view now) {
            const auto &most = now.folded<std::array<std::int64_t, 2>>(1);
            is_told = is_told && most[0] == many - 1 &&
                      most[1] == -1 - static_cast<std::int64_t>(now.round()) &&
                      now.folded<extent>(0).first == 0;
          })
          .round_count(4)
          .create();
  job.run();
  CHECK(is_told);
  const auto now = numbers.current();
  CHECK(now.elements()[17] == static_cast<std::int64_t>(2 * many - 1));
  CHECK(now.folded<extent>(0).count == static_cast<std::int64_t>(many));
}

TEST(fold_of_a_job_without_stages_is_its_first) {
  pool pool(pool_options().worker_count(2));
  memory<int> numbers(segments_of(1));
  synched::job job =
      job_setup(pool, numbers)
          .fold(nothing, [](extent &into, const extent &next) noexcept { extend(into, next); })
          .compute([](task &task) { task.fold<extent>().count = 2; })
          .round_count(1)
          .create();
  job.run();
  CHECK(numbers.current().folded<extent>().count == 2 * segment_count);
}

TEST(exception_of_a_stage_leaves_all_fields_as_before) {
  pool pool(pool_options().worker_count(2));
  rounds all;
  synched::job job = job_setup(pool, all.particles)
                         .field(all.forces)
                         .field(all.hits)
                         .stage("move")
                         .writes(all.particles)
                         .compute([&](task &task) { all.move(task); })
                         .stage("push")
                         .writes(all.forces)
                         .compute([&](task &task) {
                           if (task.round() == 4 && task.segment() >= 2)
                             throw std::runtime_error(std::to_string(task.segment()));
                           all.push(task);
                         })
                         .stage("count")
                         .writes(all.hits)
                         .compute([&](task &task) { all.count(task); })
                         .create();
  std::string text;
  try {
    job.run();
  } catch (const std::runtime_error &error) {
    text = error.what();
  }
  CHECK(text == "2");
  CHECK(all.now() == serial(3));
}

int main(int argument_count, char **arguments) {
  return check::main(argument_count, arguments);
}
