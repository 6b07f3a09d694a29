/*
 * synched-report: reports that were kept as JSON, in any other form; and what changed between two.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <synched/synched.h>

#include "compare.h"
#include "read.h"

enum exit_code { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static const char usage[] =
    "usage: synched-report FORM FILE.json [-o OUT]\n"
    "       synched-report compare BEFORE.json AFTER.json\n"
    "\n"
    "Shows a report that a program wrote as JSON, with SYNCHED_REPORT=json:FILE.json in its\n"
    "environment or by itself. A FILE.json that is - is standard input.\n"
    "\n"
    "  show, table  text for people\n"
    "  html         a page for a browser\n"
    "  trace        Chrome's trace events\n"
    "  perfetto     the same in Perfetto's binary form\n"
    "  csv          a row per recorded round\n"
    "  prometheus   OpenMetrics text of the totals\n"
    "  json         what was read\n"
    "\n"
    "  -o OUT       into this file instead of standard output\n"
    "\n"
    "compare says what changed from one run to the other beyond the noise of their rounds. \"95 %\n"
    "sure\" is said of these two runs; to compare two versions of a program, compare several "
    "runs.\n"
    "\n"
    "Exit status: 0; 1, a file cannot be read or written; 2, wrong arguments.\n";

/* A line on standard error; whatever bytes the name has, it stays one line. */
static void complain(const char *name, const char *sentence) {
  fputs("synched-report: ", stderr);
  for (; *name != '\0'; name++)
    putc((unsigned char)*name < 0x20 || (unsigned char)*name >= 0x7f ? '?' : *name, stderr);
  fprintf(stderr, ": %s\n", sentence);
}

static int refuse(const char *name, const char *sentence) {
  complain(name, sentence);
  return EXIT_USAGE;
}

/* NULL: it has complained. */
static struct synched_report *read_file(const char *path) {
  struct synched_report *report = NULL;
  struct report_problem problem;
  const bool is_input = strcmp(path, "-") == 0;
  FILE *file = is_input ? stdin : fopen(path, "rbe");
  if (file == NULL) {
    (void)snprintf(problem.text, sizeof problem.text, "cannot be read: %s", strerror(errno));
    complain(path, problem.text);
    return NULL;
  }
  if (report_read(&report, file, &problem) != 0)
    complain(is_input ? "<stdin>" : path, problem.text);
  if (!is_input)
    (void)fclose(file);
  return report;
}

static int show(enum synched_format format, const char *path, const char *out) {
  struct synched_report *report = read_file(path);
  if (report == NULL)
    return EXIT_FAILED;
  const int status = out == NULL ? synched_report_write_to(report, format, stdout)
                                 : synched_report_write(report, format, out);
  if (status != 0)
    complain(out == NULL ? "<stdout>" : out, synched_error_message());
  synched_report_destroy(report);
  return status == 0 ? EXIT_OK : EXIT_FAILED;
}

static int compare(const char *before_path, const char *after_path) {
  struct synched_report *before = read_file(before_path);
  struct synched_report *after = before == NULL ? NULL : read_file(after_path);
  int code = EXIT_FAILED;
  if (after != NULL) {
    errno = 0;
    if (!report_compare(before, after, stdout))
      complain(after_path, "there is no memory to compare it");
    else if (fflush(stdout) != 0 || ferror(stdout) != 0)
      complain("<stdout>", errno != 0 ? strerror(errno) : "cannot be written");
    else
      code = EXIT_OK;
  }
  synched_report_destroy(before);
  synched_report_destroy(after);
  return code;
}

/* Takes -o OUT out of the arguments. false: it has no value, or there are two. */
static bool take_out(int *count, char **arguments, const char **out) {
  int kept = 0;
  *out = NULL;
  for (int i = 0; i < *count; i++) {
    if (strcmp(arguments[i], "-o") != 0) {
      arguments[kept++] = arguments[i];
      continue;
    }
    if (i + 1 == *count || *out != NULL)
      return false;
    *out = arguments[++i];
  }
  *count = kept;
  return true;
}

int main(int argc, char **argv) {
  enum synched_format format = SYNCHED_FORMAT_TABLE;
  const char *out;
  char **arguments = argv + 1;
  int count = argc - 1;
  if (count > 0 && (strcmp(arguments[0], "--help") == 0 || strcmp(arguments[0], "-h") == 0)) {
    fputs(usage, stdout);
    return fflush(stdout) == 0 ? EXIT_OK : EXIT_FAILED;
  }
  if (!take_out(&count, arguments, &out))
    return refuse("-o", "it names one file (see synched-report --help)");
  if (count == 0)
    return refuse("usage", "synched-report FORM FILE.json [-o OUT] (see synched-report --help)");
  for (int i = 0; i < count; i++)
    if (arguments[i][0] == '-' && arguments[i][1] != '\0')
      return refuse(arguments[i], "there is no such option (see synched-report --help)");
  if (strcmp(arguments[0], "compare") == 0) {
    if (count != 3 || out != NULL)
      return refuse("usage", "synched-report compare BEFORE.json AFTER.json");
    return compare(arguments[1], arguments[2]);
  }
  if (strcmp(arguments[0], "show") != 0 && synched_format_parse(&format, arguments[0]) != 0)
    return refuse(arguments[0], "there is no such form (see synched-report --help)");
  if (count != 2)
    return refuse("usage", "synched-report FORM FILE.json [-o OUT]");
  return show(format, arguments[1], out);
}
