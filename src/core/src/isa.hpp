// The kernel is compiled once per instruction set, each time into a namespace of its own.
#pragma once

#ifndef DEFOCUS_ISA
#error "define DEFOCUS_ISA (portable, avx2) before including the kernel"
#endif
