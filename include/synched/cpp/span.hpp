/*
 * span.hpp: a pointer and a count. C++20 has std::span, which this one becomes where one is wanted.
 */
#ifndef SYNCHED_CPP_SPAN_HPP
#define SYNCHED_CPP_SPAN_HPP

#include <cstddef>
#include <iterator>
#include <type_traits>

#include <synched/cpp/error.hpp>

#if __cplusplus >= 202002L && __has_include(<ranges>)
#include <ranges>
#endif

SYNCHED_CPP_BEGIN

/* Elements that lie one after the other and are somebody else's. As with std::span nothing is
 * checked: an index is below size(). */
template <class T> class span {
  template <class C>
  using pointed = std::remove_pointer_t<decltype(std::data(std::declval<C &>()))>;

public:
  using element_type = T;
  using value_type = std::remove_cv_t<T>;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using pointer = T *;
  using reference = T &;
  using iterator = T *;

  constexpr span() noexcept = default;
  constexpr span(T *data, std::size_t size) noexcept : data_(data), size_(size) {
  }
  /* Of an array, a std::vector, a std::span ... of T, or of what may become const T. */
  template <class C, class = std::enable_if_t<!std::is_same_v<std::decay_t<C>, span> &&
                                              std::is_convertible_v<pointed<C> (*)[], T (*)[]>>>
  constexpr span(C &&elements) noexcept : data_(std::data(elements)), size_(std::size(elements)) {
  }

  constexpr T *data() const noexcept {
    return data_;
  }
  constexpr std::size_t size() const noexcept {
    return size_;
  }
  constexpr bool empty() const noexcept {
    return size_ == 0;
  }
  constexpr T &operator[](std::size_t index) const noexcept {
    return data_[index];
  }
  constexpr T *begin() const noexcept {
    return data_;
  }
  constexpr T *end() const noexcept {
    return data_ + size_;
  }
  constexpr span subspan(std::size_t first, std::size_t count) const noexcept {
    return span(data_ + first, count);
  }

private:
  T *data_ = nullptr;
  std::size_t size_ = 0;
};

SYNCHED_CPP_END

#if defined(__cpp_lib_ranges)
template <class T>
inline constexpr bool std::ranges::enable_borrowed_range<synched::span<T>> = true;
template <class T> inline constexpr bool std::ranges::enable_view<synched::span<T>> = true;
#endif

#endif
