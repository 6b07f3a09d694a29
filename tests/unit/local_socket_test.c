/*
 * local_socket_test.c: who may connect, and what is there already when somebody wants to listen.
 */
#include <criterion/criterion.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "platform/local_socket.h"
#include "platform/process.h"
#include "support/local_client.h"

static struct synched__local_socket listening(const char *path) {
  struct synched__local_socket local;
  cr_assert_eq(synched__local_listen(&local, path), 0, "%s", synched_error_message());
  return local;
}

static void expect_refusal(const char *path, int status, const char *says) {
  struct synched__local_socket local;
  expect_refused(synched__local_listen(&local, path), status, says);
  cr_assert_eq(local.descriptor, -1);
}

/* A socket that nobody listens at any more. */
static void leave_behind(const char *path) {
  const struct sockaddr_un address = client_address(path);
  const int left = socket(AF_UNIX, SOCK_STREAM, 0);
  cr_assert_eq(bind(left, (const struct sockaddr *)&address, sizeof address), 0);
  cr_assert_eq(listen(left, 1), 0);
  (void)close(left);
}

Test(local_socket, listen_lets_the_same_user_in) {
  const struct folder folder = folder_new();
  struct stat there;
  (void)umask(0);
  struct synched__local_socket local = listening(folder.path);
  cr_assert_eq(lstat(folder.path, &there), 0);
  cr_assert(S_ISSOCK(there.st_mode));
  cr_assert_eq(there.st_mode & 0777u, 0600u);
  cr_assert_eq(folder_count(&folder), 1, "it has left its other name there");
  cr_assert_eq(synched__local_accept(&local), -1);
  const int client = client_new(folder.path);
  const int other = synched__local_accept(&local);
  cr_assert_geq(other, 0);
  cr_assert_eq(synched__local_hear(other), SYNCHED__HEARD_NOTHING);
  cr_assert_eq(synched__local_send(other, "abc", 3), 3);
  char bytes[8];
  cr_assert_eq(client_read(client, bytes, sizeof bytes), 3);
  cr_assert_eq(send(client, "?", 1, 0), 1);
  cr_assert_eq(synched__local_hear(other), SYNCHED__HEARD_WORDS);
  (void)close(client);
  cr_assert_eq(synched__local_hear(other), SYNCHED__HEARD_END);
  cr_assert_eq(synched__local_send(other, "abc", 3), -1); /* and no signal */
  (void)close(other);
  synched__local_close(&local);
  folder_end(&folder);
}

Test(local_socket, listen_sends_other_users_away) {
  if (geteuid() != 0)
    cr_skip_test("only root can be somebody else");
  const struct folder folder = folder_new();
  struct synched__local_socket local = listening(folder.path);
  /* As if its mode had not kept them out. */
  cr_assert_eq(chmod(folder.name, 0777), 0);
  cr_assert_eq(chmod(folder.path, 0777), 0);
  const pid_t child = fork();
  if (child == 0) {
    char byte;
    const int client = setuid(12345) == 0 ? client_try(folder.path) : -1;
    _exit(client < 0 ? 1 : recv(client, &byte, 1, 0) == 0 ? 0 : 2);
  }
  int status = -1;
  while (waitpid(child, &status, WNOHANG) == 0) {
    cr_assert_eq(synched__local_accept(&local), -1);
    nap_ms(1);
  }
  cr_assert(WIFEXITED(status));
  cr_assert_eq(WEXITSTATUS(status), 0);
  synched__local_close(&local);
  folder_end(&folder);
}

Test(local_socket, listen_replaces_what_was_left_behind) {
  const struct folder folder = folder_new();
  leave_behind(folder.path);
  struct synched__local_socket local = listening(folder.path);
  cr_assert_eq(folder_count(&folder), 1);
  (void)close(client_new(folder.path));
  synched__local_close(&local);
  folder_end(&folder);
}

