// All of it is in the header, where it becomes part of the loops that use it.
#include "CBlocks.h"
