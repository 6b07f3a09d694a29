/*
 * html_tables.c: the numbers of an HTML report as tables, which are there without a script, too.
 */
#include "report/html.h"

#include <inttypes.h>

#include "report/html_text.h"
#include "report/ranks.h"
#include "report/record.h"
#include "report/text.h"

#define ROUNDS_SHOWN 64u
#define WORKERS_SHOWN 128u
#define SEGMENTS_SHOWN 24u

static void cell_count(FILE *file, uint64_t count) {
  fputs("<td>", file);
  synched__html_count(file, count);
}

/* "-" of nothing. */
static void cell_duration(FILE *file, uint64_t ns) {
  fputs("<td>", file);
  if (ns == 0)
    fputc('-', file);
  else
    synched__html_duration(file, ns);
}

static void cell_share(FILE *file, double part, double whole) {
  fputs("<td>", file);
  synched__html_share(file, part, whole);
}

/* "3: 1.20 ms". */
static void cell_culprit(FILE *file, size_t index, uint64_t ns) {
  if (ns == 0) {
    cell_duration(file, 0);
    return;
  }
  fputs("<td>", file);
  synched__html_count(file, index);
  fputs(": ", file);
  synched__html_duration(file, ns);
}

/* --- shares --- */

static uint64_t all_shares_ns(const struct synched_report_efficiency *efficiency) {
  uint64_t sum_ns = 0;
  for (unsigned s = 0; s < SYNCHED_SHARE_COUNT; s++)
    sum_ns += efficiency->share_ns[s];
  return sum_ns;
}

static void print_stack(FILE *file, const uint64_t *share_ns, uint64_t whole_ns) {
  double left = 0.0;
  fputs("<svg class=\"stack\" viewBox=\"0 0 10000 10\" preserveAspectRatio=\"none\" role=\"img\" "
        "aria-label=\"The shares as one bar; the table below has their numbers\">",
        file);
  for (unsigned s = 0; s < SYNCHED_SHARE_COUNT; s++) {
    const double width = 10000.0 * (double)share_ns[s] / (double)whole_ns;
    if (width >= 1.0)
      fprintf(file, "<rect class=\"s%u\" x=\"%u\" width=\"%u\" height=\"10\"/>", s, (unsigned)left,
              (unsigned)(left + width) - (unsigned)left);
    left += width;
  }
  fputs("</svg>\n", file);
}

void synched__html_shares(const struct synched__html *html) {
  const struct synched_report_efficiency *efficiency = &html->report->efficiency;
  const uint64_t whole_ns = all_shares_ns(efficiency);
  FILE *file = html->file;
  if (whole_ns == 0 || html->report->summary.record == SYNCHED_RECORD_OFF) {
    fputs("<p>It was not recorded.</p>", file);
    return;
  }
  print_stack(file, efficiency->share_ns, whole_ns);
  fputs("<div class=\"scroll\"><table><thead><tr><th class=\"text\" scope=\"col\">What"
        "<th scope=\"col\">Share<th scope=\"col\">Time</thead><tbody>\n",
        file);
  for (unsigned s = 0; s < SYNCHED_SHARE_COUNT; s++) {
    if (efficiency->share_ns[s] == 0)
      continue;
    fprintf(file, "<tr><th scope=\"row\"><i class=\"key s%u\"></i>%s", s,
            synched_share_name((enum synched_share)s));
    cell_share(file, (double)efficiency->share_ns[s], (double)whole_ns);
    cell_duration(file, efficiency->share_ns[s]);
    fputc('\n', file);
  }
  fputs("<tr><th scope=\"row\">together", file);
  cell_share(file, 1.0, 1.0);
  cell_duration(file, whole_ns);
  fputs("</tbody></table></div>", file);
}

/* --- stages --- */

