/*
 * record.h: the recording half of the report, which the engine writes while rounds run (internal).
 *
 * A worker writes only lines of its own: its part in a round, in a ring; the round, in a second
 * ring, if it is the one that closes it; and what it has added up of both, its totals. A line that
 * another CPU had written last would hold up the round: an atomic operation that everybody needs
 * waits for all stores before it.
 *
 * Where rounds take less than a few microseconds, to write all of that down would take a good part
 * of each. Then it is done for one in eight, or in 32, in runs of eight that follow each other,
 * picked at random. The others are counted, with what they computed, and the rest is scaled up.
 * From SYNCHED_RECORD_ROUNDS on, every round is written down.
 *
 * What two workers took in a round, the one that closes it mostly knows from the count. Where it
 * does not, or there are more, it reads the others' lines at the end of each such run: it folds
 * them.
 *
 * What the stages took, where a job has several, the leader adds up as it closes each, in all
 * rounds.
 *
 * Now and then the leader adds up everybody's totals and publishes them. A report can be made at
 * any time, on any thread, while all this goes on:
 *
 *   - Published totals are read as a whole. There are two copies, written in turn. Whoever finds
 *     the sequence changed reads the newer one. So nobody waits, neither for a reader nor for a
 *     writer that the system has put aside.
 *   - Rows of rings are read as they are, of rounds that are published. Their first word, the
 *     number, is written first: who finds it unchanged after the others has read one row.
 *   - Distributions and the records of segments are counters, each with one writer at a time.
 *   - Each start of the job forgets all this. The reset's count is odd meanwhile; who finds it
 *     changed has read parts of two runs, and reads once more.
 *
 * Times are recorded with synched__tick_ns, and shown as the monotonic clock's: the totals say how
 * far apart the two are. Nothing is allocated after the creation, and nothing is cleared while
 * rounds run: a row with another number was not written in that round.
 *
 *   [row-read]     a row's number, to who has read another word of the row.
 *   [task-read]    the count of begun calls, to who has read a word of one.
 *   [totals-read]  the sequence, to who has read one of the published words.
 *   [reset-read]   all that a reset has cleared, to who makes a report afterwards.
 *   [report-read]  all that has been read for a report, to the next reset. Both change the count of
 *                  resets, the report by nothing: so the one that comes first is known to the
 *                  other. What a reset clears while it is read needs no order by itself.
 */
#ifndef SYNCHED_REPORT_RECORD_H
#define SYNCHED_REPORT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/atomic.h"
#include "platform/launcher.h"
#include "report/histogram.h"

#include <synched/job.h>
#include <synched/memory.h>
#include <synched/report.h>
#include <synched/topology.h>

/* One worker's part in one round. All of its fields are words, so that to copy it one by one costs
 * little. */
struct synched__part {
  /* 0: it has not begun */
  uint64_t round;
  /* its first call began, its last one ended */
  uint64_t start_ns, end_ns;
  /* in calls, between these */
  uint64_t compute_ns;
  /* calls, and those of them that were stolen << 32 */
  uint64_t calls;
  /* its longest call, and of which segment; only where calls are timed */
  uint64_t longest_ns;
  /* that segment, how often the worker slept since its part before << 32, and was woken by another
   * thread << 48 */
  uint64_t segment_sleeps;
  uint64_t slept_ns;
};
#define SYNCHED__STOLEN_SHIFT 32u
#define SYNCHED__SLEEPS_SHIFT 32u
#define SYNCHED__WAKES_SHIFT 48u

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
  /* 1: computed by one worker, unannounced */
  uint64_t solo;
  uint64_t unused;
};

/* A worker's two rows of a round. */
#define SYNCHED__ROW_WORDS 8u
_Static_assert(sizeof(struct synched__part) == SYNCHED__ROW_WORDS * sizeof(uint64_t) &&
                   sizeof(struct synched__round_row) == SYNCHED__ROW_WORDS * sizeof(uint64_t),
               "rows are copied word by word");
struct synched__row {
  _Atomic uint64_t part[SYNCHED__ROW_WORDS];
  _Atomic uint64_t round[SYNCHED__ROW_WORDS];
};

/* What the workers did in a round's phase. */
struct synched__phase {
  /* workers that took part; 0: it is not known */
  uint64_t part_count;
  /* summed */
  uint64_t compute_ns;
  /* of one of them */
  uint64_t most_ns;
};

