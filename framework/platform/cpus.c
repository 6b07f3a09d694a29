/*
 * cpus.c: the affinity mask, the cgroup quota, and lists of CPUs.
 *
 * The quota is looked for as the kernel enforces it: the process's own cgroup and every one above
 * it limit it, so all of them are read, from the process's folder up to the mount point, and the
 * smallest counts. Two files tell which folder that is: /proc/self/cgroup has the process's path
 * within each hierarchy, and /proc/self/mountinfo has what part of the hierarchy is mounted where
 * (in a container often just its own part, at any place). Nothing here may fail: a limit that
 * cannot be read is none.
 */
#include "platform/cpus.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "platform/alloc.h"
#include "platform/fault.h"

/* Longer lines and paths are not for us: a path that the kernel accepts has at most 4096 bytes. */
#define LINE_BYTES 8192
#define PATH_BYTES 4352

/* --- the affinity mask --- */

struct mask {
  /* enough for 1024 CPUs, so that most machines need no heap here */
  cpu_set_t small;
  /* &small, or on the heap */
  cpu_set_t *bits;
  size_t bytes;
};

static void mask_free(struct mask *mask) {
  if (mask->bits != &mask->small)
    synched__free(mask->bits);
}

/* The kernel refuses a mask that is shorter than its own, without telling how long that is. */
static int mask_read(struct mask *mask, pid_t thread) {
  mask->bits = &mask->small;
  mask->bytes = sizeof mask->small;
  memset(&mask->small, 0, sizeof mask->small);
  const bool refused = synched__fault_hit(SYNCHED__FAULT_MASK);
  while (refused || sched_getaffinity(thread, mask->bytes, mask->bits) != 0) {
    int reason = refused ? ENOSYS : errno;
    mask_free(mask);
    if (reason != EINVAL || mask->bytes >= SYNCHED__CPUS_MAX / 8)
      return synched__fail(SYNCHED_EIO, "the affinity mask could not be read (errno %d)", reason);
    mask->bytes *= 2;
    mask->bits = synched__alloc(1, mask->bytes);
    if (mask->bits == NULL)
      return synched__fail(SYNCHED_ENOMEM, "no memory for an affinity mask of %zu bytes",
                           mask->bytes);
  }
  return 0;
}

void synched__cpus_free(struct synched__cpus *cpus) {
  synched__free(cpus->numbers);
  *cpus = (struct synched__cpus){0};
}

int synched__cpus_allowed(struct synched__cpus *out, uint64_t thread_id) {
  *out = (struct synched__cpus){0};
  struct mask mask;
  int status = mask_read(&mask, (pid_t)thread_id);
  if (status != 0)
    return status;
  size_t count = (size_t)CPU_COUNT_S(mask.bytes, mask.bits);
  out->numbers = synched__alloc(count + 1, sizeof *out->numbers);
  if (out->numbers == NULL)
    status = synched__fail(SYNCHED_ENOMEM, "no memory for a set of %zu CPUs", count);
  for (unsigned cpu = 0; status == 0 && out->count < count; cpu++)
    if (CPU_ISSET_S(cpu, mask.bytes, mask.bits))
      out->numbers[out->count++] = cpu;
  mask_free(&mask);
  return status;
}

bool synched__cpus_contains(const struct synched__cpus *ascending, unsigned cpu) {
  size_t low = 0;
  size_t high = ascending->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (ascending->numbers[middle] == cpu)
      return true;
    if (ascending->numbers[middle] < cpu)
      low = middle + 1;
    else
      high = middle;
  }
  return false;
}

/* --- lists of CPUs as text --- */

struct range {
  unsigned first;
  unsigned last;
};

static int unexpected(const char *list, const char *at, const char *expected) {
  size_t position = (size_t)(at - list) + 1;
  if (*at == '\0')
    return synched__fail(SYNCHED_EINVAL, "cpu_list ends at character %zu, where %s is expected",
                         position, expected);
  if (*at < ' ' || *at > '~')
    return synched__fail(SYNCHED_EINVAL,
                         "cpu_list has the byte 0x%02x at character %zu, where %s is expected",
                         (unsigned)(unsigned char)*at, position, expected);
  return synched__fail(SYNCHED_EINVAL, "cpu_list has '%c' at character %zu, where %s is expected",
                       *at, position, expected);
}

