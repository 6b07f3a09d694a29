/*
 * progress_line_test.c: a job's progress in one line, to the letter.
 */
#include <criterion/criterion.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "report/progress_line.h"

static const struct synched_progress heat = {.name = "heat",
                                             .done_count = 2100,
                                             .round_count = 5000,
                                             .per_second = 812.04,
                                             .elapsed_ns = 2586000000,
                                             .left_ns = 3571000000};

static const char *line_of(const struct synched_progress *progress, const char *note,
                           unsigned columns) {
  static struct synched__progress_line line;
  synched__progress_line_make(&line, progress, note, columns);
  return line.bytes;
}

Test(progress_line, make_fits_its_parts) {
  cr_assert_str_eq(line_of(&heat, NULL, 120),
                   "heat [================>                       ]  42 %, 2,100 of 5,000 rounds, "
                   "812.0 per second, 4 s left");
  cr_assert_str_eq(line_of(&heat, NULL, 80),
                   "heat [====>     ]  42 %, 2,100 of 5,000 rounds, 812.0 per second, 4 s left");
  cr_assert_str_eq(line_of(&heat, NULL, 70),
                   "heat  42 %, 2,100 of 5,000 rounds, 812.0 per second, 4 s left");
  cr_assert_str_eq(line_of(&heat, NULL, 45), "heat  42 %, 2,100 of 5,000 rounds, 4 s left");
  cr_assert_str_eq(line_of(&heat, NULL, 20), "heat  42 %, 2,100 o");
  cr_assert_str_eq(line_of(&heat, NULL, 1), "");
  cr_assert_str_eq(line_of(&heat, NULL, 0), "");
  cr_assert_str_eq(line_of(&heat, "population 7", 90),
                   "heat [====>     ]  42 %, 2,100 of 5,000 rounds, 812.0 per second, 4 s left, "
                   "population 7");
}

/* Also where the part itself lies below what it stands for, as 0.29 and 0.57 do. */
Test(progress_line, make_loses_no_percent) {
  struct synched_progress progress = {.name = "heat", .paused = 1, .round_count = 100};
  for (unsigned done = 0; done <= 100; done++) {
    char expected[64];
    progress.done_count = done;
    (void)snprintf(expected, sizeof expected, "heat %3u %%, %u of 100 rounds, paused", done, done);
    cr_assert_str_eq(line_of(&progress, NULL, 45), expected);
  }
}

Test(progress_line, make_says_what_is_known) {
  struct synched_progress progress = heat;
  progress.paused = 1;
  cr_assert_str_eq(line_of(&progress, NULL, 60),
                   "heat [====>     ]  42 %, 2,100 of 5,000 rounds, paused");
  progress = heat;
  progress.per_second = 0.0;
  progress.left_ns = SYNCHED_PROGRESS_UNKNOWN;
  cr_assert_str_eq(line_of(&progress, NULL, 45), "heat  42 %, 2,100 of 5,000 rounds");
  progress = heat;
  progress.per_second = 0.4;
  progress.left_ns = 7250000000000;
  cr_assert_str_eq(line_of(&progress, NULL, 75),
                   "heat  42 %, 2,100 of 5,000 rounds, one per 2.500 s, 2 h 0 min left");
  progress.per_second = 1e-10; /* one in three centuries */
  cr_assert_str_eq(line_of(&progress, "", 75),
                   "heat  42 %, 2,100 of 5,000 rounds, 0.0 per second, 2 h 0 min left");
  progress = heat;
  progress.round_count = 0;
  progress.name = NULL;
  cr_assert_str_eq(line_of(&progress, NULL, 80), "job 2,100 rounds, 812.0 per second, for 3 s");
}

Test(progress_line, make_shows_the_whole_range) {
  struct synched_progress progress = heat;
  progress.done_count = 0;
  cr_assert_str_eq(line_of(&progress, NULL, 80),
                   "heat [>         ]   0 %, 0 of 5,000 rounds, 812.0 per second, 4 s left");
  progress.done_count = 5000;
  cr_assert_str_eq(line_of(&progress, NULL, 80),
                   "heat [==========] 100 %, 5,000 of 5,000 rounds, 812.0 per second, 4 s left");
}

