/*
 * html.c: the report as one page for a browser.
 *
 * The page is page/page.html, with holes that are filled here: tables, which need no script; and
 * numbers as JSON, which the page's scripts draw. Nothing is loaded from anywhere: style, scripts
 * and Chart.js are in the page, and its policy forbids the rest. Text that the job's owner chose is
 * escaped, and stands in the markup only, never in what a script reads.
 */
#include "report/html.h"

#include <inttypes.h>
#include <string.h>

#include <synched/status.h>
#include <synched/version.h>

#include "base/assert.h"
#include "report/forms.h"
#include "report/html_text.h"
#include "report/page.h"
#include "report/text.h"

#define LOW 0.8

static void put(const struct synched__html *html, struct synched__page_text text) {
  (void)fwrite(text.bytes, 1, text.size, html->file);
}

/* --- head --- */

static void put_policy(const struct synched__html *html) {
  fputs(synched__page.policy, html->file);
}

static void put_version(const struct synched__html *html) {
  fputs(synched_version_string(), html->file);
}

static void put_style(const struct synched__html *html) {
  put(html, synched__page.style);
}

static void put_script(const struct synched__html *html) {
  put(html, synched__page.script);
}

static void put_name(const struct synched__html *html) {
  synched__html_escape(html->file, html->report->name);
}

static void put_chart(const struct synched__html *html) {
  if (synched__page.chart.size == 0)
    return;
  fputs("<script>", html->file);
  put(html, synched__page.chart);
  fputs("</script>", html->file);
}

static void put_chart_note(const struct synched__html *html) {
  if (synched__page.chart.size == 0)
    fputs("Charts were left out: this build of the library has no Chart.js. The tables have "
          "their numbers.",
          html->file);
  else
    fputs("Charts by Chart.js, &copy; Chart.js Contributors, under the MIT licence, which is in "
          "the page's source.",
          html->file);
}

static void put_facts(const struct synched__html *html) {
  const struct synched_report_summary *job = &html->report->summary;
  FILE *file = html->file;
  synched__html_plural(file, job->round_count, "round");
  fputs(" of ", file);
  synched__html_plural(file, job->segment_count, "segment");
  fputs(" on ", file);
  synched__html_plural(file, job->worker_count, "worker");
  fputs(", in ", file);
  synched__html_duration(file, html->elapsed_ns);
  if (job->round_count > 0 && html->elapsed_ns > 0) {
    const double each_ns = (double)html->elapsed_ns / (double)job->round_count;
    fputs(": ", file);
    synched__html_number(file, 1e9 / each_ns);
    fputs(" rounds a second, one every ", file);
    synched__html_duration(file, synched__nearest_whole(each_ns));
  }
}

static void put_status(FILE *file, int status) {
  const char *name = synched_err_name(status);
  fputs("<strong>The job ended with ", file);
  if (strcmp(name, "unknown") != 0)
    fprintf(file, "%s (%d)", name, status);
  else
    fprintf(file, "%d", status);
  fputs("</strong>: ", file);
  synched__html_escape(file, synched_strerror(status));
  fputs(". ", file);
}

static void put_failure(const struct synched__html *html) {
  const struct synched_report_summary *job = &html->report->summary;
  const char *stage = synched__report_failed_stage(html->report);
  FILE *file = html->file;
  fprintf(file, "Segment %" PRId64 " failed", job->failed_segment);
  if (stage != NULL) {
    fputs(" in <bdi class=\"name\">", file);
    synched__html_escape(file, stage);
    fputs("</bdi>", file);
  }
  fprintf(file, " with code %d; it is the lowest that did. ", job->failed_code);
}

static void put_outcome(const struct synched__html *html) {
  const struct synched_report_summary *job = &html->report->summary;
  FILE *file = html->file;
  if (!job->ended)
    fputs("<p class=\"outcome calm\">The job was still running when this was made.</p>", file);
  if (job->status == 0 && job->failed_segment < 0 && !job->init_missing)
    return;
  fputs("<p class=\"outcome\" role=\"note\">", file);
  if (job->status != 0)
    put_status(file, job->status);
  if (job->failed_segment >= 0)
    put_failure(html);
  if (job->init_missing)
    fputs("Its init was not completed; the memory holds what it held without it.", file);
  fputs("</p>", file);
}

