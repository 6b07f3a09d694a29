/*
 * screen.c: one loop over the keys and the lines that come. What comes is always taken, so that the
 * program's monitor never finds a viewer that does not read; a paused view only does not change.
 */
#include "screen.h"

#include <errno.h>
#include <ncurses.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "view.h"

/* How long nothing comes before the title says so. */
#define QUIET_MS 3000
#define ESCAPE_MS 25
/* The table takes no more than this part of the screen while there is more to show. */
#define TABLE_PART 3u

struct screen {
  struct top_paper paper; /* first: its functions get this */
  struct top_model model;
  unsigned row;        /* the next line */
  uint64_t chosen;     /* the job's number */
  size_t first_row;    /* of the table */
  unsigned first_lane; /* of the job's workers */
  unsigned lanes_shown;
  bool paused, ended, quiet, left;
};

/* --- drawing --- */

static void put_line(struct top_paper *paper, enum top_mark mark, const char *line) {
  static const attr_t marks[] = {
      [TOP_PLAIN] = A_NORMAL, [TOP_HEAD] = A_BOLD, [TOP_CHOSEN] = A_REVERSE, [TOP_LOW] = A_NORMAL};
  struct screen *screen = (struct screen *)paper;
  if (screen->row >= (unsigned)LINES)
    return;
  const attr_t attributes = marks[mark] | (mark == TOP_LOW ? COLOR_PAIR(1) : 0);
  (void)attron(attributes);
  (void)mvaddstr((int)screen->row++, 0, line);
  (void)attroff(attributes);
}

/* Where the chosen job is now; the nearest one, if it has gone. */
static size_t chosen_index(struct screen *screen) {
  const struct top_model *model = &screen->model;
  size_t at = 0;
  while (at + 1 < model->view_count && model->views[at].now.number < screen->chosen)
    at++;
  if (model->view_count != 0)
    screen->chosen = model->views[at].now.number;
  return at;
}

static const char *note_of(const struct screen *screen) {
  return screen->ended    ? "it has ended; q quits"
         : screen->quiet  ? "nothing comes from it"
         : screen->paused ? "paused; p goes on"
                          : "q quits, arrows choose, p pauses";
}

static unsigned less(unsigned whole, unsigned part) {
  return whole > part ? whole - part : 0;
}

static void draw_jobs(struct screen *screen, unsigned lines) {
  const struct top_model *model = &screen->model;
  const size_t chosen = chosen_index(screen);
  const struct top_view *view = &model->views[chosen];
  const unsigned job_rows = top_view_job_rows(model, view) + 1;
  unsigned rows = less(lines, job_rows + 3); /* title, head of the table, an empty line */
  if (rows < lines / TABLE_PART)
    rows = lines / TABLE_PART;
  if (rows > model->view_count)
    rows = (unsigned)model->view_count;
  if (chosen < screen->first_row || rows == 0)
    screen->first_row = chosen;
  else if (chosen >= screen->first_row + rows)
    screen->first_row = chosen - rows + 1;
  if (screen->first_row + rows > model->view_count)
    screen->first_row = model->view_count - rows;
  top_view_table(&screen->paper, model, &(struct top_rows){screen->first_row, rows, chosen});
  screen->row++;
  if (screen->first_lane >= view->now.worker_count)
    screen->first_lane = 0;
  const unsigned above = screen->row + job_rows - 1;
  screen->lanes_shown =
      top_view_job(&screen->paper, model, view, screen->first_lane, less(lines, above));
}

static void draw(struct screen *screen) {
  const unsigned lines = LINES > 0 ? (unsigned)LINES : 0;
  screen->paper.columns = COLS > 0 ? (unsigned)COLS : 0;
  screen->row = 0;
  (void)erase();
  top_view_title(&screen->paper, &screen->model, note_of(screen));
  if (screen->model.view_count != 0)
    draw_jobs(screen, lines);
  (void)refresh();
}

/* --- keys --- */

