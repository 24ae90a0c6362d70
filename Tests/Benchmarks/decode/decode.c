#include "decode.h"

#include <string.h>

/* What a C program would write: memchr for every string, bounds checked, nothing copied. */

struct cursor {
  const unsigned char *frame;
  size_t offset, end;
};

/* The end of the next string; where it lacks its NUL, the end of the packet. */
static size_t string(struct cursor *c) {
  const unsigned char *nul = memchr(c->frame + c->offset, 0, c->end - c->offset);
  size_t end = nul ? (size_t)(nul - c->frame) : c->end;
  c->offset = nul ? end + 1 : end;
  return end;
}

static unsigned long decode(const unsigned char *frame, size_t size) {
  struct cursor c = {frame, 5, size};
  unsigned long sum;
  switch (frame[4]) {
    case 'D':
      sum = c.offset < c.end ? frame[c.offset++] : 0;
      while (c.offset < c.end) string(&c);
      return sum + c.end;
    case 'C': {
      sum = string(&c);
      if (c.offset >= c.end) return sum + c.end;
      unsigned char family = frame[c.offset++];
      if (family == 'U' || c.end - c.offset < 2) return sum + c.end;
      sum += (unsigned long)(frame[c.offset] << 8 | frame[c.offset + 1]);
      c.offset += 2;
      return sum + string(&c);
    }
    case 'H': return string(&c);
    case 'M':
    case 'R':
      sum = string(&c);
      return sum + c.end;
    case 'L':
    case 'h':
      sum = string(&c);
      return sum + string(&c);
    case 'B': return c.end;
    default: return 1;
  }
}

unsigned long decode_in_c(const unsigned char *bytes, size_t count) {
  unsigned long sum = 0;
  size_t offset = 0;
  while (count - offset >= 4) {
    const unsigned char *p = bytes + offset;
    size_t length = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
    if (length == 0 || count - offset < 4 + length) break;
    sum += decode(p, 4 + length);
    offset += 4 + length;
  }
  return sum;
}
