/*
 * deal.c: see deal.h.
 *
 * What is measured is noise, too: the system interrupts a worker for some ms, and the segment that
 * it computes then looks dear. So
 *   - the rounds of a long window are looked at together;
 *   - a border moves only as far as two windows in a row want it to, which is to the nearer one of
 *     the two places, if they lie on the same side: an interruption is in one of them;
 *   - and only half of the way: what a segment costs with another worker shows when it is there;
 *   - nothing moves if the dearest range would not become clearly cheaper, by the costs of both
 *     windows. Once segments have begun to move, they go on until little is left to gain;
 *   - the gain of some rounds must pay for what moves, which comes out of another cache;
 *   - as long as nothing moves, windows become longer, up to a limit; and they become longer for
 *     good, up to the same, as borders go back where they came from.
 *
 * To level ranges is the chains-on-chains partitioning problem. Borders at the places where the
 * sums are next to even ones make the dearest range dearer than the best one at most by the dearest
 * piece (A. Pinar and C. Aykanat, "Fast optimal load balancing algorithms for 1D partitioning",
 * 2004); they are taken only where that is better than what there is.
 */
#include "engine/deal.h"

#include <string.h>

#include "platform/alloc.h"

/* A window has at least so many rounds, and lasts so long: some time slices of the system, where a
 * worker shares its CPU. In the simulator, fewer. */
#if !defined(SYNCHED__DEAL_WINDOW_NS)
#define SYNCHED__DEAL_WINDOW_NS 20000000u
#define SYNCHED__DEAL_WINDOW_ROUNDS 16u
#endif

/* At its end all segments' times are read, and their lines taken away from who writes them: so it
 * lasts at least so long for each segment. */
#define SEGMENT_NS 4096u

/* Windows become longer up to so many times. */
#define FACTOR_MOST 64u

/* After so many windows in which nothing moved they may be as short again as they were. */
#define QUIET_MANY 16u

/* The dearest range must become cheaper by a part in so many: before anything moves, and while
 * segments are moving. */
#define GAIN_PART 16u
#define GAIN_PART_MOVING 64u

/* So many rounds must pay for what moves. That costs something in itself; and what moves, so many
 * times what its calls take, which workers share: it comes from memory, or out of another cache. */
#define HORIZON_ROUNDS 256u
#define MOVE_NS 20000u
#define MOVED_TIMES 4u

/* Of rounds in which a worker has less to do than this, ranges make no difference. */
#define PART_LEAST_NS 1000u

static bool make_borders(struct synched__borders *borders, unsigned team) {
  borders->team = team;
  borders->at = synched__alloc(team + (size_t)1, sizeof *borders->at);
  return borders->at != NULL;
}

static bool make_costs(struct synched__costs *costs, size_t piece_count) {
  costs->piece_count = piece_count;
  costs->sums_ns = synched__alloc(piece_count + 1, sizeof *costs->sums_ns);
  return costs->sums_ns != NULL;
}

bool synched__deal_create(struct synched__deal **out, size_t segment_count, unsigned team,
                          bool by_worker) {
  struct synched__deal *deal = synched__alloc(1, sizeof *deal);
  *out = deal;
  if (deal == NULL)
    return false;
  const size_t piece_count =
      segment_count < SYNCHED__PIECES_MOST ? segment_count : SYNCHED__PIECES_MOST;
  deal->segment_count = segment_count;
  deal->by_worker = by_worker;
  const bool has_costs =
      make_costs(&deal->costs, piece_count) && make_costs(&deal->costs_before, piece_count);
  deal->seen_ns = synched__alloc(by_worker ? team : piece_count, sizeof *deal->seen_ns);
  deal->went = synched__alloc(team + (size_t)1, sizeof *deal->went);
  const bool complete = make_borders(&deal->borders, team) && make_borders(&deal->before, team) &&
                        make_borders(&deal->wanted, team) && make_borders(&deal->aim, team) &&
                        has_costs && deal->seen_ns != NULL && deal->went != NULL;
  if (complete)
    (void)synched__deal_reset(deal);
  return complete;
}

void synched__deal_destroy(struct synched__deal *deal) {
  if (deal == NULL)
    return;
  synched__free(deal->aim.at);
  synched__free(deal->wanted.at);
  synched__free(deal->before.at);
  synched__free(deal->borders.at);
  synched__free(deal->went);
  synched__free(deal->seen_ns);
  synched__free(deal->costs_before.sums_ns);
  synched__free(deal->costs.sums_ns);
  synched__free(deal);
}

