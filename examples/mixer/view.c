#include "view.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void put_name(struct mixer_view *view, const char *name) {
  memcpy(view->head + view->head_bytes, name, 4);
  view->head_bytes += 4;
}

static void put_number(struct mixer_view *view, uint64_t number, unsigned count, bool big_first) {
  for (unsigned i = 0; i < count; i++)
    view->head[view->head_bytes++] =
        (unsigned char)(number >> 8 * (big_first ? count - 1 - i : i) & 0xff);
}

/* Lengths that do not fit into the four bytes of the others. */
static void put_long_lengths(struct mixer_view *view, const struct mixer_header *header) {
  put_name(view, "ds64");
  put_number(view, 28, 4, false);
  put_number(view, header->data_bytes + header->format_bytes + 68, 8, false);
  put_number(view, header->data_bytes, 8, false);
  put_number(view, header->data_bytes / header->block_bytes, 8, false);
  put_number(view, 0, 4, false);
}

void mixer_view_init(struct mixer_view *out, int file, const struct mixer_header *header) {
  const bool big_first = header->big_first, is_long = header->data_bytes > INT32_MAX && !big_first;
  const size_t padded = header->format_bytes + header->format_bytes % 2;
  *out = (struct mixer_view){
      .file = file, .data_begin = header->data_begin, .data_bytes = header->data_bytes};
  put_name(out, big_first ? "RIFX" : is_long ? "RF64" : "RIFF");
  put_number(out, is_long ? UINT32_MAX : header->data_bytes + padded + 32, 4, big_first);
  put_name(out, "WAVE");
  if (is_long)
    put_long_lengths(out, header);
  put_name(out, "fmt ");
  put_number(out, header->format_bytes, 4, big_first);
  memcpy(out->head + out->head_bytes, header->format, header->format_bytes);
  out->head_bytes += padded;
  if (header->fact_known) {
    put_name(out, "fact");
    put_number(out, 4, 4, big_first);
    put_number(out, header->fact_frames, 4, big_first);
  }
  put_name(out, "data");
  put_number(out, is_long ? UINT32_MAX : header->data_bytes, 4, big_first);
}

/* What libsndfile calls. */

static sf_count_t view_length(void *user) {
  const struct mixer_view *const view = user;
  return (sf_count_t)(view->head_bytes + view->data_bytes);
}

static sf_count_t view_seek(sf_count_t offset, int whence, void *user) {
  struct mixer_view *const view = user;
  const sf_count_t from = whence == SEEK_SET   ? 0
                          : whence == SEEK_CUR ? (sf_count_t)view->position
                                               : view_length(user);
  if (offset < -from)
    return -1;
  view->position = (uint64_t)(from + offset);
  return from + offset;
}

static sf_count_t view_tell(void *user) {
  const struct mixer_view *const view = user;
  return (sf_count_t)view->position;
}

static sf_count_t view_write(const void *bytes, sf_count_t count, void *user) {
  (void)bytes;
  (void)count;
  (void)user;
  return 0;
}

/* From the file, as many of the samples' bytes as are there. */
static size_t read_data(struct mixer_view *view, unsigned char *out, size_t count, uint64_t at) {
  const uint64_t left = at < view->data_bytes ? view->data_bytes - at : 0;
  const size_t wanted = count < left ? count : (size_t)left;
  size_t done = 0;
  while (done < wanted) {
    const ssize_t more =
        pread(view->file, out + done, wanted - done, (off_t)(view->data_begin + at + done));
    if (more < 0 && errno == EINTR)
      continue;
    if (more < 0)
      view->failure = errno;
    if (more <= 0)
      break;
    done += (size_t)more;
  }
  return done;
}

static sf_count_t view_read(void *out, sf_count_t count, void *user) {
  struct mixer_view *const view = user;
  size_t done = 0;
  if (count <= 0)
    return 0;
  if (view->position < view->head_bytes) {
    const size_t left = view->head_bytes - (size_t)view->position;
    done = (uint64_t)count < left ? (size_t)count : left;
    memcpy(out, view->head + view->position, done);
    view->position += done;
  }
  const size_t more = read_data(view, (unsigned char *)out + done, (size_t)count - done,
                                view->position - view->head_bytes);
  view->position += more;
  return (sf_count_t)(done + more);
}

SNDFILE *mixer_view_open(struct mixer_view *view, SF_INFO *info) {
  SF_VIRTUAL_IO calls = {.get_filelen = view_length,
                         .seek = view_seek,
                         .read = view_read,
                         .write = view_write,
                         .tell = view_tell};
  return sf_open_virtual(&calls, SFM_READ, info, view);
}
