#include "crashes/files.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crashes/redirect.h"

#define FIRST_DESCRIPTOR 5000
#define DESCRIPTORS 16u
#define ROOT 0u

struct files *files_now;
void (*files_on_call)(void);
struct files_plan files_plan;

static struct {
  bool is_used;
  unsigned node;
  size_t at;
  /* of a folder that is listed */
  struct dirent entry;
  /* the disk that it is on */
  struct files *files;
} table[DESCRIPTORS];

static _Noreturn void too_small(const char *what) {
  (void)fprintf(stderr, "the disk is too small for the test: %s\n", what);
  abort();
}

/* --- nodes --- */

void files_format(struct files *files) {
  memset(files, 0, sizeof *files);
  files->nodes[ROOT].is_used = files->nodes[ROOT].is_folder = true;
}

static bool is_referred(const struct files *files, unsigned node) {
  for (unsigned d = 0; d < DESCRIPTORS; d++)
    if (table[d].is_used && table[d].files == files && table[d].node == node)
      return true;
  for (unsigned n = 0; n < FILES_NODES; n++) {
    const struct files_node *folder = &files->nodes[n];
    if (!folder->is_used || !folder->is_folder)
      continue;
    for (unsigned e = 0; e < FILES_ENTRIES; e++)
      if (folder->entries[e].node == node || folder->synced_entries[e].node == node)
        return true;
    for (unsigned c = 0; c < folder->change_count; c++)
      if (folder->changes[c].node == node)
        return true;
  }
  return false;
}

static unsigned new_node(bool is_folder) {
  for (unsigned n = ROOT + 1; n < FILES_NODES; n++) {
    struct files_node *node = &files_now->nodes[n];
    if (node->is_used && is_referred(files_now, n))
      continue;
    memset(node, 0, sizeof *node);
    node->is_used = true;
    node->is_folder = is_folder;
    node->number = ++files_now->numbers;
    return n;
  }
  too_small("nodes");
}

static struct files_entry *find(struct files_entry *entries, const char *name) {
  for (unsigned e = 0; e < FILES_ENTRIES; e++)
    if (entries[e].node != 0 && strcmp(entries[e].name, name) == 0)
      return &entries[e];
  return NULL;
}

static void set_entry(struct files_entry *entries, const char *name, unsigned node) {
  struct files_entry *entry = find(entries, name);
  for (unsigned e = 0; entry == NULL && e < FILES_ENTRIES; e++)
    if (entries[e].node == 0)
      entry = &entries[e];
  if (entry == NULL)
    too_small("entries");
  (void)snprintf(entry->name, sizeof entry->name, "%s", name);
  entry->node = node;
}

static void change_entries(struct files_entry *entries, const struct files_change *change) {
  struct files_entry *from = change->from[0] == '\0' ? NULL : find(entries, change->from);
  if (from != NULL && from->node == change->node)
    from->node = 0;
  if (change->to[0] != '\0')
    set_entry(entries, change->to, change->node);
}

static struct files_change *new_change(struct files_node *node) {
  if (node->change_count == FILES_CHANGES)
    too_small("changes");
  struct files_change *change = &node->changes[node->change_count++];
  memset(change, 0, sizeof *change);
  return change;
}

static void change_folder(struct files_node *folder, const char *from, const char *to,
                          unsigned node) {
  struct files_change *change = new_change(folder);
  change->node = node;
  (void)snprintf(change->from, sizeof change->from, "%s", from);
  (void)snprintf(change->to, sizeof change->to, "%s", to);
  change_entries(folder->entries, change);
}

/* --- crashes --- */

unsigned files_count_changes(const struct files *files) {
  unsigned count = 0;
  for (unsigned n = 0; n < FILES_NODES; n++)
    count += files->nodes[n].is_used ? files->nodes[n].change_count : 0;
  return count;
}

static void write_change(struct files_node *out, const struct files_node *from,
                         const struct files_change *change, bool is_torn) {
  const size_t count = is_torn ? change->count / 2 : change->count;
  memcpy(out->bytes + change->offset, from->bytes + change->offset, count);
  if (out->size < change->offset + count)
    out->size = change->offset + count;
}

static void crash_node(struct files_node *out, const struct files_node *from,
                       const struct files_fate *fate, unsigned *index) {
  memcpy(out->entries, from->synced_entries, sizeof out->entries);
  memset(out->bytes, 0, sizeof out->bytes);
  memcpy(out->bytes, from->synced, from->synced_size);
  out->size = from->synced_size;
  for (unsigned c = 0; c < from->change_count; c++, (*index)++) {
    if ((fate->survives >> *index % 64 & 1) == 0)
      continue;
    if (from->is_folder)
      change_entries(out->entries, &from->changes[c]);
    else
      write_change(out, from, &from->changes[c], (fate->torn >> *index % 64 & 1) != 0);
  }
  if (fate->keeps_lengths && out->size < from->size)
    out->size = from->size;
}

