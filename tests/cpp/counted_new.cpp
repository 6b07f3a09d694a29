#include "counted_new.hpp"

#include <synched/export.h>

#if defined(SYNCHED_THREAD_SANITIZER)

bool counts_new() noexcept {
  return false;
}

unsigned long new_count() noexcept {
  return 0;
}

void refuse_new_after(unsigned long) noexcept {
}

bool refuse_no_new() noexcept {
  return false;
}

#else

#include <atomic>
#include <cstdlib>
#include <new>

static std::atomic<unsigned long> count = 0;
static std::atomic<unsigned long> refused = 0; // the number of the one to be refused; 0: none
static std::atomic<bool> has_refused = false;

bool counts_new() noexcept {
  return true;
}

unsigned long new_count() noexcept {
  return count.load(std::memory_order_relaxed);
}

void refuse_new_after(unsigned long more) noexcept {
  has_refused = false;
  refused = count + more + 1;
}

bool refuse_no_new() noexcept {
  refused = 0;
  return has_refused;
}

static void *allocate(std::size_t bytes) noexcept {
  if (count.fetch_add(1, std::memory_order_relaxed) + 1 == refused.load()) {
    has_refused = true;
    return nullptr;
  }
  return std::malloc(bytes == 0 ? 1 : bytes);
}

void *operator new(std::size_t bytes) {
  if (void *block = allocate(bytes))
    return block;
#if defined(__cpp_exceptions)
  throw std::bad_alloc();
#else
  std::abort();
#endif
}

void *operator new(std::size_t bytes, const std::nothrow_t &) noexcept {
  return allocate(bytes);
}

void operator delete(void *block) noexcept {
  std::free(block);
}

void operator delete(void *block, std::size_t) noexcept {
  std::free(block);
}

#endif
