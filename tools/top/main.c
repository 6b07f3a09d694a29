/*
 * main.c: synched-top, a running program's jobs, live.
 */
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plain.h"
#include "screen.h"

static const char usage[] =
    "usage: synched-top [--once | --json [--once]] PATH\n"
    "\n"
    "Shows the jobs of a running program that listens at PATH: one that was started with\n"
    "SYNCHED_MONITOR=PATH in its environment, or that has called synched_monitor_open.\n"
    "Percentages and rates are those of the last quarter of a second.\n"
    "\n"
    "  q            quits\n"
    "  up, down     choose the job of which all is shown\n"
    "  left, right  show more of its workers\n"
    "  p            pauses the view, and goes on with it\n"
    "\n"
    "  --once       prints a snapshot as text, and ends\n"
    "  --json       prints the lines as they come (with --once, those of one moment)\n"
    "  --help       prints this\n";

struct settings {
  bool once, json;
  const char *path;
};

static int wrong(const char *what, const char *which) {
  fprintf(stderr, "synched-top: %s%s (see synched-top --help)\n", which, what);
  return 2;
}

/* -1: go on; else the exit code. */
static int read_settings(struct settings *settings, int argc, char **argv) {
  static const struct option known[] = {{"once", no_argument, NULL, 'o'},
                                        {"json", no_argument, NULL, 'j'},
                                        {"help", no_argument, NULL, 'h'},
                                        {NULL, 0, NULL, 0}};
  *settings = (struct settings){.once = false};
  opterr = 0;
  for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
    if (option == 'h')
      return fputs(usage, stdout) < 0;
    if (option == '?')
      return wrong(": there is no such option", argv[optind - 1]);
    settings->once = settings->once || option == 'o';
    settings->json = settings->json || option == 'j';
  }
  if (optind == argc)
    return wrong("the path of a program's monitor is missing", "");
  if (optind + 1 != argc)
    return wrong(": it takes one path only", argv[optind + 1]);
  settings->path = argv[optind];
  return -1;
}

static int show(const struct settings *settings, struct top_stream *stream, char *error,
                size_t room) {
  if (settings->json)
    return top_plain_json(stream, settings->once, error, room);
  if (settings->once)
    return top_plain_once(stream, error, room);
  if (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO)) {
    (void)snprintf(error, room, "this is no terminal; --once prints a snapshot");
    return 1;
  }
  return top_screen_run(stream, error, room);
}

int main(int argc, char **argv) {
  struct settings settings;
  struct top_stream stream;
  char error[512] = "";
  (void)setlocale(LC_CTYPE, ""); /* and nothing else: numbers are the same everywhere */
  int code = read_settings(&settings, argc, argv);
  if (code >= 0)
    return code;
  (void)signal(SIGPIPE, SIG_IGN);
  if (!top_stream_open(&stream, settings.path)) {
    fprintf(stderr, "synched-top: %s: %s\n", settings.path,
            errno == ECONNREFUSED ? "the program that listened there has ended" : strerror(errno));
    return 1;
  }
  code = show(&settings, &stream, error, sizeof error);
  top_stream_close(&stream);
  if (code != 0)
    fprintf(stderr, "synched-top: %s: %s\n", settings.path, error);
  if (fflush(stdout) != 0 && code == 0) {
    fprintf(stderr, "synched-top: the output cannot be written: %s\n", strerror(errno));
    return 1;
  }
  return code;
}
