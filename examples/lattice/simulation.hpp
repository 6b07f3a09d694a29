/*
 * simulation.hpp: the flow in rounds. One round is one step, one segment a band of rows.
 */
#ifndef LATTICE_SIMULATION_HPP
#define LATTICE_SIMULATION_HPP

#include <cstddef>
#include <cstdint>
#include <functional>

#include <synched/synched.hpp>

#include "flow.hpp"
#include "options.hpp"

namespace lattice {

/* Its callbacks know where it is: it stays there. */
class simulation {
public:
  /* The options and the flow stay the caller's. is_interrupted is asked after every step, on a
   * worker. Throws std::system_error. */
  simulation(const options &options, const flow &flow, std::function<bool()> is_interrupted);
  simulation(const simulation &) = delete;
  simulation &operator=(const simulation &) = delete;

  /* Computes so many steps, or fewer, if it is interrupted. Throws std::system_error. */
  void advance(std::uint64_t steps);

  /* What has been reached. */
  synched::snapshot<double> state() const noexcept {
    return cells_.current();
  }
  /* of the last step of an advance; of an interrupted one: nothing */
  lattice_sums sums() const noexcept {
    return state().folded<lattice_sums>();
  }

  unsigned worker_count() const noexcept {
    return pool_.worker_count();
  }
  std::size_t band_count() const noexcept {
    return state().segment_count();
  }
  synched::report report() const {
    return job_.report();
  }

private:
  synched::job make_job(const options &options, std::function<bool()> is_interrupted);

  const lattice_plane &plane_;
  std::uint64_t measured_round_ = 0;
  synched::pool pool_;
  synched::memory<double> cells_;
  synched::job job_;
};

/* Computes it all in a serial loop. Whether the state comes out the same, bit for bit. */
bool is_as_in_a_serial_loop(const flow &flow, std::uint64_t steps,
                            synched::span<const double> state);

} // namespace lattice

#endif
