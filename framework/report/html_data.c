/*
 * html_data.c: the numbers behind the drawings of an HTML report.
 *
 * It is JSON of numbers, and of texts of our own: nothing that somebody else chose is in it. Times
 * are relative to the start of the first round that is shown, for short numbers, and exact ones:
 * JavaScript's have 53 bits.
 */
#include <inttypes.h>

#include "base/assert.h"
#include "report/html.h"

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

static size_t tasks_since(const struct synched_report *report, uint64_t ns) {
  size_t count = 0;
  for (size_t i = 0; i < report->task_count; i++)
    count += report->tasks[i].start_ns >= ns ? 1 : 0;
  return count;
}

/* The newest calls for which there is room, by when they began: each worker's are in order, all
 * together are not. */
static void choose_tasks(struct synched__html *html) {
  const struct synched_report *report = html->report;
  html->first_task_ns = UINT64_MAX;
  html->task_count = 0;
  if (report->recorded == 0 || report->task_count == 0)
    return;
  uint64_t low = report->rounds[html->first_part].start_ns, high = UINT64_MAX;
  if (tasks_since(report, low) > SYNCHED__HTML_TASKS) {
    while (high - low > 1) {
      const uint64_t middle = low + (high - low) / 2;
      if (tasks_since(report, middle) > SYNCHED__HTML_TASKS)
        low = middle;
      else
        high = middle;
    }
    low = high;
  }
  html->first_task_ns = low;
  html->task_count = tasks_since(report, low);
}

void synched__html_choose(struct synched__html *html) {
  const struct synched_report *report = html->report;
  const struct synched_report_summary *job = &report->summary;
  const size_t parts = SYNCHED__HTML_PARTS / job->worker_count;
  const size_t rounds = least(report->recorded, SYNCHED__HTML_ROUNDS);
  html->elapsed_ns = job->end_ns > job->start_ns ? job->end_ns - job->start_ns : 0;
  html->first_round = report->recorded - rounds;
  html->first_part = report->recorded - least(rounds, parts > 0 ? parts : 1);
  html->cell_segments = (job->segment_count + SYNCHED__HTML_CELLS - 1) / SYNCHED__HTML_CELLS;
  choose_tasks(html);
}

/* --- JSON --- */

static uint64_t origin_ns(const struct synched__html *html) {
  const struct synched_report *report = html->report;
  SYNCHED_ASSERT(report->recorded != 0);
  return report->rounds[html->first_round].start_ns;
}

static int64_t relative(const struct synched__html *html, uint64_t ns) {
  return (int64_t)(ns - origin_ns(html));
}

static void put_round(const struct synched__html *html, const struct synched_report_round *round,
                      const char *comma) {
  fprintf(html->file,
          "%s[%" PRIu64 ",%" PRId64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
          ",%u,%" PRIu64 ",%zu,%" PRIu64 ",%u,%d,%u]",
          comma, round->round, relative(html, round->start_ns), round->phase_ns, round->total_ns,
          round->callback_ns, round->lateness_ns, round->compute_ns, round->longest_worker,
          round->longest_ns, round->critical_segment, round->critical_ns, round->part_count,
          round->solo != 0 ? 1 : 0, round->closer);
}

static void put_rounds(const struct synched__html *html) {
  const struct synched_report *report = html->report;
  fputs("\"rounds\":[", html->file);
  for (size_t i = html->first_round; i < report->recorded; i++)
    put_round(html, &report->rounds[i], i > html->first_round ? ",\n" : "");
  fprintf(html->file, "],\n\"first_part\":%zu,\n", html->first_part - html->first_round);
}

static void put_parts(const struct synched__html *html) {
  const struct synched_report *report = html->report;
  const size_t workers = report->summary.worker_count;
  fputs("\"parts\":[", html->file);
  for (size_t i = html->first_part * workers; i < report->recorded * workers; i++) {
    const struct synched_report_part *part = &report->parts[i];
    if (i > html->first_part * workers)
      fputs(i % workers == 0 ? ",\n" : ",", html->file);
    if (part->call_count == 0)
      fputc('0', html->file);
    else
      fprintf(html->file, "[%" PRId64 ",%" PRIu64 ",%" PRIu64 ",%u,%u,%u,%" PRIu64 "]",
              relative(html, part->start_ns),
              part->end_ns > part->start_ns ? part->end_ns - part->start_ns : 0, part->compute_ns,
              part->call_count, part->stolen_count, part->sleep_count, part->slept_ns);
  }
  fputs("],\n", html->file);
}

