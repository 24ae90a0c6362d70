#include "Gunzip.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

struct gunzip {
  z_stream stream;
};

struct gunzip *gunzip_new(void) {
  struct gunzip *gunzip = calloc(1, sizeof *gunzip);
  if (gunzip == NULL) return NULL;
  // 16 more than the largest window: gzip framing and nothing else.
  if (inflateInit2(&gunzip->stream, MAX_WBITS + 16) != Z_OK) {
    free(gunzip);
    return NULL;
  }
  return gunzip;
}

void gunzip_free(struct gunzip *gunzip) {
  if (gunzip == NULL) return;
  inflateEnd(&gunzip->stream);
  free(gunzip);
}

enum gunzip_status gunzip_step(struct gunzip *gunzip, const uint8_t *input, size_t input_count,
                               size_t *taken, uint8_t *output, size_t output_count, size_t *given) {
  z_stream *stream = &gunzip->stream;
  uInt input_part = input_count > UINT_MAX ? UINT_MAX : (uInt)input_count;
  uInt output_part = output_count > UINT_MAX ? UINT_MAX : (uInt)output_count;
  stream->next_in = (z_const Bytef *)input;
  stream->avail_in = input_part;
  stream->next_out = output;
  stream->avail_out = output_part;
  int status = inflate(stream, Z_NO_FLUSH);
  *taken = input_part - stream->avail_in;
  *given = output_part - stream->avail_out;
  stream->next_in = NULL;
  stream->next_out = NULL;
  switch (status) {
    case Z_OK:
    case Z_BUF_ERROR:  // nothing to be done with this little input or room, which is no error
      return GUNZIP_MORE;
    case Z_STREAM_END:
      return inflateReset(stream) == Z_OK ? GUNZIP_MEMBER : GUNZIP_MEMORY;
    case Z_MEM_ERROR:
      return GUNZIP_MEMORY;
    default:
      return GUNZIP_DAMAGED;
  }
}
