/*
 * options.c: whatever bytes an options struct or a struct to fill has, and however long it says it
 * is: it is refused with a sentence and nothing is there, or what was asked for can be destroyed
 * again. No byte behind what struct_size says is read or written.
 *
 * A program's pointers are right or NULL: that is its part of the contract. So are they here.
 */
#include <stdlib.h>
#include <string.h>

#include <synched/synched.h>

#include "fuzz.h"

#define SIZE_BELIEVED 65536u /* a struct_size beyond it is refused before a byte is looked at */
#define WORKERS_MOST 3u      /* of a pool that is created */
#define CAPACITIES_MOST 64u
#define BLOCK_MOST ((size_t)1 << 20)

/* No test needs a machine's whole memory. */
static void *allocate(size_t bytes, size_t alignment, void *user) {
  (void)user;
  return bytes > BLOCK_MOST
             ? NULL
             : aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
}

static void release(void *block, void *user) {
  (void)user;
  free(block);
}

/* A struct as long as it says, filled from the bytes; its length is in *size. To be freed. */
static unsigned char *take_struct(struct fuzz_bytes *bytes, size_t *size) {
  uint32_t says = 0;
  struct fuzz_bytes ahead = *bytes;
  fuzz_take(&ahead, &says, sizeof says);
  *size = says < sizeof says || says > SIZE_BELIEVED ? sizeof says : says;
  unsigned char *out = malloc(*size);
  FUZZ_CHECK(out != NULL, "no memory");
  fuzz_take(bytes, out, *size);
  return out;
}

/* What a field is set to, where the struct reaches so far. */
static void set(unsigned char *out, size_t size, size_t offset, const void *value, size_t bytes) {
  if (offset + bytes <= size)
    memcpy(out + offset, value, bytes);
}

/* The same of a pointer that may be `pointer` or NULL, as the program chose. */
#define CHOOSE(type, field, pointer)                                                               \
  do {                                                                                             \
    const void *chosen = NULL;                                                                     \
    if (offsetof(type, field) < size && out[offsetof(type, field)] % 2 != 0)                       \
      chosen = (pointer);                                                                          \
    set(out, size, offsetof(type, field), &chosen, sizeof chosen);                                 \
  } while (0)

static int compute(struct synched_task *task, void *user) {
  (void)task;
  (void)user;
  return 0;
}

/* --- pools --- */

/* What would cost more than it tells is made smaller: thousands of threads, real-time ones. */
static void tame_pool(unsigned char *out, size_t size, const char *text) {
  unsigned workers = 0;
  int priority = 0;
  const size_t at = offsetof(struct synched_pool_options, worker_count);
  const size_t priority_at = offsetof(struct synched_pool_options, priority);
  CHOOSE(struct synched_pool_options, cpu_list, text);
  CHOOSE(struct synched_pool_options, name, text);
  if (at + sizeof workers <= size)
    memcpy(&workers, out + at, sizeof workers);
  if (workers > WORKERS_MOST && workers <= SYNCHED_WORKERS_MAX)
    workers = 1 + workers % WORKERS_MOST;
  set(out, size, at, &workers, sizeof workers);
  if (priority_at + sizeof priority <= size)
    memcpy(&priority, out + priority_at, sizeof priority);
  if (priority >= 1 && priority <= 99)
    priority = 0;
  set(out, size, priority_at, &priority, sizeof priority);
}

static void try_pool(struct fuzz_bytes *bytes) {
  size_t size;
  unsigned char *out = take_struct(bytes, &size);
  char *text = fuzz_text(bytes->at, bytes->left);
  struct synched_pool *pool = NULL;
  tame_pool(out, size, text);
  const int status = synched_pool_create(&pool, (const struct synched_pool_options *)(void *)out);
  fuzz_check_status(status);
  FUZZ_CHECK((status == 0) == (pool != NULL), "status %d, and a pool or none", status);
  free(out);
  free(text);
  if (pool != NULL)
    fuzz_check_status(synched_pool_destroy(pool));
}

/* --- memories --- */

/* As many as a memory looks at; nobody touches what they point to. */
static void *const *buffers_of(void) {
  static unsigned char elements[64 * (SYNCHED_LEASES_MAX + 3)];
  static void *buffers[SYNCHED_LEASES_MAX + 3];
  for (size_t b = 0; b < SYNCHED_LEASES_MAX + 3; b++)
    buffers[b] = elements + 64 * b;
  return buffers;
}

static void try_memory(struct fuzz_bytes *bytes) {
  size_t size, segments = 0, capacities[CAPACITIES_MOST];
  unsigned char *out = take_struct(bytes, &size);
  struct synched_memory *memory = NULL;
  const size_t at = offsetof(struct synched_memory_options, segment_count);
  fuzz_take(bytes, capacities, sizeof capacities);
  if (at + sizeof segments <= size)
    memcpy(&segments, out + at, sizeof segments);
  CHOOSE(struct synched_memory_options, segment_capacities,
         segments <= CAPACITIES_MOST ? capacities : NULL);
  CHOOSE(struct synched_memory_options, buffers, buffers_of());
  const int status =
      synched_memory_create(&memory, (const struct synched_memory_options *)(void *)out);
  fuzz_check_status(status);
  FUZZ_CHECK((status == 0) == (memory != NULL), "status %d, and a memory or none", status);
  free(out);
  if (memory != NULL)
    fuzz_check_status(synched_memory_destroy(memory));
}

/* --- jobs --- */

static struct synched_pool *shared_pool;
static struct synched_memory *shared_memory, *other_memory;

static int on_round(const struct synched_snapshot *now, void *user) {
  (void)now;
  (void)user;
  return SYNCHED_CONTINUE;
}

