/*
 * fault_test.c: what the system can refuse while something is created, refused at each point in
 * turn.
 *
 * After a refusal there must be a status and a sentence, no object and nothing left over, and the
 * same call must work a moment later. To see what is left over, this program counts what the
 * library takes and gives back: it has platform/alloc.h's functions of its own, around the real
 * ones.
 */
#define synched__alloc real_alloc
#define synched__alloc_lines real_alloc_lines
#define synched__free real_free
#define synched__copy_text real_copy_text
#define synched__map real_map
#define synched__map_huge real_map_huge
#define synched__unmap real_unmap
#include "platform/alloc.c"
#undef synched__alloc
#undef synched__alloc_lines
#undef synched__free
#undef synched__copy_text
#undef synched__map
#undef synched__map_huge
#undef synched__unmap
#undef SYNCHED_PLATFORM_ALLOC_H
#include "platform/alloc.h"

#include <criterion/criterion.h>
#include <dirent.h>

#include <synched/memory.h>
#include <synched/pool.h>

#include "support/unit_support.h"

/* --- what is taken --- */

static _Atomic int64_t block_count;
static _Atomic int64_t mapped_bytes;

static void *counted(void *block) {
  if (block != NULL)
    (void)atomic_fetch_add(&block_count, 1);
  return block;
}

void *synched__alloc(size_t count, size_t size) {
  return counted(real_alloc(count, size));
}

void *synched__alloc_lines(size_t count, size_t size) {
  return counted(real_alloc_lines(count, size));
}

void synched__free(void *block) {
  if (block != NULL)
    (void)atomic_fetch_sub(&block_count, 1);
  real_free(block);
}

char *synched__copy_text(const char *text) {
  return counted(real_copy_text(text));
}

void *synched__map(size_t bytes) {
  void *block = real_map(bytes);
  if (block != NULL)
    (void)atomic_fetch_add(&mapped_bytes, (int64_t)bytes);
  return block;
}

void *synched__map_huge(size_t bytes) {
  void *block = real_map_huge(bytes);
  if (block != NULL)
    (void)atomic_fetch_add(&mapped_bytes, (int64_t)bytes);
  return block;
}

void synched__unmap(void *block, size_t bytes) {
  if (block != NULL)
    (void)atomic_fetch_sub(&mapped_bytes, (int64_t)bytes);
  real_unmap(block, bytes);
}

struct usage {
  int64_t block_count, mapped_bytes;
  unsigned descriptor_count, thread_count;
};

static unsigned count_entries(const char *path) {
  DIR *folder = opendir(path);
  cr_assert_not_null(folder, "%s", path);
  unsigned count = 0;
  for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
    count += entry->d_name[0] != '.';
  (void)closedir(folder);
  return count;
}

static struct usage usage_now(void) {
  return (struct usage){.block_count = atomic_load(&block_count),
                        .mapped_bytes = atomic_load(&mapped_bytes),
                        .descriptor_count = count_entries("/proc/self/fd"),
                        .thread_count = count_entries("/proc/self/task")};
}

static void expect_usage(const struct usage *before) {
  struct usage now = usage_now();
  /* A thread that has been joined may be listed for a moment more. */
  for (int ms = 0; ms < 1000 && now.thread_count > before->thread_count; ms++) {
    nap_ms(1);
    now = usage_now();
  }
  cr_assert_eq(now.block_count, before->block_count, "%ld blocks are left",
               (long)(now.block_count - before->block_count));
  cr_assert_eq(now.mapped_bytes, before->mapped_bytes);
  cr_assert_eq(now.descriptor_count, before->descriptor_count);
  cr_assert_eq(now.thread_count, before->thread_count);
}

/* --- one call, refused at each point --- */

struct sweep {
  enum synched__fault fault;
  int expected;
  void (*prepare)(void *context); /* before each call, NULL: nothing; nothing is refused here */
  int (*create)(void **out, void *context);
  void (*destroy)(void *created, void *context);
  void (*restore)(void *context); /* after each call that failed, or after destroy; NULL: nothing */
  void *context;
  unsigned failed;    /* refusals that made the call fail */
  unsigned tolerated; /* refusals that the call got over */
};