static int number_parse(unsigned *out, const char *list, const char **at) {
  const char *start = *at;
  unsigned number = 0;
  if (*start < '0' || *start > '9')
    return unexpected(list, start, "the number of a CPU");
  for (; **at >= '0' && **at <= '9'; (*at)++)
    if (number < SYNCHED__CPUS_MAX) /* beyond that it is too large, however it goes on */
      number = number * 10 + (unsigned)(**at - '0');
  if (number >= SYNCHED__CPUS_MAX)
    return synched__fail(
        SYNCHED_EINVAL, "cpu_list has the number %.*s%s at character %zu; CPUs are below %u",
        (int)(*at - start < 20 ? *at - start : 20), start, *at - start > 20 ? "..." : "",
        (size_t)(start - list) + 1, SYNCHED__CPUS_MAX);
  *out = number;
  return 0;
}

/* Reads one item and what ends it: the comma is skipped, at the end *at stays on the NUL. */
static int range_parse(struct range *out, const char *list, const char **at) {
  const char *start = *at;
  int status = number_parse(&out->first, list, at);
  if (status != 0)
    return status;
  out->last = out->first;
  bool single = **at != '-';
  if (!single) {
    (*at)++;
    status = number_parse(&out->last, list, at);
    if (status != 0)
      return status;
    if (out->last < out->first)
      return synched__fail(SYNCHED_EINVAL,
                           "cpu_list has the range %u-%u at character %zu, which runs backwards",
                           out->first, out->last, (size_t)(start - list) + 1);
  }
  if (**at == '\0')
    return 0;
  if (**at != ',')
    return unexpected(list, *at, single ? "',', '-' or the end" : "',' or the end");
  (*at)++;
  return **at == '\0' ? unexpected(list, *at, "the number of a CPU") : 0;
}

static int list_count(size_t *count, const char *list) {
  *count = 0;
  const char *at = list;
  do {
    struct range range;
    int status = range_parse(&range, list, &at);
    if (status != 0)
      return status;
    *count += range.last - range.first + 1;
    if (*count > SYNCHED__CPUS_MAX)
      return synched__fail(SYNCHED_EINVAL, "cpu_list names more than %u CPUs", SYNCHED__CPUS_MAX);
  } while (*at != '\0');
  return 0;
}

