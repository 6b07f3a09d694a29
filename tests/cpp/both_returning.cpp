// both_returning.cpp: the half of both_test.cpp that is compiled without exceptions.
#include "both.hpp"

#include <synched/synched.hpp>

static_assert(!SYNCHED_CPP_EXCEPTIONS, "compile it with -fno-exceptions");

std::error_code create_nothing() {
  return synched::memory<int>::create(synched::memory_options()).error();
}
