#include "settings.h"

#include <ctype.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>

#include <synched/job.h>
#include <synched/pool.h>

#include "common/words.h"
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
  OPTION_BIND = 256,
  OPTION_PORT,
  OPTION_WIDTH,
  OPTION_HEIGHT,
  OPTION_PERIOD,
  OPTION_SECONDS,
  OPTION_HELP
};

static const struct option long_options[] = {
    {"bind", required_argument, NULL, OPTION_BIND},
    {"port", required_argument, NULL, OPTION_PORT},
    {"workers", required_argument, NULL, 'w'},
    {"width", required_argument, NULL, OPTION_WIDTH},
    {"height", required_argument, NULL, OPTION_HEIGHT},
    {"period", required_argument, NULL, OPTION_PERIOD},
    {"seconds", required_argument, NULL, OPTION_SECONDS},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

int dashboard_number_parse(uint64_t *out, const char *text, struct dashboard_range range,
                           struct example_error *error) {
  uint64_t value = 0;
  bool small = true;
  const char *at = text;
  for (; isdigit((unsigned char)*at); at++) {
    const unsigned digit = (unsigned)(*at - '0');
    small = small && digit <= range.most && value <= (range.most - digit) / 10;
    value = small ? value * 10 + digit : range.most;
  }
  if (at == text || *at != '\0')
    return example_fail(error, 0, "'%.40s' is not a number", text);
  if (!small || value < range.least)
    return example_fail(error, 0, "%.40s is not within %" PRIu64 " .. %" PRIu64, text, range.least,
                        range.most);
  *out = value;
  return 0;
}

static int parse_side(size_t *out, struct example_error *error) {
  uint64_t number = 0;
  const struct dashboard_range range = {DASHBOARD_SIDE_MIN, DASHBOARD_SIDE_MAX};
  if (dashboard_number_parse(&number, optarg, range, error) != 0)
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

static int parse_option(struct dashboard_settings *out, int option, struct example_error *error) {
  uint64_t number = 0;
  int status = 0;
  switch (option) {
  case OPTION_BIND:
    return parse_address(out, error);
  case OPTION_PORT:
    status = dashboard_number_parse(&number, optarg, (struct dashboard_range){0, 65535}, error);
    out->port = (uint16_t)number;
    return status;
  case 'w':
    status = dashboard_number_parse(&number, optarg,
                                    (struct dashboard_range){0, SYNCHED_WORKERS_MAX}, error);
    out->worker_count = (unsigned)number;
    return status;
  case OPTION_WIDTH:
    return parse_side(&out->width, error);
  case OPTION_HEIGHT:
    return parse_side(&out->height, error);
  case OPTION_PERIOD:
    status = dashboard_number_parse(&number, optarg, (struct dashboard_range){0, 3600000}, error);
    out->period_ns = number * NS_PER_MS;
    return status;
  default:
    return dashboard_number_parse(&out->seconds, optarg, (struct dashboard_range){0, 1000000},
                                  error);
  }
}

/* One option: 0, or -1 and a line on stderr. */
static int accept_option(struct dashboard_settings *out, int option, char **argv) {
  struct example_error error;
  char name[EXAMPLE_OPTION_BYTES];
  int status;
  if (option == ':')
    status = example_fail(&error, 0, "a value is missing (see dashboard --help)");
  else if (option == '?')
    status = example_fail(&error, 0, "there is no such option (see dashboard --help)");
  else
    status = parse_option(out, option, &error);
  if (status != 0)
    example_error_print(&error, "dashboard", example_option_name(option, argv, long_options, name));
  return status;
}

enum dashboard_settings_result dashboard_settings_parse(struct dashboard_settings *out, int argc,
                                                        char **argv) {
  int option;
  *out = (struct dashboard_settings){.address = "127.0.0.1",
                                     .port = 8080,
                                     .width = 512,
                                     .height = 512,
                                     .period_ns = 20 * NS_PER_MS};
  opterr = 0; /* getopt's own messages are not in our form */
  while ((option = getopt_long(argc, argv, ":w:", long_options, NULL)) != -1) {
    if (option == OPTION_HELP) {
      fputs(usage, stdout);
      return DASHBOARD_SETTINGS_DONE;
    }
    if (accept_option(out, option, argv) != 0)
      return DASHBOARD_SETTINGS_WRONG;
  }
  if (optind < argc) {
    struct example_error error;
    example_fail(&error, 0, "it takes options only (see dashboard --help)");
    example_error_print(&error, "dashboard", argv[optind]);
    return DASHBOARD_SETTINGS_WRONG;
  }
  return DASHBOARD_SETTINGS_RUN;
}
