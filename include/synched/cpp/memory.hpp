/*
 * memory.hpp: segmented memories of one element type.
 */
#ifndef SYNCHED_CPP_MEMORY_HPP
#define SYNCHED_CPP_MEMORY_HPP

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <synched/memory.h>

#include <synched/cpp/snapshot.hpp>

SYNCHED_CPP_BEGIN

/* synched_memory_options, one call for each field of that name. element_size is the memory's own
 * business. */
class memory_options {
public:
  memory_options() noexcept : raw_(synched_memory_options_default()) {
  }

  memory_options &segment_count(std::size_t count) noexcept {
    raw_.segment_count = count;
    return *this;
  }
  memory_options &segment_capacity(std::size_t elements) noexcept {
    raw_.segment_capacity = elements;
    return *this;
  }
  /* Uneven segments, and their number; the array is looked at when the memory is made. */
  memory_options &segment_capacities(span<const std::size_t> elements) noexcept {
    raw_.segment_count = elements.size();
    raw_.segment_capacities = elements.data();
    return *this;
  }
  /* In all, dealt to segments evenly; instead of a capacity. */
  memory_options &element_count(std::size_t elements) noexcept {
    raw_.element_count = elements;
    return *this;
  }
  memory_options &layout(synched_layout layout) noexcept {
    raw_.layout = layout;
    return *this;
  }
  memory_options &refill(synched_refill refill) noexcept {
    raw_.refill = refill;
    return *this;
  }
  memory_options &lease_count(unsigned count) noexcept {
    raw_.lease_count = count;
    return *this;
  }
  /* SYNCHED_MEMORY_HUGE_PAGES, SYNCHED_MEMORY_IN_PLACE */
  memory_options &flags(std::uint32_t flags) noexcept {
    raw_.flags = flags;
    return *this;
  }
  /* The program's own arrays, each of so many bytes; the array of addresses is looked at when the
   * memory is made. */
  memory_options &buffers(span<void *const> addresses, std::size_t bytes) noexcept {
    raw_.buffers = addresses.data();
    raw_.buffer_count = static_cast<unsigned>(addresses.size());
    raw_.buffer_bytes = bytes;
    return *this;
  }

  synched_memory_options &get() noexcept {
    return raw_;
  }
  const synched_memory_options &get() const noexcept {
    return raw_;
  }

private:
  synched_memory_options raw_;
};

namespace detail {

/* What a memory is to jobs, whatever its type. */
class any_memory {
public:
  synched_memory *get() const noexcept {
    return raw_;
  }
  /* Which of its job's fields this is; 0: the first one, or it has had no job. */
  unsigned field() const noexcept {
    return field_;
  }

protected:
  explicit any_memory(synched_memory *raw) noexcept : raw_(raw) {
  }
  any_memory(any_memory &&other) noexcept
      : raw_(std::exchange(other.raw_, nullptr)), field_(other.field_) {
  }
  any_memory &operator=(any_memory &&other) noexcept {
    if (this != &other) {
      (void)synched_memory_destroy(raw_);
      raw_ = std::exchange(other.raw_, nullptr);
      field_ = other.field_;
    }
    return *this;
  }
  ~any_memory() {
    (void)synched_memory_destroy(raw_);
  }

private:
  friend struct field_setter;
  synched_memory *raw_;
  unsigned field_ = 0;
};

/* For job_setup, when a job has been made. */
struct field_setter {
  static void set(any_memory &memory, unsigned field) noexcept {
    memory.field_ = field;
  }
};

} // namespace detail

/* A memory of elements of type T. It must outlive its job, its writers and its snapshots. Lambdas
 * that have captured it by reference expect it where it was. */
template <class T> class memory : public detail::any_memory {
  static_assert(std::is_trivially_copyable_v<T>, "elements are copied as bytes");
  static_assert(!std::is_const_v<T>, "elements are written");

public:
  using element_type = T;

#if SYNCHED_CPP_EXCEPTIONS
  explicit memory(const memory_options &options) : memory(create(options)) {
  }
#endif

  static outcome<memory> create(const memory_options &options) {
    synched_memory_options raw = options.get();
    synched_memory *made = nullptr;
    raw.element_size = sizeof(T);
    const int status = synched_memory_create(&made, &raw);
    return detail::finish(status, memory(made));
  }

  /* What arrays of the program's own must be to be this memory's buffers. */
  static outcome<struct synched_memory_needs> needs(const memory_options &options) {
    synched_memory_options raw = options.get();
    struct synched_memory_needs out = {};
    raw.element_size = sizeof(T);
    const int status = synched_memory_needs(&raw, &out);
    return detail::finish(status, out);
  }

  /* Sets the initial content of one segment, and its count. */
  outcome<void> load(std::size_t segment, span<const T> elements) {
    return detail::finish(synched_memory_load(get(), segment, elements.data(), elements.size()));
  }

  /* The newest snapshot, retained; also while rounds run. There is none, it is false, of an
   * in-place memory without a copy. */
  snapshot<T> current() const noexcept {
    return snapshot<T>(synched_snapshot_current(get()));
  }

  /* Where an in-place memory's one buffer begins, for while no round runs; nullptr: it is no such
   * memory. */
  T *elements() const noexcept {
    return static_cast<T *>(synched_memory_elements(get()));
  }

private:
  explicit memory(synched_memory *raw) noexcept : any_memory(raw) {
  }
};

SYNCHED_CPP_END

#endif
