/*
 * feed_test.c: readers of every kind at one feed: good, slow, stalled, rude, too many; and its end.
 */
#include <criterion/criterion.h>

#include <signal.h>
#include <sys/wait.h>

#include "platform/feed.h"
#include "support/local_client.h"
#include "support/support.h"

/* A text is a number of lines, all with the text's number. */
enum { LINES = 500, LINE_BYTES = 128 };

struct press {
  uint32_t number;
  _Atomic uint32_t count;
  unsigned line_count;
};

static void greet(struct synched__feed_text *text, void *argument) {
  (void)argument;
  synched__feed_add(text, "hello\n");
}

static void print(struct synched__feed_text *text, void *argument) {
  struct press *press = argument;
  press->number++;
  for (unsigned i = 0; i < press->line_count; i++)
    synched__feed_add(text, "%u %u %*s\n", (unsigned)press->number, i, LINE_BYTES, "x");
  atomic_fetch_add(&press->count, 1);
}

struct house {
  struct folder folder;
  struct press press;
  struct synched__feed *feed;
};

static struct synched__feed_options options_of(struct house *house) {
  return (struct synched__feed_options){.path = house->folder.path,
                                        .refusal = "full\n",
                                        .interval_ms = 1,
                                        .patience_ms = 50,
                                        .greet = greet,
                                        .print = print,
                                        .argument = &house->press};
}

static void house_open(struct house *house, unsigned line_count, unsigned patience_ms) {
  *house = (struct house){.folder = folder_new(), .press = {.line_count = line_count}};
  struct synched__feed_options options = options_of(house);
  options.patience_ms = patience_ms;
  cr_assert_eq(synched__feed_open(&house->feed, &options), 0, "%s", synched_error_message());
}

static void house_close(struct house *house) {
  synched__feed_close(house->feed);
  cr_assert_lt(client_try(house->folder.path), 0);
  folder_end(&house->folder);
}

static void expect_greeting(int client) {
  char line[16];
  cr_assert(client_line(client, line, sizeof line));
  cr_assert_str_eq(line, "hello");
}

/* Reads a text, all of it; its number. */
static unsigned expect_text(int client, unsigned line_count) {
  char line[2 * LINE_BYTES];
  unsigned number = 0, of_line, index;
  for (unsigned i = 0; i < line_count; i++) {
    cr_assert(client_line(client, line, sizeof line));
    cr_assert_eq(sscanf(line, "%u %u", &of_line, &index), 2, "'%s'", line);
    cr_assert_eq(index, i);
    number = i == 0 ? of_line : number;
    cr_assert_eq(of_line, number);
  }
  return number;
}

Test(feed, readers_get_whole_texts_in_order) {
  enum { READERS = 5, TEXTS = 30 };
  struct house house;
  int clients[READERS];
  unsigned before[READERS] = {0};
  house_open(&house, 3, 60000);
  for (unsigned c = 0; c < READERS; c++) {
    clients[c] = client_new(house.folder.path);
    expect_greeting(clients[c]);
  }
  for (unsigned i = 0; i < TEXTS; i++)
    for (unsigned c = 0; c < READERS; c++) {
      const unsigned number = expect_text(clients[c], 3);
      cr_assert_gt(number, before[c]);
      before[c] = number;
    }
  for (unsigned c = 0; c < READERS; c++)
    (void)close(clients[c]);
  house_close(&house);
}

static void print_nothing(struct synched__feed_text *text, void *argument) {
  synched__feed_add(text, "%s", "");
  atomic_fetch_add(&((struct press *)argument)->count, 1);
}

Test(feed, text_of_nothing_is_not_sent) {
  struct house house = {.folder = folder_new()};
  struct synched__feed_options options = options_of(&house);
  options.print = print_nothing;
  cr_assert_eq(synched__feed_open(&house.feed, &options), 0, "%s", synched_error_message());
  const int client = client_new(house.folder.path);
  expect_greeting(client);
  for (unsigned ms = 0; ms < HANG_SECONDS * 1000 && atomic_load(&house.press.count) < 4; ms++)
    nap_ms(1);
  cr_assert_geq(atomic_load(&house.press.count), 4);
  char byte;
  cr_assert_eq(recv(client, &byte, 1, MSG_DONTWAIT), -1);
  house_close(&house);
  (void)close(client);
}