static void put_tasks(const struct synched__html *html) {
  const struct synched_report *report = html->report;
  const char *comma = "";
  fputs("\"tasks\":[", html->file);
  for (size_t i = 0; html->task_count != 0 && i < report->task_count; i++) {
    const struct synched_report_task *task = &report->tasks[i];
    if (task->start_ns < html->first_task_ns)
      continue;
    fprintf(html->file, "%s[%u,%" PRIu64 ",%zu,%" PRId64 ",%" PRIu64 "]", comma, task->worker,
            task->round, task->segment, relative(html, task->start_ns), task->compute_ns);
    comma = ",\n";
  }
  fputs("],\n", html->file);
}

/* --- ranks --- */

static void put_rank_rounds(const struct synched__html *html) {
  const struct synched_report *report = html->report;
  const size_t ranks = report->summary.rank_count;
  const char *comma = "";
  fputs("\"rank_rounds\":[", html->file);
  for (size_t i = html->first_part * ranks;
       report->rank_rounds != NULL && i < report->recorded * ranks; i++) {
    put_round(html, &report->rank_rounds[i], comma);
    comma = ",\n";
  }
  fputs("],\n", html->file);
}

/* Of the rounds that the timeline shows, as far as there is room: those of the first ranks. */
static void put_exchanges(const struct synched__html *html) {
  const struct synched_report *report = html->report;
  size_t count = 0;
  fputs("\"exchanges\":[", html->file);
  for (size_t i = 0, rank = 0; report->recorded != 0 && i < report->exchange_count; i++) {
    const struct synched_report_exchange *exchange = &report->exchanges[i];
    while (rank < report->summary.rank_count && report->ranks[rank].rank < exchange->rank)
      rank++;
    if (exchange->start_ns < report->rounds[html->first_part].start_ns ||
        count == SYNCHED__HTML_EXCHANGES)
      continue;
    fprintf(html->file,
            "%s[%zu,%" PRIu64 ",%u,%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64
            ",%" PRIu64 "]",
            count == 0 ? "" : ",\n", rank, exchange->round, exchange->stage,
            relative(html, exchange->start_ns), relative(html, exchange->arrived_ns),
            relative(html, exchange->wait_start_ns), relative(html, exchange->wait_end_ns),
            exchange->agreed_ns == 0 ? 0 : relative(html, exchange->agreed_ns),
            exchange->sent_bytes);
    count++;
  }
  fputs("],\n", html->file);
}

static void put_ranks(const struct synched__html *html) {
  const struct synched_report *report = html->report;
  fputs("\"ranks\":[", html->file);
  for (unsigned r = 0; r < report->summary.rank_count; r++) {
    const struct synched_report_rank *rank = &report->ranks[r];
    fprintf(html->file, "%s[%u,%u,%u]", r == 0 ? "" : ",", rank->rank, rank->first_worker,
            rank->worker_count);
  }
  fputs("],\n", html->file);
  put_rank_rounds(html);
  put_exchanges(html);
}

static void put_cells(const struct synched__html *html) {
  const struct synched_report *report = html->report;
  const size_t count = report->summary.segment_count;
  fputs("\"segments\":[", html->file);
  for (size_t first = 0; first < count; first += html->cell_segments) {
    const size_t last = first + least(html->cell_segments, count - first) - 1;
    struct synched_report_segment sum = {.home = report->segments[first].home};
    for (size_t s = first; s <= last; s++) {
      const struct synched_report_segment *segment = &report->segments[s];
      sum.call_count += segment->call_count;
      sum.compute_ns += segment->compute_ns;
      sum.stolen_count += segment->stolen_count;
      if (segment->longest_ns > sum.longest_ns)
        sum.longest_ns = segment->longest_ns;
    }
    fprintf(html->file, "%s[%zu,%zu,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%u]",
            first > 0 ? ",\n" : "", first, last, sum.call_count, sum.compute_ns, sum.longest_ns,
            sum.stolen_count, sum.home);
  }
  fputs("],\n", html->file);
}

