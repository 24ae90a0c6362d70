// Sixteen bytes looked at in one step: a dozen vector operations where Swift 6.3 goes through a SIMD type lane by lane.
//
// Each function returns a bit for each of the bytes, the lowest for the first.
#ifndef CBLOCKS_H
#define CBLOCKS_H

#include <stdint.h>

typedef uint8_t block_bytes __attribute__((vector_size(16)));

// `lanes`: 0 or 255 each, as a comparison gives them.
static inline uint32_t block_bits(block_bytes lanes) {
#if defined(__SSE2__)
  typedef char signed_bytes __attribute__((vector_size(16)));
  return (uint32_t)__builtin_ia32_pmovmskb128((signed_bytes)lanes);
#else
  uint32_t bits = 0;
  for (int lane = 0; lane < 16; lane++) bits |= (uint32_t)(lanes[lane] & 1) << lane;
  return bits;
#endif
}

static inline uint32_t block_places(block_bytes bytes, uint8_t byte) {
  return block_bits((block_bytes)(bytes == byte));
}

static inline uint32_t block_line_ends(block_bytes bytes) {
  return block_bits((block_bytes)((bytes == '\n') | (bytes == '\r')));
}

// What JSON needs an escape for and what is no visible ASCII character.
static inline uint32_t block_escaped(block_bytes bytes) {
  return block_bits((block_bytes)((bytes < ' ') | (bytes > '~') | (bytes == '"') | (bytes == '\\')));
}

// What ends a JSON string or begins an escape in one.
static inline uint32_t block_string_ends(block_bytes bytes) {
  return block_bits((block_bytes)((bytes == '"') | (bytes == '\\')));
}

#endif
