/* Preloaded into OpenDKIM: time() stands still at $FROZEN_TIME.
 *
 * t= of a DKIM-Signature then is the same in every run, and so is b=, because RSA signatures of
 * PKCS #1 v1.5 have no randomness: a mail signed through the proxy can be compared octet by octet
 * with one signed without it.
 */
#include <stdlib.h>
#include <time.h>

time_t time(time_t *where) {
  const char *text = getenv("FROZEN_TIME");
  time_t now = text ? (time_t)atoll(text) : 0;
  if (where) *where = now;
  return now;
}
