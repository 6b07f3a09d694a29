/*
 * redeal.c: what segments have cost, and who is told when that changes where they are at home.
 *
 * It is in the record already: the time of each segment's calls, or, where these are not timed, and
 * every segment is computed at home, that of each worker. So nothing is written for it while rounds
 * run.
 */
#include <string.h>

#include "engine/deal.h"
#include "engine/round.h"

/* --- costs --- */

/* What the calls of a piece have taken since the start. */
static uint64_t piece_ns(const struct synched__record *record, const struct synched__deal *deal,
                         size_t piece) {
  const size_t end = synched__piece_first(deal, piece + 1);
  uint64_t sum_ns = 0;
  for (size_t s = synched__piece_first(deal, piece); s < end; s++)
    sum_ns += synched__load_relaxed(&record->segments[s * record->segment_stride].compute_ns);
  return sum_ns;
}

static void read_pieces(struct synched__deal *deal, const struct synched__record *record) {
  for (size_t piece = 0; piece < deal->costs.piece_count; piece++) {
    const uint64_t ns = piece_ns(record, deal, piece);
    deal->costs.sums_ns[piece + 1] = deal->costs.sums_ns[piece] + (ns - deal->seen_ns[piece]);
    deal->seen_ns[piece] = ns;
  }
}

/* All pieces of a worker have taken the same, as far as is known. */
static void read_workers(struct synched__deal *deal, const struct synched__record *record) {
  uint64_t *sums_ns = deal->costs.sums_ns;
  for (unsigned w = 0; w < deal->borders.team; w++) {
    const uint64_t ns = record->workers[w].compute_ns - deal->seen_ns[w];
    const size_t first = deal->borders.at[w];
    const size_t count = deal->borders.at[w + 1] - first;
    for (size_t i = 1; i <= count; i++)
      sums_ns[first + i] = sums_ns[first] + ns * i / count;
    deal->seen_ns[w] += ns;
  }
}

static void read_costs(struct synched__deal *deal, const struct synched__record *record,
                       uint64_t round_count) {
  deal->costs.round_count = round_count;
  deal->costs.sums_ns[0] = 0;
  if (deal->by_worker)
    read_workers(deal, record);
  else
    read_pieces(deal, record);
}

/* --- who is told --- */

static int node_of(const struct synched_pool *pool, unsigned worker) {
  return pool->workers[worker].info.place.numa_node;
}

/* Segments of a worker's even range that are at home on another node than its own. */
static size_t strayed_of(const struct synched_pool *pool, const struct synched__deal *deal,
                         unsigned worker) {
  const struct synched__shape even = {.segment_count = deal->segment_count,
                                      .team = deal->borders.team};
  const struct synched__range range = synched__range_of(even, worker);
  const size_t end = range.first + range.count;
  size_t count = 0;
  for (unsigned w = 0; w < deal->borders.team; w++) {
    const struct synched__range home = synched__deal_range(deal, w);
    const size_t from = home.first > range.first ? home.first : range.first;
    const size_t to = home.first + home.count < end ? home.first + home.count : end;
    if (from < to && node_of(pool, w) != node_of(pool, worker))
      count += to - from;
  }
  return count;
}

/* Segments whose pages lie on another node than where they are at home. Where their first worker
 * was bound to no node, nobody knows. */
static size_t count_strayed(const struct synched_pool *pool, const struct synched__deal *deal) {
  size_t count = 0;
  for (unsigned w = 0; deal->is_placed && w < deal->borders.team; w++)
    if (node_of(pool, w) >= 0)
      count += strayed_of(pool, deal, w);
  return count;
}

/* What reports say. Workers touch their totals in rounds only. */
static void record_deal(const struct synched__work *work) {
  const struct synched__deal *deal = work->deal;
  struct synched__record *record = work->record;
  for (unsigned w = 0; w < deal->borders.team; w++) {
    const struct synched__range home = synched__deal_range(deal, w);
    record->workers[w].home_first = home.first;
    record->workers[w].home_count = home.count;
  }
  record->totals.redealt_count++;
  record->totals.strayed_count = count_strayed(work->pool, deal);
}

static void tell_stage(struct synched__stage *stage) {
  if (stage == NULL)
    return;
  stage->shape.is_dealt = true;
  stage->groups_partial = true;
  synched__order_drop(&stage->order);
}

static void tell(struct synched__work *work) {
  work->deal->serial = ++work->pool->open->deal_count;
  for (unsigned s = 0; s < work->stage_count; s++)
    tell_stage(work->stages[s]);
  tell_stage(work->copy_stage);
  tell_stage(work->tile_stage);
  record_deal(work);
}

/* --- the look --- */

void synched__work_reset_deal(struct synched__work *work) {
  struct synched__deal *deal = work->deal;
  work->deal_due = UINT64_MAX;
  if (deal == NULL)
    return;
  work->deal_due = synched__deal_reset(deal);
  memset(deal->seen_ns, 0,
         (deal->by_worker ? deal->borders.team : deal->costs.piece_count) * sizeof *deal->seen_ns);
}

/* The first window is not looked at: in it caches become warm, and pages are placed. */
void synched__round_redeal(const struct synched__run *run, uint64_t done_count, uint64_t now_ns) {
  struct synched__work *work = run->work;
  struct synched__deal *deal = work->deal;
  bool is_over;
  work->deal_due = synched__deal_next_look(deal, done_count, now_ns, &is_over);
  if (!is_over)
    return;
  read_costs(deal, work->record, done_count - deal->began_round);
  /* Rounds that one worker computes say nothing about the others. */
  if (!deal->has_begun || run->solo)
    synched__deal_skip(deal);
  else if (synched__deal_update(deal))
    tell(work);
  work->deal_due = synched__deal_begin(deal, done_count, now_ns);
}
