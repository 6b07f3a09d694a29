/*
 * npy_test.c: the heads of files for NumPy, byte for byte.
 */
#include <criterion/criterion.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "checkpoint/npy.h"
#include "support/unit_support.h"

static void expect_head(const char *dtype, size_t element_size, size_t count, const char *text) {
  struct synched__npy npy;
  char head[SYNCHED__NPY_BYTES];
  cr_assert_eq(synched__npy_init(&npy, dtype, element_size), 0, "%s", synched_error_message());
  const size_t bytes = synched__npy_head(head, &npy, count);
  cr_assert_eq(bytes % 64, 0);
  cr_assert_leq(bytes, sizeof head);
  cr_assert_arr_eq(head, "\x93NUMPY\x01\x00", 8);
  cr_assert_eq((size_t)(unsigned char)head[8] + 256 * (size_t)(unsigned char)head[9], bytes - 10);
  cr_assert_arr_eq(head + 10, text, strlen(text), "%.*s", (int)bytes - 10, head + 10);
  for (size_t i = 10 + strlen(text); i < bytes - 1; i++)
    cr_assert_eq(head[i], ' ');
  cr_assert_eq(head[bytes - 1], '\n');
}

Test(npy, head_says_what_elements_are) {
  expect_head("<f8", 8, 10, "{'descr': '<f8', 'fortran_order': False, 'shape': (10,), }");
  expect_head("<f8", 24, 10, "{'descr': '<f8', 'fortran_order': False, 'shape': (10, 3), }");
  expect_head(NULL, 1, 7, "{'descr': '|u1', 'fortran_order': False, 'shape': (7,), }");
  expect_head(NULL, 12, 0, "{'descr': '|V12', 'fortran_order': False, 'shape': (0,), }");
  expect_head(">c16", 16, 1, "{'descr': '>c16', 'fortran_order': False, 'shape': (1,), }");
  expect_head("|S5", 5, 2, "{'descr': '|S5', 'fortran_order': False, 'shape': (2,), }");
  expect_head("|S1", 5, 2, "{'descr': '|S1', 'fortran_order': False, 'shape': (2, 5), }");
}

Test(npy, longest_head_has_room) {
  char text[SYNCHED__NPY_BYTES];
  (void)snprintf(text, sizeof text, "{'descr': '|V%zu', 'fortran_order': False, 'shape': (%zu,), }",
                 SIZE_MAX, SIZE_MAX);
  expect_head(NULL, SIZE_MAX, SIZE_MAX, text);
  (void)snprintf(text, sizeof text,
                 "{'descr': '|V1', 'fortran_order': False, 'shape': (%zu, %zu), }", SIZE_MAX,
                 SIZE_MAX);
  expect_head("|V1", SIZE_MAX, SIZE_MAX, text);
}
