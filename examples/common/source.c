/*
 * zlib has functions that read files, but they take whatever follows a complete gzip file for
 * padding: a second packed part whose beginning is damaged would go missing without a word. So
 * the file is read and unpacked here, part by part. Behind a part there may be another one, or
 * zero bytes to the end of the file, which tapes and some tools add; nothing else.
 */
#include "common/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INPUT_BYTES ((size_t)1 << 18)
#define MARK_BYTES                                                                                 \
  ((size_t)3) /* of the longest byte order mark; what tells a gzip file is shorter */

int example_source_open(struct example_source *out, const char *path, struct example_error *error) {
  *out = (struct example_source){.file = STDIN_FILENO};
  if (strcmp(path, "-") != 0) {
    out->file = open(path, O_RDONLY | O_CLOEXEC);
    if (out->file < 0)
      return example_fail(error, 0, "cannot be read: %s", strerror(errno));
    out->opened = true;
  }
  out->input = malloc(INPUT_BYTES);
  if (out->input)
    return 0;
  example_source_close(out);
  return example_out_of_memory(error);
}

/* Takes the next bytes of the file once the last ones are used up: `least` or more, unless the
 * file ends. */
static int fill(struct example_source *source, size_t least, struct example_error *error) {
  size_t count = 0;
  while (count < least && !source->ended) {
    const ssize_t more = read(source->file, source->input + count, INPUT_BYTES - count);
    if (more < 0 && errno == EINTR)
      continue;
    if (more < 0)
      return example_fail(error, 0, "cannot be read: %s", strerror(errno));
    source->ended = more == 0;
    count += (size_t)more;
  }
  source->rest = source->input;
  source->rest_bytes = count;
  return 0;
}

#ifdef EXAMPLE_HAS_ZLIB
#include <zlib.h>

#define UNPACKED_BYTES ((size_t)1 << 20)
#define GZIP_ONLY (16 + MAX_WBITS)

static int begin_gzip(struct example_source *source, struct example_error *error) {
  source->unpacked = malloc(UNPACKED_BYTES);
  source->inflater = calloc(1, sizeof *source->inflater);
  if (!source->unpacked || !source->inflater || inflateInit2(source->inflater, GZIP_ONLY) != Z_OK) {
    free(source->inflater);
    source->inflater = NULL;
    return example_out_of_memory(error);
  }
  source->in_member = true;
  return 0;
}

static int refuse_what_follows(struct example_error *error) {
  return example_fail(error, 0,
                      "something that is neither gzip data nor zero bytes follows the gzip data");
}

/* Between two parts, where there is a byte: steps over zeros, or begins the next part. */
static int pass_boundary(struct example_source *source, struct example_error *error) {
  if (*source->rest != 0 && source->padded)
    return example_fail(error, 0, "something follows the zero bytes behind the gzip data");
  for (; source->rest_bytes > 0 && *source->rest == 0; source->rest++, source->rest_bytes--)
    source->padded = true;
  if (source->padded)
    return 0; /* where it is not all, the next call will say so */
  if (*source->rest != 0x1f)
    return refuse_what_follows(error);
  if (inflateReset(source->inflater) != Z_OK)
    return example_fail(error, 0, "the gzip data cannot be unpacked");
  source->in_member = source->repeated = true;
  return 0;
}

/* Unpacks what there is of the input, as far as there is room. */
static int unpack(struct example_source *source, struct example_error *error) {
  z_stream *const inflater = source->inflater;
  inflater->next_in = source->rest;
  inflater->avail_in = (uInt)source->rest_bytes;
  const int result = inflate(inflater, Z_NO_FLUSH);
  source->rest = inflater->next_in;
  source->rest_bytes = inflater->avail_in;
  if (result == Z_STREAM_END)
    source->in_member = false;
  else if (result == Z_MEM_ERROR)
    return example_out_of_memory(error);
  else if (result != Z_OK && result != Z_BUF_ERROR && source->repeated && inflater->total_in <= 2)
    return refuse_what_follows(error);
  else if (result != Z_OK && result != Z_BUF_ERROR)
    return example_fail(error, 0, "the gzip data is damaged: %s",
                        inflater->msg ? inflater->msg : "it cannot be unpacked");
  return 0;
}

