#include "flow.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace lattice {

namespace {

/* In cells per step; the method is for flows that are slow beside 0.58, its sound's. */
constexpr double inflow = 0.08;

/* Below this viscosity, in cells squared per step, the method is not stable. */
constexpr double least_viscosity = 0.004;

} // namespace

flow::flow(std::size_t width, std::size_t height, unsigned reynolds)
    : diameter_(static_cast<double>(std::min(width / 3, height)) / 6),
      solid_(height), plane_{width, height, inflow, 0, solid_.data()} {
  const double viscosity = inflow * diameter_ / reynolds;
  if (viscosity < least_viscosity)
    throw std::invalid_argument(
        "a Reynolds number of " + std::to_string(reynolds) +
        " needs more cells; with so many it can be " +
        std::to_string(static_cast<int>(inflow * diameter_ / least_viscosity)));
  plane_.relaxation = 1 / (3 * viscosity + 0.5);

  const double radius = diameter_ / 2;
  const double x = static_cast<double>(width) / 5, y = static_cast<double>(height) / 2;
  for (std::size_t row = 0; row < height; row++) {
    const double across = static_cast<double>(row) - y;
    const double half = radius * radius - across * across;
    if (half <= 0)
      continue;
    solid_[row].begin = static_cast<std::size_t>(std::ceil(x - std::sqrt(half)));
    solid_[row].end = static_cast<std::size_t>(std::floor(x + std::sqrt(half))) + 1;
  }
}

} // namespace lattice
