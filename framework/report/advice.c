/*
 * advice.c: what to change, and what it would gain, as far as the record tells.
 *
 * Gains are parts of T, the time that efficiencies are parts of, too: a shorter round does not
 * shorten the run of a job that then waits for its tick. Where the record cannot tell, they are 0.
 *
 * A round is as long as its slowest worker takes, and what comes before and after. What the slowest
 * would take with another cut or balance follows from what the segments took, dealt as the engine
 * would deal them; how much longer it really took than that says is a property of the machine, and
 * stays.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/options.h"
#include "platform/alloc.h"
#include "report/makespan.h"
#include "report/model.h"
#include "report/text.h"

/* Advice that saves less than this is not worth a line. */
#define GAIN_LEAST 0.02

/* A segment is cut into so many at most. */
#define CUT_MOST 8u

/* Segments are called even if none takes longer than this, in parts of the mean. */
#define EVEN_MOST 1.2

struct study {
  const struct synched_report *report;
  const struct synched_report_summary *job;
  const uint64_t *share_ns;
  /* T, of one worker */
  double whole_ns;
  /* workers that can compute at the same time, once they may steal */
  unsigned at_once;
  /* how long a round lasts on average, from its opening to the next one's */
  double round_ns;
  /* what the slowest worker of a round computes, on average */
  double slowest_ns;
  struct synched_report_advice list[SYNCHED_ADVICE_COUNT];
  unsigned count;
};

__attribute__((format(printf, 4, 5))) static void add(struct study *study, enum synched_advice kind,
                                                      double gain, const char *format, ...) {
  struct synched_report_advice *advice = &study->list[study->count++];
  *advice = (struct synched_report_advice){.struct_size = sizeof *advice};
  advice->kind = kind;
  advice->gain = gain > 0.0 ? gain < 1.0 ? gain : 1.0 : 0.0;
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(advice->text, sizeof advice->text, format, arguments);
  va_end(arguments);
}

/* One share's part of T. */
static double part_of(const struct study *study, enum synched_share share) {
  return (double)study->share_ns[share] / (study->whole_ns * study->job->worker_count);
}

/* "0.61"; "0.00" to "999.00". */
static struct synched__text text_of_ratio(double ratio) {
  struct synched__text text;
  SYNCHED_ASSERT(ratio >= 0.0);
  const double shown = ratio < 999.0 ? ratio : 999.0;
  const unsigned hundredths = (unsigned)(shown * 100.0 + 0.5);
  (void)snprintf(text.bytes, sizeof text.bytes, "%u.%02u", hundredths / 100, hundredths % 100);
  return text;
}

static struct synched__text percent(double part) {
  return synched__text_of_share(part, 1.0);
}

/* --- the cut of the memory, and the balance --- */

static double mean_of(const struct synched_report_segment *segment) {
  return segment->call_count == 0 ? 0.0 : (double)segment->compute_ns / (double)segment->call_count;
}

/* What the segments' mean calls take; NULL: no memory. */
static double *sizes_of(const struct synched_report *report) {
  const size_t count = report->summary.segment_count;
  double *sizes = synched__alloc(count, sizeof *sizes);
  for (size_t s = 0; sizes != NULL && s < count; s++)
    sizes[s] = mean_of(&report->segments[s]);
  return sizes;
}

static size_t heaviest_of(const struct synched_report *report) {
  size_t heaviest = 0;
  for (size_t s = 1; s < report->summary.segment_count; s++)
    if (mean_of(&report->segments[s]) > mean_of(&report->segments[heaviest]))
      heaviest = s;
  return heaviest;
}

static double mean_piece(const struct synched__pieces *pieces) {
  double sum = 0.0;
  for (size_t i = 0; i < pieces->count; i++)
    sum += pieces->sizes[i];
  return sum / (double)pieces->count;
}

/* How a round would go in which the slowest worker computes for slowest_ns. */
struct forecast {
  /* what the round's length would be, in parts of what it is */
  double ratio;
  double gain;
};

