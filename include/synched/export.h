/*
 * export.h: marks the public names. Every other header includes this one; programs need not.
 */
#ifndef SYNCHED_EXPORT_H
#define SYNCHED_EXPORT_H

#if defined(SYNCHED_STATIC_DEFINE)
#define SYNCHED_API
#elif defined(_WIN32) && defined(synched_EXPORTS)
#define SYNCHED_API __declspec(dllexport)
#elif defined(_WIN32)
#define SYNCHED_API __declspec(dllimport)
#else
#define SYNCHED_API __attribute__((visibility("default")))
#endif

/* A thread sanitizer knows only of what was compiled with -fsanitize=thread. To a program that
 * is, another build of Synched would order nothing, and every snapshot be reported as a race. So
 * the names of the calls that programs begin with say how the library was built: the linker
 * misses "synched_pool_create_of_a_library_built_with_fsanitize_thread" where it was not. Build
 * the library with the same flag (SYNCHED_SANITIZE=thread), or, to have the reports, define
 * SYNCHED_ANY_SANITIZER. Other sanitizers work with every build. */
#if defined(__SANITIZE_THREAD__)
#define SYNCHED_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SYNCHED_THREAD_SANITIZER 1
#endif
#endif

#if defined(SYNCHED_THREAD_SANITIZER)
#define SYNCHED_TEXT_OF(name) #name
#define SYNCHED_TEXT(name) SYNCHED_TEXT_OF(name)
#define SYNCHED_SYMBOL(text) __asm__(SYNCHED_TEXT(__USER_LABEL_PREFIX__) text)
#endif
#if defined(SYNCHED_THREAD_SANITIZER) && !defined(SYNCHED_ANY_SANITIZER)
#define SYNCHED_AS_BUILT(name) SYNCHED_SYMBOL(#name "_of_a_library_built_with_fsanitize_thread")
#else
#define SYNCHED_AS_BUILT(name)
#endif

/* Some functions are called as the struct that they fill in. C++ finds the function then, and gcc's
 * -Wshadow says so wherever that is declared. */
#if defined(__cplusplus) && defined(__GNUC__) && !defined(__clang__)
#define SYNCHED_QUIET _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wshadow\"")
#define SYNCHED_LOUD _Pragma("GCC diagnostic pop")
#else
#define SYNCHED_QUIET
#define SYNCHED_LOUD
#endif

#if defined(__cplusplus)
#define SYNCHED_BEGIN_DECLS SYNCHED_QUIET extern "C" {
#define SYNCHED_END_DECLS                                                                          \
  }                                                                                                \
  SYNCHED_LOUD
#define SYNCHED_CAST(type, value) static_cast<type>(value)
#define SYNCHED_NULL nullptr
#else
#define SYNCHED_BEGIN_DECLS
#define SYNCHED_END_DECLS
#define SYNCHED_CAST(type, value) ((type)(value))
#define SYNCHED_NULL NULL
#endif

#endif
