/*
 * The writer puts down the smallest box around the live cells and where it lies. Position and
 * rule, which carries the grid's size, are what the reader needs to draw every cell where it was.
 */
#include "rle.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "grid.h"

#define LINE_CHARACTERS_MAX 70

struct writer {
  FILE *out;
  size_t used;     /* characters on the line */
  size_t row_ends; /* '$' that are due before the next cell: none are written behind the last one */
};

/* One run. It is never split over two lines. */
static void put_run(struct writer *to, size_t count, char tag) {
  char text[32];
  const int length = count == 1 ? snprintf(text, sizeof text, "%c", tag)
                                : snprintf(text, sizeof text, "%zu%c", count, tag);
  if (to->used + (size_t)length > LINE_CHARACTERS_MAX) {
    fputc('\n', to->out);
    to->used = 0;
  }
  fputs(text, to->out);
  to->used += (size_t)length;
}

/* The first cell at `from` or behind it whose word, xor-ed with `flip`, has its bit set: the next
 * live cell for 0, the next dead one for all bits. `end` where there is none before it. */
static size_t next_cell(const uint64_t *row, size_t from, uint64_t flip, size_t end) {
  while (from < end) {
    const uint64_t word = (row[from / 64] ^ flip) >> (from % 64);
    if (word != 0) {
      from += (size_t)__builtin_ctzll(word);
      return from < end ? from : end;
    }
    from = (from / 64 + 1) * 64;
  }
  return end;
}

static void put_row(struct writer *to, const uint64_t *row, const struct life_box *box) {
  const size_t end = box->column + box->width;
  size_t column = box->column;
  for (;;) {
    const size_t alive = next_cell(row, column, 0, end);
    if (alive == end)
      return;
    if (to->row_ends > 0)
      put_run(to, to->row_ends, '$');
    to->row_ends = 0;
    if (alive > column)
      put_run(to, alive - column, 'b');
    column = next_cell(row, alive, UINT64_MAX, end);
    put_run(to, column - alive, 'o');
  }
}

int life_rle_write(FILE *out, const struct life_pattern *pattern, const struct life_view *view,
                   uint64_t generation) {
  const struct life_box box = life_view_bounds(view);
  const int64_t left = view->grid->left + (int64_t)box.column;
  const int64_t top = view->grid->top + (int64_t)box.row;
  char rule[LIFE_RULE_TEXT_BYTES];
  life_rule_format(&pattern->rule, rule);
  errno = 0;
  if (pattern->comments)
    fputs(pattern->comments, out);
  fprintf(out, "#CXRLE Pos=%" PRId64 ",%" PRId64 " Gen=%" PRIu64 "\n", left, top, generation);
  fprintf(out, "x = %zu, y = %zu, rule = %s\n", box.width, box.height, rule);

  struct writer to = {out, 0, 0};
  for (size_t y = box.row; y < box.row + box.height; y++, to.row_ends++) {
    const uint64_t *const row = life_view_row(view, y);
    if (row)
      put_row(&to, row, &box);
  }
  put_run(&to, 1, '!');
  fputc('\n', out);
  return ferror(out) ? -1 : 0;
}
