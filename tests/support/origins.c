#include "support/origins.h"

#include <inttypes.h>
#include <string.h>

#include "support/scene.h"

/* --- what is drawn --- */

static void draw_fields(struct origins *origins, struct stress_random *random) {
  static const size_t sizes[] = {1, 4, 8, 12, ORIGINS_ELEMENT_MOST};
  for (unsigned f = 0; f < origins->field_count; f++) {
    struct origins_field *field = &origins->fields[f];
    field->element_size = sizes[stress_below(random, 5)];
    field->in_place = stress_chance(random, 5);
    field->refill =
        field->in_place ? SYNCHED_REFILL_ZERO : (enum synched_refill)stress_below(random, 3);
    for (size_t s = 0; s < origins->segment_count; s++)
      field->capacities[s] = (size_t)stress_below(random, ORIGINS_CAPACITY_MOST + 1);
    field->capacities[0] = ORIGINS_CAPACITY_MOST;
  }
}

static void draw_writes(struct origins *origins, struct stress_random *random) {
  const uint32_t all = (UINT32_C(1) << origins->field_count) - 1;
  for (unsigned s = 0; s < origins->stage_count; s++) {
    origins->writes[s] = (uint32_t)stress_draw(random) & all & ~origins->reads_only;
    origins->overwrites[s] = origins->writes[s] & (uint32_t)stress_draw(random);
  }
  if (origins->is_staged)
    return;
  origins->writes[0] = all & ~origins->reads_only;
  origins->overwrites[0] = 0;
}

void origins_draw(struct origins *out, struct stress_random *random,
                  const struct origins_limits *limits) {
  out->tag = stress_draw(random);
  out->field_count = (unsigned)stress_between(random, 1, limits->fields_most);
  out->stage_count = (unsigned)stress_between(random, 1, limits->stages_most);
  out->is_staged = out->stage_count > 1 || stress_chance(random, 2);
  out->segment_count = (size_t)stress_between(
      random, 1, stress_chance(random, 12) ? ORIGINS_SEGMENTS_MOST : ORIGINS_FEW_SEGMENTS);
  out->reads_only = 0;
  if (stress_chance(random, 4))
    out->reads_only = (uint32_t)stress_draw(random) & ((UINT32_C(1) << out->field_count) - 1);
  draw_fields(out, random);
  draw_writes(out, random);
}

struct synched_memory_options origins_memory_options(const struct origins *origins, unsigned f,
                                                     unsigned lease_count,
                                                     struct stress_random *random) {
  const struct origins_field *field = &origins->fields[f];
  return (struct synched_memory_options){.struct_size = sizeof(struct synched_memory_options),
                                         .segment_count = origins->segment_count,
                                         .segment_capacities = field->capacities,
                                         .element_size = field->element_size,
                                         .lease_count = lease_count,
                                         .layout = stress_chance(random, 3) ? SYNCHED_LAYOUT_PADDED
                                                                            : SYNCHED_LAYOUT_PACKED,
                                         .refill = field->refill,
                                         .flags = field->in_place ? SYNCHED_MEMORY_IN_PLACE : 0};
}

void origins_load(const struct origins *origins, unsigned f, struct origin origin) {
  unsigned char elements[ORIGINS_BYTES_MOST];
  for (size_t s = 0; s < origins->segment_count; s++) {
    origins_fill(origins, f, origin, s, elements);
    scene_expect_ok(synched_memory_load(origins->fields[f].memory, s, elements,
                                        origins_count(origins, f, origin, s)),
                    "synched_memory_load");
  }
}

struct synched_stage origins_stage(const struct origins *origins, unsigned s,
                                   synched_compute_fn compute) {
  return (struct synched_stage){.compute = compute,
                                .writes = origins->writes[s] == 0 ? SYNCHED_WRITES_NONE
                                                                  : origins->writes[s],
                                .overwrites = origins->overwrites[s]};
}

void origins_check_current(const struct origins *origins, uint64_t round,
                           void (*check)(const struct synched_snapshot *now, const void *user),
                           const void *user) {
  for (unsigned f = 0; f < origins->field_count; f++) {
    const struct synched_snapshot *now = synched_snapshot_current(origins->fields[f].memory);
    if (now == NULL)
      continue;
    STRESS_CHECK(now->round == round, "round %" PRIu64 " is there, %" PRIu64 " was published last",
                 now->round, round);
    check(now, user);
    synched_snapshot_release(now);
  }
}

