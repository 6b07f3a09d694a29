/*
 * fibres.c: threads that take turns on one, and the time that they see.
 *
 * A thread goes on until the next point, which is before each operation that others could notice.
 * There it is a choice who goes on: by default it does itself. A thread that pauses lets the
 * others go first. Where nobody can go on, time jumps to when the first waits until; where nobody
 * waits for a time, either, threads wait for each other for ever, and that is what is to be found.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "internal.h"

#define STEP_NS 3u

static void switch_to(unsigned next);

static void end_execution(void) {
  _longjmp(sim->explorer, 1);
}

static void fibre_main(void) {
  struct sim_fibre *self = sim_self();
  self->run(self->argument);
  (void)sim_tick();
  self->state = SIM_DONE;
  (void)sim_wake(SIM_ON_THREAD, self, SIM_THREADS);
  (void)sim_wait(SIM_ON_THREAD, NULL, SIM_NEVER);
}

unsigned sim_fibre_create(void (*run)(void *), void *argument) {
  if (sim->thread_count == SIM_THREADS)
    sim_fail("the simulator has no more than %u threads", SIM_THREADS);
  const unsigned index = sim->thread_count++;
  struct sim_fibre *fibre = &sim->fibres[index];
  memset(fibre, 0, offsetof(struct sim_fibre, context));
  fibre->state = SIM_READY;
  fibre->run = run;
  fibre->argument = argument;
  memcpy(fibre->tls, sim->tls_image, sim->tls_bytes);
  (void)snprintf(fibre->name, sizeof fibre->name, index == 0 ? "main" : "thread %u", index);
  if (index != 0) {
    (void)sim_tick();
    fibre->clock = sim_self()->clock;
    (void)sim_tick();
  }
  fibre->clock.at[index] = 1;
  return index;
}

/* --- who can go on --- */

static void let_time_come(void) {
  for (unsigned t = 0; t < sim->thread_count; t++) {
    struct sim_fibre *fibre = &sim->fibres[t];
    if (fibre->state == SIM_WAITING && fibre->until_ns <= sim->now_ns)
      fibre->state = SIM_READY;
  }
}

static bool is_held_back(const struct sim_fibre *fibre) {
  return fibre->yielded || fibre->stalled_until > sim->step;
}

/* Those that can go on, the current thread first, the others from it in a ring. */
static unsigned list_ready(unsigned *ready) {
  unsigned count = 0;
  for (unsigned i = 0; i < sim->thread_count; i++) {
    const unsigned t = (sim->current + i) % sim->thread_count;
    if (sim->fibres[t].state == SIM_READY && !is_held_back(&sim->fibres[t]))
      ready[count++] = t;
  }
  return count;
}

/* Where the world is restless, those that only pause: the last to be chosen. */
static unsigned list_pausing(unsigned *pausing) {
  unsigned count = 0;
  for (unsigned t = 0; sim->world->restless && t < sim->thread_count; t++) {
    const struct sim_fibre *fibre = &sim->fibres[t];
    if (fibre->state == SIM_READY && fibre->yielded && fibre->stalled_until <= sim->step)
      pausing[count++] = t;
  }
  return count;
}

/* Of threads that can go on, those that only pause; or those that are stalled. */
static unsigned count_held_back(bool stalled) {
  unsigned count = 0;
  for (unsigned t = 0; t < sim->thread_count; t++)
    count +=
        sim->fibres[t].state == SIM_READY && (sim->fibres[t].stalled_until > sim->step) == stalled;
  return count;
}

static void end_pauses(void) {
  for (unsigned t = 0; t < sim->thread_count; t++)
    sim->fibres[t].yielded = false;
}

static void end_stalls(void) {
  for (unsigned t = 0; t < sim->thread_count; t++)
    sim->fibres[t].stalled_until = 0;
}

static uint64_t next_time(void) {
  uint64_t until_ns = SIM_NEVER;
  for (unsigned t = 0; t < sim->thread_count; t++)
    if (sim->fibres[t].state == SIM_WAITING && sim->fibres[t].until_ns < until_ns)
      until_ns = sim->fibres[t].until_ns;
  return until_ns;
}

static const char *const reasons[] = {"a time", "a lock", "a wake-up", "a thread's end",
                                      "a descriptor"};

