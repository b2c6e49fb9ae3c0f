// Which code points are letters, numbers and white space: what GPT-2's split of text into words
// asks. Tables of our own, because the answer changes from one Unicode version to the next and ids
// must not change with the system's library. Place in the way: text -> *words* -> tokens.
#pragma once

namespace matmamba
{

enum class CharacterClass { Letter, Number, Space, Other };

/// General categories L and N and the property White_Space of Unicode 16.0. Any thread.
CharacterClass character_class(char32_t code_point);

} // namespace matmamba
