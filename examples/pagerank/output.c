#include "output.h"

#include <errno.h>
#include <string.h>

#include "common/output.h"

static int refuse(struct example_error *error) {
  return example_fail(error, 0, "cannot be written: %s", strerror(errno));
}

int pagerank_output_check(const char *path, struct example_error *error) {
  if (example_output_check(path) == 0 &&
      (!example_output_is_stdout(path) || example_output_claim_stdout() == 0))
    return 0;
  return refuse(error);
}

int pagerank_output_write(const char *path, const struct pagerank_vertices *vertices,
                          const double *ranks, struct example_error *error) {
  struct example_output out;
  if (example_output_open(&out, path) != 0)
    return refuse(error);
  for (size_t vertex = 0; vertex < vertices->count && !ferror(out.file); vertex++) {
    pagerank_vertices_print(vertices, vertex, out.file);
    fprintf(out.file, "\t%.17g\n", ranks[vertex]);
  }
  return example_output_commit(&out) == 0 ? 0 : refuse(error);
}
