/*
 * cgroup.c: the files that say how much CPU time there is, whatever is in them: a limit is found or
 * none. An input is the contents of the files, with a 0 between two of them.
 */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "platform/cpus.h"

static const char *const folders[] = {"/proc",   "/proc/self",     "/sys",
                                      "/sys/fs", "/sys/fs/cgroup", "/sys/fs/cgroup/a"};
static const char *const names[] = {"/proc/self/cgroup",
                                    "/proc/self/mountinfo",
                                    "/sys/fs/cgroup/cpu.max",
                                    "/sys/fs/cgroup/a/cpu.max",
                                    "/sys/fs/cgroup/cpu.cfs_quota_us",
                                    "/sys/fs/cgroup/cpu.cfs_period_us"};
#define FILE_COUNT (sizeof names / sizeof *names)
#define CONTENT_MOST 4096u

static char root[4096];
static int files[FILE_COUNT];

static void make_tree(void) {
  char path[4200];
  const char *folder = getenv("TMPDIR");
  (void)snprintf(root, sizeof root, "%s/cgroup-XXXXXX", folder == NULL ? "/tmp" : folder);
  FUZZ_CHECK(mkdtemp(root) != NULL, "%s cannot be made", root);
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
    (void)snprintf(path, sizeof path, "%s%s", root, folders[i]);
    FUZZ_CHECK(mkdir(path, 0700) == 0, "%s cannot be made", path);
  }
  for (size_t i = 0; i < FILE_COUNT; i++) {
    (void)snprintf(path, sizeof path, "%s%s", root, names[i]);
    files[i] = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    FUZZ_CHECK(files[i] >= 0, "%s cannot be made", path);
  }
}

/* Writes a file, unless it has these bytes already: the system's part takes most of the time. */
static void put(size_t i, const uint8_t *content, size_t count) {
  static struct {
    uint8_t bytes[CONTENT_MOST];
    size_t count;
  } written[FILE_COUNT];
  const size_t kept = count < CONTENT_MOST ? count : CONTENT_MOST;
  if (written[i].count == kept && (kept == 0 || memcmp(written[i].bytes, content, kept) == 0))
    return;
  FUZZ_CHECK(ftruncate(files[i], 0) == 0 && pwrite(files[i], content, kept, 0) == (ssize_t)kept,
             "%s cannot be written", names[i]);
  if (kept > 0)
    memcpy(written[i].bytes, content, kept);
  written[i].count = kept;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_bytes bytes = {data, size};
  if (root[0] == '\0')
    make_tree();
  for (size_t i = 0; i < FILE_COUNT; i++) {
    const uint8_t *end = bytes.left == 0 ? NULL : memchr(bytes.at, 0, bytes.left);
    const size_t count = end == NULL ? bytes.left : (size_t)(end - bytes.at);
    put(i, bytes.at, count);
    const size_t passed = count + (end != NULL);
    bytes = (struct fuzz_bytes){bytes.at + passed, bytes.left - passed};
  }
  const double quota = synched__cpus_quota(root);
  FUZZ_CHECK(isfinite(quota) && quota >= 0, "the quota is %f", quota);
  const unsigned usable = synched__cpus_usable_of(8, quota);
  FUZZ_CHECK(usable >= 1 && usable <= 8, "%u CPUs are usable with a quota of %f", usable, quota);
  return 0;
}
