#include "settings.h"

#include <synched/job.h>
#include <synched/pool.h>

#include "request.h"

#define NS_PER_MS UINT64_C(1000000)

static int parse_address(void *to, const char *text, struct example_error *error) {
  if (!dashboard_address_valid(text))
    return example_fail(error, 0, "'%.60s' is not a numeric address", text);
  *(const char **)to = text;
  return 0;
}

static int parse_period(void *to, const char *text, struct example_error *error) {
  uint64_t ms;
  if (example_number_parse(&ms, text, (struct example_range){0, 3600000}, error) != 0)
    return -1;
  *(uint64_t *)to = ms * NS_PER_MS;
  return 0;
}

#define DASHBOARD(field) EXAMPLE_MEMBER(struct dashboard_settings, field)

static const struct example_option known[] = {
    {.name = "bind",
     .value = "ADDRESS",
     DASHBOARD(address),
     .parse = parse_address,
     .help = "the numeric address to listen at; 127.0.0.1, the default: this machine only"},
    {.name = "port",
     .value = "P",
     DASHBOARD(port),
     .range = {0, 65535},
     .help = "8080 by default; 0: any free one, which is printed"},
    EXAMPLE_WORKERS_OPTION(struct dashboard_settings, worker_count),
    {.name = "width",
     .value = "N",
     DASHBOARD(width),
     .range = {DASHBOARD_SIDE_MIN, DASHBOARD_SIDE_MAX},
     .help = "of the torus, 16 .. 4096 cells; 512 by default"},
    {.name = "height",
     .value = "N",
     DASHBOARD(height),
     .range = {DASHBOARD_SIDE_MIN, DASHBOARD_SIDE_MAX},
     .help = "the same"},
    {.name = "period",
     .value = "MS",
     DASHBOARD(period_ns),
     .parse = parse_period,
     .help = "from one round to the next, 20 by default; 0: one after the other"},
    {.name = "seconds",
     .value = "N",
     DASHBOARD(seconds),
     .range = {0, 1000000},
     .help = "end after so long; 0, the default: at Ctrl-C"},
    {.name = NULL},
};

static const struct example_command command = {
    .program = "dashboard",
    .synopsis = "dashboard [options]",
    .about = "Runs Conway's Life on a torus and shows it, and what its workers do, in a browser, "
             "where it can be paused, stepped, slowed down, cancelled and restarted. Whoever can "
             "reach the port can do that.",
    .options = known,
    .ending = "Exit code: 0, 1 when something failed, 2 for a wrong command line."};

enum example_options_result dashboard_settings_parse(struct dashboard_settings *out, int argc,
                                                     char **argv) {
  *out = (struct dashboard_settings){.address = "127.0.0.1",
                                     .port = 8080,
                                     .width = 512,
                                     .height = 512,
                                     .period_ns = 20 * NS_PER_MS};
  return example_options_read_only(&command, argc, argv, out);
}
