/*
 * halt.h: stops this whole process for a while, from outside, as a terminal's Ctrl-Z or a debugger
 * does.
 *
 * A child, forked before there are any threads, waits for requests; for each it sends SIGSTOP, and
 * after some milliseconds SIGCONT. It ends with its parent, for then the pipe between them is at
 * its end.
 */
#ifndef SYNCHED_TESTS_HALT_H
#define SYNCHED_TESTS_HALT_H

/* Forks the child; to be called first of all. */
void halt_begin(void);

/* Asks for one stop of up to so many milliseconds, at most 255; it may come a little later. Any
 * thread. */
void halt_ask(unsigned ms);

/* Ends the child. Later requests are ignored. */
void halt_end(void);

#endif
