// Both programs compute with Torch's OpenMP threads, which by default spin while they wait for each
// other and then crawl as soon as anything else wants a core.
#pragma once

namespace matmamba
{

/// Starts the program again, once, with OMP_WAIT_POLICY=PASSIVE unless the user has set it: the
/// OpenMP runtime reads its policy while it is loaded, before main. To be called before threads
/// start. Where the restart cannot be, the program goes on: slower, not wrong.
void restartWithPatientThreads(char** argv);

} // namespace matmamba
