/*
 * compare.c: what changed from one run to another.
 *
 * A figure has changed if two things say so. The last rounds, which are known one by one: their
 * medians differ by more than what drawing them again and again makes of the difference
 * (resample.h). And the whole run: its distribution's median, which is good to 1 %, has moved to
 * the same side by more than that. So neither a disturbance at the end of a run nor a slow start
 * passes for a change. Both are about these two runs: what a machine does differently tomorrow is
 * in neither.
 */
#include "compare.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/model.h"
#include "resample.h"

/* How exact a distribution is, and the least change that is worth a word. */
#define LEAST_CHANGE 0.01
#define NO_DISTRIBUTION SYNCHED__JOB_DISTRIBUTIONS

struct comparison {
  const struct synched_report *before, *after;
  FILE *file;
};

/* --- the figures --- */

static double total_of(const struct synched_report_round *round, unsigned worker_count) {
  (void)worker_count;
  return (double)round->total_ns;
}

static double longest_of(const struct synched_report_round *round, unsigned worker_count) {
  (void)worker_count;
  return (double)round->longest_ns;
}

static double critical_of(const struct synched_report_round *round, unsigned worker_count) {
  (void)worker_count;
  return (double)round->critical_ns;
}

static double work_of(const struct synched_report_round *round, unsigned worker_count) {
  (void)worker_count;
  return (double)round->compute_ns;
}

static double idle_of(const struct synched_report_round *round, unsigned worker_count) {
  const double idle_ns = (double)round->phase_ns * worker_count - (double)round->compute_ns;
  return idle_ns > 0.0 ? idle_ns : 0.0;
}

static double callback_of(const struct synched_report_round *round, unsigned worker_count) {
  (void)worker_count;
  return (double)round->callback_ns;
}

static double lateness_of(const struct synched_report_round *round, unsigned worker_count) {
  (void)worker_count;
  return (double)round->lateness_ns;
}

struct figure {
  const char *name;
  double (*value)(const struct synched_report_round *round, unsigned worker_count);
  size_t distribution; /* of the same, of the whole run */
  const char *less, *more;
};

static const struct figure figures[] = {
    {"a round", total_of, SYNCHED_DISTRIBUTION_ROUND, "faster", "slower"},
    {"its slowest worker", longest_of, NO_DISTRIBUTION, "faster", "slower"},
    {"its slowest segment", critical_of, NO_DISTRIBUTION, "faster", "slower"},
    {"work, all workers", work_of, SYNCHED_DISTRIBUTION_WORK, "less", "more"},
    {"idle, all workers", idle_of, SYNCHED_DISTRIBUTION_WAIT, "less", "more"},
    {"on_round", callback_of, SYNCHED_DISTRIBUTION_CALLBACK, "faster", "slower"},
    {"lateness of a tick", lateness_of, SYNCHED_DISTRIBUTION_LATENESS, "less", "more"},
};

/* --- words --- */

struct words {
  char text[96];
};

static struct words duration(double ns) {
  struct words words;
  if (ns < 999.5)
    (void)snprintf(words.text, sizeof words.text, "%.0f ns", ns);
  else if (ns < 999.95e3)
    (void)snprintf(words.text, sizeof words.text, "%.1f us", ns / 1e3);
  else if (ns < 999.95e6)
    (void)snprintf(words.text, sizeof words.text, "%.1f ms", ns / 1e6);
  else
    (void)snprintf(words.text, sizeof words.text, "%.2f s", ns / 1e9);
  return words;
}

static void print_verdict(const struct comparison *comparison, const char *name, double before,
                          double after, const char *verdict) {
  fprintf(comparison->file, "  %-22s %10s -> %-10s %s\n", name, duration(before).text,
          duration(after).text, verdict);
}

/* "faster by 12.0 % (95 % sure: 10.1 to 13.9)". */
static struct words change_in_words(const struct figure *figure,
                                    const struct resample_change *change) {
  struct words words;
  const double ratio = change->after / change->before;
  const double to_one = ratio < 1.0 ? 1.0 - change->most : change->least - 1.0;
  const double to_other = ratio < 1.0 ? 1.0 - change->least : change->most - 1.0;
  (void)snprintf(words.text, sizeof words.text, "%s by %.1f %% (95 %% sure: %.1f to %.1f)",
                 ratio < 1.0 ? figure->less : figure->more, 100.0 * fabs(ratio - 1.0),
                 100.0 * to_one, 100.0 * to_other);
  return words;
}

/* Without what a terminal would obey: the controls, also those of two bytes. */
static void print_name(FILE *file, const char *name) {
  for (; *name != '\0'; name++) {
    const unsigned char byte = (unsigned char)*name, next = (unsigned char)name[1];
    const bool is_wide_control = byte == 0xc2 && next >= 0x80 && next < 0xa0;
    putc(byte < 0x20 || byte == 0x7f || is_wide_control ? '?' : byte, file);
    name += is_wide_control;
  }
}

