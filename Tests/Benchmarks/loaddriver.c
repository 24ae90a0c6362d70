/* Plays the MTA in many milter sessions at once, one thread, and times every command that has a reply.
 *
 *   loaddriver ADDRESS [-c CONNECTIONS] [-s SECONDS] [-b BODY_OCTETS] [-r RATE] [-m MESSAGES] [-n] [-k]
 *
 *   -r  at most so many round trips a second in all, evenly spread
 *   -m  ends after so many messages, however long they take
 *   -n  the milter negotiated no replies before the end of the message: all stages leave at once
 *   -k  churn: every session is one message long, then the connection is closed and made anew
 *
 * A message is MAIL, RCPT, DATA, 20 headers, EOH, the body in chunks of 65535 octets, BODYEOB, with macros where
 * Postfix sends them, each macro packet in one write with its command. Without -k, the clock starts when all
 * connections have negotiated. One JSON object is printed: round trips and body megabytes a second, sessions a
 * second, median and 99th percentile of a round trip and of a new connection's first reply (connect included),
 * in microseconds. It goes on after SECONDS until one message is finished. Exit 1 says that a session failed, and why.
 */
#include "loopback.h"

#include <time.h>

static unsigned connections = 1;
static double seconds = 2;
static size_t body_octets = 4096;
static int pipelined, churning;
static double rate;
static uint64_t most_messages;

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* ---- times: buckets of 1/32 of a doubling, so percentiles are within 3 % ---- */

enum { FRACTION_BITS = 5, BUCKETS = 64 << FRACTION_BITS };
struct times {
  uint64_t count, bucket[BUCKETS];
};

static void note_time(struct times *times, uint64_t nanoseconds) {
  if (nanoseconds < 1u << FRACTION_BITS) nanoseconds = 1u << FRACTION_BITS;
  unsigned top = 63u - (unsigned)__builtin_clzll(nanoseconds);
  unsigned fraction = (unsigned)(nanoseconds >> (top - FRACTION_BITS)) & ((1u << FRACTION_BITS) - 1);
  times->bucket[top << FRACTION_BITS | fraction]++;
  times->count++;
}

static double percentile(const struct times *times, double share) {
  uint64_t wanted = (uint64_t)(share * (double)times->count), seen = 0;
  for (unsigned b = 0; b < BUCKETS; b++) {
    seen += times->bucket[b];
    if (seen > wanted) {
      unsigned top = b >> FRACTION_BITS;
      double low = (double)(1ull << top);
      return low * (1 + ((b & ((1u << FRACTION_BITS) - 1)) + 0.5) / (1 << FRACTION_BITS)) / 1000;
    }
  }
  return 0;
}

/* ---- the script: octets cut into steps, each of which ends where a reply is due ---- */

struct script {
  struct buffer octets;
  size_t ends[16384];
  unsigned steps;
};
static struct script opening, message;

static void reply_due(struct script *script) { script->ends[script->steps++] = script->octets.count; }

static void command(struct script *script, char code, const void *payload, size_t count, int answered) {
  append_frame(&script->octets, code, payload, count);
  if (answered) reply_due(script);
}

#define TEXT(literal) literal, sizeof literal - 1

static void macros(struct script *script, char code, const char *pairs, size_t count) {
  struct buffer payload = {0};
  append(&payload, &code, 1);
  append(&payload, pairs, count);
  append_frame(&script->octets, 'D', payload.bytes, payload.count);
  free(payload.bytes);
}

