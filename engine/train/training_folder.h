// The folder that a training writes: its own for as long as it runs, and never somebody's model.
// Free of Torch.
#pragma once

#include <filesystem>

namespace matmamba
{

/// A training's checkpoint, state and log in a folder.
inline constexpr const char* kStateFile = "training_state.safetensors";

/// Holds the folder until destroyed, by a lock that the system takes back if the process dies. One
/// thread.
class TrainingFolder
{
public:
    /// Makes `folder` if it is missing. Throws Error if it cannot be made, if another process
    /// trains in it, or if it holds a model that no training there has saved.
    explicit TrainingFolder(const std::filesystem::path& folder);
    ~TrainingFolder();
    TrainingFolder(const TrainingFolder&) = delete;
    TrainingFolder& operator=(const TrainingFolder&) = delete;

private:
    int m_descriptor = -1;
};

} // namespace matmamba