static struct forecast forecast_of(const struct study *study, double slowest_ns) {
  const double saved_ns = study->slowest_ns - slowest_ns;
  return (struct forecast){
      .ratio = 1.0 - saved_ns / study->round_ns,
      .gain = saved_ns * (double)study->job->round_count / study->whole_ns,
  };
}

static void advise_steal(struct study *study, double makespan_ns) {
  const struct forecast forecast = forecast_of(study, makespan_ns);
  if (study->report->can_steal || forecast.gain < GAIN_LEAST)
    return;
  add(study, SYNCHED_ADVICE_STEAL, forecast.gain,
      "workers that are done wait %s %% of the time: SYNCHED_BALANCE_STEAL, the default, would "
      "bring a round to about %s x its length",
      percent(part_of(study, SYNCHED_SHARE_SLOWEST) + part_of(study, SYNCHED_SHARE_ASLEEP)).bytes,
      text_of_ratio(forecast.ratio).bytes);
}

static void add_cut(struct study *study, const struct synched__pieces *pieces,
                    struct forecast forecast) {
  const double heaviest = pieces->sizes[heaviest_of(study->report)] / mean_piece(pieces);
  const char *balance = study->report->can_steal ? "" : ", with SYNCHED_BALANCE_STEAL";
  const size_t count = pieces->count;
  if (heaviest < EVEN_MOST)
    add(study, SYNCHED_ADVICE_MORE_SEGMENTS, forecast.gain,
        "%zu segment%s cannot be spread evenly over %u workers: %zu segments would bring a round "
        "to about %s x its length%s",
        count, count == 1 ? "" : "s", study->at_once, count * pieces->cut,
        text_of_ratio(forecast.ratio).bytes, balance);
  else
    add(study, SYNCHED_ADVICE_MORE_SEGMENTS, forecast.gain,
        "segment %zu takes %s x the mean: %zu segments instead of %zu would bring a round to about "
        "%s x its length%s",
        heaviest_of(study->report), text_of_ratio(heaviest).bytes, count * pieces->cut, count,
        text_of_ratio(forecast.ratio).bytes, balance);
}

/* The least cut that brings nearly all that any would. */
static void advise_cut(struct study *study, struct synched__pieces *pieces,
                       const struct synched__makespan_room *room) {
  const double now_ns = synched__makespan(pieces, study->at_once, room);
  const double factor =
      study->report->can_steal && study->slowest_ns > now_ns ? study->slowest_ns / now_ns : 1.0;
  pieces->cut = CUT_MOST;
  const double best_ns = synched__makespan(pieces, study->at_once, room);
  double slowest_ns = now_ns;
  for (pieces->cut = 1; pieces->cut < CUT_MOST && slowest_ns > best_ns * 1.05;)
    (void)(pieces->cut++, slowest_ns = synched__makespan(pieces, study->at_once, room));
  const struct forecast forecast = forecast_of(study, slowest_ns * factor);
  const double before = study->report->can_steal ? 0.0 : forecast_of(study, now_ns).gain;
  if (pieces->cut == 1 || forecast.gain - before < GAIN_LEAST)
    return;
  add_cut(study, pieces, forecast);
}

/* Where most rounds are too small to be shared, another cut changes nothing. */
static void advise_balance(struct study *study) {
  const struct synched_report_summary *job = study->job;
  if (study->at_once < 2 || study->round_ns <= 0.0 || job->solo_count > job->round_count / 2)
    return;
  double *sizes = sizes_of(study->report);
  const struct synched__makespan_room room = {
      .lanes = synched__alloc(study->at_once, sizeof *room.lanes),
      .order = synched__alloc(SYNCHED__MAKESPAN_ORDERED, sizeof *room.order)};
  struct synched__pieces pieces = {.sizes = sizes, .count = job->segment_count, .cut = 1};
  if (sizes != NULL && room.lanes != NULL && room.order != NULL &&
      sizes[heaviest_of(study->report)] > 0.0) {
    advise_steal(study, synched__makespan(&pieces, study->at_once, &room));
    advise_cut(study, &pieces, &room);
  }
  synched__free(room.order);
  synched__free(room.lanes);
  synched__free(sizes);
}

