/*
 * json.c: rows in a file and back, by jansson.
 */
#include <jansson.h>
#include <string.h>

#include "bench.h"

static json_t *pack(const struct bench_row *row) {
  return json_pack("{s:s, s:s, s:i, s:i, s:s, s:s, s:f, s:f, s:f, s:f}", "family", row->family,
                   "contestant", row->contestant, "workers", (int)row->workers, "segments",
                   (int)row->segments, "parameter", row->parameter, "unit", row->unit, "median_ns",
                   row->median, "min_ns", row->least, "max_ns", row->most, "rt_multiple",
                   row->rt_multiple);
}

int bench_json_write(const char *path, const struct bench_rows *rows) {
  json_t *array = json_array();
  int status = array != NULL ? 0 : -1;
  for (size_t i = 0; status == 0 && i < rows->count; i++)
    status = json_array_append_new(array, pack(&rows->rows[i]));
  if (status == 0)
    status = json_dump_file(array, path, JSON_INDENT(1) | JSON_REAL_PRECISION(10));
  json_decref(array);
  if (status != 0)
    (void)fprintf(stderr, "synched-bench: %s cannot be written\n", path);
  return status;
}

static int unpack(json_t *object, struct bench_row *row) {
  const char *family, *contestant, *parameter, *unit = "ns";
  int workers, segments;
  if (json_unpack(object, "{s:s, s:s, s:i, s:i, s:s, s?s, s:F, s:F, s:F, s:F}", "family", &family,
                  "contestant", &contestant, "workers", &workers, "segments", &segments,
                  "parameter", &parameter, "unit", &unit, "median_ns", &row->median, "min_ns",
                  &row->least, "max_ns", &row->most, "rt_multiple", &row->rt_multiple) != 0)
    return -1;
  (void)snprintf(row->family, sizeof row->family, "%s", family);
  (void)snprintf(row->contestant, sizeof row->contestant, "%s", contestant);
  (void)snprintf(row->parameter, sizeof row->parameter, "%s", parameter);
  (void)snprintf(row->unit, sizeof row->unit, "%s", unit);
  row->workers = (unsigned)workers;
  row->segments = (size_t)segments;
  return 0;
}

int bench_json_read(const char *path, struct bench_rows *out) {
  json_error_t error;
  json_t *array = json_load_file(path, 0, &error);
  if (array == NULL) {
    (void)fprintf(stderr, "synched-bench: %s:%d: %s\n", path, error.line, error.text);
    return -1;
  }
  int status = json_is_array(array) ? 0 : -1;
  for (size_t i = 0; status == 0 && i < json_array_size(array); i++)
    status = unpack(json_array_get(array, i), bench_rows_add(out));
  json_decref(array);
  if (status != 0)
    (void)fprintf(stderr, "synched-bench: %s is no array of a benchmark's rows\n", path);
  return status;
}