/* --- efficiencies and advice --- */

static void put_factor(FILE *file, const char *name, double value, const char *class) {
  const bool low = value < LOW;
  fprintf(file, "<div class=\"factor%s%s\"><dt>%s%s</dt><dd>", class, low ? " low" : "", name,
          low ? " <span class=\"mark\">low</span>" : "");
  synched__html_number(file, 100.0 * value);
  fputs("<small>%</small></dd></div>\n", file);
}

static void put_efficiencies(const struct synched__html *html) {
  const struct synched_report_efficiency *efficiency = &html->report->efficiency;
  FILE *file = html->file;
  if (efficiency->total_ns == 0 || html->report->summary.record == SYNCHED_RECORD_OFF) {
    fputs("<p>Where the time went was not recorded.</p>", file);
    return;
  }
  fputs("<dl class=\"factors\">\n", file);
  put_factor(file, "efficiency", efficiency->efficiency, " whole");
  put_factor(file, "serial", efficiency->serial, "");
  put_factor(file, "balance", efficiency->balance, "");
  put_factor(file, "scheduling", efficiency->scheduling, "");
  fputs("</dl>\n<p>Of the workers' time, ", file);
  synched__html_share(file, efficiency->efficiency, 1.0);
  fputs(" went into compute calls. An efficiency below 80&nbsp;% is marked.", file);
  if (efficiency->efficiency - efficiency->utilisation > 0.0005) {
    fputs(" With waits for ticks, pauses and other jobs of the pool, it is ", file);
    synched__html_share(file, efficiency->utilisation, 1.0);
    fputs(".", file);
  }
  fputs("</p>", file);
}

static void put_advice(const struct synched__html *html) {
  FILE *file = html->file;
  struct synched_report_advice advice = {.struct_size = sizeof advice};
  size_t count = 0;
  while (synched_report_advice(html->report, count, &advice) == 0) {
    fputs(count == 0 ? "<ol class=\"advice\">\n" : "", file);
    fputs("<li><span class=\"gain\">", file);
    if (advice.gain >= 0.0005) {
      synched__html_share(file, advice.gain, 1.0);
      fputs("<small> less time</small>", file);
    }
    fputs("</span><span>", file);
    synched__html_escape(file, advice.text);
    fputs("</span>\n", file);
    count++;
  }
  if (count > 0)
    fputs("</ol>", file);
  else if (html->report->summary.record == SYNCHED_RECORD_OFF)
    fputs("<p>Nothing was recorded that advice could come from.</p>", file);
  else
    fputs("<p>Nothing: the record shows no change that would gain much.</p>", file);
}

/* --- notes --- */

static void put_timeline_note(const struct synched__html *html) {
  const struct synched_report *report = html->report;
  FILE *file = html->file;
  const size_t shown = report->recorded - html->first_part;
  if (shown == 0) {
    fputs("No round was recorded.", file);
    return;
  }
  fputs(shown == 1 ? "The last round" : "The last ", file);
  if (shown > 1)
    synched__html_plural(file, shown, "round");
  fputs(", a lane for each worker.", file);
  if (report->exchange_count > 0)
    fputs(
        " Below those of a rank are its messages: under way, and, where the rank had nothing left "
        "to compute, waited for.",
        file);
  if (shown < report->recorded) {
    fputs(" That is what the page has room for, of ", file);
    synched__html_count(file, report->recorded);
    fputs(" recorded ones.", file);
  }
  if (html->task_count > 0) {
    fputs(" Each call has its segment's number; there are ", file);
    synched__html_plural(file, html->task_count, "call");
    if (html->task_count < report->task_count) {
      fputs(", the last of ", file);
      synched__html_count(file, report->task_count);
      fputs(" recorded ones", file);
    }
    fputs(".", file);
  }
}

