/*
 * run.h: jobs on arrays: a whole run in one call, or a job that brings its memories.
 *
 * A program that has arrays, and a loop over time, says what its calls do, and where its arrays
 * are:
 *
 *   const struct synched_array arrays[] = {SYNCHED_ARRAY(heights), SYNCHED_ARRAY(speeds)};
 *   int status = synched_run(
 *       SYNCHED_POOL_OPTIONS(.worker_count = 4),
 *       SYNCHED_MEMORY_OPTIONS(.flags = SYNCHED_MEMORY_IN_PLACE, .segment_count = 16,
 *                              .element_count = count),
 *       arrays,
 *       SYNCHED_JOB_OPTIONS(.field_count = 2, .stages = stages, .stage_count = 2,
 *                           .round_count = 1000));
 *
 * Field f of the job is arrays[f]. All fields have the segments that the memory's options say, and
 * each has elements of a size of its own. In place (SYNCHED_MEMORY_IN_PLACE) an array is changed
 * where it is. Without that flag it is one of the buffers of its field, which calls read and write
 * in turn, and the library makes the others.
 */
#ifndef SYNCHED_RUN_H
#define SYNCHED_RUN_H

#include <stddef.h>

#include <synched/export.h>
#include <synched/job.h>
#include <synched/memory.h>
#include <synched/pool.h>

SYNCHED_BEGIN_DECLS

/* An array as a field of a job. */
struct synched_array {
  /* Its first element: as many elements follow as all segments have room for (with PADDED, bytes as
   * synched_memory_needs says), and it is aligned as that says. What it holds is the initial
   * content. NULL: the library makes one, of zeros. */
  void *elements;
  /* bytes */
  size_t element_size;
};

#if !defined(__cplusplus)
/* The array at a pointer to its first element, or of that name: SYNCHED_ARRAY(heights). */
#define SYNCHED_ARRAY(elements)                                                                    \
  { (elements), sizeof *(elements) }
#endif

/* Creates a memory for each array, and a job of them, as synched_memory_create and
 * synched_job_create do. The memories are the job's, and end with it.
 * memory: what they have in common; buffers, buffer_count and buffer_bytes are not given, and
 * element_size only where arrays is NULL. Its flags on pages are for what the library makes.
 * arrays: as many as options->field_count says, or 1 where that is 0; copied. NULL: the library
 * makes all of them, with elements of memory->element_size.
 * options: fields is not given.
 * The arrays stay the program's, and must outlive the job. While rounds run they are the library's;
 * between two advances, and after the end of a run, those in place are the program's. Of others,
 * synched_snapshot_current(synched_job_memory(job, f)) says where the newest round is.
 * Any thread; does not block. Costs what these calls cost. On success the caller owns *out and ends
 * it with synched_job_destroy.
 * Errors: SYNCHED_EINVAL: memory or options is NULL; something is given that is not to be; two
 * arrays overlap; a cluster is given: ranks make their jobs in two steps, so that all hear of it
 * where one lacks the memory. Else those of synched_memory_create, whose sentence begins with the
 * field where there are several, and those of synched_job_create. *out is NULL then, and nothing is
 * left. */
SYNCHED_API int synched_job_create_on_arrays(struct synched_job **out, struct synched_pool *pool,
                                             const struct synched_memory_options *memory,
                                             const struct synched_array *arrays,
                                             const struct synched_job_options *options);

/* Does all that a program does for one run: creates a pool, and a job on arrays
 * (synched_job_create_on_arrays), runs it as synched_job_run does, and ends them. The equivalent
 * serial loop is
 *
 *   if (init != NULL)
 *     for (size_t segment = 0; segment < segment_count; segment++) init(&task, user);
 *   for (uint64_t round = 1; round <= round_count; round++) {
 *     for each stage, for each segment: stage->compute(&task, user);
 *     on_round(now, user);
 *   }
 *   on_done(job, status, report, user);
 *
 * as <synched/job.h> says it in full. Afterwards each array holds the last published round. One in
 * place does so by itself, but for a round that fails or is cancelled, after which it is undefined.
 * Any other one is copied once at the end, if the last round lies in a buffer of the library's.
 * pool: NULL for all defaults. To use a pool that there is, or to run several times, call
 * synched_job_create_on_arrays, synched_job_run and synched_job_destroy.
 * The report is on_done's; or SYNCHED_REPORT in the environment has it written. on_done must not
 * start the job again; synched_job_destroy refuses it.
 * Any thread but a worker of a pool; blocks until the job has ended, and the pool with it. The
 * calling thread gets the callbacks of a loop. Costs some milliseconds beside its rounds, for the
 * pool's threads.
 * Returns what synched_job_run returns. Errors, after which no call has run, and nothing is left:
 * those of synched_pool_create, synched_job_create_on_arrays and synched_job_run, with their
 * sentences. SYNCHED_EBUSY: a snapshot is still retained when on_done has returned, or the job has
 * been started again; then the pool, the memories and the job stay, for somebody reads them, and
 * arrays that are not in place need not hold the last round. */
SYNCHED_API int
synched_run(const struct synched_pool_options *pool, const struct synched_memory_options *memory,
            const struct synched_array *arrays, const struct synched_job_options *options)
    SYNCHED_AS_BUILT(synched_run);

SYNCHED_END_DECLS

#endif
