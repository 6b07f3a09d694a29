/*
 * monitor.h: whether this process shows its jobs, and where (internal).
 */
#ifndef SYNCHED_MONITOR_MONITOR_H
#define SYNCHED_MONITOR_MONITOR_H

/* Before a pool is there for its creator; after its end. The first one begins what the environment
 * asks for, and the last one ends it. Any thread. */
void synched__monitor_pool_added(void);
void synched__monitor_pool_gone(void);

#endif
