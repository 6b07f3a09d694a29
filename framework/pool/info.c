/*
 * info.c: what a pool has really obtained, for synched_pool_info.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/options.h"
#include "pool/pool.h"

void synched__pool_warn(struct synched_pool_info *info, const char *format, ...) {
  const size_t bytes = sizeof info->warning;
  size_t used = strlen(info->warning);
  used += (size_t)snprintf(info->warning + used, bytes - used, "%s", used == 0 ? "" : "; ");
  if (used < bytes) {
    va_list arguments;
    va_start(arguments, format);
    used += (size_t)vsnprintf(info->warning + used, bytes - used, format, arguments);
    va_end(arguments);
  }
  if (used >= bytes)
    memcpy(info->warning + bytes - sizeof "...", "...", sizeof "...");
}

static void gather_pins(struct synched_pool *pool) {
  unsigned refused_count = 0;
  int refusal = 0;
  for (unsigned w = 0; w < pool->worker_count; w++) {
    const struct synched_pool_worker_info *worker = &pool->workers[w].info;
    pool->info.pinned_count += worker->place.cpu >= 0;
    refused_count += worker->pin_status != 0;
    if (worker->pin_status != 0)
      refusal = worker->pin_status;
  }
  if (refused_count != 0)
    synched__pool_warn(&pool->info, "the system did not pin %u of %u workers: %s", refused_count,
                       pool->worker_count, synched_strerror(refusal));
}

static void gather_priorities(struct synched_pool *pool) {
  unsigned refused_count = 0;
  int refusal = 0;
  if (pool->priority == 0 && pool->nice == 0)
    return;
  for (unsigned w = 0; w < pool->worker_count; w++) {
    const int status = pool->workers[w].info.priority_status;
    pool->info.prioritised_count += status == 0;
    refused_count += status != 0;
    if (status != 0)
      refusal = status;
  }
  if (refused_count == 0)
    return;
  synched__pool_warn(&pool->info, "%s %d refused to %u of %u workers: %s",
                     pool->priority != 0 ? "priority" : "nice",
                     pool->priority != 0 ? pool->priority : pool->nice, refused_count,
                     pool->worker_count, synched_strerror(refusal));
  if (refusal == SYNCHED_EPERM && pool->priority != 0)
    synched__pool_warn(&pool->info, "it takes CAP_SYS_NICE, or RLIMIT_RTPRIO %d", pool->priority);
  else if (refusal == SYNCHED_EPERM) /* the limit counts from the other end */
    synched__pool_warn(&pool->info, "it takes CAP_SYS_NICE, or RLIMIT_NICE %d",
                       SYNCHED__NICE_MOST + 1 - pool->nice);
}

/* All workers have the same class, or none has it. */
static void gather_limits(struct synched_pool *pool) {
  const uint64_t most_ns = pool->workers[0].allowed_awake_ns;
  if (most_ns != UINT64_MAX)
    synched__pool_warn(
        &pool->info,
        "RLIMIT_RTTIME is %llu us: at a real-time priority, a call that takes more than half of it "
        "may have the system end the program",
        (unsigned long long)most_ns / 1000);
}

void synched__pool_gather_info(struct synched_pool *pool) {
  gather_pins(pool);
  gather_priorities(pool);
  gather_limits(pool);
}

int synched_pool_info(const struct synched_pool *pool, struct synched_pool_info *out) {
  static const struct synched__options_spec spec = {
      .what = "synched_pool_info",
      .known = sizeof(struct synched_pool_info),
      .minimum = offsetof(struct synched_pool_info, prioritised_count)};
  if (pool == NULL)
    return synched__fail(SYNCHED_EINVAL, "the pool is NULL");
  return synched__out_write(out, &pool->info, &spec);
}

int synched_pool_worker_info(const struct synched_pool *pool, unsigned worker,
                             struct synched_pool_worker_info *out) {
  static const struct synched__options_spec spec = {
      .what = "synched_pool_worker_info",
      .known = sizeof(struct synched_pool_worker_info),
      .minimum = offsetof(struct synched_pool_worker_info, priority_status)};
  if (pool == NULL)
    return synched__fail(SYNCHED_EINVAL, "the pool is NULL");
  if (worker >= pool->worker_count)
    return synched__fail(SYNCHED_ERANGE, "worker is %u; the pool has %u", worker,
                         pool->worker_count);
  return synched__out_write(out, &pool->workers[worker].info, &spec);
}
