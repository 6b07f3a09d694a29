/*
 * main.c: the main of Criterion's programs, so that one behaves the same whoever starts it: CTest,
 * a person or a debugger.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  struct criterion_test_set *tests = criterion_initialize();
  /* Tests bring as many threads as there are CPUs: two at once would only be in each other's way.
   * --jobs changes it. */
  criterion_options.jobs = 1;
  /* Debian's hwloc loads plugins (OpenCL and the like) that keep memory and threads for themselves;
   * there are none here. */
  int status = setenv("HWLOC_PLUGINS_PATH", "/nonexistent", 0) == 0 ? 0 : EXIT_FAILURE;
  if (status == 0 && criterion_handle_args(argc, argv, true))
    status = criterion_run_all_tests(tests) ? EXIT_SUCCESS : EXIT_FAILURE;
  criterion_finalize(tests);
  return status;
}
