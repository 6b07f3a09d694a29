/*
 * snapshot.hpp: what rounds have left: to look at (round_view, snapshot_view), to keep (snapshot).
 */
#ifndef SYNCHED_CPP_SNAPSHOT_HPP
#define SYNCHED_CPP_SNAPSHOT_HPP

#include <cstddef>
#include <cstdint>
#include <utility>

#include <synched/memory.h>

#include <synched/cpp/span.hpp>

SYNCHED_CPP_BEGIN

template <class T> class memory;
template <class T> class snapshot;
template <class T> class snapshot_view;

/* The whole as one round left it, of whatever types its fields are. Callbacks get one, which is
 * valid during the call. */
class round_view {
public:
  explicit round_view(const synched_snapshot *raw) noexcept : raw_(raw) {
  }

  std::uint64_t round() const noexcept {
    return raw_->round;
  }
  std::size_t segment_count() const noexcept {
    return raw_->segment_count;
  }
  /* the fold of one double */
  double fold() const noexcept {
    return raw_->fold;
  }
  /* The fold of a stage, or of the job where it has none: what its calls' task.fold<V>() became.
   * There must be one, of that type. */
  template <class V> const V &folded(unsigned stage = 0) const noexcept {
    return *static_cast<const V *>(raw_->folds[stage]);
  }

  /* One field of it. */
  template <class T> snapshot_view<T> field(const memory<T> &of) const noexcept {
    return field<T>(of.field());
  }
  template <class T> snapshot_view<T> field(unsigned f = 0) const noexcept {
    return snapshot_view<T>(raw_->fields[f]);
  }

  const synched_snapshot *get() const noexcept {
    return raw_;
  }

protected:
  const synched_snapshot *raw_;
};

/* One field of it. Elements are valid for as long as the view is. */
template <class T> class snapshot_view : public round_view {
public:
  using round_view::round_view;

  /* All segments, and what lies between them: element i of segment s is at offset(s) + i. Empty: an
   * in-place memory of which there is no copy. */
  span<const T> elements() const noexcept {
    return span<const T>(data(), raw_->data == nullptr ? 0 : raw_->element_count);
  }
  const T *data() const noexcept {
    return static_cast<const T *>(raw_->data);
  }
  /* the valid elements of one segment, below segment_count() */
  span<const T> segment(std::size_t s) const noexcept {
    return span<const T>(data() + raw_->offsets[s], raw_->counts[s]);
  }
  std::size_t offset(std::size_t s) const noexcept {
    return raw_->offsets[s];
  }

  /* Keeps it, with all fields of its round: synched_snapshot_retain. */
  snapshot<T> retain() const noexcept {
    return snapshot<T>(synched_snapshot_retain(raw_));
  }
};

/* A snapshot that is retained, and released when this ends. It takes one of the memory's leases. */
template <class T> class snapshot : public snapshot_view<T> {
public:
  snapshot() noexcept : snapshot_view<T>(nullptr) {
  }
  /* Takes over what has been retained. */
  explicit snapshot(const synched_snapshot *retained) noexcept : snapshot_view<T>(retained) {
  }
  snapshot(snapshot &&other) noexcept : snapshot_view<T>(other.release()) {
  }
  snapshot &operator=(snapshot &&other) noexcept {
    if (this != &other) {
      synched_snapshot_release(this->raw_);
      this->raw_ = other.release();
    }
    return *this;
  }
  ~snapshot() {
    synched_snapshot_release(this->raw_);
  }

  explicit operator bool() const noexcept {
    return this->raw_ != nullptr;
  }
  /* Hands it to the caller, who releases it. */
  const synched_snapshot *release() noexcept {
    return std::exchange(this->raw_, nullptr);
  }
};

SYNCHED_CPP_END

#endif
