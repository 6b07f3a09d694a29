#include "state.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define FIXED_BYTES 640u     /* all but the workers: five numbers of 20 digits, names, keys */
#define BYTES_PER_WORKER 8u  /* "0.000," */
#define ERROR_BYTES_MAX 240u /* of an error's text */

size_t dashboard_state_bytes(size_t worker_count) {
  return FIXED_BYTES + BYTES_PER_WORKER * worker_count;
}

/* Text that grows in a buffer that is known to be large enough, and is cut where it is not. */
struct text {
  char *out;
  size_t room, byte_count;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *format, ...) {
  const size_t left = text->room - text->byte_count;
  va_list arguments;
  va_start(arguments, format);
  const int wanted = vsnprintf(text->out + text->byte_count, left, format, arguments);
  va_end(arguments);
  if (wanted > 0)
    text->byte_count += (size_t)wanted < left ? (size_t)wanted : left - 1;
}

/* What came from outside may hold anything. Bytes above ASCII need not be UTF-8, which a text
 * message must be. */
static void add_quoted(struct text *text, const char *value) {
  add(text, "\"");
  for (const char *at = value; *at && at < value + ERROR_BYTES_MAX; at++) {
    const unsigned char byte = (unsigned char)*at;
    const char plain = (char)(byte < 0x20 || byte >= 0x7f ? '?' : byte);
    add(text, plain == '"' || plain == '\\' ? "\\%c" : "%c", plain);
  }
  add(text, "\"");
}

size_t dashboard_state_write(char *out, size_t room, const struct dashboard_state *state) {
  struct text text = {out, room, 0};
  add(&text,
      "{\"type\":\"state\",\"state\":\"%s\",\"round\":%" PRIu64 ",\"population\":%" PRIu64
      ",\"rate\":%.1f,\"period_us\":%" PRIu64 ",\"clients\":%zu,",
      state->name, state->round, state->population, state->rounds_per_second,
      state->period_ns / 1000, state->client_count);
  if (state->effect.serial > 0)
    add(&text,
        "\"effect\":{\"serial\":%" PRIu64 ",\"command\":\"%s\",\"status\":\"%s\",\"round\":%" PRIu64
        "},",
        state->effect.serial, state->effect.verb, state->effect.status, state->effect.round);
  add(&text, "\"work\":[");
  for (size_t worker = 0; worker < state->worker_count; worker++) {
    const double share = state->work_shares[worker];
    add(&text, "%s%.3f", worker > 0 ? "," : "", share < 0 ? 0.0 : share > 1 ? 1.0 : share);
  }
  add(&text, "]}");
  return text.byte_count;
}

size_t dashboard_reply_write(char out[static DASHBOARD_REPLY_BYTES_MAX], const char *verb,
                             const char *error) {
  struct text text = {out, DASHBOARD_REPLY_BYTES_MAX, 0};
  add(&text, error ? "{\"type\":\"refused\",\"error\":" : "{\"type\":\"accepted\",\"command\":");
  add_quoted(&text, error ? error : verb);
  add(&text, "}");
  return text.byte_count;
}
