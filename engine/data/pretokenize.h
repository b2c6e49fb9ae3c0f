// GPT-2's split of a text into words, which byte pairs never cross.
// Place in the way: text -> *words* -> tokens. Source: the pattern
//   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
// of GPT-2's published encoder, as a small machine that also takes bytes that are no UTF-8.
#pragma once

#include <cstddef>
#include <string_view>

namespace matmamba
{

/// Where the word that begins at `begin` (< text.size()) ends. A byte that belongs to no valid
/// UTF-8 sequence is a character of its own, neither letter nor number nor space. Any thread; time
/// is linear in the word, or for white space in the run that it stands in.
std::size_t word_end(std::string_view text, std::size_t begin);

/// Whether the character at `place` (< text.size()) is white space, and its bytes.
struct SpaceAt {
    bool is_space;
    std::size_t bytes;
};
SpaceAt space_at(std::string_view text, std::size_t place);

} // namespace matmamba
