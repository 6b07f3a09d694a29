/*
 * chrome.c: a report as Chrome's trace events ("Trace Event Format", its JSON object form),
 * which Perfetto's and Chrome's viewers open.
 *
 * Times are microseconds there, with the nanoseconds behind the point. A flow belongs to the slice
 * that is open at its time, and one that has just ended is not: so flows depart a nanosecond before
 * the end of their part.
 */
#include "report/forms.h"
#include "report/json_string.h"
#include "report/out.h"
#include "report/timeline.h"

struct chrome {
  struct synched__out out;
  const struct synched_report *report;
  /* there is an event before this one */
  bool begun;
};

static void text(struct chrome *chrome, const char *words) {
  synched__out_text(&chrome->out, words);
}

static void number(struct chrome *chrome, uint64_t value) {
  synched__out_number(&chrome->out, value);
}

/* As the content of a string. */
static void string(struct chrome *chrome, const char *words) {
  char character[SYNCHED__JSON_CHARACTER_BYTES];
  while (*words != '\0') {
    words += synched__json_character(character, words);
    text(chrome, character);
  }
}

/* The beginning of an event: what all have. */
static void event(struct chrome *chrome, char phase, unsigned process) {
  text(chrome, chrome->begun ? ",\n{\"ph\":\"" : "\n{\"ph\":\"");
  synched__out_bytes(&chrome->out, &phase, 1);
  text(chrome, "\",\"pid\":");
  number(chrome, synched__timeline_process_id(chrome->report, process));
  chrome->begun = true;
}

/* The same of an event on a track. */
static void event_on(struct chrome *chrome, char phase, unsigned track) {
  event(chrome, phase, synched__timeline_process_of(chrome->report, track));
  text(chrome, ",\"tid\":");
  number(chrome, synched__timeline_thread_id(chrome->report, track));
}

static void time_of(struct chrome *chrome, const char *key, uint64_t ns) {
  text(chrome, key);
  synched__out_decimals(&chrome->out, ns, 3);
}

/* --- metadata --- */

static void process_metadata(struct chrome *chrome, unsigned process, const char *kind,
                             const char *key, const char *value) {
  event(chrome, 'M', process);
  text(chrome, ",\"name\":\"");
  text(chrome, kind);
  text(chrome, "\",\"args\":{\"");
  text(chrome, key);
  text(chrome, "\":\"");
  string(chrome, value);
  text(chrome, "\"}}");
}

static void on_open(void *state, const struct synched__timeline_head *head) {
  struct chrome *chrome = state;
  text(chrome, "{\"displayTimeUnit\":\"ns\",\"otherData\":{");
  for (unsigned i = 0; i < SYNCHED__TIMELINE_FACTS; i++) {
    text(chrome, i == 0 ? "\"" : ",\"");
    text(chrome, head->facts[i].name);
    text(chrome, "\":\"");
    string(chrome, head->facts[i].text);
    text(chrome, "\"");
  }
  text(chrome, "},\"traceEvents\":[");
  for (unsigned p = 0; p < synched__timeline_process_count(chrome->report); p++) {
    struct synched__timeline_text process;
    synched__timeline_process_text(&process, chrome->report, p);
    process_metadata(chrome, p, "process_name", "name", process.name);
    process_metadata(chrome, p, "process_labels", "labels", process.label);
  }
}

static void on_track(void *state, unsigned track, const char *thread_name) {
  struct chrome *chrome = state;
  event_on(chrome, 'M', track);
  text(chrome, ",\"name\":\"thread_name\",\"args\":{\"name\":\"");
  string(chrome, thread_name);
  text(chrome, "\"}}");
  event_on(chrome, 'M', track);
  text(chrome, ",\"name\":\"thread_sort_index\",\"args\":{\"sort_index\":");
  number(chrome, track);
  text(chrome, "}}");
}

/* --- slices --- */

static void flow(struct chrome *chrome, char phase, unsigned track, uint64_t at_ns, uint64_t id) {
  event_on(chrome, phase, track);
  time_of(chrome, ",\"ts\":", at_ns);
  text(chrome, ",\"id\":");
  number(chrome, id);
  text(chrome, phase == 'f' ? ",\"bp\":\"e\"" : "");
  text(chrome, ",\"cat\":\"barrier\",\"name\":\"barrier\"}");
}

static void on_begin(void *state, const struct synched__timeline_slice *slice) {
  struct chrome *chrome = state;
  event_on(chrome, 'X', slice->track);
  time_of(chrome, ",\"ts\":", slice->start_ns);
  time_of(chrome, ",\"dur\":", slice->end_ns - slice->start_ns);
  text(chrome, ",\"cat\":\"");
  text(chrome, synched__timeline_kind_category(slice->kind));
  text(chrome, "\",\"name\":\"");
  text(chrome, synched__timeline_kind_name(slice->kind));
  if (slice->numbered) {
    synched__out_bytes(&chrome->out, " ", 1);
    number(chrome, slice->number);
  }
  text(chrome, "\",\"args\":{");
  for (unsigned i = 0; i < slice->value_count; i++) {
    text(chrome, i == 0 ? "\"" : ",\"");
    text(chrome, synched__timeline_argument_name(slice->values[i].argument));
    text(chrome, "\":");
    number(chrome, slice->values[i].value);
  }
  text(chrome, "}}");
  for (size_t i = 0; i < slice->arrival_count; i++)
    flow(chrome, 'f', slice->track, slice->start_ns, slice->arrivals[i]);
}

static void on_end(void *state, const struct synched__timeline_slice *slice) {
  if (slice->departure != 0)
    flow(state, 's', slice->track, slice->end_ns - (slice->end_ns > slice->start_ns ? 1 : 0),
         slice->departure);
}

/* --- counters --- */

static void on_counter(void *state, enum synched__timeline_counter counter) {
  (void)state;
  (void)counter; /* its first value makes the track */
}

static void on_sample(void *state, enum synched__timeline_counter counter, uint64_t at_ns,
                      uint64_t value) {
  struct chrome *chrome = state;
  event(chrome, 'C', 0);
  time_of(chrome, ",\"ts\":", at_ns);
  text(chrome, ",\"name\":\"");
  text(chrome, synched__timeline_counter_name(counter));
  text(chrome, "\",\"args\":{\"ns\":");
  number(chrome, value);
  text(chrome, "}}");
}

static void on_close(void *state) {
  text(state, "\n]}\n");
}

int synched__chrome_print(const struct synched_report *report, FILE *file) {
  static const struct synched__timeline_encoder encoder = {
      .open = on_open,
      .track = on_track,
      .begin = on_begin,
      .end = on_end,
      .counter = on_counter,
      .sample = on_sample,
      .close = on_close,
  };
  struct chrome chrome = {.report = report};
  return synched__timeline_print(report, &encoder, &chrome, &chrome.out, file);
}
