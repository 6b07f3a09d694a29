/*
 * Checkpoints through the C++ header: a job that goes on from another one's files.
 */
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>

#include <synched/synched.hpp>

#include "check.hpp"

using synched::checkpoint;
using synched::checkpoint_options;
using synched::job_setup;
using synched::memory;
using synched::memory_options;
using synched::pool;
using synched::pool_options;
using synched::task;

namespace {

/* A folder that goes at the end, with all that a checkpoint leaves in it. */
class folder {
public:
  folder() {
    CHECK(mkdtemp(&path_[0]) != nullptr);
  }
  ~folder() {
    CHECK(std::system(("rm -rf " + path_).c_str()) == 0);
  }
  folder(const folder &) = delete;
  folder &operator=(const folder &) = delete;

  const char *path() const {
    return path_.c_str();
  }

private:
  std::string path_ = "/tmp/synched-cpp-XXXXXX";
};

/* Numbers that grow by their neighbours'. */
class growth {
public:
  growth()
      : pool_(pool_options().worker_count(2)),
        numbers(memory_options().segment_count(3).segment_capacity(2).lease_count(1)),
        job(job_setup(pool_, numbers)
                .compute([this](task &task) {
                  const auto all = task.previous(numbers).elements();
                  const auto out = task.out(numbers);
                  for (std::size_t i = 0; i < out.size(); i++)
                    out[i] = all[(task.first(numbers) + i + 1) % all.size()] * 3 + 1;
                })
                .create()) {
  }

  std::uint64_t sum() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t number : numbers.current().elements())
      sum = sum * 31 + number;
    return sum;
  }

private:
  pool pool_;

public:
  memory<std::uint64_t> numbers;
  synched::job job;
};

checkpoint_options in(const folder &where) {
  checkpoint_options options = synched_checkpoint_options_default();
  options.folder = where.path();
  return options;
}

} // namespace

TEST(job_goes_on_from_what_another_one_has_saved) {
  const folder where;
  growth unbroken, broken, resumed;
  unbroken.job.advance(9);
  {
    CHECK(synched::resume(broken.job, in(where)).generation == 0);
    checkpoint saves(broken.job, in(where));
    broken.job.advance(5);
    saves.request();
    saves.save();
    checkpoint moved = std::move(saves);
    CHECK(moved.info().round == 5);
    CHECK(moved.info().written_count == 1);
  }
  CHECK(synched::resume(resumed.job, in(where)).round == 5);
  resumed.job.advance(4);
  CHECK(resumed.sum() == unbroken.sum());
}

TEST(refusals_are_thrown) {
  const folder where;
  growth one, other;
  checkpoint saves(one.job, in(where));
  bool is_thrown = false;
  try {
    checkpoint second(other.job, in(where));
  } catch (const std::system_error &error) {
    is_thrown = error.code() == std::errc::device_or_resource_busy;
  }
  CHECK(is_thrown);
}

int main(int argc, char **argv) {
  return check::main(argc, argv);
}
