# test.gdb: what gdb must know to debug a Criterion test, which runs in a process of its own:
#
#   gdb -x tests/support/test.gdb --args build/test-gcc/tests/unit/heap_test --filter heap/NAME
#
# Then `break`, `run`. gdb goes along with the test; the runner stops and continues it once, at its start.
set breakpoint pending on
set follow-fork-mode child
handle SIGSTOP nostop noprint pass
handle SIGCONT nostop noprint pass
