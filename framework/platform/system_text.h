/*
 * system_text.h: what the system says of an errno (internal).
 */
#ifndef SYNCHED_PLATFORM_SYSTEM_TEXT_H
#define SYNCHED_PLATFORM_SYSTEM_TEXT_H

/* Passed by value: lives to the end of the expression. */
struct synched__system_text {
  char bytes[128];
};

/* "No such file or directory". Any thread, unlike strerror, whose text is another thread's, too. */
struct synched__system_text synched__system_text(int number);

#endif