uint64_t synched__deal_reset(struct synched__deal *deal) {
  synched__borders_even(&deal->borders, deal->costs.piece_count);
  memset(deal->went, 0, deal->borders.team + (size_t)1);
  deal->serial = 0;
  deal->has_begun = deal->has_before = deal->is_moving = false;
  deal->factor = deal->factor_least = 1;
  deal->quiet_count = 0;
  deal->began_round = 0;
  return SYNCHED__DEAL_WINDOW_ROUNDS;
}

/* --- the arithmetic --- */

void synched__borders_even(const struct synched__borders *borders, size_t piece_count) {
  const struct synched__shape shape = {.segment_count = piece_count, .team = borders->team};
  for (unsigned w = 0; w < borders->team; w++)
    borders->at[w] = (uint32_t)synched__range_of(shape, w).first;
  borders->at[borders->team] = (uint32_t)piece_count;
}

/* The border next to a sum, from `first` to `last`. */
static uint32_t nearest(const struct synched__costs *costs, uint64_t sum_ns, uint32_t first,
                        uint32_t last) {
  while (first < last) {
    const uint32_t middle = first + (last - first) / 2;
    if (costs->sums_ns[middle] < sum_ns)
      first = middle + 1;
    else
      last = middle;
  }
  return first;
}

void synched__borders_level(const struct synched__borders *out,
                            const struct synched__costs *costs) {
  const unsigned team = out->team;
  const uint64_t *sums_ns = costs->sums_ns;
  const double total_ns = (double)sums_ns[costs->piece_count];
  out->at[0] = 0;
  out->at[team] = (uint32_t)costs->piece_count;
  for (unsigned w = 1; w < team; w++) {
    /* Those before and behind it have a piece each, at least. */
    const uint32_t least = out->at[w - 1] + 1;
    const uint32_t most = (uint32_t)costs->piece_count - (team - w);
    const uint64_t sum_ns = (uint64_t)(total_ns * w / team);
    uint32_t at = nearest(costs, sum_ns, least, most);
    if (at > least && sums_ns[at] > sum_ns && sum_ns - sums_ns[at - 1] < sums_ns[at] - sum_ns)
      at--;
    out->at[w] = at;
  }
}

uint64_t synched__borders_most(const struct synched__borders *borders,
                               const struct synched__costs *costs) {
  uint64_t most_ns = 0;
  for (unsigned w = 0; w < borders->team; w++) {
    const uint64_t ns = costs->sums_ns[borders->at[w + 1]] - costs->sums_ns[borders->at[w]];
    if (ns > most_ns)
      most_ns = ns;
  }
  return most_ns;
}

static uint32_t lesser(uint32_t a, uint32_t b) {
  return a < b ? a : b;
}

static uint32_t greater(uint32_t a, uint32_t b) {
  return a > b ? a : b;
}

/* That is the one in the middle of the three: so they stay in strictly ascending order. */
void synched__borders_agree(const struct synched__borders *out, const struct synched__borders *now,
                            const struct synched__borders *one,
                            const struct synched__borders *other) {
  for (unsigned w = 0; w <= now->team; w++) {
    const uint32_t low = lesser(one->at[w], other->at[w]);
    const uint32_t high = greater(one->at[w], other->at[w]);
    out->at[w] = greater(low, lesser(now->at[w], high));
  }
}

/* They stay in strictly ascending order: two that come from both sides are apart by three halves at
 * least before they are rounded. */
void synched__borders_halve(const struct synched__borders *out, const struct synched__borders *from,
                            const struct synched__borders *to) {
  for (unsigned w = 0; w <= from->team; w++) {
    const uint32_t sum = from->at[w] + to->at[w];
    out->at[w] = (sum + (to->at[w] > from->at[w])) / 2;
  }
}

/* What pieces cost that are in another range then. */
static uint64_t moved_ns(const struct synched__costs *costs, const struct synched__borders *from,
                         const struct synched__borders *to) {
  uint64_t stays_ns = 0;
  for (unsigned w = 0; w < from->team; w++) {
    const uint32_t first = greater(from->at[w], to->at[w]);
    const uint32_t end = lesser(from->at[w + 1], to->at[w + 1]);
    if (first < end)
      stays_ns += costs->sums_ns[end] - costs->sums_ns[first];
  }
  return costs->sums_ns[costs->piece_count] - stays_ns;
}

bool synched__deal_repays(const struct synched__costs *costs, const struct synched__borders *from,
                          const struct synched__borders *to) {
  const double rounds = (double)costs->round_count;
  const double before_ns = (double)synched__borders_most(from, costs);
  const double gain_ns = (before_ns - (double)synched__borders_most(to, costs)) / rounds;
  const double moved = (double)moved_ns(costs, from, to) / rounds / from->team;
  return gain_ns * HORIZON_ROUNDS >= moved * MOVED_TIMES + MOVE_NS;
}