/* What the job did between two of its rounds. Written by its owner, taken by the leader. */
struct synched__gap {
  /* the pool computed other jobs' rounds */
  uint64_t others_ns;
  uint64_t paused_ns;
  /* it waited for a buffer */
  uint64_t buffer_ns;
  /* its next tick was not due */
  uint64_t tick_ns;
};

/* What a worker has added up of its rounds, on lines of its own. */
struct synched__worker_totals {
  _Alignas(SYNCHED__CACHE_LINE) uint64_t round_count;
  uint64_t call_count, stolen_count;
  uint64_t compute_ns;
  uint64_t last_start_ns, last_end_ns;
  uint64_t sleep_count, wake_count, slept_ns;
  /* Of the rounds that it has closed. */
  uint64_t closed_count, solo_count;
  /* The same, of those that are written down; and of those that it has folded. */
  uint64_t sampled_count;
  /* of this worker */
  uint64_t closing_ns;
  /* from the opening of a round to its end */
  uint64_t whole_ns;
  /* to the end of its last call */
  uint64_t phase_ns;
  /* computed by all workers */
  uint64_t summed_ns;
  /* by the slowest of them */
  uint64_t most_ns;
  /* that, times the workers that took part */
  uint64_t part_ns;
  /* in on_round */
  uint64_t callback_ns;
  /* Its home range, where ranges have been dealt anew; the leader's, between rounds. */
  uint64_t home_first, home_count;
  uint64_t unused[11];
};

_Static_assert(sizeof(struct synched__worker_totals) == 2 * (size_t)SYNCHED__CACHE_LINE,
               "two workers' do not share a line");

/* What a stage has taken, with the passes that belong to it. The leader's. */
struct synched__stage_totals {
  uint64_t round_count;
  /* from each opening to the end, summed over rounds */
  uint64_t total_ns;
  /* summed over workers */
  uint64_t compute_ns;
};

/* So many at most: a job's stages, and its copies. */
#define SYNCHED__STAGES_SHOWN (SYNCHED_STAGES_MAX + 1)

/* What is known of the job as a whole. Its owner's. */
struct synched__totals {
  /* of what is added up */
  uint64_t start_ns, end_ns;
  /* the monotonic clock less the recording one, then */
  int64_t start_offset_ns, end_offset_ns;
  /* 1: the run is over */
  uint64_t ended;
  /* published ones */
  uint64_t round_count, last_round;
  uint64_t dropped_count;
  /* between rounds, without the gaps below */
  uint64_t between_ns;
  struct synched__gap gap;
  /* waits for a buffer */
  uint64_t lease_wait_count, lease_wait_ns, stalled_count, stalled_ns;
  uint64_t init_missing;
  int64_t status, failed_segment, failed_code, failed_stage;
  /* time; see <synched/report.h> */
  uint64_t period_ns, started_count, late_count, skipped_count, overrun_count, lateness_max_ns;
  uint64_t deadline_ns, deadline_missed_count;
  /* calls that were not needed */
  uint64_t unchanged_count;
  /* how often home ranges were dealt anew, and segments that are away from their pages since */
  uint64_t redealt_count, strayed_count;
  /* Of a rank: which segments it computes; how long its rounds waited for others, of that after
   * their last calls; what they sent; and how often. */
  uint64_t own_first, own_count;
  uint64_t message_ns, agreement_ns, message_last_ns;
  uint64_t sent_bytes, sent_messages, exchange_count;
};

/* What a rank exchanged after one stage: a row of a ring. */
struct synched__exchange_row {
  /* from 1 on, in this run */
  uint64_t number;
  /* the round << 8 | the stage */
  uint64_t round_stage;
  /* messages set out; all have arrived; as <synched/report.h> has them */
  uint64_t start_ns, arrived_ns, wait_start_ns, wait_end_ns, agreed_ns;
  /* messages << 40 | bytes */
  uint64_t sent;
};
_Static_assert(sizeof(struct synched__exchange_row) == SYNCHED__ROW_WORDS * sizeof(uint64_t),
               "rows are copied word by word");
#define SYNCHED__EXCHANGE_STAGE_BITS 8u
#define SYNCHED__EXCHANGE_BYTES_BITS 40u
_Static_assert(SYNCHED_STAGES_MAX < 1u << SYNCHED__EXCHANGE_STAGE_BITS, "any stage fits");

/* One segment; what its calls write is written by one at a time. */
struct synched__segment_record {
  _Atomic uint64_t call_count, stolen_count, compute_ns, longest_ns;
};

