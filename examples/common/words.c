#include "common/words.h"

#include <getopt.h>
#include <limits.h>

void example_print_safely(const char *text, FILE *file) {
  for (const unsigned char *byte = (const unsigned char *)text; *byte != '\0'; byte++)
    fputc(*byte < 0x20 || *byte == 0x7f ? '?' : *byte, file);
}

const char *example_option_name(int option, char **argv, const struct option *known,
                                char text[static EXAMPLE_OPTION_BYTES]) {
  const int letter = option == '?' || option == ':' ? optopt : option;
  if (letter > 0 && letter <= UCHAR_MAX) {
    snprintf(text, EXAMPLE_OPTION_BYTES, "-%c", letter);
    return text;
  }
  for (; letter > 0 && known->name; known++)
    if (known->val == letter) {
      snprintf(text, EXAMPLE_OPTION_BYTES, "--%s", known->name);
      return text;
    }
  return argv[optind - 1];
}
