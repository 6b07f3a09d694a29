/*
 * Entries are sorted by counting: how many have which column gives each its place. That is stable,
 * so that a second sort, by row, leaves them sorted by both.
 */
#include "entries.h"

#include <stdlib.h>

#define FIRST_CAPACITY ((size_t)1024)

bool cg_entries_add(struct cg_entries *entries, struct cg_entry entry) {
  if (entries->count == entries->capacity) {
    const size_t capacity = entries->capacity > 0 ? 2 * entries->capacity : FIRST_CAPACITY;
    if (capacity > SIZE_MAX / sizeof *entries->list)
      return false;
    struct cg_entry *const list = realloc(entries->list, capacity * sizeof *list);
    if (!list)
      return false;
    entries->list = list;
    entries->capacity = capacity;
  }
  entries->list[entries->count++] = entry;
  return true;
}

enum key { ROW, COLUMN };

static size_t key_of(const struct cg_entry *entry, enum key key) {
  return key == ROW ? entry->row : entry->column;
}

/* `places`: one for each row, and one more. */
static void sort_by(const struct cg_entries *entries, enum key key, size_t *places,
                    struct cg_entry *sorted) {
  for (size_t row = 0; row <= entries->row_count; row++)
    places[row] = 0;
  for (size_t i = 0; i < entries->count; i++)
    places[key_of(&entries->list[i], key) + 1]++;
  for (size_t row = 0; row < entries->row_count; row++)
    places[row + 1] += places[row];
  for (size_t i = 0; i < entries->count; i++)
    sorted[places[key_of(&entries->list[i], key)]++] = entries->list[i];
}

bool cg_entries_sort(struct cg_entries *entries) {
  if (entries->count == 0)
    return true;
  struct cg_entry *const other = calloc(entries->count, sizeof *other);
  size_t *const places = malloc((entries->row_count + 1) * sizeof *places);
  if (other && places) {
    sort_by(entries, COLUMN, places, other);
    struct cg_entries by_column = *entries;
    by_column.list = other;
    sort_by(&by_column, ROW, places, entries->list);
  }
  const bool sorted = other && places;
  free(other);
  free(places);
  return sorted;
}

void cg_entries_deinit(struct cg_entries *entries) {
  free(entries->list);
  *entries = (struct cg_entries){0};
}
