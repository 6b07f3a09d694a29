/*
 * options.hpp: the command line of lattice.
 */
#ifndef LATTICE_OPTIONS_HPP
#define LATTICE_OPTIONS_HPP

#include <cstddef>
#include <cstdint>

#include "common/options.h"
#include "common/report.h"

namespace lattice {

struct options {
  std::uint64_t steps = 12000;
  std::size_t width = 480;
  std::size_t height = 180;
  unsigned reynolds = 150;
  std::uint64_t every = 0; // steps between two lines; 0: a tenth of all
  unsigned worker_count = 0;
  std::size_t segment_count = 0; // 0: some per worker
  const char *png_path = nullptr;
  bool checks = false;
  bool quiet = false;
  example_report report = {};
};

/* The strings stay those of the command line. */
example_options_result read_options(options &out, int argument_count, char **arguments);

} // namespace lattice

#endif