void files_crash(struct files *out, const struct files *from, const struct files_fate *fate,
                 bool killed) {
  unsigned index = 0;
  *out = *from;
  for (unsigned n = 0; n < FILES_NODES; n++) {
    struct files_node *node = &out->nodes[n];
    if (!node->is_used)
      continue;
    if (!killed)
      crash_node(node, &from->nodes[n], fate, &index);
    memcpy(node->synced, node->bytes, sizeof node->synced);
    memcpy(node->synced_entries, node->entries, sizeof node->entries);
    node->synced_size = node->size;
    node->change_count = 0;
    node->is_locked = false;
  }
}

/* --- calls --- */

/* Counts one; true: it fails, and errno says why. */
static bool fails(bool changes) {
  if (changes && files_on_call != NULL)
    files_on_call();
  const unsigned call = ++files_plan.calls;
  const bool is_it = files_plan.nth != 0 &&
                     (call == files_plan.nth || (files_plan.lasts && call > files_plan.nth));
  if (!is_it || files_plan.number == 0)
    return false;
  errno = files_plan.number;
  return true;
}

static int fail(int number) {
  errno = number;
  return -1;
}

static int open_node(unsigned node) {
  for (unsigned d = 0; d < DESCRIPTORS; d++) {
    if (table[d].is_used)
      continue;
    memset(&table[d], 0, sizeof table[d]);
    table[d].is_used = true;
    table[d].node = node;
    table[d].files = files_now;
    return FIRST_DESCRIPTOR + (int)d;
  }
  too_small("descriptors");
}

static unsigned index_of(int file) {
  const unsigned d = (unsigned)(file - FIRST_DESCRIPTOR);
  if (file < FIRST_DESCRIPTOR || d >= DESCRIPTORS || !table[d].is_used)
    too_small("that is no descriptor");
  return d;
}

static struct files_node *node_of(int file) {
  return &files_now->nodes[table[index_of(file)].node];
}

/* A path is a name in the root. */
static struct files_node *folder_of(int folder) {
  return folder == AT_FDCWD ? &files_now->nodes[ROOT] : node_of(folder);
}

static unsigned find_node(int folder, const char *name) {
  if (strcmp(name, ".") == 0)
    return table[index_of(folder)].node;
  if (strcmp(name, "..") == 0)
    return ROOT;
  const struct files_entry *entry = find(folder_of(folder)->entries, name);
  return entry == NULL ? FILES_NODES : entry->node;
}

int files_openat(int folder, const char *name, int flags, ...) {
  if (fails((flags & O_CREAT) != 0))
    return -1;
  unsigned node = find_node(folder, name);
  if (node != FILES_NODES && (flags & O_EXCL) != 0)
    return fail(EEXIST);
  if (node == FILES_NODES && (flags & O_CREAT) == 0)
    return fail(ENOENT);
  if (node == FILES_NODES) {
    node = new_node(false);
    change_folder(folder_of(folder), "", name, node);
  }
  if ((flags & O_DIRECTORY) != 0 && !files_now->nodes[node].is_folder)
    return fail(ENOTDIR);
  return open_node(node);
}

int files_mkdirat(int folder, const char *name, mode_t mode) {
  (void)mode;
  if (fails(true))
    return -1;
  if (find_node(folder, name) != FILES_NODES)
    return fail(EEXIST);
  change_folder(folder_of(folder), "", name, new_node(true));
  return 0;
}

int files_fstat(int file, struct stat *out) {
  if (fails(false))
    return -1;
  const struct files_node *node = node_of(file);
  memset(out, 0, sizeof *out);
  out->st_mode = node->is_folder ? S_IFDIR : S_IFREG;
  out->st_size = (off_t)node->size;
  out->st_dev = 1;
  out->st_ino = node->number;
  return 0;
}

int files_flock(int file, int operation) {
  (void)operation;
  if (fails(false))
    return -1;
  if (node_of(file)->is_locked)
    return fail(EWOULDBLOCK);
  node_of(file)->is_locked = true;
  return 0;
}

static void put(int file, const void *bytes, size_t count) {
  struct files_node *node = node_of(file);
  size_t *at = &table[index_of(file)].at;
  if (*at + count > FILES_BYTES)
    too_small("a file");
  struct files_change *change = new_change(node);
  change->offset = *at;
  change->count = count;
  memcpy(node->bytes + *at, bytes, count);
  *at += count;
  if (node->size < *at)
    node->size = *at;
}

