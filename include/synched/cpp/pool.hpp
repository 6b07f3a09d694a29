/*
 * pool.hpp: the workers, and parallel loops on them.
 */
#ifndef SYNCHED_CPP_POOL_HPP
#define SYNCHED_CPP_POOL_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
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

/* The exception that counts of a parallel loop: that of the lowest index. */
class loop_exception {
#if SYNCHED_CPP_EXCEPTIONS
public:
  /* In a catch: keeps it, if it is so far the one. Returns the code for it. */
  int keep(std::size_t index) noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (index <= index_) {
      index_ = index;
      exception_ = std::current_exception();
    }
    return exception_code;
  }

  /* When the loop is over, with the status that it ended by: that exception, if it is why. */
  std::exception_ptr find(int status) const noexcept {
    return status == exception_code ? exception_ : nullptr;
  }

private:
  std::mutex mutex_;
  std::size_t index_ = std::numeric_limits<std::size_t>::max();
  std::exception_ptr exception_;
#endif
};

/* A turn of a parallel loop, for the C library; Run has `fn` and `exception`. */
template <class Run> int on_turn(std::size_t index, unsigned worker, void *user) noexcept {
  auto &run = *static_cast<Run *>(user);
#if SYNCHED_CPP_EXCEPTIONS
  try {
    return answer_of_turn(run.fn, index, worker);
  } catch (...) {
    return run.exception.keep(index);
  }
#else
  return answer_of_turn(run.fn, index, worker);
#endif
}

/* A loop that is waited for. */
template <class F> struct waited_loop {
  explicit waited_loop(const F &its_fn) noexcept : fn(its_fn) {
  }

  const F &fn;
  loop_exception exception;
};

/* A loop that ends on an event loop. */
template <class F, class Done> struct started_loop {
  started_loop(F &&its_fn, Done &&its_on_done)
      : fn(std::move(its_fn)), on_done(std::move(its_on_done)) {
  }

  const F fn;
  Done on_done;
  loop_exception exception;
};

} // namespace detail

/* How a parallel loop has ended, for its on_done. */
class loop_ended {
public:
  loop_ended(int status, const detail::loop_exception &exception) noexcept
      : status_(status), exception_(exception) {
  }

  /* nothing: well; else the code of the lowest index that failed */
  std::error_code error() const noexcept {
    return detail::code_of(status_);
  }
#if SYNCHED_CPP_EXCEPTIONS
  /* the exception that is why; null: none is */
  std::exception_ptr exception() const noexcept {
    return exception_.find(status_);
  }
  /* Returns if it has ended well. Else throws that exception, or what error() is. */
  void check() const {
    if (std::exception_ptr thrown = exception())
      std::rethrow_exception(thrown);
    detail::finish(status_);
  }
#endif

private:
  int status_;
  [[maybe_unused]] const detail::loop_exception &exception_;
};

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
    return detail::finish(status, out);
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
    detail::waited_loop<F> run(fn);
    const int status = synched_pool_for(raw_, count, detail::on_turn<detail::waited_loop<F>>, &run);
#if SYNCHED_CPP_EXCEPTIONS
    if (std::exception_ptr thrown = run.exception.find(status))
      std::rethrow_exception(thrown);
#endif
    return detail::finish(status);
  }

  /* The same without waiting: fn and on_done are moved to the heap, and on_done(const loop_ended &)
   * is called on libuv's loop when all is done. It is noexcept: nobody would get what it throws. */
  template <class F, class Done>
  outcome<void> parallel_for_start(uv_loop_s *loop, std::size_t count, F fn, Done on_done) const {
    static_assert(std::is_nothrow_invocable_v<Done &, const loop_ended &>,
                  "on_done is noexcept, as in [](const synched::loop_ended &) noexcept");
    using run = detail::started_loop<F, Done>;
    std::unique_ptr<run> made(new (std::nothrow) run(std::move(fn), std::move(on_done)));
    if (made == nullptr)
      return detail::finish(SYNCHED_ENOMEM);
    const int status = synched_pool_for_start(
        raw_, loop, count, detail::on_turn<run>, made.get(), [](int how, void *user) {
          const std::unique_ptr<run> all(static_cast<run *>(user));
          all->on_done(loop_ended(how, all->exception));
        });
    if (status == 0)
      (void)made.release();
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
