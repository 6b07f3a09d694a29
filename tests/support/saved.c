#include "support/saved.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MUST(call) must(call, #call)
#define ROUNDS_KNOWN 4096u

static const size_t wide_capacities[SAVED_SEGMENTS] = {3, 0, 7, 1, 4};
static const size_t byte_capacities[SAVED_SEGMENTS] = {2, 5, 0, 1, 9};
static const size_t placed_capacities[SAVED_SEGMENTS] = {4, 4, 4, 4, 4};

static const size_t *const capacities[SAVED_FIELDS] = {wide_capacities, byte_capacities,
                                                       placed_capacities};
static const size_t element_sizes[SAVED_FIELDS] = {sizeof(double), 1, sizeof(uint64_t)};

static void must(int status, const char *call) {
  if (status == 0)
    return;
  (void)fprintf(stderr, "%s: %s: %s\n", call, synched_err_name(status), synched_error_message());
  abort();
}

/* --- the rule --- */

static uint64_t mix(uint64_t sum, uint64_t value) {
  sum = (sum ^ value) * UINT64_C(0x9e3779b97f4a7c15);
  return sum ^ sum >> 29;
}

static uint64_t bits_of(double number) {
  uint64_t bits;
  memcpy(&bits, &number, sizeof bits);
  return bits;
}

/* Over all valid elements that a call may read, and the round's number. */
static uint64_t sum_of_past(const struct synched_task *task) {
  const struct synched_snapshot *wide = synched_task_field(task, 0);
  const struct synched_snapshot *bytes = synched_task_field(task, 1);
  uint64_t sum = task->round;
  for (size_t s = 0; s < SAVED_SEGMENTS; s++) {
    const double *numbers = synched_snapshot_segment(wide, s);
    const uint8_t *small = synched_snapshot_segment(bytes, s);
    for (size_t i = 0; i < wide->counts[s]; i++)
      sum = mix(sum, bits_of(numbers[i]));
    for (size_t i = 0; i < bytes->counts[s]; i++)
      sum = mix(sum, small[i]);
  }
  return sum;
}

/* Stage 0: the first two fields, from all that there was, and both folds of the round before. */
static int spread(struct synched_task *task, void *user) {
  (void)user;
  const int64_t *total = synched_task_folded(task, 0);
  const double *mean = synched_task_folded(task, 1);
  uint64_t sum = mix(mix(sum_of_past(task), (uint64_t)*total), bits_of(*mean));
  double *wide = synched_task_out(task, 0);
  uint8_t *bytes = synched_task_out(task, 1);
  const uint64_t *placed = synched_task_in(task, 2);
  const size_t wide_count = (size_t)(sum % (wide_capacities[task->segment] + 1));
  const size_t byte_count = (size_t)(sum % (byte_capacities[task->segment] + 1));
  sum = mix(sum, placed[task->round % 4]);
  for (size_t i = 0; i < wide_count; i++)
    wide[i] = (double)(sum = mix(sum, i)) / 3.0;
  for (size_t i = 0; i < byte_count; i++)
    bytes[i] = (uint8_t)(sum = mix(sum, i));
  synched_task_set_count(task, 0, wide_count);
  synched_task_set_count(task, 1, byte_count);
  *(int64_t *)synched_task_fold(task) = (int64_t)sum;
  return 0;
}

/* Stage 1: the third, in place. */
static int gather(struct synched_task *task, void *user) {
  (void)user;
  const int64_t *total = synched_task_folded(task, 0);
  uint64_t *placed = synched_task_out(task, 2);
  const uint64_t sum = mix(sum_of_past(task), (uint64_t)*total);
  for (size_t i = 0; i < 4; i++)
    placed[i] = mix(placed[i], sum + i);
  task->contribution = (double)placed[0] / 7.0;
  return 0;
}

static void fill_segment(double *wide, uint8_t *bytes, uint64_t *placed, size_t segment) {
  for (size_t i = 0; i < wide_capacities[segment]; i++)
    wide[i] = (double)(segment * 10 + i) + 0.5;
  for (size_t i = 0; i < byte_capacities[segment]; i++)
    bytes[i] = (uint8_t)(segment + i * 3);
  for (size_t i = 0; i < placed_capacities[segment]; i++)
    placed[i] = segment * 100 + i;
}