ssize_t files_write(int file, const void *bytes, size_t count) {
  const bool is_short = files_plan.is_short && files_plan.calls + 1 == files_plan.nth;
  if (fails(true))
    return -1;
  const size_t half = is_short ? 1 : count / 2;
  put(file, bytes, half);
  if (is_short)
    return 1;
  if (files_on_call != NULL)
    files_on_call();
  put(file, (const unsigned char *)bytes + half, count - half);
  return (ssize_t)count;
}

ssize_t files_read(int file, void *bytes, size_t count) {
  if (fails(false))
    return -1;
  const struct files_node *node = node_of(file);
  size_t *at = &table[index_of(file)].at;
  const size_t left = node->size - *at;
  count = count < left ? count : left;
  memcpy(bytes, node->bytes + *at, count);
  *at += count;
  return (ssize_t)count;
}

off_t files_lseek(int file, off_t offset, int whence) {
  (void)whence;
  if (fails(false))
    return -1;
  table[index_of(file)].at = (size_t)offset;
  return offset;
}

/* Longer only. */
int files_ftruncate(int file, off_t bytes) {
  if (fails(true))
    return -1;
  struct files_node *node = node_of(file);
  if ((size_t)bytes > FILES_BYTES || (size_t)bytes < node->size)
    too_small("a file");
  new_change(node)->offset = (size_t)bytes;
  node->size = (size_t)bytes;
  return 0;
}

int files_fsync(int file) {
  if (fails(true))
    return -1;
  struct files_node *node = node_of(file);
  if (files_plan.ignores_syncs && !node->is_folder)
    return 0;
  memcpy(node->synced, node->bytes, sizeof node->synced);
  memcpy(node->synced_entries, node->entries, sizeof node->entries);
  node->synced_size = node->size;
  node->change_count = 0;
  return 0;
}

static bool is_empty(const struct files_node *folder) {
  for (unsigned e = 0; e < FILES_ENTRIES; e++)
    if (folder->entries[e].node != 0)
      return false;
  return true;
}

int files_renameat(int folder, const char *from, int to_folder, const char *to) {
  if (fails(true))
    return -1;
  const unsigned node = find_node(folder, from);
  const unsigned replaced = find_node(to_folder, to);
  if (node == FILES_NODES)
    return fail(ENOENT);
  if (replaced != FILES_NODES && !is_empty(&files_now->nodes[replaced]))
    return fail(ENOTEMPTY);
  change_folder(folder_of(folder), from, to, node);
  return 0;
}

int files_unlinkat(int folder, const char *name, int flags) {
  if (fails(true))
    return -1;
  const unsigned node = find_node(folder, name);
  if (node == FILES_NODES)
    return fail(ENOENT);
  const bool is_folder = files_now->nodes[node].is_folder;
  if (is_folder != ((flags & AT_REMOVEDIR) != 0))
    return fail(is_folder ? EISDIR : ENOTDIR);
  if (is_folder && !is_empty(&files_now->nodes[node]))
    return fail(ENOTEMPTY);
  change_folder(folder_of(folder), name, "", node);
  return 0;
}

/* What was open is not any more, whatever it says. */
int files_close(int file) {
  struct files_node *node = node_of(file);
  table[index_of(file)].is_used = false;
  if (!node->is_folder)
    node->is_locked = false;
  return fails(false) ? -1 : 0;
}

DIR *files_fdopendir(int file) {
  return fails(false) ? NULL : (DIR *)&table[index_of(file)];
}

static int descriptor_of(const DIR *entries) {
  return FIRST_DESCRIPTOR +
         (int)(((const char *)entries - (const char *)table) / (ptrdiff_t)sizeof table[0]);
}

struct dirent *files_readdir(DIR *entries) {
  const unsigned d = index_of(descriptor_of(entries));
  if (fails(false))
    return NULL;
  const struct files_node *folder = &files_now->nodes[table[d].node];
  while (table[d].at < FILES_ENTRIES) {
    const struct files_entry *entry = &folder->entries[table[d].at++];
    if (entry->node == 0)
      continue;
    (void)snprintf(table[d].entry.d_name, sizeof table[d].entry.d_name, "%s", entry->name);
    return &table[d].entry;
  }
  return NULL;
}

int files_closedir(DIR *entries) {
  return files_close(descriptor_of(entries));
}

/* --- what there is --- */

unsigned files_open_count(void) {
  unsigned count = 0;
  for (unsigned d = 0; d < DESCRIPTORS; d++)
    count += table[d].is_used;
  return count;
}

unsigned files_left_over(const char *folder) {
  const struct files_entry *entry = find(files_now->nodes[ROOT].entries, folder);
  unsigned count = 0;
  for (unsigned e = 0; entry != NULL && e < FILES_ENTRIES; e++) {
    const struct files_entry *found = &files_now->nodes[entry->node].entries[e];
    count += found->node != 0 && found->name[0] == '.';
  }
  return count;
}
