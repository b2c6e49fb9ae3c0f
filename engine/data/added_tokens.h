// Finds a tokenizer's added tokens ("<|endoftext|>") in a text. Place in the way: *text* -> words
// -> tokens. Source: the rules of Hugging Face tokenizers.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/data/byte_pairs.h"
#include "engine/progress.h"

namespace matmamba
{

/// A token that is found in the text before anything else is done to it.
struct AddedToken {
    std::string text; ///< never empty
    std::int32_t id = 0;
    bool takes_space_before = false; ///< "lstrip"
    bool takes_space_after = false; ///< "rstrip"
    bool late = false; ///< "normalized": looked for where the others were not found
};

/// A stretch of text: an added token's, or what lies between them (kNoToken).
struct Piece {
    std::string_view text;
    std::int32_t id = kNoToken;
};

/// Immutable once it is filled; any thread.
class AddedTokenFinder
{
public:
    void add(AddedToken token);

    /// Appends the pieces of `text` in order; of tokens the leftmost and there the longest is
    /// taken. Throws Stopped.
    void split(std::string_view text, std::vector<Piece>& pieces, const Progress& progress) const;

private:
    const AddedToken* token_at(std::string_view text, std::size_t place) const;

    std::array<std::vector<AddedToken>, 256> m_by_first_byte; ///< longest first
    bool m_empty = true;
};

} // namespace matmamba
