// A plan as a file for anyone: whose it is, its widths in both spellings, what it costs and what it
// measured. parse_plan reads it back. Free of Torch.
#pragma once

#include <filesystem>
#include <string>

#include "engine/engine.h"

namespace matmamba
{

/// What a plan file says.
struct PlanDescription {
    const ModelInfo& model;
    const Plan& plan; ///< must have passed check_plan
    std::string weights_sha256; ///< of the weights file, or of all shards one after the other
    const DataInfo* data = nullptr; ///< nullptr: nothing is measured
    Measurement measurement; ///< on `data`
};

/// Throws Error if a folder or a file that is no plan stands under the name, which must not cost a
/// person what is there, or if the folder around it is missing.
void check_plan_target(const std::filesystem::path& file);

/// Throws Error as check_plan_target does, or with the system's reason. Any thread; blocks on the
/// disk.
void write_plan_file(const std::filesystem::path& file, const PlanDescription& record);

} // namespace matmamba