static void write_scripts(void) {
  uint32_t offer[3] = {htonl(6), htonl(0x1FF), htonl(0x1FFFFF)};
  command(&opening, 'O', offer, sizeof offer, 1);
  macros(&opening, 'C', TEXT("j\0mx.example.test\0{daemon_name}\0smtpd\0v\0Postfix 3.7.11\0"));
  command(&opening, 'C', TEXT("client.example.org\0" "4\xC0\x01" "192.0.2.1\0"), !pipelined);
  command(&opening, 'H', TEXT("client.example.org\0"), !pipelined);

  macros(&message, 'M', TEXT("i\0" "4F2A1B3C\0{mail_addr}\0sender@example.org\0"));
  command(&message, 'M', TEXT("<sender@example.org>\0SIZE=4096\0"), !pipelined);
  macros(&message, 'R', TEXT("{rcpt_addr}\0first@example.test\0{rcpt_host}\0example.test\0"));
  command(&message, 'R', TEXT("<first@example.test>\0"), !pipelined);
  command(&message, 'T', NULL, 0, !pipelined);
  command(&message, 'L', TEXT("From\0First Sender <sender@example.org>, or as long as such are\0"), !pipelined);
  for (int i = 1; i < 20; i++)
    command(&message, 'L', TEXT("X-Header\0a value as long as such values often are, sixty octets\0"), !pipelined);
  macros(&message, 'N', TEXT("i\0" "4F2A1B3C\0"));
  command(&message, 'N', NULL, 0, !pipelined);
  char *chunk = malloc(BODY_CHUNK);
  if (chunk == NULL) die("memory");
  memset(chunk, 'x', BODY_CHUNK);
  for (size_t line = 70; line + 1 < BODY_CHUNK; line += 72) memcpy(chunk + line, "\r\n", 2);
  for (size_t left = body_octets; left > 0;) {
    size_t part = left < BODY_CHUNK ? left : BODY_CHUNK;
    command(&message, 'B', chunk, part, !pipelined);
    left -= part;
  }
  free(chunk);
  macros(&message, 'E', TEXT("i\0" "4F2A1B3C\0"));
  command(&message, 'E', NULL, 0, 1);
}

/* ---- connections ---- */

struct connection {
  int fd;
  unsigned step, writable_wanted;
  int opened;  /* the opening is behind us: `step` is in `message` */
  int waiting; /* holds its next step until all connections have negotiated */
  size_t written, unread;
  uint8_t head[5];
  uint64_t began, asked;
};

static struct connection *all;
static union address address;
static socklen_t address_size;
static int poller, measuring;
static unsigned standing;
static uint64_t start, messages, sessions;
static struct times round_trips, first_replies;

static void fail(const struct connection *c, const char *what) {
  fprintf(stderr, "loaddriver: connection %td, %s step %u: %s\n", c - all, c->opened ? "message" : "opening", c->step, what);
  exit(1);
}

static void want(struct connection *c, int writable) {
  if (c->writable_wanted == (unsigned)writable) return;
  c->writable_wanted = (unsigned)writable;
  struct epoll_event event = {.events = EPOLLIN | (writable ? EPOLLOUT : 0u), .data.ptr = c};
  epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &event);
}

static void send_step(struct connection *c) {
  const struct script *script = c->opened ? &message : &opening;
  size_t end = script->ends[c->step];
  while (c->written < end) {
    ssize_t count = send(c->fd, script->octets.bytes + c->written, end - c->written, MSG_NOSIGNAL);
    if (count < 0) {
      if (errno == EAGAIN) return want(c, 1);
      if (errno == EINTR) continue;
      fail(c, strerror(errno));
    }
    c->written += (size_t)count;
  }
  want(c, 0);
}

/* With a rate, who may go next waits in a line for its time. */
static struct connection **line;
static unsigned line_first, line_count;
static uint64_t next_time;

static void ask_now(struct connection *c) {
  c->asked = now();
  send_step(c);
}

static void ask(struct connection *c) {
  if (!measuring || rate == 0) return ask_now(c);
  line[(line_first + line_count++) % connections] = c;
}

static void serve_line(void) {
  uint64_t time = now(), step = (uint64_t)(1e9 / rate);
  if (next_time + 100000000 < time) next_time = time; /* what was missed is not caught up with */
  for (; line_count > 0 && next_time <= time; line_count--, next_time += step) {
    struct connection *c = line[line_first];
    line_first = (line_first + 1) % connections;
    ask_now(c);
  }
}

static void open_connection(struct connection *c) {
  memset(c, 0, sizeof *c);
  c->began = c->asked = now();
  c->fd = socket(address.any.sa_family, SOCK_STREAM, 0);
  if (connect(c->fd, &address.any, address_size) != 0) die("loaddriver: connect");
  fcntl(c->fd, F_SETFL, O_NONBLOCK);
  no_delay(c->fd);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
  epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event);
  send_step(c);
}

static void close_connection(struct connection *c) {
  static const uint8_t quit[5] = {0, 0, 0, 1, 'Q'};
  (void)!send(c->fd, quit, sizeof quit, MSG_NOSIGNAL);
  close(c->fd);
}

static void begin_message(struct connection *c) {
  c->opened = 1;
  c->step = 0;
  c->written = 0;
  ask(c);
}

/* All connections stand: the clock starts, and with it the messages. */
static void start_clock(void) {
  measuring = 1;
  start = now();
  memset(&round_trips, 0, sizeof round_trips);
  for (unsigned i = 0; i < connections; i++) {
    if (!all[i].waiting) continue;
    all[i].waiting = 0;
    begin_message(&all[i]);
  }
}

