// See the header.
#include "app/process_settings.h"

#include <cstdlib>
#include <malloc.h>
#include <unistd.h>

namespace matmamba
{

void restartWithPatientThreads(char** argv)
{
    constexpr const char* kPolicy = "OMP_WAIT_POLICY";
    if (std::getenv(kPolicy))
        return;
    setenv(kPolicy, "PASSIVE", 1);
    execv("/proc/self/exe", argv);
}

void keepFreedMemory()
{
    constexpr int kBytes = 1 << 30;
    if (!std::getenv("MALLOC_MMAP_THRESHOLD_"))
        mallopt(M_MMAP_THRESHOLD, kBytes);
    if (!std::getenv("MALLOC_TRIM_THRESHOLD_"))
        mallopt(M_TRIM_THRESHOLD, kBytes);
}

} // namespace matmamba