static void print_stage(const struct synched__html *html, const struct synched_report_stage *stage,
                        double all_ns) {
  const double workers_ns = (double)stage->total_ns * html->report->summary.worker_count;
  FILE *file = html->file;
  fputs("<tr><th scope=\"row\"><bdi>", file);
  synched__html_escape(file, stage->name);
  fputs("</bdi>", file);
  cell_share(file, (double)stage->total_ns, all_ns);
  cell_duration(file, stage->total_ns);
  cell_duration(file, stage->round_count == 0 ? 0 : stage->total_ns / stage->round_count);
  cell_share(file, (double)stage->compute_ns, workers_ns);
  cell_count(file, stage->round_count);
  fputc('\n', file);
}

void synched__html_stages(const struct synched__html *html) {
  const struct synched_report *report = html->report;
  const unsigned count = report->summary.stage_count;
  FILE *file = html->file;
  if (count == 0 || report->summary.record == SYNCHED_RECORD_OFF)
    return;
  fputs("<h3>Stages</h3>\n<p>What the stages of a round took, each with its fold; and how much of "
        "the workers' time in it went into compute calls.</p>\n"
        "<div class=\"scroll\"><table class=\"named\"><thead><tr><th class=\"text\" "
        "scope=\"col\">Stage<th scope=\"col\">Share<th scope=\"col\">Time"
        "<th scope=\"col\">A&nbsp;round<th scope=\"col\">Compute<th scope=\"col\">Rounds"
        "</thead><tbody>\n",
        file);
  for (unsigned s = 0; s < count; s++)
    print_stage(html, &report->stages[s], synched__report_stages_ns(report));
  fputs("</tbody></table></div>", file);
}

/* --- ranks --- */

static void print_rank(const struct synched__html *html, const struct synched_report_rank *rank) {
  const double elapsed_ns = (double)rank->elapsed_ns;
  const double workers = rank->worker_count == 0 ? 1 : rank->worker_count;
  const uint64_t rounds =
      html->report->summary.round_count == 0 ? 1 : html->report->summary.round_count;
  FILE *file = html->file;
  fprintf(file, "<tr><th scope=\"row\">%u<td><bdi>", rank->rank);
  synched__html_escape(file, rank->host);
  fputs("</bdi>", file);
  cell_count(file, rank->worker_count);
  cell_count(file, rank->segment_count);
  cell_share(file, (double)rank->compute_ns / workers, elapsed_ns);
  cell_share(file, (double)rank->message_ns, elapsed_ns);
  cell_share(file, (double)rank->agreement_ns, elapsed_ns);
  cell_count(file, rank->sent_messages / rounds);
  cell_count(file, rank->sent_bytes / rounds);
  cell_duration(file, rank->clock_error_ns);
  fputc('\n', file);
}

/* Of a job of a cluster. */
void synched__html_ranks(const struct synched__html *html) {
  const struct synched_report *report = html->report;
  const unsigned count = report->summary.rank_count;
  const struct synched_ranks_efficiency all = synched__ranks_rate(report);
  FILE *file = html->file;
  if (count == 0 || report->summary.record == SYNCHED_RECORD_OFF)
    return;
  fputs(
      "<h3>Ranks</h3>\n<p>Of each rank's time: what its mean worker computed, and what its rounds "
      "waited for messages of other ranks, and to agree. ",
      file);
  if (count > 1) {
    fputs("All of them together: an efficiency of ", file);
    synched__html_share(file, all.efficiency, 1.0);
    fputs(", which is a balance of ", file);
    synched__html_share(file, all.balance, 1.0);
    fputs(" times a communication efficiency of ", file);
    synched__html_share(file, all.communication, 1.0);
    fputs(". ", file);
  }
  fputs("</p>\n<div class=\"scroll\"><table id=\"ranks\"><thead><tr><th scope=\"col\">Rank"
        "<th scope=\"col\">Machine<th scope=\"col\">Workers<th scope=\"col\">Segments"
        "<th scope=\"col\">Compute<th scope=\"col\">Messages<th scope=\"col\">Agreeing"
        "<th scope=\"col\">Messages a&nbsp;round<th scope=\"col\">Bytes a&nbsp;round"
        "<th scope=\"col\">Clock&nbsp;&plusmn;</thead><tbody>\n",
        file);
  for (unsigned r = 0; r < count && r < SYNCHED__HTML_RANKS; r++)
    print_rank(html, &report->ranks[r]);
  fputs("</tbody></table></div>", file);
}

