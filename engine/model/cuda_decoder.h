// Decodes token by token on a graphics card: the kernels of kernels/decode_step.h as a CUDA graph.
// The widths lie in device memory, so that a decoder can start again at any plan, and its states
// are as wide as the model. A text that grows has one of its own. Place in the way: beside
// language_model, for the tokens after the prompt -> next logits.
#pragma once

#include <memory>
#include <vector>

#include "engine/model/mixer.h"
#include "engine/model/plan.h"

namespace matmamba
{

class CudaDecoder
{
public:
    /// Whether it can decode this model: a language model on a graphics card in float32 or
    /// bfloat16, of d_conv 4 and a shape that decode_supports() knows, in contiguous matrices.
    static bool supports(const ModelWeights& weights, const ModelConfig& config);

    /// Records the graph. `weights`, for which supports() holds, must outlive the decoder. Throws
    /// c10::Error where CUDA refuses, std::invalid_argument for a shape that the kernels do not
    /// know.
    CudaDecoder(const ModelWeights& weights, const ModelConfig& config);
    ~CudaDecoder();
    CudaDecoder(const CudaDecoder&) = delete;
    CudaDecoder& operator=(const CudaDecoder&) = delete;

    /// Goes on from the states that language_hidden() has left after `tokens` tokens at this plan.
    void start(const Plan& plan, const std::vector<MixerState>& states, std::int64_t tokens);

    /// Reads the token `id` and returns the logits after it: (V) float32 on the card, which the
    /// next call overwrites. Does not wait for the card.
    const at::Tensor& step(std::int32_t id);

private:
    struct State;
    std::unique_ptr<State> m_state;
};

} // namespace matmamba
