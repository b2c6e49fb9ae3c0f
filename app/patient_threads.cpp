// See the header.
#include "app/patient_threads.h"

#include <cstdlib>
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

} // namespace matmamba
