#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/output.h"

#define HEADER_BYTES_MAX 4096

static int fail_written(struct mixer_error *error, const char *name, int why) {
  return mixer_fail(error, name, "cannot be written: %s", strerror(why));
}

/* A file without a name. */
static bool open_nameless(struct mixer_output *out) {
  FILE *const file = tmpfile();
  if (file) {
    out->descriptor = fcntl(fileno(file), F_DUPFD_CLOEXEC, 0);
    fclose(file);
  }
  return file && out->descriptor >= 0;
}

static bool open_descriptor(struct mixer_output *out) {
  struct stat old;
  if (out->to_stdout)
    return open_nameless(out);
  const bool exists = stat(out->name, &old) == 0;
  if (!exists || S_ISREG(old.st_mode)) {
    out->path = exists ? realpath(out->name, NULL) : strdup(out->name);
    if (!out->path || (exists && access(out->path, W_OK) != 0))
      return false;
    const mode_t mode = exists ? old.st_mode & 07777 : example_output_usual_mode();
    out->descriptor = example_output_beside(out->path, mode, &out->temporary);
    return out->descriptor >= 0;
  }
  /* Not to wait for the reader of a pipe, which is refused anyway. */
  out->descriptor = open(out->name, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  return out->descriptor >= 0 && lseek(out->descriptor, 0, SEEK_CUR) >= 0;
}

static int open_file(struct mixer_output *out, struct mixer_error *error) {
  SF_INFO info = {.samplerate = (int)out->format.rate_hz,
                  .channels = (int)out->format.channel_count,
                  .format = SF_FORMAT_WAV | SF_FORMAT_FLOAT};
  out->file = sf_open_fd(out->descriptor, SFM_WRITE, &info, SF_FALSE);
  if (!out->file)
    return mixer_fail(error, out->name, "cannot be written: %s", sf_strerror(NULL));
  /* It would hold the time of day, and two runs would not give the same bytes. */
  sf_command(out->file, SFC_SET_ADD_PEAK_CHUNK, NULL, SF_FALSE);
  return 0;
}

/* Lengths are 32 bits in a WAV file's header. */
static int check_length(const struct mixer_output *output, struct mixer_error *error) {
  const uint64_t frame_bytes = output->format.channel_count * sizeof(float);
  const uint64_t frames_max = (UINT32_MAX - HEADER_BYTES_MAX) / frame_bytes;
  if (output->format.frame_count > frames_max)
    return mixer_fail(error, output->name, "a WAV file holds %" PRIu64 " frames, not %" PRIu64,
                      frames_max, output->format.frame_count);
  return 0;
}

int mixer_output_open(struct mixer_output *out, const char *name,
                      const struct mixer_output_format *format, struct mixer_error *error) {
  *out = (struct mixer_output){.name = example_output_shown(name),
                               .to_stdout = example_output_is_stdout(name),
                               .descriptor = -1,
                               .format = *format};
  if (check_length(out, error) != 0)
    return -1;
  int status = open_descriptor(out) ? 0 : fail_written(error, out->name, errno);
  if (status == 0)
    status = open_file(out, error);
  if (status != 0)
    mixer_output_discard(out);
  return status;
}

int mixer_output_write(struct mixer_output *output, const float *samples, size_t frames,
                       struct mixer_error *error) {
  const size_t count = frames * output->format.channel_count;
  for (size_t i = 0; i < count; i++)
    if (!isfinite(samples[i]))
      return mixer_fail(error, output->name, "the mix is too loud for a float in frame %" PRIu64,
                        output->frames_written + i / output->format.channel_count);
  if (sf_writef_float(output->file, samples, (sf_count_t)frames) != (sf_count_t)frames)
    return mixer_fail(error, output->name, "cannot be written: %s", sf_strerror(output->file));
  output->frames_written += frames;
  return 0;
}

static void forget(struct mixer_output *output) {
  free(output->path);
  free(output->temporary);
  *output = (struct mixer_output){.descriptor = -1};
}

static int write_all(int to, const char *bytes, size_t count) {
  for (size_t done = 0; done < count;) {
    const ssize_t more = write(to, bytes + done, count - done);
    if (more < 0 && errno != EINTR)
      return errno;
    done += more > 0 ? (size_t)more : 0;
  }
  return 0;
}

/* Standard output gets what the file without a name holds. 0, or an errno. */
static int hand_over(int from) {
  char bytes[65536];
  off_t at = 0;
  for (;;) {
    const ssize_t count = pread(from, bytes, sizeof bytes, at);
    if (count == 0)
      return 0;
    if (count < 0 && errno != EINTR)
      return errno;
    const int why = count > 0 ? write_all(example_output_stdout(), bytes, (size_t)count) : 0;
    if (why != 0)
      return why;
    at += count > 0 ? count : 0;
  }
}

/* Completes and closes the file; 0, or an errno. libsndfile does not tell whether the header found
 * a place, so the length is looked at. */
static int close_file(struct mixer_output *output) {
  const uint64_t bytes =
      output->frames_written * output->format.channel_count * (uint64_t)sizeof(float);
  struct stat status;
  int why = sf_close(output->file) == 0 ? 0 : EIO;
  output->file = NULL;
  if (why == 0 && fstat(output->descriptor, &status) != 0)
    why = errno;
  else if (why == 0 && S_ISREG(status.st_mode) && (uint64_t)status.st_size <= bytes)
    why = ENOSPC;
  if (why == 0 && output->to_stdout)
    why = hand_over(output->descriptor);
  if (close(output->descriptor) != 0 && why == 0)
    why = errno;
  output->descriptor = -1;
  return why;
}

int mixer_output_commit(struct mixer_output *output, struct mixer_error *error) {
  int why = close_file(output);
  if (why == 0 && output->temporary && rename(output->temporary, output->path) != 0)
    why = errno;
  if (why == 0) {
    forget(output);
    return 0;
  }
  fail_written(error, output->name, why);
  mixer_output_discard(output);
  return -1;
}

void mixer_output_discard(struct mixer_output *output) {
  if (output->file)
    sf_close(output->file);
  if (output->descriptor >= 0)
    close(output->descriptor);
  if (output->temporary)
    unlink(output->temporary);
  forget(output);
}
