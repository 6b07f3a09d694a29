/*
 * record.c: the memory that a run is recorded in, and how it is added up; see record.h for who
 * writes what.
 *
 * All of it is allocated with the job and touched once here, so that no round allocates or faults.
 * What different threads write in the same round is on different cache lines.
 *
 * Where parts must be looked at, rounds are added up a run at a time: the lines that other workers
 * have written are then fetched one after the other, without a wait for each.
 *
 * A ring has more rows than can be shown: a round that fails or is cancelled has by then written
 * its rows at the place of an older one, and a job that is aborted must not lose a round that it
 * did complete. Row counts are powers of two, to find a row without dividing.
 */
#include "report/record.h"

#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "platform/alloc.h"
#include "platform/clock.h"

/* Up to so many segments, their records are so far apart that two never share a 64-byte line.
 * Rounds of more segments are not so short that it shows when neighbours share a line. */
#define SPREAD_SEGMENTS 4096u
#define SPREAD_STRIDE 4u

/* Up to so many segments have a histogram each: 16 KiB. */
#define HISTOGRAMS_AT_TOTALS 64u
#define HISTOGRAMS_MOST 1024u

/* Where rounds take less than this, one in 8 or in 32 is written down. */
#define SHORT_NS 2000u
#define SHORTEST_NS 500u

#define TOTALS_WORDS (sizeof(struct synched__totals) / sizeof(uint64_t))
/* of each worker; what is unused is not published */
#define WORKER_WORDS (offsetof(struct synched__worker_totals, unused) / sizeof(uint64_t))

/* So many exchanges are kept at most. */
#define EXCHANGES_MOST 32768u

#define STAGE_WORDS (sizeof(struct synched__stage_totals) / sizeof(uint64_t))

_Static_assert(sizeof(struct synched__totals) % sizeof(uint64_t) == 0 &&
                   sizeof(struct synched__worker_totals) % sizeof(uint64_t) == 0 &&
                   sizeof(struct synched__stage_totals) % sizeof(uint64_t) == 0,
               "totals are published word by word");
_Static_assert(SPREAD_STRIDE * sizeof(struct synched__segment_record) == SYNCHED__CACHE_LINE,
               "spread segments have a line each");

/* --- its memory --- */

/* The power of two above `count`, and above what is added up at a time; 0: there is none. */
static size_t rows_for(size_t count) {
  size_t row_count = (size_t)2 * SYNCHED__RUN_ROUNDS;
  while (row_count != 0 && row_count <= count)
    row_count *= 2;
  return row_count;
}

/* Where one round in eight may be written down, a ring reaches back so much farther. Of very many
 * workers that would take too much memory. */
static size_t rows_per_round(const struct synched__record_shape *shape) {
  return shape->level == SYNCHED_RECORD_TOTALS && shape->worker_count <= 128 ? 8 : 1;
}

/* A name that does not fit is cut, but never inside a UTF-8 character. */
static void copy_name(char *to, size_t bytes, const char *name) {
  size_t length = strlen(name);
  if (length >= bytes) {
    length = bytes - 1;
    while (length > 0 && ((unsigned char)name[length] & 0xC0u) == 0x80u)
      length--;
  }
  memcpy(to, name, length);
  to[length] = '\0';
}

/* Allocates into *pointer; false: refused, now or before. */
#define ALLOCATE(complete, pointer, count)                                                         \
  ((complete) && ((pointer) = synched__alloc_lines((count), sizeof *(pointer))) != NULL)

static bool allocate_rings(struct synched__record *record) {
  const size_t worker_count = record->worker_count;
  if (record->row_count == 0 || worker_count > SIZE_MAX / record->row_count)
    return false;
  bool complete = ALLOCATE(true, record->rows, worker_count * record->row_count);
  complete = ALLOCATE(complete, record->worker_histograms, worker_count);
  if (record->level != SYNCHED_RECORD_TASKS)
    return complete;
  if (record->task_rows == 0 || worker_count > SIZE_MAX / record->task_rows)
    return false;
  complete = ALLOCATE(complete, record->task_memory, worker_count * record->task_rows);
  complete = ALLOCATE(complete, record->tasks, worker_count);
  for (size_t w = 0; complete && w < worker_count; w++)
    record->tasks[w].rows = record->task_memory + w * record->task_rows;
  return complete;
}

