/* What load driver and null milter share: addresses, frames, buffers that grow. */
#ifndef LOOPBACK_H
#define LOOPBACK_H
#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { BODY_CHUNK = 65535 };  /* libmilter's MILTER_CHUNK_SIZE */

union address {
  struct sockaddr any;
  struct sockaddr_in inet;
  struct sockaddr_un local;
};

static void die(const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(1);
}

/* "PORT" on 127.0.0.1, or the "/path" of a unix socket. */
static inline socklen_t parse_address(const char *text, union address *address) {
  memset(address, 0, sizeof *address);
  if (text[0] == '/') {
    address->local.sun_family = AF_UNIX;
    snprintf(address->local.sun_path, sizeof address->local.sun_path, "%s", text);
    return sizeof address->local;
  }
  address->inet.sin_family = AF_INET;
  address->inet.sin_port = htons((uint16_t)atoi(text));
  address->inet.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return sizeof address->inet;
}

static inline void no_delay(int fd) {
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  /* refused by a unix socket, which has no Nagle */
}

static inline void many_files(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

struct buffer {
  uint8_t *bytes;
  size_t count, room;
};

static inline void append(struct buffer *buffer, const void *bytes, size_t count) {
  if (buffer->count + count > buffer->room) {
    buffer->room = (buffer->count + count) * 2;
    buffer->bytes = realloc(buffer->bytes, buffer->room);
    if (buffer->bytes == NULL) die("memory");
  }
  if (count) memcpy(buffer->bytes + buffer->count, bytes, count);
  buffer->count += count;
}

static inline void append_frame(struct buffer *buffer, char code, const void *payload, size_t count) {
  uint32_t length = htonl((uint32_t)count + 1);
  append(buffer, &length, 4);
  append(buffer, &code, 1);
  append(buffer, payload, count);
}

static inline uint32_t length_at(const uint8_t *bytes) {
  uint32_t length;
  memcpy(&length, bytes, 4);
  return ntohl(length);
}

#endif
