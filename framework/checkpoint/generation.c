#include "checkpoint/generation.h"

#include <stdio.h>
#include <string.h>

#include <xxhash.h>

#include "base/error.h"
#include "platform/alloc.h"
#include "platform/disk.h"
#include "platform/system_text.h"

#define WRITING ".writing"
#define REMOVING ".removing"
#define LOCK "lock"
#define PREFIX "generation-"
#define NAME_BYTES 32u

/* Less than that goes through the buffer. Summed and then written in parts of this size, so that
 * the second walk finds them in the cache. */
#define BUFFER_BYTES ((size_t)256 << 10)

static int refuse(int status, const char *doing, const char *name) {
  return synched__fail(status, "%s could not be %s: %s", name, doing,
                       synched__system_text(-status).bytes);
}

/* --- names --- */

struct name {
  char text[NAME_BYTES];
};

static struct name name_of(unsigned generation) {
  struct name name;
  (void)snprintf(name.text, sizeof name.text, PREFIX "%08u", generation);
  return name;
}

/* 0: it is no generation's. */
static unsigned number_of(const char *text) {
  const size_t prefix = sizeof PREFIX - 1;
  uint64_t number = 0;
  if (strncmp(text, PREFIX, prefix) != 0)
    return 0;
  for (const char *at = text + prefix; *at >= '0' && *at <= '9' && number <= UINT32_MAX; at++)
    number = number * 10 + (uint64_t)(*at - '0');
  const bool is_known = number <= UINT32_MAX && strcmp(name_of((unsigned)number).text, text) == 0;
  return is_known ? (unsigned)number : 0;
}

struct search {
  unsigned limit;
  unsigned found;
};

static int look_at(const char *name, void *argument) {
  struct search *search = argument;
  const unsigned number = number_of(name);
  if (number < search->limit && number > search->found)
    search->found = number;
  return 0;
}

int synched__generations_below(int folder, unsigned limit, unsigned *found) {
  struct search search = {.limit = limit};
  const int status = synched__disk_list(folder, look_at, &search);
  *found = search.found;
  return status != 0 ? status : search.found != 0;
}

int synched__generation_open(int folder, unsigned generation) {
  return synched__disk_open_folder_in(folder, name_of(generation).text);
}

/* --- removing --- */

static int remove_one(const char *name, void *folder) {
  const int status = synched__disk_remove(*(int *)folder, name);
  return status == SYNCHED_ENOENT ? 0 : status;
}

/* A folder of files; 0 if there is none. */
static int remove_folder(int parent, const char *name) {
  int folder = synched__disk_open_folder_in(parent, name);
  if (folder == SYNCHED_ENOENT)
    return 0;
  int status = folder < 0 ? folder : synched__disk_list(folder, remove_one, &folder);
  if (folder >= 0)
    (void)synched__disk_close(folder);
  if (status == 0)
    status = synched__disk_remove_folder(parent, name);
  return status == 0 ? 0 : refuse(status, "removed", name);
}

static int remove_generation(int folder, unsigned generation) {
  const struct name name = name_of(generation);
  int status = remove_folder(folder, REMOVING);
  if (status != 0)
    return status;
  status = synched__disk_rename(folder, name.text, REMOVING);
  if (status == 0)
    status = synched__disk_sync_folder(folder);
  if (status != 0)
    return refuse(status, "removed", name.text);
  return remove_folder(folder, REMOVING);
}

/* Removes what is beyond those that stay. */
static int prune(const struct synched__generations *generations) {
  unsigned limit = generations->newest + 1;
  for (unsigned kept = 0;; kept += kept < generations->keep) {
    unsigned found;
    int status = synched__generations_below(generations->folder, limit, &found);
    if (status <= 0)
      return status == 0 ? 0 : refuse(status, "listed", "the folder");
    status = kept < generations->keep ? 0 : remove_generation(generations->folder, found);
    if (status != 0)
      return status;
    limit = found;
  }
}

/* --- files --- */

static int flush(struct synched__generations *generations) {
  const size_t count = generations->buffered;
  generations->buffered = 0;
  return count == 0 ? 0 : synched__disk_write(generations->file, generations->buffer, count);
}