/* --- windows --- */

static uint64_t window_ns(const struct synched__deal *deal) {
  const uint64_t least_ns = (uint64_t)SEGMENT_NS * deal->segment_count;
  return deal->factor * (deal->by_worker || least_ns < SYNCHED__DEAL_WINDOW_NS
                             ? SYNCHED__DEAL_WINDOW_NS
                             : least_ns);
}

/* Rounds may become longer: so there is a look whenever there have been twice as many. */
uint64_t synched__deal_next_look(const struct synched__deal *deal, uint64_t round, uint64_t now_ns,
                                 bool *is_over) {
  const uint64_t rounds = round - deal->began_round;
  *is_over = !deal->has_begun ||
             (rounds >= SYNCHED__DEAL_WINDOW_ROUNDS && now_ns - deal->began_ns >= window_ns(deal));
  return deal->began_round +
         2 * (rounds > SYNCHED__DEAL_WINDOW_ROUNDS / 2 ? rounds : SYNCHED__DEAL_WINDOW_ROUNDS / 2);
}

uint64_t synched__deal_begin(struct synched__deal *deal, uint64_t round, uint64_t now_ns) {
  deal->has_begun = true;
  deal->began_round = round;
  deal->began_ns = now_ns;
  return round + SYNCHED__DEAL_WINDOW_ROUNDS;
}

void synched__deal_skip(struct synched__deal *deal) {
  deal->has_before = deal->is_moving = false;
}

/* Nothing has changed hands. */
static void stay(struct synched__deal *deal) {
  deal->is_moving = false;
  if (deal->factor < FACTOR_MOST)
    deal->factor *= 2;
  if (++deal->quiet_count >= QUIET_MANY)
    deal->factor_least = 1;
}

/* Notes which way the borders have gone, from `borders` to `wanted`. */
static void note_ways(struct synched__deal *deal) {
  bool goes_back = false;
  for (unsigned w = 1; w < deal->borders.team; w++) {
    const uint32_t from = deal->borders.at[w], to = deal->wanted.at[w];
    const signed char way = to > from ? 1 : -1;
    if (to == from)
      continue;
    goes_back = goes_back || deal->went[w] == -way;
    deal->went[w] = way;
  }
  if (goes_back && deal->factor_least < FACTOR_MOST)
    deal->factor_least *= 2;
}

static void copy(const struct synched__borders *to, const struct synched__borders *from) {
  memcpy(to->at, from->at, (from->team + (size_t)1) * sizeof *from->at);
}

/* The borders go where `aim` says. */
static void move(struct synched__deal *deal) {
  note_ways(deal);
  copy(&deal->borders, &deal->aim);
  deal->is_moving = true;
  deal->factor = deal->factor_least;
  deal->quiet_count = 0;
}

/* This window is the one before from now on. */
static void keep_window(struct synched__deal *deal) {
  const struct synched__costs costs = deal->costs_before;
  deal->costs_before = deal->costs;
  deal->costs = costs;
  copy(&deal->before, &deal->wanted);
  deal->has_before = true;
}

/* Whether the costs of a window are reason enough to go where `aim` says. */
static bool is_worth_it(const struct synched__deal *deal, const struct synched__costs *costs) {
  const uint64_t now_ns = synched__borders_most(&deal->borders, costs);
  const uint64_t aim_ns = synched__borders_most(&deal->aim, costs);
  const uint64_t part_ns = now_ns / (deal->is_moving ? GAIN_PART_MOVING : GAIN_PART);
  return now_ns >= PART_LEAST_NS * costs->round_count && aim_ns + part_ns < now_ns &&
         synched__deal_repays(costs, &deal->borders, &deal->aim);
}

/* Makes `aim` half of the way, if half of it is better than nothing. */
static void halve_aim(struct synched__deal *deal) {
  const struct synched__borders *half = &deal->before; /* no longer needed */
  const struct synched__costs *costs = &deal->costs;
  synched__borders_halve(half, &deal->borders, &deal->aim);
  if (synched__borders_most(half, costs) < synched__borders_most(&deal->borders, costs))
    copy(&deal->aim, half);
}

bool synched__deal_update(struct synched__deal *deal) {
  bool moves = false;
  synched__borders_level(&deal->wanted, &deal->costs);
  if (deal->has_before) {
    synched__borders_agree(&deal->aim, &deal->borders, &deal->before, &deal->wanted);
    moves = is_worth_it(deal, &deal->costs) && is_worth_it(deal, &deal->costs_before);
  }
  if (moves) {
    halve_aim(deal);
    move(deal);
  } else if (deal->has_before) {
    stay(deal);
  }
  keep_window(deal);
  return moves;
}