Test(local_socket, listen_refuses_what_is_not_its_own) {
  const struct folder folder = folder_new();
  char text[8] = "";
  /* One that is alive. */
  struct synched__local_socket local = listening(folder.path);
  expect_refusal(folder.path, SYNCHED_EBUSY, "listens");
  (void)close(client_new(folder.path));
  synched__local_close(&local);
  /* A file. */
  FILE *file = fopen(folder.path, "w");
  cr_assert_not_null(file);
  cr_assert_geq(fputs("mine", file), 0);
  cr_assert_eq(fclose(file), 0);
  expect_refusal(folder.path, SYNCHED_EEXIST, "no socket");
  file = fopen(folder.path, "r");
  cr_assert_not_null(file);
  cr_assert_not_null(fgets(text, sizeof text, file));
  (void)fclose(file);
  cr_assert_str_eq(text, "mine");
  cr_assert_eq(unlink(folder.path), 0);
  /* A folder, and a link to nowhere. */
  cr_assert_eq(mkdir(folder.path, 0700), 0);
  expect_refusal(folder.path, SYNCHED_EEXIST, "no socket");
  cr_assert_eq(rmdir(folder.path), 0);
  cr_assert_eq(symlink("/nowhere/at/all", folder.path), 0);
  expect_refusal(folder.path, SYNCHED_EEXIST, "no socket");
  cr_assert_eq(unlink(folder.path), 0);
  folder_end(&folder);
}

Test(local_socket, listen_refuses_another_users_socket) {
  if (geteuid() != 0)
    cr_skip_test("only root can be somebody else");
  const struct folder folder = folder_new();
  struct stat there;
  leave_behind(folder.path);
  cr_assert_eq(lchown(folder.path, 12345, 12345), 0);
  expect_refusal(folder.path, SYNCHED_EEXIST, "another user's");
  cr_assert_eq(lstat(folder.path, &there), 0);
  cr_assert_eq(there.st_uid, 12345);
  cr_assert_eq(unlink(folder.path), 0);
  folder_end(&folder);
}

/* Beside its path it needs a name of its own for a moment, with the number of this process. */
Test(local_socket, listen_takes_no_file_for_its_other_name) {
  const struct folder folder = folder_new();
  struct stat there;
  char name[96];
  (void)snprintf(name, sizeof name, "%s.%ld", folder.path, (long)getpid());
  leave_behind(name);
  struct synched__local_socket local = listening(folder.path);
  synched__local_close(&local);
  cr_assert_neq(lstat(name, &there), 0);
  FILE *file = fopen(name, "w");
  cr_assert_not_null(file);
  (void)fclose(file);
  expect_refusal(folder.path, -EADDRINUSE, folder.path);
  cr_assert_eq(unlink(name), 0);
  if (geteuid() == 0) { /* who can be somebody else */
    leave_behind(name);
    cr_assert_eq(lchown(name, 12345, 12345), 0);
    expect_refusal(folder.path, -EADDRINUSE, folder.path);
    cr_assert_eq(unlink(name), 0);
  }
  folder_end(&folder);
}

/* There is a folder; who may not write beside it does not get as far as to see that. */
Test(local_socket, listen_at_the_root_is_refused_where_there_is_a_folder) {
  struct synched__local_socket local;
  cr_assert_lt(synched__local_listen(&local, "/tmp"), 0);
  cr_assert_not_null(strstr(synched_error_message(), "/tmp"), "%s", synched_error_message());
}

Test(local_socket, listen_refuses_paths_that_cannot_be) {
  char path[SYNCHED__SOCKET_PATH_MOST + 2];
  expect_refusal("", SYNCHED_EINVAL, "1 to 88 bytes");
  memset(path, 'x', sizeof path - 1);
  path[sizeof path - 1] = '\0';
  expect_refusal(path, SYNCHED_EINVAL, "this one has 89");
  expect_refusal("/nowhere/at/all", SYNCHED_ENOENT, "/nowhere/at/all");
  expect_refusal("/dev/null/x", -ENOTDIR, "/dev/null/x");
}

