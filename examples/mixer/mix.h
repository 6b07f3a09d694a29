/*
 * mix.h: what is to be mixed: the inputs, the strip of each, and what follows from them.
 */
#ifndef MIXER_MIX_H
#define MIXER_MIX_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "input.h"
#include "options.h"
#include "output.h"
#include "strip.h"

struct mixer_mix {
  struct mixer_input *inputs;        /* [input_count] */
  struct mixer_strip *strips;        /* [input_count] */
  size_t input_count;                /* 1 or more */
  struct mixer_output_format format; /* stereo if any input is; as long as the longest */
};

/* Opens the inputs. 0, to be ended with mixer_mix_close; or -1 and why: one cannot be opened, their
 * rates differ, a filter's frequency is too high for the rate, or the output is one of them. */
int mixer_mix_open(struct mixer_mix *out, const struct mixer_options *options,
                   struct mixer_error *error);

void mixer_mix_close(struct mixer_mix *mix);

/* Mixes it all with one plain loop: input after input, block after block, in blocks of a size of
 * its own. What every other way of mixing must give, bit for bit. 0; 1 if *interrupted became true;
 * or -1 and why. */
int mixer_mix_serially(struct mixer_mix *mix, struct mixer_output *output,
                       const volatile sig_atomic_t *interrupted, struct mixer_error *error);

#endif
