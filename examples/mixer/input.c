#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int refuse_unread(const struct mixer_input *input, int why, struct mixer_error *error) {
  return mixer_fail(error, input->path, "cannot be read: %s", strerror(why));
}

/* Opens what is a file; a pipe is not waited for. */
static int open_descriptor(struct mixer_input *input, struct mixer_error *error) {
  struct stat status;
  input->descriptor = open(input->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (input->descriptor < 0 || fstat(input->descriptor, &status) != 0)
    return refuse_unread(input, errno, error);
  if (S_ISDIR(status.st_mode))
    return refuse_unread(input, EISDIR, error);
  if (!S_ISREG(status.st_mode))
    return mixer_fail(error, input->path, "is not a regular file");
  return 0;
}

/* How many frames libsndfile makes of the samples, which nobody else knows where they are
 * packed. */
static int check_frames(struct mixer_input *input, const SF_INFO *info, struct mixer_error *error) {
  const struct mixer_header *const header = &input->header;
  if (info->frames < 0 || info->frames == SF_COUNT_MAX)
    return mixer_fail(error, input->path, "does not say how long it is");
  input->frame_count = (uint64_t)info->frames;
  if (header->packed && input->frame_count == 0 && header->data_bytes > 0)
    return mixer_fail(error, input->path,
                      "is damaged: no frame can be read, and %" PRIu64 " bytes of them are there",
                      header->data_bytes);
  if (header->packed || input->frame_count == header->data_bytes / header->block_bytes)
    return 0;
  return mixer_fail(error, input->path,
                    "is damaged: %" PRIu64 " frames can be read, and %" PRIu64 " are there",
                    input->frame_count, header->data_bytes / header->block_bytes);
}

static int open_view(struct mixer_input *input, struct mixer_error *error) {
  SF_INFO info = {0};
  input->view = malloc(sizeof *input->view);
  if (!input->view)
    return mixer_fail(error, input->path, "out of memory");
  mixer_view_init(input->view, input->descriptor, &input->header);
  input->file = mixer_view_open(input->view, &info);
  if (!input->file)
    return mixer_fail(error, input->path, "cannot be read as WAV: %s", sf_strerror(NULL));
  input->channel_count = input->header.channel_count;
  input->rate_hz = input->header.rate_hz;
  return check_frames(input, &info, error);
}

int mixer_input_open(struct mixer_input *out, const char *path, struct mixer_error *error) {
  *out = (struct mixer_input){.path = path, .descriptor = -1};
  if (open_descriptor(out, error) == 0 &&
      mixer_header_read(&out->header, out->descriptor, path, error) == 0 &&
      open_view(out, error) == 0)
    return 0;
  mixer_input_close(out);
  return -1;
}

static int fail_read(const struct mixer_input *input, struct mixer_error *error) {
  const char *why = "it ends there";
  if (input->view->failure != 0)
    why = strerror(input->view->failure);
  else if (sf_error(input->file) != 0)
    why = sf_strerror(input->file);
  return mixer_fail(error, input->path, "cannot be read beyond frame %" PRIu64 ": %s",
                    input->position, why);
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
    return fail_read(input, error);
  if (check_samples(input, out, count, error) != 0)
    return -1;
  memset(out + count, 0, (frames * input->channel_count - count) * sizeof *out);
  input->position += wanted;
  return 0;
}

void mixer_input_close(struct mixer_input *input) {
  if (input->file)
    sf_close(input->file);
  free(input->view);
  if (input->descriptor >= 0)
    close(input->descriptor);
  *input = (struct mixer_input){.descriptor = -1};
}