/* A call. */
struct synched__task_row {
  /* the last one: segment << 40 | duration */
  _Atomic uint64_t start_ns, round, segment_ns;
};
#define SYNCHED__TASK_NS_BITS 40u
_Static_assert(SYNCHED_SEGMENTS_MAX >> (64 - SYNCHED__TASK_NS_BITS) == 0, "any segment fits");

/* One worker's ring of calls: its own. */
struct synched__task_ring {
  /* rows written, or being written */
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint64_t begun_count;
  /* [task_rows] */
  struct synched__task_row *rows;
};

_Static_assert(sizeof(struct synched__task_ring) == SYNCHED__CACHE_LINE,
               "two workers' do not share a line");

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
  /* of the pool's workers */
  char placement[160];
  /* its name, as its threads have it */
  char pool[16];
  /* [worker_count] */
  struct synched_place *places;
  char stage_names[SYNCHED__STAGES_SHOWN][64];
  /* of a rank; 0: it is none */
  unsigned rank, rank_count;
  /* workers with home ranges */
  unsigned team;
  unsigned usable_cpus, lease_count;
  /* of a rank: what is wrong with how its launcher has bound it, and which part of the computing it
   * would save to mend it */
  char binding[SYNCHED__BINDING_BYTES];
  double binding_gain;
  bool can_steal, has_on_round, has_on_snapshot, delivers_every;
};

/* Rounds are written down, or not, and folded in runs of so many. A ring is longer than that. */
#define SYNCHED__RUN_BITS 3u
#define SYNCHED__RUN_ROUNDS (1u << SYNCHED__RUN_BITS)

/* What is counted of rounds that are saved. */
enum synched__saved {
  SYNCHED__SAVED_ROUNDS,
  SYNCHED__SAVED_SKIPPED,
  SYNCHED__SAVED_FAILED,
  SYNCHED__SAVED_BYTES,
  SYNCHED__SAVED_NS,
  SYNCHED__SAVED_HELD_NS,
  SYNCHED__SAVED_KINDS
};

struct synched__record {
  /* Fixed. */
  struct synched__about about;
  enum synched_record level;
  unsigned worker_count;
  size_t segment_count;
  /* with copies; 0: it has one stage, and is all of that */
  unsigned stage_count;
  /* rounds that a report can show */
  size_t shown_count;
  /* of each ring: a power of two above that */
  size_t row_count;
  /* how many rounds are written down as one, at most; mostly 1 */
  unsigned row_rounds;
  /* the same of each worker's calls, and */
  size_t shown_tasks;
  /* of its ring */
  size_t task_rows;
  /* [worker_count * row_count]; NULL: off */
  struct synched__row *rows;
  /* [worker_count]; NULL: calls are not recorded */
  struct synched__task_ring *tasks;
  /* [worker_count * task_rows] */
  struct synched__task_row *task_memory;
  /* [exchange_rows * SYNCHED__ROW_WORDS]; NULL: not of a rank, or not recorded */
  _Atomic uint64_t *exchanges;
  /* a power of two; and how many can be shown */
  size_t exchange_rows, shown_exchanges;
  /* segment s at [s * segment_stride]; NULL: calls are not timed */
  struct synched__segment_record *segments;
  /* above 1 where neighbours would share lines too often */
  size_t segment_stride;
  /* [SYNCHED__HISTOGRAM_COUNT] */
  struct synched__histogram *histograms;
  /* [worker_count]; NULL: none */
  struct synched__histogram *worker_histograms;
  /* [segment_count]; NULL: too many segments */
  struct synched__histogram *segment_histograms;

  /* By the loop's thread. */
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint64_t delivered_count;
  /* By whoever saves rounds, from several threads. */
  _Atomic uint64_t saved[SYNCHED__SAVED_KINDS];

  /* Each worker's own. */
  /* [worker_count] */
  struct synched__worker_totals *workers;

  /* The leader's, and between rounds the owner's. None is written in a round like the one before,
   * but of more than two workers. */
  /* the one before the first of the run */
  _Alignas(SYNCHED__CACHE_LINE) uint64_t base_round;
  /* when totals were last published */
  uint64_t published_ns;
  /* how many of 64 rounds are written down; read in every round */
  uint64_t sample_count;
  /* when the job's last round was closed; 0: it goes on at once */
  uint64_t left_ns;
  /* what the pool's rounds had taken by then */
  uint64_t others_before_ns;
  /* 0: it is not paused */
  uint64_t paused_since_ns;
  /* of the round under way, if it is a tick's */
  uint64_t lateness_ns;
  /* since the last round */
  struct synched__gap gap;
  struct synched__totals totals;
  /* Rounds that are not added up yet, and who closed them. */
  _Alignas(SYNCHED__CACHE_LINE) uint64_t pending[SYNCHED__RUN_ROUNDS];
  uint16_t closers[SYNCHED__RUN_ROUNDS];
  unsigned pending_count;

