/*
 * life_rle_test.c: what is read from a file, what is written, and above all what is refused, on
 * which line.
 */
#include <inttypes.h>

#include "support/life_world.h"

/* --- reading --- */

static struct life_pattern read_noting(const char *text) {
  struct life_pattern pattern;
  struct example_error error = {0, ""};
  cr_assert_eq(rle_parse(&pattern, text, strlen(text), &error), 0, "%zu: %s", error.line,
               error.text);
  return pattern;
}

static struct life_pattern read_well(const char *text) {
  struct life_pattern pattern = read_noting(text);
  cr_assert_eq(pattern.note_count, 0, "%s", pattern.notes[0].text);
  return pattern;
}

/* The pattern is a glider, and there is one note about it, on this line. */
static void expect_glider_noting(const char *text, size_t line, const char *note) {
  static const struct life_run runs[] = {{0, 1, 1}, {1, 2, 1}, {2, 0, 3}};
  struct life_pattern pattern = read_noting(text);
  cr_assert_eq(pattern.run_count, 3);
  cr_assert_arr_eq(pattern.runs, runs, sizeof runs);
  cr_assert_eq(pattern.width, 3);
  cr_assert_eq(pattern.height, 3);
  cr_assert_eq(pattern.note_count, note ? 1 : 0);
  if (note) {
    cr_assert_eq(pattern.notes[0].line, line, "line %zu, not %zu", pattern.notes[0].line, line);
    cr_assert_str_eq(pattern.notes[0].text, note);
  }
  life_pattern_deinit(&pattern);
}

static void expect_rule(const char *header, const char *canonical) {
  char text[200], rule[LIFE_RULE_TEXT_BYTES];
  snprintf(text, sizeof text, "x = 1, y = 1%s\no!", header);
  struct life_pattern pattern = read_well(text);
  life_rule_format(&pattern.rule, rule);
  cr_assert_str_eq(rule, canonical);
  life_pattern_deinit(&pattern);
}

Test(life_rle, read_glider_gives_its_runs) {
  struct life_pattern pattern = read_well("#N Glider\n#C two\n#R 3 4\nx = 3, y = 3, "
                                          "rule = B3/S23\nbo$2bo$3o!\nwhatever follows \001");
  static const struct life_run runs[] = {{0, 1, 1}, {1, 2, 1}, {2, 0, 3}};
  cr_assert_eq(pattern.run_count, 3);
  cr_assert_arr_eq(pattern.runs, runs, sizeof runs);
  cr_assert_eq(pattern.width, 3);
  cr_assert_eq(pattern.height, 3);
  cr_assert_eq(pattern.header_line, 4);
  cr_assert_not(pattern.placed);
  cr_assert_str_eq(pattern.comments, "#N Glider\n#C two\n");
  life_pattern_deinit(&pattern);
}

Test(life_rle, read_blanks_anywhere_changes_nothing) {
  struct life_pattern pattern = read_well("\r\n\n#C\r\n  X=12 ,Y=3,RULE=b3/s23  \r\n 12 \n\to \r\n"
                                          "$ .A b\n#C in between\n2A$!");
  static const struct life_run runs[] = {{0, 0, 12}, {1, 1, 1}, {1, 3, 2}};
  cr_assert_eq(pattern.run_count, 3);
  cr_assert_arr_eq(pattern.runs, runs, sizeof runs);
  life_pattern_deinit(&pattern);
}

Test(life_rle, read_any_line_end_is_one) {
  static const char glider[] = "#N Glider\rx = 3, y = 3, rule = B3/S23\rbo$\r2bo$3o!\r";
  expect_glider_noting(glider, 0, NULL);
  expect_glider_noting("\r\n\r\n#C\r\nx = 3, y = 3\r\nbo$2bo$\r\n#C\r\n3o!\r\n", 0, NULL);
  struct life_pattern pattern = read_well(glider);
  cr_assert_str_eq(pattern.comments, "#N Glider\n");
  cr_assert_eq(pattern.header_line, 2);
  life_pattern_deinit(&pattern);
}

Test(life_rle, read_mark_of_utf8_is_left_out) {
  expect_glider_noting("\xef\xbb\xbfx = 3, y = 3\nbo$2bo$3o!", 0, NULL);
}

