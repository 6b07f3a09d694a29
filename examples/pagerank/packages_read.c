/*
 * Line by line. Most lines are of fields that nobody needs here: they are told by their first bytes
 * and left alone. A line that begins with a blank goes on with the field before it.
 */
#include "packages_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "names.h"

#define NO_PACKAGE SIZE_MAX

struct reader {
  struct pagerank_names names;
  struct pagerank_edges *edges;
  struct example_error *error;
  size_t line;
  size_t package;  /* whose record this is, by its number; NO_PACKAGE: not said yet */
  bool in_depends; /* what goes on in a line that begins with a blank */
};

static int refuse(const struct reader *in, const char *wrong, const char *text) {
  return example_fail(in->error, in->line, "%s: \"%.60s\"", wrong, text);
}

/* How many bytes of a package's name begin here. */
static size_t name_bytes(const char *text) {
  return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-._");
}

static int number(struct reader *in, const char *name, size_t bytes, size_t *out) {
  if (!pagerank_names_number(&in->names, name, bytes, out))
    return example_fail(in->error, in->line, "out of memory after %zu packages", in->names.count);
  if (in->names.count > PAGERANK_VERTICES_MAX)
    return example_fail(in->error, in->line, "more than %zu packages", PAGERANK_VERTICES_MAX);
  return 0;
}

/* Past what may follow a name: an architecture, and versions and conditions in brackets. NULL:
 * something else follows, or a bracket is not closed. */
static const char *skip_conditions(const char *at) {
  if (*at == ':')
    at += 1 + name_bytes(at + 1);
  for (;;) {
    at += strspn(at, " \t");
    if (*at == '\0' || *at == ',' || *at == '|')
      return at;
    static const char open[] = "([<", closed[] = ")]>";
    const char *const bracket = strchr(open, *at);
    if (!bracket)
      return NULL;
    at = strchr(at, closed[bracket - open]);
    if (!at)
      return NULL;
    at++;
  }
}

static int read_depends(struct reader *in, const char *text) {
  const char *at = text;
  if (in->package == NO_PACKAGE)
    return refuse(in, "a dependency before the record says whose it is", text);
  while (*(at += strspn(at, " \t,|")) != '\0') {
    const size_t bytes = name_bytes(at);
    size_t target;
    if (bytes == 0)
      return refuse(in, "this is no package's name", at);
    if (number(in, at, bytes, &target) != 0)
      return -1;
    if (!pagerank_edges_add(in->edges, in->package, target))
      return example_fail(in->error, in->line, "out of memory after %zu dependencies",
                          in->edges->count);
    const char *const behind = skip_conditions(at + bytes);
    if (!behind)
      return refuse(in, "this dependency cannot be read", at);
    at = behind;
  }
  return 0;
}

static int read_package(struct reader *in, const char *text) {
  const char *const name = text + strspn(text, " \t");
  const size_t bytes = name_bytes(name);
  if (bytes == 0 || name[bytes + strspn(name + bytes, " \t")] != '\0')
    return refuse(in, "this is no package's name", name);
  return number(in, name, bytes, &in->package);
}

/* Fields' names are the same in capitals and small letters. NULL: another field. */
static const char *value_of(const char *line, const char *field) {
  const size_t bytes = strlen(field);
  return strncasecmp(line, field, bytes) == 0 ? line + bytes : NULL;
}

static int read_line(struct reader *in, const char *line) {
  const char *value;
  if (*line == ' ' || *line == '\t')
    return in->in_depends ? read_depends(in, line) : 0;
  in->in_depends = false;
  if (*line == '\0') {
    in->package = NO_PACKAGE;
    return 0;
  }
  if ((value = value_of(line, "Package:")))
    return read_package(in, value);
  if ((value = value_of(line, "Depends:")) || (value = value_of(line, "Pre-Depends:"))) {
    in->in_depends = true;
    return read_depends(in, value);
  }
  return strchr(line, ':') ? 0 : refuse(in, "this is no field of a package's record", line);
}

static int read_lines(struct reader *in, FILE *file) {
  char *line = NULL;
  size_t capacity = 0;
  ssize_t bytes;
  int status = 0;
  errno = 0;
  while (status == 0 && (bytes = getline(&line, &capacity, file)) >= 0) {
    while (bytes > 0 && (line[bytes - 1] == '\n' || line[bytes - 1] == '\r'))
      line[--bytes] = '\0';
    in->line++;
    status = read_line(in, line);
  }
  if (status == 0 && !feof(file))
    status = example_fail(in->error, 0, "cannot be read: %s", strerror(errno));
  if (status == 0 && in->names.count == 0)
    status = example_fail(in->error, 0, "there are no packages");
  free(line);
  return status;
}

/* Edges that are equal stand side by side now, and one of them stays. */
static void drop_repeated(struct pagerank_edges *edges) {
  size_t kept = 0;
  for (size_t i = 0; i < edges->count; i++) {
    const struct pagerank_edge edge = edges->list[i];
    if (kept == 0 || edge.from != edges->list[kept - 1].from || edge.to != edges->list[kept - 1].to)
      edges->list[kept++] = edge;
  }
  edges->count = kept;
}

static int finish(struct reader *in, struct pagerank_vertices *vertices) {
  size_t *vertex_of;
  if (!pagerank_names_sort(&in->names, vertices, &vertex_of))
    return example_out_of_memory(in->error);
  for (size_t i = 0; i < in->edges->count; i++) {
    struct pagerank_edge *const edge = &in->edges->list[i];
    *edge = (struct pagerank_edge){vertex_of[edge->from], vertex_of[edge->to]};
  }
  free(vertex_of);
  if (!pagerank_edges_sort(in->edges, PAGERANK_FROM) ||
      !pagerank_edges_sort(in->edges, PAGERANK_TO))
    return example_out_of_memory(in->error);
  drop_repeated(in->edges);
  return 0;
}

int pagerank_packages_read(struct pagerank_edges *edges, struct pagerank_vertices *vertices,
                           FILE *file, struct example_error *error) {
  *edges = (struct pagerank_edges){0};
  *vertices = (struct pagerank_vertices){0};
  struct reader reader = {.edges = edges, .error = error, .package = NO_PACKAGE};
  int status = read_lines(&reader, file);
  if (status == 0)
    status = finish(&reader, vertices);
  pagerank_names_deinit(&reader.names);
  if (status != 0) {
    pagerank_edges_deinit(edges);
    pagerank_vertices_deinit(vertices);
  }
  return status;
}
