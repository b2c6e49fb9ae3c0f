// The fused CUDA passes around a layer's scan (kernels/mixer_parts.h) as differentiable operations;
// what mixer() trains with on a graphics card. Place in the way: in_proj -> *conv_silu* -> ssd ->
// *gated_norm* -> out_proj. Both take parameters at full width and give gradients at full width,
// zero beyond the kept heads, so that no slice needs a gradient of its own.
#pragma once

#include <ATen/ATen.h>

#include "engine/model/weights.h"

namespace matmamba
{

/// Whether the two below can follow this output of in_proj: on CUDA, float32 or bfloat16, not
/// empty, 4 conv taps.
bool mixer_parts_support(const at::Tensor& projected, const LayerWeights& layer);

/// What conv_silu makes of in_proj's output (B, L, 2N + 64 + 2·h·P), in its type unless said.
struct ConvSilu {
    at::Tensor x; ///< (B, L, h, P), after conv and SiLU
    at::Tensor b, c; ///< (B, L, N) float32, after conv and SiLU
    at::Tensor dt; ///< (B, L, h) float32, after softplus
    at::Tensor z; ///< (B, L, h, P): a view, as it came
};

/// Differentiable once; arithmetic in float32; the same bits every time. Runs on the current CUDA
/// stream and does not block.
ConvSilu conv_silu(const at::Tensor& projected, const LayerWeights& layer, int heads);

/// g · rsqrt(mean(g²) + kGateNormEpsilon) · weight with g = y·silu(z), as (B, L, h·P) in z's type.
/// y (B, L, h, P) of z's type; z as conv_silu returns it; weight (H·P). Otherwise like conv_silu.
at::Tensor gated_norm(const at::Tensor& y, const at::Tensor& z, const LayerWeights& layer);

} // namespace matmamba
