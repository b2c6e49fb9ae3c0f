// One block of the stack, norm and mixer, in two ways: keeping what its backward pass needs, or
// computing it again there (gradient checkpointing, arXiv 1604.06174).
#pragma once

#include <ATen/ATen.h>

#include "engine/model/mixer.h"
#include "engine/model/weights.h"

namespace matmamba
{

/// residual (B, L, D) to mixer(norm(residual)) (B, L, D) in the matrices' type.
at::Tensor block(const LayerWeights& layer, const ModelConfig& config, int heads,
                 const at::Tensor& residual, MixerState* state);

/// The same values and gradients; between the passes only `residual` is kept.
at::Tensor block_recomputed(const LayerWeights& layer, const ModelConfig& config, int heads,
                            const at::Tensor& residual);

} // namespace matmamba
