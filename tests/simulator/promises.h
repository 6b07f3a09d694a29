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

/* Rounds that miss their deadlines are dropped, and come again. */
void promises_drop(struct promises *promises);

/* What a segment holds after a round, computed by a serial loop; round 0: zeros. */
uint64_t promises_value(struct promises *promises, uint64_t round, size_t segment);
/* What the serial loop computes from the sum of a whole round. */
uint64_t promises_next(uint64_t sum, uint64_t round, size_t segment);

/* A call of init, which comes once in the job's life. */
void promises_init(struct promises *promises, uint64_t round, size_t segment);
/* A call begins and ends; it fails with that code, 0: it does not. */
void promises_call(struct promises *promises, uint64_t round, size_t segment, unsigned worker);
void promises_return(struct promises *promises, uint64_t round, size_t segment, int code);
/* A call of the round is said to run since then; of one that has not begun yet nothing is known.
 * Where calls take more than 20 us. */
void promises_running(const struct promises *promises, uint64_t round, size_t segment,
                      uint64_t since_ns);
/* on_round, with the number that its snapshot bears. */
void promises_round(struct promises *promises, uint64_t round);
/* The last snapshot is to reach the loop before on_done. */
void promises_deliver(struct promises *promises);
/* A snapshot reaches the loop. */
void promises_delivered(struct promises *promises, uint64_t round, bool every);
/* The job is paused, and its loop lets go of it: the last snapshot has reached it. */
void promises_paused(const struct promises *promises);
/* on_steered: a call was complete after that round. */
void promises_steered(struct promises *promises, uint64_t round);
/* It is about to be cancelled: calls that fail from then on do not count. */
void promises_cancelled(struct promises *promises);
/* on_done: with the status, and the round that is current then. */
void promises_done(struct promises *promises, int status, uint64_t current_round);
/* When all is over: on_done has come. */
void promises_end(struct promises *promises);

/* The job is started once more. */
void promises_again(struct promises *promises);

/* The rounds that on_round has seen. */
uint64_t promises_rounds(const struct promises *promises);
/* Whether on_done has come. */
bool promises_are_over(const struct promises *promises);
/* Calls of on_steered so far. */
unsigned promises_steered_count(const struct promises *promises);
/* That on_done has brought. */
int promises_status(const struct promises *promises);

#endif
