#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

// A Swift trap leaves the terminal raw, in the alternate screen and without echo. These signals give it back first and
// then go on to whoever had them before (Swift's backtracer, the default), so the report is readable.
// QUIT is among them: Ctrl-\ is how an operator gets out of a program that hangs.
// So are all others that end a program which does not ask for them.
static const int fatal[] = {SIGILL,  SIGTRAP, SIGSEGV,   SIGBUS,  SIGABRT, SIGFPE, SIGQUIT, SIGUSR1,
                            SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU, SIGPWR, SIGSYS,  SIGIO};
enum { FATAL_COUNT = sizeof fatal / sizeof *fatal };

static struct sigaction before[FATAL_COUNT];
static bool armed;
static int terminal = -1;
static char leaving[256];
static size_t leaving_length;
static struct termios modes;
static char other_stack[16384];

static void give_back(void) {
  int fd = terminal;
  size_t done = 0;
  if (fd < 0) return;
  terminal = -1;
  // The last output may have been cut inside a sequence: CAN ends it.
  if (write(fd, "\030", 1) < 0) return;
  while (done < leaving_length) {
    ssize_t n = write(fd, leaving + done, leaving_length - done);
    if (n <= 0) break;
    done += (size_t)n;
  }
  // From a background process group this would stop us instead.
  signal(SIGTTOU, SIG_IGN);
  tcsetattr(fd, TCSANOW, &modes);
  mm_stderr_release();
}

static void on_fatal(int number, siginfo_t *info, void *context) {
  int saved = errno;
  (void)context;
  give_back();
  for (int i = 0; i < FATAL_COUNT; i++)
    if (fatal[i] == number) sigaction(number, &before[i], NULL);
  // A fault happens again on return, now in the former handler's hands. What was sent has to be sent again: it is
  // blocked until this returns.
  bool is_fault = number == SIGILL || number == SIGTRAP || number == SIGSEGV || number == SIGBUS || number == SIGFPE;
  if (info->si_code <= 0 || !is_fault) raise(number);
  errno = saved;
}

void mm_crash_arm(int fd, const char *text, size_t length, const struct termios *found) {
  struct sigaction action;
  stack_t stack;
  if (length > sizeof leaving) length = sizeof leaving;
  memcpy(leaving, text, length);
  leaving_length = length;
  modes = *found;
  terminal = fd;
  if (armed) return;
  armed = true;
  // A stack overflow can only be handled on another stack.
  if (sigaltstack(NULL, &stack) == 0 && (stack.ss_flags & SS_DISABLE)) {
    stack = (stack_t){.ss_sp = other_stack, .ss_size = sizeof other_stack};
    sigaltstack(&stack, NULL);
  }
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_fatal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  for (int i = 0; i < FATAL_COUNT; i++) {
    sigaction(fatal[i], &action, &before[i]);
    // What somebody wants ignored, stays so.
    if (before[i].sa_handler == SIG_IGN) sigaction(fatal[i], &before[i], NULL);
  }
}

void mm_crash_disarm(void) {
  terminal = -1;
  if (!armed) return;
  armed = false;
  for (int i = 0; i < FATAL_COUNT; i++) sigaction(fatal[i], &before[i], NULL);
}
