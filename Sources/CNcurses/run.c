#define _GNU_SOURCE
#include "CNcurses.h"
#include "internal.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

// Our mask blocks what we read from a signalfd, and an exec hands it on: an editor so started could not be interrupted,
// resized or stopped.
static int spawn(char *const arguments[], pid_t *child) {
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t files;
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  int error = posix_spawnattr_init(&attributes);
  if (error) return error;
  error = posix_spawn_file_actions_init(&files);
  if (!error) {
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    // Ours may be pipes.
    for (int fd = 0; fd < 3 && !error; fd++) error = posix_spawn_file_actions_adddup2(&files, mm_fd, fd);
    if (!error) error = posix_spawnp(child, arguments[0], &files, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&files);
  }
  posix_spawnattr_destroy(&attributes);
  return error;
}

// Keys typed in the program raised these for us as well; they were not meant for us.
static void forget_typed_signals(void) {
  static const struct timespec now = {0, 0};
  sigset_t typed, mask;
  if (pthread_sigmask(SIG_BLOCK, NULL, &mask)) return;
  sigemptyset(&typed);
  static const int by_keys[] = {SIGINT, SIGQUIT, SIGTSTP};
  for (size_t i = 0; i < sizeof by_keys / sizeof *by_keys; i++)
    if (sigismember(&mask, by_keys[i])) sigaddset(&typed, by_keys[i]);
  while (sigtimedwait(&typed, NULL, &now) > 0) {}
}

static _Atomic pid_t running;

pid_t mm_term_program(void) { return running; }

void mm_term_end_program(int number) {
  static pid_t told;
  static struct timespec since;
  struct timespec now;
  pid_t child = running;
  if (child <= 0) return;
  clock_gettime(CLOCK_MONOTONIC, &now);
  if (told != child) {
    told = child;
    since = now;
    kill(child, number);
    // One that is stopped hears nothing else.
    kill(child, SIGCONT);
  } else if (now.tv_sec - since.tv_sec > 2) {
    kill(child, SIGKILL);
  }
}

// Without us, who go on. Whether the program has ended meanwhile, as somebody told it to.
static bool leave_stopped(pid_t child, int *status) {
  mm_job_leave();
  while (!mm_job_has_terminal()) {
    if (waitpid(child, status, WNOHANG) == child) return true;
    poll(NULL, 0, 50);
  }
  return false;
}

int mm_term_run(char *const arguments[], int *error) {
  struct sigaction ignore, before;
  pid_t child;
  int status = 0;
  memset(&ignore, 0, sizeof ignore);
  ignore.sa_handler = SIG_IGN;
  // From before the terminal raises signals for keys until it does so no more: Ctrl-\ is the program's, and would end us.
  sigaction(SIGQUIT, &ignore, &before);
  mm_term_pause();
  *error = spawn(arguments, &child);
  if (!*error) running = child;
  while (!*error) {
    if (waitpid(child, &status, WUNTRACED) < 0) {
      if (errno != EINTR) *error = errno;
    } else if (WIFSTOPPED(status)) {
      forget_typed_signals();
      if (!mm_job_is_split()) mm_term_stop_process();
      else if (leave_stopped(child, &status)) break;
      kill(child, SIGCONT);
    } else {
      break;
    }
  }
  running = 0;
  if (mm_job_has_terminal()) mm_term_resume();
  sigaction(SIGQUIT, &before, NULL);
  forget_typed_signals();
  return *error ? -1 : status;
}
