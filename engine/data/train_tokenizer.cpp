// Words are counted once; then pair by pair is merged, and only the words that hold it are touched.
#include "engine/data/train_tokenizer.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <queue>
#include <unordered_map>
#include <vector>

#include "engine/data/byte_alphabet.h"
#include "engine/data/byte_pairs.h"
#include "engine/data/pretokenize.h"
#include "engine/error.h"

namespace matmamba
{

namespace
{

constexpr const char* kEndOfText = "<|endoftext|>";
constexpr int kSmallestVocabulary = 257; ///< the end of text and all bytes

struct Word {
    std::vector<std::int32_t> ids;
    std::int64_t count = 0;
};

struct Candidate {
    std::int64_t count;
    std::int32_t left, right;
    /// The heap's order: most frequent first, then lowest ids.
    bool operator<(const Candidate& other) const
    {
        if (count != other.count)
            return count < other.count;
        return std::pair(left, right) > std::pair(other.left, other.right);
    }
};

struct Pair {
    std::int64_t count = 0;
    std::vector<std::size_t> words; ///< that hold it or have held it, maybe more than once
};

class Merger
{
public:
    Merger(std::string_view text, const std::stop_token& stop)
        : m_stop(stop)
    {
        // Ids in the order of the bytes' spellings, as the reference sorts its alphabet.
        for (int byte = 0; byte < 256; ++byte)
            m_spellings.push_back(byte_alphabet().spelling[byte]);
        std::sort(m_spellings.begin(), m_spellings.end()); // UTF-8 sorts by code point
        m_spellings.insert(m_spellings.begin(), kEndOfText);
        std::int32_t id_of_byte[256];
        for (std::int32_t id = 1; id <= 256; ++id)
            id_of_byte[static_cast<unsigned char>(byte_alphabet().byte.at(m_spellings[id]))] = id;
        for (auto& [word, count] : count_words(text)) {
            Word& added = m_words.emplace_back();
            added.count = count;
            for (const char byte : word)
                added.ids.push_back(id_of_byte[static_cast<unsigned char>(byte)]);
        }
        for (std::int32_t id = 0; id < static_cast<std::int32_t>(m_spellings.size()); ++id)
            m_ids[m_spellings[id]] = id;
        for (std::size_t i = 0; i < m_words.size(); ++i)
            for (std::size_t k = 0; k + 1 < m_words[i].ids.size(); ++k)
                change(m_words[i].ids[k], m_words[i].ids[k + 1], m_words[i].count, i);
        for (const auto& [key, pair] : m_pairs)
            m_queue.push({pair.count, static_cast<std::int32_t>(key >> 32),
                          static_cast<std::int32_t>(key & 0xffffffff)});
    }

    void grow_to(int vocab_size)
    {
        while (static_cast<int>(m_spellings.size()) < vocab_size && !m_queue.empty()) {
            if (m_stop.stop_requested())
                throw Stopped();
            Candidate best = m_queue.top();
            m_queue.pop();
            const std::int64_t count = m_pairs.at(BytePairs::key(best.left, best.right)).count;
            if (count != best.count) { // it has changed since it was queued
                best.count = count;
                if (count > 0)
                    m_queue.push(best);
                continue;
            }
            merge(best.left, best.right);
        }
    }

    /// "the": id, in the order of ids; and the merges as pairs of spellings.
    const std::vector<std::string>& spellings() const { return m_spellings; }
    const std::vector<std::pair<std::int32_t, std::int32_t>>& merges() const { return m_merges; }

private:
    std::unordered_map<std::string, std::int64_t> count_words(std::string_view text) const
    {
        std::unordered_map<std::string, std::int64_t> counts;
        for (std::size_t begin = 0; begin < text.size();) {
            if (m_stop.stop_requested())
                throw Stopped();
            const std::size_t end = word_end(text, begin);
            ++counts[std::string(text.substr(begin, end - begin))];
            begin = end;
        }
        return counts;
    }

    void change(std::int32_t left, std::int32_t right, std::int64_t count, std::size_t word)
    {
        Pair& pair = m_pairs[BytePairs::key(left, right)];
        pair.count += count;
        if (count > 0 && (pair.words.empty() || pair.words.back() != word))
            pair.words.push_back(word);
    }

