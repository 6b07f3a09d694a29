// consumer.cpp: the same small job in C++17. Exit code 0 if the sums are right.
#include <cstdint>
#include <cstdio>
#include <memory>

#include <synched/synched.h>

namespace {

constexpr std::size_t segments = 5;
constexpr std::size_t elements = 8;
constexpr std::uint64_t rounds = 10;

struct destroy {
  void operator()(synched_pool *pool) const {
    (void)synched_pool_destroy(pool);
  }
  void operator()(synched_memory *memory) const {
    (void)synched_memory_destroy(memory);
  }
  void operator()(synched_job *job) const {
    (void)synched_job_destroy(job);
  }
};

int add_index(synched_task *task, void *) {
  auto before =
      static_cast<const std::uint32_t *>(synched_snapshot_segment(task->previous, task->segment));
  auto out = static_cast<std::uint32_t *>(task->out);
  for (std::size_t i = 0; i < task->capacity; i++)
    out[i] = before[i] + static_cast<std::uint32_t>(task->segment) + 1;
  return 0;
}

int check(synched_memory *memory) {
  const synched_snapshot *now = synched_snapshot_current(memory);
  int wrong = now->round != rounds;
  for (std::size_t s = 0; s < segments; s++) {
    auto values = static_cast<const std::uint32_t *>(synched_snapshot_segment(now, s));
    for (std::size_t i = 0; i < elements; i++)
      wrong += values[i] != rounds * (s + 1);
  }
  synched_snapshot_release(now);
  return wrong;
}

int run() {
  auto pool_options = synched_pool_options_default();
  pool_options.worker_count = 2;
  synched_pool *pool = nullptr;
  if (int status = synched_pool_create(&pool, &pool_options))
    return status;
  std::unique_ptr<synched_pool, destroy> owned_pool(pool);

  auto memory_options = synched_memory_options_default();
  memory_options.segment_count = segments;
  memory_options.segment_capacity = elements;
  memory_options.element_size = sizeof(std::uint32_t);
  synched_memory *memory = nullptr;
  if (int status = synched_memory_create(&memory, &memory_options))
    return status;
  std::unique_ptr<synched_memory, destroy> owned_memory(memory);

  auto job_options = synched_job_options_default();
  job_options.compute = add_index;
  job_options.round_count = rounds;
  synched_job *job = nullptr;
  if (int status = synched_job_create(&job, pool, memory, &job_options))
    return status;
  std::unique_ptr<synched_job, destroy> owned_job(job);

  if (int status = synched_job_run(job))
    return status;
  return check(memory);
}

} // namespace

int main() {
  int wrong = run();
  std::printf("C++, synched %s: %d wrong %s\n", synched_version_string(), wrong,
              synched_error_message());
  return wrong != 0;
}
