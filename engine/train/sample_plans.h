// The plans that one training step runs. Source: arXiv 2410.06718 §3 for stops and cycle; the
// sampled schemes are this project's, so that every slider position is trained.
#pragma once

#include <random>
#include <vector>

#include "engine/model/plan.h"
#include "engine/train/train_config.h"

namespace matmamba
{

/// The plans of one step by config.scheme: every stop (Stops, Cycle), else four; `random` is
/// advanced by the sampled schemes.
std::vector<Plan> sample_plans(const TrainConfig& config, std::mt19937_64& random);

/// Every layer's width drawn for itself, log-uniformly over min_heads … 64.
Plan free_plan(int n_layer, int min_heads, std::mt19937_64& random);

/// Every layer's width drawn for itself, log-uniformly over min_heads … widest.
Plan free_plan(int n_layer, int min_heads, int widest, std::mt19937_64& random);

} // namespace matmamba