    void merge(std::int32_t left, std::int32_t right)
    {
        const std::string spelling = m_spellings[left] + m_spellings[right];
        const auto [found, is_new]
            = m_ids.try_emplace(spelling, static_cast<std::int32_t>(m_spellings.size()));
        if (is_new)
            m_spellings.push_back(spelling);
        m_merges.emplace_back(left, right);
        std::vector<std::size_t> words = std::move(m_pairs[BytePairs::key(left, right)].words);
        std::sort(words.begin(), words.end());
        words.erase(std::unique(words.begin(), words.end()), words.end());
        m_risen.clear();
        for (const std::size_t word : words)
            merge_in(word, left, right, found->second);
        std::sort(m_risen.begin(), m_risen.end());
        m_risen.erase(std::unique(m_risen.begin(), m_risen.end()), m_risen.end());
        for (const auto& [a, b] : m_risen)
            if (const std::int64_t count = m_pairs.at(BytePairs::key(a, b)).count; count > 0)
                m_queue.push({count, a, b});
    }

    void merge_in(std::size_t which, std::int32_t left, std::int32_t right, std::int32_t merged)
    {
        Word& word = m_words[which];
        std::vector<std::int32_t>& ids = word.ids;
        std::size_t kept = 0; // ids of the merged word, at the front of the old one
        for (std::size_t i = 0; i < ids.size(); ++i) {
            if (i + 1 == ids.size() || ids[i] != left || ids[i + 1] != right) {
                ids[kept++] = ids[i];
                continue;
            }
            if (kept > 0) {
                change(ids[kept - 1], left, -word.count, which);
                change(ids[kept - 1], merged, word.count, which);
                m_risen.emplace_back(ids[kept - 1], merged);
            }
            if (i + 2 < ids.size()) {
                change(right, ids[i + 2], -word.count, which);
                change(merged, ids[i + 2], word.count, which);
                m_risen.emplace_back(merged, ids[i + 2]);
            }
            ids[kept++] = merged;
            ++i; // its right half
        }
        ids.resize(kept);
    }

    const std::stop_token& m_stop;
    std::vector<std::string> m_spellings; ///< by id
    std::unordered_map<std::string, std::int32_t> m_ids; ///< by spelling
    std::vector<Word> m_words;
    std::unordered_map<std::uint64_t, Pair> m_pairs; ///< by BytePairs::key
    std::priority_queue<Candidate> m_queue; ///< counts may be outdated, never too low
    std::vector<std::pair<std::int32_t, std::int32_t>> m_risen; ///< by the merge in hand
    std::vector<std::pair<std::int32_t, std::int32_t>> m_merges;
};

} // namespace

std::string train_tokenizer(std::string_view text, int vocab_size, const std::stop_token& stop)
{
    if (vocab_size < kSmallestVocabulary)
        throw Error("A tokenizer of " + std::to_string(vocab_size)
                    + " entries cannot spell every byte: expected "
                    + std::to_string(kSmallestVocabulary) + " or more");
    if (text.empty())
        throw Error("An empty text gives no tokenizer: expected some text to learn from");
    Merger merger(text, stop);
    merger.grow_to(vocab_size);

    using Json = nlohmann::ordered_json;
    Json vocabulary = Json::object(), merges = Json::array();
    for (std::size_t id = 0; id < merger.spellings().size(); ++id)
        vocabulary.get_ref<Json::object_t&>().emplace_back(merger.spellings()[id], id);
    for (const auto& [left, right] : merger.merges())
        merges.push_back({merger.spellings()[left], merger.spellings()[right]});
    const Json byte_level = {{"type", "ByteLevel"},
                             {"add_prefix_space", false},
                             {"trim_offsets", true},
                             {"use_regex", true}};
    const Json json = {{"version", "1.0"},
                       {"truncation", nullptr},
                       {"padding", nullptr},
                       {"added_tokens",
                        Json::array({{{"id", 0},
                                      {"content", kEndOfText},
                                      {"single_word", false},
                                      {"lstrip", false},
                                      {"rstrip", false},
                                      {"normalized", false},
                                      {"special", true}}})},
                       {"normalizer", nullptr},
                       {"pre_tokenizer", byte_level},
                       {"post_processor", nullptr},
                       {"decoder", byte_level},
                       {"model",
                        {{"type", "BPE"},
                         {"dropout", nullptr},
                         {"unk_token", nullptr},
                         {"continuing_subword_prefix", nullptr},
                         {"end_of_word_suffix", nullptr},
                         {"fuse_unk", false},
                         {"byte_fallback", false},
                         {"ignore_merges", false},
                         {"vocab", std::move(vocabulary)},
                         {"merges", std::move(merges)}}}};
    return json.dump(1) + "\n";
}

} // namespace matmamba
