/*
 * page.h: the page of an HTML report, as the build has put it into the library (internal).
 *
 * page.html has holes, {{name}}, which html.c fills.
 */
#ifndef SYNCHED_REPORT_PAGE_H
#define SYNCHED_REPORT_PAGE_H

#include <stddef.h>

struct synched__page_text {
  const unsigned char *bytes;
  size_t size;
};

struct synched__page {
  struct synched__page_text page, style, script;
  /* Chart.js; empty: the library was built without it */
  struct synched__page_text chart;
  /* what a browser may load and run */
  const char *policy;
};

extern const struct synched__page synched__page;

#endif
