#include "common/number.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

int example_number_parse(uint64_t *out, const char *text, struct example_range range,
                         struct example_error *error) {
  uint64_t value = 0;
  bool small = true;
  const char *at = text;
  for (; isdigit((unsigned char)*at); at++) {
    const unsigned digit = (unsigned)(*at - '0');
    small = small && digit <= range.most && value <= (range.most - digit) / 10;
    value = small ? value * 10 + digit : range.most;
  }
  if (at == text || *at != '\0')
    return example_fail(error, 0, "'%.40s' is not a number", text);
  if (!small || value < range.least)
    return example_fail(error, 0, "%.40s is not within %" PRIu64 " .. %" PRIu64, text, range.least,
                        range.most);
  *out = value;
  return 0;
}

int example_positive_parse(double *out, const char *text, struct example_error *error) {
  char *end;
  const double value = strtod(text, &end);
  if (end == text || *end != '\0' || isspace((unsigned char)*text) || !isfinite(value))
    return example_fail(error, 0, "'%.40s' is not a number", text);
  if (value <= 0)
    return example_fail(error, 0, "'%.40s' is not above 0", text);
  *out = value;
  return 0;
}
