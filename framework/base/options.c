#include "base/options.h"

#include <stdint.h>
#include <string.h>

#include "base/error.h"

static int size_of(uint32_t *size, const void *sized, const struct synched__options_spec *spec) {
  memcpy(size, sized, sizeof *size);
  if (*size < spec->minimum || *size > SYNCHED__STRUCT_SIZE_MAX)
    return synched__fail(SYNCHED_EINVAL, "struct_size of %s is %u; expected %zu", spec->what,
                         (unsigned)*size, spec->known);
  return 0;
}

int synched__options_read(void *copy, const void *options,
                          const struct synched__options_spec *spec) {
  memset(copy, 0, spec->known);
  if (options == NULL)
    return 0;
  uint32_t size;
  int status = size_of(&size, options, spec);
  if (status != 0)
    return status;
  const unsigned char *bytes = options;
  for (size_t i = spec->known; i < size; i++)
    if (bytes[i] != 0)
      return synched__fail(
          SYNCHED_EINVAL,
          "%s has a field set (byte %zu) that this version of the library does not "
          "know",
          spec->what, i);
  memcpy(copy, options, size < spec->known ? size : spec->known);
  return 0;
}

int synched__out_write(void *out, const void *filled, const struct synched__options_spec *spec) {
  if (out == NULL)
    return synched__fail(SYNCHED_EINVAL, "the %s to fill is NULL", spec->what);
  uint32_t size;
  int status = size_of(&size, out, spec);
  if (status != 0)
    return status;
  size_t copied = size < spec->known ? size : spec->known;
  memcpy((unsigned char *)out + sizeof size, (const unsigned char *)filled + sizeof size,
         copied - sizeof size);
  memset((unsigned char *)out + copied, 0, size - copied);
  return 0;
}

int synched__check_enum(const char *name, unsigned value, unsigned last) {
  if (value <= last)
    return 0;
  return synched__fail(SYNCHED_EINVAL, "%s is %d; there are 0 to %u", name, (int)value, last);
}
