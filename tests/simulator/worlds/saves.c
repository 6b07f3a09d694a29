/*
 * saves.c: rounds of a job that are written while it goes on. The disk is this file's: what
 * checkpoint/checkpoint.c asks of manifests and generations. Each look at a round that is written
 * finds all of it as the serial loop computes it; a snapshot that is let go too early is a race.
 */
#include "base/error.h"
#include "checkpoint/joint.h"
#include "job/saver.h"
#include "scene.h"

#define WRITES_MOST 16u

struct saving {
  struct scene_job job;
  struct synched_checkpoint *checkpoint;
  /* what it takes to write one; 0: no time */
  uint64_t write_ns;
  /* the writes from this one on fail, so many; counted from 1 */
  unsigned fail_first, fail_count;
  unsigned write_count;
  /* of the writes that went well */
  unsigned written_count;
  uint64_t written[WRITES_MOST];
  /* the last one that failed; 0: none */
  uint64_t failed_round;
  /* a round was written after one that had failed */
  uint64_t written_after_failure;
};

static struct saving *saving;

/* --- the disk --- */

int synched__manifest_init(struct synched__manifest *manifest, const struct synched__plan *plan) {
  *manifest = (struct synched__manifest){.plan = plan};
  return 0;
}

void synched__manifest_deinit(struct synched__manifest *manifest) {
  (void)manifest;
}

int synched__generations_open(struct synched__generations *generations, const char *path,
                              unsigned keep, const struct synched__resumed *resumed) {
  (void)path;
  (void)resumed;
  *generations = (struct synched__generations){.keep = keep};
  return 0;
}

void synched__generations_close(struct synched__generations *generations) {
  (void)generations;
}

static void check_content(const struct synched__manifest *manifest, const unsigned char *bytes) {
  const uint64_t *elements = (const uint64_t *)(const void *)bytes;
  for (size_t s = 0; s < saving->job.segment_count; s++)
    if (elements[s] != promises_value(saving->job.promises, manifest->round, s))
      sim_fail("segment %zu of round %llu is written as %llx", s,
               (unsigned long long)manifest->round, (unsigned long long)elements[s]);
}

int synched__generation_write(struct synched__generations *generations,
                              struct synched__manifest *manifest,
                              const struct synched__files_data *data) {
  struct saving *self = saving;
  const unsigned number = ++self->write_count;
  check_content(manifest, data->fields[0]);
  if (self->write_ns != 0)
    sim_spend(self->write_ns);
  check_content(manifest, data->fields[0]);
  generations->files.bytes = 1;
  if (self->failed_round != 0)
    self->written_after_failure = manifest->round;
  if (number >= self->fail_first && number - self->fail_first < self->fail_count) {
    self->failed_round = manifest->round;
    return synched__fail(SYNCHED_EIO, "there is no room on the disk");
  }
  SIM_CHECK(self->written_count < WRITES_MOST);
  self->written[self->written_count++] = manifest->round;
  generations->newest++;
  return 0;
}

/* --- other ranks: there are none --- */

int synched__joint_init(struct synched__joint *joint, struct synched__manifest *manifest) {
  (void)manifest;
  *joint = (struct synched__joint){.link = NULL};
  return 0;
}

void synched__joint_deinit(struct synched__joint *joint) {
  SIM_CHECK(joint->link == NULL);
}

const size_t *synched__joint_counts(struct synched__joint *joint, const struct synched__plan *plan,
                                    unsigned field, const size_t *counts) {
  (void)joint;
  (void)plan;
  sim_fail("counts of field %u are those of several ranks", field);
  return counts;
}

int synched__joint_write(struct synched__joint *joint, struct synched__generations *generations,
                         struct synched__manifest *manifest,
                         const struct synched__files_data *data) {
  (void)joint;
  (void)generations;
  (void)manifest;
  (void)data;
  sim_fail("a generation is that of several ranks");
  return 0;
}

