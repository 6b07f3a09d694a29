/*
 * sanitizer.c: what a program finds under the names that it knows when this library is compiled
 * with -fsanitize=thread and the program is not. (The library's own calls of these names have
 * others then: see export.h.) Its first calls are refused, before there is any thread.
 */
#include <stddef.h>

#include <synched/export.h>

#include "base/error.h"

#if defined(SYNCHED_THREAD_SANITIZER)

SYNCHED_API int synched__refuse_pool(void **out, const void *options)
    SYNCHED_SYMBOL("synched_pool_create");
SYNCHED_API int synched__refuse_memory(void **out, const void *options)
    SYNCHED_SYMBOL("synched_memory_create");
SYNCHED_API int synched__refuse_run(const void *pool, const void *memory, const void *arrays,
                                    const void *options) SYNCHED_SYMBOL("synched_run");

int synched__refuse_pool(void **out, const void *options) {
  (void)options;
  if (out != NULL)
    *out = NULL;
  return synched__fail(SYNCHED_ENOTSUP, "this Synched is built with -fsanitize=thread, and the "
                                        "program is not; build both so, or neither");
}

int synched__refuse_memory(void **out, const void *options) {
  return synched__refuse_pool(out, options);
}

int synched__refuse_run(const void *pool, const void *memory, const void *arrays,
                        const void *options) {
  (void)pool;
  (void)memory;
  (void)arrays;
  return synched__refuse_pool(NULL, options);
}

#else

/* ISO C wants a declaration in every file. */
typedef int synched__sanitizer_unused;

#endif
