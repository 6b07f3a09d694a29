/*
 * trial.h: a call of a checked job, made in a lane, and what it came to (internal).
 */
#ifndef SYNCHED_ENGINE_TRIAL_H
#define SYNCHED_ENGINE_TRIAL_H

#include "engine/call.h"
#include "engine/lane.h"
#include "engine/reads.h"

/* A finding, in words. Sentences of the library have 255 characters at most. */
#define SYNCHED__FINDING_BYTES 200

/* The call. */
struct synched__trial {
  struct synched__run *run;
  const struct synched__site *site;
  size_t segment;
  /* what it has declared; NULL: it may read all */
  const struct synched__reads *reads;
  /* fields that no stage of the job writes: of them it may read all, whatever it has declared */
  uint32_t unwritten;
  /* [SYNCHED__LANES] */
  struct synched__lane *lanes;
  /* room for an outcome: of each field, and of a fold */
  unsigned char *const *saved;
  unsigned char *saved_fold;
  /* what is wrong with it; "": nothing */
  char *finding;
};

/* What a call came to. */
struct synched__outcome {
  int code;
  bool unchanged;
  double contribution;
  struct synched__fp_mode fp_mode;
  size_t counts[SYNCHED_FIELDS_MAX];
  /* the segment in each field that it writes; else NULL */
  unsigned char *outs[SYNCHED_FIELDS_MAX];
  /* NULL: its fold is no more than the double */
  unsigned char *fold;
};

/* Where two outcomes differ. */
struct synched__difference {
  /* "code", "contribution" ...; NULL: nowhere, or in an element */
  const char *what;
  unsigned field;
  size_t element;
};

static inline unsigned synched__trial_fields(const struct synched__trial *trial) {
  return trial->lanes[0].field_count;
}

static inline const struct synched__layout *
synched__trial_layout(const struct synched__trial *trial, unsigned f) {
  return &trial->lanes[0].fields[f].memory->layout;
}

/* The bytes of the call's segment of a field. */
static inline size_t synched__trial_bytes(const struct synched__trial *trial, unsigned f) {
  const struct synched__layout *layout = synched__trial_layout(trial, f);
  return layout->capacities[trial->segment] * layout->element_size;
}

static inline bool synched__trial_writes(const struct synched__trial *trial, unsigned f) {
  return trial->site->access->out[f] != NULL;
}

/* Whether the call writes where it reads. */
static inline bool synched__trial_is_in_place(const struct synched__trial *trial, unsigned f) {
  return synched__trial_writes(trial, f) && trial->lanes[0].fields[f].memory->in_place;
}

/* Whether the call gets the field itself, and no copy. */
static inline bool synched__trial_is_given(const struct synched__trial *trial, unsigned f) {
  return (trial->unwritten >> f & 1) != 0 && !synched__trial_writes(trial, f);
}

/* Whether a field's `out` holds anything at all when the call starts. */
bool synched__trial_is_unfilled(const struct synched__trial *trial, unsigned f);

/* The segments of a field that the call gets copies of: how many, and one of them; and whether a
 * segment is one. */
size_t synched__trial_shown_count(const struct synched__trial *trial, unsigned f);
size_t synched__trial_shown_at(const struct synched__trial *trial, unsigned f, size_t index);
bool synched__trial_is_shown(const struct synched__trial *trial, unsigned f, size_t segment);

/* Makes the call in a lane, where what is not filled holds that pattern. The lane shows what the
 * call may see until synched__trial_close. */
void synched__trial_make(const struct synched__trial *trial, unsigned lane,
                         const unsigned char *unfilled, struct synched__outcome *outcome);

/* The lane hides all that it shows; the outcome stays until synched__trial_clear. */
void synched__trial_close(const struct synched__trial *trial, unsigned lane,
                          struct synched__outcome *outcome);
void synched__trial_clear(const struct synched__trial *trial, unsigned lane,
                          const struct synched__outcome *outcome);

/* Whether two outcomes differ, and where first. */
bool synched__outcomes_differ(const struct synched__trial *trial, const struct synched__outcome *a,
                              const struct synched__outcome *b,
                              struct synched__difference *difference);

/* inspect.c: after a call was made, and before it is closed: whether it has left something as it
 * must not; then the finding says so. */
bool synched__trial_inspect(const struct synched__trial *trial, unsigned lane,
                            const struct synched__outcome *outcome);

/* explore.c: why the outcomes of the two lanes differ. true: the finding says so; false: the call
 * is not the same when it is made again, which is found only where that is wanted. */
bool synched__trial_explain(const struct synched__trial *trial, struct synched__outcome *first,
                            const struct synched__difference *difference, bool wants_same);

#endif
