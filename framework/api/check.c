#include "api/check.h"

#include "base/error.h"

int synched__job_check(const struct synched_job *job) {
  if (job == NULL)
    return synched__fail(SYNCHED_EINVAL, "the job is NULL");
  if (synched__is_foreign(job->setup.generation))
    return synched__process_refuse("job");
  return 0;
}
