// The state-space recurrence on the CPU, token by token, as its definition says it:
//   S_t = decay_t·S_{t-1} + dt_t·x_t ⊗ B_t,   y_t = S_t·C_t + D·x_t
// One head at a time, so that its state stays in the first-level cache; SIMD over the state's
// columns, chosen at run time. Source: arXiv 2405.21060 §2; no chunks, so linear in length.
#pragma once

#include <cstdint>

namespace matmamba
{

/// One head of one sequence, all float32. Strides are in elements from token to token; within a
/// token P (or N) values lie side by side.
struct SsdHead {
    std::int64_t tokens = 0; ///< L
    int head_dim = 0; ///< P
    int d_state = 0; ///< N
    const float* x = nullptr; ///< (L, P)
    std::int64_t x_stride = 0;
    const float* dt = nullptr; ///< (L), after softplus
    const float* decay = nullptr; ///< (L), exp(dt·a)
    std::int64_t dt_stride = 0; ///< of dt and decay
    const float* b = nullptr; ///< (L, N)
    const float* c = nullptr; ///< (L, N)
    std::int64_t bc_stride = 0; ///< of b and c
    float d = 0;
    float* y = nullptr; ///< (L, P), may not overlap the inputs
    std::int64_t y_stride = 0;
    float* state = nullptr; ///< (P, N), read and left behind
};

/// Any thread; throws nothing.
void ssd_recurrence(const SsdHead& head);

} // namespace matmamba
