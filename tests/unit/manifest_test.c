/*
 * manifest_test.c: what is written is read again; and whatever else a text says, with its sum made
 * right, is refused with a sentence.
 */
#include <criterion/criterion.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "checkpoint/manifest.h"
#include "checkpoint/manifest_form.h"
#include "support/support.h"
#include "support/unit_support.h"

#define SEGMENTS 3u
#define FIELDS 2u
#define TEXT_BYTES 4096u

/* A job of two fields, of whose stages one has a fold. */
struct scene {
  struct synched_pool *pool;
  struct synched_memory *memories[FIELDS];
  struct synched_job *job;
  struct synched__plan plan;
};

static const size_t capacities[SEGMENTS] = {2, 0, 4};
static const size_t first_counts[SEGMENTS] = {1, 0, 3};
static const size_t second_counts[SEGMENTS] = {5, 5, 5};
static const int64_t total = -7;

static void scene_open(struct scene *scene, const char *name) {
  static const struct synched_stage stages[] = {
      {.compute = compute_nothing, .fold = SYNCHED_FOLD_SUM, .fold_type = SYNCHED_FOLD_INT64},
      {.compute = compute_nothing, .writes = SYNCHED_FIELD(1)}};
  scene->pool = pool_new(1);
  scene->memories[0] =
      memory_with(SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS,
                                         .segment_capacities = capacities, .element_size = 8));
  scene->memories[1] =
      memory_with(SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacity = 5,
                                         .element_size = 3, .layout = SYNCHED_LAYOUT_PADDED));
  cr_assert_eq(
      synched_job_create(&scene->job, scene->pool, scene->memories[0],
                         SYNCHED_JOB_OPTIONS(.name = name, .stages = stages,
                                             .stage_count = LENGTH(stages),
                                             .fields = scene->memories + 1, .field_count = FIELDS)),
      0, "%s", synched_error_message());
  cr_assert_eq(
      synched__plan_init(&scene->plan, scene->job, SYNCHED_CHECKPOINT_OPTIONS(.folder = "x")), 0);
}

static void scene_close(struct scene *scene) {
  cr_assert_eq(synched_job_destroy(scene->job), 0);
  for (unsigned f = 0; f < FIELDS; f++)
    memory_end(scene->memories[f]);
  pool_end(scene->pool);
}

/* One that has all that is written. */
static struct synched__manifest made(const struct scene *scene) {
  struct synched__manifest manifest;
  cr_assert_eq(synched__manifest_init(&manifest, &scene->plan), 0);
  manifest.generation = 7;
  manifest.round = 12;
  manifest.counted_from = 5;
  manifest.fold = 0.75;
  manifest.folds[0] = &total;
  manifest.counts[0] = first_counts;
  manifest.counts[1] = second_counts;
  for (unsigned f = 0; f < FIELDS; f++)
    for (unsigned s = 0; s < SEGMENTS; s++)
      manifest.sums[f][s] = UINT64_C(0x0123456789abcdef) * (f * SEGMENTS + s + 1);
  return manifest;
}

/* --- texts --- */

struct text {
  char bytes[TEXT_BYTES];
  /* up to the comma before its sum; and all of it */
  size_t content;
  size_t length;
};

/* Makes the sum right. */
static void sign(struct text *text) {
  cr_assert_lt(text->content, TEXT_BYTES - 64);
  text->length = text->content + (size_t)sprintf(text->bytes + text->content,
                                                 SYNCHED__MANIFEST_TAIL_BEGIN
                                                 "%016" PRIx64 SYNCHED__MANIFEST_TAIL_END,
                                                 XXH3_64bits(text->bytes, text->content));
}

static struct text text_of(const struct scene *scene) {
  struct synched__manifest manifest = made(scene);
  struct text text = {.content = 0};
  cr_assert_eq(synched__manifest_write(&manifest), 0, "%s", synched_error_message());
  cr_assert_lt(manifest.length, TEXT_BYTES);
  memcpy(text.bytes, manifest.text, manifest.length);
  text.length = manifest.length;
  text.content = manifest.length - SYNCHED__MANIFEST_TAIL_BYTES;
  synched__manifest_deinit(&manifest);
  return text;
}

