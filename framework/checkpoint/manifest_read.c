/*
 * manifest_read.c: the text of a manifest, read member by member, in the order in which
 * manifest.c writes them.
 *
 * Its own sum comes first: what is right is the text that was written, and what follows is a matter
 * of form. So this needs no reader of any JSON, which would take memory for all of it: where that
 * was refused, the newest generation would look damaged, and the next checkpoint would remove it.
 */
#include "checkpoint/manifest.h"

#include <inttypes.h>
#include <string.h>

#include <xxhash.h>

#include "base/error.h"
#include "checkpoint/manifest_form.h"
#include "platform/alloc.h"

/* --- reading: parts --- */

/* What of the text is still to be read. Each function that reads goes on behind what it has read;
 * false: something else stands there. */
struct reader {
  const char *text;
  const char *at;
  /* the comma before the text's own sum: no digit */
  const char *end;
};

/* Between quotes. */
struct word {
  const char *at;
  size_t length;
};

static int damaged(const char *what) {
  return synched__fail(SYNCHED_EIO, "manifest.json: %s", what);
}

static int refuse(const struct reader *reader) {
  return synched__fail(SYNCHED_EIO, "manifest.json: byte %zu is not what belongs there",
                       (size_t)(reader->at - reader->text));
}

static bool skip(struct reader *reader, const char *words) {
  const size_t count = strlen(words);
  if ((size_t)(reader->end - reader->at) < count || memcmp(reader->at, words, count) != 0)
    return false;
  reader->at += count;
  return true;
}

static bool read_word(struct reader *reader, struct word *out) {
  if (!skip(reader, "\""))
    return false;
  const char *quote = memchr(reader->at, '"', (size_t)(reader->end - reader->at));
  if (quote == NULL)
    return false;
  *out = (struct word){reader->at, (size_t)(quote - reader->at)};
  reader->at = quote + 1;
  return true;
}

static bool is_word(const struct word *word, const char *text) {
  return word->length == strlen(text) && memcmp(word->at, text, word->length) == 0;
}

/* How much of it a sentence has. */
static int shown_length(const struct word *word) {
  return word->length < 20 ? (int)word->length : 20;
}

/* -1: it is none. */
static int value_of_digit(char digit) {
  if (digit >= '0' && digit <= '9')
    return digit - '0';
  return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* A whole number, not negative, and what stands before it. */
static bool read_number(struct reader *reader, const char *before, uint64_t *out) {
  uint64_t number = 0;
  if (!skip(reader, before))
    return false;
  const char *begin = reader->at;
  for (; *reader->at >= '0' && *reader->at <= '9'; reader->at++) {
    const unsigned digit = (unsigned)(*reader->at - '0');
    if (number > (UINT64_MAX - digit) / 10)
      return false;
    number = number * 10 + digit;
  }
  *out = number;
  return reader->at != begin;
}

/* So many bytes, of two digits each. */
static bool read_bytes(struct reader *reader, unsigned char *out, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const int high = value_of_digit(reader->at[0]);
    const int low = high < 0 ? -1 : value_of_digit(reader->at[1]);
    if (low < 0)
      return false;
    out[i] = (unsigned char)(high * 16 + low);
    reader->at += 2;
  }
  return true;
}

static bool read_sum(struct reader *reader, uint64_t *out) {
  unsigned char bytes[SYNCHED__SUM_DIGITS / 2];
  *out = 0;
  if (!read_bytes(reader, bytes, sizeof bytes))
    return false;
  for (size_t i = 0; i < sizeof bytes; i++)
    *out = *out << 8 | bytes[i];
  return true;
}

/* A size for each segment: one for all, or a list. */
struct sizes {
  bool is_list;
  uint64_t size;
};

/* The first one. */
static bool begin_sizes(struct reader *reader, const char *before, struct sizes *sizes) {
  if (!skip(reader, before))
    return false;
  sizes->is_list = skip(reader, "[");
  return read_number(reader, "", &sizes->size);
}

/* That of the next segment; behind the last one, the list's end. */
static bool next_size(struct reader *reader, struct sizes *sizes, bool is_there) {
  if (!sizes->is_list)
    return true;
  return is_there ? read_number(reader, ",", &sizes->size) : skip(reader, "]");
}

/* --- reading: all --- */

static int read_capacities(const struct synched__plan_field *field, struct reader *reader) {
  const struct synched__layout *layout = field->layout;
  struct sizes sizes;
  if (!begin_sizes(reader, ",\"capacities\":", &sizes))
    return refuse(reader);
  for (size_t s = 0; s < layout->segment_count; s++) {
    if (sizes.size != layout->capacities[s])
      return synched__fail(SYNCHED_EINVAL,
                           "segment %zu of field %u has a capacity of %" PRIu64
                           " there, and of %zu in the job",
                           s, field->index, sizes.size, layout->capacities[s]);
    if (!next_size(reader, &sizes, s + 1 < layout->segment_count))
      return refuse(reader);
  }
  return 0;
}

