/*
 * wave.c: a worker's part in a tile.
 *
 * A worker claims strip after strip, and computes each segment as far as its neighbours allow,
 * before it claims the next: so the steps of a segment follow one another while what they read and
 * write is still in the cache. In a row of segments that read their neighbours this makes a wave
 * which moves along the row, as many segments deep as there are steps.
 *
 * A segment that cannot make its next step waits for one neighbour, the first that has not made
 * enough steps, and is looked at again when that one has made a step. If the worker computes the
 * neighbour itself, the segment is in that one's list. Else it is in the worker's list of those
 * that wait for others, through which it goes now and then.
 *
 * A worker that has nothing left to claim, and whose segments all wait for others, looks for strips
 * to steal; then it spins, and then sleeps. Before that it marks the neighbours that its segments
 * wait for as awaited; who makes a step finds that mark in the same atomic operation, and wakes the
 * sleepers.
 *
 * So a worker that is held up delays those that wait for its segments, but not those strips that it
 * has not begun.
 *
 *   [step-made]    see tile.h.
 *   [round-open]   see open.c.
 */
#include "engine/wave.h"

#include "engine/check.h"
#include "engine/part.h"
#include "engine/search.h"
#include "engine/tile.h"

#define NONE 0u

/* Of those that wait for others' segments, so many are looked at between two calls. */
#define LOOKS_BETWEEN 8u

/* A worker whose segments all wait for others looks so often before it looks for something to
 * steal, and before it looks at the clock. */
#if !defined(SYNCHED__WAVE_LOOKS)
#define SYNCHED__WAVE_LOOKS 64u
#endif

/* Segments are named by their numbers + 1, so that 0 is none. */
struct wave {
  struct synched__run *run;
  struct synched__tile *tile;
  struct synched__cut cut;
  /* what the worker has at the beginning */
  struct synched__strips home;
  /* of the segments that this worker computes in this tile */
  uint32_t tag;
  /* where steps stand when all are made */
  uint32_t goal;
  /* segments that can make a step; the last one first */
  uint32_t ready;
  /* segments that wait for others' */
  uint32_t far_first, far_last;
  size_t far_count;
  /* segments that were claimed, and those of them that have made all steps */
  size_t claimed, completed;
  /* solo: strips that are left; nobody else has any */
  struct synched__strips solo;
  bool timed, marked, must_sleep;
};

static inline struct synched__tile_segment *segment_of(const struct wave *wave, uint32_t name) {
  return &wave->tile->segments[name - 1];
}

static inline void push_ready(struct wave *wave, uint32_t name) {
  segment_of(wave, name)->next = wave->ready;
  wave->ready = name;
}

static inline uint32_t pop_ready(struct wave *wave) {
  const uint32_t name = wave->ready;
  wave->ready = segment_of(wave, name)->next;
  return name;
}

static void push_far(struct wave *wave, uint32_t name) {
  segment_of(wave, name)->next = NONE;
  if (wave->far_count++ == 0)
    wave->far_first = name;
  else
    segment_of(wave, wave->far_last)->next = name;
  wave->far_last = name;
}

static uint32_t pop_far(struct wave *wave) {
  const uint32_t name = wave->far_first;
  wave->far_first = segment_of(wave, name)->next;
  wave->far_count--;
  return name;
}

/* --- who waits for whom --- */

/* Whether a segment with these steps has made at least as many as another one. */
static inline bool is_as_far(uint32_t steps, uint32_t other) {
  return (int32_t)((steps & ~SYNCHED__STEP_AWAITED) - other) >= 0;
}

static inline uint32_t own_steps(const struct wave *wave, uint32_t name) {
  return synched__load_relaxed(&wave->tile->steps[name - 1]) & ~SYNCHED__STEP_AWAITED;
}

/* The neighbour that a segment waits for. */
static inline size_t awaited_by(const struct wave *wave, uint32_t name) {
  return synched__reads_at(&wave->tile->neighbours, name - 1, segment_of(wave, name)->at);
}

