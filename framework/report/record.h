/*
 * record.h: the recording half of the report, which the engine writes while rounds run (internal).
 *
 * A worker writes down its part in a round, one cache line of its own in a ring, before it counts
 * itself out of that round. The leader writes down the round, in a ring of its own. Now and then
 * the leader adds up the rounds of these rings that it has not added up yet: it folds them into
 * totals that it alone writes. So no round pays for more than its own lines, and what is added up
 * always ends with a whole round.
 *
 * A report can be made at any time, on any thread, while all this goes on:
 *
 *   - Totals are published as a whole. The sequence is odd while they are written; whoever finds it
 *     odd, or changed, reads once more. Nobody waits for a reader.
 *   - Rings are read as they are. A row whose place may have been written since is left out: the
 *     leader says in `newest` which round is under way before anybody writes anything about it.
 *   - Histograms and the records of segments are counters, each with one writer at a time.
 *
 * Times are recorded with synched__tick_ns, and shown as the monotonic clock's: the totals say how
 * far apart the two are. Nothing is allocated after the creation, and nothing is cleared while
 * rounds run: a row has the number of its round, and a row with another number was not written in
 * that round.
 *
 *   [row-read]       who writes a row has seen `newest`, or has written it; so who reads what was
 *                    written sees that number, too.
 *   [task-read]      the same of a ring of calls, and of its count of begun ones.
 *   [totals-read]    the same of published totals, and of the sequence.
 */
#ifndef SYNCHED_REPORT_RECORD_H
#define SYNCHED_REPORT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/atomic.h"
#include "report/histogram.h"

#include <synched/report.h>
#include <synched/topology.h>

/* One worker's part in one round, in plain numbers. */
struct synched__part {
  uint64_t round;
  /* its first call began, its last one ended */
  uint64_t start_ns, end_ns;
  /* in calls, between these */
  uint64_t compute_ns;
  uint32_t call_count, stolen_count;
  /* its longest call, and of which segment; only where calls are timed */
  uint64_t longest_ns;
  uint32_t longest_segment;
  /* since its part before: how often it slept, and was woken by another thread, and how long */
  uint16_t sleep_count, wake_count;
  uint64_t slept_ns;
};

/* The same in a ring: one line of 64 bytes. */
#define SYNCHED__PART_WORDS 8u
struct synched__part_row {
  _Atomic uint64_t words[SYNCHED__PART_WORDS];
};
_Static_assert(sizeof(struct synched__part) == sizeof(struct synched__part_row),
               "a part is copied word by word");

/* One round, as the leader saw it. */
struct synched__round_row {
  uint64_t round;
  uint64_t opened_ns;
  /* its last call ended, on the worker that completed it */
  uint64_t complete_ns;
  /* closed; the next one may have been opened then */
  uint64_t closed_ns;
  /* in on_round */
  uint64_t callback_ns;
  /* from its due time to its opening; only of a tick */
  uint64_t lateness_ns;
  uint32_t closer; /* worker */
  uint32_t flags;  /* SYNCHED__ROUND_... */
  uint64_t unused;
};
#define SYNCHED__ROUND_SOLO 1u    /* computed by one worker, unannounced */
#define SYNCHED__ROUND_TICK 2u    /* opened for a tick */
#define SYNCHED__ROUND_DROPPED 4u /* not published */

#define SYNCHED__ROUND_WORDS 8u
struct synched__round_ring_row {
  _Atomic uint64_t words[SYNCHED__ROUND_WORDS];
};
_Static_assert(sizeof(struct synched__round_row) == sizeof(struct synched__round_ring_row),
               "a round is copied word by word");

/* What the job did between two of its rounds. Written by its owner, taken by the leader. */
struct synched__gap {
  uint64_t others_ns; /* the pool computed other jobs' rounds */
  uint64_t paused_ns;
  uint64_t buffer_ns; /* it waited for a buffer */
  uint64_t tick_ns;   /* its next tick was not due */
};

/* Everything that is added up for the job. Times that end in _ns are of one worker, or of the
 * leader, if they do not say "summed". */
