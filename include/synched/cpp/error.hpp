/*
 * error.hpp: statuses as std::error_code, and in which two ways functions fail.
 */
#ifndef SYNCHED_CPP_ERROR_HPP
#define SYNCHED_CPP_ERROR_HPP

#include <exception>
#include <new>
#include <optional>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

#include <synched/pool.h>
#include <synched/status.h>

#if defined(__cpp_exceptions)
#define SYNCHED_CPP_EXCEPTIONS 1
#define SYNCHED_CPP_MODE throwing
#else
#define SYNCHED_CPP_EXCEPTIONS 0
#define SYNCHED_CPP_MODE returning
#endif

/* What is compiled with and without exceptions has names of its own, so that one program may have
 * both. */
#define SYNCHED_CPP_BEGIN                                                                          \
  namespace synched {                                                                              \
  inline namespace SYNCHED_CPP_MODE {
#define SYNCHED_CPP_END                                                                            \
  }                                                                                                \
  }

/* So a status is a std::error_code by itself: `error == SYNCHED_EBUSY`. */
template <> struct std::is_error_code_enum<synched_status> : std::true_type {};

namespace synched {

/* The code of a round that an exception has failed; less by one for each worker, so that the
 * failure that counts says which exception it was. */
inline constexpr int exception_code = -0x455843;

/* Whether it is one of those codes. */
inline constexpr bool is_exception_code(int code) noexcept {
  return code <= exception_code &&
         code > exception_code - (static_cast<int>(SYNCHED_WORKERS_MAX) + 3);
}

class status_category final : public std::error_category {
public:
  const char *name() const noexcept override {
    return "synched";
  }

  std::string message(int code) const override {
    return is_exception_code(code) ? "a callback has thrown an exception" : synched_strerror(code);
  }

  /* Where a status has a number of errno, it compares with std::errc. */
  std::error_condition default_error_condition(int code) const noexcept override {
    switch (code) {
#define SYNCHED_CPP_CASE(name, text) case -(name):
      SYNCHED_STATUS_MAP(SYNCHED_CPP_CASE)
#undef SYNCHED_CPP_CASE
      return std::error_condition(-code, std::generic_category());
    default:
      return std::error_condition(code, *this);
    }
  }
};

/* The category of statuses, and of the codes that a program's callbacks return. It is never
 * destroyed: what ends last may still ask it. */
inline const std::error_category &category() noexcept {
  alignas(status_category) static unsigned char place[sizeof(status_category)];
  static const status_category *const only = new (place) status_category;
  return *only;
}

} // namespace synched

inline std::error_code make_error_code(synched_status status) noexcept {
  return std::error_code(static_cast<int>(status), synched::category());
}

SYNCHED_CPP_BEGIN

#if SYNCHED_CPP_EXCEPTIONS

/* What a function returns that can fail: T; if it fails, it throws. */
template <class T> using outcome = T;

namespace detail {

[[noreturn]] inline void fail(int status, const char *sentence) {
  throw std::system_error(status, category(), sentence);
}

inline void finish(int status) {
  if (status != 0)
    fail(status, synched_error_message());
}

template <class T> std::decay_t<T> finish(int status, T &&value) {
  finish(status);
  return std::forward<T>(value);
}

} // namespace detail

#else

/* A value, or why there is none. */
template <class T> class [[nodiscard]] result {
public:
  template <class U, class = std::enable_if_t<std::is_same_v<std::decay_t<U>, T>>>
  result(U &&value) : value_(std::forward<U>(value)) {
  }
  result(int status, const char *sentence) noexcept
      : error_(status, category()), sentence_(sentence) {
  }

  explicit operator bool() const noexcept {
    return value_.has_value();
  }
  std::error_code error() const noexcept {
    return error_;
  }
  /* The sentence of synched_error_message(), until the next failure on that thread; "" for none. */
  const char *message() const noexcept {
    return sentence_;
  }

  /* The value, which must be there. */
  T &operator*() &noexcept {
    return *value_;
  }
  const T &operator*() const &noexcept {
    return *value_;
  }
  T &&operator*() &&noexcept {
    return *std::move(value_);
  }
  T *operator->() noexcept {
    return &*value_;
  }
  const T *operator->() const noexcept {
    return &*value_;
  }

private:
  std::optional<T> value_;
  std::error_code error_;
  const char *sentence_ = "";
};

template <> class [[nodiscard]] result<void> {
public:
  result() noexcept = default;
  result(int status, const char *sentence) noexcept
      : error_(status, category()), sentence_(sentence) {
  }

  explicit operator bool() const noexcept {
    return !error_;
  }
  std::error_code error() const noexcept {
    return error_;
  }
  const char *message() const noexcept {
    return sentence_;
  }

private:
  std::error_code error_;
  const char *sentence_ = "";
};

/* What a function returns that can fail: T, or why not. */
template <class T> using outcome = result<T>;

namespace detail {

inline result<void> finish(int status) {
  return status == 0 ? result<void>() : result<void>(status, synched_error_message());
}

template <class T> result<std::decay_t<T>> finish(int status, T &&value) {
  if (status != 0)
    return result<std::decay_t<T>>(status, synched_error_message());
  return result<std::decay_t<T>>(std::forward<T>(value));
}

} // namespace detail

#endif

namespace detail {

/* A status as steering calls return it. */
inline std::error_code code_of(int status) noexcept {
  return std::error_code(status, category());
}

/* What a callback says: nothing, which is 0, or a code. */
template <class F, class... Arguments> int answer_of(F &callback, Arguments &&...arguments) {
  using answer = std::invoke_result_t<F &, Arguments...>;
  if constexpr (std::is_void_v<answer>) {
    callback(std::forward<Arguments>(arguments)...);
    return 0;
  } else {
    static_assert(std::is_same_v<answer, int> || std::is_same_v<answer, synched_status>,
                  "a callback returns nothing, or a code: an int");
    return callback(std::forward<Arguments>(arguments)...);
  }
}

} // namespace detail

SYNCHED_CPP_END

#endif
