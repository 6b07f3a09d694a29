#!/usr/bin/env python3
"""reap.py COMMAND [ARGUMENT...]: runs COMMAND, and ends every process that it leaves behind. The
exit status is the command's, or 128 and the signal that ended it.

Who leaves a process behind leaves it to the nearest ancestor that wants it, which is this program
here; so none is missed, whatever its group, its session and its environment are. It needs Linux.

By hand: tests/support/reap.py bash -c 'setsid sleep 1000 & exit 3'; echo $?
"""

import ctypes
import os
import signal
import sys

PR_SET_CHILD_SUBREAPER = 36


def children():
    """The processes whose parent this one is, those included that have ended."""
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", "rb") as stat:
                # PID (NAME) STATE PARENT ...; the name may have any byte in it.
                parent = stat.read().rpartition(b")")[2].split()[1]
        except OSError:  # it has ended meanwhile
            continue
        if int(parent) == os.getpid():
            yield int(entry)


def end_all():
    """A child may have children, which are this process's when it has ended: until none is left."""
    while True:
        for child in children():
            os.kill(child, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def run(command):
    """Its exit status, as a shell has it."""
    main = os.spawnvp(os.P_NOWAIT, command[0], command)
    while True:
        child, status = os.waitpid(-1, 0)
        if child == main:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def interrupted(number, _):
    sys.exit(128 + number)


if len(sys.argv) < 2:
    sys.exit(__doc__)
if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
    sys.exit(f"reap.py: {os.strerror(ctypes.get_errno())}")
for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
    signal.signal(number, interrupted)
try:
    result = run(sys.argv[1:])
finally:
    end_all()
sys.exit(result)
