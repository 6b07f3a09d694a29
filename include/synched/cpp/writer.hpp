/*
 * writer.hpp: rounds on threads that the program owns.
 */
#ifndef SYNCHED_CPP_WRITER_HPP
#define SYNCHED_CPP_WRITER_HPP

#include <cstddef>
#include <utility>

#include <synched/memory.h>

#include <synched/cpp/memory.hpp>

SYNCHED_CPP_BEGIN

/* The seat of one segment, which is given back when this ends: the others' sync fails then. */
template <class T> class writer {
public:
#if SYNCHED_CPP_EXCEPTIONS
  writer(memory<T> &of, std::size_t segment) : writer(create(of, segment)) {
  }
#endif

  static outcome<writer> create(memory<T> &of, std::size_t segment) {
    synched_writer *made = nullptr;
    const int status = synched_writer_open(&made, of.get(), segment);
    return detail::finish(status, writer(made));
  }

  writer(writer &&other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {
  }
  writer &operator=(writer &&other) noexcept {
    if (this != &other) {
      (void)synched_writer_close(raw_);
      raw_ = std::exchange(other.raw_, nullptr);
    }
    return *this;
  }
  ~writer() {
    (void)synched_writer_close(raw_);
  }

  /* Writes the segment for the open round. */
  outcome<void> write(span<const T> elements) {
    return detail::finish(synched_writer_write(raw_, elements.data(), elements.size()));
  }
  /* The barrier. What it gives is valid until the next sync, or the end of this writer. */
  outcome<snapshot_view<T>> sync() {
    const synched_snapshot *now = nullptr;
    const int status = synched_writer_sync(raw_, &now);
    return detail::finish(status, snapshot_view<T>(now));
  }
  /* both */
  outcome<snapshot_view<T>> write_sync_read(span<const T> elements) {
    const synched_snapshot *now = nullptr;
    const int status = synched_writer_write_sync_read(raw_, elements.data(), elements.size(), &now);
    return detail::finish(status, snapshot_view<T>(now));
  }
  /* Fails the open round for all, with a code that is not 0. */
  outcome<void> fail(int code) {
    return detail::finish(synched_writer_fail(raw_, code));
  }

  synched_writer *get() const noexcept {
    return raw_;
  }

private:
  explicit writer(synched_writer *raw) noexcept : raw_(raw) {
  }

  synched_writer *raw_;
};

SYNCHED_CPP_END

#endif
