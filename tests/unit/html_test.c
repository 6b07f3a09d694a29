/*
 * html_test.c: what the page of a report is made of. That it works in a browser is tested by
 * programs/report_browser.
 */
#include "support/recorded.h"

#include <locale.h>
#include <unistd.h>

#include <synched/pool.h>

#include "report/forms.h"
#include "report/html.h"
#include "report/html_text.h"
#include "report/page.h"
#include "support/unit_support.h"

/* What `print` writes; the caller frees it. */
static char *caught(void (*print)(FILE *file, const void *what), const void *what) {
  char *text = NULL;
  size_t size = 0;
  FILE *file = open_memstream(&text, &size);
  cr_assert_not_null(file);
  print(file, what);
  cr_assert_eq(fclose(file), 0);
  return text;
}

static void print_page(FILE *file, const void *report) {
  cr_assert_eq(synched__html_print(report, file), 0);
}

static char *page_of(const struct synched_report *report) {
  return caught(print_page, report);
}

static size_t count_of(const char *text, const char *part) {
  size_t count = 0;
  for (; (text = strstr(text, part)) != NULL; text += strlen(part))
    count++;
  return count;
}

static void expect_part(const char *text, const char *part) {
  cr_expect_not_null(strstr(text, part), "there is no %s", part);
}

/* --- texts --- */

static void print_escaped(FILE *file, const void *text) {
  synched__html_escape(file, text);
}

static void expect_escaped(const char *text, const char *expected) {
  char *escaped = caught(print_escaped, text);
  cr_expect_str_eq(escaped, expected);
  free(escaped);
}

Test(html, escape_markup_is_content) {
  expect_escaped("</script><b a=\"x\" c='y'>&amp;",
                 "&lt;/script&gt;&lt;b a=&quot;x&quot; c=&#39;y&#39;&gt;&amp;amp;");
  expect_escaped("{{name}}", "{{name}}");
}

Test(html, escape_controls_are_pictures) {
  expect_escaped("a\nb", "a\nb");
  expect_escaped("\x01\t\r\x1b\x7f", "&#x2401;&#x2409;&#x240d;&#x241b;&#x2421;");
  expect_escaped("\xc2\x85", "\xef\xbf\xbd");
  expect_escaped("\xc2\xa9", "\xc2\xa9");
}

