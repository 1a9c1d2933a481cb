// Which process this is: threads and locks do not outlive a fork.
#pragma once

#if !defined(_WIN32)
#include <unistd.h>
#endif

namespace defocus {

#if defined(_WIN32)
using ProcessId = int;
inline ProcessId this_process() { return 0; }   // nothing forks there
#else
using ProcessId = pid_t;
inline ProcessId this_process() { return getpid(); }
#endif

}  // namespace defocus
