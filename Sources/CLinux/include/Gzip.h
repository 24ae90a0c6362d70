#ifndef GZIP_H
#define GZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Writing gzip through the system's zlib, as Gunzip.h reads it.

struct gzip;

// NULL without memory.
struct gzip *gzip_new(void);
void gzip_free(struct gzip *gzip);

// Takes from `input`, adds to `output`; `*taken` and `*given` say how many bytes. With `isLast` the input is all there is, and it
// has to be asked again until it returns true: everything is out then.
bool gzip_step(struct gzip *gzip, const uint8_t *input, size_t input_count, size_t *taken, uint8_t *output,
               size_t output_count, size_t *given, bool isLast);

#endif
