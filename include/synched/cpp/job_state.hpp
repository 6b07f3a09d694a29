/*
 * job_state.hpp: what a job's callbacks are reached by. For the other headers.
 *
 * The C job's `user` is a job_state on the heap, which holds all callbacks: so the job object can
 * be moved while the job runs. Each callback has a function of its own as the C library wants it,
 * made from the lambda's type, so that the lambda is inlined in it.
 *
 * An exception is kept in the slot of the worker that ran the call, and the call returns a code
 * that names the slot. The library finds which failure is that of the lowest segment, and its code
 * says which exception that is. A worker's later exceptions in a round are of lower segments only,
 * because calls above a failure are not begun; and what a dropped round has thrown is never named.
 */
#ifndef SYNCHED_CPP_JOB_STATE_HPP
#define SYNCHED_CPP_JOB_STATE_HPP

#include <atomic>
#include <memory>

#include <synched/job.h>

#include <synched/cpp/job_ref.hpp>
#include <synched/cpp/snapshot.hpp>
#include <synched/cpp/task.hpp>

SYNCHED_CPP_BEGIN

namespace detail {

/* A callback, or a value, of any type, on the heap. */
struct dropper {
  void (*drop)(void *) = nullptr;

  void operator()(void *object) const noexcept {
    drop(object);
  }
};
using kept = std::unique_ptr<void, dropper>;

/* Moves it there. Empty: there is no memory. */
template <class F> kept keep(F &&value) {
  using type = std::decay_t<F>;
  return kept(new (std::nothrow) type(std::forward<F>(value)),
              dropper{[](void *object) { delete static_cast<type *>(object); }});
}

#if SYNCHED_CPP_EXCEPTIONS
/* Exceptions that have left a job's callbacks: one for each worker and for who advances the job,
 * one of the serial part, one of the loop's callbacks. Each slot is written by whom it is for, and
 * read when the run is over. */
class exception_slots {
public:
  bool reserve(unsigned worker_count) {
    count_ = worker_count + 3;
    slots_.reset(new (std::nothrow) std::exception_ptr[count_]);
    return slots_ != nullptr;
  }

  unsigned serial() const noexcept {
    return count_ - 2;
  }
  unsigned loop() const noexcept {
    return count_ - 1;
  }

  /* In a catch: keeps the exception. Returns the code for it. */
  int keep(unsigned slot) noexcept {
    slots_[slot] = std::current_exception();
    used_.store(true, std::memory_order_relaxed);
    return code_for(slot);
  }
  int code_for(unsigned slot) const noexcept {
    return exception_code - static_cast<int>(slot);
  }
  bool has(unsigned slot) const noexcept {
    return slots_[slot] != nullptr;
  }

  /* The exception by which a run that is over has ended with this code; null: by none. One of the
   * loop's callbacks comes first: what ended then was cancelled because of it. */
  std::exception_ptr find(int code) const noexcept {
    if (!used_.load(std::memory_order_relaxed))
      return nullptr;
    if (has(loop()))
      return slots_[loop()];
    const auto slot = static_cast<unsigned>(exception_code - code);
    return is_exception_code(code) && slot < count_ ? slots_[slot] : nullptr;
  }

