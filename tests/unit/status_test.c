/*
 * status_test.c: the table of statuses, and the sentence that each thread keeps.
 */
#include <synched/job.h>
#include <synched/status.h>

#include <criterion/criterion.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <uv.h>

#include "base/error.h"
#include "support/unit_support.h"

struct entry {
  const char *name;
  int status;
  const char *text;
};

#define ENTRY(name, text) {#name, SYNCHED_##name, text},
static const struct entry table[] = {SYNCHED_STATUS_MAP(ENTRY)};

#define UV_ENTRY(name, text) {#name, UV_##name, text},
static const struct entry libuv[] = {UV_ERRNO_MAP(UV_ENTRY)};

/* libuv's code of that name; 0 if it has none. */
static int libuv_code(const char *name) {
  for (size_t i = 0; i < LENGTH(libuv); i++)
    if (strcmp(libuv[i].name, name) == 0)
      return libuv[i].status;
  return 0;
}

Test(status, table_of_this_version_has_every_code) {
  static const char *const names[] = {
      "EAGAIN", "EALREADY", "EBUSY",  "ECANCELED", "EDEADLK",   "EEXIST", "EFAULT", "EINVAL",
      "EIO",    "ENOENT",   "ENOMEM", "ENOTSUP",   "EOVERFLOW", "EPERM",  "ERANGE", "ETIMEDOUT"};
  cr_assert_eq(LENGTH(table), LENGTH(names));
  for (size_t i = 0; i < LENGTH(names); i++)
    cr_expect_str_eq(table[i].name, names[i]);
}

Test(status, strerror_of_a_known_code_gives_its_text) {
  for (size_t i = 0; i < LENGTH(table); i++) {
    cr_expect_lt(table[i].status, 0, "%s", table[i].name);
    cr_expect_str_not_empty(synched_strerror(table[i].status));
    cr_expect_str_eq(synched_strerror(table[i].status), table[i].text);
  }
  cr_expect_str_eq(synched_strerror(SYNCHED_EBUSY), "in use");
  cr_expect_str_eq(synched_strerror(SYNCHED_OK), "no error");
}

Test(status, err_name_of_a_known_code_gives_its_name) {
  for (size_t i = 0; i < LENGTH(table); i++)
    cr_expect_str_eq(synched_err_name(table[i].status), table[i].name);
  cr_expect_str_eq(synched_err_name(SYNCHED_EBUSY), "EBUSY");
  cr_expect_str_eq(synched_err_name(SYNCHED_OK), "OK");
}

Test(status, table_entries_are_all_different) {
  for (size_t i = 0; i < LENGTH(table); i++)
    for (size_t j = 0; j < i; j++) {
      cr_expect_neq(table[i].status, table[j].status, "%s, %s", table[i].name, table[j].name);
      cr_expect_str_neq(table[i].text, table[j].text);
    }
}

Test(status, number_where_libuv_has_the_code_is_its_number) {
  unsigned shared_count = 0;
  for (size_t i = 0; i < LENGTH(table); i++) {
    int code = libuv_code(table[i].name);
    if (code == 0)
      continue;
    shared_count++;
    cr_expect_eq(table[i].status, code, "%s: %d, libuv's is %d", table[i].name, table[i].status,
                 code);
    cr_expect_str_eq(uv_err_name(table[i].status), table[i].name);
  }
  /* All but EDEADLK. */
  cr_expect_eq(shared_count, LENGTH(table) - 1);
  cr_expect_eq(libuv_code("EDEADLK"), 0);
}

Test(status, lookup_of_an_unknown_code_says_so) {
  static const int unknown[] = {2, 42, EBUSY, INT_MAX, -1000000, -4095, INT_MIN};
  for (size_t i = 0; i < LENGTH(unknown); i++) {
    cr_expect_str_eq(synched_err_name(unknown[i]), "unknown", "%d", unknown[i]);
    cr_expect_str_eq(synched_strerror(unknown[i]), "a code that is not Synched's own", "%d",
                     unknown[i]);
  }
}

Test(status, lookup_of_stop_says_whose_it_is) {
  cr_assert_eq(strncmp(synched_strerror(SYNCHED_STOP), "SYNCHED_STOP, which only on_round", 33), 0);
  cr_assert_str_eq(synched_err_name(SYNCHED_STOP), "unknown");
}

Test(status, fail_formats_the_message_and_returns_the_status) {
  cr_assert_eq(synched__fail(SYNCHED_ERANGE, "%s is %zu; at most %u", "count", (size_t)9, 8u),
               SYNCHED_ERANGE);
  cr_assert_str_eq(synched_error_message(), "count is 9; at most 8");
}

Test(status, fail_with_a_long_sentence_cuts_it) {
  char sentence[600];
  memset(sentence, 'x', sizeof sentence);
  sentence[sizeof sentence - 1] = '\0';
  (void)synched__fail(SYNCHED_EIO, "%s", sentence);
  cr_assert_eq(strlen(synched_error_message()), 255);
  (void)synched__fail(SYNCHED_EIO, "short");
  cr_assert_str_eq(synched_error_message(), "short");
}

Test(status, fail_quoting_any_bytes_stays_a_line) {
  (void)synched__fail(SYNCHED_EINVAL, "\"%s\" is none", "a\nb\r\x1b[2J\x7f\t\xc3\xa4");
  cr_assert_str_eq(synched_error_message(), "\"a?b??[2J??\xc3\xa4\" is none");
}

/* What one thread found; written by it, read after it has ended. */
struct speaker {
  pthread_barrier_t *meeting;
  const char *sentence;
  const void *place;
  char before[256];
  char after[256];
};

static void *speak(void *argument) {
  struct speaker *speaker = argument;
  (void)snprintf(speaker->before, sizeof speaker->before, "%s", synched_error_message());
  (void)synched__fail(SYNCHED_EINVAL, "%s", speaker->sentence);
  speaker->place = synched_error_message();
  /* Everybody has failed before anybody looks. */
  (void)pthread_barrier_wait(speaker->meeting);
  (void)snprintf(speaker->after, sizeof speaker->after, "%s", synched_error_message());
  (void)pthread_barrier_wait(speaker->meeting);
  return NULL;
}

Test(status, message_of_each_thread_is_its_own) {
  static const char *const sentences[] = {"the first", "the second", "the third"};
  pthread_barrier_t meeting;
  cr_assert_eq(pthread_barrier_init(&meeting, NULL, LENGTH(sentences)), 0);
  (void)synched__fail(SYNCHED_EBUSY, "the body's");
  struct speaker speakers[LENGTH(sentences)];
  struct crew crew = {0};
  for (size_t i = 0; i < LENGTH(sentences); i++) {
    speakers[i] = (struct speaker){.meeting = &meeting, .sentence = sentences[i]};
    crew_add(&crew, speak, &speakers[i]);
  }
  crew_join(&crew);
  for (size_t i = 0; i < LENGTH(sentences); i++) {
    cr_expect_str_empty(speakers[i].before);
    cr_expect_str_eq(speakers[i].after, sentences[i]);
    cr_expect_neq(speakers[i].place, (const void *)synched_error_message());
  }
  cr_expect_str_eq(synched_error_message(), "the body's");
  cr_assert_eq(pthread_barrier_destroy(&meeting), 0);
}

Test(status, sentence_made_of_the_one_before_has_it_whole) {
  synched__explain("%s", "the memory has a job already");
  synched__explain("field %u: %s; release it", 1, synched_error_message());
  cr_assert_str_eq(synched_error_message(), "field 1: the memory has a job already; release it");
}
