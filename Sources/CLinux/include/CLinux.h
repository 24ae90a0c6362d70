// What Swift's Glibc module lacks: calls that it does not import, variadic ones, and macros that are not numbers.
// Every function returns what the call returns; -1 sets errno.
#ifndef CLINUX_H
#define CLINUX_H

// No _GNU_SOURCE here: it changes `fd_set` and others, and Swift's Glibc module, imported beside this one, has them
// without. A build from nothing then fails over two definitions. What it would bring is declared by hand.
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>
#include <linux/sockios.h>

#include "Charset.h"
#include "Gunzip.h"
#include "Gzip.h"

extern int accept4(int listener, struct sockaddr *restrict peer, socklen_t *restrict length, int flags);
extern const char *strerrorname_np(int error);
extern int pipe2(int ends[2], int flags);
extern int wcwidth(wchar_t character);

// ---- epoll ----

static const uint32_t linux_readable = EPOLLIN;
static const uint32_t linux_writable = EPOLLOUT;
static const uint32_t linux_failed = EPOLLERR;
static const uint32_t linux_hung_up = EPOLLHUP;

static inline int linux_epoll_new(void) { return epoll_create1(EPOLL_CLOEXEC); }

static inline int linux_epoll_change(int epoll, int operation, int fd, uint32_t events, uint64_t tag) {
  struct epoll_event event = {.events = events, .data = {.u64 = tag}};
  return epoll_ctl(epoll, operation, fd, &event);
}
static inline int linux_epoll_add(int epoll, int fd, uint32_t events, uint64_t tag) {
  return linux_epoll_change(epoll, EPOLL_CTL_ADD, fd, events, tag);
}
static inline int linux_epoll_modify(int epoll, int fd, uint32_t events, uint64_t tag) {
  return linux_epoll_change(epoll, EPOLL_CTL_MOD, fd, events, tag);
}
static inline int linux_epoll_remove(int epoll, int fd) {
  return linux_epoll_change(epoll, EPOLL_CTL_DEL, fd, 0, 0);
}

// Fills tags and bits, each with room for `room` (at most 256) events; a timeout of -1 waits for ever.
static inline int linux_epoll_wait(int epoll, uint64_t *tags, uint32_t *bits, int room, int milliseconds) {
  struct epoll_event events[256];
  int n = epoll_wait(epoll, events, room < 256 ? room : 256, milliseconds);
  for (int i = 0; i < n; i++) {
    tags[i] = events[i].data.u64;
    bits[i] = events[i].events;
  }
  return n;
}

// ---- processes ----

// Starts a program, looked for in PATH, with these descriptors as its first three and no other. It leads a process group of its
// own, and no signal is blocked or ignored in it. 0, or an error number.
int linux_spawn(char *const words[], int input, int output, int complaints, pid_t *process);
// Readable once that child has ended; -1 where it cannot be had.
int linux_watch_process(pid_t process);
// What `system.posix_acl_access` of a file holds; ENODATA where there is none.
ssize_t linux_access_list(const char *path, void *bytes, size_t room);
// A file in memory that has no name; programs that are started have it open, too.
int linux_memory_file(const char *label);
// The signal that comes when the parent ends, 0 for none: the system forgets it when the user changes.
int linux_death_signal(void);
int linux_set_death_signal(int signal);
// Reading end first; both are closed on exec.
static inline int linux_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }
// Reads and writes of it then never wait.
static inline int linux_do_not_wait(int fd) { return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); }

// ---- sockets ----

// Non-blocking and closed on exec.
static inline int linux_stream_socket(int family) {
  return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}
// Blocking and closed on exec.
static inline int linux_blocking_stream_socket(int family) {
  return socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
}
static inline int linux_datagram_socket(int family) {
  return socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}
// Whether connections can be accepted on it. One that somebody else made becomes non-blocking, and closed on exec.
static inline bool linux_takes_connections(int fd) {
  int value = 0, type = 0;
  socklen_t length = sizeof value;
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &length) != 0 || value == 0) return false;
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) != 0 || type != SOCK_STREAM) return false;
  return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == 0;
}
static inline int linux_accept(int listener, struct sockaddr_storage *peer, socklen_t *length) {
  *length = sizeof *peer;
  return accept4(listener, (struct sockaddr *)peer, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}
static inline int linux_set_flag(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof value);
}
static inline int linux_reuse_address(int fd) { return linux_set_flag(fd, SOL_SOCKET, SO_REUSEADDR, 1); }
static inline int linux_no_delay(int fd) { return linux_set_flag(fd, IPPROTO_TCP, TCP_NODELAY, 1); }
// Acknowledges what has come now, and not with what is sent next; has to be said again after each exchange.
static inline int linux_acknowledge_now(int fd) { return linux_set_flag(fd, IPPROTO_TCP, TCP_QUICKACK, 1); }
// With the system's times (tcp_keepalive_time and so on: usually after two hours).
static inline int linux_keep_alive(int fd) { return linux_set_flag(fd, SOL_SOCKET, SO_KEEPALIVE, 1); }
static inline int linux_ipv6_only(int fd) { return linux_set_flag(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1); }
// close() then sends RST in place of FIN.
static inline int linux_reset_on_close(int fd) {
  struct linger now = {.l_onoff = 1, .l_linger = 0};
  return setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}
