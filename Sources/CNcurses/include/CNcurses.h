// Our own face over ncursesw: no curses type, global or macro gets past it.
//
// Swift 6 reads neither `stdscr` (a mutable global) nor varargs nor the attribute macros, so all of that stays
// here. One terminal at a time; every call on the main thread, with the signals that matter blocked.
// Only the output half of curses is used: keys are bytes read from the descriptor and decoded in Swift.
#ifndef CNCURSES_H
#define CNCURSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum mm_start {
  MM_STARTED = 0,
  MM_UNKNOWN_TERMINAL,  // TERM is unset, or names nothing that terminfo knows
  MM_DUMB_TERMINAL,     // it cannot move the cursor or clear the screen
  MM_NO_MEMORY,
};

enum mm_attribute {
  MM_BOLD = 1,
  MM_UNDERLINE = 2,
  MM_REVERSE = 4,
  MM_DIM = 8,
};

// ---- output.c

// Writes bytes past curses, for sequences that draw nothing. False when the terminal is gone.
bool mm_term_write(const uint8_t *bytes, size_t count);

// ---- terminal.c

// Takes the locale for characters from the environment, or C.UTF-8 where that one is not UTF-8. Returns whether
// characters beyond ASCII can be shown.
bool mm_term_locale(void);

// A descriptor of the terminal, close-on-exec, to be closed by the caller: /dev/tty, so that standard input and
// output may be pipes; else standard output or input where it is a terminal. -1 when there is none.
int mm_term_open(void);

// Takes the terminal over: alternate screen, no echo, no line editing, no flow control, Ctrl-C and Ctrl-Z still
// signals. `color` asks for colours where the terminal has them. `fd` must stay open until mm_term_stop.
// Also arranges that exit, and a crash, give the terminal back, and keeps standard error, where it is a terminal, off the
// screen until then.
int mm_term_start(int fd, bool color);

// Has the terminal report clicks and the wheel (xterm's modes 1000 and 1006), or no longer. Off at the start.
void mm_term_mouse(bool on);

// Gives the terminal back as it was found. Harmless when not started.
void mm_term_stop(void);

// Columns and rows beyond which a terminal is not used.
enum { MM_MOST_COLUMNS = 1000, MM_MOST_ROWS = 400 };

// The size the terminal has now, by TIOCGWINSZ, as far as it is used; 80x24 where it does not say.
void mm_term_size(int fd, int *width, int *height);

// Between the two the terminal is as it was found. mm_term_resume leaves the screen blank: draw all of it.
void mm_term_pause(void);
void mm_term_resume(void);

// Stops the process as Ctrl-Z does, between mm_term_pause and mm_term_resume; returns when it goes on. Where
// no shell could wake it again (an orphaned process group) it returns at once.
void mm_term_stop_process(void);

// Whether the terminal is as it was found, until mm_term_resume.
bool mm_term_is_paused(void);

// ---- job.c

// Goes on in a child process, while this one stands in for it towards the shell, stops in its place and ends as it does. Before
// there is a second thread. False where there is no shell to go back to, or no second process to be had: then nothing has changed.
// Where the terminal is not ours at the start, it returns once it is.
bool mm_job_split(void);
bool mm_job_is_split(void);

// After mm_job_split: gives the terminal back to the shell, between mm_term_pause and mm_term_resume, and goes on.
void mm_job_leave(void);

// Whether the terminal is ours to draw on and to read from. True where nothing was split.
bool mm_job_has_terminal(void);

// ---- draw.c

// How many colours are in use: 256 or more, 8, or 0.
int mm_term_colors(void);

// What style number `style` looks like: colours as terminal numbers or -1 for the default, `attributes` of
// mm_attribute.
void mm_term_define(uint16_t style, int foreground, int background, unsigned attributes);

// From now on colours are given out anew. Before anything is drawn, every style has to be defined again, and the screen cleared.
void mm_term_forget_styles(void);

// Whether the cursor is moved by ECMA-48's sequences, as on whatever knows OSC or ignores it.
bool mm_term_speaks_ansi(void);

// Puts cells (the layout of `Cell` in Cells: bits 0-20 scalar, 0 in the right half of a wide one, 21-41 mark,
// 42-57 style, 58 wide) at a place. With `hide_wide`, wide and marked ones are left blank; see mm_term_flush.
// A character that the C library counts differently, or does not know, is shown as `?`.
void mm_term_put(int row, int column, const uint64_t *cells, int count, bool hide_wide);

// Brings what was put to the terminal.
void mm_term_flush(void);

// The same for a row with wide or marked characters, put after everything else and a flush. A terminal that takes other
// widths for them than curses then has its cursor elsewhere than curses thinks, and a relative move would carry the
// error on; so it is placed anew. What they spoil is their own run.
void mm_term_flush_unsure(void);

// Where the cursor stands after the next flush; a negative row hides it.
void mm_term_cursor(int row, int column);

// The terminal's size changed; the screen is blank afterwards.
void mm_term_resize(int width, int height);

// Blanks the screen for real, whatever curses believes is on it.
void mm_term_clear(void);

// What glibc's wcwidth says in the locale of mm_term_locale: -1, 0, 1 or 2.
int mm_char_width(uint32_t scalar);

// ---- run.c

// Runs a program on the terminal, paused for it, with the signal mask and handlers a shell would give it, and waits for it.
// Returns its wait status, or -1 with errno in `error`. Ctrl-Z in the program stops us with it.
int mm_term_run(char *const arguments[], int *error);

// The process of the program that runs, 0 for none; and a signal for it, with SIGKILL where it is still there two seconds after the
// first. From any thread.
pid_t mm_term_program(void);
void mm_term_end_program(int signal);

#endif