/* --- rounds and workers --- */

/* Rounds that one worker computes as fast as all of them do. */
static void advise_larger_rounds(struct study *study) {
  const struct synched_report_summary *job = study->job;
  const double work_ns = (double)job->compute_ns / (double)job->round_count;
  const double closing_ns = (double)job->closing_ns / (double)job->round_count;
  const double overhead =
      part_of(study, SYNCHED_SHARE_OPENING) + part_of(study, SYNCHED_SHARE_CLOSING);
  const bool mostly_solo = (double)job->solo_count > 0.9 * (double)job->round_count;
  const bool as_fast = !mostly_solo && work_ns + closing_ns <= study->round_ns;
  if (job->worker_count < 2 || job->segment_count < 2 || study->round_ns > 50000.0 ||
      !(mostly_solo || as_fast))
    return;
  const double gain = as_fast ? 1.0 - (work_ns + closing_ns) / study->round_ns : overhead;
  if (gain < GAIN_LEAST)
    return;
  add(study, SYNCHED_ADVICE_LARGER_ROUNDS, gain,
      "rounds of %s: one worker is as fast as %u, and opening and closing take %s %%. Let a round "
      "do more, or take one worker",
      synched__text_of_duration((uint64_t)study->round_ns).bytes, job->worker_count,
      percent(overhead).bytes);
}

static void advise_fewer_workers(struct study *study) {
  const struct synched_report_summary *job = study->job;
  const char *plural = job->segment_count == 1 ? "" : "s";
  if (job->worker_count <= job->segment_count)
    return;
  if (study->at_once > job->segment_count)
    add(study, SYNCHED_ADVICE_FEWER_WORKERS, 0.0,
        "%u workers, but %zu segment%s: the others never have work. Cut the memory into %u "
        "segments or more, or take fewer workers",
        job->worker_count, job->segment_count, plural, study->at_once);
  else
    add(study, SYNCHED_ADVICE_FEWER_WORKERS, 0.0,
        "%u workers, but %zu segment%s and %u CPU%s: the others never have work. Take %u worker%s",
        job->worker_count, job->segment_count, plural, study->at_once,
        study->at_once == 1 ? "" : "s", study->at_once, study->at_once == 1 ? "" : "s");
}

/* Of ranks on other machines, cores have other numbers. */
static bool share_machine(const struct synched_report *report, unsigned a, unsigned b) {
  return report->summary.rank_count < 2 ||
         strcmp(report->ranks[synched__report_rank_of(report, a)].host,
                report->ranks[synched__report_rank_of(report, b)].host) == 0;
}

/* The first worker before `worker` that is bound to the same core; -1: none is. */
static int partner_of(const struct synched_report *report, unsigned worker) {
  for (unsigned w = 0; w < worker; w++)
    if (share_machine(report, w, worker) && report->workers[worker].core >= 0 &&
        report->workers[w].core == report->workers[worker].core &&
        report->workers[w].package == report->workers[worker].package)
      return (int)w;
  return -1;
}

/* Ranks on one machine that have bound their workers to the same CPUs. */
static void advise_apart(struct study *study, unsigned a, unsigned b) {
  const struct synched_report *report = study->report;
  add(study, SYNCHED_ADVICE_CORES, 0.0,
      "workers %u and %u, of ranks %u and %u, share core %d: have the launcher bind each rank to "
      "CPUs of its own (mpirun --map-by slot:PE=%u), or take SYNCHED_AFFINITY_NONE",
      a, b, report->ranks[synched__report_rank_of(report, a)].rank,
      report->ranks[synched__report_rank_of(report, b)].rank, report->workers[b].core,
      report->ranks[0].worker_count);
}

