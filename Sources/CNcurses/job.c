#define _GNU_SOURCE
#include "CNcurses.h"
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

// Ctrl-Z stops a process whole, and mail would wait with the screen. So the process that the shell started does nothing but
// stop: all work is done by a child of it, in a process group of its own, which the shell does not know.
//
//     shell ── keeper (the job) ── worker: engine and screen
//
// Whoever draws is in the foreground, so the two hand the terminal to and fro: the worker takes it at the start; with Ctrl-Z it
// gives the terminal to the keeper's group and asks to be let go, and the keeper stops with its group; once the shell has put
// that group in the foreground again, the keeper hands the terminal to the worker. Signals for the keeper are for the worker,
// and the keeper ends as the worker does.

static pid_t keeper_group;  // in the worker; 0 where nothing was split
static int terminal = -1;
static int request = -1;  // the worker's end: a byte for each time it gives the terminal back

enum { LOOK_MS = 100 };

// ---- the keeper

static const int passed_on[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGTSTP};

static void keepers_signals(sigset_t *set) {
  sigemptyset(set);
  for (size_t i = 0; i < sizeof passed_on / sizeof *passed_on; i++) sigaddset(set, passed_on[i]);
  sigaddset(set, SIGCHLD);
  sigaddset(set, SIGCONT);
}

// As Ctrl-Z does it to the whole job: a shell script or sudo around us stops as well.
static void stop_job(void) {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTSTP);
  signal(SIGTSTP, SIG_DFL);
  kill(0, SIGTSTP);
  sigprocmask(SIG_UNBLOCK, &stop, NULL);
  // Here it stops. Where nobody could wake the group again, the system lets it go on.
  sigprocmask(SIG_BLOCK, &stop, NULL);
}

static _Noreturn void end_as(int status) {
  if (WIFEXITED(status)) _exit(WEXITSTATUS(status));
  int number = WTERMSIG(status);
  struct rlimit none = {0, 0};
  sigset_t set;
  // The worker has left a core, if anybody wants one.
  setrlimit(RLIMIT_CORE, &none);
  signal(number, SIG_DFL);
  sigemptyset(&set);
  sigaddset(&set, number);
  raise(number);
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  _exit(128 + number);
}

static _Noreturn void keep(pid_t worker, pid_t group, int requests) {
  sigset_t heard;
  bool is_away = false;  // the shell has the terminal, or may have
  keepers_signals(&heard);
  int signals = signalfd(-1, &heard, SFD_CLOEXEC | SFD_NONBLOCK);
  for (;;) {
    struct pollfd polled[] = {{.fd = signals, .events = POLLIN}, {.fd = requests, .events = POLLIN}};
    struct signalfd_siginfo signal;
    char byte;
    int status;
    pid_t changed = waitpid(worker, &status, WNOHANG | WUNTRACED);
    pid_t foreground = tcgetpgrp(terminal);
    // Nobody may wait for children where whoever started us has said so to the system.
    if (changed < 0 && errno == ECHILD) _exit(1);
    if (changed == worker) {
      if (foreground == worker) tcsetpgrp(terminal, group);
      if (!WIFSTOPPED(status)) end_as(status);
      stop_job();
      is_away = true;
      continue;
    }
    if (is_away && (foreground == group || foreground < 0)) {
      tcsetpgrp(terminal, worker);
      kill(-worker, SIGCONT);
      is_away = false;
    }
    // `bg` and a later `fg` come without a signal.
    poll(polled, requests < 0 ? 1 : 2, is_away ? LOOK_MS : -1);
    while (read(signals, &signal, sizeof signal) == sizeof signal)
      // Queued, so that the worker can tell one that it has got already.
      if (signal.ssi_signo != SIGCHLD && signal.ssi_signo != SIGCONT)
        sigqueue(worker, (int)signal.ssi_signo, (union sigval){0});
    ssize_t asked = requests < 0 ? -1 : read(requests, &byte, 1);
    if (asked == 1) {
      stop_job();
      is_away = true;
    } else if (asked == 0) {
      // The worker is about to end.
      close(requests);
      requests = -1;
    }
  }
}

// ---- the worker

// What systemd gave to this process is for the one that goes on.
static void inherit_sockets(pid_t keeper) {
  char number[24];
  const char *meant = getenv("LISTEN_PID");
  if (!meant || atol(meant) != keeper) return;
  snprintf(number, sizeof number, "%ld", (long)getpid());
  setenv("LISTEN_PID", number, 1);
}

bool mm_job_split(void) {
  sigset_t blocked, before;
  int ends[2];
  // A session's leader has no shell to go back to.
  if (keeper_group || getsid(0) == getpid()) return false;
  terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (terminal < 0) return false;
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK)) {
    close(terminal);
    return false;
  }
  keepers_signals(&blocked);
  // From the background the terminal is handed over, too.
  sigaddset(&blocked, SIGTTOU);
  sigprocmask(SIG_BLOCK, &blocked, &before);
  fflush(NULL);
  pid_t keeper = getpid(), group = getpgrp(), worker = fork();
  if (worker < 0) {
    close(ends[0]);
    close(ends[1]);
    close(terminal);
  } else if (worker > 0) {
    setpgid(worker, worker);
    close(ends[1]);
    keep(worker, group, ends[0]);
  } else {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != keeper) _exit(1);
    setpgid(0, 0);
    close(ends[0]);
    request = ends[1];
    keeper_group = group;
    inherit_sockets(keeper);
    sigaddset(&before, SIGTTOU);
    if (tcgetpgrp(terminal) == group) tcsetpgrp(terminal, getpgrp());
  }
  sigprocmask(SIG_SETMASK, &before, NULL);
  if (worker == 0 && !mm_job_has_terminal()) {
    // Started in the background: as any other program that wants the terminal, stopped until it is in the foreground.
    mm_job_leave();
    while (!mm_job_has_terminal()) poll(NULL, 0, LOOK_MS);
  }
  return worker == 0;
}

bool mm_job_is_split(void) { return keeper_group != 0; }

bool mm_job_has_terminal(void) {
  pid_t foreground = keeper_group ? tcgetpgrp(terminal) : -1;
  // One that has gone is to be found out by whoever reads from it.
  return foreground < 0 || foreground == getpgrp();
}

void mm_job_leave(void) {
  if (tcgetpgrp(terminal) == getpgrp()) tcsetpgrp(terminal, keeper_group);
  if (write(request, "z", 1) < 0) return;
}
