#define _GNU_SOURCE
#define NCURSES_WIDECHAR 1
#include "CNcurses.h"
#include "internal.h"

#include <curses.h>
#include <term.h>

#include <errno.h>
#include <unistd.h>

// What goes to the terminal beside curses.

int mm_fd = -1;

bool mm_term_write(const uint8_t *bytes, size_t count) {
  if (mm_fd < 0) return false;
  while (count > 0) {
    ssize_t done = write(mm_fd, bytes, count);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    bytes += done;
    count -= (size_t)done;
  }
  return true;
}

static char place[64];
static size_t place_length;

static int collect_place(int c) {
  if (place_length < sizeof place) place[place_length++] = (char)c;
  return c;
}

// Not by putp: what it buffers leaves with the next update that draws something, which may never come.
void mm_place_cursor(int row, int column) {
  const char *move = tparm(cursor_address, row, column, 0, 0, 0, 0, 0, 0, 0);
  place_length = 0;
  if (move) tputs(move, 1, collect_place);
  mm_term_write((const uint8_t *)place, place_length);
}
