#include "checkpoint/load.h"

#include <string.h>

#include <xxhash.h>

#include "base/error.h"
#include "checkpoint/generation.h"
#include "platform/alloc.h"
#include "platform/disk.h"
#include "platform/system_text.h"

#define BUFFER_BYTES ((size_t)256 << 10)
/* Of the largest jobs it has some 100 MB. */
#define MANIFEST_BYTES_MAX (UINT64_C(1) << 32)

/* What was there is not what was written: of a file by itself, so that an older generation may be
 * whole. All else is the system's own trouble. */
static bool is_damage(int status) {
  return status == SYNCHED_EIO || status == SYNCHED_ENOENT || status == SYNCHED_EINVAL ||
         status == -ELOOP || status == -ENOTDIR;
}

static int refuse(int status, const char *name) {
  return synched__fail(is_damage(status) ? SYNCHED_EIO : status, "%s: %s", name,
                       synched__system_text(-status).bytes);
}

static int damaged(const char *name, const char *what) {
  return synched__fail(SYNCHED_EIO, "%s %s", name, what);
}

/* --- the manifest --- */

static int read_text(struct synched__loading *loading, int file) {
  static const char name[] = SYNCHED__MANIFEST_NAME;
  uint64_t bytes;
  size_t done;
  int status = synched__disk_size(file, &bytes);
  if (status != 0)
    return refuse(status, name);
  if (bytes == 0 || bytes > MANIFEST_BYTES_MAX || bytes > SIZE_MAX)
    return damaged(name, bytes == 0 ? "is empty" : "is too large to be one");
  char *text = synched__alloc((size_t)bytes, 1);
  if (text == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory to read a manifest");
  status = synched__disk_read(file, text, (size_t)bytes, &done);
  status =
      status != 0 ? refuse(status, name) : synched__manifest_read(&loading->manifest, text, done);
  synched__free(text);
  return status;
}

static int read_manifest(struct synched__loading *loading, unsigned generation) {
  const int file = synched__disk_open(loading->folder, SYNCHED__MANIFEST_NAME);
  if (file < 0)
    return refuse(file, SYNCHED__MANIFEST_NAME);
  const int status = read_text(loading, file);
  (void)synched__disk_close(file);
  if (status == 0 && loading->manifest.generation != generation)
    return damaged(SYNCHED__MANIFEST_NAME, "is that of another generation");
  return status;
}

/* --- fields --- */

/* Reads as many bytes, to `out`, or only to sum them where it is NULL. */
static int take(struct synched__loading *loading, int file, unsigned char *out, size_t count) {
  while (count != 0) {
    const size_t part = count < BUFFER_BYTES ? count : BUFFER_BYTES;
    unsigned char *to = out == NULL ? loading->buffer : out;
    size_t done;
    const int status = synched__disk_read(file, to, part, &done);
    if (status != 0 || done != part)
      return status != 0 ? status : SYNCHED_EIO;
    (void)XXH3_64bits_update(loading->summing, to, part);
    count -= part;
    out = out == NULL ? NULL : out + part;
  }
  return 0;
}

static int take_piece(struct synched__loading *loading, int file, unsigned f, size_t piece) {
  const struct synched__plan *plan = loading->plan;
  const struct synched__layout *layout = plan->fields[f].layout;
  int status = 0;
  (void)XXH3_64bits_reset(loading->summing);
  for (size_t s = synched__plan_first(plan, piece);
       status == 0 && s < synched__plan_behind(plan, piece); s++) {
    unsigned char *to = loading->targets[f];
    status = take(loading, file, to == NULL ? NULL : to + layout->offsets[s] * layout->element_size,
                  layout->capacities[s] * layout->element_size);
  }
  if (status != 0)
    return refuse(status, plan->fields[f].name);
  return XXH3_64bits_digest(loading->summing) == loading->manifest.sums[f][piece]
             ? 0
             : synched__fail(SYNCHED_EIO, "%s is damaged in segment %zu%s", plan->fields[f].name,
                             synched__plan_first(plan, piece),
                             plan->piece_segments == 1 ? "" : ", or one of those behind it");
}

static int take_head(int file, const struct synched__plan_field *field) {
  char head[SYNCHED__NPY_BYTES];
  uint64_t bytes;
  size_t done;
  int status = synched__disk_size(file, &bytes);
  if (status == 0)
    status = synched__disk_read(file, head, field->head_bytes, &done);
  if (status != 0)
    return refuse(status, field->name);
  if (bytes != field->file_bytes)
    return synched__fail(SYNCHED_EIO, "%s has %llu bytes instead of %llu", field->name,
                         (unsigned long long)bytes, (unsigned long long)field->file_bytes);
  return done == field->head_bytes && memcmp(head, field->head, done) == 0
             ? 0
             : damaged(field->name, "begins with another header");
}

static int seek(const struct synched__loading *loading, int file, unsigned f) {
  const struct synched__plan *plan = loading->plan;
  const size_t first = synched__plan_first(plan, loading->pieces[f].first);
  const int status = synched__disk_seek(file, synched__plan_offset(plan, f, first));
  return status == 0 ? 0 : refuse(status, plan->fields[f].name);
}

static int take_field(struct synched__loading *loading, unsigned f) {
  const struct synched__plan_field *field = &loading->plan->fields[f];
  const int file = synched__disk_open(loading->folder, field->name);
  if (file < 0)
    return refuse(file, field->name);
  const struct synched__pieces pieces = loading->pieces[f];
  int status = take_head(file, field);
  if (status == 0 && pieces.first != 0)
    status = seek(loading, file, f);
  for (size_t p = pieces.first; status == 0 && p < pieces.behind; p++)
    status = take_piece(loading, file, f, p);
  (void)synched__disk_close(file);
  return status;
}

static int take_fields(struct synched__loading *loading) {
  int status = 0;
  for (unsigned f = 0; status == 0 && f < loading->plan->field_count; f++)
    status = take_field(loading, f);
  return status;
}

int synched__loading_verify(struct synched__loading *loading, int folder, unsigned generation) {
  memset(loading->targets, 0, sizeof loading->targets);
  loading->folder = synched__generation_open(folder, generation);
  if (loading->folder == SYNCHED_ENOENT)
    return SYNCHED_ENOENT;
  if (loading->folder < 0)
    return refuse(loading->folder, "its folder");
  const int status = read_manifest(loading, generation);
  return status != 0 ? status : take_fields(loading);
}

int synched__loading_read(struct synched__loading *loading,
                          const struct synched__restoring *restoring) {
  for (unsigned f = 0; f < loading->plan->field_count; f++) {
    struct synched__block *block =
        synched__restoring_block(restoring, loading->plan->fields[f].index);
    loading->targets[f] = block->data;
    memcpy(block->counts, loading->manifest.counts[f],
           loading->plan->segment_count * sizeof *block->counts);
  }
  return take_fields(loading);
}

void synched__loading_close_folder(struct synched__loading *loading) {
  if (loading->folder >= 0)
    (void)synched__disk_close(loading->folder);
  loading->folder = -1;
}

static void choose_pieces(struct synched__loading *loading) {
  const struct synched__plan *plan = loading->plan;
  const struct synched__link *link = plan->job->work.link;
  const struct synched__pieces own = synched__plan_touched(plan, plan->own);
  for (unsigned f = 0; f < plan->field_count; f++)
    loading->pieces[f] = link == NULL || synched__fields_has(link->written, plan->fields[f].index)
                             ? own
                             : (struct synched__pieces){0, plan->piece_count};
}

int synched__loading_init(struct synched__loading *loading, const struct synched__plan *plan) {
  *loading = (struct synched__loading){.plan = plan, .folder = -1};
  choose_pieces(loading);
  const int status = synched__manifest_init(&loading->manifest, plan);
  if (status != 0)
    return status;
  loading->buffer = synched__alloc(BUFFER_BYTES, 1);
  loading->summing = XXH3_createState();
  return loading->buffer != NULL && loading->summing != NULL
             ? 0
             : synched__fail(SYNCHED_ENOMEM, "no memory to read a checkpoint");
}

void synched__loading_deinit(struct synched__loading *loading) {
  synched__loading_close_folder(loading);
  (void)XXH3_freeState(loading->summing);
  synched__free(loading->buffer);
  synched__manifest_deinit(&loading->manifest);
}
