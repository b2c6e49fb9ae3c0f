// Byte-level BPE as GPT-2 and Hugging Face tokenizers do it. Free of Torch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/progress.h"

namespace matmamba
{

/// The names that a tokenizer's files may have in a folder: one file, or one of two pairs.
inline constexpr const char* kTokenizerFiles[]
    = {"tokenizer.json", "vocab.json", "merges.txt", "encoder.json", "vocab.bpe"};

/// Immutable after loading; any thread.
class Tokenizer
{
public:
    /// Reads `tokenizer.json` (BPE, byte-level), else `vocab.json` + `merges.txt`, else
    /// `encoder.json` + `vocab.bpe` in `folder`; or the named .json file itself. A folder's
    /// `tokenizer_config.json` may say that texts begin with a token. Throws Error.
    static Tokenizer load(const std::filesystem::path& folder_or_file);
    /// True where `load(folder)` would find one of the three forms.
    static bool is_in(const std::filesystem::path& folder);

    Tokenizer(Tokenizer&&) noexcept;
    Tokenizer& operator=(Tokenizer&&) noexcept;
    ~Tokenizer();

    /// Ids of any byte string up to 2 GiB, the ids that Hugging Face tokenizers gives; added tokens
    /// in the text become their ids. A byte that belongs to no valid UTF-8 sequence counts as a
    /// character that is neither letter nor number nor space, so that every text survives decoding.
    /// Throws Stopped between words.
    std::vector<std::int32_t> encode(std::string_view text, const Progress& progress = {}) const;
    /// Ids of many texts, each text's after the id `before_each`: faster than one by one where the
    /// texts are short, since words are remembered among them.
    std::vector<std::int32_t> encode_documents(const std::vector<std::string>& texts,
                                               std::int32_t before_each) const;
    /// The bytes that ids stand for (special tokens as their text); unknown ids give nothing.
    std::string decode(const std::vector<std::int32_t>& ids) const;
    std::string token_bytes(std::int32_t id) const; ///< "" for an id without an entry
    /// The token as tokenizer files spell it: printable, a character a byte ("Ġthe" for " the");
    /// an added token's own text. Valid UTF-8 whatever the bytes; "" for an id without an entry.
    std::string token_spelling(std::int32_t id) const;
    bool has(std::int32_t id) const;
    int size() const; ///< highest id + 1
    std::optional<std::int32_t> end_of_text() const; ///< id of <|endoftext|>, </s>, … if any
    /// Id that a model of this tokenizer wants before every text, if any: "bos_token" of
    /// tokenizer_config.json where "add_bos_token" is true. `encode` leaves it to the caller.
    std::optional<std::int32_t> begin_of_text() const;

private:
    struct State;
    explicit Tokenizer(std::unique_ptr<State> state);
    std::unique_ptr<State> m_state;
};

} // namespace matmamba