/* --- the runs --- */

static double elapsed_ns(const struct synched_report_summary *summary) {
  return summary->end_ns > summary->start_ns ? (double)(summary->end_ns - summary->start_ns) : 0.0;
}

static void print_run(const struct comparison *comparison, const char *label,
                      const struct synched_report *report) {
  const struct synched_report_summary *summary = &report->summary;
  fprintf(comparison->file, "%s: ", label);
  print_name(comparison->file, report->name);
  fprintf(comparison->file,
          ", %" PRIu64 " rounds in %s, %u workers, %zu segments, efficiency %.1f %%; ",
          summary->round_count, duration(elapsed_ns(summary)).text, summary->worker_count,
          summary->segment_count, 100.0 * report->efficiency.efficiency);
  print_name(comparison->file, report->machine);
  putc('\n', comparison->file);
}

static void print_unlike(const struct comparison *comparison) {
  const struct synched_report *before = comparison->before, *after = comparison->after;
  const struct {
    const char *what;
    bool differs;
  } rows[] = {
      {"names", strcmp(before->name, after->name) != 0},
      {"machines", strcmp(before->machine, after->machine) != 0},
      {"placements", strcmp(before->placement, after->placement) != 0},
      {"numbers of workers", before->summary.worker_count != after->summary.worker_count},
      {"numbers of segments", before->summary.segment_count != after->summary.segment_count},
      {"balance", before->can_steal != after->can_steal},
      {"periods", before->summary.period_ns != after->summary.period_ns},
      {"levels of recording", before->summary.record != after->summary.record},
  };
  const char *separator = "not alike: ";
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (!rows[i].differs)
      continue;
    fprintf(comparison->file, "%s%s", separator, rows[i].what);
    separator = ", ";
  }
  if (separator[0] == ',')
    putc('\n', comparison->file);
}

/* --- medians --- */

/* To be freed. NULL: no memory. */
static double *values_of(const struct synched_report *report, const struct figure *figure) {
  double *values = malloc((report->recorded + 1) * sizeof *values);
  for (size_t i = 0; values != NULL && i < report->recorded; i++)
    values[i] = figure->value(&report->rounds[i], report->summary.worker_count);
  return values;
}

static double median_of(const double *values, size_t count) {
  double *sorted = malloc(count * sizeof *sorted);
  double median = -1.0;
  if (sorted != NULL) {
    memcpy(sorted, values, count * sizeof *sorted);
    median = resample_median(sorted, count);
  }
  free(sorted);
  return median;
}

/* Whether the whole runs differ to the same side. */
static bool whole_agrees(const struct comparison *comparison, const struct figure *figure,
                         bool is_less) {
  if (figure->distribution == NO_DISTRIBUTION)
    return true;
  const enum synched_distribution distribution = (enum synched_distribution)figure->distribution;
  const double before = (double)synched_report_quantile(comparison->before, distribution, 0, 0.5);
  const double after = (double)synched_report_quantile(comparison->after, distribution, 0, 0.5);
  return is_less ? after < before * (1.0 - LEAST_CHANGE) : after > before * (1.0 + LEAST_CHANGE);
}

static struct words no_change_in_words(const struct resample_change *change) {
  struct words words;
  (void)snprintf(words.text, sizeof words.text,
                 "no difference beyond the noise (95 %% sure: %+.1f to %+.1f %%)",
                 100.0 * (change->least - 1.0), 100.0 * (change->most - 1.0));
  return words;
}

static bool is_beyond_noise(const struct resample_change *change) {
  return change->most < 1.0 - LEAST_CHANGE || change->least > 1.0 + LEAST_CHANGE;
}

static void judge(const struct comparison *comparison, const struct figure *figure,
                  const struct resample_change *change) {
  struct words words = no_change_in_words(change);
  if (is_beyond_noise(change)) {
    words = change_in_words(figure, change);
    if (!whole_agrees(comparison, figure, change->after < change->before))
      (void)snprintf(words.text, sizeof words.text,
                     "no difference beyond the noise: the whole runs do not differ so");
  }
  print_verdict(comparison, figure->name, change->before, change->after, words.text);
}

static bool compare_values(const struct comparison *comparison, const struct figure *figure,
                           const double *before, const double *after) {
  const size_t before_count = comparison->before->recorded;
  const size_t after_count = comparison->after->recorded;
  const double before_ns = median_of(before, before_count),
               after_ns = median_of(after, after_count);
  if (before_ns < 0.0 || after_ns < 0.0)
    return false;
  if (before_ns == 0.0 && after_ns == 0.0)
    return true;
  if (before_ns == 0.0 || after_ns == 0.0) {
    print_verdict(comparison, figure->name, before_ns, after_ns,
                  before_ns == 0.0 ? "was nothing before" : "is nothing now");
    return true;
  }
  struct resample_change change;
  if (!resample_compare(&change, &(struct resample_row){before, before_count},
                        &(struct resample_row){after, after_count}))
    return false;
  judge(comparison, figure, &change);
  return true;
}