int synched__joint_open(struct synched__link *link, struct synched__generations *generations,
                        const struct synched_checkpoint_options *options, int status) {
  (void)link;
  (void)generations;
  (void)options;
  sim_fail("a folder is that of several ranks");
  return status;
}

/* --- a job and its checkpoint --- */

struct shape {
  size_t segment_count;
  uint64_t round_count;
  unsigned lease_count;
  const struct synched_checkpoint_options *options;
};

static void open_saving(struct saving *self, const struct scene *scene, const struct shape *shape) {
  struct synched_checkpoint_options options = *shape->options;
  options.struct_size = sizeof options;
  options.folder = "state";
  saving = self;
  scene_job_open(&self->job, scene, shape->segment_count, shape->lease_count,
                 SYNCHED_JOB_OPTIONS(.round_count = shape->round_count));
  if (synched_checkpoint_create(&self->checkpoint, self->job.job, &options) != 0)
    sim_fail("no checkpoint: %s", synched_error_message());
}

static struct synched_checkpoint_info info_of(const struct saving *self) {
  struct synched_checkpoint_info info = {.struct_size = sizeof info};
  SIM_CHECK(synched_checkpoint_info(self->checkpoint, &info) == 0);
  return info;
}

/* In their order. */
static void check_written(const struct saving *self) {
  for (unsigned i = 1; i < self->written_count; i++)
    SIM_CHECK(self->written[i - 1] <= self->written[i]);
}

/* Then what is under way is written, and the snapshots are back. */
static void close_saving(struct saving *self) {
  SIM_CHECK(synched_checkpoint_destroy(self->checkpoint) == 0);
  check_written(self);
  scene_job_close(&self->job);
}

static uint64_t calls_ns(uint64_t round, size_t segment) {
  return 10000 + 1000 * (round + segment) % 3;
}

/* --- each round is due --- */

static void run_each(enum synched_checkpoint_overlap overlap, unsigned fail_first) {
  struct scene scene;
  struct saving self = {.job = {.spend_ns = calls_ns},
                        .write_ns = 25000,
                        .fail_first = fail_first,
                        .fail_count = fail_first != 0};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  open_saving(
      &self, &scene,
      &(struct shape){2, 4, 1, SYNCHED_CHECKPOINT_OPTIONS(.every_rounds = 1, .overlap = overlap)});
  sim_aloud();
  scene_job_run(&self.job, 0);
  const int status = synched_checkpoint_save(self.checkpoint);
  sim_quietly();
  SIM_CHECK(status == (self.write_count == fail_first ? SYNCHED_EIO : 0));
  const struct synched_checkpoint_info info = info_of(&self);
  SIM_CHECK(info.pending_count == 0 && info.written_count == self.written_count);
  SIM_CHECK(info.failed_count == self.write_count - self.written_count);
  /* The last one is saved, too. */
  SIM_CHECK(self.write_count + info.skipped_count == 5);
  SIM_CHECK(overlap == SYNCHED_CHECKPOINT_SKIP || info.skipped_count == 0);
  SIM_CHECK(status != 0 || self.written[self.written_count - 1] == 4);
  close_saving(&self);
  scene_close(&scene);
}

static void run_each_skipped(void) {
  run_each(SYNCHED_CHECKPOINT_SKIP, 0);
}

static void run_each_queued(void) {
  run_each(SYNCHED_CHECKPOINT_WAIT, 0);
}

static void run_each_failed(void) {
  run_each(SYNCHED_CHECKPOINT_WAIT, 2);
}

const struct sim_world sim_world_saves = {
    .name = "saves-2x2x4",
    .about = "each round is due to be written, and left out while another one is",
    .run = run_each_skipped,
    .bound = 1,
};

const struct sim_world sim_world_saves_queued = {
    .name = "saves-queued-2x2x4",
    .about = "each round is written, and the job waits where there is no buffer",
    .run = run_each_queued,
    .bound = 1,
};

const struct sim_world sim_world_saves_failed = {
    .name = "saves-failed-2x2x4",
    .about = "the disk refuses one of them, and the job goes on",
    .run = run_each_failed,
    .bound = 1,
};

