/*
 * execute.c: a worker's part in a round.
 *
 * The round is complete when `remaining` says that every segment has been computed, whoever did it;
 * a worker that was asleep or descheduled all the while is not waited for. Everybody counts itself
 * out once per stretch of calls, adding the stretch's time to the same word, so that the closing
 * worker learns what the round cost without visiting the others' lines. Who has computed all that
 * was outstanding when the round was opened does not even count.
 *
 * A round that is too small to share is computed by the leader alone (solo). Nothing of it is
 * announced: no atomic operation, no line moves; the other workers go on waiting for an epoch and
 * soon sleep. When it turns out longer than expected the rest of it is opened after all: every
 * cursor is set to what is left of its range under the new epoch, then the gate advances. Nobody
 * else can write a cursor at that moment: under their old tags nothing is left.
 *
 * In a static round of very little work the leader computes its own part before it opens the rest,
 * so that of two workers the other one finds, in a line that it reads anyway, that it is the last,
 * and needs no count.
 *
 *   [slot-written] see open.c.
 */
#include "engine/activity.h"
#include "engine/call.h"
#include "engine/check.h"
#include "engine/part.h"
#include "engine/search.h"
#include "engine/wave.h"

/* --- calls --- */

/* A turn of a loop over indices. */
static void call_for(struct synched__run *run, const struct synched__stage *stage, size_t index) {
  synched__fp_mode_enter(&stage->work->fp_mode);
  const int code = stage->for_fn(index, run->worker->index, stage->for_user);
  if (code != 0)
    (void)synched__call_fail(run, &(struct synched__site){.stage = stage}, index,
                             (struct synched__fault){.code = code});
}

/* Whether a segment needs no call; then it is brought up to date. */
static inline bool is_quiet(const struct synched__stage *stage, size_t segment) {
  const struct synched__activity *activity = stage->activity;
  if (stage->is_init || synched__activity_calls(activity, stage->index, segment))
    return false;
  synched__activity_copy(activity, stage->work->fields, segment);
  return true;
}

/* What the calls of a round without fields read and write, where they are checked. */
static const struct synched__access *plain_access(const struct synched__open_round *open,
                                                  struct synched__access *access) {
  access->in[0] = &open->pair.current->snapshot;
  access->out[0] = open->pair.next->block;
  return access;
}

/* Whether a position of a pass is of no segment, or its calls are not needed any more. */
static inline bool is_left_out(struct synched__work *work, size_t segment) {
  return segment == SYNCHED__NOBODY || synched__work_is_void(work);
}

/* Which round its calls are of. */
static inline uint64_t round_of(const struct synched__run *run) {
  return run->open->round - run->open->rounds_left;
}

/* Indices are no segments. */
static inline bool is_marked(const struct synched__run *run) {
  return run->work->marks != NULL && run->stage->for_fn == NULL;
}

static inline bool must_sleep(const struct synched__run *run) {
  return run->worker->waiter.awake_most_ns != UINT64_MAX;
}

/* What few jobs have for a call, beside making it and taking its time. */
static void begin_extras(const struct synched__run *run, size_t segment) {
  if (is_marked(run))
    synched__call_mark_enter(&run->work->marks[run->worker->index], segment, synched__tick_ns());
}

/* Of a call that is timed, and began at start_ns. */
static void end_extras(struct synched__run *run, size_t segment, bool home, uint64_t start_ns) {
  const struct synched__task task = {round_of(run), segment, start_ns, run->now_ns};
  synched__part_call_extras(run, &task, home);
  if (must_sleep(run))
    synched__part_sleep_if_due(run);
}

/* Bare ones are the plain ones that have no extras. */
enum kind { BARE, PLAIN, CHECKED, WITH_FIELDS, CHANGING, LISTED, FOR };

/* Computes the segments of a range; where they are timed, only until run->stop_ns has come. Returns
 * where it stopped. */
