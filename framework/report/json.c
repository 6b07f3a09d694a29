/*
 * json.c: a report as JSON (RFC 8259), for programs; json.h says how it is made up.
 *
 * All numbers of the report are in it, exactly: whole ones with all their digits, the others with
 * as many as it takes to read the same number again. It looks the same in every locale. Texts are
 * made UTF-8. It allocates nothing, and goes to the file as it is made.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/forms.h"
#include "report/json.h"
#include "report/json_string.h"
#include "report/unicode.h"

struct json {
  FILE *file;
  /* something stands in the object or array: a comma comes next */
  bool begun;
};

static void separate(struct json *json) {
  if (json->begun)
    putc(',', json->file);
  json->begun = true;
}

static void open_bracket(struct json *json, int bracket) {
  putc(bracket, json->file);
  json->begun = false;
}

static void close_bracket(struct json *json, int bracket) {
  putc(bracket, json->file);
  json->begun = true;
}

/* --- values --- */

/* '<' is escaped so that a page can hold the text in a script. */
static void print_text(struct json *json, const char *text) {
  char character[SYNCHED__JSON_CHARACTER_BYTES];
  putc('"', json->file);
  while (*text != '\0') {
    const char first = *text;
    text += synched__json_character(character, text);
    fputs(first == '\n' ? "\\n" : first == '<' ? "\\u003c" : character, json->file);
  }
  putc('"', json->file);
}

/* A text of the report, in an array of so many bytes. */
static void print_any_text(struct json *json, const char *text, size_t room) {
  char clean[256];
  synched__unicode_clean(clean, room < sizeof clean ? room : sizeof clean, text);
  print_text(json, clean);
}

/* With as few digits as say which number it is. printf and strtod know the locale's point. */
static void print_real(struct json *json, double number) {
  static const char others[] = "0123456789+-e"; /* than the point, which may be some bytes long */
  char text[40];
  if (!isfinite(number)) {
    fputs("null", json->file); /* JSON has no such number, and a report should not, either */
    return;
  }
  int digits = 14;
  do
    (void)snprintf(text, sizeof text, "%.*g", ++digits, number);
  while (digits < 17 && strtod(text, NULL) != number);
  const size_t whole = strspn(text, others), point = strcspn(text + whole, others);
  fprintf(json->file, "%.*s%s%s", (int)whole, text, point == 0 ? "" : ".", text + whole + point);
}

static uint64_t unsigned_at(const void *place, unsigned bytes) {
  uint64_t wide;
  uint32_t narrow;
  if (bytes == sizeof(bool))
    return *(const bool *)place;
  if (bytes == sizeof narrow) {
    memcpy(&narrow, place, sizeof narrow);
    return narrow;
  }
  memcpy(&wide, place, sizeof wide);
  return wide;
}

static int64_t signed_at(const void *place, unsigned bytes) {
  const uint64_t value = unsigned_at(place, bytes);
  return bytes == sizeof(uint32_t) ? (int32_t)(uint32_t)value : (int64_t)value;
}

static void print_value(struct json *json, const struct synched__json_field *field,
                        const void *base) {
  const void *place = (const char *)base + field->offset;
  switch (field->kind) {
  case SYNCHED__JSON_UNSIGNED:
    fprintf(json->file, "%" PRIu64, unsigned_at(place, field->bytes));
    break;
  case SYNCHED__JSON_SIGNED:
    fprintf(json->file, "%" PRId64, signed_at(place, field->bytes));
    break;
  case SYNCHED__JSON_REAL: {
    double number;
    memcpy(&number, place, sizeof number);
    print_real(json, number);
    break;
  }
  case SYNCHED__JSON_FLAG:
    fputs(unsigned_at(place, field->bytes) != 0 ? "true" : "false", json->file);
    break;
  case SYNCHED__JSON_LEVEL:
    print_text(json, synched__json_levels[unsigned_at(place, field->bytes)]);
    break;
  }
}

/* --- members --- */