/* --- requests of another thread --- */

static void request_twice(void *argument) {
  const struct saving *self = argument;
  for (unsigned i = 0; i < 2; i++) {
    SIM_CHECK(synched_checkpoint_request(self->checkpoint) == 0);
    sim_spend(12000);
  }
}

static void run_requested(void) {
  struct scene scene;
  struct saving self = {.job = {.spend_ns = calls_ns}, .write_ns = 15000};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  open_saving(&self, &scene, &(struct shape){2, 4, 1, SYNCHED_CHECKPOINT_OPTIONS(.keep = 1)});
  sim_aloud();
  const unsigned thread = sim_thread_start(request_twice, &self);
  scene_job_run(&self.job, 0);
  sim_thread_join(thread);
  SIM_CHECK(info_of(&self).pending_count <= 1);
  close_saving(&self);
  sim_quietly();
  SIM_CHECK(self.written_count <= 2 && self.write_count == self.written_count);
  scene_close(&scene);
}

const struct sim_world sim_world_saves_requested = {
    .name = "saves-requested-2x2x4",
    .about = "another thread asks for rounds to be written; then all of it is destroyed",
    .run = run_requested,
    .bound = 1,
};

/* Calls of the first two rounds ask. */
static uint64_t asking_ns(uint64_t round, size_t segment) {
  if (round <= 2 && segment == 0)
    SIM_CHECK(synched_checkpoint_request(saving->checkpoint) == 0);
  return calls_ns(round, segment);
}

/* A round that cannot be written ends the job after the next round that is published once that is
 * known; it is known to who takes another one. */
static void run_required(void) {
  struct scene scene;
  struct saving self = {
      .job = {.spend_ns = asking_ns}, .write_ns = 5000, .fail_first = 1, .fail_count = 1};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  open_saving(
      &self, &scene,
      &(struct shape){2, 5, 1, SYNCHED_CHECKPOINT_OPTIONS(.flags = SYNCHED_CHECKPOINT_REQUIRED)});
  sim_aloud();
  const int status = synched_job_run(self.job.job);
  sim_quietly();
  promises_end(self.job.promises);
  SIM_CHECK(status == 0 || status == SYNCHED_EIO);
  close_saving(&self);
  if (status == 0 && self.written_after_failure != 0 && self.written_after_failure < 5)
    sim_fail("round %llu could not be written, round %llu was, and the job went on",
             (unsigned long long)self.failed_round, (unsigned long long)self.written_after_failure);
  scene_close(&scene);
}

const struct sim_world sim_world_saves_required = {
    .name = "saves-required-2x2x5",
    .about = "a round that must be written cannot be, and ends the job",
    .run = run_required,
    .bound = 1,
};

/* --- by the clock --- */

static void run_timed(void) {
  struct scene scene;
  struct saving self = {.job = {.spend_ns = calls_ns}, .write_ns = 9000};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  open_saving(&self, &scene,
              &(struct shape){2, 4, 1, SYNCHED_CHECKPOINT_OPTIONS(.every_ns = 15000)});
  sim_aloud();
  scene_job_run(&self.job, 0);
  close_saving(&self);
  sim_quietly();
  SIM_CHECK(self.write_count <= 4);
  scene_close(&scene);
}

const struct sim_world sim_world_saves_timed = {
    .name = "saves-timed-2x2x4",
    .about = "rounds are written as the clock says",
    .run = run_timed,
    .bound = 1,
};

/* --- a round of a job that does not run: the edge between who puts it and who writes it --- */

static int put(const struct saving *self) {
  struct synched__saver *saver = self->job.job->setup.saver;
  return saver->take(saver, &self->job.memory->pair.current->snapshot);
}

static void put_current(const struct saving *self) {
  SIM_CHECK(synched_checkpoint_request(self->checkpoint) == 0);
  SIM_CHECK(put(self) == 0);
}

