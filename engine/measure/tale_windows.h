// Tales as windows of tokens, one story each, with the information that the stories carry.
// Place in the way: tales -> tokenizer -> *windows* -> evaluate.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/data/split.h"
#include "engine/data/tokenizer.h"
#include "engine/measure/inputs.h"

namespace matmamba
{

struct TaleWindows {
    TokenText text;
    std::vector<TokenWindow> windows; ///< story by story: end of text, the story, end of text
    double nats = 0; ///< -ln P of all stories together
};

/// The stories of a split with these numbers. The mark at a story's end is scored too, the one at
/// its start is what the model begins from. Throws Error where the tokenizer has no end of text or
/// gives an id ≥ `vocab_rows`, and Stopped between stories.
TaleWindows tale_windows(const Tokenizer& tokenizer, Split split,
                         const std::vector<std::int64_t>& stories, int vocab_rows,
                         const Progress& progress = {});

} // namespace matmamba
