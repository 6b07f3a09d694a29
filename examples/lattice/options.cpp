#include "options.hpp"

#include <getopt.h>

#include <synched/memory.h>
#include <synched/pool.h>

#include "common/error.h"
#include "common/number.h"

namespace lattice {

namespace {

const char usage[] =
    "usage: lattice [options]\n"
    "\n"
    "Computes the flow past a cylinder with the lattice Boltzmann method (D2Q9).\n"
    "\n"
    "  -n, --steps N        time steps to compute; 12000 unless given\n"
    "  -x, --width N        cells along the flow; 480 unless given\n"
    "  -y, --height N       cells across it; 180 unless given\n"
    "  -r, --reynolds N     the Reynolds number of the cylinder; 150 unless given\n"
    "  -e, --every N        steps between two lines with mass, energy and velocity; 0, the\n"
    "                       default: a tenth of all\n"
    "  -w, --workers N      worker threads; 0, the default: as many as this process may use\n"
    "  -s, --segments N     bands of rows to cut the plane into; 0, the default: some per worker\n"
    "      --png FILE       write the vorticity at the end as a picture; - is standard output,\n"
    "                       and all else that is printed there goes to standard error then\n"
    "      --check          compute it all again in a serial loop, and compare bit for "
    "bit\n" EXAMPLE_REPORT_USAGE "      --quiet          print nothing but warnings and errors\n"
    "      --help           print this\n"
    "\n"
    "Ctrl-C ends the run early; what was reached is then printed and written.\n"
    "Exit code: 0, 1 when something failed, 2 for a wrong command line, 130 after Ctrl-C.\n";

enum long_only { OPTION_PNG = EXAMPLE_OPTION_HELP + 1, OPTION_CHECK, OPTION_REPORT, OPTION_QUIET };

const struct option known[] = {
    {"steps", required_argument, nullptr, 'n'},
    {"width", required_argument, nullptr, 'x'},
    {"height", required_argument, nullptr, 'y'},
    {"reynolds", required_argument, nullptr, 'r'},
    {"every", required_argument, nullptr, 'e'},
    {"workers", required_argument, nullptr, 'w'},
    {"segments", required_argument, nullptr, 's'},
    {"png", required_argument, nullptr, OPTION_PNG},
    {"check", no_argument, nullptr, OPTION_CHECK},
    {"report", required_argument, nullptr, OPTION_REPORT},
    {"quiet", no_argument, nullptr, OPTION_QUIET},
    {"help", no_argument, nullptr, EXAMPLE_OPTION_HELP},
    {nullptr, 0, nullptr, 0},
};

/* Reads the option's number into a variable of any unsigned type. */
template <class Number>
int take_number(Number &out, example_range range, struct example_error *error) {
  std::uint64_t number = 0;
  const int status = example_number_parse(&number, optarg, range, error);
  if (status == 0)
    out = static_cast<Number>(number);
  return status;
}

int take_option(void *user, int option, struct example_error *error) {
  options &out = *static_cast<options *>(user);
  switch (option) {
  case 'n':
    return take_number(out.steps, {1, UINT64_MAX}, error);
  case 'x':
    return take_number(out.width, {32, 65536}, error);
  case 'y':
    return take_number(out.height, {32, 65536}, error);
  case 'r':
    return take_number(out.reynolds, {1, 100000}, error);
  case 'e':
    return take_number(out.every, {0, UINT64_MAX}, error);
  case 'w':
    return take_number(out.worker_count, {0, SYNCHED_WORKERS_MAX}, error);
  case 's':
    return take_number(out.segment_count, {0, SYNCHED_SEGMENTS_MAX}, error);
  case OPTION_PNG:
    out.png_path = optarg;
    return 0;
  case OPTION_CHECK:
    out.checks = true;
    return 0;
  case OPTION_REPORT:
    return example_report_parse(&out.report, optarg, error);
  default:
    out.quiet = true;
    return 0;
  }
}

} // namespace

example_options_result read_options(options &out, int argument_count, char **arguments) {
  const example_options all = {"lattice", usage, ":n:x:y:r:e:w:s:", known, take_option};
  const example_options_result result = example_options_read(&all, argument_count, arguments, &out);
  if (result == EXAMPLE_OPTIONS_RUN)
    return example_options_only("lattice", argument_count, arguments);
  return result;
}

} // namespace lattice
