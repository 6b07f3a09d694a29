/*
 * steering.h: what the files of steering_stress share: the jobs, who they belong to, and who calls
 * on them.
 *
 * steering_calls.c makes calls, and checks what they return; steering_jobs.c has the jobs'
 * callbacks, and checks what they are told; steering_stress.c has the threads and the cases.
 */
#ifndef SYNCHED_TESTS_STRESS_STEERING_H
#define SYNCHED_TESTS_STRESS_STEERING_H

#include <stdatomic.h>
#include <stddef.h>

#include <synched/synched.h>
#include <uv.h>

#include "support/scene.h"
#include "support/stress.h"

#define ACTORS 8u
#define HOSTS 3u /* the last one polls */
#define POOLS 2u
#define CALLERS 4u
#define KEPT_MOST 3u
#define STEER_KINDS (SYNCHED_STEER_WEIGHT + 1u)

/* The calls beside those that have a completion. */
enum { CALL_STOP = STEER_KINDS, CALL_CANCEL, CALL_COUNT };

struct stage;

/* What a job's run is, as its thread sees it. */
struct course {
  bool runs;     /* between start and on_done */
  uint64_t base; /* the round that was current at the start */
  uint64_t
      on_round; /* the last that on_round got: by one worker after the other, and then its thread */
  bool on_round_stops; /* likewise */
  uint64_t delivered_round, delivered_count, missed_count;
  uint64_t completed[STEER_KINDS];
  enum synched_steer last_order; /* of pause, resume and step, the last completion */
  uint64_t last_round;           /* of the last completion */
  uint64_t period_ns;            /* the last that was set in this run; 0: none was */
  uint64_t deadline_count;       /* misses that on_deadline was told */
  uint64_t stall_count;          /* and stalls that on_stalled was */
  bool is_told_to_end;           /* because the case is over: once is enough */
};

struct actor {
  struct stage *stage;
  struct host *host;
  struct scene_memory scene;
  struct synched_job *job;
  struct synched_job_options options;
  struct course course;
  pthread_rwlock_t guard; /* over `there`, `job` and the counts of what was accepted */
  bool there;
  /* Since the last on_done: what was accepted in a run; and what may have been, or else between
   * two. */
  _Atomic uint64_t accepted[CALL_COUNT], unsure[CALL_COUNT];
  _Atomic uint64_t
      pending; /* pauses, resumes and steps that are not complete, or just being asked for */
  _Atomic uint64_t progress; /* calls, ends, misses */
  _Atomic(const struct synched_snapshot *) kept[KEPT_MOST];
};

/* A thread that jobs belong to. */
struct host {
  struct stage *stage;
  struct actor *actors[ACTORS];
  unsigned actor_count;
  bool polls;
  uv_loop_t loop;
  uv_timer_t timer;
  struct stress_random random;
  pthread_t thread;
};

struct caller {
  struct stage *stage;
  struct stress_random random;
  uint64_t call_count;
  pthread_t thread;
};

struct stage {
  struct synched_pool *pools[POOLS];
  struct host hosts[HOSTS];
  struct actor actors[ACTORS];
  struct caller callers[CALLERS];
  uint64_t end_one_in; /* of the calls ends its job */
  _Atomic unsigned callers_left;
  _Atomic bool stopping;
};

/* Of all cases. */
struct steering_totals {
  _Atomic uint64_t jobs, runs, rounds, calls, accepted, completed, missed, lease_waits;
};
extern struct steering_totals steering_totals;
extern const char *const steering_call_names[CALL_COUNT];

void steering_count(_Atomic uint64_t *counter, uint64_t by);
uint64_t steering_read(_Atomic uint64_t *counter);

/* A generator for a callback. */
struct stress_random steering_draw_random(const struct actor *actor);

uint64_t steering_draw_period(struct stress_random *random, uint64_t least_ns);

/* One call on a job that is there; `inside`: from one of its callbacks but on_done, so that it is
 * started. */
void steering_call(struct actor *actor, unsigned what, struct stress_random *random, bool inside);

/* Anything, on a job that may be there or not. */
void steering_act(struct actor *actor, struct stress_random *random);

/* From a callback, now and then: on the same job, or any. */
void steering_act_inside(struct actor *actor, uint64_t one_in);

/* What only the job's own thread may call, on another one. */
void steering_visit(struct actor *actor);

/* Gives back what on_snapshot has kept. Any thread. */
void steering_release_kept(struct actor *actor);

/* On the job's thread: creates it; starts it; and, when the case is over, destroys it or tells it
 * to end. */
void steering_create(struct actor *actor);
void steering_start(struct actor *actor);
void steering_end(struct actor *actor, struct stress_random *random);

#endif
