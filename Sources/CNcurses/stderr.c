#define _GNU_SOURCE
#include "internal.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

// While the screen is up, what anything writes to standard error would land in the middle of it, and the last words of
// a crash would go with the alternate screen. So it is kept in memory meanwhile, and shown once the screen is gone.

static int real = -1, kept = -1;

void mm_stderr_keep(void) {
  if (real >= 0 || !isatty(2)) return;
  kept = memfd_create("stderr", MFD_CLOEXEC);
  if (kept < 0) return;
  real = fcntl(2, F_DUPFD_CLOEXEC, 3);
  if (real < 0 || dup2(kept, 2) < 0) {
    if (real >= 0) close(real);
    close(kept);
    real = kept = -1;
  }
}

// Called by the crash handler too: nothing but system calls.
void mm_stderr_release(void) {
  char part[1024];
  ssize_t count;
  off_t from = 0;
  if (real < 0) return;
  dup2(real, 2);
  close(real);
  real = -1;
  while ((count = pread(kept, part, sizeof part, from)) > 0) {
    if (write(2, part, (size_t)count) < 0) break;
    from += count;
  }
  close(kept);
  kept = -1;
}