Test(life_rle, read_missing_end_is_noted) {
  static const char note[] = "the file ends without '!'; it may have been cut short";
  expect_glider_noting("x = 3, y = 3\nbo$2bo$3o", 2, note);
  expect_glider_noting("x = 3, y = 3\r\nbo$2bo$\r\n3o\r\n", 3, note);
}

Test(life_rle, read_missing_header_is_noted) {
  expect_glider_noting("bo$2bo$3o!", 1,
                       "there is no header 'x = .., y = ..'; the rule is taken to be B3/S23");
  expect_glider_noting("#C\n\n .Ab$2.A$3A!", 3,
                       "there is no header 'x = .., y = ..'; the rule is taken to be B3/S23");
  expect_glider_noting("#r 23/36\nbob$2bo$3o!", 2,
                       "there is no header 'x = .., y = ..'; the rule is taken to be B36/S23");
}

Test(life_rle, read_box_that_is_too_small_grows) {
  expect_glider_noting("#C\nx = 2, y = 1\nbo$2bo$3o!", 2,
                       "the header says 2 x 1 cells, and the live ones take 3 x 3");
  expect_glider_noting("x = 0, y = 0\nbo$2bo$3o!", 1,
                       "the header says 0 x 0 cells, and the live ones take 3 x 3");
  expect_glider_noting("x = 3, y = 3\nbo9b$2bo$3o4$3b!", 0, NULL); /* dead ones take no room */
  struct life_pattern pattern = read_noting("x = 9, y = 1\nbo$2bo$3o!");
  cr_assert_eq(pattern.width, 9);
  cr_assert_eq(pattern.height, 3);
  life_pattern_deinit(&pattern);
}

static void expect_packed(const void *packed, size_t bytes, const char *wrong) {
  struct life_pattern pattern;
  struct example_error error = {0, ""};
  cr_assert_eq(rle_parse(&pattern, packed, bytes, &error), wrong ? -1 : 0, "%s", error.text);
  if (wrong)
    cr_assert_str_eq(error.text, wrong);
  else
    cr_assert_eq(pattern.run_count, 3);
  life_pattern_deinit(&pattern);
}

/* "x = 3, y = 3\nbo$2bo$3o!\n" as gzip -n packs it. */
Test(life_rle, read_packed_file_is_read_or_refused_as_a_whole) {
  unsigned char packed[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03,
                            0xab, 0x50, 0xb0, 0x55, 0x30, 0xd6, 0x51, 0xa8, 0x04, 0x51,
                            0x5c, 0x49, 0xf9, 0x2a, 0x46, 0x40, 0x6c, 0x9c, 0xaf, 0xc8,
                            0x05, 0x00, 0x1c, 0x8f, 0xfa, 0xcd, 0x18, 0x00, 0x00, 0x00};
  expect_packed(packed, sizeof packed, NULL);
  for (size_t bytes = 2; bytes < sizeof packed; bytes++) /* also behind the '!' */
    expect_packed(packed, bytes, "the gzip data ends too early: the file has been cut short");
  packed[sizeof packed - 8] ^= 1; /* of the check sum */
  expect_packed(packed, sizeof packed, "the gzip data is damaged: incorrect data check");
}

Test(life_rle, read_touching_runs_become_one) {
  struct life_pattern pattern = read_well("x = 9, y = 2\n3o2Aooo$bo!");
  cr_assert_eq(pattern.run_count, 2);
  cr_assert_eq(pattern.runs[0].length, 8);
  life_pattern_deinit(&pattern);
}

Test(life_rle, read_empty_pattern_has_no_runs) {
  struct life_pattern pattern = read_well("x = 0, y = 0, rule = B3/S23\n!");
  cr_assert_eq(pattern.run_count, 0);
  life_pattern_deinit(&pattern);
}

Test(life_rle, read_extension_gives_place_and_generation) {
  struct life_pattern pattern =
      read_well("#CXRLE Pos=-12,+7 Gen=18446744073709551615 Some=thing else\nx = 1, y = 1\no!");
  cr_assert(pattern.placed);
  cr_assert_eq(pattern.left, -12);
  cr_assert_eq(pattern.top, 7);
  cr_assert_eq(pattern.generation, UINT64_MAX);
  cr_assert_null(pattern.comments);
  life_pattern_deinit(&pattern);
  pattern = read_well("#cxrle gen = 5  pos = 1 , 2\nx = 1, y = 1\no!");
  cr_assert_eq(pattern.generation, 5);
  cr_assert_eq(pattern.top, 2);
  life_pattern_deinit(&pattern);
}

