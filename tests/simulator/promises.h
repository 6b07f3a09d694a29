/*
 * promises.h: what a round promises, watched while a world runs.
 *
 * The watch sees the calls in the order in which they really follow each other in the simulator;
 * the threads of the world do not see it, so it orders nothing among them.
 */
#ifndef SIMULATOR_PROMISES_H
#define SIMULATOR_PROMISES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct promises;

/* A job's watch, from round 1. Ended with the execution. */
struct promises *promises_begin(size_t segment_count);

/* Nothing but its rounds happens: they allocate nothing, and take no lock. */
void promises_be_quiet(struct promises *promises);

/* What a segment holds after a round, computed by a serial loop; round 0: zeros. */
uint64_t promises_value(struct promises *promises, uint64_t round, size_t segment);
/* What the serial loop computes from the sum of a whole round. */
uint64_t promises_next(uint64_t sum, uint64_t round, size_t segment);

/* A call begins and ends; it fails with that code, 0: it does not. */
void promises_call(struct promises *promises, uint64_t round, size_t segment, unsigned worker);
void promises_return(struct promises *promises, uint64_t round, size_t segment, int code);
/* on_round, with the number that its snapshot bears. */
void promises_round(struct promises *promises, uint64_t round);
/* A snapshot reaches the loop. */
void promises_delivered(struct promises *promises, uint64_t round, bool every);
/* on_done: with the status, and the round that is current then. */
void promises_done(struct promises *promises, int status, uint64_t current_round);
/* When all is over: on_done has come. */
void promises_end(struct promises *promises);

/* The job is started once more. */
void promises_again(struct promises *promises);

/* The rounds that on_round has seen. */
uint64_t promises_rounds(const struct promises *promises);
/* That on_done has brought. */
int promises_status(const struct promises *promises);

#endif