__attribute__((always_inline)) static inline size_t
run_calls(struct synched__run *run, struct synched__range range, bool home, enum kind kind) {
  const struct synched__stage *stage = run->stage;
  struct synched__work *work = stage->work;
  struct synched__record *record = work->record;
  const bool timed = record->segments != NULL && (kind == BARE || stage->is_recorded);
  struct synched__access access;
  const struct synched__site site = {
      .stage = stage,
      .access = kind <= PLAIN || kind == FOR ? NULL
                : kind == CHECKED            ? plain_access(run->open, &access)
                                             : &work->fields->access,
      .round = kind <= PLAIN ? 0 : round_of(run),
  };
  uint64_t call_count = 0;
  size_t next = range.first;
  const size_t end = next + range.count;
  while (next < end) {
    const size_t segment = kind == CHANGING ? synched__activity_at(stage->activity, next++)
                           : kind == LISTED ? stage->listed[next++]
                                            : synched__order_at(&stage->order, next++);
    if (synched__call_is_skipped(work, segment) || (kind == CHANGING && is_quiet(stage, segment)) ||
        (kind == LISTED && is_left_out(work, segment)))
      continue;
    if (kind != BARE)
      begin_extras(run, segment);
    if (kind <= PLAIN)
      synched__call_plainly(run, work, stage, segment);
    else if (kind == FOR)
      call_for(run, stage, segment);
    else if (!synched__make_call(run, &site, segment) && kind == CHANGING)
      synched__activity_change(stage->activity, segment);
    call_count++;
    if (kind == LISTED)
      work->drive(work->link);
    if (timed) {
      const uint64_t start_ns = run->now_ns;
      synched__part_call(run, record, segment);
      const bool stops = run->now_ns >= run->stop_ns;
      if (kind != BARE)
        end_extras(run, segment, home, start_ns);
      if (stops)
        break;
    } else if (kind != BARE && must_sleep(run)) {
      run->now_ns = synched__tick_ns();
      synched__part_sleep_if_due(run);
    }
  }
  if (!timed)
    run->now_ns = synched__tick_ns();
  if (kind != BARE && is_marked(run))
    synched__call_mark_leave(&work->marks[run->worker->index]);
  if (home)
    run->calls += call_count;
  else
    run->calls += call_count + (call_count << SYNCHED__STOLEN_SHIFT);
  return next;
}

/* Loops of their own, so that the bare one has nothing in it of what others need. */
__attribute__((noinline)) static size_t run_barely(struct synched__run *run,
                                                   struct synched__range range) {
  return run_calls(run, range, true, BARE);
}

__attribute__((noinline)) static size_t run_plainly(struct synched__run *run,
                                                    struct synched__range range, bool home) {
  return run_calls(run, range, home, PLAIN);
}

__attribute__((noinline)) static size_t run_checked(struct synched__run *run,
                                                    struct synched__range range, bool home) {
  return run_calls(run, range, home, CHECKED);
}

__attribute__((noinline)) static size_t run_with_fields(struct synched__run *run,
                                                        struct synched__range range, bool home) {
  return run_calls(run, range, home, WITH_FIELDS);
}

__attribute__((noinline)) static size_t run_changing(struct synched__run *run,
                                                     struct synched__range range, bool home) {
  return run_calls(run, range, home, CHANGING);
}

__attribute__((noinline)) static size_t run_listed(struct synched__run *run,
                                                   struct synched__range range, bool home) {
  return run_calls(run, range, home, LISTED);
}

__attribute__((noinline)) static size_t run_for(struct synched__run *run,
                                                struct synched__range range, bool home) {
  return run_calls(run, range, home, FOR);
}

static inline size_t run_range(struct synched__run *run, struct synched__range range, bool home) {
  const struct synched__stage *stage = run->stage;
  run->work = stage->work;
  if (home && stage->is_bare && !must_sleep(run))
    return run_barely(run, range);
  if (stage->for_fn != NULL)
    return run_for(run, range, home);
  if (stage->work->fields == NULL)
    return stage->work->check == NULL ? run_plainly(run, range, home)
                                      : run_checked(run, range, home);
  if (stage->listed != NULL)
    return run_listed(run, range, home);
  return stage->activity == NULL ? run_with_fields(run, range, home)
                                 : run_changing(run, range, home);
}

/* --- sharing a round --- */

/* Finds out whose round this is, and its packed shape. false: it has closed already. */
static inline bool join(struct synched__run *run, struct synched__worker *worker, uint64_t epoch,
                        uint64_t *shape) {
  struct synched_pool *pool = worker->pool;
  struct synched__open_slot *slot = &pool->open->slots[epoch & 1];
  run->worker = worker;
  run->pool = pool;
  run->open = pool->open;
  run->epoch = epoch;
  run->solo = false;
  *shape = synched__load_acquire(&slot->shape); /* [slot-written] acquire */
  run->stage = synched__load_relaxed(&slot->stage);
  return synched__load_relaxed(&pool->epoch) == epoch;
}

/* The worker's part begins. Returns what it keeps of that. */
static inline struct synched__home *begin(struct synched__run *run, uint64_t shape) {
  struct synched__home *home = synched__part_home(run);
  synched__part_know(run, home, shape);
  synched__part_begin(run, home->opened_epoch == run->epoch ? home->opened_ns : synched__tick_ns());
  return home;
}

