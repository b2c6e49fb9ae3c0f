// Why a CUDA driver cannot be used, in words; free of CUDA, so that it is the same in every build.
#pragma once

#include <string>

namespace matmamba
{

/// A sentence's first part where a driver is installed that is older than the CUDA runtime, else
/// "". Versions as CUDA counts them: 1000 · major + 10 · minor, a driver of 0 = none is installed.
std::string too_old_driver(int driver, int runtime);

} // namespace matmamba
