#ifndef GUNZIP_H
#define GUNZIP_H

#include <stddef.h>
#include <stdint.h>

// Reading gzip through the system's zlib, whose own interface is made of macros that Swift does not see.

struct gunzip;

enum gunzip_status {
  GUNZIP_MORE = 0,     // go on with what is left of the input, or with more of it
  GUNZIP_MEMBER = 1,   // one member is complete; another may follow
  GUNZIP_DAMAGED = 2,  // not gzip, or a check sum that does not fit
  GUNZIP_MEMORY = 3,
};

// NULL without memory.
struct gunzip *gunzip_new(void);
void gunzip_free(struct gunzip *gunzip);

// Takes from `input`, adds to `output`; `*taken` and `*given` say how many bytes. Ready for the next member after one.
enum gunzip_status gunzip_step(struct gunzip *gunzip, const uint8_t *input, size_t input_count,
                               size_t *taken, uint8_t *output, size_t output_count, size_t *given);

#endif
