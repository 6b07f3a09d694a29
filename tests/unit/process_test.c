/*
 * process_test.c: what a child process can do with its parent's things, that it can make its own,
 * and that the parent notices nothing. A child that hangs is ended by its alarm; what it finds
 * wrong it leaves in shared memory.
 */
#include <criterion/criterion.h>

#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "memory/memory.h"
#include "platform/process.h"
#include "pool/pool.h"
#include "support/support.h"
#include "support/unit_support.h"

/* --- children --- */

enum { CHILD_SECONDS = 10, SEGMENTS = 4 };

/* Where a child went wrong. */
struct verdict {
  int line;
  char message[200];
};

static struct verdict *verdict; /* shared with the children */

static void share_verdict(void) {
  verdict = mmap(NULL, sizeof *verdict, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  cr_assert_neq((void *)verdict, MAP_FAILED);
}

TestSuite(process, .init = share_verdict);

/* In a child: ends it unless the condition holds. */
#define HOLDS(condition)                                                                           \
  do {                                                                                             \
    if (!(condition))                                                                              \
      child_end(__LINE__);                                                                         \
  } while (0)

static _Noreturn void child_end(int line) {
  verdict->line = line;
  (void)strncpy(verdict->message, synched_error_message(), sizeof verdict->message - 1);
  end_child(line != 0);
}

typedef void (*child_fn)(void *context);

/* On any thread: makes a child that runs `body`, and waits for it. 0: it found nothing wrong; else
 * where it did, or -1 where it did not come to an end. */
static int run_child(child_fn body, void *context) {
  pid_t child = fork();
  if (child == 0) {
    (void)alarm(CHILD_SECONDS);
    body(context);
    child_end(0);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
    return -1;
  return WEXITSTATUS(status) == 0 ? 0 : verdict->line;
}

static void expect_child(child_fn body, void *context) {
  const int line = run_child(body, context);
  cr_assert_neq(line, -1, "the child hung or crashed");
  cr_assert_eq(line, 0, "wrong in the child at line %d: %s", line, verdict->message);
}

static bool refuses(int status, const char *what) {
  char expected[64];
  (void)snprintf(expected, sizeof expected, "the %s was made by the parent", what);
  return status == SYNCHED_ENOTSUP && strstr(synched_error_message(), expected) != NULL;
}

/* --- what is made on either side --- */

#define MEMORY                                                                                     \
  SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacity = 1,                         \
                         .element_size = sizeof(uint64_t), .lease_count = 1)

static int count_up(struct synched_task *task, void *user) {
  (void)user;
  const uint64_t *was = synched_snapshot_segment(task->previous, task->segment);
  *(uint64_t *)task->out = *was + 1;
  return 0;
}

static bool stands_at(const struct synched_snapshot *now, uint64_t value) {
  for (size_t s = 0; s < SEGMENTS; s++)
    if (*(const uint64_t *)synched_snapshot_segment(now, s) != value)
      return false;
  return now->round == value;
}

/* A whole life, in a child: nothing of Criterion's there. */
static void live(unsigned worker_count) {
  struct synched_pool *pool;
  struct synched_memory *memory;
  struct synched_job *job;
  struct synched_writer *writer;
  HOLDS(synched_pool_create(&pool, SYNCHED_POOL_OPTIONS(.worker_count = worker_count)) == 0);
  HOLDS(synched_memory_create(&memory, MEMORY) == 0);
  HOLDS(synched_writer_open(&writer, memory, 0) == 0);
  HOLDS(synched_writer_close(writer) == 0);
  HOLDS(synched_job_create(&job, pool, memory,
                           SYNCHED_JOB_OPTIONS(.compute = count_up, .round_count = 50)) == 0);
  HOLDS(synched_job_run(job) == 0);
  const struct synched_snapshot *now = synched_snapshot_current(memory);
  HOLDS(now != NULL && stands_at(now, 50));
  synched_snapshot_release(now);
  HOLDS(synched_job_destroy(job) == 0);
  HOLDS(synched_memory_destroy(memory) == 0);
  HOLDS(synched_pool_destroy(pool) == 0);
}

static struct engine counting_engine(void) {
  return engine_new(pool_new(2), MEMORY,
                    SYNCHED_JOB_OPTIONS(.compute = count_up, .round_count = 20));
}

/* --- the parent's things --- */

struct belongings {
  struct engine engine;
  struct synched_memory *seated;
  struct synched_writer *writer;
  const struct synched_snapshot *kept;
};

static struct belongings belongings_new(void) {
  struct belongings own = {.engine = counting_engine(), .seated = memory_with(MEMORY)};
  cr_assert_eq(synched_job_run(own.engine.job), 0);
  cr_assert_eq(synched_writer_open(&own.writer, own.seated, 0), 0);
  own.kept = synched_snapshot_current(own.engine.memory);
  return own;
}

/* As if there had been no child. */
static void belongings_end(struct belongings *own) {
  cr_assert(stands_at(own->kept, 20));
  cr_assert_eq(synched_job_run(own->engine.job), 0);
  cr_assert(stands_at(own->kept, 20));
  synched_snapshot_release(own->kept);
  cr_assert_eq(memory_round(own->engine.memory), 40);
  cr_assert_eq(synched_writer_write(own->writer, "12345678", 1), 0);
  cr_assert_eq(synched_writer_close(own->writer), 0);
  memory_end(own->seated);
  engine_end_with_pool(&own->engine);
}

static int do_nothing(size_t index, unsigned worker, void *user) {
  (void)index;
  (void)worker;
  (void)user;
  return 0;
}

static void use_pool_and_memory(void *context) {
  const struct belongings *own = context;
  struct synched_writer *writer = own->writer;
  HOLDS(refuses(synched_pool_for(own->engine.pool, 1, do_nothing, NULL), "pool"));
  HOLDS(refuses(synched_pool_destroy(own->engine.pool), "pool"));
  HOLDS(refuses(synched_memory_destroy(own->engine.memory), "memory"));
  HOLDS(refuses(synched_memory_load(own->engine.memory, 0, NULL, 0), "memory"));
  HOLDS(refuses(synched_writer_open(&writer, own->engine.memory, 0), "memory"));
  HOLDS(writer == NULL);
  HOLDS(synched_pool_destroy(NULL) == 0 && synched_memory_destroy(NULL) == 0);
}

static void use_writer(void *context) {
  const struct belongings *own = context;
  const struct synched_snapshot *now = own->kept;
  HOLDS(refuses(synched_writer_write(own->writer, "12345678", 1), "writer"));
  HOLDS(refuses(synched_writer_sync(own->writer, &now), "writer"));
  HOLDS(now == NULL);
  now = own->kept;
  HOLDS(refuses(synched_writer_write_sync_read(own->writer, "12345678", 1, &now), "writer"));
  HOLDS(now == NULL);
  HOLDS(refuses(synched_writer_fail(own->writer, -1), "writer"));
  HOLDS(refuses(synched_writer_close(own->writer), "writer"));
}

static void make_job_of_inherited_memory(void *context) {
  const struct belongings *own = context;
  struct synched_pool *pool;
  struct synched_job *job = own->engine.job;
  HOLDS(synched_pool_create(&pool, SYNCHED_POOL_OPTIONS(.worker_count = 1)) == 0);
  HOLDS(refuses(
      synched_job_create(&job, pool, own->engine.memory, SYNCHED_JOB_OPTIONS(.compute = count_up)),
      "memory"));
  HOLDS(job == NULL);
  HOLDS(synched_pool_destroy(pool) == 0);
}

static void read_inherited(void *context) {
  const struct belongings *own = context;
  struct synched_pool_info info = {.struct_size = sizeof info};
  struct synched_pool_worker_info worker = {.struct_size = sizeof worker};
  HOLDS(synched_pool_info(own->engine.pool, &info) == 0 && info.worker_count == 2);
  HOLDS(synched_pool_worker_info(own->engine.pool, 1, &worker) == 0);
  HOLDS(strcmp(worker.name, "synched/1") == 0);
  HOLDS(stands_at(own->kept, 20));
  HOLDS(synched_snapshot_retain(own->kept) == own->kept);
  synched_snapshot_release(own->kept);
  synched_snapshot_release(own->kept);
  const struct synched_snapshot *now = synched_snapshot_current(own->engine.memory);
  HOLDS(now != NULL && stands_at(now, 20));
  synched_snapshot_release(now);
}

Test(process, child_is_refused_its_parents_pool_memory_and_writers) {
  struct belongings own = belongings_new();
  expect_child(use_pool_and_memory, &own);
  expect_child(use_writer, &own);
  expect_child(make_job_of_inherited_memory, &own);
  belongings_end(&own);
}

Test(process, child_reads_what_its_parent_left) {
  struct belongings own = belongings_new();
  expect_child(read_inherited, &own);
  belongings_end(&own);
}

static void read_what_was_written(void *context) {
  HOLDS(synched_snapshot_current(context) == NULL);
  HOLDS(strstr(synched_error_message(), "being written") != NULL);
  HOLDS(synched__load_relaxed(&((struct synched_memory *)context)->retained) == 0);
}

Test(process, child_gets_no_snapshot_that_was_being_written) {
  struct belongings own = belongings_new();
  expect_child(read_what_was_written, own.seated);
  belongings_end(&own);
  /* As in the middle of a load. */
  struct synched_memory *memory = memory_with(MEMORY);
  synched__store_relaxed(&memory->pair.current->refs, SYNCHED__BUFFER_WRITING);
  expect_child(read_what_was_written, memory);
  synched__store_relaxed(&memory->pair.current->refs, 0);
  memory_end(memory);
}

/* --- its own things --- */

static void live_twice(void *context) {
  live(1);
  live(*(const unsigned *)context);
}

Test(process, child_makes_its_own) {
  unsigned worker_count = 3;
  expect_child(live_twice, &worker_count); /* before anything was made here */
  struct belongings own = belongings_new();
  expect_child(live_twice, &worker_count);
  belongings_end(&own);
  expect_child(live_twice, &worker_count);
}

static void give_pool_to_grandchild(void *context) {
  struct belongings own = {.engine.memory = context};
  HOLDS(synched_pool_create(&own.engine.pool, SYNCHED_POOL_OPTIONS(.worker_count = 2)) == 0);
  HOLDS(run_child(use_pool_and_memory, &own) == 0);
  HOLDS(synched_pool_destroy(own.engine.pool) == 0);
}

Test(process, childs_own_are_foreign_to_its_child) {
  struct synched_memory *memory = memory_with(MEMORY);
  expect_child(give_pool_to_grandchild, memory);
  memory_end(memory);
}

/* --- from a worker, in the middle of a round --- */

struct midst {
  struct synched_pool *pool;
  struct synched_memory *memory;
  const struct synched_snapshot *kept;
  int line;
};

static void look_about_on_worker(void *context) {
  const struct midst *midst = context;
  HOLDS(synched__worker_self() == NULL);
  HOLDS(refuses(synched_pool_destroy(midst->pool), "pool"));
  HOLDS(synched_snapshot_current(midst->memory) == NULL);
  HOLDS(stands_at(midst->kept, 0));
  synched_snapshot_release(midst->kept);
  live(2);
}

static int fork_once(struct synched_task *task, void *user) {
  struct midst *midst = user;
  if (task->segment == 0 && task->round == 3)
    midst->line = run_child(look_about_on_worker, midst);
  return count_up(task, NULL);
}

Test(process, child_of_a_worker_is_no_worker) {
  struct midst midst = {.line = -2, .pool = pool_new(2), .memory = memory_with(MEMORY)};
  struct synched_job *job;
  midst.kept = synched_snapshot_current(midst.memory);
  cr_assert_eq(synched_job_create(
                   &job, midst.pool, midst.memory,
                   SYNCHED_JOB_OPTIONS(.compute = fork_once, .user = &midst, .round_count = 5)),
               0);
  cr_assert_eq(synched_job_run(job), 0);
  cr_assert_eq(midst.line, 0, "wrong in the child at line %d: %s", midst.line, verdict->message);
  cr_assert_eq(memory_round(midst.memory), 5);
  synched_snapshot_release(midst.kept);
  cr_assert_eq(synched_job_destroy(job), 0);
  memory_end(midst.memory);
  pool_end(midst.pool);
}

/* The parent's job waits for the buffer; it must not be woken in the child, where nobody would run
 * it. */
static void release_awaited(void *context) {
  struct midst *midst = context;
  synched_snapshot_release(midst->kept);
  HOLDS(synched__load_relaxed(&midst->memory->awaiting) == 1);
}

static void *run_job(void *job) {
  int status = synched_job_run(job);
  return status == 0 ? NULL : job;
}

Test(process, child_that_releases_a_snapshot_wakes_no_job) {
  struct engine engine = counting_engine();
  struct midst midst = {.memory = engine.memory};
  const struct synched_snapshot *first = synched_snapshot_current(engine.memory);
  struct crew crew = {0};
  /* Two buffers are kept, and the third is the current one: none to write to. */
  cr_assert_eq(synched_job_run(engine.job), 0);
  midst.kept = synched_snapshot_current(engine.memory);
  crew_add(&crew, run_job, engine.job);
  cr_assert(memory_awaits_buffer(engine.memory));
  expect_child(release_awaited, &midst);
  synched_snapshot_release(midst.kept);
  synched_snapshot_release(first);
  crew_join(&crew);
  cr_assert_eq(memory_round(engine.memory), 40);
  engine_end_with_pool(&engine);
}

/* --- while another thread is inside a library with locks of its own --- */

struct holder {
  _Atomic uint32_t holding;
  _Atomic uint32_t done;
};

static void *hold_for_a_while(void *context) {
  struct holder *holder = context;
  synched__process_hold();
  atomic_store(&holder->holding, 1);
  nap_ms(30);
  atomic_store(&holder->done, 1);
  synched__process_release();
  return NULL;
}

static void find_it_done(void *context) {
  HOLDS(atomic_load(&((struct holder *)context)->done) == 1);
  synched__process_hold();
  synched__process_release();
}

Test(process, child_is_not_made_while_one_holds) {
  struct holder holder = {0};
  struct crew crew = {0};
  crew_add(&crew, hold_for_a_while, &holder);
  cr_assert(reaches(&holder.holding, 1));
  expect_child(find_it_done, &holder);
  crew_join(&crew);
  synched__process_hold();
  synched__process_release();
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_UNDEFINED__)

struct busy {
  _Atomic uint32_t stop;
  _Atomic uint32_t made_count;
};

static void *ask_topology(void *context) {
  struct busy *busy = context;
  while (atomic_load(&busy->stop) == 0) {
    struct synched_topology_info info = {.struct_size = sizeof info};
    if (synched_topology_info(&info) == 0)
      (void)atomic_fetch_add(&busy->made_count, 1);
  }
  return NULL;
}

static void ask_topology_too(void *context) {
  struct synched_topology_info info = {.struct_size = sizeof info};
  (void)context;
  HOLDS(synched_topology_info(&info) == 0);
  live(2);
}

Test(process, child_finds_no_lock_closed) {
  struct busy busy = {0};
  struct crew crew = {0};
  for (unsigned i = 0; i < 2; i++)
    crew_add(&crew, ask_topology, &busy);
  for (unsigned i = 0; i < at_most(10, 3); i++)
    expect_child(ask_topology_too, NULL);
  atomic_store(&busy.stop, 1);
  crew_join(&crew);
  cr_assert_gt(busy.made_count, 0);
}

#endif

static void make_pool_beside_the_parents(void *context) {
  const unsigned *worker_count = context;
  struct synched_pool *pool;
  struct synched_pool_info info = {.struct_size = sizeof info};
  HOLDS(synched_pool_create(&pool, SYNCHED_POOL_OPTIONS(.worker_count = *worker_count)) == 0);
  HOLDS(synched_pool_info(pool, &info) == 0);
  HOLDS(strstr(info.placement, "other pools") == NULL);
  HOLDS(synched_pool_destroy(pool) == 0);
}

/* The parent's workers are bound to CPUs, but are not there to use them. */
Test(process, child_places_workers_without_regard_to_its_parents) {
  unsigned worker_count = usable_cpus();
  struct synched_pool *pool = pool_with(
      SYNCHED_POOL_OPTIONS(.worker_count = worker_count, .affinity = SYNCHED_AFFINITY_CORES));
  expect_child(make_pool_beside_the_parents, &worker_count);
  pool_end(pool);
}

Test(process, generation_counts_forks) {
  const uint32_t generation = synched__process_count_forks();
  cr_assert_eq(synched__process_count_forks(), generation);
  cr_assert_not(synched__is_foreign(generation));
  cr_assert(synched__is_foreign(generation + 1));
  expect_child(live_twice, &(unsigned){1});
  cr_assert_eq(synched__process_generation(), generation, "the parent is who it was");
}

/* --- jobs --- */

struct running {
  struct engine engine;
  uv_loop_t loop;
  unsigned done_count;
  int status;
};

static void note_done(struct synched_job *job, int status, const struct synched_report *report,
                      void *user) {
  struct running *running = user;
  (void)job;
  (void)report;
  running->done_count++;
  running->status = status;
}

static void use_parents_job(void *context) {
  struct running *running = context;
  struct synched_job *job = running->engine.job;
  struct synched_report *report;
  struct synched_job *another;
  HOLDS(refuses(synched_job_start(job, &running->loop), "job"));
  HOLDS(refuses(synched_job_start_polled(job), "job"));
  HOLDS(refuses(synched_job_run(job), "job"));
  HOLDS(refuses(synched_job_dispatch(job), "job"));
  HOLDS(refuses(synched_job_pause(job), "job"));
  HOLDS(refuses(synched_job_resume(job), "job"));
  HOLDS(refuses(synched_job_step(job, 1), "job"));
  HOLDS(refuses(synched_job_stop(job), "job"));
  HOLDS(refuses(synched_job_cancel(job), "job"));
  HOLDS(refuses(synched_job_set_period(job, 1000000), "job"));
  HOLDS(refuses(synched_job_set_weight(job, 1), "job"));
  HOLDS(refuses(synched_job_state(job), "job"));
  HOLDS(refuses(synched_job_ref(job), "job"));
  HOLDS(refuses(synched_job_unref(job), "job"));
  HOLDS(refuses(synched_job_report(job, &report), "job"));
  HOLDS(refuses(synched_job_destroy(job), "job"));
  HOLDS(refuses(synched_job_create(&another, running->engine.pool, running->engine.memory,
                                   SYNCHED_JOB_OPTIONS(.compute = count_up)),
                "pool"));
  /* The loop that the child has inherited does nothing for the job either, and does not hang. */
  HOLDS(uv_loop_fork(&running->loop) == 0);
  for (unsigned i = 0; i < 20; i++) {
    (void)uv_run(&running->loop, UV_RUN_NOWAIT);
    nap_ms(1);
  }
  HOLDS(running->done_count == 0);
}

Test(process, child_is_refused_its_parents_job_which_goes_on) {
  struct running running = {.done_count = 0};
  cr_assert_eq(uv_loop_init(&running.loop), 0);
  running.engine = engine_new(pool_new(2), MEMORY,
                              SYNCHED_JOB_OPTIONS(.compute = count_up, .on_done = note_done,
                                                  .user = &running, .period_ns = 1000000));
  cr_assert_eq(synched_job_start(running.engine.job, &running.loop), 0);
  for (unsigned i = 0; i < 3; i++)
    expect_child(use_parents_job, &running);
  const uint64_t round = memory_round(running.engine.memory);
  for (unsigned ms = 0; memory_round(running.engine.memory) < round + 5; ms++) {
    cr_assert_lt(ms, HANG_SECONDS * 1000u, "the parent's job has stopped");
    nap_ms(1);
  }
  cr_assert_eq(synched_job_stop(running.engine.job), 0);
  cr_assert_eq(uv_run(&running.loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(uv_loop_close(&running.loop), 0);
  cr_assert_eq(running.done_count, 1);
  cr_assert_eq(running.status, 0);
  engine_end_with_pool(&running.engine);
}

/* --- the parent's loop --- */

static unsigned heard_count, done_count;

static void hear_progress(struct synched_job *job, const struct synched_progress *progress,
                          void *user) {
  (void)job;
  (void)progress;
  (void)user;
  heard_count++;
}

static void hear_done(struct synched_job *job, int status, const struct synched_report *report,
                      void *user) {
  (void)job;
  (void)report;
  (void)user;
  done_count += status == 0;
}

/* It goes on with the loop that it has a copy of. */
static void run_the_copy(void *context) {
  uv_loop_t *loop = context;
  HOLDS(uv_loop_fork(loop) == 0);
  for (unsigned i = 0; i < 20; i++) {
    (void)uv_run(loop, UV_RUN_NOWAIT);
    nap_ms(2);
  }
  HOLDS(heard_count == 0 && done_count == 0);
}

Test(process, child_that_runs_the_parents_loop_hears_nothing_of_its_jobs) {
  uv_loop_t loop;
  struct engine engine = engine_new(
      pool_new(1), MEMORY,
      SYNCHED_JOB_OPTIONS(.compute = count_up, .round_count = 20, .on_progress = hear_progress,
                          .progress_ns = 1000000, .on_done = hear_done));
  cr_assert_eq(uv_loop_init(&loop), 0);
  cr_assert_eq(synched_job_start(engine.job, &loop), 0);
  expect_child(run_the_copy, &loop);
  (void)uv_run(&loop, UV_RUN_DEFAULT);
  cr_assert_eq(done_count, 1, "the child has taken the parent's signal");
  cr_assert_eq(uv_loop_close(&loop), 0);
  engine_end_with_pool(&engine);
}

/* --- telling --- */

Test(process, tell_long_line_is_cut_and_ends) {
  char line[1024] = "";
  int ends[2];
  cr_assert_eq(pipe(ends), 0);
  const int kept = dup(STDERR_FILENO);
  cr_assert_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
  synched__process_tell("%0700d", 1);
  cr_assert_eq(dup2(kept, STDERR_FILENO), STDERR_FILENO);
  cr_assert_eq(close(kept) + close(ends[1]), 0);
  const ssize_t length = read(ends[0], line, sizeof line);
  cr_assert_eq(close(ends[0]), 0);
  cr_assert_gt(length, 100);
  cr_assert_lt(length, 513);
  cr_assert_eq(line[length - 1], '\n');
}