/* From a block of just that length, so that sanitizers see who reads behind it. */
static int read_text(const struct scene *scene, const struct text *text) {
  struct synched__manifest manifest;
  char *block = malloc(text->length == 0 ? 1 : text->length);
  cr_assert_not_null(block);
  memcpy(block, text->bytes, text->length);
  cr_assert_eq(synched__manifest_init(&manifest, &scene->plan), 0);
  (void)synched__fail(0, "nothing was said");
  const int status = synched__manifest_read(&manifest, block, text->length);
  synched__manifest_deinit(&manifest);
  free(block);
  return status;
}

/* --- what is written is read --- */

Test(manifest, what_is_written_is_read) {
  struct scene scene;
  struct synched__manifest read;
  scene_open(&scene, "plain");
  struct synched__manifest written = made(&scene);
  cr_assert_eq(synched__manifest_write(&written), 0);
  cr_assert_eq(synched__manifest_init(&read, &scene.plan), 0);
  /* Also by one that has read another text before. */
  for (unsigned times = 0; times < 2; times++) {
    cr_assert_eq(synched__manifest_read(&read, written.text, written.length), 0, "%s",
                 synched_error_message());
    cr_assert_eq(read.generation, 7);
    cr_assert_eq(read.round, 12);
    cr_assert_eq(read.counted_from, 5);
    cr_assert_eq(read.fold, 0.75);
    cr_assert_eq(memcmp(read.folds[0], &total, sizeof total), 0);
    cr_assert_null(read.folds[1]);
    cr_assert_arr_eq(read.counts[0], first_counts, sizeof first_counts);
    cr_assert_arr_eq(read.counts[1], second_counts, sizeof second_counts);
    for (unsigned f = 0; f < FIELDS; f++)
      cr_assert_arr_eq(read.sums[f], written.sums[f], SEGMENTS * sizeof(uint64_t));
  }
  /* And written again, it is the same text. */
  cr_assert_eq(synched__manifest_write(&read), 0);
  cr_assert_eq(read.length, written.length);
  cr_assert_arr_eq(read.text, written.text, written.length);
  synched__manifest_deinit(&read);
  synched__manifest_deinit(&written);
  scene_close(&scene);
}

static void expect_name(const char *name, const char *shown) {
  struct scene scene;
  scene_open(&scene, name);
  const struct text text = text_of(&scene);
  char member[160];
  (void)snprintf(member, sizeof member, ",\"job\":\"%s\",", shown);
  cr_assert_not_null(strstr(text.bytes, member), "%s is not in %s", member, text.bytes);
  cr_assert_eq(read_text(&scene, &text), 0, "%s", synched_error_message());
  scene_close(&scene);
}

Test(manifest, name_of_whatever_bytes_leaves_a_text_that_is_read) {
  expect_name("a name", "a name");
  expect_name("\"quoted\"", "?quoted?");
  expect_name("C:\\jobs", "C:?jobs");
  expect_name("two\nlines\x7f", "two?lines?");
  expect_name("\xc3\xa9", "??");
}

/* --- damage --- */

Test(manifest, byte_that_is_not_what_was_written_is_found_by_the_sum) {
  struct scene scene;
  scene_open(&scene, "plain");
  struct text text = text_of(&scene);
  for (size_t i = 0; i < text.length; i++) {
    text.bytes[i] ^= 1;
    expect_refused(read_text(&scene, &text), SYNCHED_EIO,
                   "manifest.json: it is not what its sum says");
    text.bytes[i] ^= 1;
  }
  for (const size_t whole = text.length; text.length-- > 0;)
    expect_refused(read_text(&scene, &text), SYNCHED_EIO, whole == text.length ? "" : "its sum");
  scene_close(&scene);
}

/* Whether byte `at` is of a word that only people read. */
static bool is_free(const struct text *text, size_t at) {
  static const char *const members[] = {"\"library\":\"", "\"job\":\"", "\"file\":\"",
                                        "\"layout\":\""};
  for (size_t i = 0; i < LENGTH(members); i++)
    for (const char *found = strstr(text->bytes, members[i]); found != NULL;
         found = strstr(found + 1, members[i])) {
      const char *begin = found + strlen(members[i]);
      const char *end = strchr(begin, '"');
      if (text->bytes + at >= begin && text->bytes + at < end)
        return true;
    }
  return false;
}

static bool is_refusal(int status) {
  return status == SYNCHED_EIO || status == SYNCHED_EINVAL || status == SYNCHED_ENOTSUP;
}