/* --- distributions --- */

static const struct {
  const char *name, *title;
} distributions[SYNCHED__JOB_DISTRIBUTIONS] = {
    [SYNCHED_DISTRIBUTION_ROUND] = {"round", "Rounds"},
    [SYNCHED_DISTRIBUTION_WORK] = {"work", "Compute in a round"},
    [SYNCHED_DISTRIBUTION_WAIT] = {"wait", "Idle in a round's phase"},
    [SYNCHED_DISTRIBUTION_CLOSING] = {"closing", "Closing a round"},
    [SYNCHED_DISTRIBUTION_CALLBACK] = {"callback", "Callback on_round"},
    [SYNCHED_DISTRIBUTION_LATENESS] = {"lateness", "Lateness of ticks"},
};

const char *synched__html_distribution_title(unsigned distribution) {
  return distributions[distribution].title;
}

/* More bins for more values, so that few of them do not stand far apart. */
static unsigned bin_count(uint64_t values) {
  unsigned count = 8;
  while (count < SYNCHED__HTML_BINS && (uint64_t)count * count < 16 * values)
    count++;
  return count;
}

void synched__html_bins(const struct synched_report *report, unsigned distribution,
                        struct synched__html_bins *out) {
  const uint64_t *buckets =
      synched__report_buckets(report, (enum synched_distribution)distribution, 0);
  unsigned first = SYNCHED__BUCKET_COUNT, last = 0;
  SYNCHED_ASSERT(distribution < SYNCHED__JOB_DISTRIBUTIONS && buckets != NULL);
  *out = (struct synched__html_bins){0};
  for (unsigned i = 0; i < SYNCHED__BUCKET_COUNT; i++) {
    if (buckets[i] == 0)
      continue;
    first = first < i ? first : i;
    last = i;
    out->total += buckets[i];
  }
  if (out->total == 0)
    return;
  const unsigned each = (last - first) / bin_count(out->total) + 1;
  for (unsigned i = first; i <= last; i++) {
    const unsigned bin = (i - first) / each;
    if (bin == out->count) {
      out->first_ns[bin] = synched__bucket_first_ns(i);
      out->count++;
    }
    out->last_ns[bin] = synched__bucket_last_ns(i);
    out->counts[bin] += buckets[i];
  }
}

static void put_distribution(const struct synched__html *html, unsigned distribution) {
  static const double marks[] = {0.5, 0.9, 0.99, 0.999, 1.0};
  struct synched__html_bins bins;
  synched__html_bins(html->report, distribution, &bins);
  fprintf(html->file, "\"%s\":{\"title\":\"%s\",\"marks\":[", distributions[distribution].name,
          distributions[distribution].title);
  for (size_t m = 0; m < sizeof marks / sizeof marks[0]; m++)
    fprintf(html->file, "%s%" PRIu64, m > 0 ? "," : "",
            synched_report_quantile(html->report, (enum synched_distribution)distribution, 0,
                                    marks[m]));
  fputs("],\"bins\":[", html->file);
  for (unsigned b = 0; b < bins.count; b++)
    fprintf(html->file, "%s[%" PRIu64 ",%" PRIu64 ",%" PRIu64 "]", b > 0 ? "," : "",
            bins.first_ns[b], bins.last_ns[b], bins.counts[b]);
  fputs("]}", html->file);
}

void synched__html_data(const struct synched__html *html) {
  fprintf(html->file, "{\"version\":1,\"workers\":%u,\n", html->report->summary.worker_count);
  put_rounds(html);
  put_parts(html);
  put_tasks(html);
  put_ranks(html);
  put_cells(html);
  fputs("\"distributions\":{", html->file);
  for (unsigned d = 0; d < SYNCHED__JOB_DISTRIBUTIONS; d++) {
    if (d > 0)
      fputs(",\n", html->file);
    put_distribution(html, d);
  }
  fputs("}}", html->file);
}
