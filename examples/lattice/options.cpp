#include "options.hpp"

#include <cstddef>
#include <type_traits>

#include <synched/memory.h>
#include <synched/pool.h>

namespace lattice {

namespace {

template <class Value> constexpr example_kind kind_of() {
  if (std::is_same<Value, bool>::value)
    return EXAMPLE_FLAG;
  return std::is_unsigned<Value>::value ? EXAMPLE_NUMBER : EXAMPLE_TEXT;
}

/* What options.h's macros make in C. */
#define MEMBER(field)                                                                              \
  { offsetof(options, field), sizeof(options::field), kind_of<decltype(options::field)>() }

example_option number(const char *name, char letter, example_member member, example_range range,
                      const char *help) {
  return {name, letter, "N", help, member, range, nullptr, nullptr};
}

example_option flag(const char *name, example_member member, const char *help) {
  return {name, '\0', nullptr, help, member, {}, nullptr, nullptr};
}

const example_option known[] = {
    number("steps", 'n', MEMBER(steps), {1, UINT64_MAX},
           "time steps to compute; 12000 unless given"),
    number("width", 'x', MEMBER(width), {32, 65536}, "cells along the flow; 480 unless given"),
    number("height", 'y', MEMBER(height), {32, 65536}, "cells across it; 180 unless given"),
    number("reynolds", 'r', MEMBER(reynolds), {1, 100000},
           "the Reynolds number of the cylinder; 150 unless given"),
    number("every", 'e', MEMBER(every), {0, UINT64_MAX},
           "steps between two lines with mass, energy and velocity; 0, the default: a tenth of "
           "all"),
    number("workers", 'w', MEMBER(worker_count), {0, SYNCHED_WORKERS_MAX},
           "worker threads; 0, the default: as many as this process may use"),
    number("segments", 's', MEMBER(segment_count), {0, SYNCHED_SEGMENTS_MAX},
           "bands of rows to cut the plane into; 0, the default: some per worker"),
    {"png",
     '\0',
     "FILE",
     "write the vorticity at the end as a picture; - is standard output, and all else that is "
     "printed there goes to standard error then",
     MEMBER(png_path),
     {},
     nullptr,
     nullptr},
    flag("check", MEMBER(checks), "compute it all again in a serial loop, and compare bit for bit"),
    {"report",
     '\0',
     "FORM[:FILE]",
     EXAMPLE_REPORT_HELP,
     MEMBER(report),
     {},
     nullptr,
     example_report_take},
    flag("quiet", MEMBER(quiet), "print nothing but warnings and errors"),
    {},
};

const example_command command = {
    "lattice", "lattice [options]",
    "Computes the flow past a cylinder with the lattice Boltzmann method (D2Q9).", known,
    "Ctrl-C ends the run early; what was reached is then printed and written.\n"
    "Exit code: 0, 1 when something failed, 2 for a wrong command line, 130 after Ctrl-C."};

} // namespace

example_options_result read_options(options &out, int argument_count, char **arguments) {
  return example_options_read_only(&command, argument_count, arguments, &out);
}

} // namespace lattice
