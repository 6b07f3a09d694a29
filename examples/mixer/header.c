/*
 * A WAV file is "RIFF", a length, "WAVE", and then chunks: four letters, a length of four bytes,
 * and so many bytes, padded to an even number. The samples are in the chunk "data", and what
 * they are is in "fmt " before it. "RIFX" is the same with the numbers' bytes the other way
 * round; "RF64", for more than 4 GiB, has the lengths that do not fit into four bytes in a chunk
 * "ds64" (EBU Tech 3306).
 *
 * libsndfile could find all of that by itself, but it makes the best of what is damaged and says
 * nothing: samples are lost, or there are some that nobody recorded. Here a file that is damaged
 * is refused, or it is read as far as it goes, and a note tells of it. The length behind "RIFF"
 * is not looked at: many programs leave it wrong, and it says nothing of the samples.
 */
#include "header.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "strip.h"

#define HEAD_BYTES 8 /* of a chunk: name and length */
#define DS64_BYTES 24
#define UNKNOWN_LENGTH                                                                             \
  UINT32_C(0x7ffff000) /* programs that write to a pipe put in this or more: nobody knows yet */

/* What "fmt " begins with, and what the samples are then. */
#define FORMAT_BYTES 16
#define EXTENSIBLE_BYTES 40
enum {
  TAG_PCM = 1,
  TAG_MS_ADPCM = 2,
  TAG_FLOAT = 3,
  TAG_ALAW = 6,
  TAG_MULAW = 7,
  TAG_IMA_ADPCM = 0x11,
  TAG_GSM = 0x31,
  TAG_EXTENSIBLE = 0xfffe
};

struct chunk {
  char name[5];
  uint64_t begin, length; /* of what is behind its head */
};

struct reader {
  struct mixer_header *out;
  struct mixer_error *error;
  const char *path;
  int file;
  uint64_t file_bytes;
  bool rf64;
  bool long_known;      /* "ds64" has been found */
  uint64_t long_length; /* of the samples, in "ds64" */
  bool data_known;
};

static int refuse_unread(const struct reader *in, int why) {
  return mixer_fail(in->error, in->path, "cannot be read: %s", strerror(why));
}

__attribute__((format(printf, 2, 3))) static void note(struct reader *in, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(in->out->notes[in->out->note_count++], MIXER_NOTE_BYTES, format, arguments);
  va_end(arguments);
}

static uint64_t number_at(const unsigned char *bytes, unsigned count, bool big_first) {
  uint64_t number = 0;
  for (unsigned i = 0; i < count; i++)
    number |= (uint64_t)bytes[i] << 8 * (big_first ? count - 1 - i : i);
  return number;
}

/* True: all of these bytes are there. False: the file ends before, or cannot be read, and then
 * errno is not 0. */
static bool read_at(const struct reader *in, void *out, size_t count, uint64_t at) {
  errno = 0;
  if (at > in->file_bytes || count > in->file_bytes - at)
    return false;
  for (size_t done = 0; done < count;) {
    const ssize_t more = pread(in->file, (char *)out + done, count - done, (off_t)(at + done));
    if (more < 0 && errno == EINTR)
      continue;
    if (more <= 0)
      return false;
    done += (size_t)more;
  }
  errno = 0;
  return true;
}

static bool is_name(const char *name) {
  for (int i = 0; i < 4; i++)
    if (name[i] < 0x20 || name[i] > 0x7e)
      return false;
  return true;
}

/* The head of the chunk that begins there. False where there is none. */
static bool read_head(const struct reader *in, uint64_t at, struct chunk *out) {
  unsigned char head[HEAD_BYTES];
  if (!read_at(in, head, sizeof head, at))
    return false;
  memcpy(out->name, head, 4);
  out->name[4] = '\0';
  out->begin = at + HEAD_BYTES;
  out->length = number_at(head + 4, 4, in->out->big_first);
  return is_name(out->name);
}

/* Where the next chunk begins. What pads an odd length to an even one is a zero byte; some
 * programs leave it out. */
static uint64_t behind(const struct reader *in, const struct chunk *chunk) {
  const uint64_t end = chunk->begin + chunk->length;
  char pad[4];
  if (chunk->length % 2 == 0 || !read_at(in, pad, sizeof pad, end))
    return end + chunk->length % 2;
  return pad[0] != '\0' && is_name(pad) ? end : end + 1;
}

/* Whether there are nothing but whole chunks from there to the end of the file. */
static bool is_all_chunks(const struct reader *in, uint64_t at) {
  struct chunk chunk;
  while (at < in->file_bytes) {
    if (!read_head(in, at, &chunk) || chunk.length > in->file_bytes - chunk.begin)
      return false;
    at = behind(in, &chunk);
  }
  return true;
}

