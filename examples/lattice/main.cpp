/*
 * lattice: the flow past a cylinder, with the C++ header.
 */
#include <cerrno>
#include <chrono>
#include <cinttypes>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <stdexcept>

#include "common/error.h"
#include "common/output.h"
#include "common/words.h"
#include "flow.hpp"
#include "options.hpp"
#include "picture.hpp"
#include "simulation.hpp"

namespace {

enum exit_code { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_INTERRUPTED = 130 };

volatile std::sig_atomic_t interrupted = 0;

void on_interrupt(int) {
  interrupted = 1;
}

/* What is wrong, of an output or of the whole. */
int fail(const char *name, const char *why) {
  struct example_error error;
  example_fail(&error, 0, "%s", why);
  example_error_print(&error, "lattice", name);
  return EXIT_FAILED;
}

/* What can be known of the output before anything is computed. */
bool prepare_output(const char *path) {
  if (path == nullptr || (example_output_check(path) == 0 &&
                          (!example_output_is_stdout(path) || example_output_claim_stdout() == 0)))
    return true;
  fail(example_output_shown(path), std::strerror(errno));
  return false;
}

int write_picture(const char *path, const lattice::flow &flow, synched::span<const double> state) {
  struct example_output output;
  if (example_output_open(&output, path) != 0)
    return fail(example_output_shown(path), std::strerror(errno));
  try {
    lattice::write_vorticity(output.file, flow, state);
  } catch (const std::exception &error) {
    example_output_discard(&output);
    return fail(example_output_shown(path), error.what());
  }
  return example_output_commit(&output) == 0
             ? EXIT_OK
             : fail(example_output_shown(path), std::strerror(errno));
}

void print_plan(const lattice::simulation &simulation, const lattice::flow &flow,
                unsigned reynolds) {
  const lattice_plane &plane = flow.plane();
  std::printf("%zu x %zu cells in %zu band%s for %u worker%s; the cylinder is %.1f cells wide, "
              "Reynolds number %u\n",
              plane.width, plane.height, simulation.band_count(),
              example_plural(simulation.band_count()), simulation.worker_count(),
              example_plural(simulation.worker_count()), flow.diameter(), reynolds);
}

/* The program's own time loop. */
void compute(lattice::simulation &simulation, const lattice::options &options) {
  const std::uint64_t every = options.every > 0    ? options.every
                              : options.steps > 10 ? options.steps / 10
                                                   : 1;
  const auto start = std::chrono::steady_clock::now();
  std::uint64_t done = 0;
  while (done < options.steps && !interrupted) {
    simulation.advance(every < options.steps - done ? every : options.steps - done);
    done = simulation.state().round();
    const lattice_sums sums = simulation.sums();
    if (!options.quiet && !interrupted)
      std::printf("step %" PRIu64 ": mass %.9g, energy %.9g, fastest %.4f\n", done, sums.mass,
                  sums.energy, std::sqrt(sums.fastest));
    std::fflush(stdout);
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  const double cells = static_cast<double>(options.width * options.height);
  if (!options.quiet)
    std::printf("%" PRIu64 " steps in %.3f s, %.1f million cells per second\n", done, taken.count(),
                static_cast<double>(done) * cells / 1e6 / taken.count());
}

int write_all(const lattice::simulation &simulation, const lattice::flow &flow,
              const lattice::options &options) {
  const auto state = simulation.state();
  int code = interrupted ? EXIT_INTERRUPTED : EXIT_OK;
  if (options.report.form != nullptr &&
      example_report_write(&options.report, "lattice", simulation.report().get()) != 0)
    code = EXIT_FAILED;
  if (options.png_path != nullptr &&
      write_picture(options.png_path, flow, state.elements()) != EXIT_OK)
    code = EXIT_FAILED;
  if (options.checks && !lattice::is_as_in_a_serial_loop(flow, state.round(), state.elements()))
    code = fail("--check", "the state differs from that of a serial loop");
  else if (options.checks && !options.quiet)
    std::printf("The state is that of a serial loop, bit for bit\n");
  return code;
}

int run(const lattice::options &options) {
  const lattice::flow flow(options.width, options.height, options.reynolds);
  lattice::simulation simulation(options, flow, [] { return interrupted != 0; });
  std::signal(SIGINT, on_interrupt);
  if (!options.quiet)
    print_plan(simulation, flow, options.reynolds);
  compute(simulation, options);
  if (interrupted)
    std::fprintf(stderr, "lattice: interrupted in step %" PRIu64 "\n", simulation.state().round());
  return write_all(simulation, flow, options);
}

int run_or_fail(const lattice::options &options) {
  try {
    return run(options);
  } catch (const std::invalid_argument &error) {
    fail("usage", error.what());
    return EXIT_USAGE;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "lattice: %s\n", error.what());
    return EXIT_FAILED;
  }
}

} // namespace

int main(int argument_count, char **arguments) {
  lattice::options options;
  const example_options_result result = lattice::read_options(options, argument_count, arguments);
  if (result != EXAMPLE_OPTIONS_RUN)
    return example_output_exit_code("lattice",
                                    result == EXAMPLE_OPTIONS_DONE ? EXIT_OK : EXIT_USAGE);
  if (!prepare_output(options.png_path) || example_report_check(&options.report, "lattice") != 0)
    return EXIT_FAILED;
  return example_output_exit_code("lattice", run_or_fail(options));
}
