/*
 * job_ref.hpp: steering. A job that is somebody else's.
 */
#ifndef SYNCHED_CPP_JOB_REF_HPP
#define SYNCHED_CPP_JOB_REF_HPP

#include <chrono>
#include <cstdint>

#include <synched/job.h>

#include <synched/cpp/report.hpp>

SYNCHED_CPP_BEGIN

/* A job as callbacks get it: to steer it, from any thread, and to look at. Valid as long as the job
 * is. Steering calls return what job.h's table says, and throw nothing. */
class job_ref {
public:
  explicit job_ref(synched_job *raw) noexcept : raw_(raw) {
  }

  std::error_code cancel() const noexcept {
    return detail::code_of(synched_job_cancel(raw_));
  }
  std::error_code stop() const noexcept {
    return detail::code_of(synched_job_stop(raw_));
  }
  std::error_code pause() const noexcept {
    return detail::code_of(synched_job_pause(raw_));
  }
  std::error_code resume() const noexcept {
    return detail::code_of(synched_job_resume(raw_));
  }
  std::error_code step(std::uint64_t round_count) const noexcept {
    return detail::code_of(synched_job_step(raw_, round_count));
  }
  std::error_code set_period(std::chrono::nanoseconds period) const noexcept {
    return detail::code_of(
        synched_job_set_period(raw_, static_cast<std::uint64_t>(period.count())));
  }
  std::error_code set_weight(unsigned weight) const noexcept {
    return detail::code_of(synched_job_set_weight(raw_, weight));
  }
  /* Whether a started job keeps its loop alive; from the loop's thread. */
  std::error_code ref() const noexcept {
    return detail::code_of(synched_job_ref(raw_));
  }
  std::error_code unref() const noexcept {
    return detail::code_of(synched_job_unref(raw_));
  }

  enum synched_job_state state() const noexcept {
    return static_cast<enum synched_job_state>(synched_job_state(raw_));
  }
  /* rounds that were passed over before this delivery; in on_snapshot */
  std::uint64_t missed() const noexcept {
    return synched_job_missed(raw_);
  }
  outcome<class report> report() const {
    synched_report *made = nullptr;
    const int status = synched_job_report(raw_, &made);
    return detail::finish(status, synched::report(made));
  }

  synched_job *get() const noexcept {
    return raw_;
  }

protected:
  synched_job *raw_;
};

SYNCHED_CPP_END

#endif
