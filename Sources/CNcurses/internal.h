#ifndef CNCURSES_INTERNAL_H
#define CNCURSES_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

// What the files of this target share; all of it belongs to the main thread, but for the crash handler, which
// only reads what mm_crash_arm stored.

extern bool mm_utf8;   // the locale can show more than ASCII
extern int mm_fd;      // the terminal's descriptor, -1 while not started

void mm_draw_reset(void);

// Moves the terminal's cursor by its absolute address, whatever curses thinks where it is.
void mm_place_cursor(int row, int column);

// Between the two, standard error is kept in memory where it is a terminal; then it appears.
void mm_stderr_keep(void);
void mm_stderr_release(void);

struct termios;
// From now on a crash writes `text`, the sequences that leave the screen, and sets `modes`.
void mm_crash_arm(int fd, const char *text, size_t length, const struct termios *modes);
void mm_crash_disarm(void);

#endif