struct synched__totals {
  uint64_t start_ns, end_ns; /* of what is added up */
  int64_t start_offset_ns, end_offset_ns;
  uint64_t ended; /* 1: the run is over */
  uint64_t round_count, last_round; /* published ones */
  uint64_t solo_count, shared_count, dropped_count;
  uint64_t call_count, stolen_count;
  uint64_t sleep_count, wake_count, slept_ns; /* summed over workers */
  /* The rounds' compute phases. Summed over workers. */
  uint64_t compute_ns;
  uint64_t slowest_ns; /* who took part waited for the slowest */
  uint64_t asleep_ns;  /* who took no part */
  uint64_t opening_ns; /* what the slowest itself did not compute */
  /* Outside of them. */
  uint64_t closing_ns, callback_ns; /* the latter is a part of the former */
  uint64_t between_ns;              /* the rest between rounds */
  struct synched__gap gap;
  /* waits for a buffer */
  uint64_t lease_wait_count, lease_wait_ns, stalled_count, stalled_ns;
  uint64_t init_missing;
  int64_t status, failed_segment, failed_code;
  /* time; see <synched/report.h> */
  uint64_t period_ns, started_count, late_count, skipped_count, overrun_count, lateness_max_ns;
  uint64_t deadline_ns, deadline_missed_count;
};

/* And for each worker. */
struct synched__worker_totals {
  uint64_t round_count, call_count, stolen_count, closed_count;
  uint64_t compute_ns, closing_ns;
  uint64_t last_start_ns, last_end_ns;
  uint64_t sleep_count, wake_count, slept_ns;
};

/* One segment; what its calls write is written by one at a time. */
struct synched__segment_record {
  _Atomic uint64_t call_count, stolen_count, compute_ns, longest_ns;
};

/* A call. */
struct synched__task_row {
  _Atomic uint64_t start_ns, round, segment_ns; /* segment << 40 | duration */
};
#define SYNCHED__TASK_NS_BITS 40u

/* One worker's ring of calls: its own. */
struct synched__task_ring {
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint64_t begun_count; /* rows written, or being written */
  struct synched__task_row *rows;                             /* [task_rows] */
};

enum synched__histogram_kind {
  SYNCHED__HISTOGRAM_ROUND,
  SYNCHED__HISTOGRAM_WORK,
  SYNCHED__HISTOGRAM_WAIT,
  SYNCHED__HISTOGRAM_CLOSING,
  SYNCHED__HISTOGRAM_CALLBACK,
  SYNCHED__HISTOGRAM_LATENESS,
  SYNCHED__HISTOGRAM_COUNT
};

/* What a report says of a job beside what is recorded; fixed. */
struct synched__about {
  char name[64];
  char placement[160];           /* of the pool's workers */
  struct synched_place *places;  /* [worker_count] */
  unsigned team;                 /* workers with home ranges */
  unsigned usable_cpus, lease_count;
  bool can_steal, has_on_round, has_on_snapshot, delivers_every;
};

struct synched__record {
  /* Fixed. */
  struct synched__about about;
  enum synched_record level;
  unsigned worker_count;
  size_t segment_count;
  size_t shown_count; /* rounds that a report can show */
  size_t row_count;   /* of each ring: a power of two above that */
  size_t task_rows;   /* of each worker's: a power of two; 0: calls are not recorded */
  struct synched__part_row *parts;          /* [worker_count * row_count] */
  struct synched__round_ring_row *rounds;   /* [row_count] */
  struct synched__task_ring *tasks;         /* [worker_count]; NULL: calls are not recorded */
  struct synched__task_row *task_memory;    /* [worker_count * task_rows] */
  /* segment s at [s * segment_stride]; NULL: calls are not timed */
  struct synched__segment_record *segments;
  size_t segment_stride; /* above 1 where neighbours would share lines too often */
  struct synched__histogram *histograms;         /* [SYNCHED__HISTOGRAM_COUNT] */
  struct synched__histogram *worker_histograms;  /* [worker_count]; NULL: none */
  struct synched__histogram *segment_histograms; /* [segment_count]; NULL: too many segments */

  /* By the loop's thread. */
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint64_t delivered_count;

