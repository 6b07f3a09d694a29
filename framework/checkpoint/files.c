#include "checkpoint/files.h"

#include <string.h>

#include <xxhash.h>

#include "base/error.h"
#include "platform/alloc.h"
#include "platform/disk.h"
#include "platform/system_text.h"

/* Less than that goes through the buffer. Summed and then written in parts of this size, so that
 * the second walk finds them in the cache. */
#define BUFFER_BYTES ((size_t)256 << 10)

int synched__files_refuse(int status, const char *doing, const char *name) {
  return synched__fail(status, "%s could not be %s: %s", name, doing,
                       synched__system_text(-status).bytes);
}

/* --- bytes --- */

static int flush(struct synched__files *files) {
  const size_t count = files->buffered;
  files->buffered = 0;
  return count == 0 ? 0 : synched__disk_write(files->file, files->buffer, count);
}

static int put(struct synched__files *files, const void *bytes, size_t count) {
  int status = 0;
  files->bytes += count;
  if (files->buffered + count > BUFFER_BYTES)
    status = flush(files);
  if (status != 0 || count >= BUFFER_BYTES)
    return status != 0 ? status : synched__disk_write(files->file, bytes, count);
  memcpy(files->buffer + files->buffered, bytes, count);
  files->buffered += count;
  return 0;
}

/* Sums, too. */
static int put_elements(struct synched__files *files, const unsigned char *bytes, size_t count) {
  int status = 0;
  while (status == 0 && count != 0) {
    const size_t part = count < BUFFER_BYTES ? count : BUFFER_BYTES;
    (void)XXH3_64bits_update(files->summing, bytes, part);
    status = put(files, bytes, part);
    bytes += part;
    count -= part;
  }
  return status;
}

/* --- files --- */

static int create_file(struct synched__files *files, int folder, const char *name) {
  files->file = synched__disk_create(folder, name);
  files->buffered = 0;
  return files->file < 0 ? synched__files_refuse(files->file, "made", name) : 0;
}

/* Of a file that has been written, with that status: it is safe from here on. */
static int finish_file(struct synched__files *files, const char *name, int status) {
  if (status == 0)
    status = flush(files);
  if (status == 0)
    status = synched__disk_sync(files->file);
  const int closed = synched__disk_close(files->file);
  if (status == 0)
    status = closed;
  return status == 0 ? 0 : synched__files_refuse(status, "written", name);
}

static int put_segments(struct synched__files *files, const struct synched__layout *layout,
                        const unsigned char *data, struct synched_segments segments) {
  int status = 0;
  for (size_t i = 0; status == 0 && i < segments.count; i++) {
    const size_t s = segments.first + i;
    status = put_elements(files, data + layout->offsets[s] * layout->element_size,
                          layout->capacities[s] * layout->element_size);
  }
  return status;
}

/* What is this rank's of a piece. */
static struct synched_segments own_of(const struct synched__plan *plan, size_t piece) {
  const size_t own_end = plan->own.first + plan->own.count;
  const size_t first = synched__plan_first(plan, piece);
  const size_t behind = synched__plan_behind(plan, piece);
  const size_t from = first > plan->own.first ? first : plan->own.first;
  return (struct synched_segments){from, (behind < own_end ? behind : own_end) - from};
}

static int put_part(struct synched__files *files, struct synched__manifest *manifest, unsigned f,
                    const unsigned char *data) {
  const struct synched__plan *plan = manifest->plan;
  const struct synched__pieces touched = synched__plan_touched(plan, plan->own);
  int status = 0;
  for (size_t p = touched.first; status == 0 && p < touched.behind; p++) {
    const struct synched_segments segments = own_of(plan, p);
    (void)XXH3_64bits_reset(files->summing);
    status = put_segments(files, plan->fields[f].layout, data, segments);
    manifest->sums[f][p] = XXH3_64bits_digest(files->summing);
  }
  return status;
}

/* Of a file that has just been created: the buffer has room for it. */
static void put_head(struct synched__files *files, const struct synched__plan_field *field) {
  memcpy(files->buffer, field->head, field->head_bytes);
  files->buffered = field->head_bytes;
  files->bytes += field->head_bytes;
}

