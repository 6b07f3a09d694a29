/*
 * orders.h: which memory orders the library uses where, and what happens with weaker ones.
 *
 * A site is the address in the code that an atomic operation returns to.
 */
#ifndef SIMULATOR_ORDERS_H
#define SIMULATOR_ORDERS_H

#include "internal.h"

/* From now on the sites whose order is not relaxed are noted; prints them, one a line: address,
 * operation, order and, of a compare-exchange, the order where it fails. */
void sim_orders_watch(void);
void sim_orders_print(void);

/* "SITE[,SITE...]:ORDER[/ORDER]": these sites have that order from now on; the second one is that
 * of a compare-exchange where it fails. false: the text says something else. */
bool sim_orders_weaken(const char *text);

/* The order of an operation that is about to be executed, and *failure of a compare-exchange. */
int sim_order_at(const char *operation, int order, int *failure, const void *site);

#endif