/* Claims and computes until `home`, the home range of worker `owner`, is dry; how many segments
 * that were. */
static size_t drain(struct synched__run *run, unsigned owner, struct synched__range home) {
  _Atomic uint64_t *cursor = &run->open->homes[owner].cursor;
  size_t total = 0;
  while (total < home.count) {
    struct synched__range claimed = synched__claim(cursor, run->epoch, home, run->shape.batch);
    if (claimed.count == 0)
      break;
    (void)run_range(run, claimed, owner == run->worker->index);
    total += claimed.count;
  }
  return total;
}

/* Looks at some others and computes what it finds with the first that has something left. true:
 * that completed the round. Only some at a time, for there may be hundreds, and a round that is
 * about to end ends while we look. */
static bool steal(struct synched__run *run, struct synched__search *search) {
  const unsigned most = run->pool->worker_count - 1;
  for (unsigned looks = 0; looks < SYNCHED__VICTIMS_AT_A_TIME && search->in_vain < most; looks++) {
    const unsigned victim = synched__search_next(run->worker, search);
    const struct synched__range home = synched__home_range(run->open, run->shape, victim);
    const uint64_t cursor = synched__load_relaxed(&run->open->homes[victim].cursor);
    search->in_vain++;
    if (synched__cursor_left(cursor, run->epoch, home.count) == 0)
      continue;
    run->start_ns = run->now_ns = synched__tick_ns();
    const size_t count = drain(run, victim, home);
    if (count == 0)
      continue;
    search->in_vain = 0;
    synched__event_steal(run->work, run->worker->index, victim, count);
    if (synched__load_relaxed(&run->stage->stolen) == 0)
      synched__store_relaxed(&run->stage->stolen, 1);
    return synched__part_count_out(run, victim, count);
  }
  return false;
}

/* Asked before the worker's part is counted out: then the stage may be gone. */
static inline unsigned looks_of(const struct synched__run *run) {
  return run->open->waking ? SYNCHED__LOOKS_WAKING : run->stage->looks;
}

/* After its own part: looks for something to steal until the round is over. */
static bool help_others(struct synched__run *run, unsigned looks) {
  struct synched__search search = {0, 0};
  while (search.in_vain + 1 < run->pool->worker_count) {
    if (synched__gate_spin(&run->pool->gate, looks, run->epoch) != run->epoch)
      return false;
    if (steal(run, &search))
      return true;
  }
  return false;
}

static bool take_part_balanced(struct synched__run *run) {
  const unsigned self = run->worker->index;
  const size_t count = drain(run, self, run->open->homes[self].range);
  if (count == 0)
    return help_others(run, SYNCHED__LOOKS_STOLEN);
  const unsigned looks = looks_of(run);
  return synched__part_count_out(run, self, count) || help_others(run, looks);
}

/* The same, with nothing in it of what several claims need: rounds of little work are such. */
static bool take_part_whole(struct synched__run *run, struct synched__home *own, uint64_t shape) {
  const struct synched__range claimed =
      synched__claim(&own->cursor, run->epoch, own->range, own->range.count);
  unsigned looks = SYNCHED__LOOKS_STOLEN;
  if (claimed.count != 0) {
    (void)run_range(run, claimed, true);
    looks = looks_of(run);
    if (synched__part_count_out(run, run->worker->index, claimed.count))
      return true;
  }
  run->shape = synched__shape_unpack(shape);
  return help_others(run, looks);
}

static bool take_part_static(struct synched__run *run, struct synched__home *own) {
  const size_t count = own->range.count;
  if (count == 0)
    return false;
  (void)run_range(run, own->range, true);
  /* Who opened the round started its part before that, which may have taken longer than the
   * part. */
  if (own->opened_epoch != run->epoch)
    own->part_ns = synched__span_ns(run->start_ns, run->now_ns);
  return synched__part_count_out(run, run->worker->index, count);
}

bool synched__round_take_part(struct synched__run *run, struct synched__worker *worker,
                              uint64_t epoch) {
  uint64_t packed;
  if (!join(run, worker, epoch, &packed))
    return false;
  struct synched__home *own = begin(run, packed);
  const enum synched__part_kind kind = own->part_kind;
  if (kind == SYNCHED__PART_NONE)
    return false;
  if (own->wakes)
    synched__pool_wake_on(worker, synched__shape_unpack(packed).wake_count);
  if (kind == SYNCHED__PART_STATIC)
    return take_part_static(run, own);
  if (kind == SYNCHED__PART_WHOLE)
    return take_part_whole(run, own, packed);
  run->shape = synched__shape_unpack(packed);
  return kind == SYNCHED__PART_TILE ? synched__wave_take_part(run) : take_part_balanced(run);
}