void origins_end(struct origins *origins, uint64_t round) {
  for (unsigned f = 0; f < origins->field_count; f++) {
    const struct origins_field *field = &origins->fields[f];
    const struct synched_snapshot *now = synched_snapshot_current(field->memory);
    STRESS_CHECK((now == NULL) == field->in_place, "the snapshot of field %u", f);
    if (now != NULL) {
      STRESS_CHECK(now->round == round && now->field_count == 1, "round %" PRIu64 ", %u fields",
                   now->round, now->field_count);
      for (size_t s = 0; s < origins->segment_count; s++)
        origins_check_segment(origins, f, origins_of(origins, f, round, origins->stage_count), s,
                              now);
    }
    synched_snapshot_release(now);
    scene_expect_ok(synched_memory_destroy(field->memory), "synched_memory_destroy");
  }
}

/* --- what there must be --- */

struct origin origins_of(const struct origins *origins, unsigned f, uint64_t round,
                         unsigned stage) {
  for (unsigned s = stage; s-- > 0;)
    if (round != 0 && origins_has(origins->writes[s], f))
      return (struct origin){round, s};
  for (unsigned s = origins->stage_count; s-- > 0;)
    if (round > 1 && origins_has(origins->writes[s], f))
      return (struct origin){round - 1, s};
  return ORIGIN_LOADED;
}

static uint64_t number_of(const struct origins *origins, unsigned f, struct origin origin,
                          size_t segment) {
  return stress_mix(stress_mix(origins->tag + f, origin.round * 64 + origin.stage), segment);
}

size_t origins_count(const struct origins *origins, unsigned f, struct origin origin,
                     size_t segment) {
  const size_t capacity = origins->fields[f].capacities[segment];
  const uint64_t number = number_of(origins, f, origin, segment) >> 40;
  return number % 3 != 0 ? capacity : (size_t)(number % (capacity + 1));
}

void origins_fill(const struct origins *origins, unsigned f, struct origin origin, size_t segment,
                  void *out) {
  const struct origins_field *field = &origins->fields[f];
  const size_t bytes = field->capacities[segment] * field->element_size;
  const uint64_t number = number_of(origins, f, origin, segment);
  unsigned char *at = out;
  for (size_t b = 0; b < bytes; b++)
    at[b] = (unsigned char)((number >> b % 57) + b);
}

void origins_check_elements(const struct origins *origins, unsigned f, struct origin origin,
                            size_t segment, const void *elements) {
  unsigned char expected[ORIGINS_BYTES_MOST];
  const size_t bytes = origins_count(origins, f, origin, segment) * origins->fields[f].element_size;
  origins_fill(origins, f, origin, segment, expected);
  STRESS_CHECK(memcmp(elements, expected, bytes) == 0,
               "field %u has not what stage %" PRId64 " of round %" PRIu64 " wrote in segment %zu",
               f, (int64_t)origin.stage, origin.round, segment);
}

void origins_check_segment(const struct origins *origins, unsigned f, struct origin origin,
                           size_t segment, const struct synched_snapshot *view) {
  const size_t count = origins_count(origins, f, origin, segment);
  STRESS_CHECK(view->counts[segment] == count,
               "field %u counts %zu in segment %zu, not %zu as stage %" PRId64 " of round %" PRIu64,
               f, view->counts[segment], segment, count, (int64_t)origin.stage, origin.round);
  origins_check_elements(origins, f, origin, segment, synched_snapshot_segment(view, segment));
}

/* All of it, or some of it where that is much. */
static void check_view(const struct origins *origins, unsigned f, struct origin origin,
                       const struct synched_snapshot *view) {
  const size_t step = 1 + origins->segment_count / ORIGINS_FEW_SEGMENTS;
  for (size_t s = (size_t)(origin.round % step); s < origins->segment_count; s += step)
    origins_check_segment(origins, f, origin, s, view);
}

void origins_check_snapshot(const struct origins *origins, const struct synched_snapshot *now) {
  const uint64_t round = now->fields[0]->round;
  STRESS_CHECK(now->field_count == origins->field_count, "a snapshot has %u fields, not %u",
               now->field_count, origins->field_count);
  for (unsigned f = 0; f < origins->field_count; f++) {
    const struct synched_snapshot *view = now->fields[f];
    STRESS_CHECK(view->round == round, "field %u is of round %" PRIu64 " beside round %" PRIu64, f,
                 view->round, round);
    if (view->data != NULL)
      check_view(origins, f, origins_of(origins, f, round, origins->stage_count), view);
    else
      STRESS_CHECK(origins->fields[f].in_place, "field %u has no elements", f);
  }
}

