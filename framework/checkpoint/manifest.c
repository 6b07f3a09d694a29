/*
 * manifest.c: the members, and what they say; those of a field are one object in "fields".
 *
 *     format, version    "synched checkpoint", 1
 *     library            the version that wrote it
 *     byte_order         of elements and folds: "little" or "big"
 *     job                its name; not compared
 *     generation, round  which one this is
 *     counted_from       from which round the run's round_count counts
 *     segment_count, segments_per_sum
 *     fold               the bytes of the double that snapshots have, in hexadecimal digits
 *     folds              for each stage the bytes of its fold, or null; [] where there are none
 *     fields             file, field, dtype, element_size, bytes (of the file), layout
 *                        ("packed" or "padded", as it was in memory), capacities, counts (one
 *                        number where they are all the same, else one for each segment), sums (of
 *                        each piece, sixteen digits each), sum (of the file)
 *     sum                XXH3-64 of all of the text before the comma before it
 */
#include "checkpoint/manifest.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>
#include <xxhash.h>

#include "base/error.h"
#include "platform/alloc.h"

#include <synched/version.h>

#define FORMAT "synched checkpoint"
#define FORMAT_VERSION 1
#define SUM_DIGITS 16u
#define TAIL_BYTES (sizeof ",\n\"sum\":\"\"}\n" - 1 + SUM_DIGITS)

static const char *byte_order(void) {
  const uint16_t one = 1;
  return *(const unsigned char *)&one == 1 ? "little" : "big";
}

/* --- the text --- */

/* So many bytes more fit. */
static bool reserve(struct synched__manifest *manifest, size_t bytes) {
  if (manifest->room - manifest->length >= bytes)
    return true;
  const size_t room = (manifest->room + bytes) * 2;
  char *text = synched__alloc(room, 1);
  if (text == NULL)
    return false;
  if (manifest->length != 0)
    memcpy(text, manifest->text, manifest->length);
  synched__free(manifest->text);
  manifest->text = text;
  manifest->room = room;
  return true;
}

/* Short ones. */
__attribute__((format(printf, 2, 3))) static bool add(struct synched__manifest *manifest,
                                                      const char *format, ...) {
  char words[512];
  va_list arguments;
  va_start(arguments, format);
  const int length = vsnprintf(words, sizeof words, format, arguments);
  va_end(arguments);
  if (length < 0 || (size_t)length >= sizeof words || !reserve(manifest, (size_t)length))
    return false;
  memcpy(manifest->text + manifest->length, words, (size_t)length);
  manifest->length += (size_t)length;
  return true;
}

static bool add_sum(struct synched__manifest *manifest, uint64_t sum) {
  return add(manifest, "%016" PRIx64, sum);
}

static bool add_bytes(struct synched__manifest *manifest, const void *bytes, size_t count) {
  const unsigned char *at = bytes;
  bool fits = add(manifest, "\"");
  for (size_t i = 0; fits && i < count; i++)
    fits = add(manifest, "%02x", at[i]);
  return fits && add(manifest, "\"");
}

/* One number, where it stands for all. */
static bool add_sizes(struct synched__manifest *manifest, const char *name, const size_t *sizes) {
  const size_t count = manifest->plan->segment_count;
  size_t same = 1;
  while (same < count && sizes[same] == sizes[0])
    same++;
  if (same == count)
    return add(manifest, ",\"%s\":%zu", name, sizes[0]);
  bool fits = add(manifest, ",\"%s\":[%zu", name, sizes[0]);
  for (size_t s = 1; fits && s < count; s++)
    fits = add(manifest, ",%zu", sizes[s]);
  return fits && add(manifest, "]");
}

uint64_t synched__manifest_file_sum(const struct synched__manifest *manifest, unsigned field) {
  const struct synched__plan *plan = manifest->plan;
  const uint64_t head = XXH3_64bits(plan->fields[field].head, plan->fields[field].head_bytes);
  return XXH3_64bits_withSeed(manifest->sums[field], plan->piece_count * sizeof(uint64_t), head);
}

