/*
 * manifest_form.h: what the text of a manifest begins and ends with (internal): for the files that
 * write it and read it.
 */
#ifndef SYNCHED_CHECKPOINT_MANIFEST_FORM_H
#define SYNCHED_CHECKPOINT_MANIFEST_FORM_H

/* Before the version, which may be another one; and then, in each version, the library's. */
#define SYNCHED__MANIFEST_BEGIN "{\"format\":\"synched checkpoint\",\"version\":"
#define SYNCHED__MANIFEST_VERSION 1

/* Before and behind its own sum, which is the last member. */
#define SYNCHED__MANIFEST_TAIL_BEGIN ",\n\"sum\":\""
#define SYNCHED__MANIFEST_TAIL_END "\"}\n"
#define SYNCHED__MANIFEST_TAIL_BYTES                                                               \
  (sizeof SYNCHED__MANIFEST_TAIL_BEGIN SYNCHED__MANIFEST_TAIL_END - 1 + SYNCHED__SUM_DIGITS)
#define SYNCHED__SUM_DIGITS 16u

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define SYNCHED__BYTE_ORDER "big"
#else
#define SYNCHED__BYTE_ORDER "little"
#endif

#endif
