/*
 * flow.hpp: the flow that is computed: a cylinder in the kernel's plane.
 */
#ifndef LATTICE_FLOW_HPP
#define LATTICE_FLOW_HPP

#include <cstddef>
#include <vector>

#include "kernel.h"

namespace lattice {

/* Made once, then read by any number of threads. It stays where it is. */
class flow {
public:
  /* Throws std::invalid_argument: so fine a flow needs more cells. */
  flow(std::size_t width, std::size_t height, unsigned reynolds);
  flow(const flow &) = delete;
  flow &operator=(const flow &) = delete;

  /* for the kernel */
  const lattice_plane &plane() const noexcept {
    return plane_;
  }
  /* of the cylinder, in cells */
  double diameter() const noexcept {
    return diameter_;
  }
  std::size_t size() const noexcept {
    return lattice_row(&plane_) * plane_.height;
  }

private:
  std::vector<lattice_range> solid_;
  lattice_plane plane_;
  double diameter_;
};

} // namespace lattice

#endif