static void report_standstill(void) {
  char text[400] = "";
  size_t used = 0;
  for (unsigned t = 0; t < sim->thread_count && used + 1 < sizeof text; t++)
    if (sim->fibres[t].state == SIM_WAITING)
      used += (size_t)snprintf(text + used, sizeof text - used, "%s%s waits for %s",
                               used == 0 ? "" : ", ", sim->fibres[t].name,
                               reasons[sim->fibres[t].reason]);
  sim_fail("nobody can ever go on: %s", text);
}

/* Makes somebody ready. */
static void bring_on(void) {
  unsigned done = 0;
  for (unsigned t = 0; t < sim->thread_count; t++)
    done += sim->fibres[t].state == SIM_DONE;
  if (done == sim->thread_count)
    end_execution();
  const uint64_t until_ns = next_time();
  if (count_held_back(false) != 0) {
    sim->now_ns += sim->pause_ns;
    end_pauses();
  } else if (until_ns != SIM_NEVER) {
    sim->now_ns = until_ns > sim->now_ns ? until_ns : sim->now_ns;
  } else if (count_held_back(true) != 0) {
    end_stalls();
  } else {
    report_standstill();
  }
  let_time_come();
}

/* Timed waits that may be over early, as all others are slow: a deviation like any other. */
static unsigned list_timed(unsigned *threads) {
  unsigned count = 0;
  for (unsigned t = 0; t < sim->thread_count; t++)
    if (sim->fibres[t].state == SIM_WAITING && sim->fibres[t].until_ns != SIM_NEVER)
      threads[count++] = t;
  return count;
}

/* Chooses who goes on. */
static void schedule(void) {
  unsigned options[2 * SIM_THREADS];
  unsigned ready = list_ready(options);
  while (ready == 0) {
    bring_on();
    ready = list_ready(options);
  }
  ready += list_pausing(options + ready);
  const unsigned count = ready + list_timed(options + ready);
  const unsigned option = count > 1 ? sim_choose(SIM_CHOOSE_THREAD, count) : 0;
  struct sim_fibre *next = &sim->fibres[options[option]];
  if (next->state == SIM_WAITING) {
    sim->now_ns = next->until_ns > sim->now_ns ? next->until_ns : sim->now_ns;
    let_time_come();
  }
  if (options[option] != sim->current)
    switch_to(options[option]);
}

/* --- switching --- */

static void begin_fibre(struct sim_fibre *fibre, unsigned index) {
  ucontext_t context;
  if (getcontext(&context) != 0)
    abort();
  context.uc_stack.ss_sp = sim->memory + index * SIM_STACK_BYTES;
  context.uc_stack.ss_size = SIM_STACK_BYTES;
  context.uc_link = NULL;
  fibre->begun = true;
  makecontext(&context, fibre_main, 0);
  (void)setcontext(&context);
  abort();
}

static void go_on_with(unsigned next) {
  struct sim_fibre *fibre = &sim->fibres[next];
  sim->current = next;
  if (sim->tls_bytes != 0)
    memcpy(sim->tls, fibre->tls, sim->tls_bytes);
  if (fibre->begun)
    _longjmp(fibre->context, 1);
  begin_fibre(fibre, next);
}

static void switch_to(unsigned next) {
  struct sim_fibre *self = sim_self();
  for (unsigned t = 0; t < sim->thread_count; t++)
    sim->fibres[t].yielded = sim->fibres[t].yielded && t == sim->current;
  if (sim->tls_bytes != 0)
    memcpy(self->tls, sim->tls, sim->tls_bytes);
  if (_setjmp(self->context) == 0)
    go_on_with(next);
}

bool sim_is_worker(void) {
  return strncmp(sim_self()->name, "synched/", 8) == 0;
}

/* --- points --- */

void sim_step(void) {
  sim->now_ns += STEP_NS;
  if (++sim->step > sim->step_most)
    sim_fail("there is no end to it after %llu steps", (unsigned long long)sim->step);
  let_time_come();
}

void sim_point(void) {
  sim_step();
  if (!sim->quiet)
    schedule();
}

void sim_pause(void) {
  sim_step();
  sim_self()->yielded = true;
  schedule();
  sim_self()->yielded = false;
}

bool sim_wait(enum sim_reason reason, const void *on, uint64_t until_ns) {
  struct sim_fibre *self = sim_self();
  if (self->state != SIM_DONE)
    self->state = SIM_WAITING;
  self->reason = reason;
  self->on = on;
  self->until_ns = until_ns;
  self->woken = false;
  self->sleep_count += reason != SIM_ON_TIME;
  schedule();
  self->on = NULL;
  return self->woken;
}