static int read_counts(struct synched__manifest *manifest, unsigned f, struct reader *reader) {
  const struct synched__layout *layout = manifest->plan->fields[f].layout;
  size_t *counts = manifest->own_counts + f * layout->segment_count;
  struct sizes sizes;
  if (!begin_sizes(reader, ",\"counts\":", &sizes))
    return refuse(reader);
  for (size_t s = 0; s < layout->segment_count; s++) {
    if (sizes.size > layout->capacities[s])
      return damaged("a count is above its capacity");
    counts[s] = (size_t)sizes.size;
    if (!next_size(reader, &sizes, s + 1 < layout->segment_count))
      return refuse(reader);
  }
  manifest->counts[f] = counts;
  return 0;
}

static int read_sums(struct synched__manifest *manifest, unsigned f, struct reader *reader) {
  uint64_t sum;
  if (!skip(reader, ",\"sums\":\""))
    return refuse(reader);
  for (size_t p = 0; p < manifest->plan->piece_count; p++)
    if (!read_sum(reader, &manifest->sums[f][p]))
      return refuse(reader);
  if (!skip(reader, "\",\"sum\":\"") || !read_sum(reader, &sum) || !skip(reader, "\"}"))
    return refuse(reader);
  return sum == synched__manifest_file_sum(manifest, f)
             ? 0
             : damaged("the sum of a file is not that of its pieces");
}

/* Whether it is the job's field, of the same elements. */
static int read_kind_of_field(const struct synched__plan_field *field, struct reader *reader) {
  uint64_t index, element_size, bytes;
  struct word file, dtype, layout;
  if (!skip(reader, "\n{\"file\":") || !read_word(reader, &file) ||
      !read_number(reader, ",\"field\":", &index) || !skip(reader, ",\"dtype\":") ||
      !read_word(reader, &dtype) || !read_number(reader, ",\"element_size\":", &element_size) ||
      !read_number(reader, ",\"bytes\":", &bytes) || !skip(reader, ",\"layout\":") ||
      !read_word(reader, &layout))
    return refuse(reader);
  if (index != field->index)
    return synched__fail(SYNCHED_EINVAL, "field %u is not in it; field %" PRIu64 " is",
                         field->index, index);
  if (element_size != field->layout->element_size)
    return synched__fail(SYNCHED_EINVAL,
                         "elements of field %u have %" PRIu64 " bytes there, and %zu in the job",
                         field->index, element_size, field->layout->element_size);
  if (!is_word(&dtype, field->npy.dtype))
    return synched__fail(SYNCHED_EINVAL, "field %u has dtype \"%.*s\" there, and \"%s\" here",
                         field->index, shown_length(&dtype), dtype.at, field->npy.dtype);
  return 0;
}

static int read_field(struct synched__manifest *manifest, unsigned f, struct reader *reader) {
  const struct synched__plan_field *field = &manifest->plan->fields[f];
  if (f != 0 && !skip(reader, ","))
    return refuse(reader);
  int status = read_kind_of_field(field, reader);
  if (status == 0)
    status = read_capacities(field, reader);
  if (status == 0)
    status = read_counts(manifest, f, reader);
  return status != 0 ? status : read_sums(manifest, f, reader);
}

/* Each begins a line. */
static size_t count_fields(const struct reader *reader) {
  size_t count = 0;
  for (const char *at = reader->at; at != reader->end; at++)
    count += *at == '\n';
  return count;
}

static int read_fields(struct synched__manifest *manifest, struct reader *reader) {
  const unsigned count = manifest->plan->field_count;
  if (!skip(reader, ",\n\"fields\":["))
    return refuse(reader);
  if (count_fields(reader) != count)
    return synched__fail(SYNCHED_EINVAL, "there are %zu fields in it, and %u in the job",
                         count_fields(reader), count);
  for (unsigned f = 0; f < count; f++) {
    const int status = read_field(manifest, f, reader);
    if (status != 0)
      return status;
  }
  return skip(reader, "]") && reader->at == reader->end ? 0 : refuse(reader);
}

/* Up to what ends a list of them, or to the end. */
static size_t count_folds(const struct reader *reader) {
  size_t count = 0;
  for (const char *at = reader->at; at != reader->end && *at != ']'; at++)
    count += at == reader->at || *at == ',';
  return count;
}

