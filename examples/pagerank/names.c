/*
 * A hash table with open addressing: a name's slot is the first free one from where its hash
 * points, and at most half of the slots are taken, so that the walk there is short. Names are kept
 * by their places in one growing text, for the text moves when it grows.
 */
#include "names.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"

#define LEAST_SLOTS 1024

/* FNV-1a (Fowler, Noll and Vo 1991). */
static size_t hash(const char *name, size_t bytes) {
  uint64_t mixed = 0xcbf29ce484222325u;
  for (size_t i = 0; i < bytes; i++)
    mixed = (mixed ^ (unsigned char)name[i]) * 0x100000001b3u;
  return (size_t)(mixed ^ mixed >> 32);
}

static const char *name_of(const struct pagerank_names *names, size_t number) {
  return names->text + names->places[number];
}

static bool is_named(const struct pagerank_names *names, size_t number, const char *name,
                     size_t bytes) {
  const char *const known = name_of(names, number);
  return strncmp(known, name, bytes) == 0 && known[bytes] == '\0';
}

/* The slot that has the name, or is free for it. */
static size_t *find_slot(const struct pagerank_names *names, const char *name, size_t bytes) {
  size_t at = hash(name, bytes) & (names->slot_count - 1);
  while (names->slots[at] != 0 && !is_named(names, names->slots[at] - 1, name, bytes))
    at = (at + 1) & (names->slot_count - 1);
  return &names->slots[at];
}

static bool grow_slots(struct pagerank_names *names) {
  struct pagerank_names grown = *names;
  grown.slot_count = names->slot_count == 0 ? LEAST_SLOTS : names->slot_count * 2;
  grown.slots = calloc(grown.slot_count, sizeof *grown.slots);
  if (!grown.slots)
    return false;
  for (size_t number = 0; number < names->count; number++) {
    const char *const name = name_of(names, number);
    *find_slot(&grown, name, strlen(name)) = number + 1;
  }
  free(names->slots);
  *names = grown;
  return true;
}

/* Room for one more name. */
static bool reserve(struct pagerank_names *names, size_t bytes) {
  char *const text = pagerank_array_reserve(names->text, &names->text_capacity,
                                            names->text_bytes + bytes + 1, sizeof *text);
  if (text)
    names->text = text;
  size_t *const places = pagerank_array_reserve(names->places, &names->places_capacity,
                                                names->count + 1, sizeof *places);
  if (places)
    names->places = places;
  return text && places && (names->count < names->slot_count / 2 || grow_slots(names));
}

bool pagerank_names_number(struct pagerank_names *names, const char *name, size_t bytes,
                           size_t *number) {
  if (!reserve(names, bytes))
    return false;
  size_t *const slot = find_slot(names, name, bytes);
  if (*slot == 0) {
    memcpy(names->text + names->text_bytes, name, bytes);
    names->text[names->text_bytes + bytes] = '\0';
    names->places[names->count] = names->text_bytes;
    names->text_bytes += bytes + 1;
    *slot = ++names->count;
  }
  *number = *slot - 1;
  return true;
}

static int compare(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool pagerank_names_sort(struct pagerank_names *names, struct pagerank_vertices *out,
                         size_t **vertex_of) {
  const size_t count = names->count;
  const char **const sorted = malloc(count * sizeof *sorted);
  size_t *const vertices = malloc(count * sizeof *vertices);
  if (!sorted || !vertices) {
    free(sorted);
    free(vertices);
    return false;
  }
  for (size_t number = 0; number < count; number++)
    sorted[number] = name_of(names, number);
  qsort(sorted, count, sizeof *sorted, compare);
  for (size_t vertex = 0; vertex < count; vertex++)
    vertices[*find_slot(names, sorted[vertex], strlen(sorted[vertex])) - 1] = vertex;
  *out = (struct pagerank_vertices){.count = count, .names = sorted, .text = names->text};
  *vertex_of = vertices;
  names->text = NULL;
  pagerank_names_deinit(names);
  return true;
}

void pagerank_names_deinit(struct pagerank_names *names) {
  free(names->text);
  free(names->places);
  free(names->slots);
  *names = (struct pagerank_names){0};
}
