/*
 * request_list.h: requests in the order in which they came (internal).
 */
#ifndef SYNCHED_JOB_REQUEST_LIST_H
#define SYNCHED_JOB_REQUEST_LIST_H

#include <stddef.h>

#include "platform/alloc.h"

#include <synched/job.h>

struct synched__request {
  struct synched__request *next;
  struct synched_steered steered;
};

struct synched__request_list {
  struct synched__request *first, *last;
};

static inline void synched__request_append(struct synched__request_list *list,
                                           struct synched__request *request) {
  request->next = NULL;
  if (list->last != NULL)
    list->last->next = request;
  else
    list->first = request;
  list->last = request;
}

/* NULL: there is none. */
static inline struct synched__request *
synched__request_take_first(struct synched__request_list *list) {
  struct synched__request *first = list->first;
  if (first == NULL)
    return NULL;
  list->first = first->next;
  if (first->next == NULL)
    list->last = NULL;
  return first;
}

static inline void synched__requests_free_all(struct synched__request_list *list) {
  struct synched__request *request;
  while ((request = synched__request_take_first(list)) != NULL)
    synched__free(request);
}

#endif
