/* A header of a program that needs only the C API. */
#ifndef THIRD_H
#define THIRD_H
#include "tailspot.h"
static inline int32_t first_step(tailspot_detector *detector) { return tailspot_step(detector, 1.0); }
#endif
