/*
 * task.hpp: one call of compute, init or a stage.
 */
#ifndef SYNCHED_CPP_TASK_HPP
#define SYNCHED_CPP_TASK_HPP

#include <cstddef>
#include <cstdint>

#include <synched/job.h>

#include <synched/cpp/memory.hpp>

SYNCHED_CPP_BEGIN

/* The work of one call; lives for that call only. A field is named by its memory, or by its number
 * and type; field 0, the job's own memory, by its type alone: task.out<double>(). */
class task {
public:
  explicit task(synched_task *raw) noexcept : raw_(raw) {
  }
  task(const task &) = delete;
  task &operator=(const task &) = delete;

  /* the round being computed */
  std::uint64_t round() const noexcept {
    return raw_->round;
  }
  /* the segment that belongs to this call */
  std::size_t segment() const noexcept {
    return raw_->segment;
  }
  unsigned worker() const noexcept {
    return raw_->worker;
  }
  unsigned stage() const noexcept {
    return raw_->parts == nullptr ? 0 : raw_->parts->stage;
  }

  /* The whole field as the stage, or the round, before left it: what all calls read. */
  template <class T> snapshot_view<T> previous(const memory<T> &of) const noexcept {
    return previous<T>(of.field());
  }
  template <class T> snapshot_view<T> previous(unsigned f = 0) const noexcept {
    return snapshot_view<T>(snapshot_of(f));
  }

  /* Of that, the valid elements of this call's segment. */
  template <class T> span<const T> before(const memory<T> &of) const noexcept {
    return before<T>(of.field());
  }
  template <class T> span<const T> before(unsigned f = 0) const noexcept {
    return previous<T>(f).segment(raw_->segment);
  }

  /* What this call writes: the segment's whole capacity. Empty where the stage does not write the
   * field. */
  template <class T> span<T> out(const memory<T> &of) const noexcept {
    return out<T>(of.field());
  }
  template <class T> span<T> out(unsigned f = 0) const noexcept {
    T *const elements = static_cast<T *>(f == 0 ? raw_->out : raw_->parts->outs[f]);
    return span<T>(elements, elements == nullptr ? 0 : capacity(f));
  }

  /* Where the segment begins in the whole: element i of out is element first + i of previous. */
  template <class T> std::size_t first(const memory<T> &of) const noexcept {
    return first(of.field());
  }
  std::size_t first(unsigned f = 0) const noexcept {
    return f == 0 ? raw_->first : snapshot_of(f)->offsets[raw_->segment];
  }

  /* Elements of out that are valid. Starts as they were; set it where it changes. */
  template <class T> std::size_t &count(const memory<T> &of) const noexcept {
    return count(of.field());
  }
  std::size_t &count(unsigned f = 0) const noexcept {
    return f == 0 ? raw_->count : raw_->parts->counts[f];
  }

  /* With SYNCHED_JOB_SKIP_UNCHANGED: all that this call has written was there before. */
  void unchanged(bool is_so = true) const noexcept {
    raw_->unchanged = is_so ? 1 : 0;
  }

  /* to the fold of one double; starts as 0 */
  double &contribution() const noexcept {
    return raw_->contribution;
  }
  /* To any other fold, whose type V is; starts as the fold's identity. A fold of several numbers is
   * a std::array of them. */
  template <class V> V &fold() const noexcept {
    return *static_cast<V *>(raw_->parts->fold);
  }
  /* The newest fold of a stage: of this round for stages before this one, of the last round for
   * others. */
  template <class V> const V &folded(unsigned stage) const noexcept {
    return *static_cast<const V *>(raw_->parts->folds[stage]);
  }

  /* Whether nothing that this call can still do will count. */
  bool cancelled() const noexcept {
    return synched_task_cancelled(raw_) != 0;
  }

  synched_task *get() const noexcept {
    return raw_;
  }

private:
  const synched_snapshot *snapshot_of(unsigned f) const noexcept {
    return f == 0 ? raw_->previous : raw_->parts->fields[f];
  }
  std::size_t capacity(unsigned f) const noexcept {
    return f == 0 ? raw_->capacity : snapshot_of(f)->capacities[raw_->segment];
  }

  synched_task *raw_;
};

SYNCHED_CPP_END

#endif