  /* The leader's, of a job with stages. */
  _Alignas(SYNCHED__CACHE_LINE) struct synched__stage_totals stages[SYNCHED__STAGES_SHOWN];
  /* how much of what workers have computed is in `stages` */
  uint64_t staged_ns;

  /* The published copies of totals and workers: how often they were written; copy `sequence % 2` is
   * the last one. */
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint64_t sequence;
  /* [2 * published_words] */
  _Atomic uint64_t *published;
  size_t published_words;
  /* twice the number of resets; odd: one goes on */
  _Atomic uint64_t reset_count;
};

_Static_assert(!SYNCHED__SHARE_LINE(struct synched__record, delivered_count, base_round) &&
                   !SYNCHED__SHARE_LINE(struct synched__record, closers, sequence),
               "the loop and who publishes take nothing away that rounds read");

struct synched__record_shape {
  const char *name;
  enum synched_record level;
  unsigned worker_count;
  size_t segment_count;
  /* [stage_count] */
  const char *const *stage_names;
  /* as in the record */
  unsigned stage_count;
  /* that can be shown */
  size_t round_count;
  /* as in the record; 0: 1 */
  unsigned row_rounds;
  /* the same of each worker's calls, at SYNCHED_RECORD_TASKS */
  size_t task_count;
  /* the same of a rank's exchanges */
  size_t exchange_count;
  bool segment_times;
};

/* Allocates all of it, zeroed and reset; the caller then fills in `about`. SYNCHED_ENOMEM. Ended by
 * synched__record_destroy, which takes NULL, too. */
int synched__record_create(struct synched__record **out, const struct synched__record_shape *shape);
void synched__record_destroy(struct synched__record *record);

/* Forgets everything recorded, for the run that begins after `base_round`. */
void synched__record_reset(struct synched__record *record, uint64_t base_round);

/* --- a worker, in an open round --- */

static inline struct synched__row *synched__record_row(const struct synched__record *record,
                                                       unsigned worker, uint64_t round) {
  return &record->rows[worker * record->row_count + (round & (record->row_count - 1))];
}

/* Leader: whether a round is to be written down. */
static inline bool synched__record_samples(const struct synched__record *record, uint64_t round) {
  return ((round >> SYNCHED__RUN_BITS) * UINT64_C(0x9E3779B97F4A7C15)) >> 58 < record->sample_count;
}
#define SYNCHED__SAMPLE_ALL 64u

static inline void synched__counter_add(_Atomic uint64_t *counter, uint64_t count) {
  synched__store_relaxed(counter, synched__load_relaxed(counter) + count);
}

/* Writes its part in a round down, in place of what it wrote of that round before, when it had
 * computed for before_ns; SYNCHED__NOT_BEFORE: nothing. */
#define SYNCHED__NOT_BEFORE UINT64_MAX
static inline void synched__record_part(struct synched__record *record, unsigned worker,
                                        const struct synched__part *part, uint64_t before_ns) {
  struct synched__histogram *histogram = &record->worker_histograms[worker];
  _Atomic uint64_t *words = synched__record_row(record, worker, part->round)->part;
  synched__store_relaxed(&words[0], part->round);
  synched__store_release(&words[1], part->start_ns);       /* [row-read] release */
  synched__store_release(&words[2], part->end_ns);         /* [row-read] release */
  synched__store_release(&words[3], part->compute_ns);     /* [row-read] release */
  synched__store_release(&words[4], part->calls);          /* [row-read] release */
  synched__store_release(&words[5], part->longest_ns);     /* [row-read] release */
  synched__store_release(&words[6], part->segment_sleeps); /* [row-read] release */
  synched__store_release(&words[7], part->slept_ns);       /* [row-read] release */
  if (before_ns != SYNCHED__NOT_BEFORE)
    synched__histogram_remove(histogram, before_ns);
  synched__histogram_add(histogram, part->compute_ns);
}

/* Adds a call to its segment's record. */
static inline void synched__record_call(struct synched__record *record, size_t segment,
                                        uint64_t ns) {
  struct synched__segment_record *row = &record->segments[segment * record->segment_stride];
  synched__counter_add(&row->call_count, 1);
  synched__counter_add(&row->compute_ns, ns);
  if (ns > synched__load_relaxed(&row->longest_ns))
    synched__store_relaxed(&row->longest_ns, ns);
}

