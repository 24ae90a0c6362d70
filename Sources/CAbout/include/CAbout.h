// What the program carries about itself.
#ifndef CABOUT_H
#define CABOUT_H

#include <stddef.h>

// A page of docs/: Markdown, not ended by NUL.
struct about_page {
  const char *name;
  const unsigned char *text;
  size_t length;
};

// In the order of their names; a name of NULL behind the last one.
struct about_page about_page(size_t index);

// Empty where nobody said (MITMILTER_COMMIT and MITMILTER_BUILD in the environment of `swift build`).
const char *about_commit(void);
const char *about_build(void);

#endif
