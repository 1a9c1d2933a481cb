#define DEFOCUS_ISA avx2
#include "kernel.hpp"
