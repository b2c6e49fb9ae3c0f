// What the CPU's and CUDA's implementations of the mixer's own norm share.
// Source: arXiv 2405.21060's public code, which never takes it from the configuration.
#pragma once

namespace matmamba
{

inline constexpr double kGateNormEpsilon = 1e-5; ///< fixed, whatever norm_epsilon says

} // namespace matmamba
