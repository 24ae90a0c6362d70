#include "CLinux.h"

#include <math.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

// Swift's Glibc module refers to `hypotf`, whose newest version is of glibc 2.35. Nothing here calls it; with one of our own, a
// program with Swift's libraries built in starts on 2.34, too. The squares of two floats fit into a double.
float hypotf(float x, float y) {
  return isinf(x) || isinf(y) ? INFINITY : (float)sqrt((double)x * x + (double)y * y);
}

// The room of one file beside the bytes of a message, as aligned as its head has to be.
union one_file {
  struct cmsghdr head;
  char room[CMSG_SPACE(sizeof(int))];
};

ssize_t linux_send_file(int socket, const void *bytes, size_t count, int file) {
  union one_file beside = {.room = {0}};
  struct iovec part = {(void *)(uintptr_t)bytes, count};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = beside.room, .msg_controllen = sizeof beside.room};
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof file);
  memcpy(CMSG_DATA(head), &file, sizeof file);
  return sendmsg(socket, &message, MSG_NOSIGNAL);
}

ssize_t linux_receive_file(int socket, void *bytes, size_t room, int *file) {
  union one_file beside = {.room = {0}};
  struct iovec part = {bytes, room};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = beside.room, .msg_controllen = sizeof beside.room};
  *file = -1;
  ssize_t count = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  struct cmsghdr *head = count < 0 ? 0 : CMSG_FIRSTHDR(&message);
  if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS && head->cmsg_len == CMSG_LEN(sizeof *file))
    memcpy(file, CMSG_DATA(head), sizeof *file);
  return count;
}

// `struct ucred`, which is there with _GNU_SOURCE alone.
struct linux_credentials {
  pid_t process;
  uid_t user;
  gid_t group;
};

int linux_peer(int socket, uid_t *user, pid_t *process) {
  struct linux_credentials peer = {0};
  socklen_t length = sizeof peer;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0) return -1;
  *user = peer.user;
  *process = peer.process;
  return 0;
}

// Declared with _GNU_SOURCE alone.
extern char **environ;
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

int linux_spawn(char *const words[], int input, int output, int complaints, pid_t *process) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  int error = posix_spawn_file_actions_init(&actions);
  if (error) return error;
  error = posix_spawnattr_init(&attributes);
  if (error) {
    posix_spawn_file_actions_destroy(&actions);
    return error;
  }
  posix_spawnattr_setflags(
      &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  if (!error) error = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  if (!error) error = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  if (!error) error = posix_spawn_file_actions_adddup2(&actions, complaints, STDERR_FILENO);
  if (!error) error = posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  if (!error) error = posix_spawnp(process, words[0], &actions, &attributes, words, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

ssize_t linux_access_list(const char *path, void *bytes, size_t room) {
  return getxattr(path, "system.posix_acl_access", bytes, room);
}

int linux_memory_file(const char *label) { return (int)syscall(SYS_memfd_create, label, 0); }

int linux_watch_process(pid_t process) { return (int)syscall(SYS_pidfd_open, process, 0); }

int linux_signalfd_next(int fd) {
  static struct {
    int64_t milliseconds;
    int code;
  } last[NSIG];
  struct signalfd_siginfo info;
  while (read(fd, &info, sizeof info) == (ssize_t)sizeof info) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t milliseconds = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    int number = (int)info.ssi_signo;
    bool is_twin = (info.ssi_code == SI_QUEUE) != (last[number].code == SI_QUEUE) &&
                   milliseconds - last[number].milliseconds < 200 && last[number].milliseconds != 0;
    last[number].milliseconds = milliseconds;
    last[number].code = info.ssi_code;
    if (!is_twin) return number;
  }
  return 0;
}

int linux_death_signal(void) {
  int signal = 0;
  return prctl(PR_GET_PDEATHSIG, &signal) < 0 ? 0 : signal;
}

int linux_set_death_signal(int signal) { return prctl(PR_SET_PDEATHSIG, signal); }