static int put(struct synched__generations *generations, const void *bytes, size_t count) {
  int status = 0;
  generations->file_bytes += count;
  if (generations->buffered + count > BUFFER_BYTES)
    status = flush(generations);
  if (status != 0 || count >= BUFFER_BYTES)
    return status != 0 ? status : synched__disk_write(generations->file, bytes, count);
  memcpy(generations->buffer + generations->buffered, bytes, count);
  generations->buffered += count;
  return 0;
}

/* Sums, too. */
static int put_elements(struct synched__generations *generations, const unsigned char *bytes,
                        size_t count) {
  int status = 0;
  while (status == 0 && count != 0) {
    const size_t part = count < BUFFER_BYTES ? count : BUFFER_BYTES;
    (void)XXH3_64bits_update(generations->summing, bytes, part);
    status = put(generations, bytes, part);
    bytes += part;
    count -= part;
  }
  return status;
}

static int put_field(struct synched__generations *generations, struct synched__manifest *manifest,
                     unsigned f, const unsigned char *data) {
  const struct synched__plan *plan = manifest->plan;
  const struct synched__layout *layout = plan->fields[f].layout;
  int status = put(generations, plan->fields[f].head, plan->fields[f].head_bytes);
  for (size_t p = 0; status == 0 && p < plan->piece_count; p++) {
    (void)XXH3_64bits_reset(generations->summing);
    for (size_t s = synched__plan_first(plan, p); status == 0 && s < synched__plan_behind(plan, p);
         s++)
      status = put_elements(generations, data + layout->offsets[s] * layout->element_size,
                            layout->capacities[s] * layout->element_size);
    manifest->sums[f][p] = XXH3_64bits_digest(generations->summing);
  }
  return status;
}

static int create_file(struct synched__generations *generations, int folder, const char *name) {
  generations->file = synched__disk_create(folder, name);
  generations->buffered = 0;
  return generations->file < 0 ? refuse(generations->file, "made", name) : 0;
}

/* Of a file that has been written, with that status: it is safe from here on. */
static int finish_file(struct synched__generations *generations, const char *name, int status) {
  if (status == 0)
    status = flush(generations);
  if (status == 0)
    status = synched__disk_sync(generations->file);
  const int closed = synched__disk_close(generations->file);
  if (status == 0)
    status = closed;
  return status == 0 ? 0 : refuse(status, "written", name);
}

static int write_fields(struct synched__generations *generations,
                        struct synched__manifest *manifest,
                        const struct synched__generation_data *data, int folder) {
  int status = 0;
  for (unsigned f = 0; status == 0 && f < manifest->plan->field_count; f++) {
    const char *name = manifest->plan->fields[f].name;
    status = create_file(generations, folder, name);
    if (status == 0)
      status = finish_file(generations, name, put_field(generations, manifest, f, data->fields[f]));
  }
  return status;
}

static int write_manifest(struct synched__generations *generations,
                          struct synched__manifest *manifest, int folder) {
  int status = synched__manifest_write(manifest);
  if (status == 0)
    status = create_file(generations, folder, SYNCHED__MANIFEST_NAME);
  if (status != 0)
    return status;
  return finish_file(generations, SYNCHED__MANIFEST_NAME,
                     put(generations, manifest->text, manifest->length));
}

/* --- a generation --- */

/* All files, in a folder that has no name of a generation yet. */
static int write_files(struct synched__generations *generations, struct synched__manifest *manifest,
                       const struct synched__generation_data *data) {
  int status = synched__disk_make_folder_in(generations->folder, WRITING);
  const int folder =
      status != 0 ? status : synched__disk_open_folder_in(generations->folder, WRITING);
  if (folder < 0)
    return refuse(folder, "made", WRITING);
  status = write_fields(generations, manifest, data, folder);
  if (status == 0)
    status = write_manifest(generations, manifest, folder);
  const int synced = status != 0 ? 0 : synched__disk_sync_folder(folder);
  (void)synched__disk_close(folder);
  return synced == 0 ? status : refuse(synced, "synced", WRITING);
}

