/*
 * view.h: the jobs as lines of text, for a terminal and for a snapshot alike.
 */
#ifndef TOP_VIEW_H
#define TOP_VIEW_H

#include "model.h"

#define TOP_COLUMNS_MOST 400u
#define TOP_LINE_ROOM (4 * TOP_COLUMNS_MOST + 1)

enum top_mark { TOP_PLAIN, TOP_HEAD, TOP_CHOSEN, TOP_LOW };

/* Where lines go. */
struct top_paper {
  unsigned columns;
  void (*put)(struct top_paper *paper, enum top_mark mark, const char *line);
};

/* The line above everything; `note` may be "". */
void top_view_title(struct top_paper *paper, const struct top_model *model, const char *note);

/* A table of the jobs from `first` on, `count` at most; `chosen`: the index of one of them. */
struct top_rows {
  size_t first, count, chosen;
};
void top_view_table(struct top_paper *paper, const struct top_model *model,
                    const struct top_rows *rows);

/* All about one job; its lanes from the worker `first_lane` on, in `lane_rows` lines at most.
 * Returns how many lanes there were room for. */
unsigned top_view_job(struct top_paper *paper, const struct top_model *model,
                      const struct top_view *view, unsigned first_lane, unsigned lane_rows);

/* How many lines top_view_job takes without the lanes. */
unsigned top_view_job_rows(const struct top_model *model, const struct top_view *view);

#endif
