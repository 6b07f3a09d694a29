/*
 * json_test.c: reports filled in by hand, as JSON. Whether JSON of all kinds of reports is what the
 * schema says, and can be read again, is programs/report_cli's.
 */
#include <criterion/criterion.h>

#include <locale.h>
#include <math.h>

#include "report/json.h"
#include "support/recorded.h"

#define NO_CHECKPOINTS                                                                             \
  "\"checkpoint_count\":0,\"checkpoint_skipped_count\":0,\"checkpoint_failed_count\":0,"           \
  "\"checkpoint_bytes\":0,\"checkpoint_ns\":0,\"checkpoint_held_ns\":0,\"rank_count\":0,"          \
  "\"message_ns\":0,\"agreement_ns\":0,\"sent_bytes\":0,\"sent_messages\":0"

/* To be freed. */
static char *json_of(const struct synched_report *report) {
  char *text = NULL;
  size_t length;
  FILE *file = open_memstream(&text, &length);
  cr_assert_not_null(file);
  cr_assert_eq(synched_report_write_to(report, SYNCHED_FORMAT_JSON, file), 0);
  cr_assert_eq(fclose(file), 0);
  return text;
}

/* Its JSON has this text. */
static void expect_json(const struct synched_report *report, const char *part) {
  char *text = json_of(report);
  cr_assert_not_null(strstr(text, part), "no %s in:\n%s", part, text);
  free(text);
}

Test(json, print_no_rounds_has_every_section) {
  struct synched_report *report = create(1, 0);
  expect_json(report, "{\"form\":\"synched report\",\"version\":1,\n\"job\":{\"name\":\"heat\",");
  expect_json(report, "\"failed_stage\":-1,\"unchanged_count\":0,\"redealt_count\":0,"
                      "\"strayed_count\":0," NO_CHECKPOINTS "},\n");
  expect_json(
      report,
      "\n\"stages\":[],\n\"rounds\":[],\n\"tasks\":{\"worker\":[],\"round\":[],\"segment\":[],"
      "\"start_ns\":[],\"compute_ns\":[]},\n");
  expect_json(report, "\n\"round\":{\"first_ns\":[],\"last_ns\":[],\"count\":[]},\n");
  expect_json(report, "\"failed_segment\":-1,");
  expect_json(report, "\n\"advice\":[]\n}\n");
  synched_report_destroy(report);
}

Test(json, print_rounds_and_parts_as_they_are) {
  struct synched_report *report = create(2, 3);
  record_run(report, 1, 5, 3);
  expect_json(report, "\"worker_count\":2,\"segment_count\":4,\"round_count\":5,\"last_round\":5,");
  expect_json(report, "\n{\"round\":3,\"start_ns\":3000000,\"total_ns\":1000000,"
                      "\"compute_ns\":306000,\"phase_ns\":203000,");
  expect_json(report, "\"parts\":{\"worker\":[0,1],\"start_ns\":[3000000,3000000],"
                      "\"end_ns\":[3103000,3203000],\"compute_ns\":[103000,203000],");
  synched_report_destroy(report);
}

Test(json, print_stages_in_their_order) {
  struct synched_report *report = create(2, 0);
  add_stages(report);
  report->summary.failed_stage = 1;
  (void)snprintf(report->stage_names[0], sizeof report->stage_names[0], "a\"\n\xff<b>");
  expect_json(report, "\"failed_stage\":1,\"unchanged_count\":0,\"redealt_count\":0,"
                      "\"strayed_count\":0," NO_CHECKPOINTS "},\n");
  expect_json(report,
              "\n\"stages\":[\n{\"name\":\"a\\\"\\n\xef\xbf\xbd\\u003cb>\",\"round_count\":3,"
              "\"total_ns\":1200000,\"compute_ns\":2300000},\n{\"name\":\"moves\",");
  synched_report_destroy(report);
}

Test(json, print_part_not_taken_is_left_out) {
  struct synched_report *report = create(3, 1);
  record_run(report, 1, 1, 1);
  report->parts[1] = (struct synched_report_part){.struct_size = sizeof *report->parts};
  expect_json(report, "\"parts\":{\"worker\":[0,2],\"start_ns\":[1000000,1000000],");
  synched_report_destroy(report);
}