/* For samples that are not packed: whether the frames' size is what follows from the samples'. */
static int check_samples(struct reader *in, unsigned tag, unsigned bits) {
  struct mixer_header *const out = in->out;
  const unsigned least = tag == TAG_FLOAT ? 32 : 1, most = tag == TAG_FLOAT ? 64 : 32;
  if (bits < least || bits > most || (tag == TAG_FLOAT && bits % 32 != 0))
    return mixer_fail(in->error, in->path, "has %ssamples of %u bits",
                      tag == TAG_FLOAT ? "floating-point " : "", bits);
  const unsigned bytes = out->channel_count * ((bits + 7) / 8);
  /* arecord puts 24 bits into four bytes. */
  const bool spacious = bits == 24 && out->block_bytes == out->channel_count * 4;
  if (out->block_bytes != 0 && out->block_bytes != bytes && !spacious)
    return mixer_fail(in->error, in->path,
                      "contradicts itself: %u channels of %u bits, and %u bytes to a frame",
                      out->channel_count, bits, out->block_bytes);
  if (out->block_bytes == 0)
    out->block_bytes = bytes;
  return 0;
}

static int check_format(struct reader *in) {
  struct mixer_header *const out = in->out;
  const unsigned char *const format = out->format;
  unsigned tag = (unsigned)number_at(format, 2, out->big_first);
  const unsigned bits = (unsigned)number_at(format + 14, 2, out->big_first);
  out->channel_count = (unsigned)number_at(format + 2, 2, out->big_first);
  out->rate_hz = (unsigned)number_at(format + 4, 4, out->big_first);
  out->block_bytes = (unsigned)number_at(format + 12, 2, out->big_first);
  if (out->channel_count < 1 || out->channel_count > MIXER_CHANNELS_MAX)
    return mixer_fail(in->error, in->path, "has %u channels; mono and stereo can be mixed",
                      out->channel_count);
  if (out->rate_hz < 1 || out->rate_hz > INT_MAX)
    return mixer_fail(in->error, in->path, "has a sample rate of %u Hz", out->rate_hz);
  if (tag == TAG_EXTENSIBLE && out->format_bytes < EXTENSIBLE_BYTES)
    return mixer_fail(in->error, in->path, "has a format of %zu bytes; it takes %d",
                      out->format_bytes, EXTENSIBLE_BYTES);
  if (tag == TAG_EXTENSIBLE)
    tag = (unsigned)number_at(format + 24, 2, out->big_first);
  out->packed = tag != TAG_PCM && tag != TAG_FLOAT && tag != TAG_ALAW && tag != TAG_MULAW;
  if (!out->packed)
    return check_samples(in, tag, tag == TAG_ALAW || tag == TAG_MULAW ? 8 : bits);
  /* Others are packed byte by byte, whatever their blocks are said to be. */
  if (out->block_bytes == 0 || (tag != TAG_MS_ADPCM && tag != TAG_IMA_ADPCM && tag != TAG_GSM))
    out->block_bytes = 1;
  return 0;
}

static int read_format(struct reader *in, const struct chunk *chunk) {
  struct mixer_header *const out = in->out;
  if (out->format_bytes > 0)
    return mixer_fail(in->error, in->path, "has two formats (chunks 'fmt ')");
  if (chunk->length < FORMAT_BYTES || chunk->length > MIXER_FORMAT_BYTES_MAX)
    return mixer_fail(in->error, in->path, "has a format of %" PRIu64 " bytes; it takes %d",
                      chunk->length, FORMAT_BYTES);
  if (!read_at(in, out->format, (size_t)chunk->length, chunk->begin))
    return errno != 0 ? refuse_unread(in, errno)
                      : mixer_fail(in->error, in->path, "is cut off within its header");
  out->format_bytes = (size_t)chunk->length;
  return check_format(in);
}

static int read_long_lengths(struct reader *in, const struct chunk *chunk) {
  unsigned char lengths[DS64_BYTES];
  if (chunk->length < DS64_BYTES || !read_at(in, lengths, sizeof lengths, chunk->begin))
    return mixer_fail(in->error, in->path, "has a chunk 'ds64' that is too short");
  in->long_known = true;
  in->long_length = number_at(lengths + 8, 8, in->out->big_first);
  return 0;
}

static void read_fact(struct reader *in, const struct chunk *chunk) {
  unsigned char frames[4];
  if (chunk->length < sizeof frames || !read_at(in, frames, sizeof frames, chunk->begin))
    return;
  in->out->fact_known = true;
  in->out->fact_frames = (uint32_t)number_at(frames, 4, in->out->big_first);
}

/* The samples go on to the end of the file, as nothing says where they end. */
static void take_rest(struct reader *in, struct chunk *chunk, uint64_t announced) {
  const uint64_t there = in->file_bytes - chunk->begin;
  chunk->length = there;
  if (announced == 0)
    note(in,
         "announces no samples, and %" PRIu64
         " bytes follow; it is read to its end, as a recording "
         "that was interrupted",
         there);
  else if (announced != UINT32_MAX || in->rf64) /* which is what most put in for a pipe */
    note(in,
         "announces %" PRIu64 " bytes of samples, and %" PRIu64
         " are there; it is read to its end, "
         "as a recording of unknown length",
         announced, there);
}