/* Takes back what is left of a countdown; true if it had not hit. */
static bool disarm(enum synched__fault fault, unsigned countdown) {
  for (unsigned i = 0; i < countdown; i++)
    if (synched__fault_hit(fault))
      return true;
  return false;
}

static void expect_clean_failure(const struct sweep *sweep, int status, const void *created) {
  cr_assert_null(created);
  cr_assert_eq(status, sweep->expected, "%s: %s", synched_err_name(status),
               synched_error_message());
  cr_assert_str_neq(synched_error_message(), "nothing was said");
  cr_assert_str_not_empty(synched_error_message());
}

/* Refuses the first request, then only the second, and so on until there is none left to refuse. */
static void run(struct sweep *sweep) {
  bool refused = true;
  for (unsigned nth = 1; refused; nth++) {
    const struct usage before = usage_now();
    if (sweep->prepare != NULL)
      sweep->prepare(sweep->context);
    void *created = (void *)&created; /* anything but NULL */
    (void)synched__fail(0, "nothing was said");
    synched__fault_arm(sweep->fault, nth);
    int status = sweep->create(&created, sweep->context);
    refused = !disarm(sweep->fault, nth);
    if (status != 0) {
      cr_assert(refused, "%s without a refusal", synched_err_name(status));
      sweep->failed++;
      expect_clean_failure(sweep, status, created);
    } else {
      sweep->tolerated += refused;
      sweep->destroy(created, sweep->context);
    }
    if (sweep->restore != NULL)
      sweep->restore(sweep->context);
    expect_usage(&before);
  }
}

/* --- the seam itself --- */

Test(fault, countdown_hits_once) {
  for (unsigned countdown = 1; countdown < 5; countdown++) {
    synched__fault_arm(SYNCHED__FAULT_PIN, countdown);
    for (unsigned i = 1; i < 10; i++)
      cr_assert_eq(synched__fault_hit(SYNCHED__FAULT_PIN), i == countdown);
  }
}

Test(fault, countdown_of_zero_never_hits) {
  synched__fault_arm(SYNCHED__FAULT_MAP, 3);
  synched__fault_arm(SYNCHED__FAULT_MAP, 0);
  for (unsigned i = 0; i < 10; i++)
    cr_assert_not(synched__fault_hit(SYNCHED__FAULT_MAP));
}

Test(fault, countdown_of_one_kind_does_not_touch_another) {
  synched__fault_arm(SYNCHED__FAULT_SYNC, 1);
  cr_assert_not(synched__fault_hit(SYNCHED__FAULT_ALLOCATE));
  cr_assert_not(synched__fault_hit(SYNCHED__FAULT_MAP));
  cr_assert(synched__fault_hit(SYNCHED__FAULT_SYNC));
}

/* --- a memory --- */

static int create_memory(void **out, void *context) {
  struct synched_memory *memory;
  int status = synched_memory_create(&memory, context);
  *out = memory;
  return status;
}

static void destroy_memory(void *created, void *context) {
  (void)context;
  cr_assert_eq(synched_memory_destroy(created), 0);
}

static struct sweep sweep_memory(enum synched__fault fault) {
  struct sweep sweep = {.fault = fault,
                        .expected = SYNCHED_ENOMEM,
                        .create = create_memory,
                        .destroy = destroy_memory,
                        .context =
                            SYNCHED_MEMORY_OPTIONS(.segment_count = 5, .element_size = 8,
                                                   .segment_capacity = 1000, .lease_count = 2)};
  run(&sweep);
  cr_assert_eq(sweep.tolerated, 0);
  return sweep;
}

Test(fault, memory_create_with_any_allocation_refused_fails_cleanly) {
  /* Itself, offsets, capacities, the buffers, and the counts of each of the four. */
  cr_assert_geq(sweep_memory(SYNCHED__FAULT_ALLOCATE).failed, 8u);
}

Test(fault, memory_create_with_any_mapping_refused_fails_cleanly) {
  cr_assert_eq(sweep_memory(SYNCHED__FAULT_MAP).failed, 4);
}

Test(fault, memory_create_with_its_lock_refused_fails_cleanly) {
  cr_assert_eq(sweep_memory(SYNCHED__FAULT_SYNC).failed, 1);
}

/* --- a writer: the first one makes the seats of all, so each time it is on a new memory --- */

enum { SEATS = 6 };

