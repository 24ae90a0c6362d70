#include <stddef.h>

/* Walks the frames in `bytes`; the sum of what was found, which the Swift side has to match. */
unsigned long decode_in_c(const unsigned char *bytes, size_t count);