static void check_refill(const struct origins *origins, const struct synched_task *task, unsigned f,
                         bool overwrites) {
  static const unsigned char zeros[ORIGINS_BYTES_MOST];
  const struct origins_field *field = &origins->fields[f];
  const size_t bytes = field->capacities[task->segment] * field->element_size;
  const void *out = synched_task_out(task, f);
  if (field->in_place)
    STRESS_CHECK(out == synched_task_in(task, f), "field %u is not in place", f);
  else if (overwrites || bytes == 0)
    return;
  else if (field->refill == SYNCHED_REFILL_ZERO)
    STRESS_CHECK(memcmp(out, zeros, bytes) == 0, "field %u is not zeroed", f);
  else if (field->refill == SYNCHED_REFILL_KEEP)
    STRESS_CHECK(memcmp(out, synched_task_in(task, f), bytes) == 0, "field %u is not kept", f);
}

void origins_check_refills(const struct origins *origins, const struct synched_task *task,
                           unsigned stage) {
  for (unsigned f = 0; f < origins->field_count; f++)
    if (origins_has(origins->writes[stage], f))
      check_refill(origins, task, f, origins_has(origins->overwrites[stage], f));
}

void origins_write(const struct origins *origins, struct synched_task *task, uint32_t writes,
                   struct origin origin) {
  for (unsigned f = 0; f < origins->field_count; f++) {
    void *out = synched_task_out(task, f);
    STRESS_CHECK((out != NULL) == origins_has(writes, f), "field %u %s written", f,
                 out != NULL ? "is" : "is not");
    if (out == NULL)
      continue;
    origins_fill(origins, f, origin, task->segment, out);
    synched_task_set_count(task, f, origins_count(origins, f, origin, task->segment));
  }
}

int origins_init(struct synched_task *task, void *user) {
  const struct origins *origins = user;
  origins_write(origins, task, ~origins->reads_only, ORIGIN_LOADED);
  return 0;
}

/* --- readers --- */

/* Another reader releases it, through whatever field. */
static void hand_on(struct origins_reader *reader, const struct synched_snapshot *now) {
  struct origins_readers *readers = reader->readers;
  const struct synched_snapshot *other =
      now->fields[stress_below(&reader->random, readers->origins->field_count)];
  STRESS_CHECK(synched_snapshot_retain(other) == other, "retain gives another snapshot");
  other = atomic_exchange_explicit(&readers->handed, other, memory_order_acq_rel);
  if (other != NULL)
    readers->check(other, readers->user);
  synched_snapshot_release(other);
}

static void read_once(struct origins_reader *reader) {
  struct origins_readers *readers = reader->readers;
  const uint64_t published = atomic_load_explicit(&readers->published, memory_order_acquire);
  const unsigned f = (unsigned)stress_below(&reader->random, readers->origins->field_count);
  const struct origins_field *field = &readers->origins->fields[f];
  const struct synched_snapshot *now = synched_snapshot_current(field->memory);
  if (now == NULL) {
    STRESS_CHECK(field->in_place, "field %u has no snapshot", f);
    return;
  }
  STRESS_CHECK(now == now->fields[f], "the snapshot of field %u is that of another one", f);
  STRESS_CHECK(now->round >= reader->round && now->round >= published,
               "a reader is given round %" PRIu64 " after it has seen %" PRIu64
               " and on_round %" PRIu64,
               now->round, reader->round, published);
  reader->round = now->round;
  readers->check(now, readers->user);
  if (stress_chance(&reader->random, 3))
    hand_on(reader, now);
  stress_dawdle(&reader->random);
  readers->check(now, readers->user);
  synched_snapshot_release(now);
}

/* What is handed on and taken by nobody may be what the job waits for. */
static void release_handed(struct origins_readers *readers) {
  synched_snapshot_release(atomic_exchange_explicit(&readers->handed, NULL, memory_order_acq_rel));
}

static void *read_along(void *argument) {
  struct origins_reader *reader = argument;
  while (!atomic_load_explicit(&reader->readers->stopping, memory_order_relaxed)) {
    read_once(reader);
    stress_dawdle(&reader->random);
    release_handed(reader->readers);
  }
  return NULL;
}

void origins_readers_start(struct origins_readers *readers, unsigned count,
                           struct stress_random *random) {
  readers->count = count;
  atomic_store_explicit(&readers->stopping, false, memory_order_relaxed);
  for (unsigned r = 0; r < count; r++) {
    struct origins_reader *reader = &readers->each[r];
    *reader = (struct origins_reader){.readers = readers, .random = stress_split(random)};
    stress_thread_start(&reader->thread, read_along, reader);
  }
}

unsigned origins_readers_stop(struct origins_readers *readers) {
  unsigned seen_count = 0;
  atomic_store_explicit(&readers->stopping, true, memory_order_relaxed);
  for (unsigned r = 0; r < readers->count; r++) {
    stress_thread_join(readers->each[r].thread);
    seen_count += readers->each[r].round != 0;
  }
  release_handed(readers);
  return seen_count;
}
