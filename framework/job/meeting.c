#include "job/meeting.h"

#include "cluster/link.h"
#include "job/job.h"
#include "platform/clock.h"

/* From one meeting of a paused job to the next one: at first, and at most. */
#define QUIET_LEAST_NS UINT64_C(250000)
#define QUIET_MOST_NS UINT64_C(16000000)

/* A tick is far away if it is further than this. */
#define FAR_NS (2 * QUIET_MOST_NS)

/* How long a meeting waits for others, awake; and then, until it looks again, at most. */
#define AWAKE_NS UINT64_C(50000)
#define LOOK_MOST_NS UINT64_C(4000000)

static uint64_t lesser(uint64_t a, uint64_t b) {
  return a < b ? a : b;
}

/* QUIET_LEAST_NS, doubled `count` times. */
static uint64_t grown(unsigned count, uint64_t most_ns) {
  return count > 16 ? most_ns : lesser(QUIET_LEAST_NS << count, most_ns);
}

void synched__meeting_reset(struct synched_job *job) {
  job->control.meeting =
      (struct synched__meeting){.is_open = job->work.link != NULL, .tick_in_ns = SYNCHED__NO_TICK};
}

/* --- what is agreed on --- */

static void speak(struct synched__work *work, struct synched__verdict *verdict) {
  struct synched_job *job = synched__job_of(work);
  struct synched_steered said;
  if ((synched__load_relaxed(&work->rank_state) & SYNCHED__RANK_STEER) != 0 &&
      synched__requests_say(job, &said)) {
    verdict->steered_by = verdict->rank;
    verdict->steer = (uint32_t)said.call;
    verdict->steer_value = said.value;
  }
  if (verdict->rank == 0 && job->pace.ticks.period_ns != 0)
    verdict->tick_in_ns =
        synched__ticks_left(&job->pace.ticks, job->pace.ticking, synched__clock_ns());
}

static void hear(struct synched__work *work, const struct synched__verdict *verdict) {
  struct synched_job *job = synched__job_of(work);
  struct synched__meeting *meeting = &job->control.meeting;
  const unsigned rank = work->link->cluster->transport.rank;
  meeting->is_open = true;
  meeting->was_steered = verdict->steered_by != SYNCHED__NO_RANK;
  meeting->tick_in_ns = verdict->tick_in_ns;
  if (meeting->was_steered) {
    const struct synched_steered what = {.call = (enum synched_steer)verdict->steer,
                                         .value = verdict->steer_value};
    synched__requests_agree(job, &what, verdict->steered_by == rank);
  }
  if (rank != 0 && verdict->tick_in_ns != SYNCHED__NO_TICK && job->pace.ticks.begun)
    synched__ticks_follow(&job->pace.ticks, job->pace.ticking,
                          synched__clock_ns() + verdict->tick_in_ns);
}

void synched__meeting_attach(struct synched_job *job) {
  job->work.link->speak = speak;
  job->work.link->hear = hear;
}

/* --- what comes next --- */

static void set_next(struct synched__meeting *meeting, uint64_t in_ns) {
  meeting->is_next = true;
  meeting->due_ns = synched__clock_ns() + in_ns;
}

/* By what all ranks know, and nothing else. */
void synched__meeting_choose(struct synched_job *job) {
  struct synched__meeting *meeting = &job->control.meeting;
  const struct synched__requests *requests = &job->control.requests;
  const bool is_stepping = requests->steps_left != 0;
  if (!meeting->is_open)
    return;
  meeting->is_open = false;
  meeting->is_next = false;
  if (meeting->was_steered || !requests->paused || is_stepping)
    meeting->quiet_count = 0;
  if (requests->paused && !is_stepping)
    set_next(meeting, grown(meeting->quiet_count++, QUIET_MOST_NS));
  else if (meeting->was_steered && !is_stepping)
    set_next(meeting, 0); /* the next tick may be another one now */
  else if (meeting->tick_in_ns != SYNCHED__NO_TICK && meeting->tick_in_ns > FAR_NS &&
           !is_stepping && !job->work.initialising)
    set_next(meeting, lesser(meeting->tick_in_ns / 2, QUIET_MOST_NS));
}

/* --- the meeting --- */

int synched__meeting_hold(struct synched_job *job) {
  struct synched__meeting *meeting = &job->control.meeting;
  struct synched__link *link = job->work.link;
  if (!meeting->is_under_way) {
    meeting->is_under_way = true;
    meeting->look_count = 0;
    meeting->begun_ns = synched__clock_ns();
    synched__link_begin_meeting(link, job->work.memory->pair.current->snapshot.round);
  }
  const struct synched__wire_wait wait = {.most_ns = AWAKE_NS, .since_ns = meeting->begun_ns};
  if (!synched__link_meet(link, &wait)) {
    meeting->due_ns = synched__clock_ns() + grown(meeting->look_count++, LOOK_MOST_NS);
    return 0;
  }
  meeting->is_under_way = false;
  return synched__wire_status(&link->cluster->wire);
}
