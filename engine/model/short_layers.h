// The residual stack on a graphics card where nothing is kept for gradients and a sequence is short
// (kernels/short_mixer.h): five kernels a layer, of which two are its products.
// Place in the way: weights -> *short layers* -> model.
#pragma once

#include <ATen/ATen.h>

#include <stop_token>
#include <vector>

#include "engine/model/plan.h"
#include "engine/model/weights.h"

namespace matmamba
{

/// Whether run_short_layers() can take residual (B, L, D) at this plan: on CUDA, float32, matrices
/// in bfloat16, 1 to 272 tokens, and no gradients wanted.
bool short_layers_support(const ModelWeights& weights, const ModelConfig& config, const Plan& plan,
                          const at::Tensor& residual);

/// What run_layers() gives from a zero state, (B, L, D) float32, with `behind` of its
/// KeptResiduals, or null; rounds x, B, C and the matrix of the scan to bfloat16, as the published
/// implementation does. The same bits every time. Runs on the current CUDA stream and does not
/// block. Throws Stopped between layers.
at::Tensor run_short_layers(const ModelWeights& weights, const ModelConfig& config,
                            const Plan& plan, const at::Tensor& residual,
                            std::vector<at::Tensor>* behind, const std::stop_token& stop);

} // namespace matmamba
