/* Preloaded into Sendmail: what it hands to syslog(3) goes to the file $TESTBED_LOG instead, a line each, with its process.
 *
 * There is no syslog where the tests run, and where there is one, the tests' lines are not its business.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

static char path[4096];

/* Sendmail throws its environment away soon after. */
__attribute__((constructor)) static void remember(void) {
  const char *given = getenv("TESTBED_LOG");
  if (given) snprintf(path, sizeof path, "%s", given);
}

static void say(const char *format, va_list values) {
  char line[8192];
  size_t length = (size_t)snprintf(line, 64, "sm-mta[%d]: ", (int)getpid());
  int more = vsnprintf(line + length, sizeof line - length - 1, format, values);
  int file = path[0] ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666) : -1;
  if (file < 0 || more < 0) return;
  length += (size_t)more < sizeof line - length - 1 ? (size_t)more : sizeof line - length - 2;
  line[length++] = '\n';
  /* One write, so that lines of several processes do not mix. */
  ssize_t written = write(file, line, length);
  (void)written;
  close(file);
}

void syslog(int priority, const char *format, ...) {
  (void)priority;
  va_list values;
  va_start(values, format);
  say(format, values);
  va_end(values);
}

/* What a fortified build (Debian's) calls. */
void __syslog_chk(int priority, int flag, const char *format, ...);
void __syslog_chk(int priority, int flag, const char *format, ...) {
  (void)priority;
  (void)flag;
  va_list values;
  va_start(values, format);
  say(format, values);
  va_end(values);
}