static bool allocate_exchanges(struct synched__record *record, size_t wanted) {
  if (wanted == 0 || record->level == SYNCHED_RECORD_OFF)
    return true;
  record->shown_exchanges = wanted < EXCHANGES_MOST ? wanted : EXCHANGES_MOST;
  record->exchange_rows = rows_for(record->shown_exchanges);
  return ALLOCATE(true, record->exchanges, record->exchange_rows * SYNCHED__ROW_WORDS);
}

static bool allocate_segments(struct synched__record *record) {
  const size_t most =
      record->level == SYNCHED_RECORD_TOTALS ? HISTOGRAMS_AT_TOTALS : HISTOGRAMS_MOST;
  record->segment_stride = record->segment_count <= SPREAD_SEGMENTS ? SPREAD_STRIDE : 1;
  bool complete = ALLOCATE(true, record->segments, record->segment_count * record->segment_stride);
  if (record->level != SYNCHED_RECORD_OFF && record->segment_count <= most)
    complete = ALLOCATE(complete, record->segment_histograms, record->segment_count);
  return complete;
}

/* False as soon as something is refused; synched__record_destroy then frees what is allocated so
 * far. */
static bool allocate_parts(struct synched__record *record,
                           const struct synched__record_shape *shape) {
  bool complete = ALLOCATE(true, record->workers, record->worker_count);
  complete = ALLOCATE(complete, record->about.places, record->worker_count);
  complete = ALLOCATE(complete, record->published, 2 * record->published_words);
  complete = ALLOCATE(complete, record->histograms, SYNCHED__HISTOGRAM_COUNT);
  if (complete && record->level != SYNCHED_RECORD_OFF)
    complete = allocate_rings(record);
  if (complete && shape->segment_times)
    complete = allocate_segments(record);
  return complete && allocate_exchanges(record, shape->exchange_count);
}

int synched__record_create(struct synched__record **out,
                           const struct synched__record_shape *shape) {
  *out = NULL;
  /* This is on lines of its own, too: in every round workers read its first fields. */
  struct synched__record *record = synched__alloc_lines(1, sizeof *record);
  if (record != NULL) {
    record->level = shape->level;
    record->worker_count = shape->worker_count;
    record->segment_count = shape->segment_count;
    record->stage_count = shape->stage_count;
    record->published_words =
        TOTALS_WORDS + shape->worker_count * WORKER_WORDS + shape->stage_count * STAGE_WORDS;
    record->shown_count = shape->level == SYNCHED_RECORD_OFF ? 0 : shape->round_count;
    record->row_rounds = shape->row_rounds == 0 ? 1 : shape->row_rounds;
    record->row_count = rows_for(shape->round_count * rows_per_round(shape));
    record->shown_tasks = shape->level == SYNCHED_RECORD_TASKS ? shape->task_count : 0;
    record->task_rows = rows_for(record->shown_tasks);
    copy_name(record->about.name, sizeof record->about.name,
              shape->name == NULL ? "job" : shape->name);
    for (unsigned s = 0; s < shape->stage_count; s++)
      copy_name(record->about.stage_names[s], sizeof record->about.stage_names[s],
                shape->stage_names[s]);
  }
  if (record == NULL || !allocate_parts(record, shape)) {
    synched__record_destroy(record);
    return synched__fail(SYNCHED_ENOMEM,
                         "no memory to record %zu rounds of %u workers and %zu segments",
                         shape->round_count, shape->worker_count, shape->segment_count);
  }
  synched__record_reset(record, 0);
  *out = record;
  return 0;
}

void synched__record_destroy(struct synched__record *record) {
  if (record == NULL)
    return;
  synched__free(record->segment_histograms);
  synched__free(record->segments);
  synched__free(record->exchanges);
  synched__free(record->tasks);
  synched__free(record->task_memory);
  synched__free(record->worker_histograms);
  synched__free(record->rows);
  synched__free(record->histograms);
  synched__free(record->published);
  synched__free(record->about.places);
  synched__free(record->workers);
  synched__free(record);
}

