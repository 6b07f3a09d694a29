#include "checkpoint/generation.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "platform/disk.h"

#define WRITING ".writing"
#define REMOVING ".removing"
#define LOCK "lock"
#define PREFIX "generation-"

static int refuse(int status, const char *doing, const char *name) {
  return synched__files_refuse(status, doing, name);
}

/* --- names --- */

struct name {
  char text[SYNCHED__NAME_BYTES];
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

struct left {
  int folder;
  /* of what could not be removed */
  int status;
};

static int remove_left(const char *name, void *argument) {
  struct left *left = argument;
  if (strncmp(name, WRITING, sizeof WRITING - 1) == 0)
    left->status = remove_folder(left->folder, name);
  return left->status;
}

/* What was not finished. */
static int remove_unfinished(const struct synched__generations *generations) {
  struct left left = {generations->folder, 0};
  const int status = synched__disk_list(generations->folder, remove_left, &left);
  return status == 0 || left.status != 0 ? status : refuse(status, "listed", "the folder");
}

/* --- a generation --- */

static void set_writing_name(struct synched__generations *generations, uint64_t token) {
  char *name = generations->writing_name;
  if (token == 0)
    (void)snprintf(name, SYNCHED__NAME_BYTES, WRITING);
  else
    (void)snprintf(name, SYNCHED__NAME_BYTES, WRITING "-%016" PRIx64, token);
}

int synched__generation_begin(struct synched__generations *generations, uint64_t token) {
  int status = remove_unfinished(generations);
  if (status != 0)
    return status;
  set_writing_name(generations, token);
  status = synched__disk_make_folder_in(generations->folder, generations->writing_name);
  if (status == 0)
    status = generations->writing =
        synched__disk_open_folder_in(generations->folder, generations->writing_name);
  return status < 0 ? refuse(status, "made", generations->writing_name) : 0;
}

int synched__generation_find(struct synched__generations *generations, uint64_t token) {
  set_writing_name(generations, token);
  generations->writing =
      synched__disk_open_folder_in(generations->folder, generations->writing_name);
  if (generations->writing == SYNCHED_ENOENT)
    return synched__fail(SYNCHED_EIO,
                         "the folder is not that of the first rank, which has %s in "
                         "its own; ranks need one that they share",
                         generations->writing_name);
  return generations->writing < 0
             ? refuse(generations->writing, "opened", generations->writing_name)
             : 0;
}

int synched__generation_complete(struct synched__generations *generations,
                                 struct synched__manifest *manifest) {
  const struct name name = name_of(generations->newest + 1);
  manifest->generation = generations->newest + 1;
  int status = synched__files_write_manifest(&generations->files, manifest, generations->writing);
  if (status != 0)
    return status;
  status = synched__disk_sync_folder(generations->writing);
  if (status != 0)
    return refuse(status, "synced", generations->writing_name);
  status = synched__disk_rename(generations->folder, generations->writing_name, name.text);
  if (status != 0)
    return refuse(status, "named", name.text);
  generations->writing_name[0] = '\0';
  generations->newest++;
  status = synched__disk_sync_folder(generations->folder);
  /* What is older stays until the new one is safe. */
  return status == 0 ? prune(generations) : refuse(status, "synced", name.text);
}

/* On a full disk, it is in the way. */
static void remove_writing(const struct synched__generations *generations) {
  char reason[256];
  (void)snprintf(reason, sizeof reason, "%s", synched_error_message());
  (void)remove_folder(generations->folder, generations->writing_name);
  synched__explain("%s", reason);
}

void synched__generation_leave(struct synched__generations *generations) {
  if (generations->writing >= 0)
    (void)synched__disk_close(generations->writing);
  generations->writing = -1;
  if (generations->lock >= 0 && generations->writing_name[0] != '\0')
    remove_writing(generations);
  generations->writing_name[0] = '\0';
}

int synched__generation_write(struct synched__generations *generations,
                              struct synched__manifest *manifest,
                              const struct synched__files_data *data) {
  int status = synched__generation_begin(generations, 0);
  if (status == 0)
    status = synched__files_write(&generations->files, manifest, data, generations->writing);
  if (status == 0)
    status = synched__generation_complete(generations, manifest);
  synched__generation_leave(generations);
  return status;
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
  int status = remove_unfinished(generations);
  if (status == 0)
    status = remove_folder(generations->folder, REMOVING);
  if (status == 0)
    status = find_newest(generations);
  if (status == 0)
    status = drop_damaged(generations, resumed);
  return status == 0 ? prune(generations) : status;
}

static int init(struct synched__generations *generations, unsigned keep) {
  *generations = synched__generations_none();
  generations->keep = keep;
  return synched__files_init(&generations->files);
}

int synched__generations_open(struct synched__generations *generations, const char *path,
                              unsigned keep, const struct synched__resumed *resumed) {
  int status = init(generations, keep);
  if (status == 0)
    status = open_folder(generations, path);
  if (status == 0)
    status = tidy(generations, resumed);
  if (status != 0)
    synched__generations_close(generations);
  return status;
}

int synched__generations_join(struct synched__generations *generations, const char *path) {
  int status = init(generations, 0);
  if (status == 0) {
    generations->folder = synched__disk_open_folder(path);
    if (generations->folder < 0)
      status = refuse(generations->folder, "opened", path);
  }
  if (status != 0)
    synched__generations_close(generations);
  return status;
}

void synched__generations_close(struct synched__generations *generations) {
  if (generations->lock >= 0)
    (void)synched__disk_close(generations->lock);
  if (generations->folder >= 0)
    (void)synched__disk_close(generations->folder);
  synched__files_deinit(&generations->files);
  *generations = synched__generations_none();
}