/* A name of any bytes, notes of any length, any numbers and width: on one line, below the width. */
Test(progress_line, make_never_leaves_the_line) {
  static const char *const names[] = {"",
                                      "heat",
                                      "\x1b[2J\n\r\x7f\x9b",
                                      "w\xc3\xa4rme \xe2\x82\xac",
                                      "\xc3",
                                      "\xf0\x9f\xa7\xac\xf0\x9f\xa7\xac\xf0\x9f\xa7\xac"};
  char note[700];
  memset(note, 'n', sizeof note - 1);
  note[sizeof note - 1] = '\0';
  for (size_t n = 0; n < sizeof names / sizeof names[0]; n++)
    for (unsigned columns = 0; columns < 400; columns++)
      for (unsigned large = 0; large < 2; large++) {
        struct synched__progress_line line;
        struct synched_progress progress = heat;
        progress.name = names[n];
        if (large == 1)
          progress = (struct synched_progress){names[n], UINT64_MAX, UINT64_MAX, 1e300, UINT64_MAX,
                                               1,        0,          0,          0};
        synched__progress_line_make(&line, &progress, n % 2 == 0 ? note : names[n], columns);
        cr_assert(line.columns == 0 || line.columns < columns);
        for (const char *at = line.bytes; *at != '\0'; at++)
          cr_assert((unsigned char)*at >= 0x20u && *at != 0x7f);
      }
}

/* The two ends of a terminal. */
struct terminal {
  int near, far;
};

static struct terminal terminal_new(unsigned short columns) {
  const struct winsize size = {.ws_row = 24, .ws_col = columns};
  struct terminal ends = {.near = posix_openpt(O_RDWR | O_NOCTTY)};
  cr_assert_geq(ends.near, 0);
  cr_assert_eq(grantpt(ends.near) + unlockpt(ends.near), 0);
  ends.far = open(ptsname(ends.near), O_RDWR | O_NOCTTY);
  cr_assert_geq(ends.far, 0);
  cr_assert_eq(ioctl(ends.far, TIOCSWINSZ, &size), 0);
  return ends;
}

/*
 * All that was written to the far end, which nobody has open any more. The system hands a
 * terminal's bytes on some time after they are written: a reader that does not wait may find some
 * of them, or none.
 */
static const char *terminal_end(struct terminal ends) {
  static char text[512];
  size_t length = 0;
  for (ssize_t count = 1; count > 0; length += count > 0 ? (size_t)count : 0)
    count = read(ends.near, text + length, sizeof text - 1 - length);
  text[length] = '\0';
  (void)close(ends.near);
  return text;
}

/* The kind of terminal is read once in a process, and each test has one of its own. */
static void expect_quiet_where_term_is(const char *type) {
  const struct terminal ends = terminal_new(60);
  FILE *file = fdopen(ends.far, "w");
  cr_assert_not_null(file);
  cr_assert_eq(type == NULL ? unsetenv("TERM") : setenv("TERM", type, 1), 0);
  synched_progress_print(&heat, "note", file);
  (void)fclose(file);
  cr_assert_str_eq(terminal_end(ends), "");
}

Test(progress_line, print_is_quiet_on_a_dumb_terminal) {
  expect_quiet_where_term_is("dumb");
}

Test(progress_line, print_is_quiet_on_a_terminal_of_no_kind) {
  expect_quiet_where_term_is(NULL);
}

/* The bar is printed on standard error. */
Test(progress_line, print_and_bar_show_the_line_on_a_terminal) {
  struct synched_progress all = heat;
  struct winsize size = {.ws_row = 24};
  const struct terminal ends = terminal_new(60);
  setenv("TERM", "xterm", 1);
  const int usual = dup(STDERR_FILENO);
  (void)fflush(stderr);
  cr_assert_eq(dup2(ends.far, STDERR_FILENO), STDERR_FILENO);
  synched_progress_bar(NULL, &heat, NULL);
  (void)ioctl(ends.far, TIOCSWINSZ, &size); /* one that does not know is as wide as most */
  synched_progress_print(&heat, "end", stderr);
  all.ended = 1;
  synched_progress_print(&all, NULL, stderr);
  cr_assert_eq(dup2(usual, STDERR_FILENO), STDERR_FILENO);
  cr_assert_eq(close(usual) + close(ends.far), 0);
  cr_assert_str_eq(terminal_end(ends),
                   "\rheat  42 %, 2,100 of 5,000 rounds, 812.0 per second\x1b[K"
                   "\rheat [====>     ]  42 %, 2,100 of 5,000 rounds, 812.0 per second, "
                   "4 s left, end\x1b[K\r\x1b[K");
}

Test(progress_line, print_is_quiet_where_there_is_no_terminal) {
  FILE *file = tmpfile();
  cr_assert_not_null(file);
  setenv("TERM", "xterm", 1);
  synched_progress_print(&heat, "note", file);
  synched_progress_print(NULL, NULL, file);
  synched_progress_print(&heat, NULL, NULL);
  cr_assert_eq(ftell(file), 0);
  (void)fclose(file);
}
