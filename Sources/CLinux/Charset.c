#include "Charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdbool.h>
#include <string.h>

static bool put_replacement(char **output, size_t *room) {
  static const char replacement[] = "\xEF\xBF\xBD";
  size_t length = sizeof replacement - 1;
  if (*room < length) return false;
  memcpy(*output, replacement, length);
  *output += length;
  *room -= length;
  return true;
}

ptrdiff_t charset_read(const char *name, size_t unit, const uint8_t *input, size_t count, uint8_t *output, size_t room) {
  // A new one for every text (0.2 µs once glibc has loaded the set): telling a used one to start again leaves the byte
  // order of UTF-16 and the announcement of ISO-2022-KR as they were.
  iconv_t converter = iconv_open("UTF-8", name);
  if (converter == (iconv_t)-1) return -1;
  char *next = (char *)input;  // which iconv leaves as it is
  char *end = (char *)output;
  size_t left = count;
  size_t space = room;
  while (left > 0 && iconv(converter, &next, &left, &end, &space) == (size_t)-1) {
    int error = errno;
    if (error != EILSEQ && error != EINVAL) break;  // the room is full
    if (!put_replacement(&end, &space) || error == EINVAL) break;
    size_t skipped = unit < left ? unit : left;
    next += skipped;
    left -= skipped;
  }
  // What waits to be joined with a character that never came (Windows-1255, BIG5-HKSCS).
  iconv(converter, NULL, NULL, &end, &space);
  iconv_close(converter);
  return (ptrdiff_t)(room - space);
}