static void name_member(struct json *json, const char *name) {
  separate(json);
  fprintf(json->file, "\"%s\":", name);
}

/* One that begins a line. */
static void name_section(struct json *json, const char *name) {
  separate(json);
  fprintf(json->file, "\n\"%s\":", name);
}

static void print_members(struct json *json, const struct synched__json_fields *fields,
                          const void *base) {
  for (unsigned i = 0; i < fields->count; i++) {
    name_member(json, fields->list[i].name);
    print_value(json, &fields->list[i], base);
  }
}

/* Rows, as an object of columns. */
struct rows {
  const void *first;
  /* how many rows there are, and the size of each */
  size_t count, bytes;
};

static void print_column(struct json *json, const struct synched__json_field *field,
                         const struct rows *rows) {
  name_member(json, field->name);
  open_bracket(json, '[');
  for (size_t i = 0; i < rows->count; i++) {
    separate(json);
    print_value(json, field, (const char *)rows->first + i * rows->bytes);
  }
  close_bracket(json, ']');
}

static void print_columns(struct json *json, const struct synched__json_fields *fields,
                          const struct rows *rows) {
  open_bracket(json, '{');
  for (unsigned i = 0; i < fields->count; i++)
    print_column(json, &fields->list[i], rows);
  close_bracket(json, '}');
}

/* --- the job --- */

static void print_job(struct json *json, const struct synched_report *report) {
  name_section(json, "job");
  open_bracket(json, '{');
  name_member(json, "name");
  print_any_text(json, report->name, sizeof report->name);
  print_members(json, &synched__json_job, report);
  close_bracket(json, '}');
  name_section(json, "machine");
  open_bracket(json, '{');
  name_member(json, "description");
  print_any_text(json, report->machine, sizeof report->machine);
  print_members(json, &synched__json_machine, report);
  close_bracket(json, '}');
  name_section(json, "pool");
  print_any_text(json, report->pool, sizeof report->pool);
  name_section(json, "placement");
  print_any_text(json, report->placement, sizeof report->placement);
  name_section(json, "binding");
  print_any_text(json, report->binding, sizeof report->binding);
}

static void print_totals(struct json *json, const struct synched_report *report) {
  name_section(json, "summary");
  open_bracket(json, '{');
  print_members(json, &synched__json_summary, &report->summary);
  close_bracket(json, '}');
  name_section(json, "efficiency");
  open_bracket(json, '{');
  print_members(json, &synched__json_efficiency, &report->efficiency);
  name_member(json, "share_ns");
  open_bracket(json, '{');
  print_members(json, &synched__json_shares, &report->efficiency);
  close_bracket(json, '}');
  close_bracket(json, '}');
}

static void print_workers(struct json *json, const struct synched_report *report) {
  name_section(json, "workers");
  open_bracket(json, '[');
  for (unsigned w = 0; w < report->summary.worker_count; w++) {
    separate(json);
    putc('\n', json->file);
    open_bracket(json, '{');
    print_members(json, &synched__json_worker, &report->workers[w]);
    close_bracket(json, '}');
  }
  close_bracket(json, ']');
  const struct rows segments = {report->segments, report->summary.segment_count,
                                sizeof *report->segments};
  name_section(json, "segments");
  print_columns(json, &synched__json_segment, &segments);
}

/* Of a job of one stage there are none. */
static void print_stages(struct json *json, const struct synched_report *report) {
  name_section(json, "stages");
  open_bracket(json, '[');
  for (unsigned s = 0; s < report->summary.stage_count; s++) {
    separate(json);
    putc('\n', json->file);
    open_bracket(json, '{');
    name_member(json, "name");
    print_any_text(json, report->stage_names[s], sizeof report->stage_names[s]);
    print_members(json, &synched__json_stage, &report->stages[s]);
    close_bracket(json, '}');
  }
  close_bracket(json, ']');
}

/* --- rounds and calls --- */