/* It prints nothing while nobody is there to read it. */
Test(feed, nobody_costs_nothing) {
  struct house house;
  house_open(&house, 1, 60000);
  nap_ms(20);
  cr_assert_eq(atomic_load(&house.press.count), 0);
  const int client = client_new(house.folder.path);
  expect_greeting(client);
  (void)expect_text(client, 1);
  (void)close(client);
  house_close(&house);
}

/* A text is larger than what is on its way: each takes many sends. */
Test(feed, slow_reader_gets_whole_texts) {
  struct house house;
  house_open(&house, 8 * LINES, 60000);
  const int client = client_new(house.folder.path);
  expect_greeting(client);
  unsigned before = 0;
  for (unsigned i = 0; i < 2; i++) {
    const unsigned number = expect_text(client, 8 * LINES);
    cr_assert_gt(number, before);
    before = number;
  }
  (void)close(client);
  house_close(&house);
}

Test(feed, stalled_reader_is_sent_away_and_holds_nobody_up) {
  struct house house;
  house_open(&house, LINES, 50);
  const int stalled = client_new(house.folder.path);
  struct pollfd polled = {.fd = stalled, .events = POLLRDHUP};
  cr_assert_eq(poll(&polled, 1, HANG_SECONDS * 1000), 1, "it is not sent away");
  const uint32_t count = atomic_load(&house.press.count);
  cr_assert_geq(count, 2);
  /* And one who reads is served as before. */
  const int client = client_new(house.folder.path);
  expect_greeting(client);
  client_expect_end(stalled);
  (void)close(client);
  (void)close(stalled);
  house_close(&house);
}

/* One stalls for good, and others read on meanwhile. */
Test(feed, stalled_reader_does_not_stop_the_texts) {
  struct house house;
  house_open(&house, LINES, 600000);
  const int stalled = client_new(house.folder.path);
  const int client = client_new(house.folder.path);
  expect_greeting(client);
  for (unsigned i = 0; i < 10; i++)
    (void)expect_text(client, LINES);
  (void)close(client);
  house_close(&house);
  expect_greeting(stalled); /* what had been on its way */
  client_expect_end(stalled);
  (void)close(stalled);
}

Test(feed, whoever_talks_or_leaves_is_sent_away) {
  struct house house;
  house_open(&house, 1, 60000);
  char garbage[100000];
  memset(garbage, '\xff', sizeof garbage);
  for (unsigned i = 0; i < 50; i++) {
    const int rude = client_new(house.folder.path);
    (void)send(rude, garbage, sizeof garbage, MSG_NOSIGNAL | MSG_DONTWAIT);
    const int half = client_new(house.folder.path);
    cr_assert_eq(shutdown(half, SHUT_WR), 0);
    (void)close(client_new(house.folder.path));
    char byte;
    while (recv(rude, &byte, 1, 0) > 0)
      continue;
    client_expect_end(half);
    (void)close(rude);
    (void)close(half);
  }
  const int client = client_new(house.folder.path);
  expect_greeting(client);
  (void)close(client);
  house_close(&house);
}

Test(feed, one_too_many_is_told_so) {
  struct house house;
  int clients[SYNCHED__FEED_READERS_MOST];
  char line[16];
  house_open(&house, 1, 60000);
  for (unsigned c = 0; c < SYNCHED__FEED_READERS_MOST; c++) {
    clients[c] = client_new(house.folder.path);
    expect_greeting(clients[c]);
  }
  const int more = client_new(house.folder.path);
  cr_assert(client_line(more, line, sizeof line));
  cr_assert_str_eq(line, "full");
  client_expect_end(more);
  (void)close(more);
  (void)close(clients[0]);
  /* Somebody has gone: there is room soon. */
  for (unsigned tries = 0;; tries++) {
    const int next = client_new(house.folder.path);
    cr_assert(client_line(next, line, sizeof line));
    (void)close(next);
    if (strcmp(line, "hello") == 0)
      break;
    cr_assert_lt(tries, HANG_SECONDS * 1000u);
    nap_ms(1);
  }
  house_close(&house);
  for (unsigned c = 1; c < SYNCHED__FEED_READERS_MOST; c++) {
    client_expect_end(clients[c]);
    (void)close(clients[c]);
  }
}

