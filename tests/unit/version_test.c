/*
 * version_test.c: the version that the library has, and the header's.
 */
#include <criterion/criterion.h>

#include <stdio.h>

#include <synched/version.h>

Test(version, library_and_header_agree) {
  char text[64];
  (void)snprintf(text, sizeof text, "%d.%d.%d", SYNCHED_VERSION_MAJOR, SYNCHED_VERSION_MINOR,
                 SYNCHED_VERSION_PATCH);
  cr_assert_str_eq(synched_version_string(), text);
  cr_assert_eq(synched_version(), SYNCHED_VERSION_NUMBER);
}
