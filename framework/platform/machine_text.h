/*
 * machine_text.h: the machine in a few words, for people who read a report elsewhere (internal).
 */
#ifndef SYNCHED_PLATFORM_MACHINE_TEXT_H
#define SYNCHED_PLATFORM_MACHINE_TEXT_H

#include <stddef.h>

/* "AMD EPYC, 2 CPUs, Linux 6.1.0". Any thread; reads the system's tables the first time. The text
 * is static. */
const char *synched__machine_text(void);

/* The machine's name, cut to so many bytes with their 0. Any thread. */
void synched__machine_name(char *name, size_t bytes);

/* Names the monotonic clock: processes with the same name have the same one. "": it is not known.
 * Any thread. */
#define SYNCHED__CLOCK_NAME_BYTES 96u
void synched__machine_clock(char name[SYNCHED__CLOCK_NAME_BYTES]);

#endif
