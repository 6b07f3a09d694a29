/*
 * environment.c: reports that the environment asks for.
 *
 * SYNCHED_REPORT is read once per process, and taken apart anew each time: it is short, and so
 * there is nothing to keep or to free. A wish that is wrong is left out, and the others are
 * fulfilled. Nothing that goes wrong here is the job's failure, or the program's end.
 */
#include "report/environment.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "platform/atomic.h"
#include "platform/broken_pipe.h"
#include "platform/variable.h"
#include "report/model.h"
#include "report/unicode.h"

#include <synched/status.h>

/* FORM or FORM:PATH, as it stands in the variable. */
struct wish {
  const char *text;
  size_t length;
  enum synched_format format;
  /* from here to the end of the wish; NULL: standard error */
  const char *path;
};

struct path {
  char text[4096];
  /* the text's; sizeof text: it is too long, and nothing fits any more */
  size_t length;
};

/* Puts the wish that begins at *at into *wish, and *at behind it. false: there is none. */
static bool next_wish(const char **at, struct wish *wish) {
  if (*at == NULL || **at == '\0')
    return false;
  *wish = (struct wish){.text = *at, .length = strcspn(*at, ",")};
  *at += wish->length;
  *at += **at == ',';
  return true;
}

/* Whether each % of the path is one of %p, %n, %%. */
static bool is_template(const struct wish *wish) {
  const char *end = wish->text + wish->length;
  for (const char *at = wish->path; at < end; at++) {
    if (*at != '%')
      continue;
    at++;
    if (at == end || (*at != 'p' && *at != 'n' && *at != '%'))
      return false;
  }
  return true;
}

/* Reads the wish. NULL, or what is wrong with it. */
static const char *read_wish(struct wish *wish) {
  char name[16] = "";
  const char *colon = memchr(wish->text, ':', wish->length);
  const size_t length = colon == NULL ? wish->length : (size_t)(colon - wish->text);
  if (length < sizeof name)
    memcpy(name, wish->text, length);
  if (synched_format_parse(&wish->format, name) != 0)
    return "there is no such form; there are table, json, csv, trace, perfetto, html, prometheus";
  if (colon == NULL)
    return wish->format == SYNCHED_FORMAT_TABLE ? NULL : "it needs a path: FORM:PATH";
  wish->path = colon + 1;
  if (length + 1 == wish->length)
    return "the path is empty";
  return is_template(wish) ? NULL : "in a path, % is followed by p, n or %";
}

/* --- complaints --- */

static void complain(const char *text, size_t length, const char *sentence) {
  struct synched__pipe_guard guard;
  char shown[80];
  size_t at = 0;
  for (; at < length && at + 1 < sizeof shown; at++) {
    shown[at] = text[at];
    if ((unsigned char)text[at] < 0x20 || (unsigned char)text[at] >= 0x7f)
      shown[at] = '?';
  }
  shown[at] = '\0';
  synched__pipe_guard_begin(&guard);
  fprintf(stderr, "synched: SYNCHED_REPORT: %s%s: %s\n", shown, at < length ? "..." : "", sentence);
  synched__pipe_guard_end(&guard);
}

/* Only of the first thing that is wrong, and once. */
static void complain_once(const struct wish *wish, const char *sentence) {
  static _Atomic uint32_t has_complained;
  if (synched__exchange_relaxed(&has_complained, 1) == 0)
    complain(wish->text, wish->length, sentence);
}

/* --- what is recorded --- */

/* Levels in the order of how much they have. */
static enum synched_record level_of(enum synched_format format) {
  switch (format) {
  case SYNCHED_FORMAT_TRACE:
  case SYNCHED_FORMAT_PERFETTO:
    return SYNCHED_RECORD_TASKS;
  case SYNCHED_FORMAT_HTML:
    return SYNCHED_RECORD_ROUNDS;
  default:
    return SYNCHED_RECORD_TOTALS;
  }
}

enum synched_record synched__environment_record(void) {
  enum synched_record most = SYNCHED_RECORD_TOTALS;
  const char *at = synched__variable_report();
  struct wish wish;
  while (next_wish(&at, &wish)) {
    const char *wrong = read_wish(&wish);
    if (wrong != NULL)
      complain_once(&wish, wrong);
    else if (level_of(wish.format) > most)
      most = level_of(wish.format);
  }
  return most;
}

/* --- writing --- */

static void append(struct path *path, const char *text, size_t length) {
  if (length < sizeof path->text - path->length) {
    memcpy(path->text + path->length, text, length);
    path->length += length;
    path->text[path->length] = '\0';
  } else {
    path->length = sizeof path->text; /* too long, and nothing fits any more */
  }
}

/* The job's name as a part of a file's name: it leads into no other folder, and is not hidden. */
static void append_name(struct path *path, const char *name) {
  char clean[sizeof((struct synched_report *)NULL)->name];
  synched__unicode_clean(clean, sizeof clean, name);
  if (clean[0] == '.')
    clean[0] = '_';
  for (char *at = clean; *at != '\0'; at++) {
    const unsigned char byte = (unsigned char)*at, next = (unsigned char)at[1];
    /* U+0080 .. U+009F are controls, too. What is clean has no other byte behind this one. */
    const bool is_wide_control = byte == 0xc2 && next < 0xa0;
    if (is_wide_control)
      at[1] = '_';
    if (byte < 0x20 || byte == 0x7f || byte == '/' || is_wide_control)
      *at = '_';
  }
  append(path, clean[0] == '\0' ? "_" : clean, clean[0] == '\0' ? 1 : strlen(clean));
}

static void make_path(struct path *path, const struct wish *wish,
                      const struct synched_report *report) {
  const char *end = wish->text + wish->length;
  path->length = 0;
  for (const char *at = wish->path; at < end; at++) {
    char number[16];
    if (*at != '%') {
      append(path, at, 1);
      continue;
    }
    at++;
    if (*at == '%')
      append(path, at, 1);
    else if (*at == 'n')
      append_name(path, report->name);
    else
      append(path, number, (size_t)snprintf(number, sizeof number, "%u", report->process));
  }
}

/* To standard error, which other threads are kept from meanwhile. */
static int write_here(const struct synched_report *report, enum synched_format format) {
  flockfile(stderr);
  const int status = synched_report_write_to(report, format, stderr);
  funlockfile(stderr);
  return status;
}

static void fulfil(const struct wish *wish, const struct synched_report *report) {
  struct synched__pipe_guard guard;
  struct path path;
  int status;
  if (wish->path == NULL) {
    synched__pipe_guard_begin(&guard);
    status = write_here(report, wish->format);
    synched__pipe_guard_end(&guard);
  } else {
    make_path(&path, wish, report);
    if (path.length >= sizeof path.text) {
      complain(wish->text, wish->length, "the path is too long");
      return;
    }
    synched__pipe_guard_begin(&guard);
    status = synched_report_write(report, wish->format, path.text);
    synched__pipe_guard_end(&guard);
  }
  if (status != 0)
    complain(wish->text, wish->length, synched_error_message());
}

void synched__environment_write(const struct synched_report *report) {
  const char *at = synched__variable_report();
  if (at == NULL)
    return;
  char sentence[256];
  const int number = errno;
  struct wish wish;
  (void)snprintf(sentence, sizeof sentence, "%s", synched_error_message());
  while (next_wish(&at, &wish))
    if (read_wish(&wish) == NULL)
      fulfil(&wish, report);
  synched__explain("%s", sentence);
  errno = number;
}
