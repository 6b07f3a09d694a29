/*
 * system_text_test.c: what the system says of an errno.
 */
#include "platform/system_text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

Test(system_text, text_of_an_errno_is_the_systems) {
  cr_assert_str_eq(synched__system_text(ENOENT).bytes, strerror(ENOENT));
  cr_assert_str_eq(synched__system_text(ENOSPC).bytes, strerror(ENOSPC));
}

Test(system_text, text_of_what_is_no_errno_has_its_number) {
  cr_assert_not_null(strstr(synched__system_text(987654).bytes, "987654"));
}
