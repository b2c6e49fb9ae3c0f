// What training leaves on disk: the model as anybody opens it, and the state to go on from.
// Every file is written beside its target and renamed, so a kill leaves the last whole one.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "engine/model/weights.h"
#include "engine/train/train_config.h"

namespace matmamba
{

/// config.json, model.safetensors (bfloat16) and, vision, preprocessor_config.json in `folder`.
void save_model(const std::filesystem::path& folder, const ModelWeights& weights,
                const TrainConfig& config);

/// Everything that a resumed run needs besides its config.
struct ResumeState {
    int steps_done = 0;
    double seconds = 0; ///< training time so far
    std::map<std::string, at::Tensor> tensors; ///< float32: weights and optimizer moments
};

/// training_state.safetensors in `folder`. `fingerprint` tells runs of different configs apart.
void save_state(const std::filesystem::path& folder, const ResumeState& state,
                const std::string& fingerprint);
/// Nothing if there is none; throws Error if it belongs to another config or is damaged.
std::optional<ResumeState> load_state(const std::filesystem::path& folder,
                                      const std::string& fingerprint);

} // namespace matmamba