static bool add_field(struct synched__manifest *manifest, unsigned f) {
  const struct synched__plan_field *field = &manifest->plan->fields[f];
  const struct synched__layout *layout = field->layout;
  const bool is_padded = layout->offsets[layout->segment_count] != field->element_count;
  bool fits = add(manifest,
                  "%s\n{\"file\":\"%s\",\"field\":%u,\"dtype\":\"%s\",\"element_size\":%zu,"
                  "\"bytes\":%" PRIu64 ",\"layout\":\"%s\"",
                  f == 0 ? "" : ",", field->name, field->index, field->npy.dtype,
                  layout->element_size, field->file_bytes, is_padded ? "padded" : "packed") &&
              add_sizes(manifest, "capacities", layout->capacities) &&
              add_sizes(manifest, "counts", manifest->counts[f]) && add(manifest, ",\"sums\":\"");
  for (size_t p = 0; fits && p < manifest->plan->piece_count; p++)
    fits = add_sum(manifest, manifest->sums[f][p]);
  return fits && add(manifest, "\",\"sum\":\"") &&
         add_sum(manifest, synched__manifest_file_sum(manifest, f)) && add(manifest, "\"}");
}

static bool add_folds(struct synched__manifest *manifest) {
  const struct synched__plan *plan = manifest->plan;
  bool fits = add(manifest, ",\n\"fold\":") &&
              add_bytes(manifest, &manifest->fold, sizeof manifest->fold) &&
              add(manifest, ",\"folds\":[");
  for (unsigned s = 0; fits && s < plan->stage_count; s++) {
    fits =
        add(manifest, "%s", s == 0 ? "" : ",") &&
        (plan->fold_bytes[s] == 0 ? add(manifest, "null")
                                  : add_bytes(manifest, manifest->folds[s], plan->fold_bytes[s]));
  }
  return fits && add(manifest, "]");
}

/* A name may be of whatever bytes. */
static bool add_name(struct synched__manifest *manifest) {
  char shown[128];
  size_t length = 0;
  for (const char *at = manifest->plan->job->setup.options.name;
       *at != '\0' && length < sizeof shown - 1; at++) {
    const unsigned char byte = (unsigned char)*at;
    const bool is_odd = byte < 0x20 || byte > 0x7e || byte == '"' || byte == '\\';
    shown[length++] = *at;
    if (is_odd)
      shown[length - 1] = '?';
  }
  shown[length] = '\0';
  return add(manifest, ",\"job\":\"%s\"", shown);
}

int synched__manifest_write(struct synched__manifest *manifest) {
  const struct synched__plan *plan = manifest->plan;
  manifest->length = 0;
  bool fits = add(manifest,
                  "{\"format\":\"" FORMAT "\",\"version\":%d,\"library\":\"%s\","
                  "\"byte_order\":\"%s\"",
                  FORMAT_VERSION, synched_version_string(), byte_order()) &&
              add_name(manifest) &&
              add(manifest,
                  ",\n\"generation\":%u,\"round\":%" PRIu64 ",\"counted_from\":%" PRIu64
                  ",\n\"segment_count\":%zu,\"segments_per_sum\":%zu",
                  manifest->generation, manifest->round, manifest->counted_from,
                  plan->segment_count, plan->piece_segments) &&
              add_folds(manifest) && add(manifest, ",\n\"fields\":[");
  for (unsigned f = 0; fits && f < plan->field_count; f++)
    fits = add_field(manifest, f);
  fits = fits && add(manifest, "]");
  if (fits) {
    const uint64_t sum = XXH3_64bits(manifest->text, manifest->length);
    fits = add(manifest, ",\n\"sum\":\"") && add_sum(manifest, sum) && add(manifest, "\"}\n");
  }
  return fits ? 0 : synched__fail(SYNCHED_ENOMEM, "no memory for a manifest");
}

/* --- reading: parts --- */

