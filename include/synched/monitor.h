/*
 * monitor.h: a running program's jobs, for whoever looks at them from outside.
 *
 * The program listens at a path in the file system, and synched-top shows what its jobs do. Each of
 * up to 16 viewers gets, four times a second, a line of JSON for each job that there is: its
 * rounds, where the time went, each worker's part, the lateness of its ticks. tools/top/README.md
 * has the format.
 *
 * SYNCHED_MONITOR=PATH in the environment does that for any program: its first pool begins to
 * listen, and the end of its last one ends it. If that fails, a line on stderr says why, and the
 * program goes on without. The variable is read with the first pool, and ignored in set-user-id
 * programs.
 *
 * Only the program's user and root can connect. The viewers cost rounds nothing: a thread of its
 * own reads what the workers write down anyway, and sleeps while there are no viewers. One that
 * does not read is passed over, and sent away after 5 seconds.
 *
 * After fork() the child does not listen. It may, at another path: "%p" makes it one of its own.
 */
#ifndef SYNCHED_MONITOR_H
#define SYNCHED_MONITOR_H

#include <synched/export.h>

SYNCHED_BEGIN_DECLS

/* Begins to listen at a path, in which "%p" stands for the process's number and "%%" for a percent
 * sign: at most 88 bytes then. A relative path is one of the current folder, and is not removed at
 * the end if the program has gone to another one. A socket that a dead process has left at the path
 * is replaced.
 * Any thread; waits for another that opens or closes at the same moment; some system calls.
 * SYNCHED_EINVAL: the path is NULL, empty or too long, or has a % that means nothing.
 * SYNCHED_EALREADY: this process listens already. SYNCHED_EBUSY: another one does, at that path; or
 * it died some microseconds ago while it forked, and the child has not let go of the path yet.
 * SYNCHED_EEXIST: what is there is no socket, or is another user's; it stays as it is.
 * SYNCHED_ENOMEM, SYNCHED_EAGAIN. Else the system's refusal (a folder that does not exist:
 * SYNCHED_ENOENT). */
SYNCHED_API int synched_monitor_open(const char *path);

/* Ends that, whoever began it: all viewers are sent away, and the path is removed.
 * Any thread; waits for the viewers' thread, which may take some milliseconds.
 * SYNCHED_ENOENT: this process does not listen. */
SYNCHED_API int synched_monitor_close(void);

SYNCHED_END_DECLS

#endif