Test(life_rle, read_rules_in_all_notations) {
  expect_rule("", "B3/S23");
  expect_rule(", rule = B3/S23", "B3/S23");
  expect_rule(", rule = b63s32", "B36/S23");
  expect_rule(", rule = S23/B3", "B3/S23");
  expect_rule(", rule = 23/36", "B36/S23");
  expect_rule(", rule = /2", "B2/S");
  expect_rule(", rule = B2/S", "B2/S");
  expect_rule(", rule = B/S012345678", "B/S012345678");
  expect_rule(",rule=B012345678/S012345678", "B012345678/S012345678");
  expect_rule(", rule = HighLife", "B36/S23");
  expect_rule(", rule = LIFE", "B3/S23");
  expect_rule(", rule = Day & Night", "B3678/S34678");
  expect_rule(", rule = B3_S23", "B3/S23");
  expect_rule(", rule = B3/S23,", "B3/S23");
}

Test(life_rle, read_names_of_rules_of_counts_are_those_rules) {
  expect_rule(", rule = Life", "B3/S23");
  expect_rule(", rule = highlife", "B36/S23");
  expect_rule(", rule = DayNight", "B3678/S34678");
  expect_rule(", rule = Day and Night", "B3678/S34678");
  expect_rule(", rule = SEEDS", "B2/S");
  expect_rule(", rule = 2x2", "B36/S125");
  expect_rule(", rule = Diamoeba", "B35678/S5678");
  expect_rule(", rule = Maze", "B3/S12345");
  expect_rule(", rule = Replicator", "B1357/S1357");
  expect_rule(", rule = Fredkin", "B1357/S02468");
  expect_rule(", rule = Morley", "B368/S245");
  expect_rule(", rule = LongLife", "B345/S5");
  expect_rule(", rule = 3-4 Life", "B34/S34");
  expect_rule(", rule = 34 Life", "B34/S34");
  expect_rule(", rule = AntiLife:T9,9", "B0123478/S01234678:T9,9");
  expect_rule(", rule = Persian Rug", "B234/S");
  expect_rule(", rule = Serviettes", "B234/S");
  expect_rule(", rule = Plow World", "B378/S012345678");
  expect_rule(", rule = Life without Death", "B3/S012345678");
}

Test(life_rle, read_rule_line_counts_where_the_header_has_none) {
  struct life_pattern pattern = read_well("#r 23/36\nx = 1, y = 1\no!");
  cr_assert_eq(pattern.rule.birth, 1u << 3 | 1u << 6);
  life_pattern_deinit(&pattern);
}

Test(life_rle, read_grids_in_all_notations) {
  expect_rule(", rule = B3/S23:T30,20", "B3/S23:T30,20");
  expect_rule(", rule = 23/3:p30,20", "B3/S23:P30,20");
  expect_rule(", rule = Life:t30", "B3/S23:T30,30");
  expect_rule(", rule = B3/S23:P0,0", "B3/S23");
  expect_rule(", rule = B3/S23:P0", "B3/S23");
  expect_rule(", rule = B3/S23:P0,20", "B3/S23:P0,20");
  char header[80], rule[LIFE_RULE_TEXT_BYTES]; /* the largest */
  (void)snprintf(rule, sizeof rule, "B3/S23:T%zu,%zu", LIFE_SIDE_MAX,
                 LIFE_CELLS_MAX / LIFE_SIDE_MAX);
  (void)snprintf(header, sizeof header, ", rule = %s", rule);
  expect_rule(header, rule);
}

/* --- refusing --- */

/* The file is refused on this line, and the message has this in it. */
static void refuse_bytes(const char *text, size_t bytes, size_t line, const char *why) {
  struct life_pattern pattern;
  struct example_error error = {0, ""};
  cr_assert_eq(rle_parse(&pattern, text, bytes, &error), -1, "accepted: %s", text);
  cr_assert_eq(error.line, line, "line %zu, not %zu: %s", error.line, line, error.text);
  cr_assert_not_null(strstr(error.text, why), "'%s' is not about '%s'", error.text, why);
  cr_assert_null(strchr(error.text, '\n'));
  cr_assert_null(pattern.runs);
}

