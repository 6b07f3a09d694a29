#include "report.h"

#include <stdio.h>
#include <stdlib.h>

/* Into memory that grows as it comes. */
static int write_page(struct dashboard_content *out, const struct synched_report *report,
                      enum synched_format format) {
  char *bytes = NULL;
  size_t byte_count = 0;
  FILE *const file = open_memstream(&bytes, &byte_count);
  if (!file)
    return SYNCHED_ENOMEM;
  int status = synched_report_write_to(report, format, file);
  if (fclose(file) != 0 && status == 0)
    status = SYNCHED_ENOMEM;
  if (status == 0)
    *out = (struct dashboard_content){.bytes = bytes, .byte_count = byte_count, .owned = bytes};
  else
    free(bytes);
  return status;
}

int dashboard_report_content(struct dashboard_content *out, const struct synched_job *job,
                             enum synched_format format) {
  struct synched_report *report;
  int status = synched_job_report(job, &report);
  if (status == 0)
    status = write_page(out, report, format);
  synched_report_destroy(report);
  if (status == 0)
    return 0;
  if (status != SYNCHED_ENOMEM)
    out->reason = synched_error_message();
  return status == SYNCHED_ENOTSUP ? 501 : 500;
}
