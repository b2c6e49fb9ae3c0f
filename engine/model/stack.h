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

/// What a batch's residual was between layers, for a plan that begins as the one that left it did.
struct KeptResiduals {
    std::vector<at::Tensor> behind; ///< [i] (B, L, D) float32, behind layer i; not of the last one
    bool fused = false; ///< by run_short_layers(), which rounds otherwise than other layers do
};

/// residual (B, L, D) float32 through every layer at its planned width; float32 throughout, the
/// mixers in the matrices' type. `states`, if given, has one entry per layer and is continued.
/// On a graphics card by fused kernels where they fit (short_layers.h).
/// `kept`, if given, is of the same `residual` and the same first widths: layers are computed from
/// behind its last one on, and it grows by what they leave, also where they are stopped. The result
/// has the same bits as without. Not together with `states` or `training`.
/// Throws Stopped between layers once `stop` fires. `plan` must have passed check_plan.
at::Tensor run_layers(const ModelWeights& weights, const ModelConfig& config, const Plan& plan,
                      at::Tensor residual, std::vector<MixerState>* states,
                      const std::stop_token& stop, const TrainingPass& training = {},
                      KeptResiduals* kept = nullptr);

/// Zeroes each element of `x` with probability `rate` and scales the rest up; x itself at rate 0.
at::Tensor drop_elements(const at::Tensor& x, double rate);

} // namespace matmamba
