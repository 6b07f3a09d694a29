/*
 * rows.c: growing lists of cases and of rows.
 */
#include <stdlib.h>
#include <string.h>

#include "bench.h"

/* Makes room for one more of `size` bytes; ends the program if there is no memory. */
static void *grow(void *items, size_t count, size_t *capacity, size_t size) {
  if (count < *capacity)
    return items;
  *capacity = *capacity == 0 ? 64 : 2 * *capacity;
  void *grown = realloc(items, *capacity * size);
  if (grown == NULL) {
    (void)fprintf(stderr, "synched-bench: no memory\n");
    exit(1);
  }
  return grown;
}

static bool is_chosen(const struct bench_choice *choice, const struct bench_case *one) {
  return (choice->workers == 0 || one->workers == choice->workers) &&
         (choice->text == NULL || strstr(one->parameter, choice->text) != NULL);
}

void bench_add(struct bench_list *list, const struct bench_case *one) {
  if (!bench_has(one->contestant) || !is_chosen(&list->choice, one))
    return;
  list->cases = grow(list->cases, list->count, &list->capacity, sizeof *list->cases);
  list->cases[list->count++] = *one;
}

struct bench_row *bench_rows_add(struct bench_rows *rows) {
  rows->rows = grow(rows->rows, rows->count, &rows->capacity, sizeof *rows->rows);
  struct bench_row *row = &rows->rows[rows->count++];
  memset(row, 0, sizeof *row);
  return row;
}

void bench_rows_free(struct bench_rows *rows) {
  free(rows->rows);
  *rows = (struct bench_rows){0};
}

const struct bench_row *bench_rows_find(const struct bench_rows *rows,
                                        const struct bench_row *wanted) {
  for (size_t i = 0; i < rows->count; i++) {
    const struct bench_row *row = &rows->rows[i];
    if (strcmp(row->family, wanted->family) == 0 &&
        strcmp(row->contestant, wanted->contestant) == 0 &&
        strcmp(row->parameter, wanted->parameter) == 0 && row->workers == wanted->workers &&
        row->segments == wanted->segments)
      return row;
  }
  return NULL;
}