  /* The leader's, and between rounds the owner's. */
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint64_t newest; /* the round under way, or the last one */
  uint64_t folded;           /* the last round that is added up */
  uint64_t closed_ns;        /* when the job's last round was closed, or the run began */
  uint64_t folded_ns;        /* when rounds were last added up, */
  uint64_t published_ns;     /* and published */
  uint64_t callback_since_ns; /* when on_round was called for the round being closed; 0: it was not */
  uint64_t lateness_ns;      /* of the round under way */
  struct synched__gap gap;   /* since the last round */
  uint64_t paused_since_ns;  /* 0: it is not paused */
  uint64_t others_before_ns; /* what the pool's other jobs had taken when it was closed */
  struct synched__totals totals;
  struct synched__worker_totals *workers; /* [worker_count] */

  /* The published copies of totals and workers. */
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint64_t sequence;
  _Atomic uint64_t *published; /* [synched__record_word_count] */
};

struct synched__record_shape {
  const char *name;
  enum synched_record level;
  unsigned worker_count;
  size_t segment_count;
  size_t round_count; /* that can be shown */
  size_t task_count;  /* the same of each worker's calls, at SYNCHED_RECORD_TASKS */
  bool segment_times;
};

/* Allocates all of it, zeroed and reset; the caller then fills in `about`. SYNCHED_ENOMEM. Ended by synched__record_destroy, which
 * takes NULL, too. */
int synched__record_create(struct synched__record **out, const struct synched__record_shape *shape);
void synched__record_destroy(struct synched__record *record);

/* Forgets everything recorded, for the run that begins after `base_round`. */
void synched__record_reset(struct synched__record *record, uint64_t base_round);

/* --- a worker, in an open round --- */

static inline struct synched__part_row *
synched__record_part_of(const struct synched__record *record, unsigned worker, uint64_t round) {
  return &record->parts[worker * record->row_count + (round & (record->row_count - 1))];
}

/* Writes its part in a round down, in place of what it wrote of that round before. */
static inline void synched__record_part(struct synched__record *record, unsigned worker,
                                        const struct synched__part *part) {
  uint64_t words[SYNCHED__PART_WORDS];
  __builtin_memcpy(words, part, sizeof words);
  struct synched__part_row *row = synched__record_part_of(record, worker, part->round);
  for (unsigned i = 0; i < SYNCHED__PART_WORDS; i++)
    synched__store_release(&row->words[i], words[i]); /* [row-read] release */
}

static inline void synched__counter_add(_Atomic uint64_t *counter, uint64_t count) {
  synched__store_relaxed(counter, synched__load_relaxed(counter) + count);
}

/* Adds a call to its segment's record. */
static inline void synched__record_call(struct synched__record *record, size_t segment,
                                        uint64_t ns, bool stolen) {
  struct synched__segment_record *row = &record->segments[segment * record->segment_stride];
  synched__counter_add(&row->call_count, 1);
  synched__counter_add(&row->compute_ns, ns);
  if (stolen)
    synched__counter_add(&row->stolen_count, 1);
  if (ns > synched__load_relaxed(&row->longest_ns))
    synched__store_relaxed(&row->longest_ns, ns);
  if (record->segment_histograms != NULL)
    synched__histogram_add(&record->segment_histograms[segment], ns);
}

struct synched__task {
  uint64_t round;
  size_t segment;
  uint64_t start_ns, end_ns;
};

/* Writes a call down in the worker's ring. */
static inline void synched__record_task(struct synched__record *record, unsigned worker,
                                        const struct synched__task *task) {
  const uint64_t most_ns = (UINT64_C(1) << SYNCHED__TASK_NS_BITS) - 1;
  struct synched__task_ring *ring = &record->tasks[worker];
  const uint64_t count = synched__load_relaxed(&ring->begun_count);
  struct synched__task_row *row = &ring->rows[count & (record->task_rows - 1)];
  uint64_t ns = task->end_ns > task->start_ns ? task->end_ns - task->start_ns : 0;
  ns = ns < most_ns ? ns : most_ns;
  synched__store_release(&ring->begun_count, count + 1);  /* [task-read] release */
  synched__store_release(&row->start_ns, task->start_ns); /* [task-read] release */
  synched__store_release(&row->round, task->round);       /* [task-read] release */
  /* [task-read] release */
  synched__store_release(&row->segment_ns, (uint64_t)task->segment << SYNCHED__TASK_NS_BITS | ns);
}

