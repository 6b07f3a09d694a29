/*
 * mpi.h: clusters of the ranks of an MPI communicator. Link libsynched-mpi, beside libsynched and
 * MPI: pkg-config synched-mpi, or CMake's synched::mpi (find_package(synched COMPONENTS mpi)).
 *
 * Everything else about clusters is in <synched/cluster.h>. A program on several ranks is that of
 * one rank, with a cluster in its jobs' options:
 *
 *   int provided;
 *   MPI_Init_thread(&argc, &argv, MPI_THREAD_SERIALIZED, &provided);
 *   struct synched_cluster *cluster;
 *   synched_cluster_create(&cluster, MPI_COMM_WORLD, NULL);
 *   synched_job_create(&job, pool, memory, SYNCHED_JOB_OPTIONS(.cluster = cluster, ...));
 *   synched_job_run(job);
 *   ...
 *   synched_cluster_destroy(cluster);
 *   MPI_Finalize();
 *
 * Workers call MPI, and threads that write checkpoints, one at a time. With MPI_THREAD_SERIALIZED
 * the program must not call it itself while a job of a cluster runs, or another cluster's call is
 * under way, or a checkpoint of such a job still writes: that is over when synched_checkpoint_save
 * has returned, or destroy. With MPI_THREAD_MULTIPLE it may. MPI_THREAD_FUNNELED is not enough.
 *
 * Launchers bind each rank to a core, where there are few ranks: then several workers take turns on
 * it, and a pool of the default size has one. Start with mpirun --bind-to none (Open MPI), mpiexec
 * -bind-to none (MPICH). A job's report advises that where it is so (SYNCHED_ADVICE_BINDING).
 *
 * A rank that dies, or calls MPI_Abort, ends the program on all ranks, as MPI does.
 */
#ifndef SYNCHED_MPI_H
#define SYNCHED_MPI_H

#include <mpi.h>

#include <synched/cluster.h>
#include <synched/export.h>

SYNCHED_BEGIN_DECLS

#if defined(SYNCHED_MPI_STATIC_DEFINE)
#define SYNCHED_MPI_API
#else
#define SYNCHED_MPI_API __attribute__((visibility("default")))
#endif

/* Makes a cluster of all ranks of a communicator, which is duplicated and stays the program's.
 * All ranks of it call this together, and wait for each other. On success the caller owns *out and
 * ends it with synched_cluster_destroy, on all ranks together and before MPI_Finalize, for that
 * frees the duplicate.
 * Errors: SYNCHED_EINVAL: a NULL; MPI is not initialised, or has been finalised; MPI_COMM_NULL, or
 * a communicator between two groups; options as in synched_cluster_create_over. SYNCHED_ENOTSUP:
 * MPI's threads are less than MPI_THREAD_SERIALIZED. SYNCHED_EIO: MPI has failed. SYNCHED_ENOMEM.
 * *out is NULL then; for the next cluster, ranks that had no error are to destroy theirs. */
SYNCHED_MPI_API int synched_cluster_create(struct synched_cluster **out, MPI_Comm communicator,
                                           const struct synched_cluster_options *options);

SYNCHED_END_DECLS

#endif
