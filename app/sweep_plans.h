// Which plans a sweep measures: the reference widths, uniform widths, random mixes, a file of
// plans.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/plan.h"

namespace matmamba
{

/// What was asked for; with nothing of it the reference plans are measured.
struct SweepPlans {
    bool stops = false; ///< reference_plans
    std::optional<std::string> uniform; ///< widths such as "64,48"; empty = all down to 1
    int random = 0; ///< how many mixes
    int min_heads = 8; ///< narrowest layer of a random mix
    std::uint64_t seed = 0; ///< of the random mixes
    std::optional<std::string> file;
};

/// The plans in the order of the members above, each once. Throws Error naming the word, or file
/// and line, that is no plan of the model.
std::vector<Plan> plansOf(const SweepPlans& wanted, const ModelConfig& config);

} // namespace matmamba