/* Only that it is given matters: no job is started. */
static void never(void) {
  fuzz_fail("a callback of a job that was not started is called");
}

static void combine(void *into, const void *next, void *user) {
  (void)into;
  (void)next;
  (void)user;
}

/* Of made-up numbers, with pointers that can be read. */
static const struct synched_stage *stages_of(struct fuzz_bytes *bytes, const char *text) {
  static const unsigned char identity[SYNCHED_FOLD_BYTES_MAX];
  static struct synched_stage stages[SYNCHED_STAGES_MAX];
  for (unsigned s = 0; s < SYNCHED_STAGES_MAX; s++) {
    const unsigned given = fuzz_take_byte(bytes);
    fuzz_take(bytes, &stages[s], sizeof stages[s]);
    stages[s].name = (given & 1) != 0 ? text : NULL;
    stages[s].compute = (given & 2) != 0 ? NULL : compute;
    stages[s].fold_combine = (given & 4) != 0 ? combine : NULL;
    stages[s].fold_identity = (given & 8) != 0 ? identity : NULL;
    stages[s].fold_user = (given & 16) != 0 ? stages : NULL;
    stages[s].reads.offsets = NULL;
    stages[s].reads.segments = NULL;
  }
  return stages;
}

/* One that will do, and the same again. */
static struct synched_memory *const *fields_of(void) {
  static struct synched_memory *fields[SYNCHED_FIELDS_MAX];
  for (unsigned f = 0; f < SYNCHED_FIELDS_MAX; f++)
    fields[f] = f == 2 ? NULL : other_memory;
  return fields;
}

static void tame_fields(unsigned char *out, size_t size, const struct synched_stage *stages) {
  static const unsigned char identity[SYNCHED_FOLD_BYTES_MAX];
  union {
    void (*function)(void *, const void *, void *);
    const void *pointer;
  } any = {.function = combine};
  CHOOSE(struct synched_job_options, fields, fields_of());
  CHOOSE(struct synched_job_options, stages, stages);
  CHOOSE(struct synched_job_options, fold_combine, any.pointer);
  CHOOSE(struct synched_job_options, fold_identity, identity);
  CHOOSE(struct synched_job_options, cluster, NULL);
  CHOOSE(struct synched_job_options, reads.offsets, NULL);
  CHOOSE(struct synched_job_options, reads.segments, NULL);
}

static void tame_job(unsigned char *out, size_t size, const char *text) {
  union {
    void (*function)(void);
    const void *pointer;
  } any = {.function = never};
  union {
    int (*function)(struct synched_task *, void *);
    const void *pointer;
  } work = {.function = compute};
  union {
    int (*function)(const struct synched_snapshot *, void *);
    const void *pointer;
  } round = {.function = on_round};
  CHOOSE(struct synched_job_options, name, text);
  CHOOSE(struct synched_job_options, compute, work.pointer);
  CHOOSE(struct synched_job_options, init, work.pointer);
  CHOOSE(struct synched_job_options, on_round, round.pointer);
  CHOOSE(struct synched_job_options, on_init, round.pointer);
  CHOOSE(struct synched_job_options, on_snapshot, any.pointer);
  CHOOSE(struct synched_job_options, on_done, any.pointer);
  CHOOSE(struct synched_job_options, on_deadline, any.pointer);
  CHOOSE(struct synched_job_options, on_steered, any.pointer);
  CHOOSE(struct synched_job_options, on_stalled, any.pointer);
  CHOOSE(struct synched_job_options, on_progress, any.pointer);
}

static void try_job(struct fuzz_bytes *bytes) {
  size_t size;
  unsigned char *out = take_struct(bytes, &size);
  char *text = fuzz_text(bytes->at, bytes->left);
  struct synched_job *job = NULL;
  tame_job(out, size, text);
  tame_fields(out, size, stages_of(bytes, text));
  const int status = synched_job_create(&job, shared_pool, shared_memory,
                                        (const struct synched_job_options *)(void *)out);
  fuzz_check_status(status);
  FUZZ_CHECK((status == 0) == (job != NULL), "status %d, and a job or none", status);
  free(out);
  free(text);
  if (job != NULL)
    fuzz_check_status(synched_job_destroy(job));
}

/* --- what is filled --- */

static void try_filled(struct fuzz_bytes *bytes, unsigned kind) {
  size_t size;
  unsigned char *out = take_struct(bytes, &size);
  uint32_t before, after;
  memcpy(&before, out, sizeof before);
  const int status = kind % 2 == 0
                         ? synched_pool_info(shared_pool, (struct synched_pool_info *)(void *)out)
                         : synched_topology_info((struct synched_topology_info *)(void *)out);
  fuzz_check_status(status);
  memcpy(&after, out, sizeof after);
  FUZZ_CHECK(before == after, "struct_size was %u, and is %u", before, after);
  free(out);
}

static void begin(void) {
  static const struct synched_allocator allocator = {.allocate = allocate, .release = release};
  fuzz_check_status(synched_set_allocator(&allocator));
  fuzz_check_status(synched_pool_create(&shared_pool, SYNCHED_POOL_OPTIONS(.worker_count = 1)));
  fuzz_check_status(synched_memory_create(
      &shared_memory, SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 1,
                                             .element_size = 8, .lease_count = 1)));
  fuzz_check_status(synched_memory_create(
      &other_memory,
      SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 3, .element_size = 4)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_bytes bytes = {data, size};
  if (shared_memory == NULL)
    begin();
  const unsigned kind = fuzz_take_byte(&bytes);
  switch (kind % 4) {
  case 0:
    try_pool(&bytes);
    break;
  case 1:
    try_memory(&bytes);
    break;
  case 2:
    try_job(&bytes);
    break;
  default:
    try_filled(&bytes, kind / 4);
  }
  return 0;
}