static void put_rounds_note(const struct synched__html *html) {
  const struct synched_report *report = html->report;
  FILE *file = html->file;
  const size_t shown = report->recorded - html->first_round;
  if (report->recorded < 2) {
    fputs("Too few rounds were recorded for a curve.", file);
    return;
  }
  if (synched__page.chart.size == 0) {
    fputs("Their curve was left out, for this build of the library has no Chart.js: the table of "
          "the timeline has its numbers.",
          file);
    return;
  }
  fputs("The last ", file);
  synched__html_plural(file, shown, "round");
  if (shown < report->recorded) {
    fputs(", of ", file);
    synched__html_count(file, report->recorded);
    fputs(" recorded ones", file);
  }
  fputs(": the whole round, its longest worker, and the mean of all workers. Where the last two "
        "are far apart, the others wait. p50 and p99 are those of all rounds.",
        file);
}

static void put_segments_note(const struct synched__html *html) {
  const struct synched_report *report = html->report;
  FILE *file = html->file;
  uint64_t calls = 0;
  for (size_t s = 0; s < report->summary.segment_count; s++)
    calls += report->segments[s].call_count;
  if (calls == 0) {
    fputs("Their calls were not timed.", file);
    return;
  }
  fputs("How long the calls for each segment took. ", file);
  if (html->cell_segments > 1) {
    fputs("A cell stands for ", file);
    synched__html_count(file, html->cell_segments);
    fputs(" neighbours of ", file);
    synched__html_plural(file, report->summary.segment_count, "segment");
    fputs(": the mean of their calls, and the longest of them.", file);
  } else
    fputs("A segment whose colour stands out holds up its whole round.", file);
}

/* --- schedule, machine --- */

static void put_pair(const struct synched__html *html, const char *name, uint64_t ns) {
  fprintf(html->file, "<div><dt>%s</dt><dd>", name);
  synched__html_duration(html->file, ns);
  fputs("</dd></div>\n", html->file);
}

static void put_number(const struct synched__html *html, const char *name, uint64_t count) {
  fprintf(html->file, "<div><dt>%s</dt><dd>", name);
  synched__html_count(html->file, count);
  fputs("</dd></div>\n", html->file);
}

static void put_text(const struct synched__html *html, const char *name, const char *text,
                     bool is_long) {
  if (text[0] == '\0')
    return;
  fprintf(html->file, "<div%s><dt>%s</dt><dd>", is_long ? " class=\"text\"" : "", name);
  synched__html_escape(html->file, text);
  fputs("</dd></div>\n", html->file);
}

static void put_ticks(const struct synched__html *html) {
  const struct synched_report_summary *job = &html->report->summary;
  put_pair(html, "Period", job->period_ns);
  put_number(html, "Ticks", job->tick_count);
  put_number(html, "Started", job->started_count);
  put_number(html, "Started late", job->late_count);
  put_number(html, "Skipped", job->skipped_count);
  put_number(html, "Overruns", job->overrun_count);
  if (job->started_count == 0)
    return;
  put_pair(html, "Lateness, p50", job->lateness_p50_ns);
  put_pair(html, "Lateness, p99", job->lateness_p99_ns);
  put_pair(html, "Lateness, most", job->lateness_max_ns);
}

static void put_schedule(const struct synched__html *html) {
  const struct synched_report_summary *job = &html->report->summary;
  if (job->period_ns == 0 && job->deadline_ns == 0)
    return;
  fputs("<section aria-labelledby=\"schedule-title\"><h2 id=\"schedule-title\">Schedule</h2>\n"
        "<dl class=\"figures\">\n",
        html->file);
  if (job->period_ns > 0)
    put_ticks(html);
  if (job->deadline_ns > 0) {
    put_pair(html, "Deadline", job->deadline_ns);
    put_number(html, "Deadlines missed", job->deadline_missed_count);
    put_number(html, "Rounds dropped", job->dropped_count);
  }
  fputs("</dl></section>", html->file);
}