static void prepare_writer(void *context) {
  struct synched_memory **memory = context;
  cr_assert_eq(synched_memory_create(memory, SYNCHED_MEMORY_OPTIONS(.segment_count = SEATS,
                                                                    .segment_capacity = 1,
                                                                    .element_size = 1)),
               0);
}

static int open_writer(void **out, void *context) {
  struct synched_memory **memory = context;
  struct synched_writer *writer;
  int status = synched_writer_open(&writer, *memory, 3);
  *out = writer;
  return status;
}

static void close_writer(void *created, void *context) {
  (void)context;
  cr_assert_eq(synched_writer_write(created, "x", 1), 0);
  cr_assert_eq(synched_writer_close(created), 0);
}

/* A refusal leaves the memory free, and the next writer has its seat. */
static void restore_memory(void *context) {
  struct synched_memory **memory = context;
  struct synched_writer *writer;
  cr_assert_eq(synched_memory_load(*memory, 3, "y", 1), 0, "%s", synched_error_message());
  cr_assert_eq(synched_writer_open(&writer, *memory, 3), 0, "%s", synched_error_message());
  cr_assert_eq(synched_writer_close(writer), 0);
  cr_assert_eq(synched_memory_destroy(*memory), 0);
}

static struct sweep sweep_writer(enum synched__fault fault) {
  struct synched_memory *memory = NULL;
  struct sweep sweep = {.fault = fault,
                        .expected = SYNCHED_ENOMEM,
                        .prepare = prepare_writer,
                        .create = open_writer,
                        .destroy = close_writer,
                        .restore = restore_memory,
                        .context = &memory};
  run(&sweep);
  cr_assert_eq(sweep.tolerated, 0);
  return sweep;
}

Test(fault, writer_open_with_any_allocation_refused_fails_cleanly) {
  cr_assert_geq(sweep_writer(SYNCHED__FAULT_ALLOCATE).failed, 2u);
}

Test(fault, writer_open_with_any_parking_place_refused_fails_cleanly) {
  cr_assert_eq(sweep_writer(SYNCHED__FAULT_SYNC).failed, SEATS);
}

/* --- a pool --- */

enum { WORKERS = 3 };

static int create_pool(void **out, void *context) {
  struct synched_pool *pool;
  int status = synched_pool_create(&pool, context);
  *out = pool;
  return status;
}

static void destroy_pool(void *created, void *context) {
  (void)context;
  struct synched_pool_info info = {.struct_size = sizeof info};
  cr_assert_eq(synched_pool_info(created, &info), 0);
  cr_assert_eq(info.worker_count, WORKERS);
  cr_assert_eq(synched_pool_destroy(created), 0);
}

static struct sweep sweep_pool(enum synched__fault fault, enum synched_affinity affinity,
                               int expected) {
  struct sweep sweep = {.fault = fault,
                        .expected = expected,
                        .create = create_pool,
                        .destroy = destroy_pool,
                        .context = SYNCHED_POOL_OPTIONS(.worker_count = WORKERS,
                                                        .affinity = affinity, .name = "fault")};
  run(&sweep);
  return sweep;
}

Test(fault, pool_create_with_any_allocation_refused_fails_cleanly) {
  struct sweep bound =
      sweep_pool(SYNCHED__FAULT_ALLOCATE, SYNCHED_AFFINITY_COMPACT, SYNCHED_ENOMEM);
  struct sweep unbound = sweep_pool(SYNCHED__FAULT_ALLOCATE, SYNCHED_AFFINITY_NONE, SYNCHED_ENOMEM);
  /* Itself, the workers, the name, the places, the ring and how it is sorted. */
  cr_assert_geq(unbound.failed, 6u);
  cr_assert_gt(bound.failed, unbound.failed, "the machine's tables");
  /* Workers that cannot tell where they may run go to work all the same. */
  cr_assert_leq(unbound.tolerated, 4u * WORKERS);
}

Test(fault, pool_create_with_any_lock_or_parking_place_refused_fails_cleanly) {
  struct sweep sweep = sweep_pool(SYNCHED__FAULT_SYNC, SYNCHED_AFFINITY_NONE, SYNCHED_ENOMEM);
  /* Two locks, the jobs' and the parallel loops'; the creator's parking place, and the workers'. */
  cr_assert_eq(sweep.failed, 3 + WORKERS);
  cr_assert_eq(sweep.tolerated, 0);
}

