// The scan of a Mamba-2 layer: S_t = exp(dt_t·a)·S_{t-1} + dt_t·x_t ⊗ B_t, y_t = S_t·C_t.
// Computed in chunks by the state-space duality of arXiv 2405.21060 §6: inside a chunk a masked
// product, between chunks the recurrence on states. Plain Torch operations, any device,
// differentiable: the definition that every faster implementation is compared with.
#pragma once

#include <ATen/ATen.h>

namespace matmamba
{

/// B batch, L tokens, h heads, P head dimension, N state size.
struct SsdInputs {
    at::Tensor x; ///< (B, L, h, P), after conv and SiLU
    at::Tensor dt; ///< (B, L, h) float32, after softplus
    at::Tensor a; ///< (h) float32, negative
    at::Tensor b; ///< (B, L, N)
    at::Tensor c; ///< (B, L, N)
    at::Tensor d; ///< (h) float32, the skip: y += d·x
};

/// The scan by chunks; arithmetic in float32 (float64 where x is float64), result in x's type,
/// (B, L, h, P). `state`, if given, is the state before the first token (undefined = zeros) and
/// becomes the one after the last, (B, h, P, N) float32. Shapes must fit (checked by Torch).
at::Tensor ssd_chunked(const SsdInputs& inputs, at::Tensor* state);

/// The scan by the fastest implementation that fits these inputs: the one place that chooses.
at::Tensor ssd(const SsdInputs& inputs, at::Tensor* state);

} // namespace matmamba