static void replied(struct connection *c) {
  uint64_t time = now();
  if (!c->opened && c->step == 0) note_time(&first_replies, time - c->began);
  else note_time(&round_trips, time - c->asked);
  const struct script *script = c->opened ? &message : &opening;
  if (++c->step < script->steps) return ask(c);
  if (!c->opened) {
    if (pipelined && c->written < script->octets.count) {  /* CONNECT and HELO, which nobody answers */
      if (send(c->fd, script->octets.bytes + c->written, script->octets.count - c->written, MSG_NOSIGNAL) < 0)
        fail(c, strerror(errno));
    }
    if (measuring) return begin_message(c);
    c->waiting = 1;
    if (++standing == connections) start_clock();
    return;
  }
  messages++;
  if (!churning) return begin_message(c);
  sessions++;
  close_connection(c);
  open_connection(c);
}

static void readable(struct connection *c) {
  uint8_t octets[4096];
  ssize_t count = recv(c->fd, octets, sizeof octets, 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) fail(c, count ? strerror(errno) : "hung up on");
  for (ssize_t i = 0; i < count; i++) {
    if (c->unread < 5) {
      c->head[c->unread] = octets[i];
    }
    c->unread++;
    if (c->unread < 5 || c->unread < 4 + length_at(c->head)) continue;
    if (c->head[4] != (c->opened || c->step ? 'c' : 'O')) fail(c, "another reply than expected");
    c->unread = 0;
    if (i + 1 != count) fail(c, "more than the one reply that was due");
    return replied(c);
  }
}

int main(int argc, char **argv) {
  if (argc < 2) return fputs("usage: loaddriver ADDRESS [-c N] [-s SECONDS] [-b OCTETS] [-r RATE] [-m MESSAGES] [-n] [-k]\n", stderr), 2;
  for (int option; (option = getopt(argc - 1, argv + 1, "c:s:b:r:m:nk")) != -1;) {
    switch (option) {
      case 'c': connections = (unsigned)atoi(optarg); break;
      case 's': seconds = atof(optarg); break;
      case 'b': body_octets = (size_t)atol(optarg); break;
      case 'r': rate = atof(optarg); break;
      case 'm': most_messages = (uint64_t)atoll(optarg); break;
      case 'n': pipelined = 1; break;
      case 'k': churning = 1; break;
      default: return 2;
    }
  }
  many_files();
  address_size = parse_address(argv[1], &address);
  write_scripts();
  poller = epoll_create1(0);
  all = calloc(connections, sizeof *all);
  line = calloc(connections, sizeof *line);
  if (all == NULL || line == NULL) die("memory");
  if (churning) {
    measuring = 1;
    start = now();
  }
  for (unsigned i = 0; i < connections; i++) open_connection(&all[i]);
  struct epoll_event events[256];
  uint64_t limit = (uint64_t)(seconds * 1e9), patience = now() + limit + 60000000000u;
  /* A slow machine gets the time that one message needs. */
  while (most_messages ? messages < most_messages : now() < patience && (!measuring || messages == 0 || now() - start < limit)) {
    if (rate > 0) serve_line();
    int ready = epoll_wait(poller, events, 256, line_count > 0 ? 1 : 100);
    for (int i = 0; i < ready; i++) {
      struct connection *c = events[i].data.ptr;
      if (events[i].events & EPOLLOUT) send_step(c);
      if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) readable(c);
    }
  }
  if (!measuring) return fputs("loaddriver: connections did not negotiate within a minute\n", stderr), 1;
  double took = (double)(now() - start) / 1e9;
  printf("{\"round_trips_per_s\": %.1f, \"body_mb_per_s\": %.2f, \"messages_per_s\": %.2f, \"sessions_per_s\": %.1f, "
         "\"p50_us\": %.1f, \"p99_us\": %.1f, \"first_p50_us\": %.1f, \"first_p99_us\": %.1f, "
         "\"messages\": %llu}\n",
         (double)round_trips.count / took, (double)messages * (double)body_octets / took / 1e6,
         (double)messages / took, (double)sessions / took, percentile(&round_trips, 0.5),
         percentile(&round_trips, 0.99), percentile(&first_replies, 0.5), percentile(&first_replies, 0.99), (unsigned long long)messages);
  if (messages == 0) return fputs("loaddriver: not one message was finished\n", stderr), 1;
  fflush(stdout);
  return 0;
}