/* The next unpacked bytes, `least` or more unless the file ends. */
static int next_unpacked(struct example_source *source, size_t least, struct example_block *out,
                         struct example_error *error) {
  z_stream *const inflater = source->inflater;
  if (!inflater) /* there was no memory for it at the first call */
    return example_out_of_memory(error);
  inflater->next_out = source->unpacked;
  inflater->avail_out = (uInt)UNPACKED_BYTES;
  while (UNPACKED_BYTES - inflater->avail_out < least) {
    if (source->rest_bytes == 0 && fill(source, 1, error) != 0)
      return -1;
    if (source->rest_bytes == 0 && !source->in_member)
      break;
    if (source->rest_bytes == 0)
      return example_fail(error, 0, "the gzip data ends too early: the file has been cut short");
    const int status = source->in_member ? unpack(source, error) : pass_boundary(source, error);
    if (status != 0)
      return -1;
  }
  *out = (struct example_block){source->unpacked, UNPACKED_BYTES - inflater->avail_out};
  return 0;
}

static void end_gzip(struct example_source *source) {
  if (source->inflater)
    inflateEnd(source->inflater);
  free(source->inflater);
}
#else
static int begin_gzip(struct example_source *source, struct example_error *error) {
  (void)source;
  return example_fail(error, 0, "is packed by gzip, and this program was built without zlib");
}

static int next_unpacked(struct example_source *source, size_t least, struct example_block *out,
                         struct example_error *error) {
  (void)least;
  (void)out;
  return begin_gzip(source, error);
}

static void end_gzip(struct example_source *source) {
  (void)source;
}
#endif

static int next_plain(struct example_source *source, size_t least, struct example_block *out,
                      struct example_error *error) {
  if (source->rest_bytes == 0 && fill(source, least, error) != 0)
    return -1;
  *out = (struct example_block){source->rest, source->rest_bytes};
  source->rest_bytes = 0;
  return 0;
}

/* What some editors put before a text, to tell how its characters are coded. */
static int pass_mark(struct example_block *block, struct example_error *error) {
  const unsigned char *const bytes = block->bytes;
  if (block->count >= 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0))
    return example_fail(error, 0, "is text in UTF-16; it can be read as UTF-8 or ASCII");
  if (block->count >= MARK_BYTES && memcmp(bytes, "\xef\xbb\xbf", MARK_BYTES) == 0)
    *block = (struct example_block){bytes + MARK_BYTES, block->count - MARK_BYTES};
  return 0;
}

static int begin(struct example_source *source, struct example_error *error) {
  if (fill(source, MARK_BYTES, error) != 0)
    return -1;
  source->begun = true;
  source->gzip = source->rest_bytes >= 2 && source->rest[0] == 0x1f && source->rest[1] == 0x8b;
  return source->gzip ? begin_gzip(source, error) : 0;
}

static int next(struct example_source *source, size_t least, struct example_block *out,
                struct example_error *error) {
  return source->gzip ? next_unpacked(source, least, out, error)
                      : next_plain(source, least, out, error);
}

int example_source_next(struct example_source *source, struct example_block *out,
                        struct example_error *error) {
  if (source->begun)
    return next(source, 1, out, error);
  if (begin(source, error) != 0 || next(source, MARK_BYTES, out, error) != 0 ||
      pass_mark(out, error) != 0)
    return -1;
  /* Where there was nothing but a mark, nothing is an end only if nothing follows. */
  return out->count > 0 ? 0 : next(source, 1, out, error);
}

void example_source_close(struct example_source *source) {
  end_gzip(source);
  free(source->input);
  free(source->unpacked);
  if (source->opened)
    close(source->file);
  *source = (struct example_source){.file = -1};
}
