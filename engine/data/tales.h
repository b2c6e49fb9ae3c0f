// Tales: short stories from a probabilistic grammar with memory, so that a language model can be
// trained and measured without a corpus, against an entropy that is known exactly.
// Place in the way: *tales* -> tokenizer -> windows -> model -> evaluate.
#pragma once

#include <cstdint>
#include <string>

#include "engine/data/split.h"

namespace matmamba
{

struct Tale {
    std::string text; ///< one story in ASCII, without an end-of-text mark
    double nats = 0; ///< -ln P(text): the information of all choices that the text shows
};

/// Stories in the test split: what a perplexity on Tales is measured on.
inline constexpr std::int64_t kTalesTestStories = 2'000;

/// Story number `index` of a split; splits share no story. The same bytes every time and on every
/// machine. Any thread.
Tale make_tale(Split split, std::uint64_t index);

} // namespace matmamba
