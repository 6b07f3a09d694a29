/*
 * advice.c: a stub.
 */
#include "base/error.h"

#include <synched/report.h>

int synched_report_advice(const struct synched_report *report, size_t index,
                          struct synched_report_advice *out) {
  if (report == NULL || out == NULL)
    return synched__fail(SYNCHED_EINVAL, "the report is NULL");
  return synched__fail(SYNCHED_ENOENT, "there is no advice %zu", index);
}