static int damaged(const char *what) {
  return synched__fail(SYNCHED_EIO, "manifest.json: %s", what);
}

/* A whole number, not negative. */
static bool get_number(uint64_t *out, const json_t *object, const char *name) {
  const json_t *value = json_object_get(object, name);
  if (!json_is_integer(value) || json_integer_value(value) < 0)
    return false;
  *out = (uint64_t)json_integer_value(value);
  return true;
}

static const char *get_text(const json_t *object, const char *name) {
  const char *text = json_string_value(json_object_get(object, name));
  return text == NULL ? "" : text;
}

/* Two digits; -1: they are none. */
static int byte_at(const char *digits) {
  static const char known[] = "0123456789abcdef";
  const char *high = digits[0] == '\0' ? NULL : strchr(known, digits[0]);
  const char *low = high == NULL || digits[1] == '\0' ? NULL : strchr(known, digits[1]);
  return low == NULL ? -1 : (int)((high - known) * 16 + (low - known));
}

/* Exactly so many bytes. */
static bool get_bytes(void *out, const json_t *value, size_t count) {
  const char *text = json_string_value(value);
  unsigned char *bytes = out;
  if (text == NULL || json_string_length(value) != 2 * count)
    return false;
  for (size_t i = 0; i < count; i++) {
    const int byte = byte_at(text + 2 * i);
    if (byte < 0)
      return false;
    bytes[i] = (unsigned char)byte;
  }
  return true;
}

/* Sixteen digits. */
static bool get_sum(uint64_t *out, const char *digits) {
  uint64_t sum = 0;
  for (unsigned i = 0; i < SUM_DIGITS; i += 2) {
    const int byte = byte_at(digits + i);
    if (byte < 0)
      return false;
    sum = sum << 8 | (unsigned)byte;
  }
  *out = sum;
  return true;
}

/* A size for each segment: one for all, or an array. */
struct sizes {
  const json_t *value;
  size_t count;
};

static bool get_sizes(struct sizes *out, const json_t *object, const char *name, size_t count) {
  *out = (struct sizes){json_object_get(object, name), count};
  return json_is_integer(out->value) ||
         (json_is_array(out->value) && json_array_size(out->value) == count);
}

static bool size_at(uint64_t *out, const struct sizes *sizes, size_t index) {
  const json_t *value =
      json_is_array(sizes->value) ? json_array_get(sizes->value, index) : sizes->value;
  if (!json_is_integer(value) || json_integer_value(value) < 0)
    return false;
  *out = (uint64_t)json_integer_value(value);
  return true;
}

/* --- reading: all --- */

static int read_sums(struct synched__manifest *manifest, unsigned f, const json_t *object) {
  const json_t *value = json_object_get(object, "sums");
  const char *digits = json_string_value(value);
  const size_t count = manifest->plan->piece_count;
  uint64_t sum;
  if (digits == NULL || json_string_length(value) != count * SUM_DIGITS)
    return damaged("there are not as many sums as pieces");
  for (size_t p = 0; p < count; p++)
    if (!get_sum(&manifest->sums[f][p], digits + p * SUM_DIGITS))
      return damaged("a sum is no number");
  if (!get_sum(&sum, get_text(object, "sum")) || sum != synched__manifest_file_sum(manifest, f))
    return damaged("the sum of a file is not that of its pieces");
  return 0;
}

static int read_counts(struct synched__manifest *manifest, unsigned f, const json_t *object) {
  const struct synched__plan_field *field = &manifest->plan->fields[f];
  const size_t segment_count = manifest->plan->segment_count;
  size_t *counts = manifest->own_counts + f * segment_count;
  struct sizes capacities, given;
  uint64_t size;
  if (!get_sizes(&capacities, object, "capacities", segment_count) ||
      !get_sizes(&given, object, "counts", segment_count))
    return damaged("there are not as many sizes as segments");
  for (size_t s = 0; s < segment_count; s++) {
    if (!size_at(&size, &capacities, s))
      return damaged("a capacity is no number");
    if (size != field->layout->capacities[s])
      return synched__fail(SYNCHED_EINVAL,
                           "segment %zu of field %u has a capacity of %" PRIu64
                           " there, and of %zu in the job",
                           s, field->index, size, field->layout->capacities[s]);
    if (!size_at(&size, &given, s) || size > field->layout->capacities[s])
      return damaged("a count is above its capacity");
    counts[s] = (size_t)size;
  }
  manifest->counts[f] = counts;
  return 0;
}