/* Goes on with a segment, of which nobody knows whether it can make its next step. */
static void look_at(struct wave *wave, uint32_t name) {
  struct synched__tile *tile = wave->tile;
  struct synched__tile_segment *segment = segment_of(wave, name);
  const uint32_t steps = own_steps(wave, name);
  const uint32_t count = (uint32_t)synched__reads_count(&tile->neighbours, name - 1);
  for (; segment->at < count; segment->at++) {
    const size_t other = awaited_by(wave, name);
    /* [step-made] acquire */
    if (is_as_far(synched__load_acquire(&tile->steps[other]), steps))
      continue;
    if (synched__load_relaxed(&tile->owners[other]) != wave->tag) {
      push_far(wave, name);
      return;
    }
    segment->next = tile->segments[other].waiting;
    tile->segments[other].waiting = name;
    return;
  }
  segment->at = 0;
  push_ready(wave, name);
}

/* Looks at some of those that wait for others. */
static void look_far(struct wave *wave, size_t most) {
  for (size_t n = most < wave->far_count ? most : wave->far_count; n > 0; n--)
    look_at(wave, pop_far(wave));
}

/* --- a step --- */

/* Wakes who sleeps until a neighbour makes a step. */
static void wake_sleepers(struct synched__tile *tile) {
  for (unsigned w = 0; w < tile->worker_count; w++) {
    struct synched__tile_sleeper *sleeper = &tile->sleepers[w];
    /* Its announcement is seen by whoever has found the mark that it made afterwards. */
    if (synched__load_relaxed(&sleeper->asleep) != 0 &&
        synched__exchange_relaxed(&sleeper->asleep, 0) != 0)
      synched__unpark(&sleeper->parker);
  }
}

static void record_call(struct synched__run *run, const struct synched__site *site, size_t segment,
                        bool home) {
  const uint64_t start_ns = run->now_ns;
  synched__part_call(run, run->work->record, segment);
  synched__part_call_extras(
      run, &(struct synched__task){site->round, segment, start_ns, run->now_ns}, home);
}

/* Calls the function of a segment's next step, unless a lower call has failed. */
static void call(struct wave *wave, size_t segment, unsigned step) {
  struct synched__run *run = wave->run;
  const struct synched__tile *tile = wave->tile;
  struct synched__work *work = run->work;
  const unsigned round = step / tile->stage_count;
  const struct synched__site site = {.stage = work->stages[step - round * tile->stage_count],
                                     .access = &tile->versions->all[step],
                                     .round = tile->first + round,
                                     .step = step};
  const bool home = !tile->segments[segment].stolen;
  if (synched__call_is_skipped(work, synched__call_key(step, segment)))
    return;
  if (wave->marked)
    synched__call_mark_enter(&work->marks[run->worker->index], segment, synched__tick_ns());
  (void)synched__make_call(run, &site, segment);
  run->calls += 1 + (home ? 0 : UINT64_C(1) << SYNCHED__STOLEN_SHIFT);
  if (wave->timed)
    record_call(run, &site, segment, home);
  else if (wave->must_sleep)
    run->now_ns = synched__tick_ns();
  if (wave->must_sleep)
    synched__part_sleep_if_due(run);
}

static void make_step(struct wave *wave, uint32_t name) {
  struct synched__tile *tile = wave->tile;
  struct synched__tile_segment *segment = segment_of(wave, name);
  const uint32_t steps = own_steps(wave, name);
  call(wave, name - 1, (steps - tile->base) / SYNCHED__STEP);
  /* [step-made] release, acquire: the latter because who has set the mark has announced itself */
  const uint32_t before = synched__exchange_acq_rel(&tile->steps[name - 1], steps + SYNCHED__STEP);
  if ((before & SYNCHED__STEP_AWAITED) != 0)
    wake_sleepers(tile);
  if (steps + SYNCHED__STEP == wave->goal)
    wave->completed++;
  else
    look_at(wave, name);
  /* These come first, before the segment's own next step: they are deeper in the wave. */
  uint32_t waiting = segment->waiting;
  segment->waiting = NONE;
  while (waiting != NONE) {
    const uint32_t next = segment_of(wave, waiting)->next;
    look_at(wave, waiting);
    waiting = next;
  }
}

