// The kernel again with one pixel at a time: what eight lanes are held to (test_lanes.cpp).
#define DEFOCUS_ISA single
#define DEFOCUS_LANES 1
#include "kernel.hpp"
