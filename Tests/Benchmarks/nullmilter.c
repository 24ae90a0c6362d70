/* The cheapest milter: answers every command at once with "continue", one thread.
 *
 *   nullmilter ADDRESS [noreply]
 *
 * ADDRESS is a port on 127.0.0.1 or a unix socket's path. With "noreply" it negotiates that no stage but the
 * end of the message is answered. It ends when its standard input does.
 */
#include "loopback.h"

enum { SMFIP_NR_ALL = 0xFF080 };  /* mfdef.h: NR_HDR is 0x80, NR_CONN 0x1000 and so on to NR_BODY 0x80000 */

struct peer {
  int fd;
  struct buffer in, out;
};

static uint32_t steps;

static int answered(uint8_t code) {
  if (strchr("DAQK", code)) return 0;  /* macros, abort and quit have no answer */
  return steps == 0 || code == 'E' || code == 'O';
}

static void handle(struct peer *peer) {
  size_t at = 0;
  while (peer->in.count - at >= 5) {
    const uint8_t *frame = peer->in.bytes + at;
    size_t length = length_at(frame);
    if (peer->in.count - at < 4 + length) break;
    if (frame[4] == 'O') {
      uint32_t reply[3] = {htonl(6), htonl(0x1FF), htonl(steps)};
      append_frame(&peer->out, 'O', reply, sizeof reply);
    } else if (answered(frame[4])) {
      append_frame(&peer->out, 'c', NULL, 0);
    }
    at += 4 + length;
  }
  memmove(peer->in.bytes, peer->in.bytes + at, peer->in.count - at);
  peer->in.count -= at;
  /* Replies are few octets: a socket that cannot take them belongs to a peer that reads nothing. */
  if (peer->out.count && send(peer->fd, peer->out.bytes, peer->out.count, MSG_NOSIGNAL) < 0 && errno != EPIPE &&
      errno != ECONNRESET)
    die("nullmilter: send");
  peer->out.count = 0;
}

static void hang_up(struct peer *peer) {
  close(peer->fd);
  free(peer->in.bytes);
  free(peer->out.bytes);
  free(peer);
}

int main(int argc, char **argv) {
  if (argc < 2) return fputs("usage: nullmilter ADDRESS [noreply]\n", stderr), 2;
  steps = argc > 2 ? SMFIP_NR_ALL : 0;
  many_files();
  union address address;
  socklen_t size = parse_address(argv[1], &address);
  int listener = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, &address.any, size) || listen(listener, 4096)) die("nullmilter: listen");

  static uint8_t octets[1 << 18];
  struct peer standard_input = {.fd = 0}, listening = {.fd = listener};
  int poller = epoll_create1(0);
  struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = &listening}, events[256];
  epoll_ctl(poller, EPOLL_CTL_ADD, listener, &wanted);
  wanted.data.ptr = &standard_input;
  epoll_ctl(poller, EPOLL_CTL_ADD, 0, &wanted);
  for (;;) {
    int ready = epoll_wait(poller, events, 256, -1);
    for (int i = 0; i < ready; i++) {
      struct peer *peer = events[i].data.ptr;
      if (peer == &standard_input) {
        if (read(0, octets, sizeof octets) <= 0) return 0;
      } else if (peer == &listening) {
        for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
          no_delay(fd);
          peer = calloc(1, sizeof *peer);
          if (peer == NULL) die("memory");
          peer->fd = fd;
          wanted.data.ptr = peer;
          epoll_ctl(poller, EPOLL_CTL_ADD, fd, &wanted);
        }
      } else {
        ssize_t count = recv(peer->fd, octets, sizeof octets, 0);
        if (count <= 0) {
          if (count == 0 || (errno != EAGAIN && errno != EINTR)) hang_up(peer);
          continue;
        }
        append(&peer->in, octets, (size_t)count);
        handle(peer);
      }
    }
  }
}
