/*
 * serial.h: the same computation as a plain loop, to compare with.
 */
#ifndef CG_SERIAL_H
#define CG_SERIAL_H

#include "run.h"

struct cg_serial {
  double *x, *r, *p, *q; /* after the last round */
  uint64_t round_count;
  double square; /* r . r after the last round */
  int trouble;   /* 0, or why it could not go on: a cg_trouble */
};

/* Computes rounds until the equations are solved, or cannot be, or rounds_max are done. 0, to be
 * ended with cg_serial_deinit; or -1: out of memory. */
int cg_serial_run(struct cg_serial *out, const struct cg_run *run);

void cg_serial_deinit(struct cg_serial *serial);

#endif
