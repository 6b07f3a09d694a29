/*
 * check.hpp: what a test of the C++ header is made of. It does without exceptions, for half of the
 * tests have none.
 *
 *   TEST(span_of_a_vector_has_its_elements) {
 *     CHECK(...);
 *   }
 *
 * A program runs its tests one after the other, or those that are named on its command line, and
 * its exit code is 1 if a check has failed. Checks are for the test's own thread.
 */
#ifndef SYNCHED_TESTS_CPP_CHECK_HPP
#define SYNCHED_TESTS_CPP_CHECK_HPP

#include <cstdio>
#include <cstring>

namespace check {

struct test {
  const char *name;
  void (*run)();
  test *next;

  test(const char *its_name, void (*function)()) noexcept;
};

inline test *first = nullptr;
inline test **last = &first;
inline int failure_count = 0;

inline test::test(const char *its_name, void (*function)()) noexcept
    : name(its_name), run(function), next(nullptr) {
  *last = this;
  last = &next;
}

inline void failed(const char *file, int line, const char *condition) noexcept {
  std::fprintf(stderr, "%s:%d: not so: %s\n", file, line, condition);
  failure_count++;
}

inline bool is_wanted(const char *name, int count, char **names) noexcept {
  for (int i = 1; i < count; i++)
    if (std::strcmp(names[i], name) == 0)
      return true;
  return count == 1;
}

inline int main(int argument_count, char **arguments) {
  int run_count = 0;
  for (const test *now = first; now != nullptr; now = now->next) {
    if (!is_wanted(now->name, argument_count, arguments))
      continue;
    const int before = failure_count;
    now->run();
    run_count++;
    if (failure_count != before)
      std::fprintf(stderr, "FAILED: %s\n", now->name);
  }
  std::printf("%d tests, %d checks failed\n", run_count, failure_count);
  return failure_count != 0 || run_count == 0;
}

} // namespace check

#define TEST(name)                                                                                 \
  static void name();                                                                              \
  static check::test name##_test(#name, name);                                                     \
  static void name()

#define CHECK(...) ((__VA_ARGS__) ? void() : check::failed(__FILE__, __LINE__, #__VA_ARGS__))

#endif
