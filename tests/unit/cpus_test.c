/*
 * cpus_test.c: the quota against made-up trees of /proc and cgroup files, lists, and this process's
 * mask.
 */
#include "platform/cpus.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <synched/status.h>

#include "platform/fault.h"

/* --- a made-up root folder --- */

static char root[64];

static void tree_make(void) {
  (void)strcpy(root, "/tmp/synched-cpus-XXXXXX");
  cr_assert_not_null(mkdtemp(root));
}

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *walk) {
  (void)about;
  (void)type;
  (void)walk;
  return remove(path);
}

static void tree_remove(void) {
  (void)nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Writes a file and makes the folders on its way. */
static void put(const char *path, const char *content) {
  char whole[512];
  int length = snprintf(whole, sizeof whole, "%s%s", root, path);
  cr_assert(length > 0 && (size_t)length < sizeof whole);
  for (char *slash = whole + strlen(root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
    *slash = '\0';
    (void)mkdir(whole, 0700);
    *slash = '/';
  }
  FILE *file = fopen(whole, "w");
  cr_assert_not_null(file, "%s", whole);
  (void)fputs(content, file);
  (void)fclose(file);
}

#define DISK_LINE "21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
#define V2_LINE "30 21 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
#define V1_LINE                                                                                    \
  "31 21 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"                    \
  "32 21 0:28 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"

static void put_v2(const char *path) {
  char line[256];
  (void)snprintf(line, sizeof line, "0::%s\n", path);
  put("/proc/self/cgroup", line);
  put("/proc/self/mountinfo", DISK_LINE V2_LINE);
}

static void put_v1(const char *path) {
  char lines[512];
  (void)snprintf(lines, sizeof lines,
                 "9:name=systemd:/x\n5:cpuset:/elsewhere\n4:cpu,cpuacct:%s\n2:memory:/y\n", path);
  put("/proc/self/cgroup", lines);
  put("/proc/self/mountinfo", DISK_LINE V1_LINE);
}

#define QUOTA_TEST(name) Test(cpus, name, .init = tree_make, .fini = tree_remove)
#define EXPECT_QUOTA(expected) cr_expect_float_eq(synched__cpus_quota(root), expected, 1e-9)

/* --- cgroup v2 --- */

QUOTA_TEST(quota_empty_root_is_none) {
  EXPECT_QUOTA(0);
}

QUOTA_TEST(quota_v2_own_folder_is_read) {
  put_v2("/app");
  put("/sys/fs/cgroup/app/cpu.max", "150000 100000\n");
  EXPECT_QUOTA(1.5);
}

QUOTA_TEST(quota_v2_max_is_none) {
  put_v2("/app");
  put("/sys/fs/cgroup/app/cpu.max", "max 100000\n");
  EXPECT_QUOTA(0);
}

QUOTA_TEST(quota_v2_smallest_above_counts) {
  put_v2("/user.slice/app.scope/part");
  put("/sys/fs/cgroup/cpu.max", "800000 100000\n");
  put("/sys/fs/cgroup/user.slice/cpu.max", "50000 25000\n");
  put("/sys/fs/cgroup/user.slice/app.scope/cpu.max", "max 100000\n");
  put("/sys/fs/cgroup/user.slice/app.scope/part/cpu.max", "300000 100000\n");
  EXPECT_QUOTA(2);
}

QUOTA_TEST(quota_v2_folder_not_visible_goes_up) {
  put_v2("/gone/deeper (deleted)");
  put("/sys/fs/cgroup/gone/cpu.max", "70000 100000\n");
  EXPECT_QUOTA(0.7);
}

QUOTA_TEST(quota_v2_at_mount_point_is_read) {
  put_v2("/");
  put("/sys/fs/cgroup/cpu.max", "25000 100000\n");
  EXPECT_QUOTA(0.25);
}

QUOTA_TEST(quota_v2_other_mount_point_is_followed) {
  put("/proc/self/cgroup", "0::/app\n");
  put("/proc/self/mountinfo", "30 21 0:26 / /run/my\\040groups rw - cgroup2 none rw\n");
  put("/run/my groups/app/cpu.max", "400000 100000\n");
  EXPECT_QUOTA(4);
}

QUOTA_TEST(quota_v2_mount_at_root_is_read) {
  put("/proc/self/cgroup", "0::/app\n");
  put("/proc/self/mountinfo", "30 21 0:26 / / rw - cgroup2 none rw\n");
  put("/app/cpu.max", "400000 100000\n");
  EXPECT_QUOTA(4);
}

QUOTA_TEST(quota_v2_neighbour_is_not_read) {
  put_v2("/app");
  put("/sys/fs/cgroup/app2/cpu.max", "10000 100000\n");
  put("/sys/fs/cgroup/ap/cpu.max", "10000 100000\n");
  EXPECT_QUOTA(0);
}

QUOTA_TEST(quota_v2_malformed_is_none) {
  static const char *const contents[] = {
      "",
      "\n",
      "150000\n",
      "150000 \n",
      "150000 0\n",
      "0 100000\n",
      "-1 100000\n",
      "150000 100000 7\n",
      "150000  100000\n",
      "1.5 1\n",
      "0x10 0x8\n",
      "99999999999999999999999 100000\n",
      "maximum\n",
      "\xff\xfe\n",
      "100000 100000 and a great deal more than anybody would expect to find in this file\n",
  };
  put_v2("/app");
  for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
    put("/sys/fs/cgroup/app/cpu.max", contents[i]);
    cr_expect_eq(synched__cpus_quota(root), 0, "%s", contents[i]);
  }
}

QUOTA_TEST(quota_v2_without_line_end_is_read) {
  put_v2("/app");
  put("/sys/fs/cgroup/app/cpu.max", "200000 100000");
  EXPECT_QUOTA(2);
}

QUOTA_TEST(quota_file_is_folder_is_none) {
  put_v2("/app");
  put("/sys/fs/cgroup/app/cpu.max/x", "");
  EXPECT_QUOTA(0);
}

/* --- containers --- */

QUOTA_TEST(quota_container_path_is_relative_to_mount_root) {
  put("/proc/self/cgroup", "0::/docker/abc/child\n");
  put("/proc/self/mountinfo", "30 21 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n");
  put("/sys/fs/cgroup/cpu.max", "250000 100000\n");
  put("/sys/fs/cgroup/child/cpu.max", "300000 100000\n");
  put("/sys/fs/cgroup/docker/abc/cpu.max", "10000 100000\n");
  EXPECT_QUOTA(2.5);
}

QUOTA_TEST(quota_container_mount_above_own_name_space_counts) {
  put("/proc/self/cgroup", "0::/\n");
  put("/proc/self/mountinfo", "30 21 0:26 /../.. /sys/fs/cgroup ro - cgroup2 cgroup rw\n");
  put("/sys/fs/cgroup/cpu.max", "350000 100000\n");
  EXPECT_QUOTA(3.5);
}

QUOTA_TEST(quota_foreign_mount_beside_own_does_not_count) {
  put("/proc/self/cgroup", "0::/docker/abc\n");
  put("/proc/self/mountinfo",
      "30 21 0:26 /docker/abcd /mnt/other ro - cgroup2 cgroup rw\n" V2_LINE);
  put("/mnt/other/cpu.max", "10000 100000\n");
  put("/sys/fs/cgroup/docker/abc/cpu.max", "200000 100000\n");
  EXPECT_QUOTA(2);
}

QUOTA_TEST(quota_mount_root_is_compared_by_whole_names) {
  put("/proc/self/cgroup", "0::/docker/abcd\n");
  put("/proc/self/mountinfo", "30 21 0:26 /docker/abc /mnt/other ro - cgroup2 cgroup rw\n" V2_LINE);
  put("/mnt/otherd/cpu.max", "10000 100000\n");
  EXPECT_QUOTA(0);
}

QUOTA_TEST(quota_path_that_leads_out_stays_in_mount) {
  put_v2("/../sibling");
  put("/sys/fs/cgroup/cpu.max", "600000 100000\n");
  put("/sys/fs/sibling/cpu.max", "10000 100000\n");
  EXPECT_QUOTA(6);
}

/* --- cgroup v1, and both --- */

QUOTA_TEST(quota_v1_own_folder_is_read) {
  put_v1("/app");
  put("/sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_quota_us", "50000\n");
  put("/sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_period_us", "20000\n");
  EXPECT_QUOTA(2.5);
}

QUOTA_TEST(quota_v1_minus_one_is_none) {
  put_v1("/app");
  put("/sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_quota_us", "-1\n");
  put("/sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_period_us", "100000\n");
  EXPECT_QUOTA(0);
}

QUOTA_TEST(quota_v1_smallest_above_counts) {
  put_v1("/kubepods/pod");
  put("/sys/fs/cgroup/cpu,cpuacct/kubepods/pod/cpu.cfs_quota_us", "-1\n");
  put("/sys/fs/cgroup/cpu,cpuacct/kubepods/pod/cpu.cfs_period_us", "100000\n");
  put("/sys/fs/cgroup/cpu,cpuacct/kubepods/cpu.cfs_quota_us", "120000\n");
  put("/sys/fs/cgroup/cpu,cpuacct/kubepods/cpu.cfs_period_us", "100000\n");
  EXPECT_QUOTA(1.2);
}

QUOTA_TEST(quota_v1_without_period_is_none) {
  put_v1("/app");
  put("/sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_quota_us", "50000\n");
  EXPECT_QUOTA(0);
}

QUOTA_TEST(quota_v1_cpuset_is_not_cpu) {
  put("/proc/self/cgroup", "5:cpuset:/app\n4:cpuacct:/app\n");
  put("/proc/self/mountinfo", V1_LINE);
  put("/sys/fs/cgroup/cpuset/app/cpu.cfs_quota_us", "50000\n");
  put("/sys/fs/cgroup/cpuset/app/cpu.cfs_period_us", "100000\n");
  EXPECT_QUOTA(0);
}

/* As under systemd's hybrid set-up: v2 is mounted for bookkeeping, and v1 has the controllers. */
QUOTA_TEST(quota_hybrid_v1_is_read) {
  put("/proc/self/cgroup", "4:cpu,cpuacct:/app\n1:name=systemd:/app\n0::/app\n");
  put("/proc/self/mountinfo",
      DISK_LINE "29 21 0:25 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n" V1_LINE);
  put("/sys/fs/cgroup/unified/app/cgroup.procs", "1\n");
  put("/sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_quota_us", "90000\n");
  put("/sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_period_us", "100000\n");
  EXPECT_QUOTA(0.9);
}

/* What is no line of the kernel's is passed over, and so is what is too long for a path. */
QUOTA_TEST(quota_lines_that_are_none_are_passed_over) {
  static char line[9000];
  static const char *const mounts[] = {
      "31 21 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup\n", /* no options */
      "30 21 0:26 - cgroup2 none rw\n",
      "30 21 0:26 / - cgroup2 none rw\n",
      "30 21 0:26 x /sys/fs/cgroup rw - cgroup2 none rw\n",
      "30 21 0:26 / sys rw - cgroup2 none rw\n",
      "30 21 0:26 / /sys/fs/cgroup rw\n",
      "\n",
  };
  put("/sys/fs/cgroup/app/cpu.max", "100000 100000\n");
  for (size_t i = 0; i < sizeof mounts / sizeof *mounts; i++) {
    put("/proc/self/cgroup", "\n0\n0:\n0::app\n4:cpu:/app\n0::/app\n");
    put("/proc/self/mountinfo", mounts[i]);
    EXPECT_QUOTA(0);
  }
  memset(line, 'x', sizeof line - 1);
  memcpy(line, "0::/", 4);
  put("/proc/self/cgroup", line); /* longer than any, and without an end */
  EXPECT_QUOTA(0);
  memcpy(line + 5000, "\n0::/app", 9);
  put("/proc/self/cgroup", line);
  put("/proc/self/mountinfo", V2_LINE);
  EXPECT_QUOTA(1);
}

QUOTA_TEST(quota_path_that_is_too_long_has_none) {
  static char line[9000];
  static char far_root[5000];
  memset(line, 'x', sizeof line - 1);
  memcpy(line, "0::/", 4);
  memcpy(line + 4200, "\n", 2);
  put("/proc/self/cgroup", line);
  memcpy(line, "30 21 0:26 / /", 14);
  memcpy(line + 1000, " rw - cgroup2 none rw\n", 23);
  put("/proc/self/mountinfo", line);
  EXPECT_QUOTA(0);
  memset(far_root, '/', sizeof far_root - 1);
  cr_expect_float_eq(synched__cpus_quota(far_root), 0, 1e-9);
}

/* Only three octal digits are a byte. */
QUOTA_TEST(quota_mount_point_of_broken_escapes_is_as_it_stands) {
  static const char *const points[] = {"/a\\",    "/a\\4",   "/a\\0",   "/a\\08", "/a\\01",
                                       "/a\\018", "/a\\0/1", "/a\\01/", "/a\\/01"};
  char text[256];
  put("/proc/self/cgroup", "0::/\n");
  for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
    (void)snprintf(text, sizeof text, "30 21 0:26 / %s rw - cgroup2 none rw\n", points[i]);
    put("/proc/self/mountinfo", text);
    (void)snprintf(text, sizeof text, "%s/cpu.max", points[i]);
    put(text, "300000 100000\n");
    EXPECT_QUOTA(3);
  }
}