static int fill(struct synched_task *task, void *user) {
  (void)user;
  fill_segment(synched_task_out(task, 0), synched_task_out(task, 1), synched_task_out(task, 2),
               task->segment);
  return 0;
}

/* Of several ranks each loads its own segments. */
static struct synched_segments own_segments(const struct saved *saved) {
  struct synched_cluster_info info = {.struct_size = sizeof info};
  if (saved->cluster == NULL)
    return (struct synched_segments){0, SAVED_SEGMENTS};
  MUST(synched_cluster_info(saved->cluster, &info));
  return synched_cluster_segments(saved->cluster, SAVED_SEGMENTS, info.rank);
}

static void load(struct saved *saved) {
  const struct synched_segments own = own_segments(saved);
  for (size_t s = own.first; s < own.first + own.count; s++) {
    double wide[8];
    uint8_t bytes[16];
    uint64_t placed[4];
    fill_segment(wide, bytes, placed, s);
    MUST(synched_memory_load(saved->memories[0], s, wide, wide_capacities[s]));
    MUST(synched_memory_load(saved->memories[1], s, bytes, byte_capacities[s]));
    MUST(synched_memory_load(saved->memories[2], s, placed, placed_capacities[s]));
  }
}

/* --- the job --- */

static void make_memories(struct saved *saved, const struct saved_options *options) {
  for (unsigned f = 0; f < SAVED_FIELDS; f++)
    MUST(synched_memory_create(
        &saved->memories[f],
        SYNCHED_MEMORY_OPTIONS(.segment_count = SAVED_SEGMENTS, .segment_capacities = capacities[f],
                               .element_size = element_sizes[f], .layout = options->layout,
                               .flags = f == 2 ? SYNCHED_MEMORY_IN_PLACE : 0,
                               .lease_count =
                                   options->lease_count == 0 ? 1 : options->lease_count)));
}

void saved_open(struct saved *saved, const struct saved_options *options) {
  static const struct synched_stage stages[] = {
      {.name = "spread",
       .compute = spread,
       .writes = SYNCHED_FIELD(0) | SYNCHED_FIELD(1),
       .fold = SYNCHED_FOLD_SUM,
       .fold_type = SYNCHED_FOLD_INT64},
      {.name = "gather", .compute = gather, .writes = SYNCHED_FIELD(2), .fold = SYNCHED_FOLD_SUM}};
  saved->cluster = options->cluster;
  MUST(synched_pool_create(&saved->pool, SYNCHED_POOL_OPTIONS(.worker_count = options->worker_count,
                                                              .affinity = SYNCHED_AFFINITY_NONE)));
  make_memories(saved, options);
  MUST(synched_job_create(
      &saved->job, saved->pool, saved->memories[0],
      SYNCHED_JOB_OPTIONS(.name = "saved", .user = saved, .fields = saved->memories + 1,
                          .field_count = SAVED_FIELDS, .stages = stages, .stage_count = 2,
                          .init = options->has_init ? fill : NULL, .balance = options->balance,
                          .round_count = options->round_count, .on_round = options->on_round,
                          .on_snapshot = options->on_snapshot, .on_done = options->on_done,
                          .cluster = options->cluster, .flags = SYNCHED_JOB_COPIES)));
  if (!options->has_init)
    load(saved);
}

void saved_close(struct saved *saved) {
  MUST(synched_job_destroy(saved->job));
  for (unsigned f = 0; f < SAVED_FIELDS; f++)
    MUST(synched_memory_destroy(saved->memories[f]));
  MUST(synched_pool_destroy(saved->pool));
}

/* --- what it holds --- */

int saved_gather(const struct saved *saved) {
  const struct synched_snapshot *now = synched_snapshot_current(saved->memories[0]);
  int status = 0;
  for (unsigned f = 0; status == 0 && f < 2; f++)
    status = synched_cluster_gather(saved->cluster, now->fields[f], 0);
  synched_snapshot_release(now);
  return status != 0 ? status
                     : synched_cluster_gather_memory(saved->cluster, saved->memories[2], 0);
}

