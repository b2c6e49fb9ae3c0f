// The sliced MatMamba: a model's folder with only the heads that a plan keeps, in the same form as
// the whole one, plus "heads_per_layer" in config.json. It opens here and runs at any width up to
// the plan's. Place in the way: checkpoint -> *sliced model* -> checkpoint.
#pragma once

#include <filesystem>
#include <functional>

#include "engine/files/checkpoint.h"
#include "engine/model/plan.h"

namespace matmamba
{

/// Writes config.json, model.safetensors (each tensor in its stored type, its kept bytes as they
/// are) and copies of the tokenizer and preprocessing that stand beside the source's weights, into
/// the existing folder. `source` must have passed check_tensors, `plan` check_plan. `progress` (may
/// be empty) gets 0 … 1 and may throw Stopped. Throws Error with the system's reason.
void write_sliced_model(const Checkpoint& source, const Plan& plan,
                        const std::filesystem::path& folder,
                        const std::function<void(double)>& progress);

/// Whether a folder holds a sliced model and nothing that write_sliced_model would not write.
bool is_sliced_model(const std::filesystem::path& folder);

} // namespace matmamba