static bool is_empty(const struct synched_report_part *part) {
  const struct synched__json_fields *fields = &synched__json_part;
  for (unsigned i = 0; i < fields->count; i++)
    if (unsigned_at((const char *)part + fields->list[i].offset, fields->list[i].bytes) != 0)
      return false;
  return true;
}

/* Of the workers that took part. */
static void print_parts(struct json *json, const struct synched_report_part *parts,
                        unsigned worker_count) {
  name_member(json, "parts");
  open_bracket(json, '{');
  name_member(json, SYNCHED__JSON_PART_WORKER);
  open_bracket(json, '[');
  for (unsigned w = 0; w < worker_count; w++) {
    if (is_empty(&parts[w]))
      continue;
    separate(json);
    fprintf(json->file, "%u", w);
  }
  close_bracket(json, ']');
  for (unsigned i = 0; i < synched__json_part.count; i++) {
    name_member(json, synched__json_part.list[i].name);
    open_bracket(json, '[');
    for (unsigned w = 0; w < worker_count; w++) {
      if (is_empty(&parts[w]))
        continue;
      separate(json);
      print_value(json, &synched__json_part.list[i], &parts[w]);
    }
    close_bracket(json, ']');
  }
  close_bracket(json, '}');
}

static void print_rounds(struct json *json, const struct synched_report *report) {
  const unsigned worker_count = report->summary.worker_count;
  name_section(json, "rounds");
  open_bracket(json, '[');
  for (size_t r = 0; r < report->recorded; r++) {
    separate(json);
    putc('\n', json->file);
    open_bracket(json, '{');
    print_members(json, &synched__json_round, &report->rounds[r]);
    print_parts(json, &report->parts[r * worker_count], worker_count);
    close_bracket(json, '}');
  }
  close_bracket(json, ']');
  const struct rows tasks = {report->tasks, report->task_count, sizeof *report->tasks};
  name_section(json, "tasks");
  print_columns(json, &synched__json_task, &tasks);
}

/* --- ranks --- */

/* Of a job of no cluster there are none. A report of several has each rank's own rounds, too: in
 * rank_rounds a row for each rank of the first round, then of the second one. */
static void print_ranks(struct json *json, const struct synched_report *report) {
  const unsigned count = report->summary.rank_count;
  name_section(json, "ranks");
  open_bracket(json, '[');
  for (unsigned r = 0; r < count; r++) {
    separate(json);
    putc('\n', json->file);
    open_bracket(json, '{');
    name_member(json, "host");
    print_any_text(json, report->ranks[r].host, sizeof report->ranks[r].host);
    print_members(json, &synched__json_rank, &report->ranks[r]);
    close_bracket(json, '}');
  }
  close_bracket(json, ']');
  const struct rows rounds = {report->rank_rounds,
                              report->rank_rounds == NULL ? 0 : report->recorded * count,
                              sizeof *report->rank_rounds};
  name_section(json, "rank_rounds");
  print_columns(json, &synched__json_round, &rounds);
  const struct rows exchanges = {report->exchanges, report->exchange_count,
                                 sizeof *report->exchanges};
  name_section(json, "exchanges");
  print_columns(json, &synched__json_exchange, &exchanges);
}

/* --- distributions --- */

static void print_buckets(struct json *json, const char *name, const uint64_t *buckets,
                          uint64_t (*number)(const uint64_t *buckets, unsigned bucket)) {
  name_member(json, name);
  open_bracket(json, '[');
  for (unsigned i = 0; i < SYNCHED__BUCKET_COUNT; i++) {
    if (buckets[i] == 0)
      continue;
    separate(json);
    fprintf(json->file, "%" PRIu64, number(buckets, i));
  }
  close_bracket(json, ']');
}

static uint64_t first_of(const uint64_t *buckets, unsigned bucket) {
  (void)buckets;
  return synched__bucket_first_ns(bucket);
}

static uint64_t last_of(const uint64_t *buckets, unsigned bucket) {
  (void)buckets;
  return synched__bucket_last_ns(bucket);
}

