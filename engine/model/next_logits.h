// What a language model says after a text that grows token by token, at one plan. The one place
// that chooses how tokens after the prompt are decoded: what writes texts and what measures their
// speed do the same. Place in the way: language model, CUDA decoder -> *next logits* -> generate,
// speed.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

#include "engine/model/mixer.h"
#include "engine/model/plan.h"

namespace matmamba
{

#ifdef MATMAMBA_WITH_CUDA
class CudaDecoder;
#endif

/// One text. One thread, in inference mode.
class NextLogits
{
public:
    /// `weights` and `config` must outlive it unchanged; `plan` must have passed check_plan.
    NextLogits(const ModelWeights& weights, const ModelConfig& config, Plan plan);
    ~NextLogits();
    NextLogits(NextLogits&&) noexcept;
    NextLogits& operator=(NextLogits&&) noexcept;

    /// Both return the logits (V) float32 after what has been read, on the weights' device; the
    /// next call may overwrite them. Throws Stopped, after which nothing more can be read, or Error
    /// where CUDA refuses.

    /// The beginning of the text, at least one id; once.
    at::Tensor read_prompt(const std::vector<std::int32_t>& ids, const std::stop_token& stop);
    /// One token more. The first one makes the decoder where the model is on a graphics card, so
    /// that a text of a single token, or none, does without.
    at::Tensor read_token(std::int32_t id, const std::stop_token& stop);

private:
    at::Tensor read(const std::vector<std::int32_t>& ids, const std::stop_token& stop);

    const ModelWeights* m_weights;
    const ModelConfig* m_config;
    Plan m_plan;
    std::vector<MixerState> m_states; ///< by layer; empty once there is a decoder
    std::int64_t m_prompt = 0; ///< tokens
    int m_token_threads; ///< of the CPU, that share the work of one token
#ifdef MATMAMBA_WITH_CUDA
    std::unique_ptr<CudaDecoder> m_decoder;
#endif
};

} // namespace matmamba
