// Chooses the next token of a text from the model's logits. Free of Torch.
// Place in the way: language model -> *sample token* -> generate.
// Source: the order and the cuts of Hugging Face's generate().
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "engine/measure/generate.h"

namespace matmamba
{

/// Throws Error for values that mean nothing, such as a repetition penalty of 0 or NaN.
void check_options(const GenerateOptions& options);

/// One text; the same seed gives the same one. One thread.
class TokenSampler
{
public:
    /// `allowed` (not empty): the ids that may come; those in `text` count as said.
    TokenSampler(const GenerateOptions& options, std::vector<std::int32_t> allowed,
                 const std::vector<std::int32_t>& text);

    struct Candidate {
        std::int32_t id = 0;
        double weight = 0; ///< chance to be drawn, relative to the others
    };
    /// What may come next, after repetition penalty, temperature, top-k, top-p and min-p in this
    /// order; in no particular order. `logits` (V) on the CPU.
    std::vector<Candidate> candidates(const float* logits) const;

    /// Draws one, which counts as said from now on; its text is left to the caller. Throws Error
    /// for logits that are not finite.
    GeneratedToken next(const float* logits);

private:
    std::int32_t draw(const std::vector<Candidate>& from);
    void say(std::int32_t id);

    GenerateOptions m_options;
    std::vector<std::int32_t> m_allowed;
    std::vector<bool> m_said; ///< by id
    std::mt19937_64 m_random;
};

} // namespace matmamba
