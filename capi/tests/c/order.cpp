// Does not compile: tailspot.hpp has another name for the handle, and says so.
#include "tailspot.h"

#include "tailspot.hpp"

int main() {}