Test(html, escape_invalid_bytes_are_replaced) {
  expect_escaped("\xc3\xa9\xe2\x82\xac\xf0\x9f\x8e\xb2", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x8e\xb2");
  expect_escaped("\xff", "\xef\xbf\xbd");
  expect_escaped("a\xe2\x82", "a\xef\xbf\xbd\xef\xbf\xbd");
  expect_escaped("\xc3<", "\xef\xbf\xbd&lt;");
  expect_escaped("\xc0\xbc", "\xef\xbf\xbd\xef\xbf\xbd"); /* < in two bytes */
  expect_escaped("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

static void print_duration(FILE *file, const void *ns) {
  synched__html_duration(file, *(const uint64_t *)ns);
}

static void expect_duration(uint64_t ns, const char *expected) {
  char *text = caught(print_duration, &ns);
  cr_expect_str_eq(text, expected);
  free(text);
}

Test(html, duration_has_three_digits) {
  expect_duration(0, "0&nbsp;ns");
  expect_duration(999, "999&nbsp;ns");
  expect_duration(1000, "1.00&nbsp;&micro;s");
  expect_duration(9994, "9.99&nbsp;&micro;s");
  expect_duration(9995, "10.0&nbsp;&micro;s");
  expect_duration(99950, "100&nbsp;&micro;s");
  expect_duration(999499, "999&nbsp;&micro;s");
  expect_duration(999500, "1.00&nbsp;ms");
  expect_duration(4596000, "4.60&nbsp;ms");
  expect_duration(59949999999, "59.9&nbsp;s");
  expect_duration(59950000000, "1&nbsp;min 0&nbsp;s");
  expect_duration(UINT64_MAX, "5,124,095&nbsp;h 34&nbsp;min");
}

/* --- pages --- */

static size_t lengths_of(const struct synched__page_text *texts, size_t count) {
  size_t sum = 0;
  for (size_t i = 0; i < count; i++)
    sum += texts[i].size;
  return sum;
}

/* Looks at a page as a parser that knows nothing of ours does. Its HTML is of before 2014: it does
 * not know all tags. */
static void expect_well_formed(const char *page) {
  char path[] = "/tmp/synched-html-XXXXXX", command[128], line[512];
  const int descriptor = mkstemp(path);
  FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
  cr_assert_not_null(file);
  cr_assert_geq(fputs(page, file), 0);
  cr_assert_eq(fclose(file), 0);
  (void)snprintf(command, sizeof command, "xmllint --html --noout --nonet %s 2>&1", path);
  FILE *parser = popen(command, "r");
  cr_assert_not_null(parser);
  while (fgets(line, sizeof line, parser) != NULL)
    cr_expect(strstr(line, " error : ") == NULL || strstr(line, " error : Tag ") != NULL ||
                  strstr(line, "not found") != NULL,
              "%s", line);
  (void)pclose(parser);
  cr_assert_eq(unlink(path), 0);
}

/* The parser forgives an element that is not ended. */
static void expect_balanced(const char *page) {
  static const char *const tags[] = {"div", "section", "table",  "thead", "tbody", "dl", "ol",
                                     "ul",  "details", "figure", "svg",   "span",  "p",  "main"};
  char begin[16], begin_with[16], end[16];
  for (size_t t = 0; t < LENGTH(tags); t++) {
    (void)snprintf(begin, sizeof begin, "<%s>", tags[t]);
    (void)snprintf(begin_with, sizeof begin_with, "<%s ", tags[t]);
    (void)snprintf(end, sizeof end, "</%s>", tags[t]);
    cr_expect_eq(count_of(page, begin) + count_of(page, begin_with), count_of(page, end), "%s",
                 end);
  }
}

/* What holds of every page. */
static void expect_page(const struct synched_report *report) {
  char *page = page_of(report);
  const size_t scripts = synched__page.chart.size > 0 ? 3 : 2;
  cr_expect_eq(strncmp(page, "<!doctype html>", 15), 0);
  cr_expect_eq(count_of(page, "{{"), 0, "a hole is left");
  cr_expect_lt(strlen(page), 600000);
  cr_expect_eq(count_of(page, "<script"), scripts);
  cr_expect_eq(count_of(page, "</script"), scripts);
  cr_expect_eq(count_of(page, "src="), 0);
  cr_expect_eq(count_of(page, "@import"), 0);
  expect_part(page, "default-src 'none'");
  expect_balanced(page);
  expect_well_formed(page);
  free(page);
}

static struct synched_report *create_shape(unsigned worker_count, size_t segment_count,
                                           size_t round_count, size_t task_count) {
  struct synched_report *report;
  const struct synched__report_shape shape = {.worker_count = worker_count,
                                              .segment_count = segment_count,
                                              .round_count = round_count,
                                              .task_count = task_count,
                                              .worker_distributions = worker_count,
                                              .segment_distributions = 4};
  cr_assert_eq(synched__report_create(&report, &shape), 0);
  (void)snprintf(report->name, sizeof report->name, "heat");
  report->summary.ended = 1;
  return report;
}

Test(html, print_usual_report_is_a_small_page) {
  struct synched_report *report = create(2, 64);
  record_run(report, 1, 1000, 64);
  expect_page(report);
  char *page = page_of(report);
  expect_part(page, "<bdi class=\"name\">heat</bdi>");
  expect_part(page, "1,000 rounds of 4 segments on 2 workers, in 1.00&nbsp;s");
  expect_part(page, "The last 64 rounds, a lane for each worker.");
  cr_expect_lt(strlen(page) - synched__page.chart.size, 110000);
  free(page);
  synched_report_destroy(report);
}

Test(html, print_empty_reports_are_pages) {
  struct synched_report *report = create(1, 1);
  expect_page(report);
  report->summary.record = SYNCHED_RECORD_OFF;
  report->summary.ended = 0;
  expect_page(report);
  synched_report_destroy(report);
}

Test(html, print_failed_job_says_why) {
  struct synched_report *report = create(2, 4);
  report->summary.status = SYNCHED_EIO;
  report->summary.failed_segment = 3;
  report->summary.failed_code = -5;
  report->summary.init_missing = 1;
  expect_page(report);
  char *page = page_of(report);
  expect_part(page, "The job ended with EIO (-5)");
  expect_part(page, "Segment 3 failed with code -5");
  expect_part(page, "Its init was not completed");
  free(page);
  synched_report_destroy(report);
}

Test(html, print_end_without_a_segment_has_its_status_only) {
  struct synched_report *report = create(2, 4);
  record_run(report, 1, 4, 4);
  report->summary.status = -1000;
  expect_page(report);
  char *page = page_of(report);
  expect_part(page, "The job ended with -1000");
  cr_expect_eq(count_of(page, "is the lowest"), 0);
  free(page);
  report->summary.status = 0;
  report->summary.failed_segment = -1;
  report->summary.init_missing = 1;
  page = page_of(report);
  expect_part(page, "Its init was not completed");
  free(page);
  report->summary.init_missing = 0;
  report->summary.failed_segment = 2;
  page = page_of(report);
  expect_part(page, "Segment 2 failed");
  free(page);
  synched_report_destroy(report);
}

Test(html, print_job_in_ticks_has_its_schedule_and_snapshots) {
  struct synched_report *report = create(2, 4);
  record_run(report, 1, 4, 4);
  report->summary.record = SYNCHED_RECORD_ROUNDS;
  report->summary.period_ns = 16000000;
  report->summary.deadline_ns = 9000000;
  report->summary.lease_wait_count = 3;
  report->has_on_snapshot = true;
  report->workers[1].package = 1;
  count(report, SYNCHED_DISTRIBUTION_LATENESS, 0, 70000);
  char *page = page_of(report);
  expect_page(report);
  expect_part(page, "the latest");
  cr_expect_eq(count_of(page, "Lateness, p99"), 0, "no tick has begun");
  free(page);
  report->summary.started_count = 1;
  report->delivers_every = true;
  report->summary.deadline_ns = 0;
  page = page_of(report);
  expect_page(report);
  expect_part(page, "every one");
  expect_part(page, "Lateness, p99");
  cr_expect_eq(count_of(page, "Deadline"), 0);
  free(page);
  report->summary.deadline_ns = 9000000;
  report->summary.period_ns = 0;
  expect_page(report);
  report->summary.record = (enum synched_record)77;
  expect_page(report);
  synched_report_destroy(report);
}

Test(html, print_nothing_recorded_says_so) {
  struct synched_report *report = create(2, 4);
  report->summary.record = SYNCHED_RECORD_OFF;
  report->summary.round_count = 3;
  report->efficiency.total_ns = report->efficiency.share_ns[SYNCHED_SHARE_COMPUTE] = 1000;
  expect_page(report);
  char *page = page_of(report);
  expect_part(page, "<p>Where the time went was not recorded.</p>");
  expect_part(page, "<p>It was not recorded.</p>");
  free(page);
  synched_report_destroy(report);
}

Test(html, print_times_of_nothing_divide_by_nothing) {
  struct synched_report *report = create(2, 1);
  record_run(report, 1, 1, 1);
  report->summary.end_ns = report->summary.start_ns;
  report->parts[0].end_ns = report->parts[0].start_ns - 1;
  report->rounds[0].longest_ns = report->rounds[0].critical_ns = 0;
  report->segments[1].call_count = 1;
  expect_page(report);
  char *page = page_of(report);
  expect_part(page, "1 round of 4 segments on 2 workers, in 0&nbsp;ns");
  cr_expect_eq(count_of(page, "rounds a second"), 0);
  expect_part(page, "\"parts\":[[0,0,101000,1,0,0,0]");
  expect_part(page, "<tr><th scope=\"row\">1<td>1<td>-<td>0");
  free(page);
  synched_report_destroy(report);
}

Test(html, print_advice_with_and_without_a_gain) {
  struct synched_report *report = create(2, 4);
  record_run(report, 1, 4, 4);
  report->usable_cpus = 2;
  report->efficiency.total_ns = 8000000;
  report->efficiency.share_ns[SYNCHED_SHARE_COMPUTE] = 6000000;
  report->efficiency.share_ns[SYNCHED_SHARE_BUFFER] = 2000000;
  report->workers[0].core = report->workers[1].core = report->workers[0].cpu = 0;
  report->workers[1].cpu = 1;
  expect_page(report);
  char *page = page_of(report);
  expect_part(page, "<ol class=\"advice\">");
  expect_part(page, "<span class=\"gain\">25.0&nbsp;%<small> less time</small></span>");
  expect_part(page, "<span class=\"gain\"></span><span>workers 0 and 1 share core 0");
  free(page);
  synched_report_destroy(report);
}

Test(html, print_calls_without_a_round_are_left_out) {
  struct synched_report *report = create_shape(1, 4, 0, 1);
  report->tasks[0].start_ns = UINT64_MAX;
  report->task_count = 1;
  expect_page(report);
  char *page = page_of(report);
  expect_part(page, "\"tasks\":[],");
  free(page);
  synched_report_destroy(report);
}

Test(html, print_ranks_as_a_table) {
  struct synched_report *report = create(3, 4);
  record_run(report, 1, 3, 3);
  add_ranks(report);
  report->ranks[1].worker_count = 0;
  report->exchanges[0].start_ns = 1; /* before the first round that is shown */
  report->exchanges[1].agreed_ns = 0;
  report->exchanges[2].rank = 7; /* of no rank that there is */
  char *page = page_of(report);
  cr_expect_not_null(strstr(page, "<h3>Ranks</h3>"));
  cr_expect_not_null(strstr(page, "All of them together: an efficiency of "));
  cr_expect_not_null(strstr(page, "<tr><th scope=\"row\">1<td><bdi>host1</bdi><td>0<td>2"));
  cr_expect_null(strstr(page, "[0,1,0,"), "an exchange that is not shown");
  cr_expect_not_null(strstr(page, "\"exchanges\":[[0,2,0,"));
  free(page);
  report->summary.record = SYNCHED_RECORD_OFF;
  page = page_of(report);
  cr_expect_null(strstr(page, "<h3>Ranks</h3>"));
  free(page);
  synched_report_destroy(report);
}

Test(html, print_one_rank_without_rounds_divides_by_nothing) {
  struct synched_report *report = create(3, 4);
  record_run(report, 1, 2, 2);
  add_ranks(report);
  report->summary.rank_count = 1;
  report->summary.round_count = 0;
  char *page = page_of(report);
  cr_expect_not_null(strstr(page, "<h3>Ranks</h3>"));
  cr_expect_null(strstr(page, "All of them together"));
  free(page);
  synched_report_destroy(report);
}

Test(html, print_many_ranks_and_exchanges_are_cut_off) {
  struct synched_report *report = create(1, 4);
  record_run(report, 1, 2, 2);
  const unsigned rank_count = SYNCHED__HTML_RANKS + 1;
  const size_t exchange_count = SYNCHED__HTML_EXCHANGES + 1;
  report->ranks = synched__alloc(rank_count, sizeof *report->ranks);
  report->exchanges = synched__alloc(exchange_count, sizeof *report->exchanges);
  report->rank_rounds = synched__alloc(2 * (size_t)rank_count, sizeof *report->rank_rounds);
  cr_assert(report->ranks != NULL && report->exchanges != NULL && report->rank_rounds != NULL);
  for (unsigned r = 0; r < rank_count; r++)
    report->ranks[r] = (struct synched_report_rank){.rank = r, .first_worker = r == 0 ? 0 : 1};
  for (size_t e = 0; e < exchange_count; e++)
    report->exchanges[e] =
        (struct synched_report_exchange){.round = 1000 + e, .start_ns = 2000000000};
  report->summary.rank_count = rank_count;
  report->exchange_count = exchange_count;
  char text[64];
  char *page = page_of(report);
  (void)snprintf(text, sizeof text, "<tr><th scope=\"row\">%u<td><bdi>", rank_count - 2);
  cr_expect_not_null(strstr(page, text));
  (void)snprintf(text, sizeof text, "<tr><th scope=\"row\">%u<td><bdi>", rank_count - 1);
  cr_expect_null(strstr(page, text));
  (void)snprintf(text, sizeof text, "[0,%zu,0,", 1000 + exchange_count - 2);
  cr_expect_not_null(strstr(page, text));
  (void)snprintf(text, sizeof text, "[0,%zu,0,", 1000 + exchange_count - 1);
  cr_expect_null(strstr(page, text));
  free(page);
  synched_report_destroy(report);
}

Test(html, print_checkpoints_only_where_there_were_any) {
  struct synched_report *report = create(1, 4);
  char *page = page_of(report);
  cr_expect_null(strstr(page, "Checkpoints"));
  free(page);
  report->summary.checkpoint_failed_count = 2;
  page = page_of(report);
  cr_expect_not_null(strstr(page, "Checkpoints failed"));
  free(page);
  synched_report_destroy(report);
}

Test(html, print_stages_of_several_as_a_table) {
  struct synched_report *report = create(2, 4);
  record_run(report, 1, 3, 3);
  char *page = page_of(report);
  cr_expect_eq(count_of(page, "<h3>Stages"), 0);
  free(page);
  add_stages(report);
  report->summary.status = report->summary.failed_code = 42;
  report->summary.failed_segment = 2;
  report->summary.failed_stage = 0;
  (void)snprintf(report->stage_names[0], sizeof report->stage_names[0], "<b>\"&\xff");
  expect_page(report);
  page = page_of(report);
  expect_part(page, "<tr><th scope=\"row\"><bdi>&lt;b&gt;&quot;&amp;\xef\xbf\xbd</bdi>"
                    "<td>63.1&nbsp;%<td>1.20&nbsp;ms<td>400&nbsp;&micro;s<td>95.8&nbsp;%<td>3\n");
  expect_part(page, "<bdi>copies</bdi>");
  expect_part(page, "Segment 2 failed in <bdi class=\"name\">&lt;b&gt;");
  free(page);
  report->stages[2].round_count = 0;
  expect_page(report);
  report->summary.record = SYNCHED_RECORD_OFF;
  page = page_of(report);
  cr_expect_eq(count_of(page, "<h3>Stages"), 0);
  free(page);
  synched_report_destroy(report);
}

Test(html, print_foreign_text_is_only_content) {
  static const char text[] = "</script><script>x\"'\n<!--\xff{{data}}\x01";
  struct synched_report *report = create(2, 4);
  record_run(report, 1, 4, 4);
  (void)snprintf(report->name, sizeof report->name, "%s", text);
  (void)snprintf(report->machine, sizeof report->machine, "%s", text);
  (void)snprintf(report->placement, sizeof report->placement, "%s", text);
  char *page = page_of(report);
  const size_t scripts = synched__page.chart.size > 0 ? 3 : 2;
  cr_expect_eq(count_of(page, "<script"), scripts);
  cr_expect_eq(count_of(page, "<!--"), 0);
  cr_expect_eq(count_of(page, "{{data}}"), 4, "a name is no template");
  expect_part(page,
              "&lt;/script&gt;&lt;script&gt;x&quot;&#39;\n&lt;!--\xef\xbf\xbd{{data}}&#x2401;");
  expect_well_formed(page);
  free(page);
  synched_report_destroy(report);
}

Test(html, print_many_rounds_shows_some) {
  struct synched_report *report = create(4, 4096);
  record_run(report, 1, 5000, 4096);
  expect_page(report);
  char *page = page_of(report);
  expect_part(page, "The last 768 rounds, a lane for each worker. That is what the page has room "
                    "for, of 4,096 recorded ones.");
  if (synched__page.chart.size > 0)
    expect_part(page, "The last 1,024 rounds, of 4,096 recorded ones: ");
  else
    expect_part(page, "Their curve was left out");
  free(page);
  synched_report_destroy(report);
}

Test(html, print_many_workers_is_bounded) {
  struct synched_report *report = create_shape(300, 300, 64, 0);
  record_run(report, 1, 64, 64);
  expect_page(report);
  synched_report_destroy(report);
  /* The parts of one round are more than the page has room for; so it is one round's. */
  report = create_shape(SYNCHED_WORKERS_MAX, 4, 2, 0);
  record_run(report, 1, 2, 2);
  expect_page(report);
  synched_report_destroy(report);
}

Test(html, print_many_segments_are_binned) {
  const size_t count = 1000000;
  struct synched_report *report = create_shape(2, count, 1, 0);
  record_run(report, 1, 1, 1);
  for (size_t s = 0; s < count; s++)
    report->segments[s] = (struct synched_report_segment){
        .call_count = 1, .compute_ns = 100 + s % 7, .longest_ns = 100 + s % 7};
  report->segments[777777].compute_ns = 90000;
  expect_page(report);
  char *page = page_of(report);
  expect_part(page, "A cell stands for 977 neighbours of 1,000,000 segments");
  expect_part(page, "<tr><th scope=\"row\">777,777<td>1<td>90.0&nbsp;&micro;s");
  free(page);
  synched_report_destroy(report);
}

/* Calls of two workers, one each microsecond by turns. */
static void add_tasks(struct synched_report *report, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const unsigned worker = i < count / 2 ? 0 : 1;
    const size_t nth = worker == 0 ? i : i - count / 2;
    report->tasks[i] =
        (struct synched_report_task){.worker = worker,
                                     .round = 1,
                                     .segment = i,
                                     .start_ns = 1000000 + 2000 * nth + (worker == 0 ? 0 : 1000),
                                     .compute_ns = 900};
  }
  report->task_count = count;
}

Test(html, print_many_calls_shows_the_newest) {
  const size_t count = 10000;
  struct synched_report *report = create_shape(2, 4, 1, count);
  record_run(report, 1, 1, 1);
  add_tasks(report, count);
  expect_page(report);
  char *page = page_of(report);
  expect_part(page, "there are 3,072 calls, the last of 10,000 recorded ones.");
  expect_part(page, "[0,1,4999,9998000,900]");
  expect_part(page, "[1,1,9999,9999000,900]");
  cr_expect_null(strstr(page, "[0,1,0,0,900]"));
  free(page);
  synched_report_destroy(report);
}

Test(html, print_numbers_are_the_same_in_every_locale) {
  struct synched_report *report = create(2, 64);
  record_run(report, 1, 100, 64);
  report->efficiency = (struct synched_report_efficiency){
      .serial = 0.9876, .balance = 0.75, .scheduling = 1.0, .efficiency = 0.741, .total_ns = 1000};
  char *page = page_of(report);
  expect_part(page, "<dd>98.8<small>");
  expect_part(page, "<div class=\"factor low\"><dt>balance <span class=\"mark\">low</span></dt>");
  if (setlocale(LC_ALL, "de_DE.UTF-8") != NULL) {
    char *other = page_of(report);
    cr_expect_str_eq(other, page);
    free(other);
  }
  free(page);
  synched_report_destroy(report);
}

Test(html, bins_keep_all_values) {
  struct synched_report *report = create(1, 1);
  struct synched__html_bins bins;
  for (uint64_t ns = 1; ns < 100000000; ns = ns * 3 / 2 + 1)
    count(report, SYNCHED_DISTRIBUTION_ROUND, 0, ns);
  synched__html_bins(report, SYNCHED_DISTRIBUTION_ROUND, &bins);
  uint64_t sum = 0;
  for (unsigned b = 0; b < bins.count; b++) {
    sum += bins.counts[b];
    cr_expect_leq(bins.first_ns[b], bins.last_ns[b]);
    cr_expect(b == 0 || bins.first_ns[b] == bins.last_ns[b - 1] + 1);
  }
  cr_expect_eq(sum, bins.total);
  cr_expect_leq(bins.count, SYNCHED__HTML_BINS);
  synched_report_destroy(report);
}

Test(html, page_parts_fit) {
  const struct synched__page_text own[] = {synched__page.page, synched__page.style,
                                           synched__page.script};
  cr_expect_lt(lengths_of(own, 3), 60000);
}
