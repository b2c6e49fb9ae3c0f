// The byte pair encoding of single words. Place in the way: text -> words -> *tokens* -> model.
// Source: the algorithm of GPT-2's encoder, with the order of merges of Hugging Face tokenizers.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace matmamba
{

inline constexpr std::int32_t kNoToken = -1;

/// A vocabulary as merges of ids. Immutable once it is filled; any thread.
struct BytePairs {
    struct Merge {
        std::int32_t rank;
        std::int32_t merged; ///< id of the pair as one token
    };

    static std::uint64_t key(std::int32_t left, std::int32_t right)
    {
        return std::uint64_t{static_cast<std::uint32_t>(left)} << 32
            | static_cast<std::uint32_t>(right);
    }

    std::array<std::int32_t, 256> id_of_byte; ///< kNoToken where the vocabulary lacks the byte
    std::unordered_map<std::uint64_t, Merge> merges; ///< by key
    std::unordered_map<std::string, std::int32_t> whole_words; ///< taken before any merging
    std::int32_t unknown = kNoToken; ///< stands for a byte without an id; else such bytes vanish
    bool fuse_unknown = false; ///< one unknown token for a row of such bytes
};

/// Encodes word after word, remembering the short ones. Time is n log n in a word's length. One for
/// each thread.
class WordEncoder
{
public:
    explicit WordEncoder(const BytePairs& pairs)
        : m_pairs(pairs)
    {
    }

    void add_word(std::string_view word); ///< at most 2^31 - 2 bytes
    void add_id(std::int32_t id) { m_ids.push_back(id); }
    std::vector<std::int32_t> take_ids() { return std::move(m_ids); }

private:
    struct Symbol {
        std::int32_t id; ///< kNoToken once it is merged into the one before
        std::int32_t before; ///< place in the list, -1 at the start
        std::int32_t after; ///< count() at the end
    };

    struct Candidate {
        std::int32_t rank;
        std::int32_t left; ///< place of the pair's left symbol
        std::int32_t merged;
        /// The heap's order: the next candidate is the one of lowest rank, then the leftmost.
        bool operator<(const Candidate& other) const
        {
            return rank != other.rank ? rank > other.rank : left > other.left;
        }
    };

    struct Known {
        std::size_t first; ///< in m_ids
        std::size_t count;
    };

    std::int32_t count() const { return static_cast<std::int32_t>(m_symbols.size()); }
    void add_symbol(std::int32_t id);
    void make_symbols(std::string_view word);
    const BytePairs::Merge* merge_of(const Symbol& left) const;
    void offer(std::int32_t left);
    void merge(const Candidate& candidate);

    const BytePairs& m_pairs;
    std::vector<std::int32_t> m_ids; ///< of all words so far
    std::unordered_map<std::string, Known> m_known; ///< words that m_ids holds already
    std::vector<Symbol> m_symbols; ///< a linked list
    std::vector<Candidate> m_candidates; ///< a heap
};

} // namespace matmamba
