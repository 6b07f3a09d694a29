/*
 * report_mutate.c: changes a report's JSON so that it stays JSON. Of changes byte by byte, nearly
 * all end in the parser; these reach what is behind it. libFuzzer calls it, and it calls libFuzzer
 * for one in four, and for what is no JSON.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);

/* xorshift64. */
static unsigned draw(uint64_t *state, size_t count) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return (unsigned)((*state >> 16) % count);
}

static json_t *any_value(uint64_t *state) {
  static const json_int_t numbers[] = {0,         1,          2,          3,         -1,
                                       127,       128,        2047,       4095,      4096,
                                       INT32_MAX, INT32_MIN,  UINT32_MAX, INT64_MAX, INT64_MIN,
                                       65536,     1000000000, 16777215,   16777216};
  switch (draw(state, 10)) {
  case 0:
    return json_real(draw(state, 3) * 1e300);
  case 1:
    return json_string("tasks");
  case 2:
    return json_boolean(draw(state, 2));
  case 3:
    return json_null();
  case 4:
    return json_array();
  case 5:
    return json_object();
  default:
    return json_integer(numbers[draw(state, sizeof numbers / sizeof *numbers)]);
  }
}

static const char *any_key(json_t *object, uint64_t *state) {
  unsigned left = draw(state, json_object_size(object));
  void *at = json_object_iter(object);
  while (left-- != 0)
    at = json_object_iter_next(object, at);
  return json_object_iter_key(at);
}

static void change_array(json_t *array, uint64_t *state) {
  const size_t index = draw(state, json_array_size(array));
  switch (draw(state, 4)) {
  case 0:
    (void)json_array_remove(array, index);
    break;
  case 1:
    (void)json_array_append_new(array, json_deep_copy(json_array_get(array, index)));
    break;
  default:
    (void)json_array_set_new(array, index, any_value(state));
  }
}

/* A row of columns goes, or comes twice. */
static void change_rows(json_t *object, uint64_t *state) {
  const char *key;
  json_t *column;
  const bool goes = draw(state, 2) == 0;
  json_object_foreach(object, key, column) {
    if (json_array_size(column) == 0)
      continue;
    if (goes)
      (void)json_array_remove(column, 0);
    else
      (void)json_array_append(column, json_array_get(column, json_array_size(column) - 1));
  }
}

static void change_object(json_t *object, uint64_t *state) {
  const char *key = any_key(object, state);
  switch (draw(state, 4)) {
  case 0:
    (void)json_object_del(object, key);
    break;
  case 1:
    change_rows(object, state);
    break;
  default:
    (void)json_object_set_new(object, key, any_value(state));
  }
}

/* Somewhere in it. */
static void change(json_t *node, uint64_t *state) {
  for (;;) {
    const bool is_array = json_is_array(node);
    const size_t count = is_array ? json_array_size(node) : json_object_size(node);
    if (count == 0)
      return;
    json_t *child = is_array ? json_array_get(node, draw(state, count))
                             : json_object_get(node, any_key(node, state));
    if ((json_is_array(child) || json_is_object(child)) && draw(state, 6) != 0) {
      node = child;
      continue;
    }
    if (is_array)
      change_array(node, state);
    else
      change_object(node, state);
    return;
  }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed) {
  uint64_t state = (uint64_t)seed << 20 | 1;
  json_t *root = draw(&state, 4) == 0 ? NULL : json_loadb((const char *)data, size, 0, NULL);
  if (root == NULL)
    return LLVMFuzzerMutate(data, size, most);
  for (unsigned i = 0; i <= draw(&state, 3); i++)
    change(root, &state);
  const size_t bytes = json_dumpb(root, (char *)data, most, JSON_COMPACT);
  json_decref(root);
  return bytes == 0 || bytes > most ? LLVMFuzzerMutate(data, size, most) : bytes;
}