/* Of a child: it does not outlive a test that has failed for long, for it would keep the test's
 * output open. */
static int wait_to_be_killed(void) {
  (void)alarm(20);
  return pause();
}

/* A child has its parent's descriptors no more: readers see the end that the parent makes. */
Test(feed, child_does_not_answer_for_its_parent) {
  struct house house;
  house_open(&house, 1, 60000);
  const int client = client_new(house.folder.path);
  expect_greeting(client);
  const pid_t child = fork();
  if (child == 0)
    _exit(wait_to_be_killed());
  synched__feed_close(house.feed);
  client_expect_end(client);
  cr_assert_lt(client_try(house.folder.path), 0);
  folder_end(&house.folder);
  (void)kill(child, SIGKILL);
  (void)waitpid(child, NULL, 0);
}

/* The same of a child that has them still, as every one has for a moment: no handler runs here. */
Test(feed, child_that_still_has_them_does_not_answer_either) {
  struct house house;
  house_open(&house, 1, 60000);
  const int client = client_new(house.folder.path);
  expect_greeting(client);
  /* A name of the path that the end does not remove. */
  char left[sizeof house.folder.path + 8];
  (void)snprintf(left, sizeof left, "%s.left", house.folder.path);
  cr_assert_eq(link(house.folder.path, left), 0);
  const pid_t child = _Fork();
  if (child == 0)
    _exit(wait_to_be_killed());
  synched__feed_close(house.feed);
  client_expect_end(client);
  cr_assert_lt(client_try(left), 0);
  struct synched__feed_options options = options_of(&house);
  options.path = left;
  cr_assert_eq(synched__feed_open(&house.feed, &options), 0, "%s", synched_error_message());
  house_close(&house);
  (void)kill(child, SIGKILL);
  (void)waitpid(child, NULL, 0);
}

/* The same where the parent has died without a word, and left its path. */
Test(feed, child_does_not_keep_its_dead_parents_path) {
  if (is_emulated())
    cr_skip_test("the emulator aborts where a child of fork starts a thread");
  struct house house = {.folder = folder_new(), .press = {.line_count = 1}};
  struct synched__feed_options options = options_of(&house);
  int grandchild[2];
  pid_t left = 0;
  cr_assert_eq(pipe(grandchild), 0);
  const pid_t child = fork();
  if (child == 0) {
    if (synched__feed_open(&house.feed, &options) != 0)
      _exit(1);
    if (fork() != 0)
      _exit(0);
    /* It says who it is when fork() has let go of what is the feed's. */
    left = getpid();
    if (write(grandchild[1], &left, sizeof left) != sizeof left)
      _exit(1);
    _exit(wait_to_be_killed());
  }
  int status = -1;
  cr_assert_eq(waitpid(child, &status, 0), child);
  cr_assert_eq(status, 0);
  cr_assert_eq(read(grandchild[0], &left, sizeof left), (ssize_t)sizeof left);
  cr_assert_eq(folder_count(&house.folder), 1);
  cr_assert_eq(synched__feed_open(&house.feed, &options), 0, "%s", synched_error_message());
  const int client = client_new(house.folder.path);
  expect_greeting(client);
  (void)close(client);
  house_close(&house);
  (void)kill(left, SIGKILL);
}

static int open_one(void *context) {
  struct house *house = context;
  const struct synched__feed_options options = options_of(house);
  return synched__feed_open(&house->feed, &options);
}

static void close_one(void *context) {
  synched__feed_close(((struct house *)context)->feed);
}

Test(feed, open_that_is_refused_leaves_nothing) {
  struct house house = {.folder = folder_new(), .press = {.line_count = 1}};
  const unsigned files = file_count();
  for (unsigned i = 0; i < 20; i++) {
    const struct refusing refusing = {
        SYNCHED__FAULT_ALLOCATE, SYNCHED_ENOMEM, 0, open_one, close_one, &house};
    cr_assert_eq(refuse_in_turn(&refusing), 1);
    const struct refusing threads = {
        SYNCHED__FAULT_THREAD, SYNCHED_EAGAIN, 0, open_one, close_one, &house};
    cr_assert_eq(refuse_in_turn(&threads), 1);
  }
  cr_assert_lt(file_count(), files + 20);
  folder_end(&house.folder);
}