/* The process's list of descriptors that a child is to close has an end. */
static unsigned fill_list(int *descriptors, unsigned left) {
  unsigned count = 0;
  synched__process_hold();
  for (;;) {
    descriptors[count] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    cr_assert_geq(descriptors[count], 0);
    if (!synched__process_own(descriptors[count]))
      break;
    count++;
  }
  (void)close(descriptors[count]);
  for (; left > 0; left--)
    synched__process_close(descriptors[--count]);
  synched__process_release();
  return count;
}

static void empty_list(const int *descriptors, unsigned count) {
  synched__process_hold();
  while (count > 0)
    synched__process_close(descriptors[--count]);
  synched__process_release();
}

Test(local_socket, listen_in_a_process_with_too_many_is_refused) {
  const struct folder folder = folder_new();
  int descriptors[SYNCHED__OWNED_MOST + 1];
  unsigned count = fill_list(descriptors, 0);
  cr_assert_eq(count, SYNCHED__OWNED_MOST);
  expect_refusal(folder.path, SYNCHED_EAGAIN, folder.path);
  empty_list(descriptors, count);
  /* With one left there is none for the folder's lock, without which it does. */
  count = fill_list(descriptors, 1);
  struct synched__local_socket local = listening(folder.path);
  const int client = client_try(folder.path);
  cr_assert_geq(client, 0);
  cr_assert_lt(synched__local_accept(&local), 0, "it is sent away");
  (void)close(client);
  synched__local_close(&local);
  synched__local_close(&local);
  empty_list(descriptors, count);
  folder_end(&folder);
}

Test(local_socket, close_removes_only_its_own) {
  const struct folder folder = folder_new();
  struct synched__local_socket local = listening(folder.path);
  cr_assert_eq(unlink(folder.path), 0);
  leave_behind(folder.path);
  synched__local_close(&local);
  cr_assert_eq(unlink(folder.path), 0, "it has removed another one's socket");
  local = listening(folder.path);
  local.device++; /* as if another file system had been mounted there */
  synched__local_close(&local);
  cr_assert_eq(unlink(folder.path), 0, "it has removed what is on another file system");
  folder_end(&folder);
}

/* Of many that find the same old socket at the same moment, one gets the path. */
Test(local_socket, listen_of_many_lets_one_win) {
  enum { PROCESSES = 6, ROUNDS = 20 };
  const struct folder folder = folder_new();
  for (unsigned round = 0; round < ROUNDS; round++) {
    pid_t children[PROCESSES];
    int start[2], tried[2], won = 0;
    char verdict;
    leave_behind(folder.path);
    cr_assert_eq(pipe(start), 0);
    cr_assert_eq(pipe(tried), 0);
    for (unsigned p = 0; p < PROCESSES; p++) {
      children[p] = fork();
      if (children[p] != 0)
        continue;
      struct synched__local_socket local;
      (void)close(start[1]);
      (void)read(start[0], &verdict, 1); /* until all are there */
      verdict = synched__local_listen(&local, folder.path) == 0 ? 'w' : 'l';
      (void)close(tried[0]);
      (void)alarm(20); /* should the test fail before it ends us */
      _exit(write(tried[1], &verdict, 1) == 1 && pause() == 0);
    }
    (void)close(start[0]);
    (void)close(start[1]);
    (void)close(tried[1]);
    for (unsigned p = 0; p < PROCESSES; p++) {
      cr_assert_eq(read(tried[0], &verdict, 1), 1);
      won += verdict == 'w';
    }
    cr_assert_eq(won, 1, "%d have won", won);
    (void)close(client_new(folder.path));
    (void)close(tried[0]);
    (void)unlink(folder.path);
    for (unsigned p = 0; p < PROCESSES; p++) {
      (void)kill(children[p], SIGKILL);
      (void)waitpid(children[p], NULL, 0);
    }
  }
  folder_end(&folder);
}