static int read_field(struct synched__manifest *manifest, unsigned f, const json_t *object) {
  const struct synched__plan_field *field = &manifest->plan->fields[f];
  uint64_t index, element_size;
  if (!get_number(&index, object, "field") || !get_number(&element_size, object, "element_size"))
    return damaged("a field has no number, or no element_size");
  if (index != field->index)
    return synched__fail(SYNCHED_EINVAL, "field %u is not in it; field %" PRIu64 " is",
                         field->index, index);
  if (element_size != field->layout->element_size)
    return synched__fail(SYNCHED_EINVAL,
                         "elements of field %u have %" PRIu64 " bytes there, and %zu in the job",
                         field->index, element_size, field->layout->element_size);
  if (strcmp(get_text(object, "dtype"), field->npy.dtype) != 0)
    return synched__fail(SYNCHED_EINVAL, "field %u has dtype \"%.20s\" there, and \"%s\" here",
                         field->index, get_text(object, "dtype"), field->npy.dtype);
  const int status = read_counts(manifest, f, object);
  return status != 0 ? status : read_sums(manifest, f, object);
}

static int read_fields(struct synched__manifest *manifest, const json_t *root) {
  const json_t *fields = json_object_get(root, "fields");
  const unsigned count = manifest->plan->field_count;
  int status = json_is_array(fields) ? 0 : damaged("it has no fields");
  if (status == 0 && json_array_size(fields) != count)
    return synched__fail(SYNCHED_EINVAL, "there are %zu fields in it, and %u in the job",
                         json_array_size(fields), count);
  for (unsigned f = 0; status == 0 && f < count; f++)
    status = read_field(manifest, f, json_array_get(fields, f));
  return status;
}

static int read_folds(struct synched__manifest *manifest, const json_t *root) {
  const struct synched__plan *plan = manifest->plan;
  const json_t *folds = json_object_get(root, "folds");
  unsigned char *at = manifest->own_folds;
  if (!get_bytes(&manifest->fold, json_object_get(root, "fold"), sizeof manifest->fold) ||
      !json_is_array(folds))
    return damaged("it has no fold");
  if (json_array_size(folds) != plan->stage_count)
    return synched__fail(SYNCHED_EINVAL, "folds of %zu stages are in it, and %u in the job",
                         json_array_size(folds), plan->stage_count);
  for (unsigned s = 0; s < plan->stage_count; s++) {
    const json_t *value = json_array_get(folds, s);
    const size_t bytes = plan->fold_bytes[s];
    if (bytes == 0 ? !json_is_null(value) : json_string_length(value) != 2 * bytes)
      return synched__fail(SYNCHED_EINVAL, "the fold of stage %u is of another kind there", s);
    if (bytes != 0 && !get_bytes(at, value, bytes))
      return damaged("a fold is no number");
    manifest->folds[s] = bytes == 0 ? NULL : at;
    at += bytes;
  }
  return 0;
}

static int check_kind(const json_t *root) {
  uint64_t version;
  if (strcmp(get_text(root, "format"), FORMAT) != 0 || !get_number(&version, root, "version"))
    return damaged("it is no checkpoint");
  if (version != FORMAT_VERSION)
    return synched__fail(SYNCHED_ENOTSUP,
                         "it has version %" PRIu64 " of the format, of library %.20s; this one "
                         "reads version %d",
                         version, get_text(root, "library"), FORMAT_VERSION);
  if (strcmp(get_text(root, "byte_order"), byte_order()) != 0)
    return synched__fail(SYNCHED_ENOTSUP, "its byte order is \"%.20s\", and this machine's \"%s\"",
                         get_text(root, "byte_order"), byte_order());
  return 0;
}