int synched__files_write(struct synched__files *files, struct synched__manifest *manifest,
                         const struct synched__files_data *data, int folder) {
  int status = 0;
  for (unsigned f = 0; status == 0 && f < manifest->plan->field_count; f++) {
    const struct synched__plan_field *field = &manifest->plan->fields[f];
    status = create_file(files, folder, field->name);
    if (status != 0)
      break;
    put_head(files, field);
    status = finish_file(files, field->name, put_part(files, manifest, f, data->fields[f]));
  }
  return status;
}

int synched__files_make(struct synched__files *files, const struct synched__plan *plan,
                        int folder) {
  int status = 0;
  for (unsigned f = 0; status == 0 && f < plan->field_count; f++) {
    const struct synched__plan_field *field = &plan->fields[f];
    status = create_file(files, folder, field->name);
    if (status != 0)
      break;
    put_head(files, field);
    status = finish_file(files, field->name, synched__disk_resize(files->file, field->file_bytes));
  }
  return status;
}

static int write_own(struct synched__files *files, struct synched__manifest *manifest, unsigned f,
                     const unsigned char *data) {
  const struct synched__plan *plan = manifest->plan;
  const int status =
      synched__disk_seek(files->file, synched__plan_offset(plan, f, plan->own.first));
  return status != 0 ? status : put_part(files, manifest, f, data);
}

int synched__files_write_part(struct synched__files *files, struct synched__manifest *manifest,
                              const struct synched__files_data *data, int folder) {
  const struct synched__plan *plan = manifest->plan;
  int status = 0;
  for (unsigned f = 0; plan->own.count != 0 && status == 0 && f < plan->field_count; f++) {
    const char *name = plan->fields[f].name;
    files->buffered = 0;
    files->file = synched__disk_reopen(folder, name);
    if (files->file < 0)
      return synched__files_refuse(files->file, "opened", name);
    status = finish_file(files, name, write_own(files, manifest, f, data->fields[f]));
  }
  return status;
}

int synched__files_write_manifest(struct synched__files *files, struct synched__manifest *manifest,
                                  int folder) {
  int status = synched__manifest_write(manifest);
  if (status == 0)
    status = create_file(files, folder, SYNCHED__MANIFEST_NAME);
  if (status != 0)
    return status;
  return finish_file(files, SYNCHED__MANIFEST_NAME, put(files, manifest->text, manifest->length));
}

/* --- reading back --- */

static int sum_bytes(struct synched__files *files, int file, uint64_t count) {
  while (count != 0) {
    const size_t part = count < BUFFER_BYTES ? (size_t)count : BUFFER_BYTES;
    size_t done;
    const int status = synched__disk_read(file, files->buffer, part, &done);
    if (status != 0 || done != part)
      return status != 0 ? status : SYNCHED_EIO;
    (void)XXH3_64bits_update(files->summing, files->buffer, part);
    count -= part;
  }
  return 0;
}

static int sum_piece_of(struct synched__files *files, struct synched__manifest *manifest,
                        unsigned f, size_t piece, int file) {
  const struct synched__plan *plan = manifest->plan;
  const uint64_t from = synched__plan_offset(plan, f, synched__plan_first(plan, piece));
  const uint64_t to = synched__plan_offset(plan, f, synched__plan_behind(plan, piece));
  (void)XXH3_64bits_reset(files->summing);
  int status = synched__disk_seek(file, from);
  if (status == 0)
    status = sum_bytes(files, file, to - from);
  manifest->sums[f][piece] = XXH3_64bits_digest(files->summing);
  return status;
}

int synched__files_sum_piece(struct synched__files *files, struct synched__manifest *manifest,
                             size_t piece, int folder) {
  for (unsigned f = 0; f < manifest->plan->field_count; f++) {
    const char *name = manifest->plan->fields[f].name;
    const int file = synched__disk_open(folder, name);
    const int status = file < 0 ? file : sum_piece_of(files, manifest, f, piece, file);
    if (file >= 0)
      (void)synched__disk_close(file);
    if (status != 0)
      return synched__files_refuse(status, "read", name);
  }
  return 0;
}

/* --- the beginning and the end --- */

int synched__files_init(struct synched__files *files) {
  *files = (struct synched__files){.file = -1, .buffer = synched__alloc(BUFFER_BYTES, 1)};
  files->summing = XXH3_createState();
  return files->buffer != NULL && files->summing != NULL
             ? 0
             : synched__fail(SYNCHED_ENOMEM, "no memory for a checkpoint");
}

void synched__files_deinit(struct synched__files *files) {
  (void)XXH3_freeState(files->summing);
  synched__free(files->buffer);
}