static bool compare_figure(const struct comparison *comparison, const struct figure *figure) {
  double *before = values_of(comparison->before, figure);
  double *after = values_of(comparison->after, figure);
  const bool is_done =
      before != NULL && after != NULL && compare_values(comparison, figure, before, after);
  free(before);
  free(after);
  return is_done;
}

static bool compare_rounds(const struct comparison *comparison) {
  const size_t before_count = comparison->before->recorded;
  const size_t after_count = comparison->after->recorded;
  if (before_count < RESAMPLE_LEAST || after_count < RESAMPLE_LEAST) {
    fprintf(comparison->file,
            "Too few rounds are recorded one by one to say more: %zu and %zu; it takes %u.\n",
            before_count, after_count, RESAMPLE_LEAST);
    return true;
  }
  fprintf(comparison->file, "\nMedians of the last rounds, %zu and %zu:\n", before_count,
          after_count);
  bool is_done = true;
  for (size_t i = 0; is_done && i < sizeof figures / sizeof *figures; i++)
    is_done = compare_figure(comparison, &figures[i]);
  return is_done;
}

/* --- the slowest in a hundred --- */

/* Between which times the 99th percentile lies, 95 % sure: the ranks that a binomial count of the
 * rounds beyond it allows. */
struct tail {
  double least, at, most;
};

static struct tail tail_of(const struct synched_report *report, double count) {
  const double spread = 1.96 * sqrt(0.99 * 0.01 / count);
  const enum synched_distribution rounds = SYNCHED_DISTRIBUTION_ROUND;
  return (struct tail){
      .least = (double)synched_report_quantile(report, rounds, 0, 0.99 - spread),
      .at = (double)synched_report_quantile(report, rounds, 0, 0.99),
      .most = (double)synched_report_quantile(report, rounds, 0, fmin(1.0, 0.99 + spread))};
}

static void compare_tails(const struct comparison *comparison) {
  const enum synched_distribution rounds = SYNCHED_DISTRIBUTION_ROUND;
  const uint64_t before_count = synched__report_sum_of(comparison->before, rounds, 0).count;
  const uint64_t after_count = synched__report_sum_of(comparison->after, rounds, 0).count;
  if (before_count < 1000 || after_count < 1000)
    return;
  const struct tail before = tail_of(comparison->before, (double)before_count);
  const struct tail after = tail_of(comparison->after, (double)after_count);
  const struct figure figure = {.less = "faster", .more = "slower"};
  const struct resample_change change = {.before = fmax(before.at, 1.0),
                                         .after = fmax(after.at, 1.0),
                                         .least = after.least / fmax(before.most, 1.0),
                                         .most = after.most / fmax(before.least, 1.0)};
  const struct words words =
      is_beyond_noise(&change) ? change_in_words(&figure, &change) : no_change_in_words(&change);
  fprintf(comparison->file, "\nOf the whole runs:\n");
  print_verdict(comparison, "99 % of rounds within", before.at, after.at, words.text);
}

/* --- shares --- */

static double whole_ns(const struct synched_report *report) {
  double sum = 0.0;
  for (unsigned s = 0; s < SYNCHED_SHARE_COUNT; s++)
    sum += (double)report->efficiency.share_ns[s];
  return sum;
}

static void compare_shares(const struct comparison *comparison) {
  const double before_ns = whole_ns(comparison->before), after_ns = whole_ns(comparison->after);
  if (before_ns == 0.0 || after_ns == 0.0)
    return;
  fprintf(comparison->file, "\nWhat the workers' time went into:\n");
  for (unsigned s = 0; s < SYNCHED_SHARE_COUNT; s++) {
    const double before = 100.0 * (double)comparison->before->efficiency.share_ns[s] / before_ns;
    const double after = 100.0 * (double)comparison->after->efficiency.share_ns[s] / after_ns;
    if (before >= 0.05 || after >= 0.05)
      fprintf(comparison->file, "  %-24s %6.1f %% -> %5.1f %%\n",
              synched_share_name((enum synched_share)s), before, after);
  }
}

bool report_compare(const struct synched_report *before, const struct synched_report *after,
                    FILE *file) {
  const struct comparison comparison = {.before = before, .after = after, .file = file};
  print_run(&comparison, "before", before);
  print_run(&comparison, "after", after);
  print_unlike(&comparison);
  if (!compare_rounds(&comparison))
    return false;
  compare_tails(&comparison);
  compare_shares(&comparison);
  return true;
}