  void clear() noexcept {
    if (!used_.load(std::memory_order_relaxed))
      return;
    for (unsigned slot = 0; slot < count_; slot++)
      slots_[slot] = nullptr;
    used_.store(false, std::memory_order_relaxed);
  }

private:
  std::unique_ptr<std::exception_ptr[]> slots_;
  unsigned count_ = 0;
  std::atomic<bool> used_ = false;
};
#endif

struct job_state {
  synched_job *job = nullptr;
  kept compute;
  kept init;
  kept on_init;
  kept on_round;
  kept on_snapshot;
  kept on_done;
  kept on_deadline;
  kept on_steered;
  kept on_stalled;
  kept on_progress;
  kept stages[SYNCHED_STAGES_MAX];
  /* by which the last run has ended */
  int status = 0;
  /* on_done is running */
  bool finishing = false;
  /* the job object is gone; what is left ends with on_done */
  bool orphaned = false;
#if SYNCHED_CPP_EXCEPTIONS
  exception_slots exceptions;
#endif
};

/* The three places in which exceptions are caught. */

template <class F> int guard_call(job_state &state, synched_task *raw, F &callback) noexcept {
  task now(raw);
#if SYNCHED_CPP_EXCEPTIONS
  try {
    return answer_of(callback, now);
  } catch (...) {
    /* What does not count any more must not take the place of what does. */
    return synched_task_cancelled(raw) != 0 ? exception_code : state.exceptions.keep(raw->worker);
  }
#else
  (void)state;
  return answer_of(callback, now);
#endif
}

template <class F>
int guard_serial(job_state &state, const synched_snapshot *now, F &callback) noexcept {
#if SYNCHED_CPP_EXCEPTIONS
  try {
    return answer_of(callback, round_view(now));
  } catch (...) {
    return state.exceptions.keep(state.exceptions.serial());
  }
#else
  (void)state;
  return answer_of(callback, round_view(now));
#endif
}

template <class F, class... Arguments>
void guard_loop(job_state &state, F &callback, Arguments &&...arguments) noexcept {
#if SYNCHED_CPP_EXCEPTIONS
  try {
    callback(std::forward<Arguments>(arguments)...);
  } catch (...) {
    if (!state.exceptions.has(state.exceptions.loop()))
      (void)state.exceptions.keep(state.exceptions.loop());
    (void)synched_job_cancel(state.job);
  }
#else
  (void)state;
  callback(std::forward<Arguments>(arguments)...);
#endif
}

/* The functions that the C library calls, for a lambda of type F in a member of job_state. */

template <class F, kept job_state::*Member> int on_compute(synched_task *raw, void *user) noexcept {
  auto &state = *static_cast<job_state *>(user);
  return guard_call(state, raw, *static_cast<const F *>((state.*Member).get()));
}

template <class F> int on_stage(synched_task *raw, void *user) noexcept {
  auto &state = *static_cast<job_state *>(user);
  return guard_call(state, raw, *static_cast<const F *>(state.stages[raw->parts->stage].get()));
}

template <class F, kept job_state::*Member>
int on_serial(const synched_snapshot *now, void *user) noexcept {
  auto &state = *static_cast<job_state *>(user);
  return guard_serial(state, now, *static_cast<F *>((state.*Member).get()));
}

/* on_steered and its like, whose argument is a C struct. */
template <class F, class Argument, kept job_state::*Member>
void on_loop(synched_job *job, const Argument *argument, void *user) noexcept {
  auto &state = *static_cast<job_state *>(user);
  guard_loop(state, *static_cast<F *>((state.*Member).get()), job_ref(job), *argument);
}

template <class F>
void on_snapshot(synched_job *job, const synched_snapshot *now, void *user) noexcept {
  auto &state = *static_cast<job_state *>(user);
  guard_loop(state, *static_cast<F *>(state.on_snapshot.get()), job_ref(job), round_view(now));
}

/* A function without captures, which needs no object to be called: combine functions are told
 * nothing of whose they are. The first call, with one, makes the one that all calls have. */
template <class F> const F &stateless(const F *made = nullptr) noexcept {
  static_assert(std::is_empty_v<F>, "a combine function has no captures");
  static const F only = *made;
  return only;
}

template <class V, class F> void on_combine(void *into, const void *next, void *) noexcept {
  static_assert(std::is_nothrow_invocable_v<const F &, V &, const V &>,
                "a combine function is noexcept, as in [](V &into, const V &next) noexcept");
  stateless<F>()(*static_cast<V *>(into), *static_cast<const V *>(next));
}

} // namespace detail

SYNCHED_CPP_END

#endif
