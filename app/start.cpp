// What both programs do before anything else: two defaults of the runtime libraries that suit
// short-lived programs, not a tensor library that computes for hours, and only then the program
// proper, with Torch and all else that it needs, from the shared object beside this one. OpenMP's
// runtime reads its settings while it is loaded, which for a linked library is before main.
#include "app/start.h"

#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <malloc.h>

namespace
{

/// Torch's OpenMP threads by default spin while they wait for each other and then crawl as soon as
/// anything else wants a core. What the user has set stands.
void makeThreadsPatient()
{
    constexpr int kOnlyIfUnset = 0;
    setenv("OMP_WAIT_POLICY", "PASSIVE", kOnlyIfUnset);
}

/// Lets malloc keep up to 1 GB of what is freed. By default every tensor above 128 kB (later 32 MB)
/// comes from fresh pages that the kernel clears: 40 % of the time of evaluating and training
/// small models on a CPU. The limits that the user has set with MALLOC_… variables stand.
void keepFreedMemory()
{
    constexpr int kBytes = 1 << 30;
    if (!std::getenv("MALLOC_MMAP_THRESHOLD_"))
        mallopt(M_MMAP_THRESHOLD, kBytes);
    if (!std::getenv("MALLOC_TRIM_THRESHOLD_"))
        mallopt(M_TRIM_THRESHOLD, kBytes);
}

} // namespace

int main(int argc, char** argv)
{
    makeThreadsPatient();
    keepFreedMemory();
    void* const program = dlopen(MATMAMBA_PROGRAM_LIBRARY, RTLD_LAZY | RTLD_GLOBAL);
    void* const entry = program ? dlsym(program, "matmamba_main") : nullptr;
    if (!entry) {
        std::fprintf(stderr, "A part of this program cannot be loaded: %s\n", dlerror());
        return 1;
    }
    return reinterpret_cast<decltype(&matmamba_main)>(entry)(argc, argv);
}
