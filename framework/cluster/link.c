/*
 * link.c: the rounds of a job on several ranks: see link.h. What its messages are is plan.c's.
 *
 *   [link-driven]  what one worker has done to the messages, to the next one that drives them.
 */
#include "cluster/link.h"

#include "base/assert.h"
#include "base/error.h"
#include "platform/clock.h"
#include "pool/pool.h"

/* Messages are not moved on more often than this: a look at them is not for nothing. */
#define DRIVE_NS 20000u

/* What each message begins with. */
#define WORD_BYTES sizeof(uint64_t)

/* --- an exchange --- */

static void set_out(struct synched__link *link, struct synched__field_groups *field,
                    unsigned block) {
  struct synched__wire *wire = &link->cluster->wire;
  const struct synched__group *group = &field->blocks[block];
  link->received[link->group_count] = field->received;
  link->groups[link->group_count++] = group;
  synched__wire_start(wire, group);
  (void)synched__add_relaxed(&wire->sent_messages, group->messages);
  (void)synched__add_relaxed(&wire->sent_bytes, group->bytes - group->messages * WORD_BYTES);
  link->sent_messages += group->messages;
  link->sent_bytes += group->bytes - group->messages * WORD_BYTES;
  link->row.sent += (group->messages << SYNCHED__EXCHANGE_BYTES_BITS) + group->bytes -
                    group->messages * WORD_BYTES;
}

static unsigned block_index(const struct synched_memory *memory,
                            const struct synched__block *block) {
  unsigned b = 0;
  while (memory->blocks.all[b] != block)
    b++;
  SYNCHED_ASSERT(b < memory->blocks.count);
  return b;
}

/* What was written to these blocks, NULL: nothing, sets out to those who read it. */
static void start(struct synched__link *link, unsigned exchange,
                  struct synched__block *const *blocks) {
  const struct synched__fields *fields = link->work->fields;
  struct synched__field_groups *groups = link->exchanges[exchange].fields;
  link->group_count = 0;
  link->row = (struct synched__exchange_row){.start_ns = synched__tick_ns()};
  synched__store_relaxed(&link->arrived_ns, 0);
  link->sent_word = synched__work_has_failed(link->work) || synched__work_is_void(link->work);
  for (unsigned f = 0; f < fields->count; f++)
    if (blocks[f] != NULL && groups[f].blocks != NULL)
      set_out(link, &groups[f], block_index(fields->memories[f], blocks[f]));
  synched__store_relaxed(&link->under_way, link->group_count);
}

static void make_void(struct synched__link *link) {
  (void)synched__or_relaxed(&link->work->rank_state, SYNCHED__RANK_VOID);
}

/* Whether some rank's messages mean nothing. */
static bool is_warned(const struct synched__link *link) {
  for (unsigned g = 0; g < link->group_count; g++)
    for (unsigned r = 0; r < link->cluster->transport.rank_count; r++)
      if (link->received[g][r] != 0)
        return true;
  return false;
}

static void note_wait(struct synched__link *link, uint64_t start_ns, uint64_t end_ns) {
  const uint64_t arrived_ns = synched__load_relaxed(&link->arrived_ns);
  link->waited_ns += synched__span_ns(start_ns, end_ns);
  link->row.arrived_ns = arrived_ns != 0 ? arrived_ns : end_ns;
  link->row.wait_start_ns = start_ns;
  link->row.wait_end_ns = end_ns;
}

/* Waits until all of it has arrived. */
static void finish(struct synched__link *link) {
  const uint64_t start_ns = synched__tick_ns();
  for (unsigned g = 0; g < link->group_count; g++)
    synched__wire_wait(&link->cluster->wire, link->groups[g]);
  synched__store_relaxed(&link->under_way, 0);
  note_wait(link, start_ns, synched__tick_ns());
  if (synched__work_has_failed(link->work) || is_warned(link) ||
      synched__wire_status(&link->cluster->wire) != 0)
    make_void(link);
}

void synched__link_drive(struct synched__link *link) {
  const unsigned count = synched__load_relaxed(&link->under_way);
  if (count == 0)
    return;
  const uint64_t now_ns = synched__tick_ns();
  if (synched__span_ns(synched__load_relaxed(&link->driven_ns), now_ns) < DRIVE_NS ||
      synched__exchange_acquire(&link->driving, 1) != 0) /* [link-driven] acquire */
    return;
  synched__store_relaxed(&link->driven_ns, now_ns);
  bool all = true;
  for (unsigned g = 0; g < count; g++)
    all = synched__wire_test(&link->cluster->wire, link->groups[g]) && all;
  if (all) {
    synched__store_relaxed(&link->arrived_ns, now_ns);
    synched__store_relaxed(&link->under_way, 0);
  }
  synched__store_release(&link->driving, 0); /* [link-driven] release */
}

