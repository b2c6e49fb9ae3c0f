// See the header.
#include "engine/data/shapes.h"