static int read_fold(struct reader *reader, unsigned stage, unsigned char *out, size_t bytes) {
  struct word word = {reader->at, 0};
  if (!skip(reader, "null") && !read_word(reader, &word))
    return refuse(reader);
  if (word.length != 2 * bytes)
    return synched__fail(SYNCHED_EINVAL, "the fold of stage %u is of another kind there", stage);
  struct reader digits = {reader->text, word.at, reader->end};
  return read_bytes(&digits, out, bytes) ? 0 : refuse(&digits);
}

static int read_folds(struct synched__manifest *manifest, struct reader *reader) {
  const struct synched__plan *plan = manifest->plan;
  unsigned char fold[sizeof manifest->fold];
  unsigned char *at = manifest->own_folds;
  if (!skip(reader, ",\n\"fold\":\"") || !read_bytes(reader, fold, sizeof fold) ||
      !skip(reader, "\",\"folds\":["))
    return refuse(reader);
  memcpy(&manifest->fold, fold, sizeof fold);
  if (count_folds(reader) != plan->stage_count)
    return synched__fail(SYNCHED_EINVAL, "folds of %zu stages are in it, and %u in the job",
                         count_folds(reader), plan->stage_count);
  for (unsigned s = 0; s < plan->stage_count; s++) {
    if (s != 0 && !skip(reader, ","))
      return refuse(reader);
    const int status = read_fold(reader, s, at, plan->fold_bytes[s]);
    if (status != 0)
      return status;
    manifest->folds[s] = plan->fold_bytes[s] == 0 ? NULL : at;
    at += plan->fold_bytes[s];
  }
  return skip(reader, "]") ? 0 : refuse(reader);
}

/* Each version has its number and the library's there. */
static int read_kind(struct reader *reader) {
  uint64_t version;
  struct word library, order, job;
  if (!read_number(reader, SYNCHED__MANIFEST_BEGIN, &version) || !skip(reader, ",\"library\":") ||
      !read_word(reader, &library))
    return damaged("it is no checkpoint");
  if (version != SYNCHED__MANIFEST_VERSION)
    return synched__fail(SYNCHED_ENOTSUP,
                         "it has version %" PRIu64 " of the format, of library %.*s; this one "
                         "reads version %d",
                         version, shown_length(&library), library.at, SYNCHED__MANIFEST_VERSION);
  if (!skip(reader, ",\"byte_order\":") || !read_word(reader, &order))
    return refuse(reader);
  if (!is_word(&order, SYNCHED__BYTE_ORDER))
    return synched__fail(SYNCHED_ENOTSUP,
                         "its byte order is \"%.*s\", and this machine's \"" SYNCHED__BYTE_ORDER
                         "\"",
                         shown_length(&order), order.at);
  return skip(reader, ",\"job\":") && read_word(reader, &job) ? 0 : refuse(reader);
}

static int read_numbers(struct synched__manifest *manifest, struct reader *reader) {
  const struct synched__plan *plan = manifest->plan;
  uint64_t generation, segment_count, piece_segments;
  if (!read_number(reader, ",\n\"generation\":", &generation) ||
      !read_number(reader, ",\"round\":", &manifest->round) ||
      !read_number(reader, ",\"counted_from\":", &manifest->counted_from) ||
      !read_number(reader, ",\n\"segment_count\":", &segment_count) ||
      !read_number(reader, ",\"segments_per_sum\":", &piece_segments))
    return refuse(reader);
  if (generation > UINT32_MAX || manifest->counted_from > manifest->round)
    return damaged("a number is too large");
  manifest->generation = (unsigned)generation;
  if (segment_count != plan->segment_count)
    return synched__fail(SYNCHED_EINVAL, "there are %" PRIu64 " segments in it, and %zu in the job",
                         segment_count, plan->segment_count);
  return piece_segments == plan->piece_segments ? 0 : damaged("its sums are of other pieces");
}

static bool has_its_sum(const char *text, size_t length) {
  uint64_t sum;
  if (length < SYNCHED__MANIFEST_TAIL_BYTES)
    return false;
  struct reader tail = {text, text + length - SYNCHED__MANIFEST_TAIL_BYTES, text + length};
  return skip(&tail, SYNCHED__MANIFEST_TAIL_BEGIN) && read_sum(&tail, &sum) &&
         skip(&tail, SYNCHED__MANIFEST_TAIL_END) &&
         sum == XXH3_64bits(text, length - SYNCHED__MANIFEST_TAIL_BYTES);
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
  if (!has_its_sum(text, length))
    return damaged("it is not what its sum says");
  struct reader reader = {text, text, text + length - SYNCHED__MANIFEST_TAIL_BYTES};
  int status = make_room(manifest);
  if (status == 0)
    status = read_kind(&reader);
  if (status == 0)
    status = read_numbers(manifest, &reader);
  if (status == 0)
    status = read_folds(manifest, &reader);
  return status != 0 ? status : read_fields(manifest, &reader);
}