/* --- rounds --- */

void synched__html_rounds(const struct synched__html *html) {
  const struct synched_report *report = html->report;
  FILE *file = html->file;
  const double workers = report->summary.worker_count;
  const size_t first = report->recorded > ROUNDS_SHOWN ? report->recorded - ROUNDS_SHOWN : 0;
  if (report->recorded == 0)
    return;
  fprintf(file, "<details%s><summary>The rounds as a table</summary>", html->open);
  if (first > 0)
    fprintf(file, "<p>The last %u of them.</p>", ROUNDS_SHOWN);
  fputs(
      "<div class=\"scroll high\"><table class=\"wide\"><thead><tr><th scope=\"col\">Round"
      "<th scope=\"col\">Time<th scope=\"col\">Phase<th scope=\"col\">Mean worker"
      "<th scope=\"col\">Longest worker<th scope=\"col\">Critical segment"
      "<th scope=\"col\">Workers<th scope=\"col\">on_round<th scope=\"col\">Late</thead><tbody>\n",
      file);
  for (size_t i = first; i < report->recorded; i++) {
    const struct synched_report_round *round = &report->rounds[i];
    fputs("<tr><th scope=\"row\">", file);
    synched__html_count(file, round->round);
    cell_duration(file, round->total_ns);
    cell_duration(file, round->phase_ns);
    cell_duration(file, synched__nearest_whole((double)round->compute_ns / workers));
    cell_culprit(file, round->longest_worker, round->longest_ns);
    cell_culprit(file, round->critical_segment, round->critical_ns);
    cell_count(file, round->part_count);
    cell_duration(file, round->callback_ns);
    cell_duration(file, round->lateness_ns);
    fputc('\n', file);
  }
  fputs("</tbody></table></div></details>", file);
}

/* --- distributions --- */

static void print_histogram(FILE *file, unsigned distribution,
                            const struct synched__html_bins *bins) {
  fprintf(file,
          "<table><caption>%s</caption><thead><tr><th scope=\"col\">From<th scope=\"col\">To"
          "<th scope=\"col\">Count<th scope=\"col\">Share</thead><tbody>\n",
          synched__html_distribution_title(distribution));
  for (unsigned b = 0; b < bins->count; b++) {
    if (bins->counts[b] == 0)
      continue;
    fputs("<tr>", file);
    cell_duration(file, bins->first_ns[b]);
    cell_duration(file, bins->last_ns[b]);
    cell_count(file, bins->counts[b]);
    cell_share(file, (double)bins->counts[b], (double)bins->total);
  }
  fputs("</tbody></table>\n", file);
}

static void print_marks(const struct synched__html *html, unsigned distribution, uint64_t count) {
  static const double marks[] = {0.5, 0.9, 0.99, 0.999, 1.0};
  fprintf(html->file, "<tr><th scope=\"row\">%s", synched__html_distribution_title(distribution));
  cell_count(html->file, count);
  for (size_t m = 0; m < sizeof marks / sizeof marks[0]; m++)
    cell_duration(html->file,
                  synched_report_quantile(html->report, (enum synched_distribution)distribution, 0,
                                          marks[m]));
  fputc('\n', html->file);
}

