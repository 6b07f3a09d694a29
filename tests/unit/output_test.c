/*
 * output_test.c: files that are replaced as a whole, and what is none.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <synched/status.h>

#include "platform/output.h"

/* The test's own folder, which it leaves empty. */
static char folder[] = "/tmp/synched-output-XXXXXX";

static void enter(void) {
  cr_assert_not_null(mkdtemp(folder));
  cr_assert_eq(chdir(folder), 0);
}

static void leave(void) {
  cr_assert_eq(chdir("/"), 0);
  cr_assert_eq(rmdir(folder), 0, "%s: %s", folder, strerror(errno));
}

static void put(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  cr_assert_not_null(file);
  cr_assert_geq(fputs(text, file), 0);
  cr_assert_eq(fclose(file), 0);
}

static void expect(const char *path, const char *text) {
  char found[64] = "";
  FILE *file = fopen(path, "r");
  cr_assert_not_null(file, "%s is not there", path);
  found[fread(found, 1, sizeof found - 1, file)] = '\0';
  cr_assert_eq(fclose(file), 0);
  cr_assert_str_eq(found, text);
}

/* Writes "new", and keeps it or gives the status instead. */
static int write_new(const char *path, int status) {
  struct synched__output output;
  const int opened = synched__output_open(&output, path);
  if (opened != 0)
    return opened;
  cr_assert_geq(fputs("new", output.file), 0);
  return synched__output_close(&output, status);
}

Test(output, close_keeps_all_or_nothing) {
  enter();
  cr_assert_eq(write_new("a", SYNCHED_EIO), SYNCHED_EIO);
  cr_assert_eq(access("a", F_OK), -1);
  cr_assert_eq(write_new("a", 0), 0);
  expect("a", "new");
  put("a", "old");
  cr_assert_eq(write_new("a", SYNCHED_EIO), SYNCHED_EIO);
  expect("a", "old");
  cr_assert_eq(write_new("a", 0), 0);
  expect("a", "new");
  cr_assert_eq(unlink("a"), 0);
  leave();
}

Test(output, close_link_stays_and_its_file_is_replaced) {
  struct stat there;
  enter();
  put("a", "old");
  cr_assert_eq(chmod("a", 0600), 0);
  cr_assert_eq(symlink("a", "b"), 0);
  cr_assert_eq(symlink("b", "c"), 0);
  cr_assert_eq(write_new("c", 0), 0);
  expect("a", "new");
  cr_assert_eq(lstat("c", &there), 0);
  cr_assert(S_ISLNK(there.st_mode));
  cr_assert_eq(lstat("b", &there), 0);
  cr_assert(S_ISLNK(there.st_mode));
  cr_assert_eq(stat("a", &there), 0);
  cr_assert_eq(there.st_mode & 0777, 0600);
  cr_assert_eq(unlink("a") + unlink("b") + unlink("c"), 0);
  leave();
}

/* Where the system does not tell what a link leads to, the link itself is not replaced. */
Test(output, open_links_in_a_circle_stay) {
  struct stat there;
  enter();
  cr_assert_eq(symlink("a", "b") + symlink("b", "a"), 0);
  cr_assert_eq(write_new("a", 0), -ELOOP);
  cr_assert_eq(lstat("a", &there), 0);
  cr_assert(S_ISLNK(there.st_mode));
  cr_assert_eq(unlink("a") + unlink("b"), 0);
  leave();
}

Test(output, open_descriptor_of_a_file_goes_on_where_it_is) {
  char path[64];
  enter();
  const int descriptor = open("a", O_RDWR | O_CREAT, 0600);
  cr_assert_geq(descriptor, 0);
  for (int i = 0; i < 2; i++) {
    (void)snprintf(path, sizeof path, i == 0 ? "/dev/fd/%d" : "/proc/self/fd/%d", descriptor);
    cr_assert_eq(write(descriptor, "1", 1), 1);
    cr_assert_eq(write_new(path, 0), 0);
  }
  cr_assert_eq(write(descriptor, "2", 1), 1);
  expect("a", "1new1new2");
  cr_assert_eq(close(descriptor), 0);
  cr_assert_eq(write_new("/dev/fd/777", 0), -EBADF);
  cr_assert_eq(unlink("a"), 0);
  leave();
}

Test(output, open_names_that_only_look_like_descriptors_are_paths) {
  static const char *const paths[] = {"/dev/fd/x", "/dev/fd/:", "/dev/fd/1x", "/dev/fd/+1",
                                      "/dev/fd/99999999999"};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
    cr_assert_eq(write_new(paths[i], 0), SYNCHED_ENOENT, "%s: %s", paths[i],
                 synched_error_message());
}

/* They are no terminal's, or a file's, to this process: what they are is what is written to. */
Test(output, open_standard_streams_are_known_by_their_names) {
  char found[8] = "";
  enter();
  const int file = open("a", O_RDWR | O_CREAT, 0600);
  cr_assert_geq(file, 0);
  static const char *const paths[] = {"/dev/stdout", "/dev/stderr"};
  for (int i = 0; i < 2; i++) {
    const int kept = dup(i + 1);
    cr_assert_eq(dup2(file, i + 1), i + 1);
    const int status = write_new(paths[i], 0);
    cr_assert_eq(dup2(kept, i + 1), i + 1);
    cr_assert_eq(close(kept), 0);
    cr_assert_eq(status, 0);
  }
  cr_assert_eq(pread(file, found, sizeof found, 0), 6);
  cr_assert_eq(memcmp(found, "newnew", 6), 0);
  cr_assert_eq(close(file), 0);
  cr_assert_eq(unlink("a"), 0);
  leave();
}

Test(output, open_pipe_is_written_where_somebody_reads) {
  char found[8] = "";
  enter();
  cr_assert_eq(mkfifo("a", 0600), 0);
  cr_assert_eq(write_new("a", 0), -ENXIO); /* and does not wait */
  const int reader = open("a", O_RDONLY | O_NONBLOCK);
  cr_assert_geq(reader, 0);
  cr_assert_eq(write_new("a", 0), 0);
  cr_assert_eq(read(reader, found, sizeof found), 3);
  cr_assert_str_eq(found, "new");
  cr_assert_eq(close(reader), 0);
  cr_assert_eq(unlink("a"), 0);
  leave();
}

Test(output, open_what_cannot_be_says_why) {
  enter();
  cr_assert_eq(write_new("nowhere/a", 0), SYNCHED_ENOENT);
  cr_assert_not_null(strstr(synched_error_message(), "nowhere/a"));
  cr_assert_eq(write_new(".", 0), -EISDIR);
  cr_assert_eq(write_new("/dev/full", 0), -ENOSPC);
  leave();
}
