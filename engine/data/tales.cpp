// See the header.
#include "engine/data/tales.h"