/* Mostly there is little to clear: rings and distributions are sparse. */
static void clear(_Atomic uint64_t *words, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (synched__load_relaxed(&words[i]) != 0)
      synched__store_relaxed(&words[i], 0);
}

/* Others than reports read rows, too. */
static void clear_row(_Atomic uint64_t *row) {
  for (size_t i = 0; i < SYNCHED__ROW_WORDS; i++)
    if (synched__load_relaxed(&row[i]) != 0)
      synched__store_release(&row[i], 0); /* [row-read] release */
}

static void clear_histograms(struct synched__histogram *histograms, size_t count) {
  for (size_t i = 0; histograms != NULL && i < count; i++)
    clear(histograms[i].counts, SYNCHED__BUCKET_COUNT);
}

/* The rings are cleared although each row has its round's number. A run that failed has left rows
 * of a round that the next run computes again, under the same number and perhaps with other
 * workers. Round 0 is never computed, so zeros belong to no round. */
static void clear_rings(struct synched__record *record) {
  for (size_t i = 0; record->rows != NULL && i < record->worker_count * record->row_count; i++) {
    clear_row(record->rows[i].part);
    clear_row(record->rows[i].round);
  }
  for (unsigned w = 0; record->tasks != NULL && w < record->worker_count; w++)
    clear(&record->tasks[w].begun_count, 1);
  for (size_t i = 0; record->exchanges != NULL && i < record->exchange_rows; i++)
    clear_row(record->exchanges + i * SYNCHED__ROW_WORDS);
}

static void clear_segments(struct synched__record *record) {
  for (size_t s = 0; record->segments != NULL && s < record->segment_count; s++) {
    struct synched__segment_record *row = &record->segments[s * record->segment_stride];
    clear(&row->call_count, 1);
    clear(&row->stolen_count, 1);
    clear(&row->compute_ns, 1);
    clear(&row->longest_ns, 1);
  }
}

static void clear_all(struct synched__record *record) {
  clear_rings(record);
  clear_segments(record);
  clear_histograms(record->histograms, SYNCHED__HISTOGRAM_COUNT);
  clear_histograms(record->worker_histograms, record->worker_count);
  clear_histograms(record->segment_histograms, record->segment_count);
  clear(&record->delivered_count, 1);
  clear(record->saved, SYNCHED__SAVED_KINDS);
}

/* The first two resets, by the creation and the first start, find all zero as it was allocated. To
 * look at it would cost a job that runs for some rounds more than the rounds. */
void synched__record_reset(struct synched__record *record, uint64_t base_round) {
  const uint64_t reset_count = synched__load_relaxed(&record->reset_count);
  /* [report-read] acquire */
  (void)synched__exchange_acquire(&record->reset_count, reset_count + 1);
  if (reset_count > 2)
    clear_all(record);
  record->base_round = base_round;
  record->published_ns = 0;
  record->sample_count = record->rows == NULL ? 0 : SYNCHED__SAMPLE_ALL;
  record->left_ns = 0;
  record->others_before_ns = 0;
  record->paused_since_ns = 0;
  record->lateness_ns = 0;
  record->gap = (struct synched__gap){0};
  record->totals = (struct synched__totals){.failed_segment = -1, .failed_stage = -1};
  record->pending_count = 0;
  memset(record->workers, 0, record->worker_count * sizeof *record->workers);
  memset(record->stages, 0, sizeof record->stages);
  record->staged_ns = 0;
  synched__record_publish(record, base_round, 0);
  synched__store_release(&record->reset_count, reset_count + 2); /* [reset-read] release */
}

/* --- writing down --- */

