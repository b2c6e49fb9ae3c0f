// The folder that a training writes: its own for as long as it runs, and never somebody's model.
// Free of Torch.
#pragma once

#include <filesystem>
#include <string>

namespace matmamba
{

/// A training's checkpoint, state and log in a folder.
inline constexpr const char* kStateFile = "training_state.safetensors";

/// For a sentence on why a training ended: what of it stands in the folder.
std::string what_is_kept(const std::filesystem::path& folder);

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
