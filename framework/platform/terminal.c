#include "platform/terminal.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "platform/variable.h"

unsigned synched__terminal_columns(FILE *file) {
  const int before = errno;
  const char *type = synched__variable_terminal();
  struct winsize size = {.ws_col = 0};
  unsigned columns = 0;
  if (type != NULL && strcmp(type, "dumb") != 0 && isatty(fileno(file)))
    columns = ioctl(fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
  errno = before;
  return columns;
}
