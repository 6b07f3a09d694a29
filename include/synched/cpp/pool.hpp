/*
 * pool.hpp: the workers, and parallel loops on them.
 */
#ifndef SYNCHED_CPP_POOL_HPP
#define SYNCHED_CPP_POOL_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#include <synched/pool.h>

#include <synched/cpp/error.hpp>

#if SYNCHED_CPP_EXCEPTIONS
#include <mutex>
#endif

SYNCHED_CPP_BEGIN

/* synched_pool_options, one call for each field of that name. Strings are looked at when the pool
 * is made. */
class pool_options {
public:
  pool_options() noexcept : raw_(synched_pool_options_default()) {
  }

  pool_options &worker_count(unsigned count) noexcept {
    raw_.worker_count = count;
    return *this;
  }
  pool_options &affinity(synched_affinity affinity) noexcept {
    raw_.affinity = affinity;
    return *this;
  }
  /* "0-3,8"; the affinity is LIST then */
  pool_options &cpu_list(const char *cpus) noexcept {
    raw_.affinity = SYNCHED_AFFINITY_LIST;
    raw_.cpu_list = cpus;
    return *this;
  }
  pool_options &wait(synched_wait wait) noexcept {
    raw_.wait = wait;
    return *this;
  }
  pool_options &spin(std::chrono::nanoseconds longest) noexcept {
    raw_.spin_ns = static_cast<std::uint64_t>(longest.count());
    return *this;
  }
  pool_options &name(const char *name) noexcept {
    raw_.name = name;
    return *this;
  }
  pool_options &stack_bytes(std::size_t bytes) noexcept {
    raw_.stack_bytes = bytes;
    return *this;
  }
  pool_options &priority(int priority) noexcept {
    raw_.priority = priority;
    return *this;
  }
  pool_options &nice(int nice) noexcept {
    raw_.nice = nice;
    return *this;
  }

  synched_pool_options &get() noexcept {
    return raw_;
  }
  const synched_pool_options &get() const noexcept {
    return raw_;
  }

private:
  synched_pool_options raw_;
};

namespace detail {

/* Calls fn(index) or fn(index, worker). */
template <class F> int answer_of_turn(const F &fn, std::size_t index, unsigned worker) {
  if constexpr (std::is_invocable_v<const F &, std::size_t, unsigned>) {
    return answer_of(fn, index, worker);
  } else {
    static_assert(std::is_invocable_v<const F &, std::size_t>,
                  "a turn is fn(index) or fn(index, worker), and not mutable: several run at once");
    return answer_of(fn, index);
  }
}

/* A parallel loop while it runs. */
template <class F> struct loop_run {
  const F &fn;
#if SYNCHED_CPP_EXCEPTIONS
  std::mutex mutex;
  std::size_t index = std::numeric_limits<std::size_t>::max();
  std::exception_ptr exception; // of that index, the lowest one

  int keep(std::size_t thrown_at) noexcept {
    const std::lock_guard<std::mutex> lock(mutex);
    if (thrown_at <= index) {
      index = thrown_at;
      exception = std::current_exception();
    }
    return exception_code;
  }
#endif

  static int turn(std::size_t index, unsigned worker, void *user) noexcept {
    auto *const run = static_cast<loop_run *>(user);
#if SYNCHED_CPP_EXCEPTIONS
    try {
      return answer_of_turn(run->fn, index, worker);
    } catch (...) {
      return run->keep(index);
    }
#else
    return answer_of_turn(run->fn, index, worker);
#endif
  }
};

} // namespace detail

/* A pool of workers. It must outlive its jobs. */
class pool {
public:
#if SYNCHED_CPP_EXCEPTIONS
  explicit pool(const pool_options &options = pool_options()) : pool(create(options)) {
  }
#endif

  static outcome<pool> create(const pool_options &options = pool_options()) {
    synched_pool *made = nullptr;
    const int status = synched_pool_create(&made, &options.get());
    return detail::finish(status, pool(made));
  }

  pool(pool &&other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {
  }
  pool &operator=(pool &&other) noexcept {
    if (this != &other) {
      (void)synched_pool_destroy(raw_);
      raw_ = std::exchange(other.raw_, nullptr);
    }
    return *this;
  }
  ~pool() {
    (void)synched_pool_destroy(raw_);
  }

  /* what was really obtained */
  outcome<struct synched_pool_info> info() const {
    struct synched_pool_info out = {};
    out.struct_size = sizeof out;
    const int status = synched_pool_info(raw_, &out);
    return detail::finish(status, std::move(out));
  }
  unsigned worker_count() const noexcept {
    struct synched_pool_info out = {};
    out.struct_size = sizeof out;
    return synched_pool_info(raw_, &out) == 0 ? out.worker_count : 0;
  }

  /* Calls fn(index), or fn(index, worker), for each index below count, on the workers and on this
   * thread at once, and returns when all are done: synched_pool_for. fn returns nothing, or a code.
   * The failure of the lowest index counts, thrown or returned, and comes out of this call.
   * Allocates nothing for it. */
  template <class F> outcome<void> parallel_for(std::size_t count, const F &fn) const {
    detail::loop_run<F> run{fn};
    const int status = synched_pool_for(raw_, count, detail::loop_run<F>::turn, &run);
#if SYNCHED_CPP_EXCEPTIONS
    if (status == exception_code && run.exception)
      std::rethrow_exception(std::exchange(run.exception, nullptr));
#endif
    return detail::finish(status);
  }

  synched_pool *get() const noexcept {
    return raw_;
  }

private:
  explicit pool(synched_pool *raw) noexcept : raw_(raw) {
  }

  synched_pool *raw_;
};

SYNCHED_CPP_END

#endif