int synched__generation_write(struct synched__generations *generations,
                              struct synched__manifest *manifest,
                              const struct synched__generation_data *data, uint64_t *bytes) {
  const struct name name = name_of(generations->newest + 1);
  manifest->generation = generations->newest + 1;
  generations->file_bytes = 0;
  int status = remove_folder(generations->folder, WRITING);
  if (status == 0)
    status = write_files(generations, manifest, data);
  *bytes = generations->file_bytes;
  if (status == 0) {
    status = synched__disk_rename(generations->folder, WRITING, name.text);
    if (status != 0)
      (void)refuse(status, "named", name.text);
  }
  if (status != 0) {
    char reason[256];
    (void)snprintf(reason, sizeof reason, "%s", synched_error_message());
    (void)remove_folder(generations->folder, WRITING); /* on a full disk, it is in the way */
    return synched__fail(status, "%s", reason);
  }
  generations->newest++;
  status = synched__disk_sync_folder(generations->folder);
  /* What is older stays until the new one is safe. */
  return status == 0 ? prune(generations) : refuse(status, "synced", name.text);
}

/* --- the beginning and the end --- */

/* The folder's own name is safe, too, once its parent is synced; not every parent can be read. */
static void sync_parent(int folder) {
  const int parent = synched__disk_open_folder_in(folder, "..");
  if (parent < 0)
    return;
  (void)synched__disk_sync_folder(parent);
  (void)synched__disk_close(parent);
}

static int open_folder(struct synched__generations *generations, const char *path) {
  const int made = synched__disk_make_folder(path);
  if (made != 0 && made != SYNCHED_EEXIST)
    return refuse(made, "made", path);
  generations->folder = synched__disk_open_folder(path);
  if (generations->folder < 0)
    return refuse(generations->folder, "opened", path);
  if (made == 0)
    sync_parent(generations->folder);
  generations->lock = synched__disk_lock(generations->folder, LOCK);
  if (generations->lock == SYNCHED_EBUSY)
    return synched__fail(SYNCHED_EBUSY, "another checkpoint writes to %s", path);
  return generations->lock < 0 ? refuse(generations->lock, "locked", path) : 0;
}

static int make_buffers(struct synched__generations *generations) {
  generations->buffer = synched__alloc(BUFFER_BYTES, 1);
  generations->summing = XXH3_createState();
  return generations->buffer != NULL && generations->summing != NULL
             ? 0
             : synched__fail(SYNCHED_ENOMEM, "no memory for a checkpoint");
}

static int find_newest(struct synched__generations *generations) {
  const int status =
      synched__generations_below(generations->folder, UINT32_MAX, &generations->newest);
  return status < 0 ? refuse(status, "listed", "the folder") : 0;
}

/* Of generations that a resume has found damaged. */
static int drop_damaged(struct synched__generations *generations,
                        const struct synched__resumed *resumed) {
  uint64_t here[2];
  int status = synched__disk_identity(generations->folder, here);
  if (status != 0)
    return refuse(status, "looked at", "the folder");
  while (status == 0 && memcmp(here, resumed->folder, sizeof here) == 0 &&
         generations->newest > resumed->generation) {
    status = remove_generation(generations->folder, generations->newest);
    if (status == 0)
      status = find_newest(generations);
  }
  return status;
}

static int tidy(struct synched__generations *generations, const struct synched__resumed *resumed) {
  int status = remove_folder(generations->folder, WRITING);
  if (status == 0)
    status = remove_folder(generations->folder, REMOVING);
  if (status == 0)
    status = find_newest(generations);
  if (status == 0)
    status = drop_damaged(generations, resumed);
  return status == 0 ? prune(generations) : status;
}

int synched__generations_open(struct synched__generations *generations, const char *path,
                              unsigned keep, const struct synched__resumed *resumed) {
  *generations = (struct synched__generations){.folder = -1, .lock = -1, .keep = keep};
  int status = make_buffers(generations);
  if (status == 0)
    status = open_folder(generations, path);
  if (status == 0)
    status = tidy(generations, resumed);
  if (status != 0)
    synched__generations_close(generations);
  return status;
}

void synched__generations_close(struct synched__generations *generations) {
  if (generations->lock >= 0)
    (void)synched__disk_close(generations->lock);
  if (generations->folder >= 0)
    (void)synched__disk_close(generations->folder);
  (void)XXH3_freeState(generations->summing);
  synched__free(generations->buffer);
}
