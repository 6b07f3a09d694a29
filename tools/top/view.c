#include "view.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

/* Below this an efficiency is marked. */
#define LOW 0.8
/* Shares below this are left out. */
#define SHARE_LEAST 0.0005

#define NAME_COLUMNS 20u
#define SHARE_COLUMNS 24u
/* "  12 cpu  34 #####.... 100.0 %" */
#define LANE_COLUMNS 38u
#define LANE_BAR 14u

/* Puts a line, cut to the paper. */
__attribute__((format(printf, 3, 4))) static void put(struct top_paper *paper, enum top_mark mark,
                                                      const char *format, ...) {
  char whole[2 * TOP_LINE_ROOM], cut[TOP_LINE_ROOM];
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(whole, sizeof whole, format, arguments);
  va_end(arguments);
  top_fit(cut, sizeof cut, whole,
          paper->columns < TOP_COLUMNS_MOST ? paper->columns : TOP_COLUMNS_MOST);
  size_t length = strlen(cut);
  while (mark == TOP_PLAIN && length > 0 && cut[length - 1] == ' ')
    cut[--length] = '\0';
  paper->put(paper, mark, cut);
}

static bool is_low(double share) {
  return share >= 0 && share < LOW;
}

static bool is_recorded(const struct top_job *job) {
  return strcmp(job->record, "off") != 0;
}

static double rate_of(const struct top_view *view) {
  return view->is_idle ? 0 : view->last.rounds_per_second;
}

void top_view_title(struct top_paper *paper, const struct top_model *model, const char *note) {
  const struct top_hello *hello = &model->frame.hello;
  put(paper, TOP_HEAD, "synched-top  %s (%" PRIu64 ")  %zu job%s%s%s", hello->program,
      hello->process, model->view_count, model->view_count == 1 ? "" : "s",
      note[0] == '\0' ? "" : "  ", note);
}

/* --- the table --- */

static void put_row(struct top_paper *paper, const struct top_view *view, bool is_chosen) {
  const struct top_job *job = &view->now;
  const struct top_figures *figures = &view->last;
  char name[4 * NAME_COLUMNS + 1];
  top_fit(name, sizeof name, job->name, NAME_COLUMNS);
  put(paper,
      is_chosen                     ? TOP_CHOSEN
      : is_low(figures->efficiency) ? TOP_LOW
                                    : TOP_PLAIN,
      "%5" PRIu64 " %s %-8s %10s %10s %8s %9s", job->number, name, job->state,
      top_rate(rate_of(view)).bytes, top_percent(figures->efficiency).bytes,
      top_percent(figures->utilisation).bytes,
      job->period_ns == 0 ? "" : top_duration(job->lateness_p99_ns).bytes);
}

void top_view_table(struct top_paper *paper, const struct top_model *model,
                    const struct top_rows *rows) {
  char name[NAME_COLUMNS + 1];
  top_fit(name, sizeof name, "job", NAME_COLUMNS);
  put(paper, TOP_HEAD, "%5s %s %-8s %10s %10s %8s %9s", "", name, "state", "rounds/s", "efficiency",
      "used", "late p99");
  for (size_t i = rows->first; i < model->view_count && i - rows->first < rows->count; i++)
    put_row(paper, &model->views[i], i == rows->chosen);
}

/* --- one job --- */

static void put_head(struct top_paper *paper, const struct top_view *view) {
  const struct top_job *job = &view->now;
  char name[4 * NAME_COLUMNS * 2 + 1];
  top_fit(name, sizeof name, job->name, NAME_COLUMNS * 2);
  size_t length = strlen(name);
  while (length > 0 && name[length - 1] == ' ')
    name[--length] = '\0';
  put(paper, TOP_HEAD, "job %" PRIu64 ", %s: %s, %u worker%s, %s segment%s", job->number, name,
      job->state, job->worker_count, job->worker_count == 1 ? "" : "s",
      top_count(job->segments).bytes, job->segments == 1 ? "" : "s");
}

static void put_rounds(struct top_paper *paper, const struct top_view *view) {
  const struct top_job *job = &view->now;
  put(paper, TOP_PLAIN, "  rounds      %s, %s a second%s%s", top_count(job->rounds).bytes,
      top_rate(rate_of(view)).bytes, view->is_idle ? "; the last one ended " : "",
      view->is_idle ? top_duration(view->round_ns).bytes : "");
  put(paper, TOP_PLAIN, "  calls       %s, %s stolen; %s rounds on one worker; %s sleeps",
      top_count(job->calls).bytes, top_count(job->stolen).bytes, top_count(job->solo).bytes,
      top_count(job->sleeps).bytes);
}

static void put_ticks(struct top_paper *paper, const struct top_job *job) {
  put(paper, TOP_PLAIN, "  lateness    %s now, %s p50, %s p99, %s at most",
      top_duration(job->lateness_last_ns).bytes, top_duration(job->lateness_p50_ns).bytes,
      top_duration(job->lateness_p99_ns).bytes, top_duration(job->lateness_max_ns).bytes);
  put(paper, job->late + job->skipped + job->overruns != 0 ? TOP_LOW : TOP_PLAIN,
      "  ticks       %s every %s; %s late, %s skipped, %s overrun", top_count(job->started).bytes,
      top_duration(job->period_ns).bytes, top_count(job->late).bytes, top_count(job->skipped).bytes,
      top_count(job->overruns).bytes);
}

