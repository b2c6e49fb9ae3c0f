// The residual stack that language and vision models share: r += mixer_i(norm_i(r)) at a plan.
#pragma once

#include <ATen/ATen.h>

#include <stop_token>
#include <vector>

#include "engine/model/mixer.h"
#include "engine/model/plan.h"
#include "engine/model/weights.h"

namespace matmamba
{

/// What training adds to a forward pass.
struct TrainingPass {
    bool noise = false; ///< dropout and drop path at the config's rates, from Torch's generator
    /// Keep only the residuals between layers; each layer is computed again in the backward pass.
    /// Needs a fraction of the memory for a third more work.
    bool recompute = false;
};

/// residual (B, L, D) float32 through every layer at its planned width; float32 throughout, the
/// mixers in the matrices' type. `states`, if given, has one entry per layer and is continued.
/// On a graphics card by fused kernels where they fit (short_layers.h).
/// Throws Stopped between layers once `stop` fires. `plan` must have passed check_plan.
at::Tensor run_layers(const ModelWeights& weights, const ModelConfig& config, const Plan& plan,
                      at::Tensor residual, std::vector<MixerState>* states,
                      const std::stop_token& stop, const TrainingPass& training = {});

/// Zeroes each element of `x` with probability `rate` and scales the rest up; x itself at rate 0.
at::Tensor drop_elements(const at::Tensor& x, double rate);

} // namespace matmamba