static void refuse(const char *text, size_t line, const char *why) {
  refuse_bytes(text, strlen(text), line, why);
}

Test(life_rle, read_truncated_file_is_refused) {
  refuse("x = 3, y = 3", 1, "cut short");
  refuse("x = 3, y = 3\n#C a\n\n\n", 4, "cut short");
  refuse("x = 3, y = 3\n12", 2, "cut short");
  refuse("x = 3, y = 3\nbo$2bo$3\n", 2, "cut short");
  refuse("#N only a name\n", 1, "before its header");
  refuse("", 1, "empty");
  refuse("\n\n", 2, "before its header");
}

Test(life_rle, read_wrong_counts_are_refused) {
  refuse("x = 3, y = 3\n99999999999999999999999999999999999999o!", 2, "too wide");
  refuse("x = 3, y = 3\n18446744073709551617o!", 2, "too wide");
  refuse("x = 3, y = 3\n18446744073709551615b2o!", 2, "too wide");
  refuse("x = 3, y = 3\n1048576b\no!", 3, "too wide");
  refuse("x = 3, y = 3\no\n$\n4294967297$o!", 4, "too high");
  refuse("x = 3, y = 3\n1048576$o!", 2, "too high");
  refuse("x = 3, y = 3\nb0o!", 2, "run of 0");
  refuse("x = 3, y = 3\n3!", 2, "anything to repeat");
  refuse("x = 3, y = 3\n1\n2o!", 3, "interrupted");
}

Test(life_rle, read_wrong_header_is_refused) {
  refuse("!Name: Glider\n.O.\n..O\nOOO\n", 1, "header");
  refuse(".o.\n..o\nooo\n", 3, "neither a header nor a count");
  refuse("[M2] (golly 2.0)\n", 1, "header");
  refuse("#Life 1.06\n0 -1\n", 1, "format Life 1.06; only RLE");
  refuse("x = 3\nbo$2bo$3o!", 1, "comma");
  refuse("x = 3, z = 3\nbo$2bo$3o!", 1, "header");
  refuse("x = three, y = 3\nbo!", 1, "header's x needs a number");
  refuse("x = -3, y = 3\nbo!", 1, "header's x needs a number");
  refuse("x = 3, y = 3 rule = B3/S23\nbo!", 1, "comma");
  refuse("x = 3, y = 3, rile = B3/S23\nbo!", 1, "'rule = '");
  refuse("x = 1000000000, y = 1000000000\nbo!", 1, "too large");
  refuse("x = 3, y = 99999999999999999999999999\nbo!", 1, "too large");
}

Test(life_rle, read_wrong_rule_is_refused) {
  refuse("#C\nx = 3, y = 3, rule = B9/S23\no!", 2, "only eight");
  refuse("x = 3, y = 3, rule =\no!", 1, "empty");
  refuse("x = 3, y = 3, rule = B3\no!", 1, "too early");
  refuse("x = 3, y = 3, rule = 233\no!", 1, "too early");
  refuse("x = 3, y = 3, rule = B3/S23/4\no!", 1, "two states");
  refuse("x = 3, y = 3, rule = 23/3/8\no!", 1, "two states");
  refuse("x = 3, y = 3, rule = B2/S34H\no!", 1, "neighbourhood");
  refuse("x = 3, y = 3, rule = B2-a/S12\no!", 1, "'-'");
  refuse("x = 3, y = 3, rule = B3/S2\xc2\x9b\no!", 1, "cannot be read at");
  refuse("x = 3, y = 3, rule = B3/S23x\no!", 1, "cannot be read at 'x'");
  refuse("x = 3, y = 3, rule = B3/S2-i34q\no!", 1, "how the neighbours lie ('-')");
  refuse("x = 3, y = 3, rule = B2ce/S\no!", 1, "how the neighbours lie ('c')");
  refuse("x = 3, y = 3, rule = W30\no!", 1, "rule 'W30' is one of Wolfram's");
  refuse("x = 3, y = 3, rule = R5,C0,M1,S34..58,B34..45,NM\no!", 1, "Larger than Life");
  refuse(
      "x = 3, y = 3, rule = MAPhhPAmAASJAQAQgAACQCAAAEAAACAABEACAAEAAAAAAAAAQAAEAAAAAwAAAAAAAAAAA"
      "AAAAAAAAAAAAAAAAAAA\no!",
      1, "rule 'MAPhhPAmAASJAQAQgAACQCAAAEAAACAABEACAAEA' is a table");
  refuse("x = 3, y = 3, rule = B33333333333333333333333333333333333333/S23\no!", 1, "too long");
  refuse("#r B3/S29\nx = 3, y = 3\no!", 1, "only eight");
}