static void put_deadlines(struct top_paper *paper, const struct top_job *job) {
  put(paper, job->deadline_missed != 0 ? TOP_LOW : TOP_PLAIN,
      "  deadlines   %s of %s missed, %s rounds dropped", top_count(job->deadline_missed).bytes,
      top_duration(job->deadline_ns).bytes, top_count(job->dropped).bytes);
}

static void put_efficiency(struct top_paper *paper, const char *label,
                           const struct top_figures *figures) {
  put(paper, is_low(figures->efficiency) ? TOP_LOW : TOP_PLAIN,
      "  %-11s %s = serial %s x balance %s x scheduling %s", label,
      top_percent(figures->efficiency).bytes, top_percent(figures->serial).bytes,
      top_percent(figures->balance).bytes, top_percent(figures->scheduling).bytes);
}

static void put_shares(struct top_paper *paper, const struct top_model *model,
                       const struct top_view *view) {
  char bar[SHARE_COLUMNS + 1];
  for (unsigned s = 0; s < model->frame.hello.share_count; s++) {
    if (view->whole.shares[s] < SHARE_LEAST)
      continue;
    top_bar(bar, sizeof bar, view->last.shares[s], SHARE_COLUMNS);
    put(paper, TOP_PLAIN, "  %s %8s  %s", bar, top_percent(view->last.shares[s]).bytes,
        model->frame.hello.shares[s]);
  }
}

static unsigned lanes_in_a_row(const struct top_paper *paper) {
  return paper->columns / LANE_COLUMNS == 0 ? 1 : paper->columns / LANE_COLUMNS;
}

/* A lane as one character: tenths of the time. */
static char tenths(double share) {
  const unsigned count = (unsigned)(share * 10 + 0.5);
  if (share < 0.005)
    return '.';
  if (count >= 10)
    return '#';
  return (char)('0' + count);
}

/* A line of lanes, a character each, ten and ten together. */
static unsigned put_small_lanes(struct top_paper *paper, const struct top_view *view,
                                unsigned first) {
  char line[TOP_LINE_ROOM];
  size_t length = (size_t)snprintf(line, sizeof line, "%5u ", first);
  unsigned worker = first;
  while (worker < view->now.worker_count && length + 12 <= paper->columns &&
         length + 12 < sizeof line) {
    line[length++] = ' ';
    for (unsigned i = 0; i < 10 && worker < view->now.worker_count; i++)
      line[length++] = tenths(top_view_lane(view, worker++));
  }
  line[length] = '\0';
  put(paper, TOP_PLAIN, "%s", line);
  return worker - first;
}

static unsigned put_large_lanes(struct top_paper *paper, const struct top_view *view,
                                unsigned first) {
  const struct top_job *job = &view->now;
  char line[TOP_LINE_ROOM] = "", bar[LANE_BAR + 1], cpu[16];
  size_t length = 0;
  unsigned worker = first;
  for (unsigned i = 0; i < lanes_in_a_row(paper) && worker < job->worker_count; i++, worker++) {
    const double share = top_view_lane(view, worker);
    top_bar(bar, sizeof bar, share, LANE_BAR);
    if (job->cpus[worker] < 0)
      (void)snprintf(cpu, sizeof cpu, "%7s", "");
    else
      (void)snprintf(cpu, sizeof cpu, "cpu%4" PRId64, job->cpus[worker] % 10000);
    length += (size_t)snprintf(line + length, sizeof line - length, "%5u %s %s %7s  ", worker, cpu,
                               bar, top_percent(share).bytes);
    if (length >= sizeof line)
      break;
  }
  put(paper, TOP_PLAIN, "%s", line);
  return worker - first;
}

/* Neighbours are beside each other. Where there is no room for all as bars, each is a character. */
static unsigned put_lanes(struct top_paper *paper, const struct top_view *view, unsigned first,
                          unsigned rows) {
  const unsigned all = view->now.worker_count;
  const bool is_small = (all + lanes_in_a_row(paper) - 1) / lanes_in_a_row(paper) > rows;
  unsigned worker = first;
  for (unsigned row = 0; row < rows && worker < all; row++) {
    const unsigned count =
        is_small ? put_small_lanes(paper, view, worker) : put_large_lanes(paper, view, worker);
    if (count == 0)
      break;
    worker += count;
  }
  return worker - first;
}

unsigned top_view_job_rows(const struct top_model *model, const struct top_view *view) {
  unsigned rows =
      3u + (view->now.period_ns != 0 ? 2u : 0u) + (view->now.deadline_ns != 0 ? 1u : 0u);
  if (!is_recorded(&view->now))
    return rows + 1;
  for (unsigned s = 0; s < model->frame.hello.share_count; s++)
    rows += view->whole.shares[s] >= SHARE_LEAST;
  return rows + 3;
}

unsigned top_view_job(struct top_paper *paper, const struct top_model *model,
                      const struct top_view *view, unsigned first_lane, unsigned lane_rows) {
  const struct top_job *job = &view->now;
  put_head(paper, view);
  put_rounds(paper, view);
  if (job->period_ns != 0)
    put_ticks(paper, job);
  if (job->deadline_ns != 0)
    put_deadlines(paper, job);
  if (!is_recorded(job)) {
    put(paper, TOP_PLAIN, "  nothing else is recorded of it (SYNCHED_RECORD_OFF)");
    return 0;
  }
  put_efficiency(paper, "efficiency", &view->last);
  put_efficiency(paper, "whole run", &view->whole);
  put_shares(paper, model, view);
  put(paper, TOP_PLAIN, "  workers, and how much of the time each computes:");
  return put_lanes(paper, view, first_lane, lane_rows);
}