void synched__record_task(struct synched__record *record, unsigned worker,
                          const struct synched__task *task) {
  const uint64_t most_ns = (UINT64_C(1) << SYNCHED__TASK_NS_BITS) - 1;
  struct synched__task_ring *ring = &record->tasks[worker];
  const uint64_t count = synched__load_relaxed(&ring->begun_count);
  struct synched__task_row *row = &ring->rows[count & (record->task_rows - 1)];
  uint64_t ns = task->end_ns > task->start_ns ? task->end_ns - task->start_ns : 0;
  ns = ns < most_ns ? ns : most_ns;
  synched__store_relaxed(&ring->begun_count, count + 1);
  synched__store_release(&row->start_ns, task->start_ns); /* [task-read] release */
  synched__store_release(&row->round, task->round);       /* [task-read] release */
  /* [task-read] release */
  synched__store_release(&row->segment_ns, (uint64_t)task->segment << SYNCHED__TASK_NS_BITS | ns);
}

/* --- adding up --- */

static uint64_t lesser(uint64_t a, uint64_t b) {
  return a < b ? a : b;
}

void synched__record_tick(struct synched__record *record, uint64_t lateness_ns, uint64_t now_ns) {
  record->lateness_ns = lateness_ns;
  synched__histogram_add(&record->histograms[SYNCHED__HISTOGRAM_LATENESS], lateness_ns);
  if (now_ns > record->left_ns + lateness_ns)
    record->gap.tick_ns = now_ns - record->left_ns - lateness_ns;
}

void synched__record_enter(struct synched__record *record, uint64_t now_ns, uint64_t pool_ns) {
  struct synched__totals *totals = &record->totals;
  const struct synched__gap *gap = &record->gap;
  uint64_t rest_ns = synched__span_ns(record->left_ns, now_ns);
  /* They may overlap: a tick that is not due while another job computes. Each moment is counted
   * once, for what comes first here. */
  const uint64_t others_ns = lesser(rest_ns, pool_ns - record->others_before_ns);
  rest_ns -= others_ns;
  const uint64_t paused_ns = lesser(rest_ns, gap->paused_ns);
  rest_ns -= paused_ns;
  const uint64_t buffer_ns = lesser(rest_ns, gap->buffer_ns);
  rest_ns -= buffer_ns;
  const uint64_t tick_ns = lesser(rest_ns, gap->tick_ns);
  totals->gap.others_ns += others_ns;
  totals->gap.paused_ns += paused_ns;
  totals->gap.buffer_ns += buffer_ns;
  totals->gap.tick_ns += tick_ns;
  totals->between_ns += rest_ns - tick_ns;
  record->gap = (struct synched__gap){0};
  record->left_ns = 0;
}

static enum synched__row_state read_row(void *to, const _Atomic uint64_t *row, uint64_t round) {
  uint64_t words[SYNCHED__ROW_WORDS];
  for (unsigned i = 0; i < SYNCHED__ROW_WORDS; i++)
    words[i] = synched__load_acquire(&row[i]); /* [row-read] acquire */
  const uint64_t number = synched__load_relaxed(&row[0]);
  if (words[0] != round || number != round)
    return number < round ? SYNCHED__ROW_NONE : SYNCHED__ROW_LOST;
  memcpy(to, words, sizeof words);
  return SYNCHED__ROW_READ;
}

static struct synched__phase phase_of(const struct synched__record *record, uint64_t round) {
  struct synched__phase phase = {0};
  for (unsigned w = 0; w < record->worker_count; w++) {
    const _Atomic uint64_t *part = synched__record_row(record, w, round)->part;
    if (synched__load_relaxed(&part[0]) != round)
      continue;
    const uint64_t compute_ns = synched__load_relaxed(&part[3]);
    phase.part_count++;
    phase.compute_ns += compute_ns;
    phase.most_ns = compute_ns > phase.most_ns ? compute_ns : phase.most_ns;
  }
  return phase;
}

/* Adds a round that is written down to the totals of worker `self`, and to the distributions.
 * Inlined, as it is what a short round's record costs. */
