#include "settings.h"

#include <getopt.h>

#include <synched/job.h>
#include <synched/pool.h>

#include "request.h"

static const char usage[] =
    "usage: dashboard [options]\n"
    "\n"
    "Runs Conway's Life on a torus and shows it, and what its workers do, in a browser, where it "
    "can be\n"
    "paused, stepped, slowed down, cancelled and restarted. Whoever can reach the port can do "
    "that.\n"
    "\n"
    "      --bind ADDRESS  the numeric address to listen at; 127.0.0.1, the default: this machine "
    "only\n"
    "      --port P        8080 by default; 0: any free one, which is printed\n"
    "  -w, --workers N     worker threads; 0, the default: as many as this process may use\n"
    "      --width N       of the torus, 16 .. 4096 cells; 512 by default\n"
    "      --height N      the same\n"
    "      --period MS     from one round to the next, 20 by default; 0: one after the other\n"
    "      --seconds N     end after so long; 0, the default: at Ctrl-C\n"
    "      --help          print this\n"
    "\n"
    "Exit code: 0, 1 when something failed, 2 for a wrong command line.\n";

#define NS_PER_MS UINT64_C(1000000)

enum long_only {
  OPTION_BIND = EXAMPLE_OPTION_HELP + 1,
  OPTION_PORT,
  OPTION_WIDTH,
  OPTION_HEIGHT,
  OPTION_PERIOD,
  OPTION_SECONDS
};

static const struct option long_options[] = {
    {"bind", required_argument, NULL, OPTION_BIND},
    {"port", required_argument, NULL, OPTION_PORT},
    {"workers", required_argument, NULL, 'w'},
    {"width", required_argument, NULL, OPTION_WIDTH},
    {"height", required_argument, NULL, OPTION_HEIGHT},
    {"period", required_argument, NULL, OPTION_PERIOD},
    {"seconds", required_argument, NULL, OPTION_SECONDS},
    {"help", no_argument, NULL, EXAMPLE_OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static int parse_side(size_t *out, struct example_error *error) {
  uint64_t number = 0;
  const struct example_range range = {DASHBOARD_SIDE_MIN, DASHBOARD_SIDE_MAX};
  if (example_number_parse(&number, optarg, range, error) != 0)
    return -1;
  *out = (size_t)number;
  return 0;
}

static int parse_address(struct dashboard_settings *out, struct example_error *error) {
  if (!dashboard_address_valid(optarg))
    return example_fail(error, 0, "'%.60s' is not a numeric address", optarg);
  out->address = optarg;
  return 0;
}

static int parse_option(void *settings, int option, struct example_error *error) {
  struct dashboard_settings *const out = settings;
  uint64_t number = 0;
  int status = 0;
  switch (option) {
  case OPTION_BIND:
    return parse_address(out, error);
  case OPTION_PORT:
    status = example_number_parse(&number, optarg, (struct example_range){0, 65535}, error);
    out->port = (uint16_t)number;
    return status;
  case 'w':
    status = example_number_parse(&number, optarg, (struct example_range){0, SYNCHED_WORKERS_MAX},
                                  error);
    out->worker_count = (unsigned)number;
    return status;
  case OPTION_WIDTH:
    return parse_side(&out->width, error);
  case OPTION_HEIGHT:
    return parse_side(&out->height, error);
  case OPTION_PERIOD:
    status = example_number_parse(&number, optarg, (struct example_range){0, 3600000}, error);
    out->period_ns = number * NS_PER_MS;
    return status;
  default:
    return example_number_parse(&out->seconds, optarg, (struct example_range){0, 1000000}, error);
  }
}

enum example_options_result dashboard_settings_parse(struct dashboard_settings *out, int argc,
                                                     char **argv) {
  static const struct example_options options = {.program = "dashboard",
                                                 .usage = usage,
                                                 .letters = ":w:",
                                                 .known = long_options,
                                                 .take = parse_option};
  *out = (struct dashboard_settings){.address = "127.0.0.1",
                                     .port = 8080,
                                     .width = 512,
                                     .height = 512,
                                     .period_ns = 20 * NS_PER_MS};
  const enum example_options_result result = example_options_read(&options, argc, argv, out);
  return result == EXAMPLE_OPTIONS_RUN ? example_options_only("dashboard", argc, argv) : result;
}
