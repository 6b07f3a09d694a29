/*
 * options.h: structs that carry their own size, so that they can grow without breaking programs.
 *
 * Both kinds start with a uint32_t struct_size. An options struct comes from the caller, who may
 * have compiled against an older header or a newer one. In the shorter struct of an older header,
 * what is missing is 0. The longer struct of a newer header is accepted if the bytes that this
 * version does not know are 0. An out struct is filled as far as the caller's struct reaches.
 */
#ifndef SYNCHED_BASE_OPTIONS_H
#define SYNCHED_BASE_OPTIONS_H

#include <stddef.h>

/* A struct_size beyond this is no struct of ours but an uninitialised field. */
#define SYNCHED__STRUCT_SIZE_MAX 65536u

struct synched__options_spec {
  /* "synched_pool_options", for messages */
  const char *what;
  /* sizeof, in this version of the library */
  size_t known;
  /* sizeof, in the first version that had it */
  size_t minimum;
};

/* Copies the caller's options into `known` bytes at `copy`. NULL options: all zeros.
 * SYNCHED_EINVAL: struct_size below the minimum, or bytes set behind the known ones. */
int synched__options_read(void *copy, const void *options,
                          const struct synched__options_spec *spec);

/* Copies `filled` (spec->known bytes) into the caller's struct, as far as its struct_size reaches;
 * bytes that this version does not know become 0. SYNCHED_EINVAL: out is NULL, or struct_size is
 * below the minimum. */
int synched__out_write(void *out, const void *filled, const struct synched__options_spec *spec);

/* SYNCHED_EINVAL, with a sentence, unless value is one of the enumeration's, which go from 0 to
 * `last`. */
int synched__check_enum(const char *name, unsigned value, unsigned last);

#endif