Test(fault, pool_create_with_any_thread_refused_fails_cleanly) {
  struct sweep sweep = sweep_pool(SYNCHED__FAULT_THREAD, SYNCHED_AFFINITY_NONE, SYNCHED_EAGAIN);
  cr_assert_eq(sweep.failed, WORKERS);
  cr_assert_eq(sweep.tolerated, 0);
}

Test(fault, pool_create_with_the_topology_refused_fails_where_it_is_needed) {
  struct sweep bound = sweep_pool(SYNCHED__FAULT_TOPOLOGY, SYNCHED_AFFINITY_COMPACT, SYNCHED_EIO);
  cr_assert_eq(bound.failed, 1);
  cr_assert_eq(bound.tolerated, 0);
  struct sweep unbound = sweep_pool(SYNCHED__FAULT_TOPOLOGY, SYNCHED_AFFINITY_NONE, SYNCHED_EIO);
  cr_assert_eq(unbound.failed + unbound.tolerated, 0, "nobody asked");
}

static struct synched_pool_info create_and_tell(const struct synched_pool_options *options,
                                                struct synched_pool **pool) {
  struct synched_pool_info info = {.struct_size = sizeof info};
  cr_assert_eq(synched_pool_create(pool, options), 0, "%s", synched_error_message());
  cr_assert_eq(synched_pool_info(*pool, &info), 0);
  return info;
}

Test(fault, pool_create_with_the_topology_refused_and_a_free_choice_pins_nobody) {
  struct synched_pool *pool;
  const struct usage before = usage_now();
  struct synched_pool_info usual = create_and_tell(NULL, &pool);
  cr_assert_eq(synched_pool_destroy(pool), 0);
  synched__fault_arm(SYNCHED__FAULT_TOPOLOGY, 1);
  struct synched_pool_info info = create_and_tell(NULL, &pool);
  cr_assert_eq(info.affinity, SYNCHED_AFFINITY_NONE);
  cr_assert_eq(info.pinned_count, 0);
  cr_assert_eq(info.worker_count, usual.worker_count);
  /* Where it would have been NONE anyway, nobody asked. */
  if (usual.affinity == SYNCHED_AFFINITY_NONE)
    cr_assert(disarm(SYNCHED__FAULT_TOPOLOGY, 1));
  else
    cr_assert_not_null(strstr(info.warning, "topology could not be read"), "%s", info.warning);
  cr_assert_eq(synched_pool_destroy(pool), 0);
  expect_usage(&before);
}

/* One of the workers is not pinned, and the pool says so; which one is a matter of who came
 * when. */
static void expect_one_unpinned(const struct synched_pool *pool) {
  unsigned unpinned_count = 0;
  for (unsigned w = 0; w < WORKERS; w++) {
    struct synched_pool_worker_info info = {.struct_size = sizeof info};
    cr_assert_eq(synched_pool_worker_info(pool, w, &info), 0);
    if (info.pin_status == 0) {
      cr_assert_geq(info.place.cpu, 0);
      continue;
    }
    unpinned_count++;
    cr_assert_eq(info.pin_status, SYNCHED_EPERM);
    cr_assert_eq(info.place.cpu, -1);
    cr_assert_eq(info.place.core, -1);
    cr_assert_eq(info.place.package, -1);
  }
  cr_assert_eq(unpinned_count, 1);
}

Test(fault, pool_create_with_any_pin_refused_is_a_warning) {
  const struct synched_pool_options *options =
      SYNCHED_POOL_OPTIONS(.worker_count = WORKERS, .affinity = SYNCHED_AFFINITY_COMPACT);
  for (unsigned nth = 1; nth <= WORKERS; nth++) {
    struct synched_pool *pool;
    synched__fault_arm(SYNCHED__FAULT_PIN, nth);
    struct synched_pool_info info = create_and_tell(options, &pool);
    cr_assert_eq(info.affinity, SYNCHED_AFFINITY_COMPACT);
    cr_assert_eq(info.pinned_count, WORKERS - 1);
    cr_assert_not_null(strstr(info.warning, "did not pin 1 of 3 workers: not permitted"), "%s",
                       info.warning);
    expect_one_unpinned(pool);
    cr_assert_eq(synched_pool_destroy(pool), 0);
  }
}
