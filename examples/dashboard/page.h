/*
 * page.h: page.html, as the build has put it into the program.
 */
#ifndef DASHBOARD_PAGE_H
#define DASHBOARD_PAGE_H

#include <stddef.h>

extern const unsigned char dashboard_page[];
extern const size_t dashboard_page_bytes;

#endif
