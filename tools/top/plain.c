#include "plain.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "view.h"

/* A monitor sends four frames a second. */
#define PATIENCE_MS 10000
/* So that there is something between them. */
#define FRAMES 2u
#define COLUMNS 80u
#define LANE_ROWS_MOST 2048u

/* The next line, for which it waits; NULL: error says why there is none. */
static const char *next_line(struct top_stream *stream, size_t *length, char *error, size_t room) {
  for (;;) {
    const char *line = top_stream_line(stream, length);
    if (line != NULL)
      return line;
    struct pollfd polled = {.fd = stream->descriptor, .events = POLLIN};
    if (poll(&polled, 1, PATIENCE_MS) == 0) {
      (void)snprintf(error, room, "nothing comes from it");
      return NULL;
    }
    const enum top_read got = top_stream_read(stream);
    if (got == TOP_READ_SOME || got == TOP_READ_NOTHING)
      continue;
    (void)snprintf(error, room, "%s",
                   got == TOP_READ_END ? "it has ended" : "what comes is not what a monitor sends");
    return NULL;
  }
}

/* Takes the next line into the model; FOREIGN and ERROR: error says what was wrong. */
static enum top_line take_next(struct top_stream *stream, struct top_model *model, char *error,
                               size_t room, const char **line) {
  size_t length;
  *line = next_line(stream, &length, error, room);
  if (*line == NULL)
    return TOP_LINE_ERROR;
  const enum top_line kind = top_model_take(model, *line, length);
  if (kind == TOP_LINE_ERROR)
    (void)snprintf(error, room, "%s", model->frame.error);
  if (kind == TOP_LINE_FOREIGN)
    (void)snprintf(error, room, "what comes is not what a monitor sends");
  return kind;
}

static bool is_wrong(enum top_line kind) {
  return kind == TOP_LINE_ERROR || kind == TOP_LINE_FOREIGN;
}

static void put_line(struct top_paper *paper, enum top_mark mark, const char *line) {
  size_t length = strlen(line);
  (void)paper;
  (void)mark;
  while (length > 0 && line[length - 1] == ' ')
    length--;
  (void)printf("%.*s\n", (int)length, line);
}

static void print(const struct top_model *model) {
  struct top_paper paper = {.columns = COLUMNS, .put = put_line};
  top_view_title(&paper, model, "");
  if (model->view_count == 0)
    return;
  top_view_table(&paper, model,
                 &(struct top_rows){.count = model->view_count, .chosen = model->view_count});
  for (size_t i = 0; i < model->view_count; i++) {
    (void)printf("\n");
    (void)top_view_job(&paper, model, &model->views[i], 0, LANE_ROWS_MOST);
  }
}

int top_plain_once(struct top_stream *stream, char *error, size_t room) {
  struct top_model model = {.frame_count = 0};
  enum top_line kind = TOP_LINE_HELLO;
  const char *line;
  /* A program that ends after the first frame is shown as it was then. */
  while (model.frame_count < FRAMES && !is_wrong(kind))
    kind = take_next(stream, &model, error, room, &line);
  const bool shows = model.frame_count != 0 && kind != TOP_LINE_FOREIGN;
  if (shows)
    print(&model);
  top_model_free(&model);
  return shows ? 0 : 1;
}

int top_plain_json(struct top_stream *stream, bool once, char *error, size_t room) {
  struct top_model model = {.frame_count = 0};
  const char *line;
  enum top_line kind = take_next(stream, &model, error, room, &line);
  while (!is_wrong(kind)) {
    if (puts(line) < 0 || (kind == TOP_LINE_END && fflush(stdout) != 0)) {
      (void)snprintf(error, room, "the output cannot be written");
      break;
    }
    if (once && kind == TOP_LINE_END)
      break;
    kind = take_next(stream, &model, error, room, &line);
  }
  const bool is_well = model.frame_count != 0 && kind != TOP_LINE_FOREIGN && ferror(stdout) == 0;
  top_model_free(&model);
  return is_well ? 0 : 1;
}