/* One that has not been let go of is waited for, come what may. */
static void run_put(void) {
  struct scene scene;
  struct saving self = {.write_ns = 1000};
  scene_open(&scene, 1, SYNCHED_WAIT_SLEEP);
  open_saving(&self, &scene, &(struct shape){1, 1, 1, SYNCHED_CHECKPOINT_OPTIONS(.keep = 1)});
  sim_aloud();
  put_current(&self);
  SIM_CHECK(synched_checkpoint_save(self.checkpoint) == 0);
  put_current(&self);
  close_saving(&self);
  sim_quietly();
  SIM_CHECK(self.written_count == 3);
  scene_close(&scene);
}

const struct sim_world sim_world_saves_put = {
    .name = "saves-put-1x1",
    .about = "a round is written while its checkpoint is waited for, and destroyed",
    .run = run_put,
    .bound = 3,
};

/* Where nothing is pending, there is room for the next one. */
static void run_room(void) {
  struct scene scene;
  struct saving self = {.write_ns = 1000};
  scene_open(&scene, 1, SYNCHED_WAIT_SLEEP);
  open_saving(&self, &scene, &(struct shape){1, 1, 1, SYNCHED_CHECKPOINT_OPTIONS(.keep = 1)});
  const struct synched__saver *saver = self.job.job->setup.saver;
  sim_aloud();
  for (unsigned i = 0; i < 3; i++) {
    put_current(&self);
    while (!synched__saver_takes(saver))
      sim_spend(500);
  }
  sim_quietly();
  SIM_CHECK(info_of(&self).skipped_count == 0);
  close_saving(&self);
  SIM_CHECK(self.written_count == 3);
  scene_close(&scene);
}

const struct sim_world sim_world_saves_room = {
    .name = "saves-room-1x1",
    .about = "the next round is put as soon as nothing is pending",
    .run = run_room,
    .bound = 2,
};

/* Who finds that the job is to end has the status that it ends with. */
static void run_refused_put(void) {
  struct scene scene;
  struct saving self = {.write_ns = 1000, .fail_first = 1, .fail_count = 1};
  scene_open(&scene, 1, SYNCHED_WAIT_SLEEP);
  open_saving(
      &self, &scene,
      &(struct shape){1, 1, 1, SYNCHED_CHECKPOINT_OPTIONS(.flags = SYNCHED_CHECKPOINT_REQUIRED)});
  const struct synched__saver *saver = self.job.job->setup.saver;
  sim_aloud();
  put_current(&self);
  while ((synched__load_relaxed(&saver->asked) & SYNCHED__SAVER_FAILED) == 0)
    sim_spend(500);
  SIM_CHECK(put(&self) == SYNCHED_EIO);
  close_saving(&self);
  sim_quietly();
  scene_close(&scene);
}

const struct sim_world sim_world_saves_refused = {
    .name = "saves-refused-1x1",
    .about = "a round could not be written, and who puts the next one learns why",
    .run = run_refused_put,
    .bound = 3,
};

/* Whatever is put, and asked for, while one is refused. */
static void run_refused_once(void) {
  struct scene scene;
  struct saving self = {.fail_first = 1, .fail_count = 1};
  int status = 0;
  scene_open(&scene, 1, SYNCHED_WAIT_SLEEP);
  open_saving(
      &self, &scene,
      &(struct shape){1, 1, 1, SYNCHED_CHECKPOINT_OPTIONS(.flags = SYNCHED_CHECKPOINT_REQUIRED)});
  sim_aloud();
  put_current(&self);
  for (unsigned i = 0; i < 2 && status == 0; i++) {
    SIM_CHECK(synched_checkpoint_request(self.checkpoint) == 0);
    status = put(&self);
  }
  SIM_CHECK(synched_checkpoint_save(self.checkpoint) == 0);
  if (status == 0)
    status = put(&self);
  sim_quietly();
  SIM_CHECK(status == SYNCHED_EIO);
  close_saving(&self);
  scene_close(&scene);
}

const struct sim_world sim_world_saves_refused_once = {
    .name = "saves-refused-2x1",
    .about = "a round could not be written, while others are put and asked for",
    .run = run_refused_once,
    .bound = 3,
};
