// What the files of a byte-level BPE tokenizer say, read and checked, before it is built.
// Place in the way: *files* -> tokenizer. Source: the tokenizer.json of Hugging Face tokenizers and
// the two file pairs of GPT-2.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/data/added_tokens.h"

namespace matmamba
{

/// Spellings are in the files' alphabet, where every byte is a printable character.
struct TokenizerFiles {
    std::string name; ///< of the file, for error sentences
    std::unordered_map<std::string, std::int32_t> vocabulary;
    std::vector<std::pair<std::string, std::string>> merges; ///< by rank
    std::vector<AddedToken> added_tokens;
    bool add_prefix_space = false;
    bool split_words = true; ///< "use_regex"
    bool whole_words_first = false; ///< "ignore_merges"
    std::optional<std::string> unknown_token;
    bool fuse_unknown = false;
};

/// Reads tokenizer.json. Throws Error naming file and field, also for every field that would change
/// ids in a way that is not computed here.
TokenizerFiles read_tokenizer_json(const std::filesystem::path& file);

/// Reads a vocabulary (JSON object of ids) and its merges (a pair a line); <|endoftext|> is taken
/// for an added token where the vocabulary has it. Throws Error naming file and line.
TokenizerFiles read_vocabulary_and_merges(const std::filesystem::path& vocabulary,
                                          const std::filesystem::path& merges);

/// The "bos_token" of a tokenizer_config.json if its "add_bos_token" is true. Throws Error naming
/// file and field.
std::optional<std::string> read_begin_of_text(const std::filesystem::path& file);

} // namespace matmamba
