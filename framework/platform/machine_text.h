/*
 * machine_text.h: the machine in a few words, for people who read a report elsewhere (internal).
 */
#ifndef SYNCHED_PLATFORM_MACHINE_TEXT_H
#define SYNCHED_PLATFORM_MACHINE_TEXT_H

/* "AMD EPYC, 2 CPUs, Linux 6.1.0". Any thread; reads the system's tables the first time. The text
 * is static. */
const char *synched__machine_text(void);

#endif