/* --- claims --- */

/* What a worker has at the beginning of the open tile. */
static struct synched__strips home_of(const struct synched__run *run, struct synched__cut cut,
                                      unsigned worker) {
  const struct synched__range range = synched__home_range(run->open, run->shape, worker);
  return synched__strips_home(cut, range, worker);
}

/* The segments of a claimed strip are this worker's from now on. The one that was nearest to those
 * before is looked at last, so that it makes the first step. */
static void adopt(struct wave *wave, unsigned strip, bool descends) {
  struct synched__tile *tile = wave->tile;
  const struct synched__range range = synched__strip_range(wave->cut, strip);
  const struct synched__run *run = wave->run;
  const bool stolen = !run->solo && (strip < wave->home.next || strip >= wave->home.end);
  for (size_t i = 0; i < range.count; i++) {
    synched__store_relaxed(&tile->owners[range.first + i], wave->tag);
    tile->segments[range.first + i] = (struct synched__tile_segment){.stolen = stolen};
  }
  wave->claimed += range.count;
  for (size_t i = 0; i < range.count; i++)
    look_at(wave, (uint32_t)(range.first + (descends ? i : range.count - 1 - i) + 1));
}

/* The worker's next strip; false: there is none left for it. */
static bool claim_next(struct wave *wave) {
  struct synched__run *run = wave->run;
  const unsigned self = run->worker->index;
  struct synched__strips left;
  if (run->solo) {
    if (wave->solo.next == wave->solo.end)
      return false;
    if (!wave->timed)
      run->now_ns = synched__tick_ns();
    adopt(wave, synched__strips_take(&wave->solo), false);
    return true;
  }
  if (!synched__strips_claim(&run->open->homes[self].strips, run->epoch, wave->home, &left))
    return false;
  adopt(wave, left.taken, left.descends);
  return true;
}

/* Steals from the first of some others that has strips left; this worker has none itself. Looks at
 * nothing else of the tile before it has stolen some of it. */
static bool steal(const struct synched__run *run, struct synched__cut cut,
                  struct synched__search *search, struct synched__strips *stolen) {
  const unsigned most = run->pool->worker_count - 1;
  if (run->shape.is_static)
    return false;
  for (unsigned looks = 0; looks < SYNCHED__VICTIMS_AT_A_TIME && search->in_vain < most; looks++) {
    const unsigned victim = synched__search_next(run->worker, search);
    const struct synched__strips home = home_of(run, cut, victim);
    search->in_vain++;
    if (!synched__strips_steal(&run->open->homes[victim].strips, run->epoch, home, stolen))
      continue;
    search->in_vain = 0;
    synched__event_steal(run->stage->work, run->worker->index, victim, stolen->end - stolen->next);
    return true;
  }
  return false;
}

/* Begins with what was stolen; others can steal the rest of it. */
static void adopt_stolen(struct wave *wave, struct synched__strips stolen) {
  struct synched__run *run = wave->run;
  const unsigned strip = synched__strips_take(&stolen);
  /* Nobody exchanges a word of which nothing is left. */
  synched__store_relaxed(&run->open->homes[run->worker->index].strips,
                         synched__strips_pack(run->epoch, stolen));
  if (synched__load_relaxed(&run->stage->stolen) == 0)
    synched__store_relaxed(&run->stage->stolen, 1);
  adopt(wave, strip, stolen.descends);
}

/* --- waiting for others' segments --- */

/* Sleeps until a neighbour that is waited for makes a step; not if one has made it. */
static void sleep_for_step(struct wave *wave) {
  struct synched__tile *tile = wave->tile;
  struct synched__tile_sleeper *sleeper = &tile->sleepers[wave->run->worker->index];
  bool is_over = false;
  synched__store_relaxed(&sleeper->asleep, 1);
  uint32_t name = wave->far_first;
  for (size_t n = wave->far_count; n > 0 && !is_over; n--) {
    /* [step-made] release: of the announcement. What a step has written is acquired by who looks
     * at it again afterwards. */
    const uint32_t steps =
        synched__or_release(&tile->steps[awaited_by(wave, name)], SYNCHED__STEP_AWAITED);
    is_over = is_as_far(steps, own_steps(wave, name));
    name = segment_of(wave, name)->next;
  }
  /* Who has taken the announcement leaves a token. */
  if (!is_over || synched__exchange_relaxed(&sleeper->asleep, 0) == 0)
    synched__park(&sleeper->parker);
}