static int read_numbers(struct synched__manifest *manifest, const json_t *root) {
  const struct synched__plan *plan = manifest->plan;
  uint64_t generation, segment_count, piece_segments;
  if (!get_number(&generation, root, "generation") || generation > UINT32_MAX ||
      !get_number(&manifest->round, root, "round") ||
      !get_number(&manifest->counted_from, root, "counted_from") ||
      manifest->counted_from > manifest->round ||
      !get_number(&segment_count, root, "segment_count") ||
      !get_number(&piece_segments, root, "segments_per_sum"))
    return damaged("a number is missing");
  manifest->generation = (unsigned)generation;
  if (segment_count != plan->segment_count)
    return synched__fail(SYNCHED_EINVAL, "there are %" PRIu64 " segments in it, and %zu in the job",
                         segment_count, plan->segment_count);
  return piece_segments == plan->piece_segments ? 0 : damaged("its sums are of other pieces");
}

static int read_all(struct synched__manifest *manifest, const json_t *root) {
  int status = check_kind(root);
  if (status == 0)
    status = read_numbers(manifest, root);
  if (status == 0)
    status = read_fields(manifest, root);
  return status != 0 ? status : read_folds(manifest, root);
}

static bool has_its_sum(const char *text, size_t length) {
  static const char begin[] = ",\n\"sum\":\"";
  uint64_t sum;
  if (length < TAIL_BYTES)
    return false;
  const char *tail = text + length - TAIL_BYTES;
  return memcmp(tail, begin, sizeof begin - 1) == 0 && get_sum(&sum, tail + sizeof begin - 1) &&
         sum == XXH3_64bits(text, length - TAIL_BYTES);
}

static int make_room(struct synched__manifest *manifest) {
  const struct synched__plan *plan = manifest->plan;
  size_t fold_bytes = 1;
  for (unsigned s = 0; s < plan->stage_count; s++)
    fold_bytes += plan->fold_bytes[s];
  if (manifest->own_counts == NULL)
    manifest->own_counts =
        synched__alloc(plan->segment_count * plan->field_count, sizeof *manifest->own_counts);
  if (manifest->own_folds == NULL)
    manifest->own_folds = synched__alloc(fold_bytes, 1);
  return manifest->own_counts != NULL && manifest->own_folds != NULL
             ? 0
             : synched__fail(SYNCHED_ENOMEM, "no memory to read a manifest");
}

int synched__manifest_read(struct synched__manifest *manifest, const char *text, size_t length) {
  json_error_t error;
  if (!has_its_sum(text, length))
    return damaged("it is not what its sum says");
  int status = make_room(manifest);
  if (status != 0)
    return status;
  json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
  if (root == NULL)
    return json_error_code(&error) == json_error_out_of_memory
               ? synched__fail(SYNCHED_ENOMEM, "no memory to read a manifest")
               : damaged("it is no JSON");
  status = read_all(manifest, root);
  json_decref(root);
  return status;
}

/* --- the beginning and the end --- */

int synched__manifest_init(struct synched__manifest *manifest, const struct synched__plan *plan) {
  *manifest = (struct synched__manifest){.plan = plan};
  for (unsigned f = 0; f < plan->field_count; f++) {
    manifest->sums[f] = synched__alloc(plan->piece_count, sizeof *manifest->sums[f]);
    if (manifest->sums[f] == NULL)
      return synched__fail(SYNCHED_ENOMEM, "no memory for the sums of %zu pieces",
                           plan->piece_count);
  }
  return 0;
}

void synched__manifest_deinit(struct synched__manifest *manifest) {
  for (unsigned f = 0; manifest->plan != NULL && f < manifest->plan->field_count; f++)
    synched__free(manifest->sums[f]);
  synched__free(manifest->own_folds);
  synched__free(manifest->own_counts);
  synched__free(manifest->text);
}