Test(manifest, no_other_byte_and_no_other_length_is_read_where_the_sum_is_right) {
  static const char others[] = {'#', '"', ',', ']', '\n', 'g', ' '};
  struct scene scene;
  scene_open(&scene, "plain");
  const struct text whole = text_of(&scene);
  for (size_t i = 0; i < whole.content; i++) {
    for (size_t o = 0; o < LENGTH(others); o++) {
      struct text text = whole;
      text.bytes[i] = others[o];
      sign(&text);
      const bool stays = others[o] == whole.bytes[i] ||
                         (is_free(&whole, i) && others[o] != '"' && others[o] != '\n');
      const int status = read_text(&scene, &text);
      cr_assert(stays ? status == 0 : is_refusal(status) || (status == 0 && is_free(&whole, i)),
                "byte %zu as '%c': %d, %s", i, others[o], status, synched_error_message());
    }
    struct text text = whole;
    text.content = i;
    sign(&text);
    cr_assert(is_refusal(read_text(&scene, &text)), "%zu bytes of it are read", i);
    /* And one byte twice. */
    text = whole;
    memmove(text.bytes + i + 1, whole.bytes + i, whole.content - i);
    text.content++;
    sign(&text);
    const bool is_digit = whole.bytes[i] >= '0' && whole.bytes[i] <= '9';
    cr_assert(is_refusal(read_text(&scene, &text)) || is_free(&whole, i) || is_digit,
              "byte %zu twice is read", i);
  }
  scene_close(&scene);
}

/* --- each kind --- */

static const struct edit {
  /* what of the text is replaced, by what */
  const char *from, *to;
  int expected;
  const char *says;
} edits[] = {
    {"synched checkpoint", "synched report", SYNCHED_EIO, "it is no checkpoint"},
    {"\"version\":1", "\"version\":-1", SYNCHED_EIO, "it is no checkpoint"},
    {"\"version\":1", "\"version\":20", SYNCHED_ENOTSUP, "it has version 20 of the format"},
    {"\"version\":1,\"library\":\"", "\"version\":2,\"library\":\"99.1 or another of the future, ",
     SYNCHED_ENOTSUP, "version 2 of the format, of library 99.1 or another of t; this one reads"},
    {"\"little\"", "\"middle\"", SYNCHED_ENOTSUP, "its byte order is \"middle\""},
    {"\"little\"", "\"big\"", SYNCHED_ENOTSUP, "its byte order is \"big\""},
    {"\"round\":12", "\"round\":4", SYNCHED_EIO, "a number is too large"},
    {"\"round\":12", "\"round\":", SYNCHED_EIO, "is not what belongs there"},
    {"\"round\":12", "\"round\":18446744073709551616", SYNCHED_EIO, "is not what belongs there"},
    {"\"round\":12", "\"round\":18446744073709551615", 0, ""},
    {"\"generation\":7", "\"generation\":4294967295", 0, ""},
    {"\"generation\":7", "\"generation\":4294967296", SYNCHED_EIO, "a number is too large"},
    {"\"segment_count\":3", "\"segment_count\":4", SYNCHED_EINVAL,
     "there are 4 segments in it, and 3 in the job"},
    {"\"segments_per_sum\":1", "\"segments_per_sum\":2", SYNCHED_EIO,
     "its sums are of other pieces"},
    {",null]", "]", SYNCHED_EINVAL, "folds of 1 stages are in it, and 2 in the job"},
    {",null]", ",null,null]", SYNCHED_EINVAL, "folds of 3 stages are in it, and 2 in the job"},
    {",null]", ",\"00\"]", SYNCHED_EINVAL, "the fold of stage 1 is of another kind there"},
    {",null]", ",0]", SYNCHED_EIO, "is not what belongs there"},
    {"\"f9ffffffffffffff\"", "null", SYNCHED_EINVAL, "the fold of stage 0 is of another kind"},
    {"\"f9ffffffffffffff\"", "\"f9ffffffffffff\"", SYNCHED_EINVAL, "the fold of stage 0 is of"},
    {"\"f9ffffffffffffff\"", "\"f9fffffffffffffF\"", SYNCHED_EIO, "is not what belongs there"},
    {"\"f9ffffffffffffff\",null", "", SYNCHED_EINVAL, "folds of 0 stages are in it"},
    {"\n{\"file\"", "\n{},\n{\"file\"", SYNCHED_EINVAL,
     "there are 3 fields in it, and 2 in the job"},
    {",\n{\"file\":\"field1", ",{\"file\":\"field1", SYNCHED_EINVAL,
     "there are 1 fields in it, and 2 in the job"},
    {"\"field\":1", "\"field\":2", SYNCHED_EINVAL, "field 1 is not in it; field 2 is"},
    {"\"element_size\":8", "\"element_size\":16", SYNCHED_EINVAL,
     "elements of field 0 have 16 bytes there, and 8 in the job"},
    {"\"|V3\"", "\"|V30\"", SYNCHED_EINVAL, "field 1 has dtype \"|V30\" there, and \"|V3\" here"},
    {"\"|V3\"", "\"a dtype that is far too long\"", SYNCHED_EINVAL,
     "field 1 has dtype \"a dtype that is far \" there, and \"|V3\" here"},
    {"\"capacities\":[2,0,4]", "\"capacities\":[2,0,5]", SYNCHED_EINVAL,
     "segment 2 of field 0 has a capacity of 5 there, and of 4 in the job"},
    {"\"capacities\":[2,0,4]", "\"capacities\":2", SYNCHED_EINVAL,
     "segment 1 of field 0 has a capacity of 2 there, and of 0 in the job"},
    {"\"capacities\":[2,0,4]", "\"capacities\":[2,0]", SYNCHED_EIO, "is not what belongs there"},
    {"\"capacities\":[2,0,4]", "\"capacities\":[2,0,4,4]", SYNCHED_EIO,
     "is not what belongs there"},
    {"\"capacities\":5", "\"capacities\":[5,5,5]", 0, ""},
    {"\"counts\":[1,0,3]", "\"counts\":[1,0,5]", SYNCHED_EIO, "a count is above its capacity"},
    {"\"counts\":[1,0,3]", "\"counts\":1", SYNCHED_EIO, "a count is above its capacity"},
    {"\"counts\":[1,0,3]", "\"counts\":0", 0, ""},
    {"\"counts\":[1,0,3]", "\"counts\":[1,0,3", SYNCHED_EIO, "is not what belongs there"},
    {"\"counts\":[1,0,3]", "\"counts\":[]", SYNCHED_EIO, "is not what belongs there"},
    {"\"sums\":\"0", "\"sums\":\"1", SYNCHED_EIO, "the sum of a file is not that of its pieces"},
    {"\"sums\":\"01", "\"sums\":\"", SYNCHED_EIO, "is not what belongs there"},
    {"\"}]", "\"}] ", SYNCHED_EIO, "is not what belongs there"},
};

