/*
 * top_server.c: top_server PATH FILE hold|close. Listens at PATH, and gives everybody who connects
 * what is in FILE, whatever that is; then holds the connection, or closes it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void give(int client, FILE *file) {
  char bytes[65536];
  rewind(file);
  for (size_t count; (count = fread(bytes, 1, sizeof bytes, file)) != 0;)
    for (size_t sent = 0; sent < count;) {
      const ssize_t now = send(client, bytes + sent, count - sent, MSG_NOSIGNAL);
      if (now <= 0)
        return;
      sent += (size_t)now;
    }
}

int main(int argc, char **argv) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  FILE *file = argc == 4 ? fopen(argv[2], "r") : NULL;
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  if (file == NULL || strlen(argv[1]) >= sizeof address.sun_path || listener < 0)
    return 2;
  memcpy(address.sun_path, argv[1], strlen(argv[1]));
  if (bind(listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
      listen(listener, 8) != 0)
    return 2;
  for (;;) {
    const int client = accept(listener, NULL, NULL);
    if (client < 0)
      return 1;
    give(client, file);
    if (strcmp(argv[3], "close") == 0)
      (void)close(client);
  }
}