__attribute__((always_inline)) static inline void add_round(struct synched__record *record,
                                                            unsigned self,
                                                            const struct synched__round_row *round,
                                                            const struct synched__phase *phase) {
  struct synched__worker_totals *own = &record->workers[self];
  struct synched__histogram *histograms = record->histograms;
  const uint64_t whole_ns = synched__span_ns(round->opened_ns, round->closed_ns);
  uint64_t phase_ns = synched__span_ns(round->opened_ns, round->complete_ns);
  /* The CPUs' counters may differ by some ns. */
  if (phase_ns < phase->most_ns)
    phase_ns = phase->most_ns;
  own->sampled_count++;
  own->whole_ns += whole_ns;
  own->phase_ns += phase_ns;
  own->summed_ns += phase->compute_ns;
  own->most_ns += phase->most_ns;
  own->part_ns += phase->part_count * phase->most_ns;
  own->callback_ns += round->callback_ns;
  synched__histogram_add(&histograms[SYNCHED__HISTOGRAM_ROUND], whole_ns);
  synched__histogram_add(&histograms[SYNCHED__HISTOGRAM_WORK], phase->compute_ns);
  synched__histogram_add(&histograms[SYNCHED__HISTOGRAM_WAIT],
                         record->worker_count * phase_ns - phase->compute_ns);
  synched__histogram_add(&histograms[SYNCHED__HISTOGRAM_CLOSING],
                         whole_ns > phase_ns ? whole_ns - phase_ns : 0);
  if (round->callback_ns != 0)
    synched__histogram_add(&histograms[SYNCHED__HISTOGRAM_CALLBACK], round->callback_ns);
}

void synched__record_fold(struct synched__record *record, unsigned self) {
  for (unsigned i = 0; i < record->pending_count; i++) {
    const uint64_t round = record->pending[i];
    const struct synched__phase phase = phase_of(record, round);
    struct synched__round_row row;
    (void)read_row(&row, synched__record_row(record, record->closers[i], round)->round, round);
    add_round(record, self, &row, &phase);
  }
  record->pending_count = 0;
}

void synched__record_round(struct synched__record *record, unsigned self,
                           const struct synched__round_row *round,
                           const struct synched__phase *phase) {
  _Atomic uint64_t *row = synched__record_row(record, self, round->round)->round;
  synched__store_relaxed(&row[0], round->round);
  synched__store_release(&row[1], round->opened_ns);   /* [row-read] release */
  synched__store_release(&row[2], round->complete_ns); /* [row-read] release */
  synched__store_release(&row[3], round->closed_ns);   /* [row-read] release */
  synched__store_release(&row[4], round->callback_ns); /* [row-read] release */
  synched__store_release(&row[5], round->lateness_ns); /* [row-read] release */
  synched__store_release(&row[6], round->solo);        /* [row-read] release */
  record->workers[self].closing_ns += synched__span_ns(round->complete_ns, round->closed_ns);
  if (phase->part_count == 0) {
    SYNCHED_ASSERT(record->pending_count < SYNCHED__RUN_ROUNDS);
    record->pending[record->pending_count] = round->round;
    record->closers[record->pending_count++] = (uint16_t)self;
  } else {
    add_round(record, self, round, phase);
  }
  /* Before rows of the next run can be written over those of this one. Where several rounds are
   * written down as one, the last of a run may not be. */
  if (record->pending_count != 0 && (round->round + record->row_rounds) / SYNCHED__RUN_ROUNDS !=
                                        record->pending[0] / SYNCHED__RUN_ROUNDS)
    synched__record_fold(record, self);
}

void synched__record_drop(struct synched__record *record, unsigned self,
                          const struct synched__round_row *round) {
  const struct synched__phase phase = phase_of(record, round->round);
  add_round(record, self, round, &phase);
  record->workers[self].closing_ns += synched__span_ns(round->complete_ns, round->closed_ns);
  record->workers[self].solo_count -= round->solo;
  /* No row at this place has that number; and it is later than that of the row that was here. */
  for (unsigned w = 0; w < record->worker_count; w++) {
    _Atomic uint64_t *part = synched__record_row(record, w, round->round)->part;
    if (synched__load_relaxed(&part[0]) == round->round)
      synched__store_relaxed(&part[0], round->round - 1);
  }
}

