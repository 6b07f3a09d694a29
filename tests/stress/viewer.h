/*
 * viewer.h: somebody who looks at the jobs of a stress program, again and again, by its monitor.
 */
#ifndef SYNCHED_TESTS_VIEWER_H
#define SYNCHED_TESTS_VIEWER_H

#include <stdint.h>

/* From now on; and no longer. Gives how many frames have been seen. */
void viewer_begin(void);
uint64_t viewer_end(void);

#endif
