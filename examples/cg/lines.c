#include "lines.h"

#include <string.h>

void cg_lines_init(struct cg_lines *out, struct example_source *source) {
  *out = (struct cg_lines){.source = source};
}

static void pass(struct cg_lines *lines, size_t count) {
  lines->block.bytes += count;
  lines->block.count -= count;
}

/* Sees to it that there is a byte, unless the file ends. */
static int fill(struct cg_lines *lines, struct example_error *error) {
  if (lines->block.count > 0)
    return 0;
  return example_source_next(lines->source, &lines->block, error);
}

/* What this block has of the line. */
static size_t bytes_of_line(const struct example_block *block) {
  const unsigned char *const newline = memchr(block->bytes, '\n', block->count);
  const size_t count = newline ? (size_t)(newline - block->bytes) : block->count;
  const unsigned char *const returned = memchr(block->bytes, '\r', count);
  return returned ? (size_t)(returned - block->bytes) : count;
}

static void keep(struct cg_lines *lines, size_t count) {
  const size_t room = CG_LINE_BYTES - lines->length;
  const size_t kept = count < room ? count : room;
  memcpy(lines->text + lines->length, lines->block.bytes, kept);
  lines->length += kept;
  lines->is_longer |= kept < count;
}

/* The newline behind a carriage return belongs to the line before. */
static int pass_newline(struct cg_lines *lines, struct example_error *error) {
  if (fill(lines, error) != 0)
    return -1;
  if (lines->returned && lines->block.count > 0 && *lines->block.bytes == '\n')
    pass(lines, 1);
  lines->returned = false;
  return fill(lines, error);
}

int cg_lines_next(struct cg_lines *lines, struct example_error *error) {
  if (pass_newline(lines, error) != 0)
    return -1;
  if (lines->block.count == 0)
    return 0;
  lines->number++;
  lines->length = 0;
  lines->is_longer = false;
  while (lines->block.count > 0) {
    const size_t count = bytes_of_line(&lines->block);
    keep(lines, count);
    pass(lines, count);
    if (lines->block.count > 0) {
      lines->returned = *lines->block.bytes == '\r';
      pass(lines, 1);
      break;
    }
    if (fill(lines, error) != 0)
      return -1;
  }
  lines->text[lines->length] = '\0';
  return 1;
}