static inline void synched__record_stolen(struct synched__record *record, size_t segment) {
  synched__counter_add(&record->segments[segment * record->segment_stride].stolen_count, 1);
}

struct synched__task {
  uint64_t round;
  size_t segment;
  uint64_t start_ns, end_ns;
};

/* Writes a call down in the worker's ring. */
void synched__record_task(struct synched__record *record, unsigned worker,
                          const struct synched__task *task);

/* --- the leader --- */

/* How often totals are published, at most. */
#define SYNCHED__PUBLISH_NS 1000000u

/* The job's next round is not opened at once, or it has none. pool_ns: what the pool's rounds have
 * taken so far, of whatever job. */
static inline void synched__record_leave(struct synched__record *record, uint64_t now_ns,
                                         uint64_t pool_ns) {
  record->left_ns = now_ns;
  record->others_before_ns = pool_ns;
}

/* It is opened now, as a tick's, and so late. Before synched__record_enter. */
void synched__record_tick(struct synched__record *record, uint64_t lateness_ns, uint64_t now_ns);

/* It is opened now, or the run ends: adds up what came between. */
void synched__record_enter(struct synched__record *record, uint64_t now_ns, uint64_t pool_ns);

/* Writes a round down that is complete, by the worker `self` that closes it. */
void synched__record_round(struct synched__record *record, unsigned self,
                           const struct synched__round_row *round,
                           const struct synched__phase *phase);

/* Adds up the rounds that are not yet, to the totals of worker `self`. */
void synched__record_fold(struct synched__record *record, unsigned self);

/* Adds up a round that is not published: its time counts, and none of its rows is shown. */
void synched__record_drop(struct synched__record *record, unsigned self,
                          const struct synched__round_row *round);

/* A stage that is complete or was given up, or a pass that belongs to it. */
struct synched__stage_part {
  unsigned stage;
  bool is_pass;
  /* what it computed is in the workers' totals */
  bool is_recorded;
  /* how much that was; it may be left out where it is recorded */
  bool is_known;
  /* from its opening to now */
  uint64_t total_ns;
  /* what all workers computed of it */
  uint64_t compute_ns;
};

/* Adds that up. */
void synched__record_stage(struct synched__record *record, const struct synched__stage_part *part);

/* Adds up what a rank has exchanged, and writes it down; the row's number is given here. is_last:
 * after the last call of its round. */
void synched__record_exchange(struct synched__record *record, struct synched__exchange_row *row,
                              bool is_last);

/* Owner: makes all that is recorded, up to the round that was last published and to end_ns, what
 * reports are made of. */
void synched__record_publish(struct synched__record *record, uint64_t last_round, uint64_t end_ns);

/* --- whoever makes a report --- */

struct synched__reading {
  struct synched__totals totals;
  /* [worker_count], the caller's; NULL: not wanted */
  struct synched__worker_totals *workers;
  /* [SYNCHED__STAGES_SHOWN], the same */
  struct synched__stage_totals *stages;
};

/* Copies the totals that were published last. Any thread; does not hold up anybody. */
void synched__record_read(struct synched__record *record, struct synched__reading *out);

/* What was found of a row. */
enum synched__row_state {
  SYNCHED__ROW_READ,
  SYNCHED__ROW_NONE, /* the worker wrote none in that round */
  SYNCHED__ROW_LOST  /* a later one was written over it */
};

/* Copies what a worker wrote of a round that it closed, and of its part in one. The round is
 * published. */
enum synched__row_state synched__record_read_round(const struct synched__record *record,
                                                   unsigned worker, uint64_t round,
                                                   struct synched__round_row *out);
enum synched__row_state synched__record_read_part(const struct synched__record *record,
                                                  unsigned worker, uint64_t round,
                                                  struct synched__part *out);

/* Copies a worker's call; number: 0 .. its published call_count - 1. false: it was written over. */
bool synched__record_read_task(struct synched__record *record, unsigned worker, uint64_t number,
                               struct synched__task *out);

/* Copies a rank's exchange; number: 1 .. the published exchange_count. */
enum synched__row_state synched__record_read_exchange(const struct synched__record *record,
                                                      uint64_t number,
                                                      struct synched__exchange_row *out);

/* A recorded time as the monotonic clock had it. */
uint64_t synched__record_shown_ns(const struct synched__totals *totals, uint64_t recorded_ns);

#endif
