/*
 * registry.h: the pools of this process, and which CPUs their workers are bound to (internal).
 *
 * It is there for the placing of pools that are made later. Two that are made at the same moment
 * may not see each other: what is read here decides on an order of preference, and nothing depends
 * on its being complete.
 */
#ifndef SYNCHED_POOL_REGISTRY_H
#define SYNCHED_POOL_REGISTRY_H

#include "platform/cpus.h"

struct synched_pool;

/* When all of its workers are where they will be; and before they end. Any thread. */
void synched__registry_add(struct synched_pool *pool);
void synched__registry_remove(struct synched_pool *pool);

/* The CPUs to which workers of this process's pools are bound, ascending; to be freed.
 * SYNCHED_ENOMEM. Any thread. */
int synched__registry_taken(struct synched__cpus *out);

#endif