/* --- the leader's part, before or without opening --- */

uint64_t synched__round_open_late(struct synched__run *run) {
  struct synched__stage *stage = run->stage;
  const unsigned self = run->worker->index;
  const struct synched__range home = run->open->homes[self].range;
  const struct synched__rest rest = {.count = stage->shape.segment_count - home.count};
  SYNCHED_ASSERT(rest.count != 0); /* else the round would be solo */
  synched__part_begin(run, run->open->opened_ns);
  (void)run_range(run, home, true);
  run->open->homes[self].part_ns = synched__part_record(run);
  run->epoch = synched__load_relaxed(&run->pool->epoch) + 1;
  synched__round_open_rest(run->pool, stage, run->epoch, &rest);
  return run->epoch;
}

/* Turns of a loop over indices that are claimed together once some have shown what they take. */
#define FOR_BATCH_NS 2000u
/* And at least so many batches for each worker. */
#define FOR_BATCHES 8u

/* Its first `next` indices have been computed. */
static void set_for_batch(const struct synched__run *run, size_t next) {
  struct synched__shape *shape = &run->stage->shape;
  const uint64_t fitting =
      FOR_BATCH_NS * (uint64_t)next / (synched__span_ns(run->start_ns, run->now_ns) + 1);
  const size_t even = (shape->segment_count - next) / ((size_t)shape->team * FOR_BATCHES);
  uint64_t batch = fitting < even ? fitting : even;
  if (batch > SYNCHED__BATCH_MAX)
    batch = SYNCHED__BATCH_MAX;
  shape->batch = batch == 0 ? 1 : (unsigned)batch;
}

/* Looks at the clock more rarely, as long as that cannot make it late. Returns true. */
static bool lengthen(const struct synched__run *run, size_t *most) {
  const uint64_t gone_ns = run->now_ns - run->start_ns;
  if (*most < SYNCHED__BATCH_MAX && gone_ns * 8 < run->stop_ns - run->start_ns)
    *most *= 2;
  return true;
}

/* Opens the rest of the round, from segment position `next` on; this run takes part in it as in any
 * round. */
static void share_rest(struct synched__run *run, size_t next) {
  struct synched_pool *pool = run->pool;
  if (run->stage->for_fn != NULL)
    set_for_batch(run, next);
  run->solo = false;
  run->epoch = synched__load_relaxed(&pool->epoch) + 1;
  run->shape = run->stage->shape;
  run->stop_ns = UINT64_MAX;
  synched__round_deal_out(pool, run->stage);
  synched__part_know(run, synched__part_home(run), synched__shape_pack(run->shape));
  for (unsigned w = 0; w < run->shape.team; w++) {
    const struct synched__range home = synched__home_range(run->open, run->shape, w);
    const size_t left = synched__range_left(home, next);
    /* Released by the gate's advance. */
    synched__store_relaxed(&pool->open->homes[w].cursor, synched__cursor_pack(run->epoch, left));
  }
  const struct synched__rest rest = {next, run->shape.segment_count - next,
                                     synched__part_note(run)};
  run->start_ns = run->now_ns;
  synched__round_open_rest(pool, run->stage, run->epoch, &rest);
  synched__pool_wake_on(run->worker, run->shape.wake_count);
}

bool synched__round_run_solo(struct synched__run *run) {
  struct synched__stage *stage = run->stage;
  if (stage->tile != NULL)
    return synched__wave_run_solo(run);
  const size_t count = stage->shape.segment_count;
  const bool sharable = synched__shape_share(stage->shape) > 1;
  /* nobody else is to be asked in between, or each call is timed, or some are together */
  size_t most = sharable && stage->work->record->segments == NULL ? stage->shape.batch : count;
  synched__part_begin(run, run->open->opened_ns);
  run->solo = true;
  if (sharable)
    run->stop_ns = run->start_ns + synched__balance_shares_after_ns(&stage->balance);
  size_t next = 0;
  do {
    const size_t left = count - next;
    next = run_range(run, (struct synched__range){next, left < most ? left : most}, true);
  } while (next < count && run->now_ns < run->stop_ns &&
           (stage->for_fn == NULL || lengthen(run, &most)));
  if (next < count) {
    share_rest(run, next);
    return take_part_balanced(run);
  }
  run->round_work_ns = run->work_ns = synched__part_record(run);
  return true;
}