/* All of the worker's segments that are not complete wait for others. Returns when one of them
 * can make a step, or something is stolen. */
static void wait_for_step(struct wave *wave) {
  struct synched__run *run = wave->run;
  struct synched__waiter *waiter = &run->worker->waiter;
  const _Atomic uint32_t *never_sleep = waiter->spin.never_sleep;
  const uint64_t start_ns = wave->timed ? run->now_ns : synched__tick_ns();
  const uint64_t budget_ns = waiter->spin.limit_ns == 0 ? 0 : synched__waiter_spin_ns(waiter);
  struct synched__search search = {0, 0};
  struct synched__strips stolen;
  for (;;) {
    for (unsigned i = 0; wave->ready == NONE && i < SYNCHED__WAVE_LOOKS; i++) {
      look_far(wave, wave->far_count);
      if (wave->ready == NONE)
        synched__cpu_pause();
    }
    if (wave->ready != NONE)
      break;
    if (steal(run, wave->cut, &search, &stolen)) {
      adopt_stolen(wave, stolen);
      break;
    }
    const uint64_t now_ns = synched__tick_ns();
    if (wave->must_sleep && now_ns >= waiter->awake_until_ns)
      synched__waiter_sleep(waiter);
    if (waiter->spin.yields)
      synched__thread_yield();
    /* What it waits for may be at home with a worker that nobody wakes: so it looks at all of them
     * first. What it does not find there is claimed by one that is awake. */
    const bool has_searched = run->shape.is_static || search.in_vain + 1 >= run->pool->worker_count;
    if (has_searched && now_ns - start_ns >= budget_ns &&
        (never_sleep == NULL || synched__load_relaxed(never_sleep) == 0)) {
      sleep_for_step(wave);
      search.in_vain = 0; /* somebody may have stolen, and be slow */
    }
  }
  run->now_ns = synched__tick_ns();
  run->waited_ns += synched__span_ns(start_ns, run->now_ns);
}

/* --- a part --- */

/* The worker has claimed something, or is the leader. */
static void begin(struct wave *wave, struct synched__run *run, struct synched__cut cut) {
  struct synched__stage *stage = run->stage;
  struct synched__tile *tile = stage->tile;
  struct synched__work *work = stage->work;
  run->work = work;
  *wave = (struct wave){
      .run = run,
      .tile = tile,
      .cut = cut,
      .home = home_of(run, cut, run->worker->index),
      .tag = tile->serial << 12 | run->worker->index,
      .goal = tile->base + tile->step_count * SYNCHED__STEP,
      .timed = work->record->segments != NULL,
      .marked = work->marks != NULL,
      .must_sleep = run->worker->waiter.awake_most_ns != UINT64_MAX,
  };
}

/* Opens what the leader has not begun for everybody. */
static void share_rest(struct wave *wave) {
  struct synched__run *run = wave->run;
  struct synched_pool *pool = run->pool;
  run->solo = false;
  run->epoch = synched__load_relaxed(&pool->epoch) + 1;
  run->shape = run->stage->shape;
  run->stop_ns = UINT64_MAX;
  synched__round_deal_out(pool, run->stage);
  wave->home = home_of(run, wave->cut, run->worker->index);
  for (unsigned w = 0; w < pool->worker_count; w++) {
    struct synched__strips strips = home_of(run, wave->cut, w);
    if (strips.next < wave->solo.next)
      strips.next = wave->solo.next;
    if (strips.end < strips.next)
      strips.end = strips.next;
    /* Released by the gate's advance. */
    synched__store_relaxed(&pool->open->homes[w].strips, synched__strips_pack(run->epoch, strips));
  }
  const struct synched__rest rest = {.next = synched__strip_range(wave->cut, wave->solo.next).first,
                                     .count = run->shape.segment_count - wave->completed,
                                     .work_ns = synched__part_note(run)};
  wave->claimed -= wave->completed;
  wave->completed = 0;
  run->start_ns = run->now_ns;
  run->waited_ns = 0;
  if (wave->marked)
    synched__call_mark_leave(&run->work->marks[run->worker->index]);
  /* From here on others may complete the tile, if nothing of it is this worker's: then its job may
   * be gone. */
  synched__round_open_rest(pool, run->stage, run->epoch, &rest);
  synched__pool_wake_on(run->worker, run->shape.wake_count);
}

