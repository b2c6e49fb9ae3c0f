// MatMamba-Vision at any plan: normalised pictures to class logits.
// Source: arXiv 2410.06718; the class token comes last because the scan is causal.
#pragma once

#include <ATen/ATen.h>

#include <stop_token>

#include "engine/model/stack.h"

namespace matmamba
{

/// images (B, 3, image_size, image_size), normalised, any float type, to logits (B, classes)
/// float32. Throws Stopped between layers once `stop` fires. `kept` as in run_layers().
at::Tensor vision_logits(const ModelWeights& weights, const ModelConfig& config, const Plan& plan,
                         const at::Tensor& images, const std::stop_token& stop,
                         const TrainingPass& training = {}, KeptResiduals* kept = nullptr);

} // namespace matmamba