/* Finds out how many bytes of samples there are, and corrects chunk->length. */
static int measure(struct reader *in, struct chunk *chunk) {
  const uint64_t there = in->file_bytes - chunk->begin;
  if (in->rf64 && (chunk->length == UINT32_MAX || chunk->length == 0))
    chunk->length = in->long_length;
  const uint64_t announced = chunk->length;
  const uint64_t unknown = in->rf64 ? UINT64_MAX : UNKNOWN_LENGTH;
  if ((announced >= unknown && announced > there) ||
      (announced == 0 && !is_all_chunks(in, chunk->begin))) {
    take_rest(in, chunk, announced);
    return 0;
  }
  if (announced > there)
    return mixer_fail(in->error, in->path,
                      "is cut off: %" PRIu64 " bytes of samples are announced, and %" PRIu64
                      " are there",
                      announced, there);
  return 0;
}

static int read_data(struct reader *in, struct chunk *chunk) {
  struct mixer_header *const out = in->out;
  if (in->data_known)
    return mixer_fail(in->error, in->path, "has several chunks of samples ('data')");
  if (out->format_bytes == 0)
    return mixer_fail(in->error, in->path, "has samples without a format ('fmt ') before them");
  if (in->rf64 && !in->long_known)
    return mixer_fail(in->error, in->path,
                      "is an RF64 file without the chunk 'ds64', which says how long it is");
  if (measure(in, chunk) != 0)
    return -1;
  in->data_known = true;
  out->data_begin = chunk->begin;
  out->data_bytes = chunk->length;
  const unsigned rest = (unsigned)(chunk->length % out->block_bytes);
  if (rest == 0)
    return 0;
  out->data_bytes -= rest;
  note(in, "ends with %u bytes of a %s that takes %u; they are left out", rest,
       out->packed ? "block" : "frame", out->block_bytes);
  return 0;
}

/* What is not a chunk, or should not be one of this file. */
static int end_chunks(struct reader *in, uint64_t at) {
  if (!in->data_known && at >= in->file_bytes)
    return mixer_fail(in->error, in->path, "has no samples (no chunk 'data')");
  if (!in->data_known)
    return mixer_fail(in->error, in->path, "is damaged: at byte %" PRIu64 " no chunk begins", at);
  if (at < in->file_bytes)
    note(in, "has %" PRIu64 " bytes behind its samples that are no part of it; they are left out",
         in->file_bytes - at);
  return 0;
}

static int read_chunk(struct reader *in, struct chunk *chunk) {
  if (strcmp(chunk->name, "fmt ") == 0 && !in->data_known)
    return read_format(in, chunk);
  if (strcmp(chunk->name, "data") == 0)
    return read_data(in, chunk);
  if (strcmp(chunk->name, "fact") == 0)
    read_fact(in, chunk);
  if (strcmp(chunk->name, "ds64") == 0 && in->rf64 && !in->long_known)
    return read_long_lengths(in, chunk);
  if (!in->data_known && chunk->length > in->file_bytes - chunk->begin)
    return mixer_fail(in->error, in->path, "is cut off within the chunk '%s', before its samples",
                      chunk->name);
  return 0;
}

/* From behind "WAVE" on. */
static int read_chunks(struct reader *in) {
  struct chunk chunk;
  uint64_t at = 12;
  while (read_head(in, at, &chunk)) {
    if (strncmp(chunk.name, "RIF", 3) == 0 || strcmp(chunk.name, "RF64") == 0)
      break; /* another file, behind this one */
    if (read_chunk(in, &chunk) != 0)
      return -1;
    at = behind(in, &chunk);
  }
  return errno != 0 ? refuse_unread(in, errno) : end_chunks(in, at);
}

static int refuse_kind(const struct reader *in, const char *head) {
  if (in->file_bytes == 0)
    return mixer_fail(in->error, in->path, "is not a WAV file: it is empty");
  if (memcmp(head, "BW64", 4) == 0)
    return mixer_fail(in->error, in->path,
                      "is a BW64 file (ITU-R BS.2088), which is not supported; WAV and RF64 are");
  if (memcmp(head, "riff", 4) == 0)
    return mixer_fail(in->error, in->path,
                      "is a Wave64 file, which is not supported; WAV and RF64 are");
  return mixer_fail(in->error, in->path, "is not a WAV file");
}

int mixer_header_read(struct mixer_header *out, int file, const char *path,
                      struct mixer_error *error) {
  struct reader in = {.out = out, .error = error, .path = path, .file = file};
  char head[12] = "";
  struct stat status;
  *out = (struct mixer_header){0};
  if (fstat(file, &status) != 0)
    return refuse_unread(&in, errno);
  in.file_bytes = (uint64_t)status.st_size;
  if (!read_at(&in, head, sizeof head, 0) && errno != 0)
    return refuse_unread(&in, errno);
  in.rf64 = memcmp(head, "RF64", 4) == 0;
  out->big_first = memcmp(head, "RIFX", 4) == 0;
  if ((!in.rf64 && !out->big_first && memcmp(head, "RIFF", 4) != 0) ||
      memcmp(head + 8, "WAVE", 4) != 0)
    return refuse_kind(&in, head);
  return read_chunks(&in);
}