unsigned sim_wake(enum sim_reason reason, const void *on, unsigned most) {
  unsigned count = 0;
  for (unsigned t = 0; t < sim->thread_count && count < most; t++) {
    struct sim_fibre *fibre = &sim->fibres[t];
    if (fibre->state != SIM_WAITING || fibre->reason != reason || fibre->on != on)
      continue;
    fibre->state = SIM_READY;
    fibre->woken = true;
    count++;
  }
  return count;
}

/* --- crashes of what runs in a world --- */

/* On a stack of its own; not blocked, for it is left by a jump. */
static void on_crash(int signal) {
  if (!sim->running)
    _exit(128 + signal);
  sim_fail("signal %d, on %s", signal, sim_self()->name);
}

void sim_fibres_set_up(void) {
  static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
  const stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536};
  struct sigaction action = {.sa_handler = on_crash, .sa_flags = SA_ONSTACK | SA_NODEFER};
  if (stack.ss_sp == NULL || sigaltstack(&stack, NULL) != 0)
    return;
  for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
    (void)sigaction(crashes[i], &action, NULL);
}

static void main_of_world(void *argument) {
  (void)argument;
  sim->world->run();
}

/* Returns when the execution is over. */
void sim_fibres_run(void) {
  sim->thread_count = 0;
  sim->current = 0;
  (void)sim_fibre_create(main_of_world, NULL);
  if (_setjmp(sim->explorer) == 0) {
    sim->running = true;
    go_on_with(0);
  }
  sim->running = false;
}

/* --- fork --- */

/* The child has this thread only: the others do not exist there. It ends here, well or not, and
 * says what was wrong through the pipe. */
_Noreturn static void be_child(int report, void (*child)(void *), void *argument) {
  for (unsigned t = 0; t < sim->thread_count; t++)
    if (t != sim->current)
      sim->fibres[t].state = SIM_UNUSED;
  sim->quiet = true;
  if (_setjmp(sim->explorer) == 0) {
    if (sim->fork_handlers.child != NULL)
      sim->fork_handlers.child();
    child(argument);
  } else {
    const ssize_t written = write(report, sim->failure, strlen(sim->failure));
    (void)written;
  }
  _exit(0);
}

void sim_fork(void (*child)(void *), void *argument) {
  int ends[2];
  char text[256] = "";
  sim_point();
  if (sim->fork_handlers.before != NULL)
    sim->fork_handlers.before();
  if (pipe(ends) != 0)
    sim_fail("the simulator has no pipe");
  const pid_t process = fork();
  if (process < 0)
    sim_fail("the simulator cannot fork");
  if (process == 0)
    be_child(ends[1], child, argument);
  (void)close(ends[1]);
  const ssize_t count = read(ends[0], text, sizeof text - 1);
  (void)close(ends[0]);
  int status = 0;
  (void)waitpid(process, &status, 0);
  if (sim->fork_handlers.parent != NULL)
    sim->fork_handlers.parent();
  if (count > 0 || status != 0)
    sim_fail("in the child: %s", count > 0 ? text : "it has crashed");
}

/* --- for worlds --- */

void sim_quietly(void) {
  sim->quiet = true;
}

void sim_aloud(void) {
  sim->quiet = false;
}

/* Others go on meanwhile, as on CPUs of their own. */
void sim_spend(uint64_t ns) {
  sim_step();
  (void)sim_wait(SIM_ON_TIME, NULL, sim->now_ns + ns);
}

uint64_t sim_time_ns(void) {
  return sim->now_ns;
}

void sim_hold_others(void) {
  for (unsigned t = 0; t < sim->thread_count; t++)
    if (t != sim->current && sim->fibres[t].state == SIM_READY)
      sim->fibres[t].stalled_until = SIM_NEVER;
}

void sim_let_go(void) {
  end_stalls();
}

void sim_tell(void) {
  sim->told++;
}

unsigned sim_told(void) {
  return sim->told;
}

unsigned sim_thread_start(void (*run)(void *), void *argument) {
  const unsigned thread = sim_fibre_create(run, argument);
  sim_point();
  return thread;
}

void sim_thread_join(unsigned thread) {
  struct sim_fibre *fibre = &sim->fibres[thread];
  sim_point();
  while (fibre->state != SIM_DONE)
    (void)sim_wait(SIM_ON_THREAD, fibre, SIM_NEVER);
  sim_clock_join(&sim_self()->clock, &fibre->clock);
}
