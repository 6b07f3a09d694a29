#include "platform/fault.h"

#include "platform/atomic.h"

#if defined(SYNCHED_INTERNAL_TESTING)

static _Atomic unsigned countdowns[SYNCHED__FAULT_COUNT];
static _Thread_local unsigned countdowns_here[SYNCHED__FAULT_COUNT];

void synched__fault_arm(enum synched__fault fault, unsigned countdown) {
  synched__store_relaxed(&countdowns[fault], countdown);
}

unsigned synched__fault_arm_here(enum synched__fault fault, unsigned countdown) {
  const unsigned left = countdowns_here[fault];
  countdowns_here[fault] = countdown;
  return left;
}

bool synched__fault_hit(enum synched__fault fault) {
  if (countdowns_here[fault] != 0 && --countdowns_here[fault] == 0)
    return true;
  unsigned left = synched__load_relaxed(&countdowns[fault]);
  while (left != 0)
    if (synched__cas_relaxed(&countdowns[fault], &left, left - 1))
      return left == 1;
  return false;
}

#else

/* ISO C wants a declaration in every file. */
typedef int synched__fault_unused;

#endif
