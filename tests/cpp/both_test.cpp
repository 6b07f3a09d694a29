/*
 * One program of two halves, with exceptions and without: each has its own functions of one name.
 */
#include "both.hpp"

#include <synched/synched.hpp>

#include "check.hpp"

TEST(errors_of_both_halves_are_the_same) {
  std::error_code here;
  try {
    synched::memory<int> none{synched::memory_options()};
  } catch (const std::system_error &error) {
    here = error.code();
  }
  CHECK(here == SYNCHED_EINVAL);
  CHECK(create_nothing() == here);
}

int main(int argument_count, char **arguments) {
  return check::main(argument_count, arguments);
}