int synched__link_exchange_all(size_t index, unsigned worker, void *user) {
  struct synched__link *link = user;
  const struct synched__fields *fields = link->work->fields;
  const struct synched__buffer *current = link->work->pool->open->pair.current;
  struct synched__block *blocks[SYNCHED_FIELDS_MAX];
  (void)index;
  (void)worker;
  for (unsigned f = 0; f < fields->count; f++)
    blocks[f] = synched__fields_has(fields->in_place, f) ? fields->memories[f]->blocks.all[0]
                                                         : current->blocks[f];
  start(link, link->exchange_count - 1, blocks);
  finish(link);
  return 0;
}

/* --- agreeing --- */

/* Nothing can be agreed on any more: the job ends, and says what was wrong. */
static void give_up(struct synched__link *link) {
  link->drops = true;
  synched__store_relaxed(&link->work->skip_from, 0);
}

static struct synched__saving own_saving(const struct synched__link *link) {
  return link->saver == NULL ? (struct synched__saving){SYNCHED__SAVING_ABSENT, 0}
                             : link->saver->say(link->saver);
}
/* What is agreed on. */
enum occasion { AFTER_STAGE, AFTER_ROUNDS, MEETING };

/* What this rank has to say. */
static struct synched__verdict own_verdict(struct synched__link *link, uint64_t round,
                                           enum occasion occasion) {
  struct synched__work *work = link->work;
  const unsigned rank = link->cluster->transport.rank;
  const uint32_t asked = synched__load_relaxed(&work->rank_state);
  struct synched__verdict verdict = synched__verdict_begin(rank);
  verdict.low[0] = verdict.high[0] = round;
  verdict.saving = own_saving(link);
  verdict.low[1] = verdict.high[1] = (uint64_t)occasion;
  if ((asked & SYNCHED__RANK_CANCEL) != 0)
    verdict.cancelled_by = rank;
  if ((asked & SYNCHED__RANK_STOP) != 0)
    verdict.stopped_by = rank;
  if (occasion != AFTER_STAGE)
    link->speak(work, &verdict);
  if (!synched__work_has_failed(work))
    return verdict;
  const struct synched__failure *failure = synched__work_lowest_failure(work);
  verdict.code = failure->code;
  verdict.round = failure->round;
  verdict.place = (uint64_t)failure->stage << 32 | (uint32_t)failure->key;
  verdict.count = failure->count;
  verdict.field = failure->field;
  return verdict;
}

/* The failure that counts is this rank's from here on, whosever it was. */
static void install_failure(struct synched__link *link, const struct synched__verdict *verdict) {
  struct synched__work *work = link->work;
  const struct synched__failure failure = {.key = (uint32_t)verdict->place,
                                           .code = verdict->code,
                                           .count = (size_t)verdict->count,
                                           .field = verdict->field,
                                           .stage = (unsigned)(verdict->place >> 32),
                                           .round = verdict->round};
  synched__work_forget_failures(work);
  work->failures[0] = failure;
  synched__store_relaxed(&work->skip_from, failure.key);
}

static void install(struct synched__link *link, const struct synched__verdict *verdict,
                    enum occasion occasion) {
  struct synched__work *work = link->work;
  const bool cancels = verdict->cancelled_by != SYNCHED__NO_RANK;
  if (verdict->code != 0)
    install_failure(link, verdict);
  /* Relaxed: it is the leader itself who looks at them next. */
  if (cancels)
    (void)synched__or_relaxed(&work->state, SYNCHED__JOB_CANCELLED);
  else if (occasion != AFTER_STAGE && verdict->stopped_by != SYNCHED__NO_RANK)
    (void)synched__or_relaxed(&work->state, SYNCHED__JOB_STOPPING);
  link->drops = verdict->code != 0 || cancels;
  if (link->saver != NULL && occasion != MEETING)
    link->saver->all = verdict->saving;
  if (occasion != AFTER_STAGE && !link->drops)
    link->hear(work, verdict);
}

static void check_round(struct synched__link *link, const struct synched__verdict *verdict) {
  if (verdict->low[0] != verdict->high[0])
    synched__wire_trouble(&link->cluster->wire, SYNCHED_EINVAL,
                          "the ranks are in different rounds, %llu to %llu: they must compute as "
                          "many, and begin with the same",
                          (unsigned long long)verdict->low[0],
                          (unsigned long long)verdict->high[0]);
  else if (verdict->low[1] != verdict->high[1])
    synched__wire_trouble(&link->cluster->wire, SYNCHED_EINVAL,
                          "some ranks are paused, or wait for a tick, and others compute");
}

