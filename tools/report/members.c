#include "members.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

bool refuse(struct reader *reader, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(reader->problem->text, sizeof reader->problem->text, format, arguments);
  va_end(arguments);
  return false;
}

struct place place(const char *format, ...) {
  struct place place;
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(place.path, sizeof place.path, format, arguments);
  va_end(arguments);
  return place;
}

/* --- members --- */

static const char *name_of_type(json_type type) {
  switch (type) {
  case JSON_OBJECT:
    return "an object";
  case JSON_ARRAY:
    return "an array";
  case JSON_STRING:
    return "a text";
  default:
    return "a value of another type";
  }
}

const json_t *member(struct reader *reader, const json_t *object, const char *path,
                     const char *name, json_type type) {
  const json_t *found = json_object_get(object, name);
  const char *point = *path == '\0' ? "" : ".";
  if (found == NULL)
    (void)refuse(reader, "%s%s%s is missing", path, point, name);
  else if (json_typeof(found) == type)
    return found;
  else
    (void)refuse(reader, "%s%s%s is not %s", path, point, name, name_of_type(type));
  return NULL;
}

bool later_member(struct reader *reader, const json_t **found, const json_t *root, const char *name,
                  json_type type) {
  *found = NULL;
  if (json_object_get(root, name) == NULL)
    return true;
  *found = member(reader, root, "", name, type);
  return *found != NULL;
}

bool read_text(struct reader *reader, char *to, size_t room, const json_t *text, const char *path) {
  if (text == NULL)
    return false;
  if (json_string_length(text) >= room)
    return refuse(reader, "%s has more than %zu bytes", path, room - 1);
  memcpy(to, json_string_value(text), json_string_length(text) + 1);
  return true;
}

static void store(void *to, unsigned bytes, uint64_t value) {
  const uint32_t narrow = (uint32_t)value;
  if (bytes == sizeof(bool))
    *(bool *)to = value != 0;
  else if (bytes == sizeof narrow)
    memcpy(to, &narrow, sizeof narrow);
  else
    memcpy(to, &value, sizeof value);
}

static bool store_whole(struct reader *reader, void *to, const struct synched__json_field *field,
                        const json_t *value, const char *path) {
  const bool is_signed = field->kind == SYNCHED__JSON_SIGNED;
  const bool is_narrow = field->bytes < sizeof(int64_t);
  const int64_t least = !is_signed ? 0 : is_narrow ? INT32_MIN : INT64_MIN;
  const int64_t most = !is_narrow ? INT64_MAX : is_signed ? INT32_MAX : (int64_t)UINT32_MAX;
  const int64_t number = json_is_integer(value) ? json_integer_value(value) : 0;
  if (!json_is_integer(value) || number < least || number > most)
    return refuse(reader, "%s is no whole number from %" PRId64 " to %" PRId64, path, least, most);
  store(to, field->bytes, (uint64_t)number);
  return true;
}

static bool store_level(struct reader *reader, void *to, const struct synched__json_field *field,
                        const json_t *value, const char *path) {
  for (unsigned i = 0; json_is_string(value) && i <= SYNCHED_RECORD_TASKS; i++) {
    if (strcmp(json_string_value(value), synched__json_levels[i]) != 0)
      continue;
    store(to, field->bytes, i);
    return true;
  }
  return refuse(reader, "%s is no level of recording", path);
}

/* Into the field of the struct that begins at `base`. */
static bool store_value(struct reader *reader, void *base, const struct synched__json_field *field,
                        const json_t *value, const char *path) {
  void *to = (char *)base + field->offset;
  const double number = json_number_value(value); /* 0 of what is none */
  switch (field->kind) {
  case SYNCHED__JSON_REAL:
    if (!json_is_number(value) || !(number >= 0.0 && number <= 1.0))
      return refuse(reader, "%s is no number from 0 to 1", path);
    *(double *)to = number;
    return true;
  case SYNCHED__JSON_FLAG:
    if (!json_is_boolean(value))
      return refuse(reader, "%s is neither true nor false", path);
    store(to, field->bytes, json_is_true(value) ? 1 : 0);
    return true;
  case SYNCHED__JSON_LEVEL:
    return store_level(reader, to, field, value, path);
  default:
    return store_whole(reader, to, field, value, path);
  }
}

/* Whether the first reports did not have it. */
static bool is_later(const char *name) {
  static const char *const later[] = {"failed_stage",
                                      "unchanged_count",
                                      "redealt_count",
                                      "strayed_count",
                                      "checkpoint_count",
                                      "checkpoint_skipped_count",
                                      "checkpoint_failed_count",
                                      "checkpoint_bytes",
                                      "checkpoint_ns",
                                      "checkpoint_held_ns",
                                      "binding_gain",
                                      "rank_count",
                                      "message_ns",
                                      "agreement_ns",
                                      "sent_bytes",
                                      "sent_messages",
                                      "messages"};
  for (size_t i = 0; i < sizeof later / sizeof *later; i++)
    if (strcmp(name, later[i]) == 0)
      return true;
  return false;
}

bool read_members(struct reader *reader, void *base, const struct synched__json_fields *fields,
                  const json_t *object, const char *path) {
  for (unsigned i = 0; i < fields->count; i++) {
    const struct place here = place("%s.%s", path, fields->list[i].name);
    const json_t *value = json_object_get(object, fields->list[i].name);
    if (value == NULL && is_later(fields->list[i].name))
      continue;
    if (value == NULL)
      return refuse(reader, "%s is missing", here.path);
    if (!store_value(reader, base, &fields->list[i], value, here.path))
      return false;
  }
  return true;
}

/* --- columns --- */

const json_t *column(struct reader *reader, const json_t *object, const char *path,
                     const char *name, size_t count) {
  const json_t *found = member(reader, object, path, name, JSON_ARRAY);
  if (found == NULL || json_array_size(found) == count)
    return found;
  (void)refuse(reader, "%s.%s has %zu elements, not %zu", path, name, json_array_size(found),
               count);
  return NULL;
}

static bool read_column(struct reader *reader, const struct rows *rows,
                        const struct synched__json_field *field, const json_t *object,
                        const char *path) {
  const json_t *values = column(reader, object, path, field->name, rows->count);
  for (size_t i = 0; values != NULL && i < rows->count; i++) {
    void *row = (char *)rows->first + (rows->at == NULL ? i : rows->at[i]) * rows->bytes;
    const json_t *value = json_array_get(values, i);
    /* The path is made only where it is needed. */
    if (store_value(reader, row, field, value, "a value"))
      continue;
    const struct place here = place("%s.%s[%zu]", path, field->name, i);
    return store_value(reader, row, field, value, here.path);
  }
  return values != NULL;
}

bool read_columns(struct reader *reader, const struct rows *rows,
                  const struct synched__json_fields *fields, const json_t *object,
                  const char *path) {
  for (unsigned i = 0; i < fields->count; i++)
    if (!read_column(reader, rows, &fields->list[i], object, path))
      return false;
  return true;
}

bool measure(struct reader *reader, size_t *count, const json_t *object, const char *path,
             const char *name) {
  const json_t *found = member(reader, object, path, name, JSON_ARRAY);
  *count = json_array_size(found);
  return found != NULL;
}