static void replace(struct text *text, const struct edit *edit) {
  char after[TEXT_BYTES];
  text->bytes[text->content] = '\0';
  char *at = strstr(text->bytes, edit->from);
  cr_assert_not_null(at, "%s is not in %s", edit->from, text->bytes);
  (void)snprintf(after, sizeof after, "%s", at + strlen(edit->from));
  text->content =
      (size_t)(at - text->bytes) +
      (size_t)snprintf(at, TEXT_BYTES - (size_t)(at - text->bytes), "%s%s", edit->to, after);
  sign(text);
}

Test(manifest, each_kind_of_text_that_does_not_fit_is_refused_in_its_own_words) {
  struct scene scene;
  scene_open(&scene, "plain");
  for (size_t i = 0; i < LENGTH(edits); i++) {
    struct text text = text_of(&scene);
    replace(&text, &edits[i]);
    const int status = read_text(&scene, &text);
    if (edits[i].expected == 0)
      cr_assert_eq(status, 0, "%s: %s", edits[i].to, synched_error_message());
    else
      expect_refused(status, edits[i].expected, edits[i].says);
  }
  scene_close(&scene);
}

/* --- lack --- */

static int write_it(void *manifest) {
  return synched__manifest_write(manifest);
}

static void forget(void *manifest) {
  (void)manifest;
}

/* Each time there was room for what comes before. */
Test(manifest, text_without_memory_is_refused_and_can_be_written_later) {
  struct scene scene;
  scene_open(&scene, "plain");
  struct synched__manifest manifest = made(&scene);
  cr_assert_gt(refuse_in_turn(&(struct refusing){SYNCHED__FAULT_ALLOCATE, SYNCHED_ENOMEM, 0,
                                                 write_it, forget, &manifest}),
               0);
  const struct text whole = text_of(&scene);
  cr_assert_eq(manifest.length, whole.length);
  cr_assert_arr_eq(manifest.text, whole.bytes, whole.length);
  synched__manifest_deinit(&manifest);
  scene_close(&scene);
}