uint64_t saved_round(const struct saved *saved) {
  const struct synched_snapshot *now = synched_snapshot_current(saved->memories[0]);
  const uint64_t round = now->round;
  synched_snapshot_release(now);
  return round;
}

/* All of each capacity: what calls leave behind their counts is zeros. */
static uint64_t sum_segment(uint64_t sum, const void *elements, size_t bytes) {
  const uint8_t *at = elements;
  for (size_t i = 0; i < bytes; i++)
    sum = mix(sum, at[i]);
  return sum;
}

uint64_t saved_sum(const struct saved *saved) {
  const struct synched_snapshot *now = synched_snapshot_current(saved->memories[0]);
  uint64_t sum = mix(now->round, bits_of(now->fold));
  for (unsigned f = 0; f < 2; f++) {
    const struct synched_snapshot *field = now->fields[f];
    for (size_t s = 0; s < SAVED_SEGMENTS; s++) {
      sum = mix(sum, field->counts[s]);
      sum = sum_segment(sum, synched_snapshot_segment(field, s),
                        field->capacities[s] * field->element_size);
    }
  }
  sum = sum_segment(sum, now->folds[0], sizeof(int64_t));
  sum = sum_segment(sum, now->folds[1], sizeof(double));
  const unsigned char *placed = synched_memory_elements(saved->memories[2]);
  for (size_t s = 0; s < SAVED_SEGMENTS; s++)
    sum = sum_segment(sum, placed + now->fields[2]->offsets[s] * sizeof(uint64_t),
                      placed_capacities[s] * sizeof(uint64_t));
  synched_snapshot_release(now);
  return sum;
}

uint64_t saved_expected(uint64_t round) {
  static uint64_t sums[ROUNDS_KNOWN];
  static uint64_t known_count;
  static struct saved saved;
  if (round >= ROUNDS_KNOWN)
    abort();
  if (known_count == 0) {
    saved_open(&saved, &(struct saved_options){.worker_count = 1});
    sums[known_count++] = saved_sum(&saved);
  }
  while (known_count <= round) {
    MUST(synched_job_advance(saved.job, 1));
    sums[known_count++] = saved_sum(&saved);
  }
  return sums[round];
}

/* --- folders --- */

struct synched_checkpoint_options saved_checkpoint(const char *folder) {
  static const char *const dtypes[SAVED_FIELDS] = {"<f8", NULL, "<u8"};
  struct synched_checkpoint_options options = synched_checkpoint_options_default();
  options.folder = folder;
  options.dtypes = dtypes;
  options.dtype_count = SAVED_FIELDS;
  return options;
}

char saved_home[32];
char saved_folder[64];

void saved_enter(void) {
  (void)snprintf(saved_home, sizeof saved_home, "/tmp/synched-saved-XXXXXX");
  if (mkdtemp(saved_home) == NULL) {
    perror(saved_home);
    abort();
  }
  (void)snprintf(saved_folder, sizeof saved_folder, "%s/state", saved_home);
}

void saved_leave(void) {
  saved_remove(saved_folder);
  if (rmdir(saved_home) != 0) {
    perror(saved_home);
    abort();
  }
}

void saved_remove(const char *folder) {
  char path[512];
  DIR *entries = opendir(folder);
  const struct dirent *entry;
  while (entries != NULL && (entry = readdir(entries)) != NULL) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
      continue;
    (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    if (unlink(path) != 0)
      saved_remove(path);
  }
  if (entries != NULL)
    (void)closedir(entries);
  (void)rmdir(folder);
}

struct saved_entries saved_entries(const char *folder) {
  struct saved_entries found = {0};
  DIR *entries = opendir(folder);
  const struct dirent *entry;
  while (entries != NULL && (entry = readdir(entries)) != NULL) {
    unsigned number = 0;
    if (entry->d_name[0] == '.' && strchr("./", entry->d_name[1]) != NULL)
      continue;
    if (sscanf(entry->d_name, "generation-%8u", &number) == 1) {
      found.generations++;
      found.newest = number > found.newest ? number : found.newest;
    } else {
      found.others += strcmp(entry->d_name, "lock") != 0;
    }
  }
  if (entries != NULL)
    (void)closedir(entries);
  return found;
}
