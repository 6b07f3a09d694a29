/*
 * picture.hpp: the vorticity of a state as a PNG file.
 */
#ifndef LATTICE_PICTURE_HPP
#define LATTICE_PICTURE_HPP

#include <cstdio>

#include <synched/cpp/span.hpp>

#include "flow.hpp"

namespace lattice {

/* One pixel a cell; above 2048 cells a side, one for a square of them. What turns clockwise is
 * blue, the other way red, the cylinder grey. Throws std::runtime_error: it cannot be written. */
void write_vorticity(std::FILE *file, const flow &flow, synched::span<const double> state);

} // namespace lattice

#endif