/* What the workers have computed that no stage has yet. All of them are done with the stage, so it
 * is what that has taken. */
static uint64_t not_staged_ns(const struct synched__record *record) {
  uint64_t compute_ns = 0;
  for (unsigned w = 0; w < record->worker_count; w++)
    compute_ns += record->workers[w].compute_ns;
  return compute_ns - record->staged_ns;
}

void synched__record_stage(struct synched__record *record, const struct synched__stage_part *part) {
  struct synched__stage_totals *totals = &record->stages[part->stage];
  const bool is_looked_up = part->is_recorded && !part->is_known;
  const uint64_t compute_ns = is_looked_up ? not_staged_ns(record) : part->compute_ns;
  totals->round_count += !part->is_pass;
  totals->total_ns += part->total_ns;
  totals->compute_ns += compute_ns;
  record->staged_ns += part->is_recorded ? compute_ns : 0;
}

static _Atomic uint64_t *exchange_row(const struct synched__record *record, uint64_t number) {
  return record->exchanges + (number & (record->exchange_rows - 1)) * SYNCHED__ROW_WORDS;
}

void synched__record_exchange(struct synched__record *record, struct synched__exchange_row *row,
                              bool is_last) {
  struct synched__totals *totals = &record->totals;
  const uint64_t waited_ns = synched__span_ns(row->wait_start_ns, row->wait_end_ns);
  const uint64_t agreement_ns =
      row->agreed_ns == 0 ? 0 : synched__span_ns(row->wait_end_ns, row->agreed_ns);
  totals->message_ns += waited_ns;
  totals->agreement_ns += agreement_ns;
  totals->message_last_ns += is_last ? waited_ns + agreement_ns : 0;
  totals->sent_messages += row->sent >> SYNCHED__EXCHANGE_BYTES_BITS;
  totals->sent_bytes += row->sent & ((UINT64_C(1) << SYNCHED__EXCHANGE_BYTES_BITS) - 1);
  if (record->exchanges == NULL)
    return;
  row->number = ++totals->exchange_count;
  _Atomic uint64_t *words = exchange_row(record, row->number);
  synched__store_relaxed(&words[0], row->number);
  synched__store_release(&words[1], row->round_stage);   /* [row-read] release */
  synched__store_release(&words[2], row->start_ns);      /* [row-read] release */
  synched__store_release(&words[3], row->arrived_ns);    /* [row-read] release */
  synched__store_release(&words[4], row->wait_start_ns); /* [row-read] release */
  synched__store_release(&words[5], row->wait_end_ns);   /* [row-read] release */
  synched__store_release(&words[6], row->agreed_ns);     /* [row-read] release */
  synched__store_release(&words[7], row->sent);          /* [row-read] release */
}

enum synched__row_state synched__record_read_exchange(const struct synched__record *record,
                                                      uint64_t number,
                                                      struct synched__exchange_row *out) {
  return read_row(out, exchange_row(record, number), number);
}

/* --- publishing and reading --- */

static void put_words(_Atomic uint64_t *to, const void *from, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint64_t word;
    memcpy(&word, (const char *)from + i * sizeof word, sizeof word);
    synched__store_release(&to[i], word); /* [totals-read] release */
  }
}

static void get_words(void *to, const _Atomic uint64_t *from, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const uint64_t word = synched__load_acquire(&from[i]); /* [totals-read] acquire */
    memcpy((char *)to + i * sizeof word, &word, sizeof word);
  }
}

/* Where the stages' words begin in a published copy. */
static size_t stages_at(const struct synched__record *record) {
  return TOTALS_WORDS + record->worker_count * WORKER_WORDS;
}

/* By how long rounds took up to now. */
static void choose_samples(struct synched__record *record) {
  uint64_t whole_ns = 0, sampled_count = 0;
  for (unsigned w = 0; w < record->worker_count; w++) {
    whole_ns += record->workers[w].whole_ns;
    sampled_count += record->workers[w].sampled_count;
  }
  if (record->level != SYNCHED_RECORD_TOTALS || sampled_count == 0)
    return;
  const uint64_t mean_ns = whole_ns / sampled_count;
  record->sample_count = mean_ns < SHORTEST_NS ? SYNCHED__SAMPLE_ALL / 32
                         : mean_ns < SHORT_NS  ? SYNCHED__SAMPLE_ALL / 8
                                               : SYNCHED__SAMPLE_ALL;
}

