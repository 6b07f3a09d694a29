/*
 * serial.h: the same computation as a plain loop, to compare with.
 */
#ifndef HEAT_SERIAL_H
#define HEAT_SERIAL_H

#include "run.h"

/* Computes it all. The cells after the last round, which the caller frees; NULL: out of memory. */
double *heat_serial_run(const struct heat_run *run);

#endif
