#include "input.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "header.h"
#include "strip.h"

/* Whether it is a file, to be found out before it is opened: opening a pipe can wait for ever. */
static int check_file(const char *path, struct mixer_error *error) {
  struct stat status;
  if (stat(path, &status) != 0)
    return mixer_fail(error, path, "cannot be read: %s", strerror(errno));
  if (S_ISDIR(status.st_mode))
    return mixer_fail(error, path, "cannot be read: %s", strerror(EISDIR));
  if (!S_ISREG(status.st_mode))
    return mixer_fail(error, path, "is not a regular file");
  return mixer_header_check(path, error);
}

/* What libsndfile found, which reads many more kinds of files. */
static int check_info(const SF_INFO *info, const char *path, struct mixer_error *error) {
  const int type = info->format & SF_FORMAT_TYPEMASK;
  if (type != SF_FORMAT_WAV && type != SF_FORMAT_WAVEX && type != SF_FORMAT_RF64)
    return mixer_fail(error, path, "is not a WAV file");
  if (info->channels < 1 || info->channels > MIXER_CHANNELS_MAX)
    return mixer_fail(error, path, "has %d channels; mono and stereo can be mixed", info->channels);
  if (info->samplerate < 1)
    return mixer_fail(error, path, "has a sample rate of %d Hz", info->samplerate);
  if (info->frames < 0 || info->frames == SF_COUNT_MAX)
    return mixer_fail(error, path, "does not say how long it is");
  return 0;
}

int mixer_input_open(struct mixer_input *out, const char *path, struct mixer_error *error) {
  SF_INFO info = {0};
  *out = (struct mixer_input){.path = path};
  if (check_file(path, error) != 0)
    return -1;
  out->file = sf_open(path, SFM_READ, &info);
  if (!out->file)
    return mixer_fail(error, path, "cannot be read as WAV: %s", sf_strerror(NULL));
  if (check_info(&info, path, error) != 0) {
    mixer_input_close(out);
    return -1;
  }
  out->frame_count = (uint64_t)info.frames;
  out->channel_count = (unsigned)info.channels;
  out->rate_hz = (unsigned)info.samplerate;
  return 0;
}

/* A file of floats can hold anything, and one NaN would go round in the filter for ever. */
static int check_samples(const struct mixer_input *input, const float *samples, size_t count,
                         struct mixer_error *error) {
  for (size_t i = 0; i < count; i++)
    if (!isfinite(samples[i]))
      return mixer_fail(error, input->path, "frame %" PRIu64 " is not a finite number",
                        input->position + i / input->channel_count);
  return 0;
}

int mixer_input_read(struct mixer_input *input, float *out, size_t frames,
                     struct mixer_error *error) {
  const uint64_t left = input->frame_count - input->position;
  const size_t wanted = frames < left ? frames : (size_t)left;
  const size_t count = wanted * input->channel_count;
  /* Not asked for nothing: a file without frames may have no samples to be read at all. */
  if (wanted > 0 && sf_readf_float(input->file, out, (sf_count_t)wanted) != (sf_count_t)wanted)
    return mixer_fail(error, input->path, "cannot be read beyond frame %" PRIu64 ": %s",
                      input->position,
                      sf_error(input->file) != 0 ? sf_strerror(input->file) : "it ends there");
  if (check_samples(input, out, count, error) != 0)
    return -1;
  memset(out + count, 0, (frames * input->channel_count - count) * sizeof *out);
  input->position += wanted;
  return 0;
}

void mixer_input_close(struct mixer_input *input) {
  if (input->file)
    sf_close(input->file);
  *input = (struct mixer_input){0};
}