Test(life_rle, read_names_of_other_rules_are_refused_as_names) {
  static const char *const names[] = {"LifeHistory",     "Vote",
                                      "HTrees",          "WireWorld",
                                      "wireworld",       "JvN29",
                                      "Nobili32",        "Hutton32",
                                      "Banks-I",         "BBM-Margolus-emulated",
                                      "Byl-Loop",        "Brian's Brain",
                                      "Star Wars",       "SDSR-Loop",
                                      "Langtons-Ant",    "B3/S23History",
                                      "B3/S2-i34qSuper", "2D-Ising"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char text[120], why[120];
    snprintf(why, sizeof why, "%s is a named rule, which is not supported", names[i]);
    snprintf(text, sizeof text, "x = 3, y = 3, rule = %s\no!", names[i]);
    refuse(text, 1, why);
    snprintf(text, sizeof text, "x = 3, y = 3, rule = %s : T20,30\no!", names[i]);
    refuse(text, 1, why);
    snprintf(text, sizeof text, "#r %s\nx = 3, y = 3\no!", names[i]);
    refuse(text, 1, why);
  }
  refuse("x = 3, y = 3, rule = AbsoluteTurmite_0N21S10E00S01W11N2_and_more_than_that\no!", 1,
         "AbsoluteTurmite_0N21S10E00S01W11N2_and_m is a named rule");
}

Test(life_rle, read_wrong_grid_is_refused) {
  refuse("x = 3, y = 3, rule = B3/S23:T1000000000,1000000000\no!", 1, "too large");
  refuse("x = 3, y = 3, rule = B3/S23:T1048576,1048576\no!", 1, "too large");
  refuse("x = 3, y = 3, rule = B3/S23:T0,20\no!", 1, "endless torus");
  refuse("x = 3, y = 3, rule = B3/S23:K30,20\no!", 1, "none of :T");
  refuse("x = 3, y = 3, rule = B3/S23:T30+5,20\no!", 1, "shift");
  refuse("x = 3, y = 3, rule = B3/S23:T\no!", 1, "sizes");
  refuse("x = 3, y = 3, rule = B3/S23:T30,\no!", 1, "sizes");
  refuse("x = 3, y = 3, rule = B3/S23:T30,20x\no!", 1, "'x'");
}

Test(life_rle, read_wrong_extension_is_refused) {
  refuse("#CXRLE Pos=1\nx = 1, y = 1\no!", 1, "two numbers");
  refuse("#CXRLE Pos=1,\nx = 1, y = 1\no!", 1, "two numbers");
  refuse("\n#CXRLE Pos=1,99999999999999999999\nx = 1, y = 1\no!", 2, "too far");
  refuse("#CXRLE Gen=18446744073709551616\nx = 1, y = 1\no!", 1, "64 bits");
  refuse("#CXRLE Gen=-1\nx = 1, y = 1\no!", 1, "number");
}

Test(life_rle, read_rubbish_is_refused) {
  refuse("\x7f"
         "ELF\002\001\001",
         1, "no RLE file");
  refuse_bytes("\0\0\0\0", 4, 1, "byte 0x00");
  refuse_bytes("x = 3, y = 3\nbo\0$2bo$3o!", 24, 2, "byte 0x00");
  refuse("x = 3, y = 3\nbo$\n2b\xc3\xb6$3o!", 3, "byte 0xc3");
  refuse("x = 3, y = 3\nbB!", 2, "two-state");
  refuse("x = 3, y = 3\nbpA!", 2, "'p'");
  refuse("<!DOCTYPE html>\n", 1, "header");
}

