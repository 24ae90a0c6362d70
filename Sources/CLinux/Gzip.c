#include "Gzip.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

struct gzip {
  z_stream stream;
};

struct gzip *gzip_new(void) {
  struct gzip *gzip = calloc(1, sizeof *gzip);
  if (gzip == NULL) return NULL;
  // 16 more than the largest window: gzip framing. The same input makes the same bytes: no name and no time go in.
  if (deflateInit2(&gzip->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    free(gzip);
    return NULL;
  }
  return gzip;
}

void gzip_free(struct gzip *gzip) {
  if (gzip == NULL) return;
  deflateEnd(&gzip->stream);
  free(gzip);
}

bool gzip_step(struct gzip *gzip, const uint8_t *input, size_t input_count, size_t *taken, uint8_t *output,
               size_t output_count, size_t *given, bool isLast) {
  z_stream *stream = &gzip->stream;
  uInt input_part = input_count > UINT_MAX ? UINT_MAX : (uInt)input_count;
  uInt output_part = output_count > UINT_MAX ? UINT_MAX : (uInt)output_count;
  stream->next_in = (z_const Bytef *)input;
  stream->avail_in = input_part;
  stream->next_out = output;
  stream->avail_out = output_part;
  int status = deflate(stream, isLast && input_part == input_count ? Z_FINISH : Z_NO_FLUSH);
  *taken = input_part - stream->avail_in;
  *given = output_part - stream->avail_out;
  stream->next_in = NULL;
  stream->next_out = NULL;
  return status == Z_STREAM_END;
}
