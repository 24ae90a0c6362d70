#include "CLinux.h"

#include <math.h>

// Swift's Glibc module refers to `hypotf`, whose newest version is of glibc 2.35. Nothing here calls it; with one of our own, a
// program with Swift's libraries built in starts on 2.34, too. The squares of two floats fit into a double.
float hypotf(float x, float y) {
  return isinf(x) || isinf(y) ? INFINITY : (float)sqrt((double)x * x + (double)y * y);
}