void synched__record_publish(struct synched__record *record, uint64_t last_round, uint64_t end_ns) {
  const uint64_t sequence = synched__load_relaxed(&record->sequence);
  struct synched__totals *totals = &record->totals;
  totals->last_round = last_round;
  totals->round_count = last_round - record->base_round;
  totals->end_ns = record->published_ns = end_ns;
  choose_samples(record);
  _Atomic uint64_t *copy = record->published + (sequence + 1) % 2 * record->published_words;
  put_words(copy, totals, TOTALS_WORDS);
  for (unsigned w = 0; w < record->worker_count; w++)
    put_words(copy + TOTALS_WORDS + w * WORKER_WORDS, &record->workers[w], WORKER_WORDS);
  put_words(copy + stages_at(record), record->stages, record->stage_count * STAGE_WORDS);
  synched__store_release(&record->sequence, sequence + 1); /* [totals-read] release */
}

void synched__record_read(struct synched__record *record, struct synched__reading *out) {
  /* [totals-read] acquire */
  uint64_t sequence = synched__load_acquire(&record->sequence), found = 0;
  for (;; sequence = found) {
    const _Atomic uint64_t *copy = record->published + sequence % 2 * record->published_words;
    get_words(&out->totals, copy, TOTALS_WORDS);
    for (unsigned w = 0; out->workers != NULL && w < record->worker_count; w++)
      get_words(&out->workers[w], copy + TOTALS_WORDS + w * WORKER_WORDS, WORKER_WORDS);
    if (out->stages != NULL)
      get_words(out->stages, copy + stages_at(record), record->stage_count * STAGE_WORDS);
    /* This copy is written again only once the other one is published. */
    found = synched__load_acquire(&record->sequence); /* [totals-read] acquire */
    if (found == sequence)
      return;
  }
}

enum synched__row_state synched__record_read_round(const struct synched__record *record,
                                                   unsigned worker, uint64_t round,
                                                   struct synched__round_row *out) {
  return read_row(out, synched__record_row(record, worker, round)->round, round);
}

enum synched__row_state synched__record_read_part(const struct synched__record *record,
                                                  unsigned worker, uint64_t round,
                                                  struct synched__part *out) {
  return read_row(out, synched__record_row(record, worker, round)->part, round);
}

bool synched__record_read_task(struct synched__record *record, unsigned worker, uint64_t number,
                               struct synched__task *out) {
  struct synched__task_ring *ring = &record->tasks[worker];
  const struct synched__task_row *row = &ring->rows[number & (record->task_rows - 1)];
  out->start_ns = synched__load_acquire(&row->start_ns); /* [task-read] acquire */
  out->round = synched__load_acquire(&row->round);       /* [task-read] acquire */
  /* [task-read] acquire */
  const uint64_t segment_ns = synched__load_acquire(&row->segment_ns);
  out->segment = (size_t)(segment_ns >> SYNCHED__TASK_NS_BITS);
  out->end_ns = out->start_ns + (segment_ns & ((UINT64_C(1) << SYNCHED__TASK_NS_BITS) - 1));
  return synched__load_relaxed(&ring->begun_count) <= number + record->task_rows;
}

uint64_t synched__record_shown_ns(const struct synched__totals *totals, uint64_t recorded_ns) {
  int64_t offset_ns = totals->start_offset_ns;
  if (totals->end_ns > totals->start_ns) {
    double elapsed = ((double)recorded_ns - (double)totals->start_ns) /
                     ((double)totals->end_ns - (double)totals->start_ns);
    offset_ns += (int64_t)(elapsed * (double)(totals->end_offset_ns - totals->start_offset_ns));
  }
  return recorded_ns + (uint64_t)offset_ns;
}
