// What both programs set for the whole process before anything else runs: two defaults of the
// runtime libraries that suit short-lived programs, not a tensor library that computes for hours.
#pragma once

namespace matmamba
{

/// Starts the program again, once, with OMP_WAIT_POLICY=PASSIVE unless the user has set it: Torch's
/// OpenMP threads by default spin while they wait for each other and then crawl as soon as
/// anything else wants a core. The OpenMP runtime reads its policy while it is loaded, before main.
/// To be called before threads start. Where the restart cannot be, the program goes on: slower,
/// not wrong.
void restartWithPatientThreads(char** argv);

/// Lets malloc keep up to 1 GB of what is freed. By default every tensor above 128 kB (later 32 MB)
/// comes from fresh pages that the kernel clears: 40 % of the time of evaluating and training
/// small models on a CPU. The limits that the user has set with MALLOC_… variables stand.
void keepFreedMemory();

} // namespace matmamba