Test(json, print_buckets_are_those_with_a_count) {
  struct synched_report *report = create(1, 0);
  count(report, SYNCHED_DISTRIBUTION_LATENESS, 0, 0);
  count(report, SYNCHED_DISTRIBUTION_LATENESS, 0, 1000);
  count(report, SYNCHED_DISTRIBUTION_LATENESS, 0, 1001);
  expect_json(report, "\"lateness\":{\"first_ns\":[0,1000],\"last_ns\":[0,1007],\"count\":[1,2]}");
  synched_report_destroy(report);
}

Test(json, print_largest_numbers_exactly) {
  struct synched_report *report = create(1, 0);
  report->summary.call_count = UINT64_MAX;
  report->summary.failed_code = INT32_MIN;
  report->summary.failed_segment = INT64_MAX;
  report->workers[0].cpu = -1;
  report->process = UINT32_MAX;
  expect_json(report, "\"call_count\":18446744073709551615,");
  expect_json(report, "\"failed_code\":-2147483648,");
  expect_json(report, "\"failed_segment\":9223372036854775807,");
  expect_json(report, "\"cpu\":-1,");
  expect_json(report, "\"process\":4294967295,");
  synched_report_destroy(report);
}

Test(json, print_reals_shortly_and_exactly) {
  static const struct {
    double number;
    const char *text;
  } rows[] = {
      {0.0, "\"serial\":0,"},
      {1.0, "\"serial\":1,"},
      {0.1, "\"serial\":0.1,"},
      {1.0 / 3.0, "\"serial\":0.3333333333333333,"},
      {0.30000000000000004, "\"serial\":0.30000000000000004,"},
      {1e-300, "\"serial\":1e-300,"},
      {-2.5e+300, "\"serial\":-2.5e+300,"},
      {INFINITY, "\"serial\":null,"},
      {NAN, "\"serial\":null,"},
  };
  struct synched_report *report = create(1, 0);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    report->efficiency.serial = rows[i].number;
    expect_json(report, rows[i].text);
  }
  synched_report_destroy(report);
}

Test(json, print_in_another_locale_is_the_same) {
  /* Those with a comma that are usually there; where none is, there is nothing to see. */
  static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "fa_IR.UTF-8"};
  struct synched_report *report = create(1, 0);
  report->efficiency.serial = 1234.5;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (setlocale(LC_ALL, names[i]) != NULL)
      expect_json(report, "\"serial\":1234.5,");
  (void)setlocale(LC_ALL, "C");
  expect_json(report, "\"serial\":1234.5,");
  synched_report_destroy(report);
}

Test(json, print_names_of_any_bytes_as_text) {
  struct synched_report *report = create(1, 0);
  (void)snprintf(report->name, sizeof report->name, "\"a\\b</script>\n\t\x01\x7f\xff\xc3\xa4");
  expect_json(report, "\"name\":\"\\\"a\\\\b\\u003c/script>\\n\\u0009\\u0001\\u007f"
                      "\xef\xbf\xbd\xc3\xa4\",");
  /* As long as a name can be: what has no room is left out. */
  memset(report->name, 0xff, sizeof report->name - 1);
  char *text = json_of(report);
  const char *name = strstr(text, "\"name\":\"");
  cr_assert_not_null(name);
  name += strlen("\"name\":\"");
  cr_assert_eq(strcspn(name, "\""), sizeof report->name - 1);
  free(text);
  synched_report_destroy(report);
}

Test(json, print_levels_by_name) {
  static const char *const names[] = {"totals", "off", "rounds", "tasks"};
  struct synched_report *report = create(1, 0);
  for (unsigned i = 0; i <= SYNCHED_RECORD_TASKS; i++) {
    char part[40];
    report->summary.record = (enum synched_record)i;
    (void)snprintf(part, sizeof part, "\"summary\":{\"record\":\"%s\",", names[i]);
    expect_json(report, part);
  }
  synched_report_destroy(report);
}
