/*
 * checkpoint.hpp: a job's state in files; <synched/checkpoint.h> says all that there is to it.
 */
#ifndef SYNCHED_CPP_CHECKPOINT_HPP
#define SYNCHED_CPP_CHECKPOINT_HPP

#include <utility>

#include <synched/checkpoint.h>

#include <synched/cpp/error.hpp>
#include <synched/cpp/job.hpp>

SYNCHED_CPP_BEGIN

using checkpoint_options = synched_checkpoint_options;
using checkpoint_info = struct synched_checkpoint_info; /* a function has the name, too */
using checkpoint_resumed = synched_checkpoint_resumed;

/* Takes a job's content from the newest state in options.folder. If there is none, the job begins
 * at its beginning, and generation of what this gives is 0. */
inline outcome<checkpoint_resumed> resume(const job_ref &of, const checkpoint_options &options) {
  checkpoint_resumed resumed{};
  resumed.struct_size = sizeof resumed;
  const int status = synched_checkpoint_resume(of.get(), &options, &resumed);
  return detail::finish(status == SYNCHED_ENOENT ? 0 : status, resumed);
}

/* Writes a job's rounds while it runs. Make it after the job, so that it ends before: its end waits
 * for what is being written. The job must not run then. */
class checkpoint {
public:
#if SYNCHED_CPP_EXCEPTIONS
  checkpoint(const job_ref &of, const checkpoint_options &options)
      : checkpoint(create(of, options)) {
  }
#endif

  static outcome<checkpoint> create(const job_ref &of, const checkpoint_options &options) {
    synched_checkpoint *made = nullptr;
    const int status = synched_checkpoint_create(&made, of.get(), &options);
    return detail::finish(status, checkpoint(made));
  }

  checkpoint(checkpoint &&other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {
  }
  checkpoint &operator=(checkpoint &&other) noexcept {
    if (this != &other) {
      (void)synched_checkpoint_destroy(raw_);
      raw_ = std::exchange(other.raw_, nullptr);
    }
    return *this;
  }
  ~checkpoint() {
    (void)synched_checkpoint_destroy(raw_);
  }

  /* Asks for the next published round; any thread. */
  void request() noexcept {
    (void)synched_checkpoint_request(raw_);
  }
  /* Writes the current round of a job that does not run. */
  outcome<void> save() {
    return detail::finish(synched_checkpoint_save(raw_));
  }
  outcome<checkpoint_info> info() const {
    checkpoint_info out{};
    out.struct_size = sizeof out;
    const int status = synched_checkpoint_info(raw_, &out);
    return detail::finish(status, out);
  }

  synched_checkpoint *get() const noexcept {
    return raw_;
  }

private:
  explicit checkpoint(synched_checkpoint *raw) noexcept : raw_(raw) {
  }

  synched_checkpoint *raw_;
};

SYNCHED_CPP_END

#endif
