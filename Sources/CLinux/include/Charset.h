#ifndef CHARSET_H
#define CHARSET_H

#include <stddef.h>
#include <stdint.h>

// Reads `input` as text of the character set `name` (as the C library's iconv knows it) and writes it to `output` as UTF-8,
// `room` bytes at most. What is no character becomes U+FFFD, and reading goes on `unit` bytes behind it: every round takes
// something of the input or is the last. A character that is cut off by the end is one U+FFFD.
//
// Returns the bytes written; -1 where the system has no such conversion.
ptrdiff_t charset_read(const char *name, size_t unit, const uint8_t *input, size_t count, uint8_t *output, size_t room);

#endif
