/*
 * zlib has functions that read files, but they take whatever follows a complete gzip file for padding: a
 * second packed part whose beginning is damaged would go missing without a word. So the file is read and
 * unpacked here, part by part, and the end of the file is an end only between two parts.
 */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INPUT_BYTES ((size_t)1 << 18)
#define UNPACKED_BYTES ((size_t)1 << 20)
#define GZIP_ONLY (16 + MAX_WBITS)

int pagerank_source_open(struct pagerank_source *out, const char *path,
                         struct example_error *error) {
  *out = (struct pagerank_source){.file = STDIN_FILENO};
  if (strcmp(path, "-") != 0) {
    out->file = open(path, O_RDONLY | O_CLOEXEC);
    if (out->file < 0)
      return example_fail(error, 0, "cannot be read: %s", strerror(errno));
    out->opened = true;
  }
  out->input = malloc(INPUT_BYTES);
  if (out->input)
    return 0;
  pagerank_source_close(out);
  return example_out_of_memory(error);
}

/* Takes the next bytes of the file once the last ones are used up: two or more, for two are what tells a
 * gzip file, unless the file ends. */
static int fill(struct pagerank_source *source, struct example_error *error) {
  size_t count = 0;
  while (count < 2 && !source->ended) {
    const ssize_t more = read(source->file, source->input + count, INPUT_BYTES - count);
    if (more < 0 && errno == EINTR)
      continue;
    if (more < 0)
      return example_fail(error, 0, "cannot be read: %s", strerror(errno));
    source->ended = more == 0;
    count += (size_t)more;
  }
  source->inflater.next_in = source->input;
  source->inflater.avail_in = (uInt)count;
  return 0;
}

static int begin_gzip(struct pagerank_source *source, struct example_error *error) {
  source->unpacked = malloc(UNPACKED_BYTES);
  if (!source->unpacked || inflateInit2(&source->inflater, GZIP_ONLY) != Z_OK)
    return example_out_of_memory(error);
  source->gzip = source->in_member = true;
  return 0;
}

/* Unpacks what there is of the input, as far as there is room. */
static int unpack(struct pagerank_source *source, struct example_error *error) {
  z_stream *const inflater = &source->inflater;
  if (!source->in_member && inflateReset(inflater) != Z_OK)
    return example_fail(error, 0, "the gzip data cannot be unpacked");
  source->in_member = true;
  const int result = inflate(inflater, Z_NO_FLUSH);
  if (result == Z_STREAM_END)
    source->in_member = false;
  else if (result == Z_MEM_ERROR)
    return example_out_of_memory(error);
  else if (result != Z_OK && result != Z_BUF_ERROR)
    return example_fail(error, 0, "the gzip data is damaged: %s",
                        inflater->msg ? inflater->msg : "it cannot be unpacked");
  return 0;
}

static int next_unpacked(struct pagerank_source *source, struct pagerank_block *out,
                         struct example_error *error) {
  z_stream *const inflater = &source->inflater;
  inflater->next_out = source->unpacked;
  inflater->avail_out = (uInt)UNPACKED_BYTES;
  while (inflater->avail_out == UNPACKED_BYTES) {
    if (inflater->avail_in == 0 && fill(source, error) != 0)
      return -1;
    if (inflater->avail_in == 0 && !source->in_member)
      break;
    if (inflater->avail_in == 0)
      return example_fail(error, 0, "the gzip data ends too early: the file has been cut short");
    if (unpack(source, error) != 0)
      return -1;
  }
  *out = (struct pagerank_block){source->unpacked, UNPACKED_BYTES - inflater->avail_out};
  return 0;
}

int pagerank_source_next(struct pagerank_source *source, struct pagerank_block *out,
                         struct example_error *error) {
  const bool first = !source->inflater.next_in;
  if (source->gzip)
    return next_unpacked(source, out, error);
  if (fill(source, error) != 0)
    return -1;
  const unsigned char *const bytes = source->input;
  const size_t count = source->inflater.avail_in;
  if (first && count >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b)
    return begin_gzip(source, error) != 0 ? -1 : next_unpacked(source, out, error);
  *out = (struct pagerank_block){bytes, count};
  return 0;
}

void pagerank_source_close(struct pagerank_source *source) {
  if (source->gzip)
    inflateEnd(&source->inflater);
  free(source->input);
  free(source->unpacked);
  if (source->opened)
    close(source->file);
  *source = (struct pagerank_source){.file = -1};
}
