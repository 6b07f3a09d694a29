/*
 * model.h: the jobs of the program, and what they did between two frames.
 */
#ifndef TOP_MODEL_H
#define TOP_MODEL_H

#include "frame.h"

/* What the job did between `before` and `now`. A share below 0 is not known. */
struct top_figures {
  double rounds_per_second;
  double efficiency, serial, balance, scheduling, utilisation;
  double shares[TOP_SHARES_MOST];
};

struct top_view {
  struct top_job now;
  struct top_job before;    /* when its last round was an earlier one */
  bool has_before;          /* false: the figures are of the whole run */
  bool is_idle;             /* it has published no round for longer than its rounds take */
  uint64_t frame;           /* in which it was last seen */
  uint64_t round_ns;        /* since its last round that is known of */
  struct top_figures last;  /* of the last interval */
  struct top_figures whole; /* of the run */
};

struct top_model {
  struct top_frame frame; /* the line that is read */
  bool has_hello;
  uint64_t frame_count;   /* complete ones */
  struct top_view *views; /* [view_count] in the order of their numbers */
  size_t view_count, view_room;
};

/* Takes a line in; at the end of a frame, jobs that were not in it are gone. What the line was. */
enum top_line top_model_take(struct top_model *model, const char *line, size_t length);
void top_model_free(struct top_model *model);

/* How much of the last interval a worker computed, 0 .. 1. */
double top_view_lane(const struct top_view *view, unsigned worker);

#endif
