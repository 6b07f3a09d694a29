/*
 * budget.h: how much memory jansson may take.
 *
 * A file of a few bytes for each value makes it allocate a hundred for each. What it is refused, it
 * reports as it would where the system has no more.
 */
#ifndef SYNCHED_TOOLS_REPORT_BUDGET_H
#define SYNCHED_TOOLS_REPORT_BUDGET_H

#include <stddef.h>

/* From now on jansson may hold so many bytes. It must hold none now. By one thread. */
void budget_set(size_t bytes);

#endif
