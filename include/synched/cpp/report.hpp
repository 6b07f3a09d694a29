/*
 * report.hpp: what a job did.
 */
#ifndef SYNCHED_CPP_REPORT_HPP
#define SYNCHED_CPP_REPORT_HPP

#include <cstdio>
#include <utility>

#include <synched/report.h>

#include <synched/cpp/error.hpp>

SYNCHED_CPP_BEGIN

/* A report of the program's own, which may outlive its job. For what has no function here, there
 * are those of report.h, and get(). */
class report {
public:
  explicit report(synched_report *owned) noexcept : raw_(owned) {
  }
  report(report &&other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {
  }
  report &operator=(report &&other) noexcept {
    std::swap(raw_, other.raw_);
    return *this;
  }
  ~report() {
    synched_report_destroy(raw_);
  }

  outcome<struct synched_report_summary> summary() const {
    struct synched_report_summary out = {};
    out.struct_size = sizeof out;
    const int status = synched_report_summary(raw_, &out);
    return detail::finish(status, out);
  }

  outcome<void> print(std::FILE *file) const {
    return detail::finish(synched_report_print(raw_, file));
  }
  /* "table", "html:run.html" ... */
  outcome<void> write_as(const char *form) const {
    return detail::finish(synched_report_write_as(raw_, form));
  }

  synched_report *get() const noexcept {
    return raw_;
  }

private:
  synched_report *raw_;
};

SYNCHED_CPP_END

#endif
