#define _GNU_SOURCE
#define NCURSES_WIDECHAR 1
#include "CNcurses.h"
#include "internal.h"

#include <curses.h>
#include <wchar.h>

// Colour pairs are given out as styles first need them; 255 fit every terminal and every palette of ours.
#define MOST_PAIRS 256

static struct { short foreground, background; } pairs[MOST_PAIRS];
static int pair_count = 1;
static struct { attr_t attributes; short pair; } looks[1 << 16];
static int cursor_row = -2;

static bool has_color;

void mm_draw_begin(bool color) {
  has_color = color && has_colors() && start_color() == OK;
  if (has_color) use_default_colors();
  pair_count = 1;
  mm_draw_resume();
}

int mm_term_colors(void) { return has_color ? COLORS : 0; }

// Pairs stay: styles that were defined before still mean them.
void mm_draw_resume(void) { cursor_row = -2; }

// Every style is defined anew before it is drawn with again, and the screen is cleared meanwhile.
void mm_term_forget_styles(void) { pair_count = 1; }

static short pair_of(int foreground, int background) {
  if (mm_term_colors() == 0 || (foreground < 0 && background < 0)) return 0;
  for (int i = 1; i < pair_count; i++)
    if (pairs[i].foreground == foreground && pairs[i].background == background) return (short)i;
  if (pair_count >= MOST_PAIRS || pair_count >= COLOR_PAIRS) return 0;
  if (init_pair((short)pair_count, (short)foreground, (short)background) == ERR) return 0;
  pairs[pair_count].foreground = (short)foreground;
  pairs[pair_count].background = (short)background;
  return (short)pair_count++;
}

void mm_term_define(uint16_t style, int foreground, int background, unsigned attributes) {
  attr_t set = WA_NORMAL;
  if (attributes & MM_BOLD) set |= WA_BOLD;
  if (attributes & MM_UNDERLINE) set |= WA_UNDERLINE;
  if (attributes & MM_REVERSE) set |= WA_REVERSE;
  if (attributes & MM_DIM) set |= WA_DIM;
  short pair = pair_of(foreground, background);
  looks[style].attributes = set | (attr_t)COLOR_PAIR(pair);
  looks[style].pair = pair;
}

int mm_char_width(uint32_t scalar) { return wcwidth((wchar_t)scalar); }

// ASCII for the few characters of our own that a locale without UTF-8 lacks.
static wchar_t plain(uint32_t scalar) {
  switch (scalar) {
    case 0x2500: return '-';
    case 0x2502: return '|';
    case 0x2026: return '~';
    case 0x2190: return '<';
    case 0x2192: return '>';
    default: return scalar >= 0x2500 && scalar < 0x2580 ? '+' : '?';
  }
}

static void convert(uint64_t bits, bool hide_wide, cchar_t *cell, bool *is_pair_of_cells) {
  uint32_t scalar = bits & 0x1fffff, mark = (bits >> 21) & 0x1fffff;
  bool wide = (bits >> 58) & 1;
  uint16_t style = (uint16_t)(bits >> 42);
  *is_pair_of_cells = false;
  if (hide_wide && (wide || mark)) {
    *is_pair_of_cells = wide;
    scalar = ' ';
    mark = 0;
  } else if (scalar < 0x20 || scalar >= 0x7f) {
    if (mm_char_width(scalar) != (wide ? 2 : 1)) {
      *is_pair_of_cells = wide;
      scalar = (uint32_t)plain(scalar);
    }
  }
  if (mark && mm_char_width(mark) != 0) mark = 0;
  *cell = (cchar_t){0};
  cell->attr = looks[style].attributes;
  cell->chars[0] = (wchar_t)scalar;
  cell->chars[1] = (wchar_t)mark;
  cell->ext_color = looks[style].pair;
}

void mm_term_put(int row, int column, const uint64_t *cells, int count, bool hide_wide) {
  static cchar_t line[2048];
  const int most = (int)(sizeof line / sizeof *line) - 2;
  int used = 0, start = column;
  for (int i = 0; i < count; i++) {
    if ((cells[i] & 0x1fffff) == 0) continue;  // curses makes the right half itself
    bool two;
    convert(cells[i], hide_wide, &line[used], &two);
    used++;
    if (two) {
      line[used] = line[used - 1];
      line[used++].chars[0] = ' ';
    }
    if (used >= most) {
      mvwadd_wchnstr(stdscr, row, start, line, used);
      start = column + i + 1 + ((cells[i] >> 58) & 1);
      used = 0;
    }
  }
  if (used > 0) mvwadd_wchnstr(stdscr, row, start, line, used);
}

void mm_term_flush(void) {
  // leaveok spares a move where nobody sees the cursor.
  leaveok(stdscr, cursor_row < 0);
  wnoutrefresh(stdscr);
  doupdate();
}

void mm_term_flush_unsure(void) {
  int row, column;
  // Only where curses moves the cursor itself is it where curscr says; and only there may it be put behind curses' back.
  leaveok(stdscr, FALSE);
  wnoutrefresh(stdscr);
  doupdate();
  getyx(curscr, row, column);
  mm_place_cursor(row, column);
}

void mm_term_cursor(int row, int column) {
  bool was_visible = cursor_row >= 0;
  bool is_visible = row >= 0 && row < LINES && column >= 0 && column < COLS;
  if (cursor_row == -2 || was_visible != is_visible) curs_set(is_visible ? 1 : 0);
  cursor_row = is_visible ? row : -1;
  if (is_visible) wmove(stdscr, row, column);
}

void mm_term_clear(void) {
  wattrset(stdscr, WA_NORMAL);
  werase(stdscr);
  clearok(curscr, TRUE);
  mm_term_flush();
}

void mm_term_resize(int width, int height) {
  if (width != COLS || height != LINES) resizeterm(height, width);
  mm_term_clear();
}
