#include "pattern.h"

#include <stdlib.h>
#include <string.h>

void life_pattern_init(struct life_pattern *pattern) {
  *pattern = (struct life_pattern){.rule = {.birth = 1u << 3, .survival = 1u << 2 | 1u << 3}};
}

void life_pattern_deinit(struct life_pattern *pattern) {
  free(pattern->runs);
  free(pattern->comments);
  life_pattern_init(pattern);
}

bool life_pattern_add(struct life_pattern *pattern, struct life_run run) {
  if (pattern->run_count > 0) {
    struct life_run *const last = &pattern->runs[pattern->run_count - 1];
    if (last->row == run.row && last->column + last->length == run.column) {
      last->length += run.length;
      return true;
    }
  }
  if (pattern->run_count == pattern->run_capacity) {
    const size_t capacity = pattern->run_capacity ? 2 * pattern->run_capacity : 64;
    struct life_run *const runs = realloc(pattern->runs, capacity * sizeof *runs);
    if (!runs)
      return false;
    pattern->runs = runs;
    pattern->run_capacity = capacity;
  }
  pattern->runs[pattern->run_count++] = run;
  return true;
}

bool life_pattern_comment(struct life_pattern *pattern, const char *line) {
  const size_t bytes = strlen(line);
  char *const comments = realloc(pattern->comments, pattern->comments_bytes + bytes + 2);
  if (!comments)
    return false;
  memcpy(comments + pattern->comments_bytes, line, bytes);
  pattern->comments = comments;
  pattern->comments_bytes += bytes + 1;
  comments[pattern->comments_bytes - 1] = '\n';
  comments[pattern->comments_bytes] = '\0';
  return true;
}