static void print_all_marks(const struct synched__html *html, const uint64_t *totals) {
  FILE *file = html->file;
  fputs("<div class=\"scroll\"><table class=\"wide named\"><thead><tr><th class=\"text\" "
        "scope=\"col\">Of"
        "<th scope=\"col\">Count<th scope=\"col\">p50<th scope=\"col\">p90<th scope=\"col\">p99"
        "<th scope=\"col\">p99.9<th scope=\"col\">Most</thead><tbody>\n",
        file);
  for (unsigned d = 0; d < SYNCHED__JOB_DISTRIBUTIONS; d++)
    if (totals[d] > 0)
      print_marks(html, d, totals[d]);
  fputs("</tbody></table></div>\n", file);
}

void synched__html_distributions(const struct synched__html *html) {
  FILE *file = html->file;
  struct synched__html_bins bins[SYNCHED__JOB_DISTRIBUTIONS];
  uint64_t totals[SYNCHED__JOB_DISTRIBUTIONS], all = 0;
  for (unsigned d = 0; d < SYNCHED__JOB_DISTRIBUTIONS; d++) {
    synched__html_bins(html->report, d, &bins[d]);
    totals[d] = bins[d].total;
    all += totals[d];
  }
  if (all == 0) {
    fputs("<p>There are none.</p>", file);
    return;
  }
  print_all_marks(html, totals);
  fprintf(file, "<details%s><summary>The histograms as tables</summary>", html->open);
  fputs("<div class=\"scroll high\">\n", file);
  for (unsigned d = 0; d < SYNCHED__JOB_DISTRIBUTIONS; d++)
    if (totals[d] > 0)
      print_histogram(file, d, &bins[d]);
  fputs("</div></details>", file);
}

/* --- segments --- */

static double mean_ns(const struct synched_report_segment *segment) {
  return segment->call_count == 0 ? 0.0 : (double)segment->compute_ns / (double)segment->call_count;
}

/* The segments with the largest means, largest first; returns how many. */
static size_t choose_slowest(const struct synched_report *report, size_t *slowest) {
  size_t count = 0;
  for (size_t s = 0; s < report->summary.segment_count; s++) {
    const double mean = mean_ns(&report->segments[s]);
    size_t at = count;
    while (at > 0 && mean > mean_ns(&report->segments[slowest[at - 1]]))
      at--;
    if (report->segments[s].call_count == 0 || at == SEGMENTS_SHOWN)
      continue;
    count += count < SEGMENTS_SHOWN ? 1 : 0;
    for (size_t i = count - 1; i > at; i--)
      slowest[i] = slowest[i - 1];
    slowest[at] = s;
  }
  return count;
}

static void print_segment(const struct synched__html *html, size_t s,
                          const struct synched_report_segment *all) {
  const struct synched_report_segment *segment = &html->report->segments[s];
  FILE *file = html->file;
  fputs("<tr><th scope=\"row\">", file);
  synched__html_count(file, s);
  cell_count(file, segment->call_count);
  cell_duration(file, synched__nearest_whole(mean_ns(segment)));
  fputs("<td>", file);
  synched__html_number(file, mean_ns(all) > 0.0 ? mean_ns(segment) / mean_ns(all) : 0.0);
  fputs("&nbsp;&times;", file);
  if (s < html->report->segment_distributions)
    cell_duration(file,
                  synched_report_quantile(html->report, SYNCHED_DISTRIBUTION_SEGMENT, s, 0.99));
  else
    fputs("<td>-", file);
  cell_duration(file, segment->longest_ns);
  cell_share(file, (double)segment->compute_ns, (double)all->compute_ns);
  cell_share(file, (double)segment->stolen_count, (double)segment->call_count);
  fprintf(file, "<td>%u\n", segment->home);
}