/* --- into a grid --- */

static void refuse_fit(const char *text, uint64_t generations, const char *why) {
  struct life_pattern pattern = read_well(text);
  struct example_error error = {0, ""};
  struct life_grid grid;
  cr_assert_eq(life_grid_fit(&grid, &pattern, generations, &error), -1);
  cr_assert_eq(error.line, pattern.header_line);
  cr_assert_not_null(strstr(error.text, why), "'%s' is not about '%s'", error.text, why);
  life_pattern_deinit(&pattern);
}

Test(life_rle, fit_what_does_not_is_refused) {
  refuse_fit("#C\nx = 3, y = 3, rule = B3/S23:T2,9\n3o!", 1, "3 cells wide, and its grid only 2");
  refuse_fit("x = 3, y = 3, rule = B3/S23:P9,2\n3o!", 1, "3 cells high, and its grid only 2");
  refuse_fit("#CXRLE Pos=3,0\nx = 3, y = 3, rule = B3/S23:T9,9\n3o!", 1, "outside");
  refuse_fit("#CXRLE Pos=-5,0\nx = 3, y = 3, rule = B3/S23:T9,9\n3o!", 1, "outside");
  refuse_fit("x = 3, y = 3, rule = B03/S23\n3o!", 1, "B0");
  refuse_fit("x = 3, y = 3, rule = B03/S23:P9,0\n3o!", 1, "B0");
  refuse_fit("x = 1048576, y = 1048576\n3o!", 1, "more than");
}

Test(life_rle, fit_bounded_pattern_is_in_the_middle) {
  struct world world;
  world_open_text(&world, "x = 3, y = 1, rule = B3/S23:T9,4\n3o!", 1, 1);
  cr_assert_eq(world.grid.column, 3);
  cr_assert_eq(world.grid.row, 2);
  cr_assert(world_alive(&world, 3, 2) && world_alive(&world, 5, 2));
  world_close(&world);
}

Test(life_rle, fit_unbounded_plane_grows_with_generations_up_to_a_limit) {
  struct life_pattern pattern = read_well("x = 7, y = 3\nbo$3bo$2o2b3o!");
  struct example_error error;
  struct life_grid grid;
  cr_assert_eq(life_grid_fit(&grid, &pattern, 100, &error), 0);
  cr_assert_eq(grid.width, 7 + 2 * 101);
  cr_assert_eq(grid.height, 3 + 2 * 101);
  cr_assert_eq(life_grid_fit(&grid, &pattern, UINT64_MAX, &error), 0);
  cr_assert_leq(grid.width, LIFE_OPEN_SIDE);
  cr_assert_geq(grid.width, LIFE_OPEN_SIDE - 1);
  pattern.width = 20000;
  cr_assert_eq(life_grid_fit(&grid, &pattern, 1000000, &error), 0);
  cr_assert_eq(grid.width, 20000 + 2 * LIFE_OPEN_MARGIN);
  life_pattern_deinit(&pattern);
}

Test(life_rle, divide_covers_every_row_once) {
  for (size_t height = 1; height < 40; height++)
    for (size_t wanted = 0; wanted < 50; wanted++) {
      struct life_grid grid = {.width = 100, .height = height, .row_words = 2};
      life_grid_divide(&grid, wanted, 3);
      cr_assert(grid.band_count >= 1 && grid.band_count <= height);
      cr_assert_eq(life_grid_band_row(&grid, 0), 0);
      cr_assert_eq(life_grid_band_row(&grid, grid.band_count), height);
      for (size_t band = 0; band < grid.band_count; band++)
        cr_assert_gt(life_grid_band_words(&grid, band), 0);
    }
}

/* --- writing --- */

Test(life_rle, write_glider_is_canonical) {
  struct world world;
  world_open_text(&world, "#N Glider\nx = 5, y = 6, rule = life:t9\n5b2$2bo$3bo$b3o$!", 1, 2);
  char *const text = world_write(&world, 17);
  cr_assert_str_eq(text, "#N Glider\n#CXRLE Pos=-1,-1 Gen=17\nx = 3, y = 3, rule = B3/S23:T9,9\n"
                         "bo$2bo$3o!\n");
  free(text);
  world_close(&world);
}

