#define _GNU_SOURCE
#define NCURSES_WIDECHAR 1
#include "CNcurses.h"
#include "internal.h"

#include <curses.h>
#include <term.h>

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static SCREEN *screen;
static FILE *in_file, *out_file;
static struct termios found;  // the modes to give back
static bool paused;
static const char *enter, *exit_modes;  // what we switch on besides curses, and off again
static char leave[256];                 // everything that gives the screen back, in one write
static size_t leave_length;

bool mm_term_locale(void) {
  if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0) {
    if (!setlocale(LC_CTYPE, "C.UTF-8")) setlocale(LC_CTYPE, "C");
  }
  return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

int mm_term_open(void) {
  int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  for (int standard = 1; fd < 0 && standard >= 0; standard--)
    if (isatty(standard)) fd = fcntl(standard, F_DUPFD_CLOEXEC, 3);
  return fd;
}

// Without TIOCGWINSZ curses takes the size of the terminal's description, which not every one has.
static bool is_beyond(int fd) {
  struct winsize size;
  return ioctl(fd, TIOCGWINSZ, &size) == 0 && (size.ws_col > MM_MOST_COLUMNS || size.ws_row > MM_MOST_ROWS);
}

void mm_term_size(int fd, int *width, int *height) {
  struct winsize size;
  if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
    // Whoever sets the size of a terminal may set any: curses counts columns and rows in a short, and 32,767 by 32,767 cells
    // are 30 GB to it. More than these show on no screen.
    *width = size.ws_col < MM_MOST_COLUMNS ? size.ws_col : MM_MOST_COLUMNS;
    *height = size.ws_row < MM_MOST_ROWS ? size.ws_row : MM_MOST_ROWS;
  } else {
    *width = 80;
    *height = 24;
  }
}

static void write_text(const char *text) { mm_term_write((const uint8_t *)text, strlen(text)); }

// ---- what leaves the screen, kept as plain bytes so that a crash handler can write it

static int collect(int c) {
  if (leave_length < sizeof leave) leave[leave_length++] = (char)c;
  return c;
}

static void collect_text(const char *text) {
  while (*text) collect(*text++);
}

// Private modes are xterm's: bracketed paste, and mouse reports. Whoever moves the cursor as ECMA-48 says ignores those
// it does not know.
bool mm_term_speaks_ansi(void) { return strncmp(cursor_address, "\033[", 2) == 0; }

static void choose_modes(bool mouse) {
  bool speaks_ansi = mm_term_speaks_ansi();
  enter = !speaks_ansi ? "" : mouse ? "\033[?2004h\033[?1000h\033[?1006h" : "\033[?2004h";
  exit_modes = !speaks_ansi ? "" : mouse ? "\033[?1006l\033[?1000l\033[?2004l" : "\033[?2004l";
}

static void collect_leaving(void) {
  leave_length = 0;
  collect_text(exit_modes);
  const char *parts[] = {exit_attribute_mode, orig_pair, cursor_normal, exit_ca_mode};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    if (parts[i]) tputs(parts[i], 1, collect);
}

// ---- start and stop

static void set_modes(void) {
  struct termios modes;
  cbreak();
  noecho();
  nonl();
  if (tcgetattr(mm_fd, &modes) == 0) {
    modes.c_iflag &= ~(tcflag_t)(IXON | IXOFF | ICRNL | INLCR | IGNCR | ISTRIP);
    // ^C is a key: it leaves a prompt. ^\ still ends a program that hangs.
    modes.c_cc[VINTR] = _POSIX_VDISABLE;
    modes.c_cc[VMIN] = 1;
    modes.c_cc[VTIME] = 0;
    tcsetattr(mm_fd, TCSADRAIN, &modes);
  }
  def_prog_mode();
}

static int check_terminal(int fd) {
  int status = 0;
  const char *name = getenv("TERM");
  if (!name || !*name) return MM_UNKNOWN_TERMINAL;
  if (setupterm(name, fd, &status) != OK) return status == 1 ? MM_DUMB_TERMINAL : MM_UNKNOWN_TERMINAL;
  bool capable = cursor_address && clear_screen;
  del_curterm(cur_term);
  return capable ? MM_STARTED : MM_DUMB_TERMINAL;
}

static FILE *file(int fd, const char *mode) {
  int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  FILE *f = copy < 0 ? NULL : fdopen(copy, mode);
  if (!f && copy >= 0) close(copy);
  return f;
}

static void close_files(void) {
  if (in_file) fclose(in_file);
  if (out_file) fclose(out_file);
  in_file = out_file = NULL;
}

void mm_term_mouse(bool on) {
  if (mm_fd < 0) return;
  if (!paused) write_text(exit_modes);
  choose_modes(on);
  collect_leaving();
  mm_crash_arm(mm_fd, leave, leave_length, &found);
  if (!paused) write_text(enter);
}

int mm_term_start(int fd, bool color) {
  static bool registered = false;
  int result = check_terminal(fd);
  if (result != MM_STARTED) return result;
  tcgetattr(fd, &found);
  in_file = file(fd, "r");
  out_file = file(fd, "w");
  // Not what the environment says; nor what the terminal does where that is beyond what is used: the size is set below.
  use_env(FALSE);
  use_tioctl(!is_beyond(fd));
  if (in_file && out_file) screen = newterm(NULL, out_file, in_file);
  if (!screen) {
    close_files();
    return MM_NO_MEMORY;
  }
  mm_fd = fd;
  paused = false;
  set_modes();
  mm_draw_begin(color);
  choose_modes(false);
  collect_leaving();
  idcok(stdscr, FALSE);
  intrflush(stdscr, FALSE);
  mm_crash_arm(fd, leave, leave_length, &found);
  if (!registered) registered = atexit(mm_term_stop) == 0;
  mm_stderr_keep();
  write_text(enter);
  int width, height;
  mm_term_size(fd, &width, &height);
  mm_term_resize(width, height);
  return MM_STARTED;
}

void mm_term_pause(void) {
  if (mm_fd < 0 || paused) return;
  paused = true;
  write_text(exit_modes);
  endwin();
  tcsetattr(mm_fd, TCSADRAIN, &found);
  mm_stderr_release();
}

void mm_term_resume(void) {
  if (mm_fd < 0 || !paused) return;
  paused = false;
  reset_prog_mode();
  mm_stderr_keep();
  write_text(enter);
  int width, height;
  mm_term_size(mm_fd, &width, &height);
  mm_draw_resume();
  mm_term_resize(width, height);
}

void mm_term_stop(void) {
  if (mm_fd < 0) return;
  mm_term_pause();
  mm_crash_disarm();
  mm_fd = -1;
  delscreen(screen);
  screen = NULL;
  close_files();
}

bool mm_term_is_paused(void) { return mm_fd >= 0 && paused; }

void mm_term_stop_process(void) {
  struct sigaction standard, before;
  sigset_t stop, mask;
  memset(&standard, 0, sizeof standard);
  standard.sa_handler = SIG_DFL;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTSTP);
  sigaction(SIGTSTP, &standard, &before);
  raise(SIGTSTP);
  // It is pending or, unblocked, has stopped us already.
  pthread_sigmask(SIG_UNBLOCK, &stop, &mask);
  pthread_sigmask(SIG_SETMASK, &mask, NULL);
  sigaction(SIGTSTP, &before, NULL);
}
