// See the header.
#include "engine/data/added_tokens.h"

#include <algorithm>

#include "engine/data/pretokenize.h"

namespace matmamba
{
namespace
{

/// Where the white space that ends at `end` begins, not before `limit`.
std::size_t spaces_before(std::string_view text, std::size_t limit, std::size_t end)
{
    constexpr std::size_t kLongestSpace = 3;
    while (end > limit) {
        std::size_t begin = end - 1;
        while (begin > limit && end - begin < kLongestSpace && (text[begin] & 0xc0) == 0x80)
            --begin;
        const SpaceAt space = space_at(text, begin);
        if (!space.is_space || begin + space.bytes != end)
            break;
        end = begin;
    }
    return end;
}

std::size_t spaces_after(std::string_view text, std::size_t begin)
{
    while (begin < text.size()) {
        const SpaceAt space = space_at(text, begin);
        if (!space.is_space)
            break;
        begin += space.bytes;
    }
    return begin;
}

} // namespace

void AddedTokenFinder::add(AddedToken token)
{
    auto& tokens = m_by_first_byte[static_cast<unsigned char>(token.text[0])];
    const auto place = std::find_if(tokens.begin(), tokens.end(), [&](const auto& other) {
        return other.text.size() < token.text.size();
    });
    tokens.insert(place, std::move(token));
    m_empty = false;
}

const AddedToken* AddedTokenFinder::token_at(std::string_view text, std::size_t place) const
{
    for (const AddedToken& token : m_by_first_byte[static_cast<unsigned char>(text[place])])
        if (text.substr(place).starts_with(token.text))
            return &token;
    return nullptr;
}

void AddedTokenFinder::split(std::string_view text, std::vector<Piece>& pieces,
                             const Progress& progress) const
{
    constexpr std::size_t kBytesBetweenLooks = 1 << 20;
    std::size_t next_look = 0;
    std::size_t done = 0;
    for (std::size_t place = m_empty ? text.size() : 0; place < text.size();) {
        if (place >= next_look) {
            progress.look();
            next_look = place + kBytesBetweenLooks;
        }
        const AddedToken* token = token_at(text, place);
        if (token == nullptr) {
            ++place;
            continue;
        }
        const std::size_t matched_end = place + token->text.size();
        const std::size_t begin
            = token->takes_space_before ? spaces_before(text, done, place) : place;
        const std::size_t end
            = token->takes_space_after ? spaces_after(text, matched_end) : matched_end;
        if (begin > done)
            pieces.push_back({text.substr(done, begin - done)});
        pieces.push_back({text.substr(begin, end - begin), token->id});
        done = end;
        // White space that was taken may still begin the next token.
        place = matched_end;
    }
    if (done < text.size())
        pieces.push_back({text.substr(done)});
}

} // namespace matmamba
