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

#if defined(__cplusplus)
#define SYNCHED_BEGIN_DECLS extern "C" {
#define SYNCHED_END_DECLS }
#else
#define SYNCHED_BEGIN_DECLS
#define SYNCHED_END_DECLS
#endif

#endif
