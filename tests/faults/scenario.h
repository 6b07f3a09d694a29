/*
 * scenario.h: what a program does with the library, to be done again with each call to the system
 * refused in turn.
 */
#ifndef SYNCHED_TESTS_FAULTS_SCENARIO_H
#define SYNCHED_TESTS_FAULTS_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdnoreturn.h>

#include "faults/system.h"

struct faults_scenario {
  const char *name;
  /* Kinds of refusals that its calls may get over; all others fail it. */
  unsigned gets_over;
  /* Kinds that another scenario refuses to the very same code; what is left out makes it short. */
  unsigned leaves_out;
  /* Other statuses that are right, where what is lacking can mean either; 0: none. */
  int also[2];
  /* Each attempt is the process's first, for what happens once per process. */
  bool is_first;
  /* Makes what all attempts use; NULL: nothing. */
  void (*open)(void);
  /* Does everything, and gives back what it has made. Returns 0, or the first status that was not
   * right, which must leave things as they were. */
  int (*attempt)(void);
  /* After each attempt, when nothing is refused: checks that what all use is right. NULL: nothing.
   */
  void (*verify)(int status);
  void (*close)(void);
};

extern const struct faults_scenario faults_memory_scenarios[], faults_pool_scenarios[],
    faults_job_scenarios[], faults_report_scenarios[], faults_monitor_scenarios[],
    faults_checkpoint_scenarios[];

/* Says which attempt it was and what is wrong, and ends the program. Any thread. */
noreturn void faults_fail(const char *format, ...) __attribute__((__format__(__printf__, 1, 2)));

#define FAULTS_CHECK(condition, ...)                                                               \
  do {                                                                                             \
    if (!(condition))                                                                              \
      faults_fail(__VA_ARGS__);                                                                    \
  } while (0)

/* A call that is not to fail, whatever the system refuses. */
#define FAULTS_MUST(call)                                                                          \
  do {                                                                                             \
    const int must_status = (call);                                                                \
    FAULTS_CHECK(must_status == 0, "%s: %s: %s", #call, synched_err_name(must_status),             \
                 synched_error_message());                                                         \
  } while (0)

/* The number of entries of a list that ends with one without a name. */
#define FAULTS_LIST_END                                                                            \
  { .name = NULL }

/* A folder of this process, which is removed at its end; files in it are counted as what is taken.
 */
const char *faults_folder(void);

/* Writes the path of `name` in it into a buffer that is used again by the fourth call after it. */
const char *faults_path(const char *name);

#endif
