// The MatMamba-2 block's mixer at any width: any device, any type, differentiable.
// Place in the way: weights -> *mixer* -> block -> model.
// Source: arXiv 2410.06718 §3; arXiv 2405.21060 for the scan.
#pragma once

#include <ATen/ATen.h>

#include "engine/model/weights.h"

namespace matmamba
{

/// What a layer remembers between tokens. Belongs to the width that it was made with.
struct MixerState {
    at::Tensor conv; ///< (B, h·P + 2N, K - 1): last inputs of the conv, oldest first; x, B, C
    at::Tensor ssm; ///< (B, h, P, N) float32
};

/// u (B, L, D) to (B, L, D) in u's type, at `heads` heads. Plain Torch operations, or fused CUDA
/// kernels where they fit: in training on a graphics card. `state`, if given, is continued
/// (undefined members = start of the sequence) and updated; it is detached from autograd's graph
/// only if u is.
at::Tensor mixer(const LayerWeights& layer, const ModelConfig& config, int heads,
                 const at::Tensor& u, MixerState* state);

/// The block's norm before the mixer: RMSNorm, or LayerNorm where the layer has a bias; float32
/// arithmetic. x (…, D).
at::Tensor block_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                      double epsilon);

} // namespace matmamba
