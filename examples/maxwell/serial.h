/*
 * serial.h: the same computation as a plain loop, to compare with.
 */
#ifndef MAXWELL_SERIAL_H
#define MAXWELL_SERIAL_H

#include "run.h"

struct maxwell_serial {
  double *ez, *hx, *hy; /* after the last step */
  double *energies;     /* maxwell_energy_count of them */
};

/* Computes it all. 0, to be ended with maxwell_serial_deinit; or -1: out of memory. */
int maxwell_serial_run(struct maxwell_serial *out, const struct maxwell_run *run);

void maxwell_serial_deinit(struct maxwell_serial *serial);

#endif
