#include "run.h"

void cg_run_init(struct cg_run *out, const struct cg_system *system, size_t segments_max) {
  *out = (struct cg_run){.system = system};
  cg_cut_make(&out->cut, &system->matrix,
              segments_max > 0 ? segments_max : cg_cut_count(&system->matrix));
  for (size_t s = 0; s < out->cut.segment_count; s++) {
    const struct cg_rows rows = cg_cut_rows(&out->cut, s);
    out->first_square += cg_square(rows.end - rows.first, system->right + rows.first);
  }
}
