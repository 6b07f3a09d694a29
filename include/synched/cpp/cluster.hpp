/*
 * cluster.hpp: one job on several ranks; <synched/cluster.h> says all that there is to it.
 */
#ifndef SYNCHED_CPP_CLUSTER_HPP
#define SYNCHED_CPP_CLUSTER_HPP

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include <synched/cluster.h>

#include <synched/cpp/error.hpp>
#include <synched/cpp/job_ref.hpp>
#include <synched/cpp/memory.hpp>
#include <synched/cpp/snapshot.hpp>

SYNCHED_CPP_BEGIN

using cluster_options = synched_cluster_options;  /* synched_cluster_options_default() */
using cluster_info = struct synched_cluster_info; /* a function has the name, too */
using rank_summary = synched_rank_summary;
using ranks_efficiency = struct synched_ranks_efficiency; /* as well */

namespace detail {

template <class Make>
using makes_cluster = std::enable_if_t<std::is_invocable_r_v<int, Make &, synched_cluster **>>;

} // namespace detail

/* The ranks of jobs, which get it by job_setup::cluster. Make it before them, so that it ends after
 * them.
 *
 * The library that carries messages makes one, in a function that is handed over: so this header
 * needs nothing of MPI.
 *
 *   synched::cluster ranks([](synched_cluster **out) {
 *     return synched_cluster_create(out, MPI_COMM_WORLD, nullptr);    // <synched/mpi.h>
 *   });
 */
class cluster {
public:
#if SYNCHED_CPP_EXCEPTIONS
  template <class Make, class = detail::makes_cluster<Make>>
  explicit cluster(Make make) : cluster(create(std::move(make))) {
  }
  cluster(const synched_transport &transport, const cluster_options &options)
      : cluster(create(transport, options)) {
  }
#endif

  template <class Make, class = detail::makes_cluster<Make>>
  static outcome<cluster> create(Make make) {
    synched_cluster *made = nullptr;
    const int status = make(&made);
    return detail::finish(status, cluster(made));
  }
  /* Over another way to carry messages, which the cluster takes over. */
  static outcome<cluster> create(const synched_transport &transport,
                                 const cluster_options &options) {
    synched_cluster *made = nullptr;
    const int status = synched_cluster_create_over(&made, &transport, &options);
    return detail::finish(status, cluster(made));
  }

  cluster(cluster &&other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {
  }
  cluster &operator=(cluster &&other) noexcept {
    if (this != &other) {
      (void)synched_cluster_destroy(raw_);
      raw_ = std::exchange(other.raw_, nullptr);
    }
    return *this;
  }
  ~cluster() {
    (void)synched_cluster_destroy(raw_);
  }

  cluster_info info() const noexcept {
    cluster_info out{};
    out.struct_size = sizeof out;
    (void)synched_cluster_info(raw_, &out);
    return out;
  }
  unsigned rank() const noexcept {
    return info().rank;
  }
  unsigned rank_count() const noexcept {
    return info().rank_count;
  }
  /* Which of so many segments a rank computes; this one. */
  synched_segments segments(std::size_t segment_count, unsigned rank) const noexcept {
    return synched_cluster_segments(raw_, segment_count, rank);
  }
  synched_segments segments(std::size_t segment_count) const noexcept {
    return segments(segment_count, rank());
  }

  /* Brings a whole field of a snapshot to one rank; all ranks call these. */
  outcome<void> gather(const round_view &of, unsigned root = 0) {
    return detail::finish(synched_cluster_gather(raw_, of.get(), root));
  }
  /* The same between two runs, of what the memory holds. */
  template <class T> outcome<void> gather(memory<T> &of, unsigned root = 0) {
    return detail::finish(synched_cluster_gather_memory(raw_, of.get(), root));
  }

  /* Deals segments anew, by what they cost; all ranks call this, between runs. */
  outcome<void> learn(const job_ref &of) {
    return detail::finish(synched_cluster_learn(of.get()));
  }

  /* What each rank did in a job's last run: on the root of all ranks, elsewhere nothing. All ranks
   * call this. */
  outcome<std::vector<rank_summary>> collect(const job_ref &of, unsigned root = 0) const {
    const cluster_info here = info();
    std::vector<rank_summary> all(here.rank == root ? here.rank_count : 0);
    const int status = synched_cluster_collect(of.get(), all.data(), root);
    if (status != 0)
      all.clear();
    return detail::finish(status, std::move(all));
  }

  synched_cluster *get() const noexcept {
    return raw_;
  }

private:
  explicit cluster(synched_cluster *raw) noexcept : raw_(raw) {
  }

  synched_cluster *raw_;
};

/* Of all ranks together: synched_ranks_efficiency. */
inline ranks_efficiency efficiency_of(const std::vector<rank_summary> &ranks) noexcept {
  return synched_ranks_efficiency(ranks.data(), static_cast<unsigned>(ranks.size()));
}

SYNCHED_CPP_END

#endif
