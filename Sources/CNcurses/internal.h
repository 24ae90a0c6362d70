#ifndef CNCURSES_INTERNAL_H
#define CNCURSES_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

// What the files of this target share. Each knows those below it only: draw.c knows output.c, crash.c knows stderr.c, and
// terminal.c and run.c know all of them, and job.c, which knows none. All of it belongs to the main thread, but for the crash handler, which only
// reads what mm_crash_arm stored.

// ---- output.c

extern int mm_fd;  // the terminal's descriptor, -1 while not started

// Moves the terminal's cursor by its absolute address, whatever curses thinks where it is.
void mm_place_cursor(int row, int column);

// ---- draw.c, on top of output.c

// Once curses has the terminal: with colours where they are wanted and there are any.
void mm_draw_begin(bool color);

// The terminal was somebody else's for a while.
void mm_draw_resume(void);

// ---- stderr.c

// Between the two, standard error is kept in memory where it is a terminal; then it appears.
void mm_stderr_keep(void);
void mm_stderr_release(void);

// ---- crash.c, on top of stderr.c

struct termios;
// From now on a crash writes `text`, the sequences that leave the screen, and sets `modes`.
void mm_crash_arm(int fd, const char *text, size_t length, const struct termios *modes);
void mm_crash_disarm(void);

#endif
