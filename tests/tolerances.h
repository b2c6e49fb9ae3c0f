// How far from the float64 results each compute type may be: relative error over a tensor.
#pragma once

namespace matmamba::tolerance {

inline constexpr double kCpuF32 = 2e-5;
inline constexpr double kCudaF32 = 1e-4; // without TF32
inline constexpr double kBF16 = 2e-2;
/// Gradients pass through every rounding twice, and small ones are sums that cancel.
inline constexpr double kGradientF32 = 1e-4;

} // namespace matmamba::tolerance
