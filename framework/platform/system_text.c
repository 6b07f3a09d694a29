#include "platform/system_text.h"

#include <stdio.h>
#include <string.h>

struct synched__system_text synched__system_text(int number) {
  struct synched__system_text text = {""};
#if defined(__GLIBC__)
  const char *said = strerror_r(number, text.bytes, sizeof text.bytes);
  if (said != text.bytes)
    (void)snprintf(text.bytes, sizeof text.bytes, "%s", said);
#else /* POSIX's, which returns a number */
  if (strerror_r(number, text.bytes, sizeof text.bytes) != 0)
    (void)snprintf(text.bytes, sizeof text.bytes, "error %d", number);
#endif
  return text;
}
