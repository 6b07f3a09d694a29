#include "flow.hpp"

#include <stdexcept>
#include <string>

namespace lattice {

flow::flow(std::size_t width, std::size_t height, unsigned reynolds)
    : solid_(height), plane_{width, height, 0, 0, nullptr},
      diameter_(lattice_place_cylinder(&plane_, reynolds, solid_.data())) {
  const double viscosity = lattice_viscosity(&plane_);
  if (viscosity < LATTICE_VISCOSITY_LEAST) {
    const auto most = static_cast<unsigned>(reynolds * viscosity / LATTICE_VISCOSITY_LEAST);
    throw std::invalid_argument("a Reynolds number of " + std::to_string(reynolds) +
                                " needs more cells; with so many it can be " +
                                std::to_string(most));
  }
}

} // namespace lattice
