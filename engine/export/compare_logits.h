// The proof of an export: what was written is read back and must compute what the running model
// computes. Place in the way: export -> checkpoint -> weights -> model -> *compare*.
#pragma once

#include <ATen/ATen.h>

#include <filesystem>
#include <optional>
#include <stop_token>

#include "engine/data/preprocess.h"
#include "engine/model/plan.h"
#include "engine/model/weights.h"

namespace matmamba
{

/// Logits (n, classes or V) float32 on the CPU of a model at a plan for one input that is the same
/// every time: a picture of Shapes by its preprocessing, or a window of token ids. Throws Stopped,
/// and Error if they are not finite.
at::Tensor probe_logits(const ModelWeights& weights, const ModelConfig& config, const Plan& plan,
                        const std::optional<Preprocessing>& preprocessing,
                        const std::stop_token& stop);

/// The largest absolute difference of logits that are to be the same. Throws Error, naming `folder`
/// as what was written, if they differ by more than roundings do: other weights were written.
double largest_difference(const at::Tensor& written, const at::Tensor& running,
                          const std::filesystem::path& folder);

} // namespace matmamba
