// The spellings of a plan on the command line: --width, --plan, --mrl-level, --mixnmatch-dims.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "engine/model/config.h"
#include "engine/model/plan.h"

namespace matmamba
{

/// What was written; at most one of them.
struct PlanOptions {
    std::optional<int> width;
    std::optional<std::string> plan;
    std::optional<int> mrl_level;
    std::vector<int> mixnmatch_dims;

    bool given() const { return width || plan || mrl_level || !mixnmatch_dims.empty(); }
};

/// Adds the four options; giving two of them is wrong usage.
void addPlanOptions(CLI::App& command, PlanOptions& options);

/// The plan for a model; the widest it has where none was written. Throws Error.
Plan planFor(const PlanOptions& options, const ModelConfig& config);

/// "32 heads in each of 10 layers", or "heads 64,8,32,…".
std::string describe(const Plan& plan);

} // namespace matmamba