/* Computes what the worker has claimed, and claims, until nothing is left. Where wave->claimed is 0
 * afterwards, nothing is to be counted out. */
static void flow(struct wave *wave) {
  for (;;) {
    look_far(wave, LOOKS_BETWEEN);
    if (wave->ready != NONE)
      make_step(wave, pop_ready(wave));
    else if (!claim_next(wave)) {
      if (wave->completed == wave->claimed)
        break;
      wait_for_step(wave);
    }
    if (wave->run->solo && wave->run->now_ns >= wave->run->stop_ns &&
        wave->solo.next != wave->solo.end)
      share_rest(wave);
  }
  if (!wave->timed)
    wave->run->now_ns = synched__tick_ns();
  if (wave->marked && wave->claimed != 0)
    synched__call_mark_leave(&wave->run->work->marks[wave->run->worker->index]);
}

/* Counts what has been computed out; true: that completed the tile. */
static bool count_out(struct wave *wave) {
  struct synched__run *run = wave->run;
  const size_t count = wave->claimed;
  wave->claimed = wave->completed = 0;
  const bool is_complete = synched__part_count_out(run, run->worker->index, count);
  run->waited_ns = 0;
  return is_complete;
}

/* Steals from others, until nobody has anything left. */
static bool steal_rest(struct synched__run *run, struct synched__cut cut) {
  struct synched__search search = {0, 0};
  struct synched__strips stolen;
  struct wave wave;
  while (!run->shape.is_static && search.in_vain + 1 < run->pool->worker_count) {
    if (synched__gate_spin(&run->pool->gate, SYNCHED__LOOKS_STOLEN, run->epoch) != run->epoch)
      return false;
    if (!steal(run, cut, &search, &stolen))
      continue;
    run->start_ns = run->now_ns = synched__tick_ns();
    begin(&wave, run, cut);
    adopt_stolen(&wave, stolen);
    flow(&wave);
    if (count_out(&wave))
      return true;
  }
  return false;
}

bool synched__wave_take_part(struct synched__run *run) {
  const unsigned self = run->worker->index;
  const struct synched__cut cut = synched__cut_of(run->shape);
  _Atomic uint64_t *word = &run->open->homes[self].strips;
  struct wave wave;
  struct synched__strips left;
  if (synched__strips_claim(word, run->epoch, home_of(run, cut, self), &left)) {
    begin(&wave, run, cut);
    adopt(&wave, left.taken, left.descends);
    flow(&wave);
    if (count_out(&wave))
      return true;
  }
  return steal_rest(run, cut);
}

bool synched__wave_run_solo(struct synched__run *run) {
  struct wave wave;
  const struct synched__stage *stage = run->stage;
  synched__part_begin(run, run->open->opened_ns);
  run->solo = true;
  run->shape = stage->shape;
  begin(&wave, run, synched__cut_of(stage->shape));
  wave.solo.end = wave.cut.strip_count;
  if (wave.cut.team > 1)
    run->stop_ns = run->start_ns + synched__balance_shares_after_ns(&stage->balance);
  flow(&wave);
  if (!run->solo)
    return (wave.claimed != 0 && count_out(&wave)) || steal_rest(run, wave.cut);
  run->round_work_ns = run->work_ns = synched__part_record(run);
  return true;
}