int synched__cpus_parse(struct synched__cpus *out, const char *list) {
  *out = (struct synched__cpus){0};
  if (list == NULL || *list == '\0')
    return synched__fail(SYNCHED_EINVAL, "cpu_list is %s; it names CPUs like \"0-3,8\"",
                         list == NULL ? "NULL" : "empty");
  size_t count;
  int status = list_count(&count, list);
  if (status != 0)
    return status;
  out->numbers = synched__alloc(count, sizeof *out->numbers);
  if (out->numbers == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for a list of %zu CPUs", count);
  const char *at = list;
  while (out->count < count) {
    struct range range = {0};
    (void)range_parse(&range, list, &at); /* read well just now */
    for (unsigned cpu = range.first; cpu <= range.last; cpu++)
      out->numbers[out->count++] = cpu;
  }
  return 0;
}

char *synched__cpus_format(char *text, size_t text_bytes, const struct synched__cpus *cpus) {
  size_t used = 0;
  size_t kept = 0; /* whole items behind which there is room to say that more follows */
  text[0] = '\0';
  for (size_t i = 0, end; i < cpus->count; i = end) {
    for (end = i + 1; end < cpus->count && cpus->numbers[end] == cpus->numbers[end - 1] + 1;)
      end++;
    char item[32];
    size_t length = (size_t)snprintf(item, sizeof item, end - i > 1 ? "%s%u-%u" : "%s%u",
                                     i == 0 ? "" : ",", cpus->numbers[i], cpus->numbers[end - 1]);
    if (used + length >= text_bytes) {
      (void)snprintf(text + kept, text_bytes - kept, "%s...", kept == 0 ? "" : ",");
      break;
    }
    memcpy(text + used, item, length + 1);
    used += length;
    if (used + strlen(",...") < text_bytes)
      kept = used;
  }
  return text;
}

/* --- the cgroup quota --- */

/* A mount of the hierarchy that is asked for: which part of it (root) is where (point). */
struct cgroup_mount {
  char *root;
  char *point;
};

static FILE *open_under(const char *root, const char *path) {
  char whole[PATH_BYTES];
  int length = snprintf(whole, sizeof whole, "%s%s", root, path);
  return length < 0 || (size_t)length >= sizeof whole ? NULL : fopen(whole, "re");
}

/* The next line without its end; lines that do not fit are passed over. */
static bool line_next(char *line, size_t line_bytes, FILE *file) {
  while (fgets(line, (int)line_bytes, file) != NULL) {
    size_t length = strlen(line);
    if (length > 0 && line[length - 1] == '\n') {
      line[length - 1] = '\0';
      return true;
    }
    if (length + 1 < line_bytes)
      return true; /* the last one, unfinished */
    int next = getc(file);
    while (next != EOF && next != '\n')
      next = getc(file);
  }
  return false;
}

static bool has_word(char *words, const char *wanted) {
  for (char *word = strsep(&words, ","); word != NULL; word = strsep(&words, ","))
    if (strcmp(word, wanted) == 0)
      return true;
  return false;
}

/* The process's path within the hierarchy, from lines "4:cpu,cpuacct:/path" (v1) or "0::/path"
 * (v2). */
static bool cgroup_path(char *path, size_t path_bytes, const char *root, bool unified) {
  FILE *file = open_under(root, "/proc/self/cgroup");
  if (file == NULL)
    return false;
  char line[LINE_BYTES];
  bool found = false;
  while (!found && line_next(line, sizeof line, file)) {
    char *rest = line;
    const char *id = strsep(&rest, ":");
    char *controllers = strsep(&rest, ":");
    if (rest == NULL || rest[0] != '/' || strlen(rest) >= path_bytes)
      continue;
    found = unified ? strcmp(id, "0") == 0 && *controllers == '\0' : has_word(controllers, "cpu");
    if (found)
      memcpy(path, rest, strlen(rest) + 1);
  }
  (void)fclose(file);
  return found;
}

/* mountinfo writes blanks, tabs, line ends and backslashes as three octal digits. */
static void unescape(char *text) {
  char *to = text;
  for (const char *from = text; *from != '\0'; to++) {
    if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] >= '0' && from[2] <= '7' &&
        from[3] >= '0' && from[3] <= '7') {
      *to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
      from += 4;
    } else {
      *to = *from++;
    }
  }
  *to = '\0';
}

/* A line is "36 35 98:0 ROOT POINT options [tags] - TYPE source super,options". */
static bool mount_parse(struct cgroup_mount *out, char *line, bool unified) {
  char *rest = strstr(line, " - ");
  if (rest == NULL)
    return false;
  *rest = '\0';
  rest += 3;
  const char *type = strsep(&rest, " ");
  (void)strsep(&rest, " ");
  if (strcmp(type, unified ? "cgroup2" : "cgroup") != 0)
    return false;
  if (!unified && (rest == NULL || !has_word(rest, "cpu")))
    return false;
  for (int skipped = 0; skipped < 3; skipped++)
    (void)strsep(&line, " ");
  out->root = strsep(&line, " ");
  out->point = strsep(&line, " ");
  if (out->root == NULL || out->point == NULL || out->root[0] != '/' || out->point[0] != '/')
    return false;
  unescape(out->root);
  unescape(out->point);
  return true;
}

/* Where the process's path leads below the mount point: "" or "/..."; NULL if it is not within the
 * part that is mounted, or leads out of it. */
static const char *path_below(const char *path, const char *mount_root) {
  size_t length = strcmp(mount_root, "/") == 0 ? 0 : strlen(mount_root);
  if (strncmp(path, mount_root, length) != 0 || strstr(path, "/..") != NULL)
    return NULL;
  path += length;
  if (*path != '\0' && *path != '/')
    return NULL;
  return strcmp(path, "/") == 0 ? "" : path;
}

static bool decimal_parse(double *out, const char **text) {
  if (**text < '0' || **text > '9')
    return false;
  char *end;
  errno = 0;
  unsigned long long number = strtoull(*text, &end, 10);
  if (errno != 0)
    return false;
  *text = end;
  *out = (double)number;
  return true;
}

