/*
 * advice.c: nothing is advised yet.
 */
#include "report/model.h"

#include "base/error.h"
#include "base/options.h"

#include <synched/status.h>

int synched_report_advice(const struct synched_report *report, size_t index,
                          struct synched_report_advice *out) {
  (void)index;
  (void)out;
  if (report == NULL)
    return synched__fail(SYNCHED_EINVAL, "the report is NULL");
  return synched__fail(SYNCHED_ENOENT, "there is no more advice");
}
