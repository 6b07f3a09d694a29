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
 *
 * manifest_read.c reads them in this order.
 */
#include "checkpoint/manifest.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <xxhash.h>

#include "base/assert.h"
#include "base/error.h"
#include "checkpoint/manifest_form.h"
#include "platform/alloc.h"

#include <synched/version.h>

/* The text is added in parts. */
#define PART_BYTES 512u

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

/* Less than PART_BYTES. Once there is no memory, nothing is added any more. */
__attribute__((format(printf, 2, 3))) static void add(struct synched__manifest *manifest,
                                                      const char *format, ...) {
  if (manifest->lacks_memory || !reserve(manifest, PART_BYTES)) {
    manifest->lacks_memory = true;
    return;
  }
  va_list arguments;
  va_start(arguments, format);
  const int length = vsnprintf(manifest->text + manifest->length, PART_BYTES, format, arguments);
  va_end(arguments);
  SYNCHED_ASSERT(length >= 0 && length < (int)PART_BYTES);
  manifest->length += (size_t)length;
}

static void add_sum(struct synched__manifest *manifest, uint64_t sum) {
  add(manifest, "%016" PRIx64, sum);
}

static void add_bytes(struct synched__manifest *manifest, const void *bytes, size_t count) {
  const unsigned char *at = bytes;
  add(manifest, "\"");
  for (size_t i = 0; i < count; i++)
    add(manifest, "%02x", at[i]);
  add(manifest, "\"");
}

/* One number, where it stands for all. */
static void add_sizes(struct synched__manifest *manifest, const char *name, const size_t *sizes) {
  const size_t count = manifest->plan->segment_count;
  size_t same = 1;
  while (same < count && sizes[same] == sizes[0])
    same++;
  if (same == count) {
    add(manifest, ",\"%s\":%zu", name, sizes[0]);
    return;
  }
  add(manifest, ",\"%s\":[%zu", name, sizes[0]);
  for (size_t s = 1; s < count; s++)
    add(manifest, ",%zu", sizes[s]);
  add(manifest, "]");
}

uint64_t synched__manifest_file_sum(const struct synched__manifest *manifest, unsigned field) {
  const struct synched__plan *plan = manifest->plan;
  const uint64_t head = XXH3_64bits(plan->fields[field].head, plan->fields[field].head_bytes);
  return XXH3_64bits_withSeed(manifest->sums[field], plan->piece_count * sizeof(uint64_t), head);
}

static void add_field(struct synched__manifest *manifest, unsigned f) {
  const struct synched__plan_field *field = &manifest->plan->fields[f];
  const struct synched__layout *layout = field->layout;
  const bool is_padded = layout->offsets[layout->segment_count] != field->element_count;
  add(manifest,
      "%s\n{\"file\":\"%s\",\"field\":%u,\"dtype\":\"%s\",\"element_size\":%zu,"
      "\"bytes\":%" PRIu64 ",\"layout\":\"%s\"",
      f == 0 ? "" : ",", field->name, field->index, field->npy.dtype, layout->element_size,
      field->file_bytes, is_padded ? "padded" : "packed");
  add_sizes(manifest, "capacities", layout->capacities);
  add_sizes(manifest, "counts", manifest->counts[f]);
  add(manifest, ",\"sums\":\"");
  for (size_t p = 0; p < manifest->plan->piece_count; p++)
    add_sum(manifest, manifest->sums[f][p]);
  add(manifest, "\",\"sum\":\"");
  add_sum(manifest, synched__manifest_file_sum(manifest, f));
  add(manifest, "\"}");
}

static void add_folds(struct synched__manifest *manifest) {
  const struct synched__plan *plan = manifest->plan;
  add(manifest, ",\n\"fold\":");
  add_bytes(manifest, &manifest->fold, sizeof manifest->fold);
  add(manifest, ",\"folds\":[");
  for (unsigned s = 0; s < plan->stage_count; s++) {
    add(manifest, "%s", s == 0 ? "" : ",");
    if (plan->fold_bytes[s] == 0)
      add(manifest, "null");
    else
      add_bytes(manifest, manifest->folds[s], plan->fold_bytes[s]);
  }
  add(manifest, "]");
}

/* A name may be of whatever bytes. */
static void add_name(struct synched__manifest *manifest) {
  add(manifest, ",\"job\":\"");
  for (const char *at = manifest->plan->job->setup.options.name; *at != '\0'; at++) {
    const bool is_odd = *at < 0x20 || *at > 0x7e || *at == '"' || *at == '\\';
    add(manifest, "%c", is_odd ? '?' : *at);
  }
  add(manifest, "\"");
}

int synched__manifest_write(struct synched__manifest *manifest) {
  const struct synched__plan *plan = manifest->plan;
  manifest->length = 0;
  manifest->lacks_memory = false;
  add(manifest,
      SYNCHED__MANIFEST_BEGIN "%d,\"library\":\"%s\",\"byte_order\":\"" SYNCHED__BYTE_ORDER "\"",
      SYNCHED__MANIFEST_VERSION, synched_version_string());
  add_name(manifest);
  add(manifest,
      ",\n\"generation\":%u,\"round\":%" PRIu64 ",\"counted_from\":%" PRIu64
      ",\n\"segment_count\":%zu,\"segments_per_sum\":%zu",
      manifest->generation, manifest->round, manifest->counted_from, plan->segment_count,
      plan->piece_segments);
  add_folds(manifest);
  add(manifest, ",\n\"fields\":[");
  for (unsigned f = 0; f < plan->field_count; f++)
    add_field(manifest, f);
  add(manifest, "]");
  const uint64_t sum = XXH3_64bits(manifest->text, manifest->length);
  add(manifest, SYNCHED__MANIFEST_TAIL_BEGIN);
  add_sum(manifest, sum);
  add(manifest, SYNCHED__MANIFEST_TAIL_END);
  return manifest->lacks_memory ? synched__fail(SYNCHED_ENOMEM, "no memory for a manifest") : 0;
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
