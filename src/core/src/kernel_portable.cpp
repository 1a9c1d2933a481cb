#define DEFOCUS_ISA portable
#include "kernel.hpp"
