/* Preloaded into Sendmail: this machine is called mta.example.test.
 *
 * Before it reads its configuration, Sendmail looks up the machine's name and sleeps for a minute when that
 * has no dot and cannot be qualified (myhostname in its daemon.c).
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

int gethostname(char *name, size_t size) {
  static const char ours[] = "mta.example.test";
  if (size < sizeof ours) {
    errno = ENAMETOOLONG;
    return -1;
  }
  memcpy(name, ours, sizeof ours);
  return 0;
}

/* What a fortified build (Debian's) calls. */
int __gethostname_chk(char *name, size_t size, size_t room);
int __gethostname_chk(char *name, size_t size, size_t room) {
  (void)room;
  return gethostname(name, size);
}
