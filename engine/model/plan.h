// A plan: one width (number of heads) per layer, and the spellings in which people write it.
// Source of the spellings: arXiv 2410.06718's public code (`mrl_level`, `mixnmatch_dims`).
#pragma once

#include <compare>
#include <string>
#include <vector>

#include "engine/model/config.h"

namespace matmamba
{

/// Heads of each layer, from 1 to the layer's own. A value type: comparable, usable as a map key.
struct Plan {
    std::vector<int> heads;

    static Plan uniform(int n_layer, int heads);
    bool is_uniform() const;
    auto operator<=>(const Plan&) const = default;
};

/// All layers at the same one of kTrainedStops.
bool is_stop(const Plan& plan);

/// "32" for a uniform plan, else "64,8,32,…".
std::string to_string(const Plan& plan);

/// Each layer at its widest in any of `plans`, of which there must be one at least.
Plan widest_of(const std::vector<Plan>& plans);

/// Every layer as wide as the model has it: 64 heads unless it was sliced.
Plan widest_plan(const ModelConfig& config);

/// What models are compared at, each once: the widest plan, then the stops that the model can run,
/// widest first. Of a whole model these are the stops.
std::vector<Plan> reference_plans(const ModelConfig& config);

/// Throws Error unless `plan` has one width for each of the config's layers, from 1 to the layer's
/// own.
void check_plan(const Plan& plan, const ModelConfig& config);

/// Reads "64,8,…" (one number per layer), "32" (all layers), or the path of a plan .json
/// (an object with "heads", one number per layer). Throws Error with what was expected.
Plan parse_plan(const std::string& text, const ModelConfig& config);

/// mrl_level m (1, 2, 4, … any divisor of 64): every layer 64/m heads.
Plan plan_from_mrl_level(int mrl_level, const ModelConfig& config);

/// mixnmatch_dims: one number for all layers or one per layer, in units of d_model; a width of h
/// heads is h·d_model/64. Throws Error for a slice that is not a whole number of heads.
Plan plan_from_mixnmatch_dims(const std::vector<int>& dims, const ModelConfig& config);

} // namespace matmamba
