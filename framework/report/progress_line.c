/*
 * progress_line.c: a job's progress in one line of a terminal.
 *
 * The parts of the line are made first, and then fitted: the bar takes the room that the words
 * leave, and where they leave none, words are left out, too.
 */
#include "report/progress_line.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "platform/terminal.h"
#include "report/text.h"

#define COLUMNS_MOST 250u
#define NAME_COLUMNS_MOST 24u
#define BAR_MOST 40u
#define BAR_STEP 10u /* so that its width does not change with every number */

/* Words, which end between two characters. */
struct part {
  char bytes[160];
};

__attribute__((format(printf, 1, 2))) static struct part part_of(const char *format, ...) {
  struct part part;
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(part.bytes, sizeof part.bytes, format, arguments);
  va_end(arguments);
  return part;
}

static bool is_continuation(char byte) {
  return ((unsigned char)byte & 0xc0u) == 0x80u;
}

/* A character beyond ASCII takes two columns at most. */
static unsigned columns_of(char first) {
  return (unsigned char)first < 0x80u ? 1 : 2;
}

/* Appends what fits of it into so many columns in all. */
static void append(struct synched__progress_line *line, const char *text, unsigned limit) {
  size_t at = strlen(line->bytes);
  while (*text != '\0' && line->columns + columns_of(*text) <= limit) {
    line->columns += columns_of(*text);
    do
      line->bytes[at++] = *text++;
    while (is_continuation(*text));
  }
  line->bytes[at] = '\0';
}

static unsigned width_of(const struct part *part) {
  unsigned columns = 0;
  for (const char *at = part->bytes; *at != '\0'; at++)
    columns += is_continuation(*at) ? 0 : columns_of(*at);
  return columns;
}

/* "4 s", "2 min 5 s". */
static struct synched__text text_of_left(uint64_t ns) {
  struct synched__text text;
  const uint64_t seconds = ns / 1000000000u + (ns % 1000000000u != 0);
  if (seconds >= 60)
    return synched__text_of_duration(ns);
  (void)snprintf(text.bytes, sizeof text.bytes, "%u s", (unsigned)seconds);
  return text;
}

static struct part counts_of(const struct synched_progress *progress) {
  if (progress->round_count == 0)
    return part_of("%s rounds", synched__text_of_count(progress->done_count).bytes);
  return part_of("%s of %s rounds", synched__text_of_count(progress->done_count).bytes,
                 synched__text_of_count(progress->round_count).bytes);
}

/* Whole ones of so many that its rounds make in all, of which it has an end. Nothing is rounded
 * before the division: 29 rounds of 100 are 29 %. */
static unsigned done_of(const struct synched_progress *progress, unsigned all) {
  if (progress->done_count >= progress->round_count)
    return all;
  return (unsigned)((double)progress->done_count * all / (double)progress->round_count);
}

static struct part rate_of(const struct synched_progress *progress) {
  if (progress->paused)
    return part_of(", paused");
  if (!(progress->per_second > 0.0))
    return part_of("%s", "");
  if (progress->per_second < 1.0 && progress->per_second > 1e-9)
    return part_of(", one per %s",
                   synched__text_of_duration((uint64_t)(1e9 / progress->per_second)).bytes);
  return part_of(", %s per second", synched__text_of_number(progress->per_second).bytes);
}

static struct part time_of(const struct synched_progress *progress) {
  if (progress->round_count == 0)
    return part_of(", for %s", text_of_left(progress->elapsed_ns).bytes);
  if (progress->paused || progress->left_ns == SYNCHED_PROGRESS_UNKNOWN)
    return part_of("%s", "");
  return part_of(", %s left", text_of_left(progress->left_ns).bytes);
}

static void append_bar(struct synched__progress_line *line, unsigned full, unsigned width) {
  char bar[BAR_MOST + 4] = " [";
  for (unsigned i = 0; i < width; i++)
    bar[2 + i] = (char)(i < full ? '=' : i == full ? '>' : ' ');
  bar[2 + width] = ']';
  bar[3 + width] = '\0';
  append(line, bar, COLUMNS_MOST);
}

void synched__progress_line_make(struct synched__progress_line *out,
                                 const struct synched_progress *progress, const char *note,
                                 unsigned columns) {
  const unsigned limit = columns < 2 ? 0 : columns - 1 < COLUMNS_MOST ? columns - 1 : COLUMNS_MOST;
  const bool has_end = progress->round_count != 0;
  struct part name, said = {""};
  struct part words[] = {counts_of(progress), rate_of(progress), time_of(progress), said};
  synched__text_of_name(name.bytes, sizeof name.bytes,
                        progress->name == NULL ? "job" : progress->name);
  if (note != NULL && note[0] != '\0') {
    words[3] = (struct part){", "};
    synched__text_of_name(words[3].bytes + 2, sizeof words[3].bytes - 2, note);
  }
  *out = (struct synched__progress_line){.columns = 0};
  append(out, name.bytes, limit < NAME_COLUMNS_MOST ? limit : NAME_COLUMNS_MOST);
  const struct part percent = has_end ? part_of(" %3u %%, ", done_of(progress, 100)) : part_of(" ");
  unsigned needed = out->columns + width_of(&percent);
  for (unsigned i = 0; i < 4; i++)
    needed += width_of(&words[i]);
  if (has_end && needed + 3 + BAR_STEP <= limit) {
    const unsigned room = limit - needed - 3;
    const unsigned width = room < BAR_MOST ? room / BAR_STEP * BAR_STEP : BAR_MOST;
    append_bar(out, done_of(progress, width), width);
  }
  append(out, percent.bytes, limit);
  /* Whole parts only, but of the first. */
  for (unsigned i = 0; i < 4; i++)
    if (i == 0 || out->columns + width_of(&words[i]) <= limit)
      append(out, words[i].bytes, limit);
}

/* To the left edge, the line, and nothing behind it. */
void synched_progress_print(const struct synched_progress *progress, const char *note, FILE *file) {
  if (progress == NULL || file == NULL)
    return;
  const unsigned columns = synched__terminal_columns(file);
  struct synched__progress_line line = {.bytes = ""};
  if (columns == 0)
    return;
  if (!progress->ended)
    synched__progress_line_make(&line, progress, note, columns);
  fprintf(file, "\r%s\033[K", line.bytes);
  (void)fflush(file);
}

void synched_progress_bar(struct synched_job *job, const struct synched_progress *progress,
                          void *user) {
  (void)job;
  (void)user;
  synched_progress_print(progress, NULL, stderr);
}
