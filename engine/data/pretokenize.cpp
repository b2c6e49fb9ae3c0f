// See the header.
#include "engine/data/pretokenize.h"

#include <array>
#include <cstdint>

#include "engine/data/unicode_classes.h"

namespace matmamba
{
namespace
{

struct Character {
    CharacterClass type;
    std::size_t bytes;
};

std::array<CharacterClass, 128> classes_of_ascii()
{
    std::array<CharacterClass, 128> classes{};
    for (std::size_t i = 0; i < classes.size(); ++i)
        classes[i] = character_class(static_cast<char32_t>(i));
    return classes;
}

/// The character at `place` by UTF-8's strict rules: no overlong forms, no surrogates.
Character character_at(std::string_view text, std::size_t place)
{
    static const std::array<CharacterClass, 128> ascii = classes_of_ascii();
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[place + i]); };
    constexpr Character kInvalidByte{CharacterClass::Other, 1};
    const std::uint8_t lead = byte(0);
    if (lead < 0x80)
        return {ascii[lead], 1};
    const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (lead < 0xc2 || lead > 0xf4 || place + bytes > text.size())
        return kInvalidByte;
    char32_t code_point = lead & (0x7f >> bytes);
    for (std::size_t i = 1; i < bytes; ++i) {
        if ((byte(i) & 0xc0) != 0x80)
            return kInvalidByte;
        code_point = code_point << 6 | (byte(i) & 0x3f);
    }
    const bool surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
    if (code_point < kSmallest[bytes] || code_point > 0x10ffff || surrogate)
        return kInvalidByte;
    return {character_class(code_point), bytes};
}

/// Bytes of the contraction at `begin`, 0 where there is none.
std::size_t contraction(std::string_view text, std::size_t begin)
{
    const std::string_view rest = text.substr(begin, 3);
    for (const std::string_view ending : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"})
        if (rest.starts_with(ending))
            return ending.size();
    return 0;
}

/// End of a run of white space that begins at `begin`; its last character is left to what follows,
/// unless it is the only one or nothing follows.
std::size_t space_end(std::string_view text, std::size_t begin)
{
    std::size_t end = begin;
    std::size_t last = begin;
    while (end < text.size()) {
        const Character character = character_at(text, end);
        if (character.type != CharacterClass::Space)
            return last > begin ? last : end;
        last = end;
        end += character.bytes;
    }
    return end;
}

} // namespace

std::size_t word_end(std::string_view text, std::size_t begin)
{
    if (const std::size_t bytes = contraction(text, begin); bytes > 0)
        return begin + bytes;
    const bool has_blank = text[begin] == ' ' && begin + 1 < text.size();
    std::size_t end = begin + (has_blank ? 1 : 0);
    const CharacterClass type = character_at(text, end).type;
    if (type == CharacterClass::Space)
        return space_end(text, begin);
    while (end < text.size()) {
        const Character character = character_at(text, end);
        if (character.type != type)
            break;
        end += character.bytes;
    }
    return end;
}

SpaceAt space_at(std::string_view text, std::size_t place)
{
    const Character character = character_at(text, place);
    return {character.type == CharacterClass::Space, character.bytes};
}

} // namespace matmamba
