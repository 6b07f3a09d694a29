/*
 * variable.h: what the environment asks of the library (internal).
 */
#ifndef SYNCHED_PLATFORM_VARIABLE_H
#define SYNCHED_PLATFORM_VARIABLE_H

/* SYNCHED_MONITOR, SYNCHED_REPORT, SYNCHED_CHECK and TERM, as each was when it was first asked for,
 * once per process: a program may change its environment at any time, but not while another thread
 * reads it. NULL: it is not set, or is empty, or this is a set-user-id program, whose user may not
 * tell it where to write. The first two are cut where they are longer than SYNCHED__VARIABLE_BYTES
 * - 1, the others where they are longer than 63. Any thread. The text is static. */
#define SYNCHED__VARIABLE_BYTES 16384
const char *synched__variable_monitor(void);
const char *synched__variable_report(void);
const char *synched__variable_check(void);
const char *synched__variable_terminal(void);

#endif