/* --- the leader --- */

/* How many rounds are added up at a time, at most. A ring is longer than that. */
#define SYNCHED__FOLD_ROUNDS 32u

/* Of rounds that last longer, each is added up when it is closed. */
#define SYNCHED__FOLD_NS 50000u

/* How often totals are published, at most. */
#define SYNCHED__PUBLISH_NS 1000000u

/* A round of the job is about to be opened: what came before it. others_ns: what the pool's other
 * jobs have taken so far. */
void synched__record_gap(struct synched__record *record, uint64_t opened_ns, uint64_t others_ns);

/* The round that is about to be opened is a tick's, and so late. Before the gap. */
static inline void synched__record_tick(struct synched__record *record, uint64_t lateness_ns,
                                        uint64_t opened_ns) {
  const uint64_t closed_ns = record->closed_ns;
  record->lateness_ns = lateness_ns;
  synched__histogram_add(&record->histograms[SYNCHED__HISTOGRAM_LATENESS], lateness_ns);
  if (opened_ns > closed_ns + lateness_ns)
    record->gap.tick_ns = opened_ns - closed_ns - lateness_ns;
}

/* How long on_round took in the round that is closed now. */
static inline uint64_t synched__record_callback_ns(const struct synched__record *record,
                                                   uint64_t now_ns) {
  return record->callback_since_ns == 0 || now_ns < record->callback_since_ns
             ? 0
             : now_ns - record->callback_since_ns;
}

static inline void synched__record_open(struct synched__record *record, uint64_t round) {
  synched__store_relaxed(&record->newest, round);
}

/* Adds up the rounds that are not yet. */
void synched__record_fold(struct synched__record *record, uint64_t now_ns);

/* Writes a round down that is complete; true: it is time to publish. */
static inline bool synched__record_close(struct synched__record *record,
                                         const struct synched__round_row *round) {
  uint64_t words[SYNCHED__ROUND_WORDS];
  __builtin_memcpy(words, round, sizeof words);
  struct synched__round_ring_row *row = &record->rounds[round->round & (record->row_count - 1)];
  for (unsigned i = 0; i + 1 < SYNCHED__ROUND_WORDS; i++)
    synched__store_release(&row->words[i], words[i]); /* [row-read] release */
  record->closed_ns = round->closed_ns;
  if (round->round - record->folded < SYNCHED__FOLD_ROUNDS &&
      round->closed_ns - record->folded_ns < SYNCHED__FOLD_NS)
    return false;
  synched__record_fold(record, round->closed_ns);
  return round->closed_ns - record->published_ns >= SYNCHED__PUBLISH_NS;
}

/* Adds up a round that is not published: its time counts, and none of its rows is shown. */
void synched__record_drop(struct synched__record *record, const struct synched__round_row *round);

/* Makes the totals those that reports are made of. */
void synched__record_publish(struct synched__record *record);

/* --- whoever makes a report --- */

struct synched__reading {
  struct synched__totals totals;
  struct synched__worker_totals *workers; /* [worker_count], the caller's */
};

/* Copies the totals that were published last. Any thread; does not hold up anybody. */
void synched__record_read(struct synched__record *record, struct synched__reading *out);

/* Copies a round, and a worker's part in it (all 0 but the round: it took none). false: it is not
 * there any more, or was not yet. */
bool synched__record_read_round(struct synched__record *record, uint64_t round,
                                struct synched__round_row *out);
bool synched__record_read_part(struct synched__record *record, unsigned worker, uint64_t round,
                               struct synched__part *out);

/* The number of the oldest call of a worker that can be read, and of the first that can not yet. */
void synched__record_task_span(struct synched__record *record, unsigned worker, uint64_t *first,
                               uint64_t *end);

/* Copies a call. false: it was written over. */
bool synched__record_read_task(struct synched__record *record, unsigned worker, uint64_t number,
                               struct synched__task *out);

/* A recorded time as the monotonic clock had it. */
uint64_t synched__record_shown_ns(const struct synched__totals *totals, uint64_t recorded_ns);

#endif