Test(life_rle, write_nothing_alive_reads_back) {
  struct world world;
  world_open_text(&world, "x = 1, y = 1, rule = B3/S23:T70,70\no!", 1, 3);
  world_step(&world);
  char *const text = world_write(&world, 1);
  world_close(&world);
  world_open_text(&world, text, 1, 3);
  cr_assert_eq(world_population(&world), 0);
  free(text);
  world_close(&world);
}

/* A soup is written after some generations and read again; both go on and must stay the same. */
static void round_trip(const char *rule) {
  struct world first, second;
  char header[120];
  snprintf(header, sizeof header, "#C kept\nx = 9, y = 4, rule = %s\nbo$3bo$2o2b3o!", rule);
  world_open_text(&first, header, 100, 5);
  world_run(&first, 30);
  char *const middle = world_write(&first, 30);
  for (const char *line = middle; line; line = strchr(line, '\n')) {
    line += *line == '\n';
    cr_assert_leq(strcspn(line, "\n"), 70);
  }
  world_open_text(&second, middle, 100, 2);
  cr_assert_eq(second.pattern.generation, 30);
  cr_assert_eq(world_population(&second), world_population(&first));
  world_run(&first, 30);
  world_run(&second, 30);
  char *const one = world_write(&first, 60);
  char *const two = world_write(&second, 60);
  cr_assert_gt(world_population(&first), 0, "%s", rule);
  cr_assert_str_eq(one, two);
  free(middle);
  free(one);
  free(two);
  world_close(&first);
  world_close(&second);
}

Test(life_rle, write_torus_goes_on_where_it_was) {
  round_trip("B3/S23:T33,21");
  round_trip("B1357/S1357:T130,21");
  round_trip("B3/S012345678:T9,4");
}

Test(life_rle, write_plane_goes_on_where_it_was) {
  round_trip("B36/S23:P200,31");
  round_trip("B3/S012345678:P65,64");
}

Test(life_rle, write_unbounded_plane_goes_on_where_it_was) {
  round_trip("B3/S23");
  round_trip("B3/S12345:P0,50");
}

/* --- anything at all --- */

/* Valid files with some bytes changed, lost or doubled: refused or not, but never worse. */
Test(life_rle, read_mutated_files_never_goes_wrong) {
  static const char seed[] = "#N Gosper gun\n#CXRLE Pos=-18,-4 Gen=120\nx = 36, y = 9, rule = "
                             "B3/S23:T100,80\n24bo$22bobo$12b2o6b2o12b2o$11bo3bo4b2o12b2o$2o8bo5bo"
                             "3b2o$2o8bo3bob2o4b\nobo$10bo5bo7bo$11bo3bo$12b2o!\n";
  static const char likely[] = "0123456789bo$!\n# =,:TPBSxyr/-A.";
  srand(1);
  for (int trial = 0; trial < 3000; trial++) {
    char text[2 * sizeof seed];
    size_t bytes = sizeof seed - 1;
    memcpy(text, seed, bytes);
    for (int change = rand() % 4; change >= 0 && bytes > 1; change--) {
      const size_t at = (size_t)rand() % bytes;
      const size_t some = 1 + (size_t)rand() % (bytes - at) % 8;
      switch (rand() % 4) {
      case 0:
        text[at] = (char)rand();
        break;
      case 1:
        text[at] = likely[(size_t)rand() % (sizeof likely - 1)];
        break;
      case 2:
        memmove(text + at, text + at + some, bytes - at - some);
        bytes -= some;
        break;
      default:
        memmove(text + at + some, text + at, bytes - at);
        bytes += some;
      }
    }
    struct life_pattern pattern;
    struct example_error error = {0, ""};
    struct life_grid grid;
    if (rle_parse(&pattern, text, bytes, &error) != 0) {
      cr_assert_gt(error.line, 0);
      cr_assert_neq(error.text[0], '\0');
      continue;
    }
    if (life_grid_fit(&grid, &pattern, 10, &error) == 0 && grid.height < 2000) {
      uint64_t *const cells = malloc(grid.height * grid.row_words * sizeof *cells);
      cr_assert_not_null(cells);
      (void)life_grid_draw(&grid, &pattern, 0, cells);
      free(cells);
    }
    life_pattern_deinit(&pattern);
  }
}
