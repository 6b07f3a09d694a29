#include "job/checked.h"

#include <string.h>

#include "base/error.h"
#include "engine/check.h"
#include "job/job.h"
#include "platform/variable.h"

int synched__checked_read(struct synched_job_options *options) {
  const char *asked = synched__variable_check();
  if ((options->flags & SYNCHED_JOB_CHECKED_TWICE) != 0)
    options->flags |= SYNCHED_JOB_CHECKED;
  if (asked == NULL || strcmp(asked, "0") == 0)
    return 0;
  if (strcmp(asked, "1") != 0 && strcmp(asked, "2") != 0)
    return synched__fail(SYNCHED_EINVAL,
                         "SYNCHED_CHECK is \"%s\" in the environment; it is 1, 2 or 0", asked);
  options->flags |= SYNCHED_JOB_CHECKED;
  if (asked[0] == '2')
    options->flags |= SYNCHED_JOB_CHECKED_TWICE;
  return 0;
}

int synched__checked_create(struct synched_job *job) {
  const struct synched_job_options *options = &job->setup.options;
  const struct synched_memory *memories[SYNCHED_FIELDS_MAX] = {job->work.memory};
  const struct synched_reads *reads[SYNCHED_STAGES_MAX] = {&options->reads};
  if ((options->flags & SYNCHED_JOB_CHECKED) == 0)
    return 0;
  for (unsigned f = 1; f < options->field_count; f++)
    memories[f] = options->fields[f - 1];
  for (unsigned s = 0; s < options->stage_count; s++)
    reads[s] = &options->stages[s].reads;
  return synched__check_create(
      &job->work.check, &(struct synched__check_options){
                            .work = &job->work,
                            .memories = memories,
                            .field_count = options->field_count,
                            .reads = reads,
                            .stage_count = job->work.stage_count,
                            .wants_same = (options->flags & SYNCHED_JOB_CHECKED_TWICE) != 0});
}
