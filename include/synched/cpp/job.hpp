/*
 * job.hpp: jobs, which job_setup makes.
 */
#ifndef SYNCHED_CPP_JOB_HPP
#define SYNCHED_CPP_JOB_HPP

#include <cstdint>
#include <memory>

#include <synched/job.h>

#include <synched/cpp/job_ref.hpp>
#include <synched/cpp/job_state.hpp>

SYNCHED_CPP_BEGIN

/* How a run has ended, for on_done; valid during that call. */
class ended {
public:
  ended(const detail::job_state &state, const synched_report *report) noexcept
      : state_(state), report_(report) {
  }

  /* nothing: well; SYNCHED_ECANCELED, a callback's code ... */
  std::error_code error() const noexcept {
    return detail::code_of(state_.status);
  }
  const synched_report *report() const noexcept {
    return report_;
  }
#if SYNCHED_CPP_EXCEPTIONS
  /* the exception that has ended it; null: none has */
  std::exception_ptr exception() const noexcept {
    return state_.exceptions.find(state_.status);
  }
  /* Returns if it has ended well. Else throws that exception, or what error() is. */
  void check() const {
    if (std::exception_ptr thrown = exception())
      std::rethrow_exception(thrown);
    detail::finish(state_.status);
  }
#endif

private:
  const detail::job_state &state_;
  const synched_report *report_;
};

/* A job. If it is destroyed while it runs on a loop, it is cancelled, and what belongs to it is
 * freed when the loop has been told of its end; its pool and memory must live until then. Release
 * its snapshots first: synched_job_destroy says of which jobs they must be. */
class job : public job_ref {
public:
  job(job &&other) noexcept
      : job_ref(std::exchange(other.raw_, nullptr)), state_(std::move(other.state_)) {
  }
  job &operator=(job &&other) noexcept {
    if (this != &other) {
      end();
      raw_ = std::exchange(other.raw_, nullptr);
      state_ = std::move(other.state_);
    }
    return *this;
  }
  ~job() {
    end();
  }

  /* Runs it from start to end on a private loop; blocks. */
  outcome<void> run() {
    begin();
    return finish(synched_job_run(raw_));
  }

  /* Computes exactly so many rounds, from the program's own time loop; blocks. */
  outcome<void> advance(std::uint64_t rounds = 1) {
    begin();
    return finish(state_->status = synched_job_advance(raw_, rounds));
  }

  /* Starts it on libuv's loop, and returns at once. How it ends on_done says, and check(). */
  outcome<void> start(uv_loop_s *loop) {
    begin();
    return detail::finish(synched_job_start(raw_, loop));
  }

  /* The same for any other loop: whenever fd() is readable, dispatch() is to be called, until it
   * returns true: the job has ended. */
  outcome<void> start_polled() {
    begin();
    return detail::finish(synched_job_start_polled(raw_));
  }
  int fd() const noexcept {
    return synched_job_fd(raw_);
  }
  outcome<bool> dispatch() {
    const int answer = synched_job_dispatch(raw_);
    return detail::finish(answer < 0 ? answer : 0, answer == SYNCHED_STOP);
  }

  /* How the last run has ended, when it has. */
  std::error_code error() const noexcept {
    return detail::code_of(state_->status);
  }
#if SYNCHED_CPP_EXCEPTIONS
  std::exception_ptr exception() const noexcept {
    return state_->exceptions.find(state_->status);
  }
#endif
  /* Fails as run() would have. */
  outcome<void> check() const {
    return finish(state_->status);
  }

private:
  friend class job_setup;
  explicit job(std::unique_ptr<detail::job_state> state) noexcept
      : job_ref(state ? state->job : nullptr), state_(std::move(state)) {
  }

  /* Forgets what the last run has thrown; not while a run goes on. */
  void begin() noexcept {
#if SYNCHED_CPP_EXCEPTIONS
    const enum synched_job_state now = state();
    if (now == SYNCHED_JOB_READY || now == SYNCHED_JOB_ENDED)
      state_->exceptions.clear();
#endif
  }

  outcome<void> finish(int status) const {
#if SYNCHED_CPP_EXCEPTIONS
    if (std::exception_ptr thrown = state_->exceptions.find(status))
      std::rethrow_exception(thrown);
#endif
    return detail::finish(status);
  }

  void end() noexcept {
    if (!state_)
      return;
    if (!state_->finishing && synched_job_destroy(raw_) != SYNCHED_EBUSY) {
      state_.reset();
      return;
    }
    state_->orphaned = true;
    (void)synched_job_cancel(raw_);
    (void)state_.release();
  }

  std::unique_ptr<detail::job_state> state_;
};

namespace detail {

/* Every job's on_done, for the C library; F: the program's, or nothing_to_do. */
struct nothing_to_do {};

template <class F>
void on_done(synched_job *job, int status, const synched_report *report, void *user) noexcept {
  auto &state = *static_cast<job_state *>(user);
  state.status = status;
  if constexpr (!std::is_same_v<F, nothing_to_do>) {
    state.finishing = true;
    const ended how(state, report);
    guard_loop(state, *static_cast<F *>(state.on_done.get()), job_ref(job), how);
    state.finishing = false;
  }
  if (state.orphaned) {
    (void)synched_job_destroy(job);
    delete &state;
  }
}

} // namespace detail

SYNCHED_CPP_END

#endif
