#include <synched/version.h>

#define TEXT_OF(number) #number
#define DOTTED(major, minor, patch) TEXT_OF(major) "." TEXT_OF(minor) "." TEXT_OF(patch)

int synched_version(void) {
  return SYNCHED_VERSION_NUMBER;
}

const char *synched_version_string(void) {
  return DOTTED(SYNCHED_VERSION_MAJOR, SYNCHED_VERSION_MINOR, SYNCHED_VERSION_PATCH);
}