static void choose(struct screen *screen, int step) {
  const struct top_model *model = &screen->model;
  if (model->view_count == 0)
    return;
  const size_t at = chosen_index(screen);
  if (step < 0 && at > 0)
    screen->chosen = model->views[at - 1].now.number;
  if (step > 0 && at + 1 < model->view_count)
    screen->chosen = model->views[at + 1].now.number;
  screen->first_lane = 0;
}

static void turn_lanes(struct screen *screen, int step) {
  if (step > 0)
    screen->first_lane += screen->lanes_shown; /* beyond the last: begins anew */
  else
    screen->first_lane = less(screen->first_lane, screen->lanes_shown);
}

static void take_key(struct screen *screen, int key) {
  switch (key) {
  case 'q':
  case 'Q':
    screen->left = true;
    break;
  case 'p':
  case 'P':
  case ' ':
    screen->paused = !screen->paused;
    break;
  case KEY_UP:
  case 'k':
    choose(screen, -1);
    break;
  case KEY_DOWN:
  case 'j':
    choose(screen, 1);
    break;
  case KEY_LEFT:
    turn_lanes(screen, -1);
    break;
  case KEY_RIGHT:
    turn_lanes(screen, 1);
    break;
  default: /* also KEY_RESIZE: it is drawn anew */
    break;
  }
}

/* --- lines --- */

/* false: what came is no monitor's; error says so. */
static bool take_lines(struct screen *screen, struct top_stream *stream, char *error, size_t room) {
  size_t length;
  for (;;) {
    const enum top_read got = top_stream_read(stream);
    const char *line = NULL;
    /* A paused view stays as it is; the lines are read all the same. */
    while ((line = top_stream_line(stream, &length)) != NULL) {
      const enum top_line kind =
          screen->paused ? TOP_LINE_JOB : top_model_take(&screen->model, line, length);
      if (kind == TOP_LINE_ERROR)
        (void)snprintf(error, room, "%s", screen->model.frame.error);
      if (kind == TOP_LINE_FOREIGN)
        (void)snprintf(error, room, "what comes is not what a monitor sends");
      if (kind == TOP_LINE_ERROR || kind == TOP_LINE_FOREIGN)
        return false;
    }
    if (got == TOP_READ_END)
      screen->ended = true;
    if (got == TOP_READ_TOO_LONG)
      (void)snprintf(error, room, "what comes is not what a monitor sends");
    if (got != TOP_READ_SOME)
      return got != TOP_READ_TOO_LONG;
  }
}

static void take_keys(struct screen *screen) {
  for (int key = getch(); key != ERR; key = getch())
    take_key(screen, key);
}

static bool begin(void) {
  if (newterm(NULL, stdout, stdin) == NULL)
    return false;
  (void)cbreak();
  (void)noecho();
  (void)nodelay(stdscr, TRUE);
  (void)keypad(stdscr, TRUE);
  (void)set_escdelay(ESCAPE_MS);
  (void)curs_set(0);
  if (has_colors() && start_color() == OK) {
    (void)use_default_colors();
    (void)init_pair(1, COLOR_YELLOW, -1);
  }
  return true;
}

int top_screen_run(struct top_stream *stream, char *error, size_t room) {
  struct screen screen = {.paper.put = put_line};
  error[0] = '\0';
  if (!begin()) {
    (void)snprintf(error, room, "this terminal is not known (TERM); --once prints a snapshot");
    return 1;
  }
  while (!screen.left && error[0] == '\0') {
    struct pollfd polled[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                              {.fd = screen.ended ? -1 : stream->descriptor, .events = POLLIN}};
    draw(&screen);
    const int found = poll(polled, 2, screen.ended || screen.quiet ? -1 : QUIET_MS);
    if (found < 0 && errno != EINTR)
      break;
    screen.quiet = found == 0;
    take_keys(&screen);
    if (found > 0 && (polled[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0)
      break; /* the terminal is gone */
    if (found > 0 && polled[1].revents != 0)
      (void)take_lines(&screen, stream, error, room);
  }
  (void)endwin();
  top_model_free(&screen.model);
  return error[0] == '\0' ? 0 : 1;
}
