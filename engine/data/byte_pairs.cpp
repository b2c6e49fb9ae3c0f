// See the header. The current word is a linked list of symbols with a heap of pairs to be merged.
#include "engine/data/byte_pairs.h"

#include <algorithm>

namespace matmamba
{

void WordEncoder::add_symbol(std::int32_t id)
{
    const std::int32_t place = count();
    m_symbols.push_back({id, place - 1, place + 1});
}

void WordEncoder::make_symbols(std::string_view word)
{
    m_symbols.clear();
    bool after_unknown = false;
    for (const char byte : word) {
        const std::int32_t id = m_pairs.id_of_byte[static_cast<unsigned char>(byte)];
        if (id != kNoToken)
            add_symbol(id);
        else if (m_pairs.unknown != kNoToken && !(after_unknown && m_pairs.fuse_unknown))
            add_symbol(m_pairs.unknown);
        after_unknown = id == kNoToken;
    }
}

const BytePairs::Merge* WordEncoder::merge_of(const Symbol& left) const
{
    const auto found = m_pairs.merges.find(BytePairs::key(left.id, m_symbols[left.after].id));
    return found == m_pairs.merges.end() ? nullptr : &found->second;
}

void WordEncoder::offer(std::int32_t left)
{
    if (const BytePairs::Merge* merge = merge_of(m_symbols[left])) {
        m_candidates.push_back({merge->rank, left, merge->merged});
        std::push_heap(m_candidates.begin(), m_candidates.end());
    }
}

void WordEncoder::merge(const Candidate& candidate)
{
    Symbol& left = m_symbols[candidate.left];
    if (left.id == kNoToken || left.after == count())
        return;
    // An outdated candidate still counts if its place would become the same token.
    const BytePairs::Merge* current = merge_of(left);
    if (current == nullptr || current->merged != candidate.merged)
        return;
    Symbol& right = m_symbols[left.after];
    left.id = candidate.merged;
    left.after = right.after;
    right.id = kNoToken;
    if (left.before >= 0)
        offer(left.before);
    if (left.after < count()) {
        m_symbols[left.after].before = candidate.left;
        offer(candidate.left);
    }
}

void WordEncoder::add_word(std::string_view word)
{
    constexpr std::size_t kLongestKnown = 32;
    constexpr std::size_t kMostKnown = 1 << 20;
    const bool is_short = word.size() <= kLongestKnown;
    if (is_short) {
        if (const auto found = m_known.find(std::string(word)); found != m_known.end()) {
            for (std::size_t i = 0; i < found->second.count; ++i)
                m_ids.push_back(m_ids[found->second.first + i]);
            return;
        }
    }
    const std::size_t first = m_ids.size();
    const auto whole = m_pairs.whole_words.empty() ? m_pairs.whole_words.end()
                                                   : m_pairs.whole_words.find(std::string(word));
    if (whole != m_pairs.whole_words.end()) {
        m_ids.push_back(whole->second);
    } else {
        make_symbols(word);
        for (std::int32_t left = 0; left + 1 < count(); ++left)
            offer(left);
        while (!m_candidates.empty()) {
            std::pop_heap(m_candidates.begin(), m_candidates.end());
            const Candidate candidate = m_candidates.back();
            m_candidates.pop_back();
            merge(candidate);
        }
        for (const Symbol& symbol : m_symbols)
            if (symbol.id != kNoToken)
                m_ids.push_back(symbol.id);
    }
    if (is_short && m_known.size() < kMostKnown)
        m_known.emplace(word, Known{first, m_ids.size() - first});
}

} // namespace matmamba