// The pending error of a socket, which is taken off it; 0 for none.
static inline int linux_socket_error(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0 ? errno : error;
}
// Bytes written that the peer has not acknowledged (TCP) or not read (unix).
static inline int linux_unsent_bytes(int fd) {
  int bytes = 0;
  return ioctl(fd, SIOCOUTQ, &bytes) < 0 ? -1 : bytes;
}
// Never raises SIGPIPE.
static inline ssize_t linux_send(int fd, const void *bytes, size_t count) {
  return send(fd, bytes, count, MSG_NOSIGNAL);
}
// Sends bytes over a unix socket, and a file of ours beside the first of them. Never raises SIGPIPE.
ssize_t linux_send_file(int socket, const void *bytes, size_t count, int file);
// Receives bytes from a unix socket, and the file that came beside them: -1 where none did. It is closed on exec.
ssize_t linux_receive_file(int socket, void *bytes, size_t room, int *file);
// Who connected to a unix socket; the ids are those of the moment in which it did.
int linux_peer(int socket, uid_t *user, pid_t *process);
// Sends what there is room for now, whatever the socket is set to; never raises SIGPIPE.
static inline ssize_t linux_send_now(int fd, const void *bytes, size_t count) {
  return send(fd, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
}
static inline ssize_t linux_send_now_to(
    int fd, const void *bytes, size_t count, const struct sockaddr *peer, socklen_t length) {
  return sendto(fd, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL, peer, length);
}
// Whether the peer has ended the connection and all that it said has been read.
static inline bool linux_has_ended(int fd) {
  char byte;
  ssize_t count = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
}
// Reads into `first` until it is full, and what comes after into `second`.
static inline ssize_t linux_read_two(int fd, void *first, size_t first_count, void *second, size_t second_count) {
  struct iovec parts[2] = {{first, first_count}, {second, second_count}};
  return readv(fd, parts, 2);
}

// ---- events, signals, limits ----

static inline int linux_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }
static inline int linux_eventfd_ring(int fd) { return eventfd_write(fd, 1); }
// Takes all rings at once.
static inline int linux_eventfd_clear(int fd) {
  eventfd_t rings;
  return eventfd_read(fd, &rings);
}
static inline sigset_t linux_signal_set(const int *signals, int count) {
  sigset_t set;
  sigemptyset(&set);
  for (int i = 0; i < count; i++) sigaddset(&set, signals[i]);
  return set;
}
// Blocks the signals in this thread and in those that it starts later.
static inline int linux_block_signals(const int *signals, int count) {
  sigset_t set = linux_signal_set(signals, count);
  return pthread_sigmask(SIG_BLOCK, &set, 0);
}
static inline int linux_signalfd(const int *signals, int count) {
  sigset_t set = linux_signal_set(signals, count);
  return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}
// The next signal that came; 0 when there is none. One that a shell's job passed on (CNcurses/job.c, by sigqueue) and that came
// directly as well counts once: whoever ends all processes of a name sends it to both.
int linux_signalfd_next(int fd);
// Whether it has come, is blocked, and nobody has taken it.
static inline bool linux_is_pending(int signal) {
  sigset_t set;
  return sigpending(&set) == 0 && sigismember(&set, signal) == 1;
}
static inline void linux_ignore_failing_writes(void) {
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
}
// Whether so many bytes could be had now.
static inline bool linux_memory_is_there(size_t bytes) {
  // Or the compiler sees that nobody uses them, and asks for none.
  void *volatile memory = malloc(bytes);
  bool is_there = memory != NULL;
  free(memory);
  return is_there;
}
// Raises the soft limit of open files to the hard one; the limit that then holds, or -1.
static inline int64_t linux_raise_open_files(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return -1;
  if (limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0) return -1;
  }
  return (int64_t)limit.rlim_cur;
}

// ---- clocks, names, text ----

static inline int64_t linux_microseconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}
static inline int64_t linux_monotonic_microseconds(void) { return linux_microseconds(CLOCK_MONOTONIC); }
static inline int64_t linux_wall_microseconds(void) { return linux_microseconds(CLOCK_REALTIME); }
// `ECONNRESET`; null for a number that has no name.
static inline const char *linux_error_name(int error) { return strerrorname_np(error); }
// Columns of a character as glibc counts them; -1 where it is not printable. Needs a UTF-8 locale.
static inline int linux_wcwidth(uint32_t scalar) { return wcwidth((wchar_t)scalar); }

#endif