/* Reads one number from a one-line file, and a second one behind a blank if `second` is not
 * NULL. */
static bool numbers_read(double *first, double *second, const char *folder, const char *name) {
  char line[64];
  FILE *file = open_under(folder, name);
  if (file == NULL)
    return false;
  bool read = line_next(line, sizeof line, file);
  (void)fclose(file);
  const char *at = line;
  if (!read || !decimal_parse(first, &at))
    return false;
  if (second != NULL && (*at++ != ' ' || !decimal_parse(second, &at)))
    return false;
  return *at == '\0';
}

static double smaller_limit(double a, double b) {
  if (a == 0 || b == 0)
    return a + b;
  return a < b ? a : b;
}

/* The limit of one cgroup. No limit is the word "max" in v2 and -1 in v1; neither is a number
 * here. */
static double folder_quota(const char *folder, bool unified) {
  double quota;
  double period;
  bool read = unified ? numbers_read(&quota, &period, folder, "/cpu.max")
                      : numbers_read(&quota, NULL, folder, "/cpu.cfs_quota_us") &&
                            numbers_read(&period, NULL, folder, "/cpu.cfs_period_us");
  return read && period > 0 ? quota / period : 0;
}

/* The smallest limit from the folder `below` the mount point up to the mount point itself. */
static double smallest_quota(const char *root, const char *point, const char *below, bool unified) {
  char folder[PATH_BYTES];
  int length = snprintf(folder, sizeof folder, "%s%s%s", root, point, below);
  if (length < 0 || (size_t)length >= sizeof folder)
    return 0;
  size_t top = strlen(root) + strlen(point);
  double smallest = folder_quota(folder, unified);
  while (strlen(folder) > top) {
    *strrchr(folder, '/') = '\0';
    smallest = smaller_limit(smallest, folder_quota(folder, unified));
  }
  return smallest;
}

/* A mount that does not show the process's own cgroup may still show one above it, as in a
 * container that has a name space of its own. Such a mount counts only where no other one is
 * better. */
static double hierarchy_quota(const char *root, bool unified) {
  char path[PATH_BYTES];
  FILE *file = NULL;
  if (cgroup_path(path, sizeof path, root, unified))
    file = open_under(root, "/proc/self/mountinfo");
  if (file == NULL)
    return 0;
  char line[LINE_BYTES];
  bool shown = false;
  double own = 0;
  double guess = 0;
  while (line_next(line, sizeof line, file)) {
    struct cgroup_mount mount;
    if (!mount_parse(&mount, line, unified))
      continue;
    const char *below = path_below(path, mount.root);
    if (below == NULL) {
      guess = smaller_limit(guess, smallest_quota(root, mount.point, "", unified));
      continue;
    }
    shown = true;
    own = smaller_limit(own, smallest_quota(root, mount.point, below, unified));
  }
  (void)fclose(file);
  return shown ? own : guess;
}

double synched__cpus_quota(const char *root) {
  return smaller_limit(hierarchy_quota(root, true), hierarchy_quota(root, false));
}

/* --- all told --- */

unsigned synched__cpus_usable_of(unsigned allowed_count, double quota_cpus) {
  unsigned usable = allowed_count == 0 ? 1 : allowed_count;
  if (quota_cpus > 0 && quota_cpus < usable) {
    unsigned whole = (unsigned)quota_cpus;
    usable = whole < quota_cpus ? whole + 1 : whole;
  }
  return usable;
}

/* Without a mask the system's count of CPUs is the best there is. */
static unsigned allowed_count(void) {
  struct mask mask;
  if (mask_read(&mask, 0) != 0) {
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (unsigned)online : 1;
  }
  int count = CPU_COUNT_S(mask.bytes, mask.bits);
  mask_free(&mask);
  return count > 0 ? (unsigned)count : 1;
}

void synched__cpus_budget(struct synched__cpus_budget *out) {
  out->allowed_count = allowed_count();
  out->quota_cpus = synched__cpus_quota("");
  out->usable_count = synched__cpus_usable_of(out->allowed_count, out->quota_cpus);
}

unsigned synched__cpus_usable(void) {
  struct synched__cpus_budget budget;
  synched__cpus_budget(&budget);
  return budget.usable_count;
}
