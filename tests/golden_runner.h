// Runs checkpoints with known results (goldens) through the engine's inside and returns errors as
// plain numbers, so that the Qt tests need not see Torch.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace matmamba
{

enum class GoldenCompute { F32, BF16 };

using NamedErrors = std::vector<std::pair<std::string, double>>;

/// A checkpoint folder with cases.json, expected.safetensors and maybe expected_gradients.
/// Relative error = |ours - expected|_2 / |expected|_2 over a tensor.
class GoldenFolder
{
public:
    GoldenFolder(std::filesystem::path folder, GoldenCompute compute, bool cuda);
    ~GoldenFolder();

    /// Of logits, and for language models of the mean loss, for every case.
    NamedErrors prefill_errors() const;
    /// Language: logits token by token against expected prefill logits. Empty for vision.
    NamedErrors decode_errors() const;
    /// Language: half by prefill, the rest by prefill that continues. Empty for vision.
    NamedErrors continued_errors() const;
    /// Conv and SSM states after the last token, where a case gives them.
    NamedErrors state_errors() const;
    /// Of every weight's gradient in the checkpoint's layout, and of the loss.
    NamedErrors gradient_errors() const;

private:
    struct State;
    std::unique_ptr<State> m_state;
};

/// Sub-folders of `root` that hold goldens, sorted; empty if `root` does not exist.
std::vector<std::filesystem::path> golden_folders(const std::filesystem::path& root);

/// Whether CUDA can be used here; `why_not` says why if not.
bool cuda_is_usable(std::string& why_not);

} // namespace matmamba
