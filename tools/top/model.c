#include "model.h"

#include <stdlib.h>
#include <string.h>

/* More jobs than anybody looks at. */
#define VIEWS_MOST 4096u

/* No job is called idle sooner. */
#define IDLE_LEAST_NS UINT64_C(1000000000)

/* What grew from one frame to the next. Estimates may shrink a little: then it did not grow. */
static double grown(uint64_t from, uint64_t to) {
  return to > from ? (double)(to - from) : 0;
}

static double ratio(double part, double whole) {
  return whole > 0 ? (part < whole ? part / whole : 1) : -1;
}

static struct top_figures figures_of(const struct top_job *from, const struct top_job *to,
                                     unsigned share_count) {
  static const struct top_job nothing;
  struct top_figures figures = {0};
  double whole_ns = 0;
  const uint64_t from_ns = from == NULL ? to->start_ns : from->end_ns;
  from = from == NULL ? &nothing : from;
  const double total_ns = grown(from->total_ns, to->total_ns);
  const double parallel_ns = total_ns - grown(from->serial_ns, to->serial_ns);
  const double balanced_ns = parallel_ns - grown(from->imbalance_ns, to->imbalance_ns);
  const double compute_ns = grown(from->share_ns[0], to->share_ns[0]);
  for (unsigned s = 0; s < share_count; s++)
    whole_ns += grown(from->share_ns[s], to->share_ns[s]);
  for (unsigned s = 0; s < share_count; s++)
    figures.shares[s] = ratio(grown(from->share_ns[s], to->share_ns[s]), whole_ns);
  const double elapsed_ns = grown(from_ns, to->end_ns);
  if (elapsed_ns > 0)
    figures.rounds_per_second = 1e9 * grown(from->rounds, to->rounds) / elapsed_ns;
  figures.serial = ratio(parallel_ns > 0 ? parallel_ns : 0, total_ns);
  figures.balance = ratio(balanced_ns > 0 ? balanced_ns : 0, parallel_ns);
  figures.scheduling = ratio(compute_ns, balanced_ns);
  figures.efficiency = ratio(compute_ns, total_ns);
  figures.utilisation = ratio(compute_ns, whole_ns);
  return figures;
}

static bool is_same_run(const struct top_job *a, const struct top_job *b) {
  return a->start_ns == b->start_ns && a->worker_count == b->worker_count && a->rounds <= b->rounds;
}

static void take_into(struct top_view *view, struct top_job *job, unsigned share_count) {
  if (!is_same_run(&view->now, job)) {
    top_job_free(&view->before);
    top_job_free(&view->now);
    view->has_before = false;
  } else if (job->end_ns > view->now.end_ns) {
    top_job_free(&view->before);
    view->before = view->now;
    view->has_before = true;
  } else {
    top_job_free(&view->now);
  }
  view->now = *job;
  view->whole = figures_of(NULL, job, share_count);
  view->last = figures_of(view->has_before ? &view->before : NULL, job, share_count);
}

/* The view of a job, which may be new; NULL: there is no room for it. */
static struct top_view *view_of(struct top_model *model, const struct top_job *job) {
  size_t at = model->view_count;
  while (at > 0 && model->views[at - 1].now.number >= job->number)
    at--;
  if (at < model->view_count && model->views[at].now.number == job->number)
    return &model->views[at];
  if (model->view_count == VIEWS_MOST)
    return NULL;
  if (model->view_count == model->view_room) {
    const size_t room = 2 * model->view_room + 8;
    struct top_view *views = realloc(model->views, room * sizeof *views);
    if (views == NULL)
      return NULL;
    model->views = views;
    model->view_room = room;
  }
  struct top_view *view = &model->views[at];
  memmove(view + 1, view, (model->view_count++ - at) * sizeof *view);
  *view = (struct top_view){.frame = 0};
  return view;
}

static void drop(struct top_model *model, size_t at) {
  struct top_view *view = &model->views[at];
  top_job_free(&view->now);
  top_job_free(&view->before);
  memmove(view, view + 1, (--model->view_count - at) * sizeof *view);
}

static void take_job(struct top_model *model) {
  struct top_job *job = &model->frame.job;
  struct top_view *view = view_of(model, job);
  if (view == NULL) {
    top_job_free(job);
    return;
  }
  take_into(view, job, model->frame.hello.share_count);
  view->frame = model->frame.number;
}

/* How long its rounds take, or took until now. */
static uint64_t usual_ns(const struct top_view *view) {
  const struct top_job *now = &view->now;
  const uint64_t from_ns = view->has_before ? view->before.end_ns : now->start_ns;
  const uint64_t rounds = now->rounds - (view->has_before ? view->before.rounds : 0);
  return rounds == 0 || now->end_ns < from_ns ? 0 : (now->end_ns - from_ns) / rounds;
}

static void end_frame(struct top_model *model) {
  const uint64_t time_ns = model->frame.time_ns;
  for (size_t i = model->view_count; i-- > 0;) {
    struct top_view *view = &model->views[i];
    if (view->frame != model->frame.number) {
      drop(model, i);
      continue;
    }
    const uint64_t usual = 2 * usual_ns(view);
    view->round_ns = time_ns > view->now.end_ns ? time_ns - view->now.end_ns : 0;
    view->is_idle = view->round_ns > (usual > IDLE_LEAST_NS ? usual : IDLE_LEAST_NS);
  }
  model->frame_count++;
}

enum top_line top_model_take(struct top_model *model, const char *line, size_t length) {
  const enum top_line kind = top_frame_read(&model->frame, line, length);
  if (kind == TOP_LINE_HELLO)
    model->has_hello = true;
  else if (kind == TOP_LINE_JOB)
    take_job(model);
  else if (kind == TOP_LINE_END)
    end_frame(model);
  return kind;
}

void top_model_free(struct top_model *model) {
  while (model->view_count != 0)
    drop(model, model->view_count - 1);
  free(model->views);
}

double top_view_lane(const struct top_view *view, unsigned worker) {
  if (view->is_idle)
    return 0;
  const struct top_job *now = &view->now, *before = view->has_before ? &view->before : NULL;
  const uint64_t from_ns = before == NULL ? now->start_ns : before->end_ns;
  const double compute_ns =
      grown(before == NULL ? 0 : before->compute_ns[worker], now->compute_ns[worker]);
  const double share = ratio(compute_ns, grown(from_ns, now->end_ns));
  return share < 0 ? 0 : share;
}
