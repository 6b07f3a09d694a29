/*
 * terminal.h: whether a file is a terminal, and how wide it is (internal).
 */
#ifndef SYNCHED_PLATFORM_TERMINAL_H
#define SYNCHED_PLATFORM_TERMINAL_H

#include <stdio.h>

/* How many columns the terminal has, 80 if it does not say; 0: the file is no terminal, or one
 * whose lines cannot be written over. */
unsigned synched__terminal_columns(FILE *file);

#endif
