// The plans that one training step runs. Source: arXiv 2410.06718 §3 for `stops`; the sampled
// schemes are this project's, so that every slider position is trained.
#pragma once

#include <random>
#include <vector>

#include "engine/train/train.h"

namespace matmamba
{

/// Four plans; `random` is advanced. See PlanScheme.
std::vector<Plan> sample_plans(PlanScheme scheme, int n_layer, int min_heads,
                               std::mt19937_64& random);

/// Every layer's width drawn for itself, log-uniformly over min_heads … 64.
Plan free_plan(int n_layer, int min_heads, std::mt19937_64& random);

} // namespace matmamba
