/*
 * turns.h: contestants that take turns within a sample, each in a process of its own.
 */
#ifndef SYNCHED_BENCH_TURNS_H
#define SYNCHED_BENCH_TURNS_H

#include <stddef.h>

#include "bench.h"

/* Calls work(what) in a child, and hands back what it has made of the `bytes` at `what`. 0; or -1:
 * it did not return 0, or there was no process. */
int bench_run_apart(int (*work)(void *what), void *what, size_t bytes);

/* For an OpenMP module, before it is opened: so many threads, each at a place of its own. */
void bench_set_openmp(unsigned threads);

/* The median of some values, and the least and the most; sorts them. */
struct bench_figure bench_figure_of(double *values, size_t count);

#endif