static void advise_cores(struct study *study) {
  const struct synched_report *report = study->report;
  const unsigned worker_count = study->job->worker_count;
  if (report->usable_cpus != 0 && worker_count > report->usable_cpus && !report->can_steal) {
    add(study, SYNCHED_ADVICE_CORES, part_of(study, SYNCHED_SHARE_OPENING),
        "%u workers take turns on %u CPU%s, and each has segments of its own: take %u worker%s",
        worker_count, report->usable_cpus, report->usable_cpus == 1 ? "" : "s", report->usable_cpus,
        report->usable_cpus == 1 ? "" : "s");
    return;
  }
  /* Where there are fewer CPUs, some share one whatever is done. */
  if (report->usable_cpus != 0 && worker_count > report->usable_cpus)
    return;
  for (unsigned w = 1; w < worker_count; w++) {
    const int partner = partner_of(report, w);
    if (partner < 0)
      continue;
    const bool same_cpu = report->workers[w].cpu == report->workers[partner].cpu;
    if (synched__report_rank_of(report, w) != synched__report_rank_of(report, (unsigned)partner)) {
      advise_apart(study, (unsigned)partner, w);
      return;
    }
    add(study, SYNCHED_ADVICE_CORES, 0.0,
        "workers %d and %u share %s %d: where there are cores enough, SYNCHED_AFFINITY_CORES gives "
        "each worker its own",
        partner, w, same_cpu ? "CPU" : "core",
        same_cpu ? report->workers[w].cpu : report->workers[w].core);
    return;
  }
}

/* --- what comes between rounds --- */

static void advise_callback(struct study *study) {
  const struct synched_report_summary *job = study->job;
  const double part = (double)job->callback_ns / study->whole_ns;
  const double gain = part * (1.0 - 1.0 / job->worker_count);
  if (gain < GAIN_LEAST)
    return;
  add(study, SYNCHED_ADVICE_CALLBACK, gain,
      "on_round takes %s %% of the time, and nobody computes meanwhile. In the segments its work "
      "would take %s %%; what only looks at the result can go to on_snapshot, with LATEST",
      percent(part).bytes, percent(part / job->worker_count).bytes);
}

static void advise_leases(struct study *study) {
  const double part = part_of(study, SYNCHED_SHARE_BUFFER);
  if (part < GAIN_LEAST)
    return;
  add(study, SYNCHED_ADVICE_LEASES, part,
      "rounds wait for a buffer %s %% of the time: take one lease more (lease_count = %u)%s",
      percent(part).bytes, study->report->lease_count + 1,
      study->report->delivers_every ? ", or deliver LATEST" : ", or release snapshots sooner");
}

static void advise_spin(struct study *study) {
  const struct synched_report_summary *job = study->job;
  const double part = part_of(study, SYNCHED_SHARE_OPENING);
  const double sleeps = (double)job->wake_count / (double)job->round_count;
  if (job->period_ns != 0 || job->worker_count > study->report->usable_cpus || sleeps < 0.25 ||
      part / 2.0 < GAIN_LEAST || study->round_ns > 1e6)
    return;
  add(study, SYNCHED_ADVICE_SPIN, part / 2.0,
      "workers are woken %s times a round, and waking and opening take %s %%: a longer spin_ns, or "
      "SYNCHED_WAIT_SPIN, keeps them awake",
      text_of_ratio(sleeps).bytes, percent(part).bytes);
}

static void advise_period(struct study *study) {
  const struct synched_report_summary *job = study->job;
  if (job->started_count == 0 || job->overrun_count * 100 < job->started_count)
    return;
  const uint64_t p99_ns =
      synched_report_quantile(study->report, SYNCHED_DISTRIBUTION_ROUND, 0, 0.99);
  add(study, SYNCHED_ADVICE_PERIOD, 0.0,
      "%s of %s rounds lasted longer than the period of %s (99 %% take up to %s): take a longer "
      "period, or let a round do less",
      synched__text_of_count(job->overrun_count).bytes,
      synched__text_of_count(job->started_count).bytes,
      synched__text_of_duration(job->period_ns).bytes, synched__text_of_duration(p99_ns).bytes);
}

