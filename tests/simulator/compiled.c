/*
 * compiled.c: what the compiler calls at each access to memory in code that is compiled with
 * -fsanitize=thread. That flag is for a runtime of its own, which is not linked: these are.
 *
 * The calls' names, their arguments and the numbers of memory orders are the compilers' common
 * interface (gcc's libsanitizer, tsan_interface.h and tsan_interface_atomic.h).
 */
#include "internal.h"

#define SITE __builtin_return_address(0)
#define EXPORT __attribute__((noinline, used))

static void plain(void *address, size_t bytes, bool write, const void *site) {
  if (sim != NULL && sim->running)
    sim_plain((uintptr_t)address, bytes, write, site);
}

#define PLAIN(bytes)                                                                               \
  EXPORT void __tsan_read##bytes(void *address);                                                   \
  EXPORT void __tsan_read##bytes(void *address) {                                                  \
    plain(address, bytes, false, SITE);                                                            \
  }                                                                                                \
  EXPORT void __tsan_write##bytes(void *address);                                                  \
  EXPORT void __tsan_write##bytes(void *address) {                                                 \
    plain(address, bytes, true, SITE);                                                             \
  }                                                                                                \
  EXPORT void __tsan_unaligned_read##bytes(void *address);                                         \
  EXPORT void __tsan_unaligned_read##bytes(void *address) {                                        \
    plain(address, bytes, false, SITE);                                                            \
  }                                                                                                \
  EXPORT void __tsan_unaligned_write##bytes(void *address);                                        \
  EXPORT void __tsan_unaligned_write##bytes(void *address) {                                       \
    plain(address, bytes, true, SITE);                                                             \
  }

PLAIN(1)
PLAIN(2)
PLAIN(4)
PLAIN(8)
PLAIN(16)

EXPORT void __tsan_read_range(void *address, size_t bytes);
EXPORT void __tsan_read_range(void *address, size_t bytes) {
  plain(address, bytes, false, SITE);
}
EXPORT void __tsan_write_range(void *address, size_t bytes);
EXPORT void __tsan_write_range(void *address, size_t bytes) {
  plain(address, bytes, true, SITE);
}
EXPORT void __tsan_init(void);
EXPORT void __tsan_init(void) {
}
EXPORT void __tsan_func_entry(void *caller);
EXPORT void __tsan_func_entry(void *caller) {
  (void)caller;
}
EXPORT void __tsan_func_exit(void);
EXPORT void __tsan_func_exit(void) {
}

/* Outside of an execution, when a world's data are set up or looked at, the plain operation. */
#define CHANGE(bits, type, name, change, builtin)                                                  \
  EXPORT type __tsan_atomic##bits##_##name(volatile type *address, type operand, int order);       \
  EXPORT type __tsan_atomic##bits##_##name(volatile type *address, type operand, int order) {      \
    if (!sim->running)                                                                             \
      return builtin(address, operand, __ATOMIC_SEQ_CST);                                          \
    return (type)sim_change((uintptr_t)address, sizeof(type), change, operand, order, SITE);       \
  }

#define ATOMIC(bits, type)                                                                         \
  EXPORT type __tsan_atomic##bits##_load(const volatile type *address, int order);                 \
  EXPORT type __tsan_atomic##bits##_load(const volatile type *address, int order) {                \
    if (!sim->running)                                                                             \
      return __atomic_load_n(address, __ATOMIC_SEQ_CST);                                           \
    return (type)sim_load((uintptr_t)address, sizeof(type), order, SITE);                          \
  }                                                                                                \
  EXPORT void __tsan_atomic##bits##_store(volatile type *address, type value, int order);          \
  EXPORT void __tsan_atomic##bits##_store(volatile type *address, type value, int order) {         \
    if (sim->running)                                                                              \
      sim_store((uintptr_t)address, sizeof(type), value, order, SITE);                             \
    else                                                                                           \
      __atomic_store_n(address, value, __ATOMIC_SEQ_CST);                                          \
  }                                                                                                \
  CHANGE(bits, type, exchange, SIM_EXCHANGE, __atomic_exchange_n)                                  \
  CHANGE(bits, type, fetch_add, SIM_ADD, __atomic_fetch_add)                                       \
  CHANGE(bits, type, fetch_sub, SIM_SUB, __atomic_fetch_sub)                                       \
  CHANGE(bits, type, fetch_and, SIM_AND, __atomic_fetch_and)                                       \
  CHANGE(bits, type, fetch_or, SIM_OR, __atomic_fetch_or)                                          \
  CHANGE(bits, type, fetch_xor, SIM_XOR, __atomic_fetch_xor)                                       \
  EXPORT int __tsan_atomic##bits##_compare_exchange_strong(                                        \
      volatile type *address, type *expected, type desired, int order, int failure_order);         \
  EXPORT int __tsan_atomic##bits##_compare_exchange_strong(                                        \
      volatile type *address, type *expected, type desired, int order, int failure_order) {        \
    if (!sim->running)                                                                             \
      return __atomic_compare_exchange_n(address, expected, desired, false, __ATOMIC_SEQ_CST,      \
                                         __ATOMIC_SEQ_CST);                                        \
    uint64_t value = *expected;                                                                    \
    const bool done = sim_compare_exchange((uintptr_t)address, sizeof(type), &value, desired,      \
                                           order, failure_order, SITE);                            \
    *expected = (type)value;                                                                       \
    return done;                                                                                   \
  }                                                                                                \
  EXPORT type __tsan_atomic##bits##_compare_exchange_val(                                          \
      volatile type *address, type expected, type desired, int order, int failure_order);          \
  EXPORT type __tsan_atomic##bits##_compare_exchange_val(                                          \
      volatile type *address, type expected, type desired, int order, int failure_order) {         \
    uint64_t value = expected;                                                                     \
    if (!sim->running) {                                                                           \
      (void)__atomic_compare_exchange_n(address, &expected, desired, false, __ATOMIC_SEQ_CST,      \
                                        __ATOMIC_SEQ_CST);                                         \
      return expected;                                                                             \
    }                                                                                              \
    (void)sim_compare_exchange((uintptr_t)address, sizeof(type), &value, desired, order,           \
                               failure_order, SITE);                                               \
    return (type)value;                                                                            \
  }

ATOMIC(8, uint8_t)
ATOMIC(16, uint16_t)
ATOMIC(32, uint32_t)
ATOMIC(64, uint64_t)
