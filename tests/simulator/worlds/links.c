/*
 * links.c: two threads of a rank at one edge, without the rounds around it. The other rank is there
 * only as far as its messages are. And who comes to a memory as soon as its job is over.
 */
#include <string.h>

#include "cluster/link.h"
#include "exchange.h"
#include "memory/restore.h"
#include "post.h"
#include "scene.h"

/* Longer than messages are left alone. */
#define SOON_NS 30000u

static struct synched_cluster *open_cluster(unsigned rank) {
  struct synched_cluster *cluster;
  const struct synched_transport transport = exchange_transport(rank, 2);
  SIM_CHECK(synched_cluster_create_over(&cluster, &transport, NULL) == 0);
  return cluster;
}

/* --- several workers move the same messages on --- */

static void drive(void *link) {
  synched__link_drive(link);
  sim_spend(SOON_NS);
  synched__link_drive(link);
}

static void run_driven(void) {
  static const uint64_t sent = 5, expected = 7;
  uint64_t out = sent, in = 0;
  struct synched_piece pieces[2] = {{&out, sizeof out}, {&in, sizeof in}};
  const struct synched_message messages[2] = {
      {.peer = 1, .tag = 9, .piece_count = 1, .pieces = &pieces[0]},
      {.peer = 1, .is_received = 1, .tag = 9, .piece_count = 1, .pieces = &pieces[1]}};
  struct synched__group group;
  sim_quietly();
  struct synched_cluster *cluster = open_cluster(0);
  struct synched__link link = {.cluster = cluster, .groups = {&group}, .group_count = 1};
  SIM_CHECK(synched__wire_make(&cluster->wire, &group, messages, 2) == 0);
  synched__wire_start(&cluster->wire, &group);
  synched__store_relaxed(&link.under_way, 1);
  const unsigned thread = sim_thread_start(drive, &link);
  sim_aloud();
  drive(&link);
  sim_quietly();
  sim_thread_join(thread);
  SIM_CHECK(synched__load_relaxed(&link.under_way) == 1);
  post_send(&(struct post_message){.from = 1, .tag = 9, .bytes = sizeof in}, &expected);
  sim_spend(SOON_NS);
  drive(&link);
  SIM_CHECK(synched__load_relaxed(&link.under_way) == 0 && in == expected);
  synched__wire_unmake(&cluster->wire, &group);
  SIM_CHECK(synched_cluster_destroy(cluster) == 0);
}

const struct sim_world sim_world_driven = {
    .name = "driven-2",
    .about = "two workers move a rank's messages on",
    .run = run_driven,
    .bound = 4,
};

/* --- who finds that messages do not arrive says why to all others --- */

static void find_trouble(void *wire) {
  synched__wire_trouble(wire, SYNCHED_EIO, "the line is dead");
}

static void run_trouble(void) {
  sim_quietly();
  struct synched_cluster *cluster = open_cluster(0);
  struct synched__wire *wire = &cluster->wire;
  const unsigned thread = sim_thread_start(find_trouble, wire);
  sim_aloud();
  while (synched__wire_status(wire) == 0)
    sim_spend(100);
  SIM_CHECK(synched__wire_status(wire) == SYNCHED_EIO);
  synched__wire_trouble(wire, SYNCHED_ETIMEDOUT, "it takes long");
  SIM_CHECK(synched__wire_status(wire) == SYNCHED_EIO && wire->text[4] == 'l');
  sim_quietly();
  sim_thread_join(thread);
  SIM_CHECK(strcmp(wire->text, "the line is dead") == 0);
  SIM_CHECK(synched_cluster_destroy(cluster) == 0);
}

const struct sim_world sim_world_trouble = {
    .name = "trouble-2",
    .about = "a thread reads why messages do not arrive",
    .run = run_trouble,
    .bound = 4,
};

/* --- a memory is gathered as soon as its job is over --- */