static void agree(struct synched__link *link, struct synched__agreement *agreement, uint64_t round,
                  enum occasion occasion) {
  struct synched__wire *wire = &link->cluster->wire;
  const uint64_t start_ns = synched__tick_ns();
  link->verdict = own_verdict(link, round, occasion);
  if (synched__agree(agreement, &link->verdict) == 0)
    check_round(link, &link->verdict);
  link->row.agreed_ns = synched__tick_ns();
  link->waited_ns += synched__span_ns(start_ns, link->row.agreed_ns);
  if (synched__wire_status(wire) != 0)
    give_up(link);
  else
    install(link, &link->verdict, occasion);
}

void synched__link_begin_meeting(struct synched__link *link, uint64_t round) {
  link->verdict = own_verdict(link, round, MEETING);
  synched__agree_begin(&link->agreements[link->exchange_count], &link->verdict);
}

bool synched__link_meet(struct synched__link *link, const struct synched__wire_wait *wait) {
  if (!synched__agree_on(&link->agreements[link->exchange_count], &link->verdict, wait))
    return false;
  if (synched__wire_status(&link->cluster->wire) == 0)
    check_round(link, &link->verdict);
  if (synched__wire_status(&link->cluster->wire) == 0)
    install(link, &link->verdict, MEETING);
  return true;
}

int synched__link_agree_answer(struct synched__link *link, int answer) {
  struct synched__verdict *verdict = &link->verdict;
  *verdict = synched__verdict_begin(link->cluster->transport.rank);
  verdict->answer = answer;
  const int status = synched__agree(&link->agreements[link->exchange_count], verdict);
  return status != 0 ? status : verdict->answer;
}

int synched__link_agree(struct synched__link *link, struct synched__verdict *verdict) {
  const int status = synched__agree(&link->agreements[link->exchange_count], verdict);
  return status == 0 ? 0 : synched__fail(status, "%s", link->cluster->wire.text);
}

/* --- a round --- */

void synched__link_begin_run(struct synched__link *link, bool is_new) {
  link->is_fresh = true;
  if (is_new)
    link->sent_bytes = link->sent_messages = link->waited_ns = 0;
  link->verdict = synched__verdict_begin(link->cluster->transport.rank);
  /* Calls of other threads are accepted already: what they have asked for stays. */
  (void)synched__and_relaxed(&link->work->rank_state, ~(uint32_t)SYNCHED__RANK_VOID);
}

struct synched__stage *synched__link_open_round(struct synched__link *link,
                                                struct synched__stage *first) {
  link->drops = false;
  (void)synched__and_relaxed(&link->work->rank_state, ~(uint32_t)SYNCHED__RANK_VOID);
  return link->is_fresh && !link->work->initialising ? link->opening
                                                     : synched__stage_first_pass(first);
}

/* Init's is left out: a run's times begin after it. */
static void record(struct synched__link *link, const struct synched__open_round *open,
                   bool is_last) {
  if (link->work->initialising || link->cluster->transport.rank_count == 1)
    return;
  link->row.round_stage =
      (open->round - open->rounds_left) << SYNCHED__EXCHANGE_STAGE_BITS | open->stage->index;
  synched__record_exchange(link->work->record, &link->row, is_last);
}

/* The exchange of a stage is over; where ranks agree behind it, they do. */
static void close_stage(struct synched__link *link, const struct synched__open_round *open) {
  const struct synched__stage *stage = open->stage;
  const struct synched__work *work = link->work;
  const unsigned exchange = stage->is_init ? work->stage_count : stage->index;
  const bool is_end = open->rounds_left == 0;
  const bool is_last = is_end && (stage->is_init || stage->index + 1 == work->stage_count);
  if (stage->edge == NULL)
    start(link, exchange, work->fields->access.out);
  finish(link);
  link->is_fresh = false;
  if (is_end && stage->contributions != NULL)
    agree(link, &link->agreements[exchange], open->round, is_last ? AFTER_ROUNDS : AFTER_STAGE);
  else if (is_last)
    agree(link, &link->agreements[link->exchange_count], open->round, AFTER_ROUNDS);
  record(link, open, is_last);
}

struct synched__stage *synched__link_close_pass(struct synched__link *link,
                                                const struct synched__open_round *open) {
  struct synched__stage *stage = open->stage;
  const struct synched__work *work = link->work;
  if (stage == link->opening) {
    link->is_fresh = false;
    work->record->totals.message_ns +=
        synched__span_ns(link->row.wait_start_ns, link->row.wait_end_ns);
    if (synched__wire_status(&link->cluster->wire) == 0)
      return synched__stage_first_pass(work->stages[0]);
    give_up(link);
  } else if (stage->inner != NULL) {
    start(link, stage->is_init ? work->stage_count : stage->index, work->fields->access.out);
    return stage->inner;
  } else if (stage->folded == NULL && stage != work->copy_stage) {
    close_stage(link, open);
  }
  return NULL;
}
