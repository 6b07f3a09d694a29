/*
 * synched.hpp: Synched for C++17 and later. Header only; it needs the C headers, the C library, and
 * the standard library.
 *
 *   synched::pool pool;
 *   synched::memory<double> rod(synched::memory_options().segment_count(4).segment_capacity(50));
 *   synched::job job = synched::job_setup(pool, rod)
 *                          .compute([&](synched::task &task) {
 *                            auto was = task.previous(rod).elements();
 *                            auto is = task.out(rod);
 *                            for (std::size_t i = 0; i < is.size(); i++)
 *                              is[i] = relaxed(was, task.first() + i);
 *                          })
 *                          .round_count(100)
 *                          .create();
 *   job.run();
 *   for (double degrees : rod.current().elements())
 *     std::cout << degrees << '\n';
 *
 * What is here is what the C headers say of the function of that name; the C headers have shapes,
 * threads, blocking and costs. This is what is different:
 *
 * - Owners. pool, memory, job, snapshot, writer, report, checkpoint and cluster own what they are
 *   called for. They can be moved, a started job, too, and not copied. Destroy them in the reverse
 *   order of their making, as scopes do. What cannot be destroyed yet, because something else still
 *   uses it, is left alone for good, as the C functions leave it: nothing is freed under a round
 *   that runs.
 * - Callbacks are lambdas with captures. Each is moved to the heap once, when the job is made, and
 *   rounds allocate nothing. Calls of compute, init and stages come from several threads at once,
 *   so those lambdas cannot be `mutable`.
 * - Memories are keys. task.out(rod), task.previous(rod), now.field(rod) find the field that `rod`
 *   is of the job, and its type. Where no memory is at hand, the number of a field does, and its
 *   type is the caller's word: task.out<double>(0).
 * - Errors. A function that fails throws std::system_error: its code is in synched::category() and
 *   compares with SYNCHED_EBUSY as with std::errc::device_or_resource_busy, and its what() begins
 *   with the sentence of synched_error_message(). Steering calls (job_ref) return std::error_code
 *   and throw nothing, because a job may end at any moment.
 * - Exceptions that leave a callback fail the round: nothing of it is published. If several calls
 *   fail, the lowest segment's failure counts, thrown or returned. job::run and job::advance throw
 *   the exception again. Of a job that was started on a loop, on_done gets it (ended::check throws
 *   it), and job::check throws it later. An exception from a callback of the loop (on_snapshot,
 *   on_steered ...) cancels the job, and comes out in the same places.
 * - Without exceptions (-fno-exceptions) the same functions return a result: result<T> in place of
 *   T, result<void> in place of nothing; owners are made with their `create` functions. Both kinds
 *   of translation units can be in one program.
 */
#ifndef SYNCHED_SYNCHED_HPP
#define SYNCHED_SYNCHED_HPP

#include <synched/synched.h>

#include <synched/cpp/checkpoint.hpp>
#include <synched/cpp/cluster.hpp>
#include <synched/cpp/error.hpp>
#include <synched/cpp/job.hpp>
#include <synched/cpp/job_setup.hpp>
#include <synched/cpp/memory.hpp>
#include <synched/cpp/pool.hpp>
#include <synched/cpp/report.hpp>
#include <synched/cpp/snapshot.hpp>
#include <synched/cpp/span.hpp>
#include <synched/cpp/task.hpp>
#include <synched/cpp/writer.hpp>

#endif