QUOTA_TEST(quota_hybrid_smaller_of_both_counts) {
  put("/proc/self/cgroup", "4:cpu,cpuacct:/app\n0::/app\n");
  put("/proc/self/mountinfo", V2_LINE V1_LINE);
  put("/sys/fs/cgroup/app/cpu.max", "300000 100000\n");
  put("/sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_quota_us", "500000\n");
  put("/sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_period_us", "100000\n");
  EXPECT_QUOTA(3);
}

/* --- odd files --- */

QUOTA_TEST(quota_odd_proc_files_are_none) {
  static const char *const cgroups[] = {
      "", "0\n", "0::\n", "::\n", "0::app\n", ":::::\n", "4:cpu\n", "\n\n\n", "0:cpu:/app\n",
  };
  static const char *const mounts[] = {
      "",
      "\n",
      " - \n",
      " - cgroup2\n",
      "30 21 0:26 / - cgroup2\n",
      "30 - cgroup2 a b\n",
      "30 21 0:26 x y rw - cgroup2 cgroup2 rw\n",
      "a b c d e f - cgroup\n",
  };
  put("/sys/fs/cgroup/app/cpu.max", "100000 100000\n");
  put("/proc/self/mountinfo", V2_LINE);
  for (size_t i = 0; i < sizeof cgroups / sizeof cgroups[0]; i++) {
    put("/proc/self/cgroup", cgroups[i]);
    cr_expect_eq(synched__cpus_quota(root), 0, "%s", cgroups[i]);
  }
  put("/proc/self/cgroup", "0::/app\n");
  EXPECT_QUOTA(1);
  for (size_t i = 0; i < sizeof mounts / sizeof mounts[0]; i++) {
    put("/proc/self/mountinfo", mounts[i]);
    cr_expect_eq(synched__cpus_quota(root), 0, "%s", mounts[i]);
  }
}