enum { SEGMENTS = 2, ROUNDS = 2 };

static struct synched_cluster *gathering;

static int add_round(struct synched_task *task, void *unused) {
  (void)unused;
  *(uint64_t *)task->out += task->round;
  return 0;
}

static void gather(void *memory) {
  int status;
  while ((status = synched_cluster_gather_memory(gathering, memory, 0)) == SYNCHED_EBUSY)
    sim_spend(1000);
  SIM_CHECK(status == 0);
}

static void run_gathered(void) {
  struct scene scene;
  struct synched_memory *memory;
  struct synched_job *job;
  struct {
    size_t count;
    uint64_t value;
  } part;
  scene_open(&scene, 1, SYNCHED_WAIT_SLEEP);
  gathering = open_cluster(1);
  SIM_CHECK(synched_memory_create(
                &memory, SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacity = 1,
                                                .element_size = sizeof(uint64_t),
                                                .flags = SYNCHED_MEMORY_IN_PLACE)) == 0);
  SIM_CHECK(synched_job_create(&job, scene.pool, memory,
                               SYNCHED_JOB_OPTIONS(.compute = add_round, .round_count = ROUNDS,
                                                   .reads = {.reach = SYNCHED_REACH_OWN},
                                                   .record = SYNCHED_RECORD_OFF)) == 0);
  SIM_CHECK(synched_job_start_polled(job) == 0);
  const unsigned thread = sim_thread_start(gather, memory);
  sim_aloud();
  while (synched_job_dispatch(job) != SYNCHED_STOP)
    sim_await(synched_job_fd(job));
  sim_thread_join(thread);
  sim_quietly();
  SIM_CHECK(post_take(&(struct post_message){.from = 1, .tag = 1, .bytes = sizeof part}, &part));
  SIM_CHECK(part.count == 1 && part.value == ROUNDS * (ROUNDS + 1) / 2);
  SIM_CHECK(synched_job_destroy(job) == 0);
  SIM_CHECK(synched_memory_destroy(memory) == 0);
  SIM_CHECK(synched_cluster_destroy(gathering) == 0);
  scene_close(&scene);
}

const struct sim_world sim_world_gathered = {
    .name = "gathered-1x2x2",
    .about = "another thread gathers what is changed in place, when its job is over",
    .run = run_gathered,
    .bound = 1,
};

/* --- a memory gets another content as soon as its job is over --- */

static void restore(void *argument) {
  const struct scene_job *job = argument;
  struct synched__restoring restoring = {.memories = {job->memory}, .count = 1};
  while (synched__restoring_open(&restoring) != 0)
    sim_spend(1000);
  const struct synched_snapshot *now = &job->memory->pair.current->snapshot;
  uint64_t *elements = (uint64_t *)synched__restoring_block(&restoring, 0)->data;
  for (size_t s = 0; s < job->segment_count; s++)
    SIM_CHECK(elements[s]++ == promises_value(job->promises, now->round, s));
  for (size_t s = 0; s < job->segment_count; s++)
    elements[s]--;
  synched__restoring_close(&restoring, &(struct synched__restored){now->round, now->fold, NULL});
}

static void run_restored(void) {
  struct scene scene;
  struct scene_job job = {.spend_ns = NULL};
  scene_open(&scene, 1, SYNCHED_WAIT_SLEEP);
  scene_job_open(&job, &scene, SEGMENTS, 0, SYNCHED_JOB_OPTIONS(.round_count = ROUNDS));
  scene_job_start(&job);
  const unsigned thread = sim_thread_start(restore, &job);
  sim_aloud();
  scene_job_finish(&job);
  sim_thread_join(thread);
  sim_quietly();
  scene_job_close(&job);
  scene_close(&scene);
}

const struct sim_world sim_world_restored = {
    .name = "restored-1x2x2",
    .about = "another thread gives a memory another content, when its job is over",
    .run = run_restored,
    .bound = 1,
};
