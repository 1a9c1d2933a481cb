// The same kernel for every instruction set (see kernel.hpp).
#pragma once

#include "defocus/pool.hpp"
#include "defocus/request.hpp"
#include "memory.hpp"

namespace defocus {

namespace portable {
void render(const Request& request, Pool& pool, Memory& memory);
}
namespace avx2 {
void render(const Request& request, Pool& pool, Memory& memory);
}

}  // namespace defocus
