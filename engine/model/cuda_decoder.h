// Decodes token by token on a graphics card: the kernels of kernels/decode_step.h as one CUDA graph
// that is recorded once and serves every plan, since the widths lie in device memory.
// Place in the way: beside language_model, for the tokens after the prompt.
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
    /// Whether it can decode this model: a language model on a graphics card, of a state size and
    /// type that the kernels know.
    static bool supports(const ModelWeights& weights, const ModelConfig& config);

    /// Records the graph. `weights` must outlive the decoder. Throws Error where CUDA refuses.
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
