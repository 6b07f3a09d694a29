/*
 * top_frames.c: synched-top reads what comes from a monitor, and shows it: whatever comes, no line
 * is wider than its paper, and nothing in it moves the cursor.
 */
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wchar.h>

#include "fuzz.h"
#include "model.h"
#include "stream.h"
#include "view.h"

#define LANE_ROWS 20u

static void put_line(struct top_paper *paper, enum top_mark mark, const char *line) {
  wchar_t wide[TOP_LINE_ROOM];
  (void)mark;
  const size_t length = mbstowcs(wide, line, TOP_LINE_ROOM);
  FUZZ_CHECK(length != (size_t)-1, "a line cannot be shown");
  const int columns = wcswidth(wide, length);
  FUZZ_CHECK(columns >= 0 && (unsigned)columns <= paper->columns, "a line takes %d columns of %u",
             columns, paper->columns);
}

static void show(const struct top_model *model, unsigned columns) {
  struct top_paper paper = {.columns = columns, .put = put_line};
  top_view_title(&paper, model, "");
  top_view_table(&paper, model, &(struct top_rows){.count = model->view_count, .chosen = 0});
  for (size_t i = 0; i < model->view_count; i++) {
    const struct top_view *view = &model->views[i];
    FUZZ_CHECK(i == 0 || view[-1].now.number < view->now.number, "jobs are out of order");
    for (unsigned w = 0; w < view->now.worker_count; w++)
      FUZZ_CHECK(top_view_lane(view, w) >= 0 && top_view_lane(view, w) <= 1, "a lane is too long");
    (void)top_view_job(&paper, model, view, 0, LANE_ROWS);
    FUZZ_CHECK(top_view_job_rows(model, view) >= 3, "a job takes no lines");
  }
}

/* A stream that has these bytes, and then ends. */
static void open_stream(struct top_stream *stream, const uint8_t *bytes, size_t count) {
  int ends[2];
  FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 &&
                 (count == 0 || send(ends[1], bytes, count, MSG_DONTWAIT) == (ssize_t)count),
             "there is no socket");
  (void)close(ends[1]);
  *stream = (struct top_stream){.descriptor = ends[0]};
}

/* As top_plain_once does. */
static void take_all(struct top_stream *stream, unsigned columns) {
  struct top_model model = {.frame_count = 0};
  enum top_line kind = TOP_LINE_HELLO;
  size_t length;
  for (;;) {
    const char *line = top_stream_line(stream, &length);
    if (line == NULL && top_stream_read(stream) != TOP_READ_SOME)
      break;
    if (line == NULL)
      continue;
    kind = top_model_take(&model, line, length);
    if (kind == TOP_LINE_FOREIGN || kind == TOP_LINE_ERROR)
      break;
    show(&model, columns);
  }
  top_model_free(&model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_bytes bytes = {data, size};
  struct top_stream stream;
  (void)setlocale(LC_CTYPE, "C.UTF-8");
  const unsigned columns = 1 + fuzz_take_byte(&bytes);
  open_stream(&stream, bytes.at, bytes.left);
  take_all(&stream, columns);
  top_stream_close(&stream);
  return 0;
}
