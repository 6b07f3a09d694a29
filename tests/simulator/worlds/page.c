/* page.c: no world prints a page. */
#include "report/page.h"

const struct synched__page synched__page;
