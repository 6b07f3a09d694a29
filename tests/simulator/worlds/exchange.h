/*
 * exchange.h: what carries messages between ranks that are threads of one world.
 */
#ifndef SYNCHED_TESTS_SIMULATOR_WORLDS_EXCHANGE_H
#define SYNCHED_TESTS_SIMULATOR_WORLDS_EXCHANGE_H

#include <synched/cluster.h>

#define RANKS_MOST 3u

/* The transport of one of `rank_count` ranks. What is under way must be left alone: this is
 * watched. */
struct synched_transport exchange_transport(unsigned rank, unsigned rank_count);

#endif