static uint64_t count_of(const uint64_t *buckets, unsigned bucket) {
  return buckets[bucket];
}

static void print_distribution(struct json *json, const uint64_t *buckets) {
  open_bracket(json, '{');
  print_buckets(json, "first_ns", buckets, first_of);
  print_buckets(json, "last_ns", buckets, last_of);
  print_buckets(json, "count", buckets, count_of);
  close_bracket(json, '}');
}

static void print_each(struct json *json, const struct synched_report *report,
                       enum synched_distribution distribution, size_t count) {
  open_bracket(json, '[');
  for (size_t i = 0; i < count; i++) {
    separate(json);
    putc('\n', json->file);
    print_distribution(json, synched__report_buckets(report, distribution, i));
  }
  close_bracket(json, ']');
}

static void print_distributions(struct json *json, const struct synched_report *report) {
  name_section(json, "distributions");
  open_bracket(json, '{');
  for (unsigned d = 0; d < SYNCHED__JOB_DISTRIBUTIONS; d++) {
    name_section(json, synched__json_distributions[d]);
    print_distribution(json, synched__report_buckets(report, (enum synched_distribution)d, 0));
  }
  name_section(json, "workers");
  print_each(json, report, SYNCHED_DISTRIBUTION_WORKER, report->worker_distributions);
  name_section(json, "segments");
  print_each(json, report, SYNCHED_DISTRIBUTION_SEGMENT, report->segment_distributions);
  close_bracket(json, '}');
}

/* --- advice --- */

static const char *name_of_advice(enum synched_advice kind) {
  static const char *const names[SYNCHED_ADVICE_COUNT] = {
      [SYNCHED_ADVICE_MORE_SEGMENTS] = "more segments",
      [SYNCHED_ADVICE_STEAL] = "steal",
      [SYNCHED_ADVICE_LARGER_ROUNDS] = "larger rounds",
      [SYNCHED_ADVICE_FEWER_WORKERS] = "fewer workers",
      [SYNCHED_ADVICE_CORES] = "cores",
      [SYNCHED_ADVICE_CALLBACK] = "callback",
      [SYNCHED_ADVICE_LEASES] = "leases",
      [SYNCHED_ADVICE_SPIN] = "spin",
      [SYNCHED_ADVICE_PERIOD] = "period",
      [SYNCHED_ADVICE_HOMES] = "homes",
      [SYNCHED_ADVICE_BINDING] = "binding",
  };
  return (unsigned)kind < SYNCHED_ADVICE_COUNT ? names[kind] : "unknown";
}

static void print_advice(struct json *json, const struct synched_report *report) {
  name_section(json, "advice");
  open_bracket(json, '[');
  struct synched_report_advice advice = {.struct_size = sizeof advice};
  for (size_t i = 0; synched_report_advice(report, i, &advice) == 0; i++) {
    separate(json);
    putc('\n', json->file);
    open_bracket(json, '{');
    name_member(json, "kind");
    print_text(json, name_of_advice(advice.kind));
    name_member(json, "gain");
    print_real(json, advice.gain);
    name_member(json, "text");
    print_any_text(json, advice.text, sizeof advice.text);
    close_bracket(json, '}');
  }
  close_bracket(json, ']');
}

int synched__json_print(const struct synched_report *report, FILE *file) {
  struct json json = {.file = file};
  open_bracket(&json, '{');
  name_member(&json, "form");
  print_text(&json, SYNCHED__JSON_FORM);
  name_member(&json, "version");
  fprintf(file, "%d", SYNCHED__JSON_VERSION);
  print_job(&json, report);
  print_totals(&json, report);
  print_workers(&json, report);
  print_stages(&json, report);
  print_rounds(&json, report);
  print_ranks(&json, report);
  print_distributions(&json, report);
  print_advice(&json, report);
  fputs("\n", file);
  close_bracket(&json, '}');
  fputs("\n", file);
  return 0;
}