/* --- home ranges --- */

static void advise_homes(struct study *study) {
  const struct synched_report_summary *job = study->job;
  if (job->strayed_count == 0)
    return;
  add(study, SYNCHED_ADVICE_HOMES, 0.0,
      "%s of %zu segments are at home on another NUMA node than their pages since home ranges were "
      "dealt anew: if memory is what rounds wait for, try SYNCHED_HOMES_FIXED",
      synched__text_of_count(job->strayed_count).bytes, job->segment_count);
}

/* --- ranks --- */

static void advise_binding(struct study *study) {
  const struct synched_report *report = study->report;
  const double part = part_of(study, SYNCHED_SHARE_COMPUTE);
  if (report->binding[0] != '\0')
    add(study, SYNCHED_ADVICE_BINDING, report->binding_gain * part, "%s", report->binding);
}

/* --- all of it --- */

static int larger_gain(const void *a, const void *b) {
  const struct synched_report_advice *x = a, *y = b;
  if (x->gain != y->gain)
    return x->gain < y->gain ? 1 : -1;
  return (int)x->kind - (int)y->kind;
}

static void begin(struct study *study, const struct synched_report *report) {
  const struct synched_report_summary *job = &report->summary;
  *study = (struct study){.report = report, .job = job, .share_ns = report->efficiency.share_ns};
  study->whole_ns = (double)report->efficiency.total_ns / job->worker_count;
  study->at_once = job->worker_count;
  if (report->usable_cpus != 0 && report->usable_cpus < study->at_once)
    study->at_once = report->usable_cpus;
  if (job->round_count == 0)
    return;
  const double computing_ns = (double)study->share_ns[SYNCHED_SHARE_COMPUTE] +
                              (double)study->share_ns[SYNCHED_SHARE_SLOWEST] +
                              (double)study->share_ns[SYNCHED_SHARE_ASLEEP];
  const double all_ns = computing_ns + (double)study->share_ns[SYNCHED_SHARE_OPENING] +
                        (double)study->share_ns[SYNCHED_SHARE_CLOSING] +
                        (double)study->share_ns[SYNCHED_SHARE_MESSAGES];
  const double rounds = (double)job->round_count * job->worker_count;
  study->slowest_ns = computing_ns / rounds;
  study->round_ns = all_ns / rounds;
}

static void advise(struct study *study, const struct synched_report *report) {
  begin(study, report);
  if (study->job->record == SYNCHED_RECORD_OFF || study->job->round_count == 0 ||
      study->whole_ns <= 0.0)
    return;
  /* Of a rank, segments that others read come first, then the rest, and none goes to another rank:
   * what follows does not know that. */
  if (study->job->rank_count == 0) {
    advise_balance(study);
    advise_larger_rounds(study);
    advise_fewer_workers(study);
    advise_spin(study);
  }
  advise_cores(study);
  advise_callback(study);
  advise_leases(study);
  advise_period(study);
  advise_homes(study);
  advise_binding(study);
  qsort(study->list, study->count, sizeof *study->list, larger_gain);
}

int synched_report_advice(const struct synched_report *report, size_t index,
                          struct synched_report_advice *out) {
  static const struct synched__options_spec spec = {.what = "synched_report_advice",
                                                    .known = sizeof(struct synched_report_advice),
                                                    .minimum =
                                                        sizeof(struct synched_report_advice)};
  struct study study;
  if (report == NULL)
    return synched__fail(SYNCHED_EINVAL, "the report is NULL");
  advise(&study, report);
  if (index >= study.count)
    return synched__fail(SYNCHED_ENOENT, "there is no more advice; there are %u", study.count);
  return synched__out_write(out, &study.list[index], &spec);
}