static void put_snapshots(const struct synched__html *html) {
  const struct synched_report *report = html->report;
  const struct synched_report_summary *job = &report->summary;
  if (report->has_on_snapshot) {
    put_text(html, "Snapshots", report->delivers_every ? "every one" : "the latest", false);
    put_number(html, "Delivered", job->delivered_count);
    put_number(html, "Not delivered", job->missed_count);
  }
  put_number(html, "Leases", report->lease_count);
  if (job->lease_wait_count > 0) {
    put_number(html, "Waits for a buffer", job->lease_wait_count);
    put_pair(html, "Waited for buffers", job->lease_wait_ns);
  }
  if (job->checkpoint_count + job->checkpoint_failed_count > 0) {
    put_number(html, "Checkpoints", job->checkpoint_count);
    put_number(html, "Checkpoints skipped", job->checkpoint_skipped_count);
    put_number(html, "Checkpoints failed", job->checkpoint_failed_count);
    put_pair(html, "Writing them, beside rounds", job->checkpoint_ns);
    put_pair(html, "Rounds held up by them", job->checkpoint_held_ns);
  }
}

static void put_machine(const struct synched__html *html) {
  static const char *const levels[] = {[SYNCHED_RECORD_TOTALS] = "totals",
                                       [SYNCHED_RECORD_OFF] = "off",
                                       [SYNCHED_RECORD_ROUNDS] = "rounds",
                                       [SYNCHED_RECORD_TASKS] = "tasks"};
  const struct synched_report *report = html->report;
  const struct synched_report_summary *job = &report->summary;
  fputs("<dl class=\"figures\">\n", html->file);
  put_text(html, "Machine", report->machine, true);
  put_text(html, "Placement", report->placement, true);
  put_number(html, "Usable CPUs", report->usable_cpus);
  put_number(html, "Process", report->process);
  put_text(html, "Balance", report->can_steal ? "stealing" : "static", false);
  put_number(html, "Calls", job->call_count);
  put_number(html, "Stolen calls", job->stolen_count);
  put_number(html, "Rounds shared", job->shared_count);
  put_number(html, "Rounds of one worker", job->solo_count);
  put_number(html, "Sleeps", job->sleep_count);
  put_number(html, "Wakes", job->wake_count);
  put_snapshots(html);
  if ((unsigned)job->record < sizeof levels / sizeof levels[0])
    put_text(html, "Recorded", levels[job->record], false);
  fputs("</dl>", html->file);
}

/* --- the page --- */

static const struct {
  const char *name;
  void (*fill)(const struct synched__html *html);
} holes[] = {
    {"advice", put_advice},
    {"chart", put_chart},
    {"chart_note", put_chart_note},
    {"data", synched__html_data},
    {"distributions", synched__html_distributions},
    {"efficiencies", put_efficiencies},
    {"facts", put_facts},
    {"machine", put_machine},
    {"name", put_name},
    {"outcome", put_outcome},
    {"policy", put_policy},
    {"ranks", synched__html_ranks},
    {"rounds", synched__html_rounds},
    {"rounds_note", put_rounds_note},
    {"schedule", put_schedule},
    {"script", put_script},
    {"segments", synched__html_segments},
    {"segments_note", put_segments_note},
    {"shares", synched__html_shares},
    {"stages", synched__html_stages},
    {"style", put_style},
    {"timeline_note", put_timeline_note},
    {"version", put_version},
    {"workers", synched__html_workers},
};

static void fill(const struct synched__html *html, const char *name, size_t length) {
  for (size_t i = 0; i < sizeof holes / sizeof holes[0]; i++) {
    if (strlen(holes[i].name) != length || memcmp(holes[i].name, name, length) != 0)
      continue;
    holes[i].fill(html);
    return;
  }
  SYNCHED_ASSERT(false);
}

int synched__html_print(const struct synched_report *report, FILE *file) {
  struct synched__html html = {
      .report = report, .file = file, .open = synched__page.chart.size == 0 ? " open" : ""};
  const char *at = (const char *)synched__page.page.bytes; /* a zero follows */
  synched__html_choose(&html);
  for (const char *hole; (hole = strstr(at, "{{")) != NULL;) {
    const char *end = strstr(hole, "}}");
    (void)fwrite(at, 1, (size_t)(hole - at), file);
    if (end == NULL)
      break;
    fill(&html, hole + 2, (size_t)(end - hole - 2));
    at = end + 2;
  }
  fputs(at, file);
  return 0;
}