void synched__html_segments(const struct synched__html *html) {
  const struct synched_report *report = html->report;
  FILE *file = html->file;
  size_t slowest[SEGMENTS_SHOWN];
  struct synched_report_segment all = {0};
  for (size_t s = 0; s < report->summary.segment_count; s++) {
    all.call_count += report->segments[s].call_count;
    all.compute_ns += report->segments[s].compute_ns;
  }
  const size_t count = choose_slowest(report, slowest);
  if (count == 0)
    return;
  fprintf(file, "<details%s><summary>%s</summary>", count <= 8 ? " open" : "",
          count == report->summary.segment_count ? "The segments, slowest first"
                                                 : "The slowest segments as a table");
  fputs("<div class=\"scroll high\"><table class=\"wide\"><thead><tr><th scope=\"col\">Segment"
        "<th scope=\"col\">Calls<th scope=\"col\">Mean<th scope=\"col\">of the mean"
        "<th scope=\"col\">p99<th scope=\"col\">Longest<th scope=\"col\">Share of compute"
        "<th scope=\"col\">Stolen<th scope=\"col\">Home worker</thead><tbody>\n",
        file);
  for (size_t i = 0; i < count; i++)
    print_segment(html, slowest[i], &all);
  fputs("</tbody></table></div></details>", file);
}

/* --- workers --- */

static void cell_place(FILE *file, const struct synched_report_worker *worker) {
  fputs("<td class=\"text\">", file);
  if (worker->cpu >= 0)
    fprintf(file, "CPU %d", worker->cpu);
  else
    fputs("not bound", file);
  if (worker->core >= 0)
    fprintf(file, ", core %d", worker->core);
  if (worker->package > 0)
    fprintf(file, ", package %d", worker->package);
}

static void cell_bar(FILE *file, uint64_t part_ns, uint64_t whole_ns) {
  const double share = whole_ns == 0 ? 0.0 : (double)part_ns / (double)whole_ns;
  fprintf(file,
          "<td><svg class=\"minibar\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" "
          "aria-hidden=\"true\"><rect class=\"track\" width=\"1000\" height=\"10\"/>"
          "<rect class=\"s0\" width=\"%u\" height=\"10\"/></svg>",
          (unsigned)(1000.0 * (share > 1.0 ? 1.0 : share)));
}

static void print_worker(const struct synched__html *html, unsigned w) {
  const struct synched_report_worker *worker = &html->report->workers[w];
  FILE *file = html->file;
  fprintf(file, "<tr><th scope=\"row\">%u", w);
  cell_place(file, worker);
  cell_bar(file, worker->compute_ns, html->elapsed_ns);
  cell_share(file, (double)worker->compute_ns, (double)html->elapsed_ns);
  cell_duration(file, worker->compute_ns);
  cell_duration(file, synched_report_quantile(html->report, SYNCHED_DISTRIBUTION_WORKER, w, 0.5));
  cell_duration(file, synched_report_quantile(html->report, SYNCHED_DISTRIBUTION_WORKER, w, 0.99));
  cell_count(file, worker->round_count);
  cell_count(file, worker->call_count);
  cell_count(file, worker->stolen_count);
  cell_count(file, worker->closed_count);
  cell_count(file, worker->sleep_count);
  cell_duration(file, worker->slept_ns);
  fputc('\n', file);
}

void synched__html_workers(const struct synched__html *html) {
  const unsigned count = html->report->summary.worker_count;
  FILE *file = html->file;
  if (count > WORKERS_SHOWN)
    fprintf(file, "<p>The first %u of %u.</p>", WORKERS_SHOWN, count);
  fputs("<div class=\"scroll high\"><table class=\"wide\"><thead><tr><th scope=\"col\">Worker"
        "<th class=\"text\" scope=\"col\">Place<th class=\"text\" colspan=\"2\" scope=\"colgroup\">"
        "Computes<th scope=\"col\">In all<th scope=\"col\">A&nbsp;round, p50<th scope=\"col\">p99"
        "<th scope=\"col\">Rounds<th scope=\"col\">Calls<th scope=\"col\">Stolen"
        "<th scope=\"col\">Closed<th scope=\"col\">Sleeps<th scope=\"col\">Slept</thead><tbody>\n",
        file);
  for (unsigned w = 0; w < count && w < WORKERS_SHOWN; w++)
    print_worker(html, w);
  fputs("</tbody></table></div>", file);
}
