#include "engine/open_round.h"

#include "base/error.h"
#include "platform/alloc.h"

int synched__open_round_create(struct synched__open_round **out, unsigned worker_count) {
  *out = synched__alloc_lines(1, sizeof **out);
  if (*out != NULL) {
    (*out)->homes = synched__alloc_lines(worker_count, sizeof *(*out)->homes);
    if ((*out)->homes != NULL)
      return 0;
    synched__free(*out);
    *out = NULL;
  }
  return synched__fail(SYNCHED_ENOMEM, "no memory for the home ranges of %u workers", worker_count);
}

void synched__open_round_destroy(struct synched__open_round *open) {
  synched__free(open->homes);
  synched__free(open);
}