/* A folder of which the mount shows what is below it, and nothing beside it. */
QUOTA_TEST(quota_mount_of_a_part_shows_that_part_only) {
  put("/proc/self/mountinfo", "30 21 0:26 /app /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  put("/sys/fs/cgroup/cpu.max", "300000 100000\n");
  put("/sys/fs/cgroup/part/cpu.max", "200000 100000\n");
  put("/proc/self/cgroup", "0::/app\n");
  EXPECT_QUOTA(3);
  put("/proc/self/cgroup", "0::/app/part\n");
  EXPECT_QUOTA(2);
  put("/proc/self/cgroup", "0::/apple\n"); /* what it shows is above it, as far as it tells */
  EXPECT_QUOTA(3);
}

QUOTA_TEST(quota_line_that_begins_with_a_zero_byte_ends_there) {
  static const char bytes[] = "\0\n0::/app\n";
  char path[512];
  put_v2("/app");
  put("/sys/fs/cgroup/app/cpu.max", "150000 100000\n");
  (void)snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
  FILE *file = fopen(path, "w");
  cr_assert_not_null(file);
  cr_assert_eq(fwrite(bytes, 1, sizeof bytes - 1, file), sizeof bytes - 1);
  cr_assert_eq(fclose(file), 0);
  EXPECT_QUOTA(1.5);
}

/* A container's layers make lines of many kilobytes. What such a line ends with is no line by
 * itself, wherever a reader's buffer happens to end. */
QUOTA_TEST(quota_long_lines_are_passed_over) {
  enum { LONG = 40000 };
  static char lines[LONG + sizeof V2_LINE + 100];
  put("/proc/self/cgroup", "0::/app\n");
  put("/sys/fs/cgroup/app/cpu.max", "100000 50000\n");
  put("/fake/app/cpu.max", "1000 100000\n");
  for (size_t length = 8192; length < LONG; length *= 2) {
    memset(lines, 'x', length - 1);
    (void)strcpy(lines + length - 1, "30 21 0:26 / /fake rw - cgroup2 cgroup2 rw\n" V2_LINE);
    put("/proc/self/mountinfo", lines);
    EXPECT_QUOTA(2);
  }
}

/* --- all told --- */

Test(cpus, usable_is_smaller_of_mask_and_quota_rounded_up) {
  cr_expect_eq(synched__cpus_usable_of(8, 0), 8);
  cr_expect_eq(synched__cpus_usable_of(8, 0.1), 1);
  cr_expect_eq(synched__cpus_usable_of(8, 1), 1);
  cr_expect_eq(synched__cpus_usable_of(8, 1.5), 2);
  cr_expect_eq(synched__cpus_usable_of(8, 7.01), 8);
  cr_expect_eq(synched__cpus_usable_of(8, 64), 8);
  cr_expect_eq(synched__cpus_usable_of(8, 1e30), 8);
  cr_expect_eq(synched__cpus_usable_of(0, 0), 1);
  cr_expect_eq(synched__cpus_usable_of(0, 5), 1);
}

Test(cpus, budget_of_this_process_is_consistent) {
  struct synched__cpus_budget budget;
  synched__cpus_budget(&budget);
  cpu_set_t mask;
  cr_assert_eq(sched_getaffinity(0, sizeof mask, &mask), 0);
  cr_expect_eq(budget.allowed_count, (unsigned)CPU_COUNT(&mask));
  cr_expect_geq(budget.quota_cpus, 0);
  cr_expect_eq(budget.usable_count,
               synched__cpus_usable_of(budget.allowed_count, budget.quota_cpus));
  cr_expect_eq(synched__cpus_usable(), budget.usable_count);
}

Test(cpus, allowed_is_own_mask_ascending) {
  struct synched__cpus cpus;
  cpu_set_t mask;
  cr_assert_eq(sched_getaffinity(0, sizeof mask, &mask), 0);
  cr_assert_eq(synched__cpus_allowed(&cpus, 0), 0);
  cr_expect_eq(cpus.count, (size_t)CPU_COUNT(&mask));
  for (size_t i = 0; i < cpus.count; i++) {
    cr_expect(CPU_ISSET(cpus.numbers[i], &mask));
    cr_expect(i == 0 || cpus.numbers[i - 1] < cpus.numbers[i]);
  }
  synched__cpus_free(&cpus);
  cr_expect_null(cpus.numbers);
  cr_expect_eq(cpus.count, 0);
}

Test(cpus, allowed_after_narrowing_is_narrow) {
  struct synched__cpus cpus;
  cr_assert_eq(synched__cpus_allowed(&cpus, 0), 0);
  unsigned last = cpus.numbers[cpus.count - 1];
  synched__cpus_free(&cpus);
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(last, &one);
  cr_assert_eq(sched_setaffinity(0, sizeof one, &one), 0);
  cr_assert_eq(synched__cpus_allowed(&cpus, (uint64_t)getpid()), 0);
  cr_assert_eq(cpus.count, 1);
  cr_expect_eq(cpus.numbers[0], last);
  cr_expect_eq(synched__cpus_usable(), 1);
  synched__cpus_free(&cpus);
}

Test(cpus, allowed_no_such_thread_is_an_error) {
  struct synched__cpus cpus;
  cr_expect_eq(synched__cpus_allowed(&cpus, 0x7fffffff), SYNCHED_EIO);
  cr_expect_null(cpus.numbers);
}

Test(cpus, allowed_memory_refused_is_enomem) {
  struct synched__cpus cpus;
  synched__fault_arm(SYNCHED__FAULT_ALLOCATE, 1);
  cr_expect_eq(synched__cpus_allowed(&cpus, 0), SYNCHED_ENOMEM);
  cr_expect_null(cpus.numbers);
}

Test(cpus, contains_finds_members_only) {
  unsigned numbers[] = {0, 2, 3, 64, 1000};
  struct synched__cpus cpus = {numbers, sizeof numbers / sizeof numbers[0]};
  for (unsigned cpu = 0; cpu < 1002; cpu++)
    cr_expect_eq(synched__cpus_contains(&cpus, cpu),
                 cpu == 0 || cpu == 2 || cpu == 3 || cpu == 64 || cpu == 1000);
  cr_expect_not(synched__cpus_contains(&(struct synched__cpus){0}, 0));
}

/* --- lists --- */

static void expect_list(const char *list, size_t count, const unsigned *expected) {
  struct synched__cpus cpus;
  cr_assert_eq(synched__cpus_parse(&cpus, list), 0, "%s: %s", list, synched_error_message());
  cr_assert_eq(cpus.count, count, "%s: %zu", list, cpus.count);
  for (size_t i = 0; i < count; i++)
    cr_expect_eq(cpus.numbers[i], expected[i], "%s at %zu", list, i);
  synched__cpus_free(&cpus);
}

Test(cpus, parse_good_lists_keep_order_and_repetitions) {
  expect_list("0", 1, (unsigned[]){0});
  expect_list("0-3,8", 5, (unsigned[]){0, 1, 2, 3, 8});
  expect_list("8,0-1,8", 4, (unsigned[]){8, 0, 1, 8});
  expect_list("5-5", 1, (unsigned[]){5});
  expect_list("007", 1, (unsigned[]){7});
  expect_list("1048575", 1, (unsigned[]){1048575});
}

Test(cpus, parse_bad_lists_say_what_and_where) {
  static const struct {
    const char *list;
    const char *message;
  } cases[] = {
      {NULL, "cpu_list is NULL; it names CPUs like \"0-3,8\""},
      {"", "cpu_list is empty; it names CPUs like \"0-3,8\""},
      {"-1", "cpu_list has '-' at character 1, where the number of a CPU is expected"},
      {"0,-1", "cpu_list has '-' at character 3, where the number of a CPU is expected"},
      {"0-3,", "cpu_list ends at character 5, where the number of a CPU is expected"},
      {"0-", "cpu_list ends at character 3, where the number of a CPU is expected"},
      {"0--3", "cpu_list has '-' at character 3, where the number of a CPU is expected"},
      {"0,,1", "cpu_list has ',' at character 3, where the number of a CPU is expected"},
      {",0", "cpu_list has ',' at character 1, where the number of a CPU is expected"},
      {"0, 1", "cpu_list has ' ' at character 3, where the number of a CPU is expected"},
      {"two", "cpu_list has 't' at character 1, where the number of a CPU is expected"},
      {"2x", "cpu_list has 'x' at character 2, where ',', '-' or the end is expected"},
      {"2-2x", "cpu_list has 'x' at character 4, where ',' or the end is expected"},
      {"0-3-5", "cpu_list has '-' at character 4, where ',' or the end is expected"},
      {"1\n", "cpu_list has the byte 0x0a at character 2, where ',', '-' or the end is expected"},
      {"1\x7f", "cpu_list has the byte 0x7f at character 2, where ',', '-' or the end is expected"},
      {"0,7-4", "cpu_list has the range 7-4 at character 3, which runs backwards"},
      {"0,1048576", "cpu_list has the number 1048576 at character 3; CPUs are below 1048576"},
      {"99999999999999999999999999",
       "cpu_list has the number 99999999999999999999... at character 1; CPUs are below 1048576"},
      {"0-1048575,0", "cpu_list names more than 1048576 CPUs"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct synched__cpus cpus = {.count = 77};
    cr_expect_eq(synched__cpus_parse(&cpus, cases[i].list), SYNCHED_EINVAL, "case %zu", i);
    cr_expect_str_eq(synched_error_message(), cases[i].message);
    cr_expect_null(cpus.numbers);
    cr_expect_eq(cpus.count, 0);
  }
}

Test(cpus, parse_memory_refused_is_enomem) {
  struct synched__cpus cpus;
  synched__fault_arm(SYNCHED__FAULT_ALLOCATE, 1);
  cr_expect_eq(synched__cpus_parse(&cpus, "0-3"), SYNCHED_ENOMEM);
  cr_expect_null(cpus.numbers);
}

static void expect_text(const char *list, size_t text_bytes, const char *expected) {
  struct synched__cpus cpus = {0};
  if (*list != '\0')
    cr_assert_eq(synched__cpus_parse(&cpus, list), 0);
  char *text = malloc(text_bytes); /* exactly so long, for the sanitizer */
  cr_assert_not_null(text);
  cr_expect_str_eq(synched__cpus_format(text, text_bytes, &cpus), expected);
  free(text);
  synched__cpus_free(&cpus);
}

Test(cpus, format_whole_set_is_written) {
  expect_text("", 1, "");
  expect_text("3", 64, "3");
  expect_text("0,1", 64, "0-1");
  expect_text("0,1,2,3,8", 64, "0-3,8");
  expect_text("0-3,8", 6, "0-3,8");
  expect_text("1048570-1048575", 16, "1048570-1048575");
}

Test(cpus, format_long_set_is_cut_at_an_item) {
  expect_text("0-3,8", 5, "...");
  expect_text("0,2,4,6,8", 9, "0,2,...");
  expect_text("0,2,4,6,8", 10, "0,2,4,6,8");
  expect_text("0-3,8,10", 8, "0-3,...");
  expect_text("10,20", 4, "...");
  expect_text("10,20", 3, "..");
  expect_text("10,20", 1, "");
}

Test(cpus, format_then_parse_gives_the_set_back) {
  struct synched__cpus cpus;
  char text[64];
  cr_assert_eq(synched__cpus_parse(&cpus, "0-3,8,10-12,700"), 0);
  expect_list(synched__cpus_format(text, sizeof text, &cpus), cpus.count, cpus.numbers);
  synched__cpus_free(&cpus);
}

/* Decisions are made with the quota as it is; a count of CPUs is rounded up from it. */
Test(cpus, budget_is_judged_by_the_quota_as_it_is) {
  static const struct {
    unsigned allowed_count;
    double quota_cpus;
    bool is_rationed;
    unsigned enough_for;
  } cases[] = {{2, 0, false, 2},   {2, 1.5, true, 1},   {2, 1.01, true, 1}, {2, 2, false, 2},
               {2, 2.5, false, 2}, {64, 3.99, true, 3}, {1, 0.5, true, 0},  {8, 4, true, 4}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const struct synched__cpus_budget budget = {
        .allowed_count = cases[i].allowed_count,
        .quota_cpus = cases[i].quota_cpus,
        .usable_count = synched__cpus_usable_of(cases[i].allowed_count, cases[i].quota_cpus)};
    cr_expect_eq(synched__cpus_are_rationed(&budget), cases[i].is_rationed, "case %zu", i);
    cr_expect_not(synched__cpus_are_short(&budget, cases[i].enough_for), "case %zu", i);
    cr_expect(synched__cpus_are_short(&budget, cases[i].enough_for + 1), "case %zu", i);
  }
}
